"""Nights away in the solution of a span: where somebody sleeps, what that saves, and whether to plan with them at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gcrm.routing import nights
from gcrm.routing.day import WorkDay
from gcrm.routing.nights import Hotel
from gcrm.routing.problem import FIXED, MUST, EndOf, Place, Problem, Shift
from gcrm.routing.solution import Solution
from gcrm.routing.week import Built

SHARE_OF_HINTS = 0.2
SHARE_AT_HOME = 0.35
"""Of the time of a search with nights away, what the same days without them get."""


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
    ends = settled(problem, solution)
    found = []
    for shift in problem.shifts:
        if not isinstance(shift.from_place, EndOf):
            continue
        evening, morning = ends[shift.from_place.shift], ends[shift.id]
        place = morning.from_place
        home = home_place(problem, built.works[shift.id])
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


def settled(problem: Problem, solution: Solution) -> dict[str, Shift]:
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


def home_place(problem: Problem, work: WorkDay) -> int | None:
    """The place of the problem that is a rep's home."""
    if work.home is None:
        return None
    home = Place(lon=work.home[0], lat=work.home[1])
    return next((number for number, place in enumerate(problem.places) if place == home), None)
