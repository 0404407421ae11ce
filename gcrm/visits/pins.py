"""Whether check-ins agree on another spot than an account's pin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from gcrm.core.geo import metres_between

FEWEST = 3
"""Check-ins on different days that must agree."""
MOST_ACCURACY_METRES = 50
AGREE_METRES = 60
"""How near each other they must lie, and how far from the pin the spot must be."""

FAR_OFF = float("inf")
Point = tuple[float, float]


@dataclass(frozen=True)
class CheckIn:
    """Where somebody checked in, (lon, lat), and on which day."""

    point: Point
    day: dt.date
    accuracy_metres: float | None


@dataclass(frozen=True)
class Agreed:
    """The spot on which check-ins agree."""

    place: Point
    check_ins: int
    spread_metres: float
    moved_metres: float
    last_on: dt.date


def agreed(pin: Point, check_ins: Sequence[CheckIn]) -> Agreed | None:
    """Return the spot away from the pin on which most check-ins agree, if enough days do.

    Exact for pairs: every two of the check-ins counted lie within `AGREE_METRES`, and one at the pin speaks for the pin. Of
    several on one day only the most accurate counts.
    """
    good = _best_of_days([c for c in check_ins if (c.accuracy_metres or FAR_OFF) <= MOST_ACCURACY_METRES])
    groups = [_around(each, good) for each in good]
    group = max(groups, key=len, default=[])
    if len(group) < FEWEST or len(group) * 2 <= len(good):
        return None
    place = _middle([c.point for c in group])
    moved = metres_between(place, pin)
    if moved <= AGREE_METRES:
        return None
    spread = max(metres_between(place, c.point) for c in group)
    return Agreed(place, len(group), spread, moved, max(c.day for c in group))


def _best_of_days(check_ins: Sequence[CheckIn]) -> list[CheckIn]:
    best: dict[dt.date, CheckIn] = {}
    for one in check_ins:
        known = best.get(one.day)
        if known is None or (one.accuracy_metres or 0) < (known.accuracy_metres or 0):
            best[one.day] = one
    return list(best.values())


def _around(first: CheckIn, others: Sequence[CheckIn]) -> list[CheckIn]:
    """Those near a check-in of which every two lie near each other, the nearest to it taken first."""
    group: list[CheckIn] = []
    for other in sorted(others, key=lambda c: metres_between(first.point, c.point)):
        if all(metres_between(other.point, known.point) <= AGREE_METRES for known in group):
            group.append(other)
    return group


def _middle(points: Sequence[Point]) -> Point:
    """The mean of points that lie close together; those on both sides of the date line are brought to one."""
    west = points[0][0]
    lons = [lon + 360 if lon - west < -180 else lon - 360 if lon - west > 180 else lon for lon, _lat in points]
    lon = sum(lons) / len(lons)
    return ((lon + 180) % 360 - 180, sum(lat for _lon, lat in points) / len(points))
