"""When the next visit is due, and how much it is worth to make it on a given day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

TIER_VALUES = {"A": 100.0, "B": 60.0, "C": 30.0, "D": 12.0}
VALUE_WITHOUT_TIER = 20.0
NEVER_VISITED_FACTOR = 0.8
"""Worth of a first visit against one that is exactly due."""
EARLY_SHARE = 0.25
"""From this share of the cadence before its day a visit may be made; at its day it is worth the tier's value."""
MOST_OVERDUE_FACTOR = 3.0
DEFAULT_MINUTES = 30


@dataclass(frozen=True)
class Due:
    """How an account stands against its cadence on a day."""

    due_on: dt.date | None
    """None: never visited, so due since ever."""
    days_overdue: int
    """Negative before the day."""
    factor: float
    """Share of the tier's value that a visit on the day is worth; 0 when it is too early."""


def due(last_visited_on: dt.date | None, cadence_days: int, day: dt.date) -> Due:
    """Where an account stands on a day.

    The factor rises linearly from 0 at `EARLY_SHARE` of the cadence before the due day to 1 on it, and by 1 for each
    further cadence overdue, up to `MOST_OVERDUE_FACTOR`.
    """
    if last_visited_on is None:
        return Due(None, 0, NEVER_VISITED_FACTOR)
    due_on = last_visited_on + dt.timedelta(days=cadence_days)
    overdue = (day - due_on).days
    lead = max(1.0, EARLY_SHARE * cadence_days)
    factor = 1 + overdue / cadence_days if overdue >= 0 else max(0.0, 1 + overdue / lead)
    return Due(due_on, overdue, min(MOST_OVERDUE_FACTOR, factor))


def tier_value(tier: str | None) -> float:
    return TIER_VALUES.get(tier or "", VALUE_WITHOUT_TIER)


def prize(tier: str | None, factor: float) -> float:
    """What a visit is worth to the planner."""
    return round(tier_value(tier) * factor, 3)
