"""The best selection among a pool of routes: at most one for each shift, each visit and group at most once.

Set packing by CP-SAT (Balinski and Quandt 1964 for the model; as a last step over a search's own routes: Rochat and
Taillard 1995). Routes of many searches recombine to a plan that none of them found.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.routing.problem import OPTIONAL, Problem
from gcrm.routing.solution import Solution

STEPS = 2.0
"""CP-SAT's deterministic units, about a second each."""
CORE = 2000
"""A larger pool is chosen from in two steps, the first among so many of its routes."""
SCALE = 10**6
MUST = 1e9
MOST_VALUE = 2**52
"""Sums of CP-SAT stay below 2^63."""


class MalformedPool(Invalid):
    title = "The pool of routes is malformed"


@dataclass(frozen=True, slots=True)
class PoolRoute:
    """A route that could be driven: its shift and visits by position in the problem, in the order of the drive, and its part of the objective."""

    shift: int
    visits: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Routes by position in the pool, one for each used shift, what they are worth together, and whether that is proven best."""

    chosen: tuple[int, ...]
    served: tuple[int, int]
    """How many visits of rank 0 and of rank 1."""
    value: float
    is_best: bool


def best_selection(
    problem: Problem, routes: Sequence[PoolRoute], hint: Iterable[int] = (), steps: float = STEPS, seed: int = 1
) -> Selection:
    """Choose among routes that each can be driven, by visits of rank 0, then of rank 1, then value.

    At most one route for each shift; each visit at most once; groups keep `at_most` and their day patterns; the bounds of
    `reps` on visits and prize hold. A route's times and ends are not known here, so gaps in seconds are kept as far as
    the shifts' hours decide them, and neither work of `reps` nor shifts that begin where others end are looked at: the
    checker has the last word on the plan that is made of them.

    Parameters
    ----------
    routes : every one keeps the rules of its shift by itself; of equal ones (shift and set of visits) the best is looked at
    hint : positions of routes that fit together, to begin with; the answer is never worse
    steps : work limit in CP-SAT's deterministic units; the same routes, hint, steps and seed give the same answer

    Raises `MalformedPool` for a route of an unknown shift or visit, one that serves a visit twice, one whose value is no
    number, and a hint whose routes share a shift or a visit.
    """
    hinted = set(hint)
    _judge(problem, routes, hinted)
    kept = _distinct(routes, hinted)
    if not kept:
        return Selection((), (0, 0), 0.0, True)
    if len(kept) > CORE:
        # Among so many the best is seldom proven in time, among the most valuable of them it is.
        core = sorted(kept, key=lambda number: (number not in hinted, -_worth(problem, routes[number]), number))[:CORE]
        found = _solved(problem, routes, *_model(problem, routes, sorted(core)), hinted, steps / 2, seed)
        hinted, steps = set(found.chosen), steps / 2
    return _solved(problem, routes, *_model(problem, routes, kept), hinted, steps, seed)


def routes_of(problem: Problem, solution: Solution) -> list[PoolRoute]:
    """Return a solution's routes for a pool."""
    shifts = {shift.id: s for s, shift in enumerate(problem.shifts)}
    visits = {visit.id: v for v, visit in enumerate(problem.visits)}
    made = []
    for route in solution.routes:
        s, stops = shifts[route.shift], tuple(visits[stop.visit] for stop in route.stops)
        waiting = sum(stop.waiting_seconds for stop in route.stops)
        cost = (
            problem.cost_per_travel_second * route.travel_seconds
            + problem.cost_per_waiting_second * waiting
            + problem.cost_per_shift
            + _end_cost(problem, s, route.end_place)
        )
        made.append(PoolRoute(s, stops, sum(problem.visits[v].prize for v in stops) - cost))
    return made


def recombined(problem: Problem, solutions: Sequence[Solution], steps: float = STEPS, seed: int = 1) -> Solution | None:
    """Return a plan of the best routes of several, the first of which is the best so far; None where that is no other one.

    The plans may have been made under closer bounds than the problem has; the new one is checked as a plan of the problem.
    """
    from gcrm.routing.answer import plan_of, solution_of
    from gcrm.routing.check import check
    from gcrm.routing.model import model_of
    from gcrm.routing.track import Tracks

    best = solutions[0]
    pool = [
        (made, route.end_place)
        for one in solutions
        for made, route in zip(routes_of(problem, one), one.routes, strict=True)
    ]
    hint = range(len(best.routes))
    chosen = best_selection(problem, [made for made, _ in pool], hint, steps, seed).chosen
    if set(chosen) == set(hint):
        return None
    model = model_of(problem)
    stops: list[tuple[int, ...]] = [()] * len(problem.shifts)
    ends = [0] * len(problem.shifts)
    for made, place in (pool[number] for number in chosen):
        stops[made.shift] = made.visits
        places = model.ends[made.shift].places
        ends[made.shift] = places.index(place) if place in places else 0
    plan = plan_of(Tracks(model), stops, ends, {})
    found = (
        None if plan is None else solution_of(plan, best.solve_seconds, best.steps, best.seed, f"{best.engine} (pool)")
    )
    return None if found is None or check(problem, found) else found


def _end_cost(problem: Problem, s: int, place: int | None) -> float:
    ends = problem.shifts[s].to_place
    return min(end.cost for end in ends if end.place == place) if isinstance(ends, tuple) else 0.0


def _judge(problem: Problem, routes: Sequence[PoolRoute], hinted: set[int]) -> None:
    for number, route in enumerate(routes):
        if not 0 <= route.shift < len(problem.shifts):
            raise MalformedPool(f"Route {number} is of shift {route.shift}, which does not exist.")
        if any(not 0 <= v < len(problem.visits) for v in route.visits):
            raise MalformedPool(f"Route {number} serves a visit that does not exist.")
        if len(set(route.visits)) < len(route.visits):
            raise MalformedPool(f"Route {number} serves a visit twice.")
        if not math.isfinite(route.value):
            raise MalformedPool(f"The value of route {number} is no number.")
    together = [routes[number] for number in hinted]
    served = [v for route in together for v in route.visits]
    if len({route.shift for route in together}) < len(together) or len(set(served)) < len(served):
        raise MalformedPool("The routes to begin with share a shift or a visit.")


def _distinct(routes: Sequence[PoolRoute], hinted: set[int]) -> list[int]:
    """Return the positions of the best route for each shift and set of visits."""
    best: dict[tuple[int, frozenset[int]], int] = {}
    for number, route in enumerate(routes):
        if not route.visits:
            continue
        key = (route.shift, frozenset(route.visits))
        if key not in best or routes[best[key]].value < route.value:
            best[key] = number
    # A hint is kept although an equal route is known that costs less: it may be the one that the gaps were judged by.
    return sorted(set(best.values()) | {number for number in hinted if routes[number].visits})


def _model(problem: Problem, routes: Sequence[PoolRoute], kept: Sequence[int]) -> tuple[Any, dict[int, Any]]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    picks = {number: model.new_bool_var("") for number in kept}
    of_shift: dict[int, list[Any]] = defaultdict(list)
    of_visit: dict[int, list[int]] = defaultdict(list)
    for number in kept:
        of_shift[routes[number].shift].append(picks[number])
        for v in routes[number].visits:
            of_visit[v].append(number)
    for each in of_shift.values():
        model.add_at_most_one(each)
    for numbers in of_visit.values():
        if len(numbers) > 1:
            model.add_at_most_one([picks[number] for number in numbers])
    _groups(problem, routes, model, picks, of_visit)
    _reps(problem, routes, model, picks)
    return model, picks


def _groups(
    problem: Problem, routes: Sequence[PoolRoute], model: Any, picks: dict[int, Any], of_visit: dict[int, list[int]]
) -> None:
    members: dict[str, list[int]] = defaultdict(list)
    for v, visit in enumerate(problem.visits):
        if visit.group is not None:
            members[visit.group].append(v)
    for group in problem.groups:
        own = [(v, number) for v in members[group.id] for number in of_visit[v]]
        if group.at_most is not None and len(members[group.id]) > group.at_most:
            model.add(sum(picks[number] for _, number in own) <= group.at_most)
        on_day: dict[int, list[Any]] = defaultdict(list)
        for _, number in own:
            on_day[problem.shifts[routes[number].shift].day].append(picks[number])
        if group.day_patterns is not None:
            pattern = {tuple(sorted(days)): model.new_bool_var("") for days in group.day_patterns}
            model.add_at_most_one(pattern.values())
            for day in {*on_day, *(day for days in pattern for day in days)}:
                model.add(sum(on_day[day]) == sum(chosen for days, chosen in pattern.items() if day in days))
        if group.min_gap_seconds is not None:
            _gaps(problem, routes, model, picks, own, group.min_gap_seconds)


def _gaps(
    problem: Problem,
    routes: Sequence[PoolRoute],
    model: Any,
    picks: dict[int, Any],
    own: list[tuple[int, int]],
    gap: int,
) -> None:
    """Keep apart the shifts that lie too near each other whatever their times."""
    of_shift: dict[int, list[Any]] = defaultdict(list)
    for _, number in own:
        of_shift[routes[number].shift].append(picks[number])
    shifts = sorted(of_shift)
    for n, s in enumerate(shifts):
        for t in shifts[n:]:
            one, other = problem.shifts[s], problem.shifts[t]
            if max(other.end - one.start, one.end - other.start) < gap:
                model.add(sum(of_shift[s]) + (sum(of_shift[t]) if t != s else 0) <= 1)


def _reps(problem: Problem, routes: Sequence[PoolRoute], model: Any, picks: dict[int, Any]) -> None:
    for rep in problem.reps:
        own = [number for number in picks if problem.shifts[routes[number].shift].rep == rep.id]
        if rep.max_visits is not None:
            model.add(sum(len(routes[number].visits) * picks[number] for number in own) <= rep.max_visits)
        if rep.max_prize is not None:
            prizes = {n: math.ceil(SCALE * sum(problem.visits[v].prize for v in routes[n].visits)) for n in own}
            model.add(sum(prizes[number] * picks[number] for number in own) <= math.floor(SCALE * rep.max_prize) + 1)


def _solved(
    problem: Problem,
    routes: Sequence[PoolRoute],
    model: Any,
    picks: dict[int, Any],
    hinted: set[int],
    steps: float,
    seed: int,
) -> Selection:
    from ortools.sat.python import cp_model

    values = {number: routes[number].value for number in picks}
    # Whole numbers as fine as the sums allow.
    most = sum(abs(value) for value in values.values()) or 1.0
    scale = min(float(SCALE), MOST_VALUE / most)
    ranks = {number: _ranks(problem, routes[number]) for number in picks}
    for number, pick in picks.items():
        model.add_hint(pick, number in hinted)
    is_best, chosen = True, hinted & picks.keys()
    goals: list[dict[int, int]] = [{n: r[0] for n, r in ranks.items()}, {n: r[1] for n, r in ranks.items()}]
    goals = [goal for goal in goals if any(goal.values())] + [{n: round(scale * value) for n, value in values.items()}]
    for goal in goals:
        model.maximize(sum(count * picks[number] for number, count in goal.items() if count))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = steps / len(goals)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            is_best = False
            break
        is_best &= status == cp_model.OPTIMAL
        found = {number for number, pick in picks.items() if solver.boolean_value(pick)}
        if sum(goal[n] for n in found) > sum(goal[n] for n in chosen):
            chosen = found
        model.add(sum(count * picks[n] for n, count in goal.items() if count) >= sum(goal[n] for n in chosen))
        model.clear_hints()
        for number, pick in picks.items():
            model.add_hint(pick, number in chosen)
    served = tuple(sum(ranks[number][rank] for number in chosen) for rank in (0, 1))
    return Selection(tuple(sorted(chosen)), (served[0], served[1]), sum(values[n] for n in chosen), is_best)


def _worth(problem: Problem, route: PoolRoute) -> float:
    """Return what a route counts in the first step: one that serves who must be served before any other."""
    return route.value + MUST * sum(_ranks(problem, route))


def _ranks(problem: Problem, route: PoolRoute) -> tuple[int, int]:
    locked = {name for lock in problem.locked for name in lock.stops}
    ranks = [0 if problem.visits[v].id in locked else problem.visits[v].rank for v in route.visits]
    return sum(rank == 0 for rank in ranks), sum(rank == 1 for rank in ranks if rank < OPTIONAL)
