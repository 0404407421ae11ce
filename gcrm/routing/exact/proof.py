"""Prove a plan of one shift best, find a better route, or bound what any route could reach."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from gcrm.routing.exact.day import NEVER, Day, day_of
from gcrm.routing.problem import OPTIONAL, Place, Problem, Shift, Travel, Visit
from gcrm.routing.solution import FEASIBLE, Solution

if TYPE_CHECKING:
    # These compile by numba, which is loaded only when something is proved.
    from gcrm.routing.exact.narrowing import Narrowing

# Above this share two values differ; the labels look for routes better by more.
SAME = 1e-7
MOST_LABELS = 3_000_000
STEPS_OF_A_DAY = 960


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proved of a plan.

    `bound` holds for the objective of every plan that serves as many fixed and must-visits, None where none is known;
    `better` is the whole order of a better route, if one was found: the plan is not the best then, and where `is_optimal` is
    said with it, that route is.
    """

    bound: float | None
    is_optimal: bool
    better: tuple[str, ...] | None
    seconds: float
    how: str


def prove(
    problem: Problem,
    incumbent: Solution,
    seconds: float = 5.0,
    steps: int | None = None,
    tell: Callable[[float, float], None] | None = None,
) -> Proof:
    """Bound the objective of every plan of a problem of one shift, and prove the best one where the limits allow.

    Relaxed are waiting costs in the bound, further breaks, work time and rep limits and groups of several; where such a rule
    stands a better route is not handed out, as it may break the rule.

    Parameters
    ----------
    incumbent : the plan to be proved or beaten; the better it is, the faster the proof
    seconds : wall seconds
    steps : work limit instead of the time: passes of the bound and slices of labels
    tell : called with (value, bound) after each part of the work
    """
    began = time.perf_counter()
    clock = _Clock(began, seconds, steps)
    if len(problem.shifts) != 1:
        return Proof(incumbent.bound, False, None, clock.spent(), "several shifts: knapsack")
    if problem.travel is None:
        from gcrm.routing.travel import filled

        problem = filled(problem)
    return _Attempt(problem, incumbent, clock, tell or (lambda value, bound: None)).proof()


def warm() -> None:
    """Compile all that a proof calls, for the set-up: otherwise the first proof spends its time on that."""
    ways = tuple(tuple(60 * abs(a - b) for b in range(4)) for a in range(4))
    visits = tuple(Visit(str(v), v, 600, prize=10.0) for v in range(1, 4))
    shift = Shift("s", 0, 3600, from_place=0, to_place=0)
    problem = Problem((shift,), visits, (Place(),) * 4, Travel(ways))
    prove(problem, Solution(FEASIBLE, 0.0, 0.0, 0, None, (), ()), steps=1000)
    from gcrm.routing.exact.relaxation import Relaxation
    from gcrm.routing.exact.search import Labels

    day = day_of(problem, (), is_whole=True)
    assert day is not None
    relaxed = Relaxation(day, 60)
    free = np.zeros(relaxed.keys)
    relaxed.evaluate(free)
    found = Labels(relaxed, free, 0.0, SAME, MOST_LABELS)
    found.begin()
    found.reprice(1)
    found.open_bound()


class _Clock:
    """The limits: wall seconds, or steps alone where they are given."""

    def __init__(self, began: float, seconds: float, steps: int | None) -> None:
        self.began, self.seconds, self.steps, self.used = began, seconds, steps, 0

    def spent(self) -> float:
        return time.perf_counter() - self.began

    def share(self, part: float) -> Callable[[], bool]:
        """Return the question whether more work may be done, within a part of the limits; each asking is a step."""

        def go_on() -> bool:
            self.used += 1
            if self.steps is not None:
                return self.used <= part * self.steps
            return self.spent() < part * self.seconds

        return go_on


class _Attempt:
    def __init__(
        self, problem: Problem, incumbent: Solution, clock: _Clock, tell: Callable[[float, float], None]
    ) -> None:
        self.problem, self.clock, self.tell = problem, clock, tell
        served = [stop.visit for route in incumbent.routes for stop in route.stops]
        locked = [name for lock in problem.locked for name in lock.stops]
        musts = {v.id for v in problem.visits if v.rank < OPTIONAL} | set(locked)
        # A plan that misses some is bounded with every visit optional: whichever others it could serve instead.
        self.is_whole = musts <= set(served) and served[: len(locked)] == locked
        self.prefix = tuple(locked) if self.is_whole else ()
        self.value = self.base = incumbent.objective
        self.bare = -math.inf
        self.slack = SAME * max(1.0, abs(self.value))

    def proof(self) -> Proof:
        """Try, and say what came of it."""
        day = day_of(self.problem, self.prefix, self.is_whole)
        if day is None:
            return self._said(None, "the locked stops cannot be kept")
        # The plan that makes no further visit is one to be beaten too.
        self.bare, self.base = day.bare, max(self.value, day.bare)
        if not day.ids:
            return self._proved("nothing to serve") if self.is_whole else self._said(0.0, "nothing to serve")
        step = step_of(day)
        if step == 0:
            return self._said(None, "visits that take no time cannot be put in order")
        from gcrm.routing.exact.narrowing import Narrowing

        aim = self.base if self.is_whole else -math.inf
        narrowed = Narrowing(day, step, aim, self.slack, self.clock.share, self.tell)
        bound = self._rounded(day, narrowed.run())
        if not self.is_whole:
            return self._said(max(bound, self.base), "walks, every visit optional")
        if bound <= self.base + self.slack or not narrowed.day.ids:
            return self._proved("walks")
        return self._labelled(narrowed, bound)

    def _labelled(self, narrowed: Narrowing, bound: float) -> Proof:
        from gcrm.routing.exact.search import Labels

        found = Labels(narrowed.relaxed, narrowed.multipliers, self.base, self.slack, MOST_LABELS)
        is_done = found.run(self.clock.share(1.0))
        day = narrowed.day
        route = None if day.relaxed else found.route
        if not is_done:
            bound = max(self.base, min(bound, self._rounded(day, found.open_bound())))
            return self._said(bound, f"labels stopped at {found.made}", route)
        if found.route is None:
            return self._proved("labels")
        self.tell(found.value, found.value)
        return Proof(found.value, route is not None, route, self.clock.spent(), "labels")

    def _proved(self, how: str) -> Proof:
        """Say that nothing is better than the plan, or than one without a further visit."""
        self.tell(self.base, self.base)
        better = self.prefix if self.bare > self.value + self.slack else None
        return Proof(self.base, True, better, self.clock.spent(), how)

    def _said(self, bound: float | None, how: str, better: tuple[str, ...] | None = None) -> Proof:
        if bound is not None:
            self.tell(self.value, bound)
        return Proof(bound, False, better, self.clock.spent(), how)

    def _rounded(self, day: Day, bound: float) -> float:
        """Lower a bound to the next sum of prizes that it allows, where all costs together weigh less than a prize."""
        grain = grain_of([v.prize for v in self.problem.visits])
        costs = day.price * day.end + day.waiting_price * day.end + abs(self.problem.cost_per_shift)
        costs += float(np.abs(day.last_costs).max(initial=0.0))
        if grain == 0.0 or costs >= grain:
            return bound
        return max(self.base, min(bound, math.floor((bound + costs) / grain + 1e-9) * grain))


def step_of(day: Day) -> int:
    """Return the seconds of a time step: as coarse as loses nothing, else fine enough; 0 where a leg takes no time."""
    legs = day.duration[:, None] + day.ways
    legs = legs[(day.ways < NEVER) & ~np.eye(len(day.ids), dtype=bool)]
    shortest = int(legs.min()) if len(legs) else day.end
    wanted = max(1, day.end // STEPS_OF_A_DAY)
    common = common_step(day)
    return min(common if common >= wanted else wanted, max(shortest, 0))


def common_step(day: Day) -> int:
    """Return the largest step of which every time of the day is a multiple."""
    moments = [np.array([day.end, *(t for w in day.windows for pair in w for t in pair), *(day.rest or ())])]
    moments += [np.array([s.early for s in day.starts]), day.duration]
    moments += [ways[ways < NEVER].ravel() for ways in (day.ways, day.first_ways, day.last_ways)]
    return int(np.gcd.reduce(np.concatenate(moments)))


def grain_of(prizes: list[float]) -> float:
    """Return the number of which all prizes are multiples, 0 where there is none of at most three decimals."""
    whole = [round(prize * 1000) for prize in prizes]
    if any(abs(prize * 1000 - w) > 1e-6 for prize, w in zip(prizes, whole, strict=True)):
        return 0.0
    return reduce(math.gcd, whole, 0) / 1000
