"""What one engine made of one problem, judged by the independent checker."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.check import check
from gcrm.routing.model import Model
from gcrm.routing.plan import Narrow, Stops
from gcrm.routing.problem import OPTIONAL, Problem
from gcrm.routing.solution import Solution
from gcrm.routing.track import Tracks


@dataclass(frozen=True, slots=True)
class Run:
    """An answer; `first` is when the first plan with every required visit was there, in CPU seconds, `last` the best one."""

    engine: str
    solution: Solution
    seconds: float
    steps: int = 0
    first: float | None = None
    last: float | None = None
    megabytes: float = 0.0
    """The most memory of the whole process until the answer was there."""

    @property
    def is_whole(self) -> bool:
        """Say whether every visit that must be made is made."""
        return self.solution.status != "infeasible"

    @property
    def prize(self) -> float:
        """Return the collected prize."""
        return self.solution.prize

    @property
    def travel(self) -> int:
        """Return the seconds on the way."""
        return self.solution.travel_seconds


class Engine(Protocol):
    """A solver: None where it cannot express the problem or found no plan."""

    def __call__(self, problem: Problem, seconds: float, seed: int, point: float | None = None) -> Run | None:
        """Answer within so many CPU seconds, the model's building counted and imports not.

        `point` is how many seconds of travel a point of prize is worth to an engine that does better with less than all.
        """
        ...


def megabytes() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class WrongAnswer(Exception):
    """An engine gave a plan that breaks a rule; the figures of such a run would mean nothing."""


def judged(
    engine: str, problem: Problem, model: Model, stops: Sequence[Stops], ends: Sequence[int], narrow: Narrow
) -> Solution:
    """Write the stops of each shift as a solution, times and figures computed anew, and have it checked."""
    plan = plan_of(Tracks(model), stops, ends, narrow)
    solution = None if plan is None else solution_of(plan, 0.0, 0, 0, engine)
    if solution is None:
        raise WrongAnswer(f"{engine} gave routes that cannot be driven")
    faults = check(problem, solution)
    if faults:
        raise WrongAnswer(f"{engine}: {'; '.join(faults[:3])}")
    figures = recomputed(problem, solution)
    if figures != (solution.prize, solution.travel_seconds):
        raise WrongAnswer(f"{engine}: the prize and travel are {figures}")
    return solution


def recomputed(problem: Problem, solution: Solution) -> tuple[float, int]:
    """Return prize and travel from the visits on the routes alone."""
    assert problem.travel is not None
    visits = {visit.id: visit for visit in problem.visits}
    shifts = {shift.id: shift for shift in problem.shifts}
    prize, travel = 0.0, 0
    for route in solution.routes:
        shift = shifts[route.shift]
        made = [visits[stop.visit] for stop in route.stops]
        ends = [shift.from_place] if isinstance(shift.from_place, int) else []
        path = [*ends, *(visit.place for visit in made)] + ([] if route.end_place is None else [route.end_place])
        prize += sum(visit.prize for visit in made)
        travel += sum(problem.travel.seconds[a][b] or 0 for a, b in pairwise(path))
    return prize, travel


def is_required(problem: Problem) -> bool:
    """Say whether every visit must be made."""
    return all(visit.rank < OPTIONAL for visit in problem.visits)
