"""How much slower the road is at an hour of the week, from what drives between check-ins really took.

A factor is the median of taken over expected time of the drives that began in the hour, drawn towards 1 as if so many
more had gone as expected; an hour with few drives has none. Medians and the bounds on a ratio keep a coffee on the way
or a phone call before the check-in from counting as traffic.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

LEAST_TRIPS = 200
"""In all; below, nothing is learned."""
LEAST_IN_AN_HOUR = 12
DRAWN_BY = 20
"""So many drives as expected are added to those of each hour."""
LEAST_SECONDS, MOST_SECONDS = 180, 3 * 3600
LEAST_RATIO, MOST_RATIO = 0.5, 3.0

Hour = tuple[int, int]
"""Weekday, 1 is Monday, and hour on the rep's clock."""


@dataclass(frozen=True)
class Trip:
    """A drive between two visits of one rep on one day, on the rep's clock."""

    left: dt.datetime
    taken_seconds: float
    expected_seconds: float


@dataclass(frozen=True)
class Factor:
    """How much longer drives take, and on how many that stands."""

    factor: float
    trips: int


def learned(trips: Iterable[Trip]) -> dict[Hour, Factor]:
    """Return the factors of the hours that have enough drives; none at all below `LEAST_TRIPS`."""
    ratios: dict[Hour, list[float]] = defaultdict(list)
    for trip in trips:
        if not trip.expected_seconds >= LEAST_SECONDS or not LEAST_SECONDS <= trip.taken_seconds <= MOST_SECONDS:
            continue
        ratio = trip.taken_seconds / trip.expected_seconds
        if LEAST_RATIO <= ratio <= MOST_RATIO:
            ratios[trip.left.isoweekday(), trip.left.hour].append(ratio)
    if sum(map(len, ratios.values())) < LEAST_TRIPS:
        return {}
    return {
        hour: Factor(round((len(found) * median(found) + DRAWN_BY) / (len(found) + DRAWN_BY), 3), len(found))
        for hour, found in ratios.items()
        if len(found) >= LEAST_IN_AN_HOUR
    }


def of_shift(factors: Mapping[Hour, Factor], day: dt.date, starts: dt.time, ends: dt.time) -> Factor:
    """Return the mean over the hours of a shift, each by its minutes in it; an hour without a factor counts as 1."""
    begin, end = starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute
    total, minutes, trips = 0.0, 0, 0
    for hour in range(24):
        within = min(end, hour * 60 + 60) - max(begin, hour * 60)
        if within <= 0:
            continue
        known = factors.get((day.isoweekday(), hour))
        total += within * (known.factor if known else 1.0)
        minutes += within
        trips += known.trips if known else 0
    return Factor(round(total / minutes, 2), trips) if minutes and trips else Factor(1.0, 0)
