"""Several days of one or more reps as one route problem."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from gcrm.routing import nights
from gcrm.routing.day import (
    CLOSED_ALL_DAY,
    COST_PER_WAITING_SECOND,
    MUST_PRIZE,
    Candidate,
    WorkDay,
    opening_windows,
    shifts_of,
)
from gcrm.routing.nights import Away, Hotel, Point
from gcrm.routing.problem import FIXED, MUST, OPTIONAL, Break, EndOf, Group, Place, Problem, Shift, Visit

MOST_VISITS = 2000
"""Of one problem: a table of travel times has its square."""
KNOWN_LESS = 0.95
"""What a visit is worth by a colleague, whom the customer does not know, of what it is by its own rep."""
DAY_SECONDS = 86_400
HALF_DAY_SECONDS = 43_200


@dataclass(frozen=True)
class Wish:
    """A visit that may be made in the span by one rep."""

    key: str
    candidate: Candidate
    rep: str
    days: tuple[dt.date, ...]
    """Those on which it may be made."""
    group: str | None = None
    prizes: dict[dt.date, float] | None = None
    """Where it is worth more on some day than the candidate's prize: a stop that was promised for it."""
    others: tuple[str, ...] = ()
    """Colleagues who may make it too."""


@dataclass(frozen=True)
class Span:
    """The days of some reps and what they could visit; `groups` say how visits to one account stand apart."""

    works: tuple[WorkDay, ...]
    wishes: tuple[Wish, ...]
    groups: tuple[Group, ...] = ()
    cost_per_travel_second: float = 0.01
    away: Mapping[str, Away] = field(default_factory=dict)
    """Of each rep who may stay away, where and when."""

    @property
    def begins(self) -> dt.datetime:
        """Second 0 of the problem: the earliest midnight of any day in it."""
        return min(work.midnight for work in self.works)

    def offset(self, work: WorkDay) -> int:
        """Seconds from second 0 of the problem to that of the day."""
        return int((work.midnight - self.begins).total_seconds())


@dataclass(frozen=True)
class Built:
    """A span's problem, which wish and day each of its visits and shifts stands for, and its hotels by place."""

    problem: Problem
    wishes: dict[str, Wish]
    works: dict[str, WorkDay]
    hotels: dict[int, Hotel] = field(default_factory=dict)
    away: Mapping[str, Away] = field(default_factory=dict)


def groups_of(
    account: str, cadence_days: int, span_days: int, last_visited_days_ago: int | None, lead_days: int
) -> tuple[int, Group | None]:
    """How many visits an account wants in a span, and what keeps them apart.

    One visit needs no group. Several stand at least the cadence less the days that a visit may be early apart, counted
    to half a day, since nobody comes at the same time of day again; the last visit is counted as at noon.
    """
    count = max(1, -(-span_days // cadence_days))
    if count == 1:
        return 1, None
    gap = max(1, cadence_days - lead_days) * DAY_SECONDS - HALF_DAY_SECONDS
    taken = () if last_visited_days_ago is None else (HALF_DAY_SECONDS - last_visited_days_ago * DAY_SECONDS,)
    return count, Group(account, at_most=count, min_gap_seconds=gap, taken=taken)


def build(span: Span) -> Built:
    """The one problem of a span: a shift for each rep and day, visits with the shifts that may make them, groups."""
    works = {shift_id(work): work for work in span.works}
    points = dict.fromkeys(point for work in span.works for point in work.points)
    index = {point: number for number, point in enumerate(points)}
    places = [Place(lon=lon, lat=lat) for lon, lat in points]
    hotels = dict(
        enumerate(dict.fromkeys(hotel for away in span.away.values() for hotel in away.hotels), start=len(places))
    )
    places += [Place(lon=hotel.lon, lat=hotel.lat) for hotel in hotels.values()]
    shifts = _with_nights(
        [_moved_shift(shift, work, span) for work in span.works for shift in shifts_of(work, index)],
        span,
        hotels,
        index,
    )
    visits: list[Visit] = []
    wishes: dict[str, Wish] = {}
    place_of: dict[int, int] = {}
    extra_groups: list[Group] = []
    for wish in span.wishes:
        place = place_of.get(wish.candidate.account_id)
        if place is None:
            place = place_of[wish.candidate.account_id] = len(places)
            places.append(Place(lat=wish.candidate.lat, lon=wish.candidate.lon))
        for visit in _visits(span, wish, place):
            visits.append(visit)
            wishes[visit.id] = wish
            if visit.group is not None and visit.group == f"{wish.key} once":
                extra_groups.append(Group(visit.group, at_most=1))
    unique = {group.id: group for group in (*span.groups, *extra_groups)}
    problem = Problem(
        shifts, tuple(visits), tuple(places), groups=tuple(unique.values()),
        cost_per_travel_second=span.cost_per_travel_second, cost_per_waiting_second=COST_PER_WAITING_SECOND,
        starts_at=span.begins.astimezone(ZoneInfo(span.works[0].zone)).isoformat(),
    )  # fmt: skip
    return Built(problem, wishes, works, hotels, span.away)


def _with_nights(
    shifts: Sequence[Shift], span: Span, hotels: Mapping[int, Hotel], index: Mapping[Point, int]
) -> tuple[Shift, ...]:
    """The shifts, those with a choice of ends whose evening may be spent away; the next day begins where it ended."""
    made = {shift.id: shift for shift in shifts}
    for work in span.works:
        away = span.away.get(work.rep)
        if away is None or work.home is None or work.day not in away.evenings:
            continue
        evening, morning = shift_id(work), shift_id(replace(work, day=work.day + dt.timedelta(days=1)))
        near = [(place, hotel) for place, hotel in hotels.items() if hotel in away.hotels]
        if not near or morning not in made:
            continue
        ends = nights.ends_of(index[work.home], near, away, span.cost_per_travel_second)
        made[evening] = replace(made[evening], to_place=ends)
        made[morning] = replace(made[morning], from_place=EndOf(evening))
    return tuple(made.values())


def shift_id(work: WorkDay) -> str:
    return f"{work.rep}-{work.day}"


def _moved_shift(shift: Shift, work: WorkDay, span: Span) -> Shift:
    """A shift of a day on the clock of the span."""
    first = min(each.day for each in span.works)
    return replace(later(shift, span.offset(work)), day=(work.day - first).days)


def later(shift: Shift, seconds: int) -> Shift:
    breaks = tuple(Break(b.duration, (b.window[0] + seconds, b.window[1] + seconds)) for b in shift.breaks)
    return replace(shift, start=shift.start + seconds, end=shift.end + seconds, breaks=breaks)


def _visits(span: Span, wish: Wish, place: int) -> Iterable[Visit]:
    """One visit; two that exclude each other where the wish is worth more on a promised day, or by its own rep, and no
    group binds it yet.
    """
    works = [work for work in span.works if work.rep in (wish.rep, *wish.others) and work.day in wish.days]
    own = [work for work in works if work.rep == wish.rep]
    if wish.others and wish.group is None and own and len(own) < len(works):
        either = f"{wish.key} once"
        colleagues = [work for work in works if work.rep != wish.rep]
        yield _visit(span, wish, place, own, wish.key, wish.candidate.prize, either)
        yield _visit(
            span, wish, place, colleagues, f"{wish.key} by a colleague", KNOWN_LESS * wish.candidate.prize, either
        )
        return
    promised = [work for work in works if wish.prizes and work.day in wish.prizes]
    others = [work for work in works if work not in promised]
    if not promised or wish.group is not None or wish.candidate.starts_at is not None:
        yield _visit(span, wish, place, works, wish.key, wish.candidate.prize, wish.group)
        return
    once = f"{wish.key} once" if others else None
    for work in promised:
        assert wish.prizes is not None
        yield _visit(span, wish, place, [work], f"{wish.key} as promised", wish.prizes[work.day], once)
    if others:
        yield _visit(span, wish, place, others, wish.key, wish.candidate.prize, once)


def _visit(
    span: Span, wish: Wish, place: int, works: list[WorkDay], key: str, prize: float, group: str | None
) -> Visit:
    candidate, seconds = wish.candidate, wish.candidate.minutes * 60
    allowed = tuple(shift_id(work) for work in works)
    if candidate.starts_at is not None:
        begin = int((candidate.starts_at - span.begins).total_seconds())
        return Visit(key, place, seconds, ((begin, begin),), MUST_PRIZE + prize, FIXED, allowed, group=group)
    windows = _windows(span, candidate.opening_hours, works, seconds)
    # Nobody can be met where it is closed on every day, however much somebody must go there.
    rank = MUST if candidate.is_must and windows != _never(span) else OPTIONAL
    return Visit(key, place, seconds, windows, prize, rank, allowed, group=group)


def _windows(span: Span, text: str | None, works: list[WorkDay], seconds: int) -> tuple[tuple[int, int], ...]:
    """When a visit may begin on any of some days; () where nothing is known, so at any time."""
    every: list[tuple[int, int]] = []
    for work in works:
        found = opening_windows(text, work, seconds)
        if not found:
            return ()
        if found != CLOSED_ALL_DAY:
            every += [(first + span.offset(work), last + span.offset(work)) for first, last in found]
    return tuple(every) or _never(span)


def _never(span: Span) -> tuple[tuple[int, int], ...]:
    """A window that meets no shift: days after the last."""
    beyond = max(span.offset(work) for work in span.works) + CLOSED_ALL_DAY[0][0]
    return ((beyond, beyond),)
