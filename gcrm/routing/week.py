"""Several days of one or more reps as one route problem, and its solution cut into days again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from gcrm.routing.legs import added_seconds, leg
from gcrm.routing.nights import Away, Hotel, Point
from gcrm.routing.problem import FIXED, MUST, OPTIONAL, Break, EndOf, Group, Place, Problem, Shift, Travel, Visit
from gcrm.routing.solution import FEASIBLE, INFEASIBLE, Route, Solution, Stop, TakenBreak, Unserved

MOST_VISITS = 2000
"""Of one problem: a table of travel times has its square."""
MOST_SHOWN = 120
"""Visits left out that a day keeps at hand, the most valuable ones."""
SHARE_OF_HINTS = 0.2
SHARE_AT_HOME = 0.35
"""Of the time of a search with nights away, what the same days without them get."""
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


@dataclass(frozen=True)
class Day:
    """One day of a solved span, its times counted from the day's own midnight."""

    work: WorkDay
    problem: Problem
    solution: Solution


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
    return replace(_later(shift, span.offset(work)), day=(work.day - first).days)


def _later(shift: Shift, seconds: int) -> Shift:
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


# -- nights away -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stay:
    """A night of a solution: after which shift, before which, and what it saves against a night at home."""

    evening: str
    morning: str
    hotel: Hotel
    saved_seconds: int
    is_followed: bool
    """Whether the day after has a visit; otherwise nobody would drive home."""


def stays(built: Built, problem: Problem, solution: Solution) -> list[Stay]:
    """The nights of a solution that somebody spends at a hotel."""
    orders = {route.shift: [stop.visit for stop in route.stops] for route in solution.routes}
    settled = _settled(problem, solution)
    found = []
    for shift in problem.shifts:
        if not isinstance(shift.from_place, EndOf):
            continue
        evening, morning = settled[shift.from_place.shift], settled[shift.id]
        place = morning.from_place
        home = _home(problem, built.works[shift.id])
        if not isinstance(place, int) or place not in built.hotels or home is None:
            continue
        (_, before), (after, _) = (
            nights.saved(replace(problem, shifts=(one,)), orders.get(one.id, []), home) for one in (evening, morning)
        )
        found.append(Stay(evening.id, morning.id, built.hotels[place], before + after, morning.id in orders))
    return found


def worthwhile(
    built: Built, problem: Problem, search: Callable[[Problem, float], Solution]
) -> tuple[Problem, Solution]:
    """The problem and what `search(problem, share of the time)` finds for it, with nights away where they pay.

    The days are planned without any night first, and that plan stands unless one with nights is better. A night is a choice
    of several days at once, which a search may miss; then days that need not come home say between which of them one
    could lie. All in all up to 2.55 times the time, once where no night is allowed.
    """
    if not any(isinstance(shift.from_place, EndOf) for shift in problem.shifts):
        return problem, search(problem, 1.0)
    plain = nights.at_home(problem, [shift.id for shift in problem.shifts])
    best = plain, search(plain, SHARE_AT_HOME)
    found = _nights_away(built, problem, search, 1 - SHARE_AT_HOME)
    if found is None:
        # Days that need not come home show between which of them a night lies best; then only that one is looked at.
        hints = stays(built, problem, search(problem, SHARE_OF_HINTS))
        kept = {stay.evening for stay in hints if stay.is_followed}
        narrow = nights.at_home(problem, [shift.id for shift in problem.shifts if shift.id not in kept])
        found = _nights_away(built, narrow, search, SHARE_AT_HOME) if kept else None
    return max([best, *([found] if found else [])], key=lambda pair: _worth(*pair))


def _nights_away(
    built: Built, problem: Problem, search: Callable[[Problem, float], Solution], share: float
) -> tuple[Problem, Solution] | None:
    """Plan with nights away that each pay; None where there is none.

    The search weighs a night's cost against prizes too. So nights that save too little, or that no visit follows, are
    spent at home, and the rest is searched once more.
    """

    def honest(given: Problem) -> Solution:
        wide, departures = nights.with_departures(given)
        return nights.without_departures(given, search(wide, share), departures)

    solution = honest(problem)
    poor = _poor(built, problem, solution)
    if poor:
        problem = nights.at_home(problem, poor)
        solution = honest(problem)
    if _poor(built, problem, solution) or not stays(built, problem, solution):
        return None
    return problem, solution


def _worth(problem: Problem, solution: Solution) -> tuple[int, int, float]:
    """How plans compare: by appointments kept, then by visits that must be, then by the objective."""
    left = {one.visit for one in solution.unserved}
    ranks = [visit.rank for visit in problem.visits if visit.id in left]
    return -ranks.count(FIXED), -ranks.count(MUST), solution.objective


def _poor(built: Built, problem: Problem, solution: Solution) -> list[str]:
    return [
        stay.evening
        for stay in stays(built, problem, solution)
        if not stay.is_followed
        or stay.saved_seconds < built.away[built.works[stay.evening].rep].least_seconds(stay.hotel)
    ]


def _settled(problem: Problem, solution: Solution) -> dict[str, Shift]:
    """The shifts with the two places where the solution begins and ends them."""
    routes = {route.shift: route for route in solution.routes}
    shifts = {shift.id: shift for shift in problem.shifts}
    found: dict[str, Shift] = {}

    def settle(shift: Shift) -> Shift:
        if shift.id not in found:
            begin, end = shift.from_place, shift.to_place
            if isinstance(begin, EndOf):
                earlier = settle(shifts[begin.shift]).to_place
                begin = earlier if isinstance(earlier, int) else None
            if isinstance(end, tuple):
                end = routes[shift.id].end_place if shift.id in routes else begin
            found[shift.id] = replace(shift, from_place=begin, to_place=end)
        return found[shift.id]

    return {shift.id: settle(shift) for shift in problem.shifts}


def _home(problem: Problem, work: WorkDay) -> int | None:
    """The place of the problem that is a rep's home."""
    if work.home is None:
        return None
    home = Place(lon=work.home[0], lat=work.home[1])
    return next((number for number, place in enumerate(problem.places) if place == home), None)


# -- back to days ----------------------------------------------------------------------------------------------------


def days(span: Span, built: Built, problem: Problem, solution: Solution) -> list[Day]:
    """Each day with its own problem, of one shift, and its part of the solution; both hold by themselves."""
    routes = {route.shift: route for route in solution.routes}
    unserved = {one.visit: one for one in solution.unserved}
    rested = _rested(built, stays(built, problem, solution))
    return [
        _day(span, rested, shift, problem, solution, routes.get(shift.id), unserved)
        for shift in _settled(problem, solution).values()
    ]


def _rested(built: Built, found: Iterable[Stay]) -> Built:
    """What was built, with the nights in its days."""
    works = dict(built.works)
    for stay in found:
        evening, morning = works[stay.evening], works[stay.morning]
        assert evening.home is not None
        night = nights.night_at(stay.hotel, evening.home)
        works[stay.evening] = replace(evening, night_after=night)
        works[stay.morning] = replace(morning, night_before=night)
    return replace(built, works=works)


def _day(
    span: Span, built: Built, shift: Shift, problem: Problem, solution: Solution, route: Route | None,
    unserved: dict[str, Unserved],
) -> Day:  # fmt: skip
    work = built.works[shift.id]
    offset = span.offset(work)
    here = {stop.visit for stop in route.stops} if route else set()
    served = [visit for visit in problem.visits if visit.id in here]
    left = [v for v in problem.visits if v.id in unserved and (v.shifts is None or shift.id in v.shifts)]
    # What colleagues may make too is left out of its own rep's day alone.
    left = [v for v in left if built.wishes[v.id].rep == work.rep]
    # The other half of a promised visit is no visit of its own when one of both is made.
    made_groups = {v.group for v in problem.visits if v.id not in unserved and v.group and v.group.endswith(" once")}
    left = [v for v in left if v.group not in made_groups]
    left.sort(key=lambda v: (v.rank, -v.prize))
    shown = [*served, *left[:MOST_SHOWN]]
    keys = {visit.id: built.wishes[visit.id].key for visit in shown}
    cut = _cut(problem, shift, shown, keys, offset, work)
    routes = () if route is None else (_moved_route(route, keys, offset, cut, shift),)
    return Day(
        work, cut, rebuilt(cut, routes, {keys[v.id]: unserved[v.id] for v in shown if v.id in unserved}, solution)
    )


def _cut(
    problem: Problem, shift: Shift, visits: Sequence[Visit], keys: Mapping[str, str], offset: int, work: WorkDay
) -> Problem:
    """The problem of one shift and some visits, with their places only, on the day's own clock; visits take their keys."""
    assert problem.travel is not None
    ends = [place for place in (shift.from_place, shift.to_place) if isinstance(place, int)]
    # What a night away saves can be told only beside the drives from and to home.
    home = _home(problem, work) if work.night_before or work.night_after else None
    ends += [] if home is None else [home]
    places = list(dict.fromkeys([*ends, *(visit.place for visit in visits)]))
    index = {place: number for number, place in enumerate(places)}
    metres = problem.travel.metres
    travel = Travel(
        tuple(tuple(problem.travel.seconds[a][b] for b in places) for a in places),
        None if metres is None else tuple(tuple(metres[a][b] for b in places) for a in places),
    ).said_by(problem.travel, places)
    own = replace(
        _later(shift, -offset), day=0,
        from_place=index[shift.from_place] if isinstance(shift.from_place, int) else None,
        to_place=index[shift.to_place] if isinstance(shift.to_place, int) else None,
    )  # fmt: skip
    return Problem(
        (own,),
        tuple(
            replace(v, id=keys[v.id], place=index[v.place], windows=_day_windows(v, offset), shifts=None, group=None)
            for v in visits
        ),
        tuple(problem.places[place] for place in places),
        travel,
        cost_per_travel_second=problem.cost_per_travel_second,
        cost_per_waiting_second=problem.cost_per_waiting_second,
        starts_at=work.midnight.astimezone(ZoneInfo(work.zone)).isoformat(),
    )


def _day_windows(visit: Visit, offset: int) -> tuple[tuple[int, int], ...]:
    if not visit.windows:
        return ()
    found = tuple((a - offset, b - offset) for a, b in visit.windows)
    own = tuple((a, b) for a, b in found if a <= DAY_SECONDS and b >= 0)
    return own or CLOSED_ALL_DAY


def _moved_route(route: Route, keys: Mapping[str, str], offset: int, cut: Problem, shift: Shift) -> Route:
    """A route on the clock and with the places of its day's problem."""
    home = cut.shifts[0].to_place
    last = keys[route.stops[-1].visit]
    end = home if isinstance(home, int) else next(visit.place for visit in cut.visits if visit.id == last)
    return replace(
        route, leave=route.leave - offset, return_at=route.return_at - offset, end_place=end,
        stops=tuple(Stop(keys[s.visit], s.arrive - offset, s.start - offset, s.depart - offset, s.waiting_seconds) for s in route.stops),
        breaks=tuple(TakenBreak(taken.start - offset, taken.end - offset) for taken in route.breaks),
    )  # fmt: skip


def rebuilt(problem: Problem, routes: tuple[Route, ...], known: Mapping[str, Unserved], like: Solution) -> Solution:
    """A solution of these routes of a problem of one shift: its figures, and why the rest is left out."""
    visits = {visit.id: visit for visit in problem.visits}
    served = {stop.visit for route in routes for stop in route.stops}
    travel = sum(route.travel_seconds for route in routes)
    waiting = sum(stop.waiting_seconds for route in routes for stop in route.stops)
    prize = float(sum(visits[name].prize for name in served))
    lengths = [route.travel_metres for route in routes]
    missing = any(visit.rank < OPTIONAL and visit.id not in served for visit in problem.visits)
    return Solution(
        status=INFEASIBLE if missing else FEASIBLE,
        objective=prize
        - problem.cost_per_travel_second * travel
        - problem.cost_per_waiting_second * waiting
        - problem.cost_per_shift * len(routes),
        prize=prize,
        travel_seconds=travel,
        travel_metres=None if None in lengths else sum(length for length in lengths if length is not None),
        routes=routes,
        unserved=tuple(
            _left(problem, routes, visit, known.get(visit.id)) for visit in problem.visits if visit.id not in served
        ),
        solve_seconds=like.solve_seconds,
        steps=like.steps,
        seed=like.seed,
        engine=like.engine,
    )


KEPT_REASONS = ("too_far", "no_time", "lower_value")


def _left(problem: Problem, routes: tuple[Route, ...], visit: Visit, known: Unserved | None) -> Unserved:
    """Why a visit is left out of one day: what holds for the day before what the whole solution says."""
    shift = problem.shifts[0]
    added = added_seconds(problem, routes[0], visit) if routes else None
    begin = shift.from_place if isinstance(shift.from_place, int) else None
    end = shift.to_place if isinstance(shift.to_place, int) else None
    if leg(problem, begin, visit.place) is None or leg(problem, visit.place, end) is None:
        return Unserved(visit.id, "unreachable", "There is no way there and back.", added)
    if visit.windows and not any(a <= shift.end and shift.start <= b for a, b in visit.windows):
        return Unserved(visit.id, "closed", "It is closed while the rep is on the road.", added)
    if known is not None and known.reason in KEPT_REASONS:
        return Unserved(visit.id, known.reason, known.detail, added)
    return Unserved(visit.id, "lower_value", "Others were worth more.", added)
