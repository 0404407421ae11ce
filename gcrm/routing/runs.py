"""One solve for the days of one or more reps, checked, and its figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gcrm.routing import apart, check, fair_shares, services, stays
from gcrm.routing.apart import GoOn
from gcrm.routing.fair_shares import Chosen
from gcrm.routing.problem import Problem
from gcrm.routing.run_queries import Gathered
from gcrm.routing.solution import Solution
from gcrm.routing.week import Built


def solve(gathered: Gathered, seconds: float, seed: int, go_on: GoOn) -> Chosen:
    """Solve in a process of its own and check; no transaction is open meanwhile."""
    full = services.with_travel(gathered.built.problem)
    if not gathered.wanted.is_priced:
        return Chosen(
            *_solved(gathered.built, full, seconds, lambda problem, most: apart.solve(problem, most, seed, go_on)), None
        )
    with apart.planner(_steady(go_on)) as planner:
        each = seconds / fair_shares.SOLVES
        return fair_shares.choose(
            full, gathered.wanted,
            lambda given: _solved(gathered.built, given, each, lambda problem, most: planner.solve(problem, most, seed)),
            planner.balanced,
            planner.recombined,
        )  # fmt: skip


def _solved(
    built: Built, problem: Problem, seconds: float, search: Callable[[Problem, float], Solution]
) -> tuple[Problem, Solution]:
    """Search and check, again where a night away does not pay."""
    narrow, solution = stays.worthwhile(built, problem, lambda given, share: search(given, share * seconds))
    check.must_hold(narrow, solution)
    return narrow, solution


def _steady(go_on: GoOn) -> GoOn:
    """Go on telling the best value of one solve while the next has none yet."""
    best: float | None = None

    def told(steps: int, value: float | None) -> bool:
        nonlocal best
        best = value if best is None else best if value is None else max(best, value)
        return go_on(steps, best)

    return told


def figures(problem: Problem, solution: Solution) -> dict[str, Any]:
    """What a page and a program are told of a solution, by rep too."""
    shifts = {shift.id: shift for shift in problem.shifts}
    reps: dict[str, dict[str, Any]] = {}
    prizes = {visit.id: visit.prize for visit in problem.visits}
    for shift in problem.shifts:
        reps.setdefault(shift.rep or "", {"visits": 0, "travel_seconds": 0, "prize": 0.0, "work_seconds": 0})
    for route in solution.routes:
        own = reps[shifts[route.shift].rep or ""]
        own["visits"] += len(route.stops)
        own["travel_seconds"] += route.travel_seconds
        own["work_seconds"] += route.return_at - route.leave
        own["prize"] = round(own["prize"] + sum(prizes[stop.visit] for stop in route.stops), 3)
    return {
        "visits": sum(len(route.stops) for route in solution.routes), "candidates": len(problem.visits),
        "shifts": len(problem.shifts), "travel_seconds": solution.travel_seconds, "travel_metres": solution.travel_metres,
        "prize": solution.prize, "objective": solution.objective, "bound": solution.bound, "status": solution.status,
        "engine": solution.engine, "solve_seconds": solution.solve_seconds, "reps": reps,
    }  # fmt: skip
