"""The solver: a search for the plan, OR-Tools as its judge and second mind, and the better of both goes out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from gcrm.core.errors import GcrmError
from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.check import check
from gcrm.routing.locked import locked_plan
from gcrm.routing.model import Model, model_of
from gcrm.routing.plan import Found, Plan
from gcrm.routing.problem import Place, Problem, Shift, Visit
from gcrm.routing.solution import FEASIBLE, OPTIMAL, Solution
from gcrm.routing.track import Tracks
from gcrm.routing.travel import TravelTimes, filled

DEFAULT_SECONDS = 2.0
# One step of the search counts this many steps, one solution of OR-Tools counts one: so one number says both.
SEARCH_STEP = 100
LEAST_PROOF_SECONDS = 0.1


def solve(
    problem: Problem,
    time_limit: float | None = None,
    steps: int | None = None,
    seed: int = 1,
    tell: Callable[[int, float], None] | None = None,
    travel_times: TravelTimes | None = None,
) -> Solution:
    """Return the best plan found.

    Parameters
    ----------
    problem : its travel is filled in by `travel_times`, by default the straight line, where it was left out
    time_limit : wall seconds for the whole answer; 2 where neither limit is given
    steps : work limit; the same problem, seed and steps give the same plan. A run by time is replayed by its `steps`
    seed : of every random choice
    tell : called with (steps, value) whenever the search finds a better plan
    """
    load()
    began = time.perf_counter()
    if time_limit is None and steps is None:
        time_limit = DEFAULT_SECONDS
    run = _Run(filled(problem, travel_times), began, time_limit, steps, seed)
    return run.answer(tell)


class _Run:
    def __init__(self, problem: Problem, began: float, time_limit: float | None, steps: int | None, seed: int) -> None:
        self.problem, self.began, self.steps, self.seed = problem, began, steps, seed
        self.time_limit = time_limit
        self.most_walked, self.most_solutions = work(steps)
        self.model: Model = model_of(problem)
        self.tracks_of = Tracks(self.model)
        self.locked = locked_plan(self.tracks_of)
        # Writing the answer takes a while on large problems, and OR-Tools gets an eighth of the rest.
        size = len(problem.visits)
        writing = 0.01 + 1e-4 * size + 8e-6 * size * len(problem.shifts)
        # One shift is searched through soon; the time is better spent on the proof of its plan.
        share = 0.5 if len(problem.shifts) == 1 else 0.85
        self.search_seconds = None if time_limit is None else max(0.0, time_limit * share - writing)
        self.all_seconds = None if time_limit is None else time_limit * 0.97 - writing

    def answer(self, tell: Callable[[int, float], None] | None) -> Solution:
        """Search, let OR-Tools judge and improve, write the better plan."""
        found = self.searched(tell)
        plan = plan_of(self.tracks_of, found.stops, found.ends, found.narrow)
        if plan is None:
            raise GcrmError("The search handed back a plan that breaks its own rules.")
        best = self.judged(plan, found.steps)
        if best is None:
            # One solution of OR-Tools is the plan it was given, so a replay of these steps stops there.
            best = self.written(plan, found.steps * SEARCH_STEP + (self.steps != 0), "gcrm-search")
        return replace(self.proved(best), solve_seconds=round(time.perf_counter() - self.began, 3))

    def proved(self, solution: Solution) -> Solution:
        """Return the solution with a closer bound, where the time that is left allows it.

        The routes stay as they are, so that the steps still replay them.
        """
        if self.time_limit is None or len(self.problem.shifts) != 1 or solution.status != FEASIBLE:
            return solution
        seconds = self.time_limit * 0.95 - (time.perf_counter() - self.began)
        if seconds < LEAST_PROOF_SECONDS:
            return solution
        from gcrm.routing.exact.proof import prove

        proof = prove(self.problem, solution, seconds)
        bound = solution.bound if proof.bound is None else min(proof.bound, solution.bound or proof.bound)
        is_best = proof.is_optimal and proof.better is None
        return replace(
            solution, bound=solution.objective if is_best else bound, status=OPTIMAL if is_best else FEASIBLE
        )

    def searched(self, tell: Callable[[int, float], None] | None) -> Found:
        """Search by the compiled kernel."""
        from gcrm.routing.kernel.search import search

        return search(self.model, self.locked, self.most_walked, self.go_on, self.seed, tell)

    def go_on(self, walked: int) -> bool:
        """Say whether the search may take another step."""
        if walked >= self.most_walked:
            return False
        return self.search_seconds is None or time.perf_counter() - self.began < self.search_seconds

    def judged(self, plan: Plan, walked: int) -> Solution | None:
        """Return OR-Tools' plan where it found a better one that holds."""
        seconds = None if self.all_seconds is None else self.all_seconds - (time.perf_counter() - self.began)
        if self.most_solutions < 2 or not self.model.place or not self.model.ends:
            return None
        if seconds is not None and seconds < self.building_seconds():
            return None
        from gcrm.routing.ortools_model import improve_plan

        proposal = improve_plan(plan, seconds, self.most_solutions)
        if proposal is None or not proposal.accepted:
            return None
        ends = [track.end for track in plan.tracks]
        other = plan_of(self.tracks_of, proposal.stops, ends, plan.narrow)
        if other is None or other.value <= plan.value:
            return None
        solution = self.written(self.topped_up(other), walked * SEARCH_STEP + proposal.solutions, "ortools")
        return None if check(self.problem, solution) else solution

    def topped_up(self, plan: Plan) -> Plan:
        """Return the plan with whatever unserved visit still fits and pays."""
        from gcrm.routing.kernel.search import search

        found = search(self.model, self.locked, 0, self.go_on, self.seed, start=plan)
        fuller = plan_of(self.tracks_of, found.stops, found.ends, found.narrow)
        return plan if fuller is None or fuller.value <= plan.value else fuller

    def building_seconds(self) -> float:
        """Estimate how long OR-Tools takes to build its model."""
        nodes = len(self.model.place) + 2 * len(self.model.ends)
        return 0.05 + 5e-7 * nodes * nodes

    def written(self, plan: Plan, steps: int, winner: str) -> Solution:
        """Write a plan as a solution."""
        engine = f"{engine_name()} ({winner})"
        solution = solution_of(plan, 0.0, steps, self.seed, engine)
        if solution is None:
            raise GcrmError("A route of the plan has no timetable.")
        return solution


def work(steps: int | None) -> tuple[int, int]:
    """Return how many steps of the search and how many solutions of OR-Tools a number of steps allows.

    The last two digits are OR-Tools'; a round number gives its last hundred to OR-Tools, so that both have their say.
    """
    if steps is None:
        return sys.maxsize, SEARCH_STEP - 1
    walked, solutions = divmod(steps, SEARCH_STEP)
    return (walked, solutions) if solutions or not walked else (walked - 1, SEARCH_STEP - 1)


def engine_name() -> str:
    """Return the names and versions of the engines."""
    return " + ".join(f"{package} {_version(package)}" for package in ("gcrm", "ortools"))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "0"


@cache
def load() -> None:
    """Load OR-Tools and what is compiled before the clock matters, once in each process."""
    import ortools.constraint_solver.pywrapcp  # noqa: F401

    from gcrm.routing.kernel.search import search

    places = (Place(lat=0.0, lon=0.0), Place(lat=0.0, lon=0.1))
    shift = Shift(id="s", start=0, end=9000, from_place=0, to_place=0)
    model = model_of(filled(Problem((shift,), (Visit("v", 1, 60, prize=1.0),), places)))
    search(model, locked_plan(Tracks(model)), 2, lambda _: True, 1)
