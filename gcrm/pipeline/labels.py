"""The words of stages, of what happens to a sale, and of why one is lost, as people read them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_skeleton
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

STAGE_NAMES = {
    "Lead": _l("Lead"),
    "Qualified": _l("Qualified"),
    "Proposal": _l("Proposal"),
    "Negotiation": _l("Negotiation"),
    "Won": _l("Won"),
    "Lost": _l("Lost"),
}
"""The names that new organisations begin with; a stage renamed since reads as it was named."""

TOUCH_LABELS = {
    "opportunity": _l("New opportunity"),
    "opportunity_moved": _l("Opportunity moved on"),
    "opportunity_won": _l("Won"),
    "opportunity_lost": _l("Lost"),
    "opportunity_reopened": _l("Opportunity reopened"),
}

TOUCH_ICONS = {"opportunity_won": "circle-check", "opportunity_lost": "circle-x"}

LOST_REASONS = (
    _l("Price"),
    _l("A competitor"),
    _l("No need"),
    _l("No budget"),
    _l("No decision"),
    _l("Bad timing"),
    _l("Out of contact"),
)
"""Offered, not required: a reason is free text."""

LONGEST_WITHOUT_YEAR = 270
"""Days."""


def stage_name(name: str) -> Any:
    return STAGE_NAMES.get(name, name)


def month_name(month: dt.date | str) -> str:
    """A month as people write it; also what lies before them all, and what has no day."""
    if isinstance(month, str):
        return str(_("Before this month") if month == "earlier" else _("No day set"))
    return str(format_skeleton("yMMM", month, locale=get_locale()))


def short_day(day: dt.date, today: dt.date) -> str:
    """A day without its year where nobody would mistake it."""
    skeleton = "MMMd" if abs((day - today).days) < LONGEST_WITHOUT_YEAR else "yMMMd"
    return str(format_skeleton(skeleton, day, locale=get_locale()))
