"""From a rep, a day and candidates to the route problem: the one place where business facts become numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from gcrm.routing.nights import Night, Point
from gcrm.routing.problem import FIXED, MUST, OPTIONAL, Break, Place, Problem, Shift, Visit

COST_PER_TRAVEL_SECOND = 0.01
"""An hour of driving costs 36: a visit to a C account (30) is not worth an hour more on the road."""
COST_PER_WAITING_SECOND = 0.002
MUST_PRIZE = 100.0
MOST_CANDIDATES = 300
CLOSED_ALL_DAY = ((172_800, 172_800),)
"""A window that meets no shift: the day after."""


@dataclass(frozen=True)
class Candidate:
    """An account that could be visited on the day."""

    account_id: int
    name: str
    lon: float
    lat: float
    minutes: int
    prize: float
    why: dict[str, Any] = field(default_factory=dict)
    address: str | None = None
    opening_hours: str | None = None
    visit_id: int | None = None
    starts_at: dt.datetime | None = None
    """Of a fixed appointment."""
    is_must: bool = False
    is_locked: bool = False
    """Somebody said that it stays on this day."""
    pinned_at: dt.datetime | None = None
    """Somebody said that it begins then; `starts_at` says so too."""


@dataclass(frozen=True)
class WorkDay:
    """When and from where a rep works on a day; `day` is a date on the clocks of `zone`."""

    rep: str
    day: dt.date
    zone: str
    starts: dt.time
    ends: dt.time
    lunch_from: dt.time
    lunch_until: dt.time
    lunch_minutes: int
    home: tuple[float, float] | None = None
    """(lon, lat); None: the day begins at the first stop and ends at the last."""
    not_before: dt.datetime | None = None
    """Now, when the day has begun already."""
    travel_factor: float = 1.0
    """How much longer drives take in the day's hours than the source of travel times says."""
    travel_trips: int = 0
    """On how many drives between check-ins the factor stands."""
    night_before: Night | None = None
    """Where the rep wakes up, if not at home."""
    night_after: Night | None = None
    """Where the rep goes to sleep, if not at home."""

    @property
    def begin(self) -> Point | None:
        """Where the day begins, (lon, lat)."""
        return self.home if self.night_before is None else self.night_before.point

    @property
    def end(self) -> Point | None:
        """Where the day ends."""
        return self.home if self.night_after is None else self.night_after.point

    @property
    def points(self) -> tuple[Point, ...]:
        """Home and both ends, each once."""
        return tuple(dict.fromkeys(point for point in (self.home, self.begin, self.end) if point is not None))

    @property
    def midnight(self) -> dt.datetime:
        """Second 0 of the problem; later seconds are elapsed ones, also when the clocks change."""
        return dt.datetime.combine(self.day, dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)

    def second(self, time: dt.time) -> int:
        """Elapsed seconds from midnight to the moment that the clocks show `time`."""
        moment = dt.datetime.combine(self.day, time, ZoneInfo(self.zone)).astimezone(dt.UTC)
        return int((moment - self.midnight).total_seconds())

    def instant(self, second: int) -> dt.datetime:
        return self.midnight + dt.timedelta(seconds=second)


def problem_of(
    work: WorkDay, candidates: list[Candidate], cost_per_travel_second: float = COST_PER_TRAVEL_SECOND
) -> Problem:
    """The route problem of one rep's day; visit i is candidate i, under its number as id.

    Travel is left out for the travel-time source to fill in. Raises `Invalid` kinds of the reader when a value does not
    fit the format.
    """
    places = [Place(lat=c.lat, lon=c.lon) for c in candidates]
    index = {point: len(places) + number for number, point in enumerate(work.points)}
    places += [Place(lon=lon, lat=lat) for lon, lat in work.points]
    return Problem(
        shifts_of(work, index),
        tuple(visit_of(work, str(number), number, candidate) for number, candidate in enumerate(candidates)),
        tuple(places),
        cost_per_travel_second=cost_per_travel_second,
        cost_per_waiting_second=COST_PER_WAITING_SECOND,
        starts_at=work.midnight.astimezone(ZoneInfo(work.zone)).isoformat(),
    )


def shifts_of(work: WorkDay, index: Mapping[Point, int]) -> tuple[Shift, ...]:
    """The day's one shift, on its own clock; `index` has the numbers of the places where it begins and ends."""
    start, end = work.second(work.starts), work.second(work.ends)
    if work.not_before is not None:
        start = min(end, max(start, int((work.not_before - work.midnight).total_seconds())))
    lunch = (max(start, work.second(work.lunch_from)), work.second(work.lunch_until))
    has_lunch = work.lunch_minutes > 0 and lunch[0] <= lunch[1] and lunch[1] + work.lunch_minutes * 60 <= end
    return (
        Shift(
            id=f"{work.rep}-{work.day}",
            rep=work.rep,
            start=start,
            end=end,
            from_place=None if work.begin is None else index[work.begin],
            to_place=None if work.end is None else index[work.end],
            breaks=(Break(work.lunch_minutes * 60, lunch),) if has_lunch else (),
            travel_factor=work.travel_factor,
        ),
    )


def visit_of(work: WorkDay, key: str, place: int, candidate: Candidate) -> Visit:
    """The visit to a candidate on a day."""
    seconds = candidate.minutes * 60
    if candidate.starts_at is not None:
        begin = int((candidate.starts_at - work.midnight).total_seconds())
        return Visit(key, place, seconds, ((begin, begin),), prize=MUST_PRIZE + candidate.prize, rank=FIXED)
    windows = opening_windows(candidate.opening_hours, work, seconds)
    # Nobody can be met where it is closed all day, however much somebody must go there.
    rank = MUST if candidate.is_must and windows != CLOSED_ALL_DAY else OPTIONAL
    return Visit(key, place, seconds, windows, prize=candidate.prize, rank=rank)


def opening_windows(text: str | None, work: WorkDay, duration: int) -> tuple[tuple[int, int], ...]:
    """When a visit of `duration` seconds may begin, from opening hours in OSM syntax on the clocks of the day's zone.

    No or unreadable hours: any time, as (). Never open for long enough: `CLOSED_ALL_DAY`.
    """
    if not text:
        return ()
    from opening_hours import OpeningHours

    try:
        hours = OpeningHours(text)
    except Exception:  # The library raises its parser's own kinds; a wish that cannot be read must not stop the day.
        return ()
    begin = dt.datetime.combine(work.day, dt.time())
    found = []
    for opens, closes, state, _comments in hours.intervals(begin, begin + dt.timedelta(days=1)):
        if str(state) != "open":
            continue
        first = work.second(max(opens, begin).time())
        last = 86_400 if closes is None or closes.date() > work.day else work.second(closes.time())
        if last - duration >= first:
            found.append((first, last - duration))
    return tuple(found) or CLOSED_ALL_DAY
