"""Running late: what it does to the stops that are ahead. `static/js/field/late.js` says the same in its words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

MOST_MINUTES = 1_440


@dataclass(frozen=True)
class Ahead:
    """A stop that is ahead: when it is reached, begun and left as planned, and when it must have begun."""

    key: str
    arrive_at: dt.datetime
    start_at: dt.datetime
    latest_at: dt.datetime | None
    """None: it can begin at any time."""


@dataclass(frozen=True)
class Later:
    """A stop as it would be."""

    key: str
    start_at: dt.datetime
    late_seconds: int
    """Later than planned."""
    breaks: bool
    """Whether it would begin after its latest begin."""


def late(stops: Sequence[Ahead], minutes: int) -> list[Later]:
    """Return the stops with a delay carried through them: waiting before a stop takes some of it away, nothing adds to it.

    Parameters
    ----------
    stops : in their order; the delay is that of reaching the first
    minutes : how late the rep is
    """
    delay = dt.timedelta(minutes=minutes)
    found = []
    for stop in stops:
        waiting = max(stop.start_at - stop.arrive_at, dt.timedelta())
        delay = max(delay - waiting, dt.timedelta())
        begin = stop.start_at + delay
        breaks = bool(delay) and stop.latest_at is not None and begin > stop.latest_at
        found.append(Later(stop.key, begin, int(delay.total_seconds()), breaks))
    return found
