"""What made a plan's travel times, as a sentence in the reader's language."""

from __future__ import annotations

import re

from flask_babel import format_percent, ngettext
from flask_babel import gettext as _

from gcrm.routing.models import DayPlan

NAMES_SHOWN = 3
FELL_BACK = re.compile(r"(?P<source>.+?) \((?P<engine>\w+) did not answer\)")


def travel_said(plan: DayPlan) -> str:
    """Say whether the times are those of roads, for which places they are estimates, and what the hours add."""
    notes = plan.travel_notes or {}
    parts = [_source(plan.travel_source or "estimate"), _estimated(notes.get("estimated", [])), _factor(notes)]
    return " ".join(part for part in parts if part)


def _source(said: str) -> str:
    fell_back = FELL_BACK.fullmatch(said)
    if fell_back:
        silent = _("%(engine)s did not answer.", engine=fell_back["engine"])
        return f"{silent} {_source(fell_back['source'])}"
    word = said.partition(" + ")[0]
    if word == "estimate":
        return _("Drives are estimated from straight lines.")
    return str(_("Drives follow roads.") if word == "roads" else _("Drives are those of %(engine)s.", engine=word))


def _estimated(names: list[str]) -> str:
    """Accounts that no road leads to."""
    if not names:
        return ""
    shown = ", ".join(names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    if more > 0:
        shown = ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=shown)
    return _("No road lies near %(names)s: estimated.", names=shown)


def _factor(notes: dict[str, object]) -> str:
    trips, factor = notes.get("trips"), notes.get("factor")
    if not isinstance(trips, int) or not isinstance(factor, float):
        return ""
    if factor == 1:
        return ngettext(
            "At these hours they take as long, by %(num)s drive.",
            "At these hours they take as long, by %(num)s drives.",
            trips,
        )
    off = format_percent(abs(factor - 1))
    if factor < 1:
        said = ngettext(
            "At these hours they take %(off)s less, by %(num)s drive between check-ins.",
            "At these hours they take %(off)s less, by %(num)s drives between check-ins.", trips, off=off,
        )  # fmt: skip
    else:
        said = ngettext(
            "At these hours they take %(off)s longer, by %(num)s drive between check-ins.",
            "At these hours they take %(off)s longer, by %(num)s drives between check-ins.", trips, off=off,
        )  # fmt: skip
    return str(said)
