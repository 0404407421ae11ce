"""The solution of a span cut into days again, each with a problem of its own that holds by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from gcrm.routing import nights
from gcrm.routing.day import CLOSED_ALL_DAY, WorkDay
from gcrm.routing.legs import added_seconds, leg
from gcrm.routing.problem import OPTIONAL, Problem, Shift, Travel, Visit
from gcrm.routing.solution import FEASIBLE, INFEASIBLE, Route, Solution, Stop, TakenBreak, Unserved
from gcrm.routing.stays import Stay, home_place, settled, stays
from gcrm.routing.week import DAY_SECONDS, Built, Span, later

MOST_SHOWN = 120
"""Visits left out that a day keeps at hand, the most valuable ones."""


@dataclass(frozen=True)
class Day:
    """One day of a solved span, its times counted from the day's own midnight."""

    work: WorkDay
    problem: Problem
    solution: Solution


def days(span: Span, built: Built, problem: Problem, solution: Solution) -> list[Day]:
    """Each day with its own problem, of one shift, and its part of the solution; both hold by themselves."""
    routes = {route.shift: route for route in solution.routes}
    unserved = {one.visit: one for one in solution.unserved}
    rested = _rested(built, stays(built, problem, solution))
    return [
        _day(span, rested, shift, problem, solution, routes.get(shift.id), unserved)
        for shift in settled(problem, solution).values()
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
    home = home_place(problem, work) if work.night_before or work.night_after else None
    ends += [] if home is None else [home]
    places = list(dict.fromkeys([*ends, *(visit.place for visit in visits)]))
    index = {place: number for number, place in enumerate(places)}
    metres = problem.travel.metres
    travel = Travel(
        tuple(tuple(problem.travel.seconds[a][b] for b in places) for a in places),
        None if metres is None else tuple(tuple(metres[a][b] for b in places) for a in places),
    ).said_by(problem.travel, places)
    own = replace(
        later(shift, -offset), day=0,
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
