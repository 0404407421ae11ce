"""OR-Tools' routing alone: parallel cheapest insertion, then guided local search, on the product's own model of the problem."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gcrm.routing.model import model_of
from gcrm.routing.ortools_model import RoutingProblem
from gcrm.routing.problem import Problem
from tests.benchmarks.engines.run import Run, judged, megabytes

NAME = "OR-Tools"
# Its own clock counts wall seconds; on a busy machine they are more than the CPU's.
WALL = 6


def answer(problem: Problem, seconds: float, seed: int, point: float | None = None) -> Run | None:
    """Solve for so many CPU seconds; it knows no chance, so the seed is not used.

    The search loses its bearings where a point outweighs all travel. With a weight of a few legs it collected most on the sets
    of the routing study: ten minutes a point on days, three units of distance in team orienteering.
    """
    began = time.process_time()
    if any(group.day_patterns is not None for group in problem.groups):
        return None
    weighed = problem if point is None else replace(problem, cost_per_travel_second=1 / point)
    routing = RoutingProblem(model_of(weighed), None)
    _stop(routing, lambda: time.process_time() - began > seconds)
    routing.solve(routing.parameters(WALL * seconds, 2**31 - 1, guided=True), None)
    spent, most_memory = time.process_time() - began, megabytes()
    best = routing.best
    routing.release()
    if best is None:
        return None
    solution = judged(NAME, problem, model_of(problem), best, [0] * len(problem.shifts), {})
    return Run(NAME, solution, spent, megabytes=most_memory)


def _stop(routing: Any, over: Callable[[], bool]) -> None:
    """Have the search asked now and then whether its time is over."""
    routing.model.AddSearchMonitor(routing.solver.CustomLimit(over))
