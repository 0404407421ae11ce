"""What a check-in proves: how far away it was, how sure that is, and how old the position."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gcrm.core.geo import metres_between

OLDEST = dt.timedelta(minutes=2)
"""A position measured longer before the check-in says nothing about where the phone is now."""
FURTHEST_METRES = 500_000
"""From further away nobody checks in: the phone was mistaken."""
EXACT_DAYS = 30
"""After so many days only the square of a kilometre stays."""

CELL_REACH_METRES = 710
"""From the middle of that square to its corners."""
OLD, FAR = "old", "far"
"""What a position was, before its minutes or kilometres, where it was not taken."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Position:
    """Where a phone says that it is: (lon, lat), how exact in metres, and when it was measured."""

    point: Point
    accuracy_metres: float | None = None
    taken_at: dt.datetime | None = None


def doubt(position: Position, at: dt.datetime, account: Point | None) -> str | None:
    """Why a position cannot be taken as where the check-in was made, as one of our two words and how much; None where it can."""
    if position.taken_at is not None and at - position.taken_at > OLDEST:
        minutes = round((at - position.taken_at).total_seconds() / 60)
        return f"{OLD} {minutes}"
    if account is not None and (away := metres_between(position.point, account)) > FURTHEST_METRES:
        return f"{FAR} {away / 1000:.0f}"
    return None


def is_outside(distance_metres: float | None, accuracy_metres: float | None, radius_metres: int | None) -> bool:
    """Whether a check-in was outside the radius for certain: also the nearest point that the accuracy allows."""
    if distance_metres is None or radius_metres is None:
        return False
    return distance_metres - (accuracy_metres or 0.0) > radius_metres


def fades_on(arrived: dt.date) -> dt.date:
    """The day from which the exact point of a check-in is gone."""
    return arrived + dt.timedelta(days=EXACT_DAYS)
