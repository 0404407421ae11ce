"""What one visit costs a plan: the plan with it against the plan without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gcrm.routing.problem import MUST, Locked, Problem
from gcrm.routing.solution import Solution

Solve = Callable[[Problem], Solution]


@dataclass(frozen=True)
class Price:
    """The plan with a visit against the plan without it; positive is more with it."""

    is_possible: bool
    """Whether any plan can hold the visit."""
    detail: str
    """Where none can: which rule is in the way."""
    travel_seconds: int
    end_seconds: int
    """How much later the day ends."""
    pushed_out: tuple[str, ...]
    """Visits that only the plan without it makes."""
    taken_in: tuple[str, ...]
    """Visits that only the plan with it makes, this one left aside."""
    prize: float
    """What the other visits are worth less."""


def of_left_out(problem: Problem, solution: Solution, key: str, solve: Solve) -> Price:
    """Return what it would cost to make a visit that was left out: the day is solved again with it as a must.

    If several shifts may serve it the cheapest does. Heuristic, as the solver is.
    """
    visits = tuple(replace(v, rank=min(v.rank, MUST)) if v.id == key else v for v in problem.visits)
    return _between(solve(replace(problem, visits=visits)), solution, problem, key)


def of_planned(problem: Problem, solution: Solution, key: str, solve: Solve) -> Price:
    """Return what a visit of the plan costs, as an appointment: the day is solved again without it."""
    kept = tuple(v for v in problem.visits if v.id != key)
    locked = tuple(Locked(lock.shift, tuple(stop for stop in lock.stops if stop != key)) for lock in problem.locked)
    return _between(solution, solve(replace(problem, visits=kept, locked=locked)), problem, key)


def _between(having: Solution, without: Solution, problem: Problem, key: str) -> Price:
    served, others = set(_served(having)), set(_served(without))
    prizes = {visit.id: visit.prize for visit in problem.visits}
    detail = next((left.detail for left in having.unserved if left.visit == key), "")
    out, into = sorted(others - served - {key}), sorted(served - others - {key})
    return Price(
        key in served, detail, having.travel_seconds - without.travel_seconds, _end(having) - _end(without),
        tuple(out), tuple(into), sum(prizes[k] for k in out) - sum(prizes[k] for k in into),
    )  # fmt: skip


def _served(solution: Solution) -> Sequence[str]:
    return [stop.visit for route in solution.routes for stop in route.stops]


def _end(solution: Solution) -> int:
    return sum(route.return_at for route in solution.routes)
