"""What people type about nights away: a hotel, and who stays away when."""

from __future__ import annotations

import math
from collections.abc import Mapping

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from gcrm.core.errors import Invalid
from gcrm.routing.nights import MOST_SAVING_MINUTES, Rule
from gcrm.routing.nights_services import LONGEST_NAME, HotelValues

EVERYBODY = "everybody"


def hotel(form: MultiDict[str, str], owners: Mapping[str, int | None]) -> HotelValues:
    """A hotel; `owners` are those it may belong to, by what the form sends. Raise `Invalid` with the faults by field."""
    faults: dict[str, str] = {}
    name = form.get("name", "").strip()
    if not name:
        faults["name"] = _("Say what the hotel is called.")
    elif len(name) > LONGEST_NAME:
        faults["name"] = _("At most %(most)s characters.", most=LONGEST_NAME)
    lon, lat = _degrees(form, "lon", 180, faults), _degrees(form, "lat", 90, faults)
    owner = form.get("owner", EVERYBODY)
    if owner not in owners:
        faults["owner"] = _("Choose one of the list.")
    minutes = _minutes(form, "extra_minutes", faults)
    if faults:
        raise Invalid(_("Nothing was saved."), faults=faults)
    return HotelValues(name, lon, lat, owners[owner], _words(form, "address"), _words(form, "phone"), minutes)


def rule(form: MultiDict[str, str]) -> Rule | None:
    """When somebody stays away; None: as everybody. Raise `Invalid` with the faults by field."""
    if form.get("holds") == EVERYBODY:
        return None
    faults: dict[str, str] = {}
    minutes = _minutes(form, "saving_minutes", faults)
    if faults:
        raise Invalid(_("Nothing was saved."), faults=faults)
    weekdays = {int(day) for day in form.getlist("weekdays") if day in set("1234567")}
    return Rule(tuple(sorted(weekdays)), minutes)


def _words(form: MultiDict[str, str], name: str) -> str | None:
    return form.get(name, "").strip()[:LONGEST_NAME] or None


def _degrees(form: MultiDict[str, str], name: str, most: float, faults: dict[str, str]) -> float:
    typed = form.get(name, "").strip().replace(",", ".")
    if not typed:
        faults[name] = _("Click the map where the hotel is, or type the coordinates.")
        return 0.0
    try:
        found = float(typed)
    except ValueError:
        found = math.nan
    if not abs(found) <= most:
        faults[name] = _("A number between %(low)s and %(high)s.", low=-most, high=most)
    return found


def _minutes(form: MultiDict[str, str], name: str, faults: dict[str, str]) -> int:
    typed = form.get(name, "").strip() or "0"
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 4 or int(typed) > MOST_SAVING_MINUTES:
        faults[name] = _("Whole minutes between 0 and %(most)s.", most=MOST_SAVING_MINUTES)
        return 0
    return int(typed)
