"""Every plan of a tiny problem, judged by the checker alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.check import check
from gcrm.routing.model import Model, model_of
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution
from gcrm.routing.track import Tracks

Rank = tuple[int, int, float]


def best(problem: Problem) -> Rank:
    """Return the best (rank 0 served, rank 1 served, objective) over all orders, shifts and ends."""
    model = model_of(problem)
    tracks = Tracks(model)
    ends = [range(len(each.places)) for each in model.ends]
    found = (-1, -1, 0.0)
    for stops in plans(model):
        for choice in product(*ends):
            plan = plan_of(tracks, stops, choice, {})
            solution = plan and solution_of(plan, 0, 0, 0, "")
            if solution and not check(problem, solution):
                found = max(found, rank(problem, solution))
    return found


def plans(model: Model) -> Iterator[list[tuple[int, ...]]]:
    """Yield every way to give ordered visits to shifts."""
    shifts = range(-1, len(model.ends))
    for where in product(shifts, repeat=len(model.place)):
        own = [[v for v, s in enumerate(where) if s == t] for t in range(len(model.ends))]
        yield from (list(orders) for orders in product(*(permutations(each) for each in own)))


def rank(problem: Problem, solution: Solution) -> Rank:
    """Return what plans are compared by."""
    locked = {name for lock in problem.locked for name in lock.stops}
    served = {stop.visit for route in solution.routes for stop in route.stops}
    ranks = [0 if v.id in locked else v.rank for v in problem.visits if v.id in served]
    return ranks.count(0), ranks.count(1), solution.objective
