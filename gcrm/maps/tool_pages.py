"""What the map's tools say and offer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from gcrm.core import web
from gcrm.core.config import settings
from gcrm.core.formats import number
from gcrm.core.geo import lon_lat
from gcrm.customers.selecting import Selection
from gcrm.people.models import User
from gcrm.routing import beside
from gcrm.routing.candidate_services import Brought
from gcrm.routing.corridor_queries import Beside
from gcrm.routing.reach import Reach
from gcrm.routing.travel import TravelTimes

RADII_METRES = (500, 1_000, 2_000, 5_000, 10_000, 25_000)
MINUTES_ADDED = (5, 10, 15, 30)
SHOWN_NAMES = 3


def source(mode: str) -> TravelTimes:
    """The travel times of a mode."""
    from dataclasses import replace

    return beside.source_for(replace(settings(), travel_mode=mode))


def reach_said(mode: str, minutes: float, found: Reach) -> str:
    """What an area of travel is called."""
    said = {
        "car": _("%(n)s minutes by car", n=number(minutes)),
        "bicycle": _("%(n)s minutes by bicycle", n=number(minutes)),
        "foot": _("%(n)s minutes on foot", n=number(minutes)),
    }[mode]
    return _("%(said)s, an estimate", said=said) if found.is_estimate else said


def exports(selection: Selection) -> list[dict[str, str]]:
    """The files that hold exactly this selection."""
    words = {name: list(values) for name, values in selection.values.items()}
    kinds = {"csv": _("CSV"), "xlsx": _("Excel"), "geojson": _("GeoJSON")}
    found = {ext: web.url_if_there("exchange.export_accounts", ext=ext, **words) for ext in kinds}
    return [{"label": label, "url": url} for ext, label in kinds.items() if (url := found[ext])]


def points(rows: Sequence[Beside]) -> list[list[float]]:
    """Where the accounts of a list lie."""
    return [list(lon_lat(row.account.location)) for row in rows]


def brought_said(brought: Brought, rep: User, day: dt.date) -> str:
    """What became of accounts that were brought into a day."""
    from flask_babel import format_date

    when, count = format_date(day, "EEEE d MMMM"), len(brought.added)
    if brought.plan is not None:
        said = [ngettext("%(n)s visit added to %(name)s’s route.", "%(n)s visits added to %(name)s’s route.", count, n=count, name=rep.name)]  # fmt: skip
    else:
        said = [
            ngettext(
                "%(n)s visit waits for %(name)s’s %(day)s. Plan the day to see it in the route.",
                "%(n)s visits wait for %(name)s’s %(day)s. Plan the day to see which fit.",
                count, n=count, name=rep.name, day=when,
            )
        ]  # fmt: skip
    if brought.there:
        said.append(ngettext("%(n)s was there already.", "%(n)s were there already.", len(brought.there), n=len(brought.there)))  # fmt: skip
    if brought.left:
        said.append(_("Without a place or time: %(names)s.", names=_names(brought.left)))
    return " ".join(said)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    return _("%(names)s and %(n)s more", names=shown, n=more) if more > 0 else shown
