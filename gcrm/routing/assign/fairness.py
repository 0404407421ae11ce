"""How evenly work lies on the reps, and what it costs to even it out: measures, caps on hours, and the search for levels."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gcrm.core.errors import Invalid
from gcrm.routing.problem import FIXED, MUST, Problem, Rep
from gcrm.routing.solution import Solution

LEVELS = (0.2, 0.1, 0.05)
"""How far apart the shares may lie, of the mean."""
MOST_TRIES = 3
"""Solves for one level."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one rep does of the hours that are there."""

    rep: str
    available_seconds: int
    work_seconds: int
    travel_seconds: int
    visits: int
    prize: float

    @property
    def load(self) -> float:
        """Work over the hours available."""
        return self.work_seconds / self.available_seconds if self.available_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of all reps. Spreads are (largest - smallest) / mean of work, or prize, over available hours."""

    reps: tuple[Share, ...]
    spread: float
    prize_spread: float
    gini: float
    """Of work over available hours, each rep weighted by them: 0 where all are alike."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The best plan known that keeps a level; `level` is None without a bound.

    `problem` is the one that the plan was solved and is checked as: with lower `max_work_seconds`. Where the level was not
    reached, it is the plan that came nearest.
    """

    level: float | None
    problem: Problem
    solution: Solution
    shares: Shares
    is_reached: bool
    solves: int = 0


Solve = Callable[[Problem], tuple[Problem, Solution]]
"""Solves a problem and returns it as it was solved, which may be narrower, with the plan."""


def available(problem: Problem) -> dict[str, int]:
    """Return each rep's seconds: those of the shifts, or what the own bound allows where that is less."""
    seconds: dict[str, int] = {}
    for shift in problem.shifts:
        if shift.rep is not None:
            length = shift.end - shift.start
            own = length if shift.max_work_seconds is None else min(length, shift.max_work_seconds)
            seconds[shift.rep] = seconds.get(shift.rep, 0) + own
    for rep in problem.reps:
        if rep.id in seconds and rep.max_work_seconds is not None:
            seconds[rep.id] = min(seconds[rep.id], rep.max_work_seconds)
    return seconds


def shares(problem: Problem, solution: Solution, hours: dict[str, int] | None = None) -> Shares:
    """Measure a plan; `hours` are those of the problem without caps, where it has some."""
    hours = available(problem) if hours is None else hours
    rep_of = {shift.id: shift.rep for shift in problem.shifts}
    prizes = {visit.id: visit.prize for visit in problem.visits}
    found = []
    for rep, seconds in hours.items():
        routes = [route for route in solution.routes if rep_of[route.shift] == rep]
        found.append(
            Share(
                rep, seconds, sum(route.return_at - route.leave for route in routes),
                sum(route.travel_seconds for route in routes), sum(len(route.stops) for route in routes),
                sum(prizes[stop.visit] for route in routes for stop in route.stops),
            )
        )  # fmt: skip
    work = [(share.available_seconds, float(share.work_seconds)) for share in found]
    return Shares(
        tuple(found), spread(work), spread([(share.available_seconds, share.prize) for share in found]), gini(work)
    )


def spread(amounts: Sequence[tuple[int, float]]) -> float:
    """Return (largest - smallest) / mean of amounts over their weights, given as (weight, amount)."""
    weighted = [(weight, amount) for weight, amount in amounts if weight > 0]
    total = sum(amount for _, amount in weighted)
    if not weighted or total <= 0:
        return 0.0
    rates = [amount / weight for weight, amount in weighted]
    return (max(rates) - min(rates)) * sum(weight for weight, _ in weighted) / total


def gini(amounts: Sequence[tuple[int, float]]) -> float:
    """Return Gini's index of amounts over their weights: half the mean difference of any two, over the mean."""
    weighted = [(weight, amount / weight) for weight, amount in amounts if weight > 0]
    whole = sum(weight for weight, _ in weighted)
    total = sum(weight * rate for weight, rate in weighted)
    if total <= 0:
        return 0.0
    apart = sum(a * b * abs(x - y) for a, x in weighted for b, y in weighted)
    return apart / (2 * whole * total)


def capped(problem: Problem, hours: dict[str, int], load: float) -> Problem:
    """Return the problem in which no rep works more than a share `load` of the available hours."""
    known = {rep.id: rep for rep in problem.reps}
    reps = []
    for rep, seconds in hours.items():
        own = known.pop(rep, None) or Rep(rep)
        cap = max(0, math.floor(load * seconds))
        reps.append(
            replace(own, max_work_seconds=cap if own.max_work_seconds is None else min(cap, own.max_work_seconds))
        )
    return replace(problem, reps=(*reps, *known.values()))


def price(
    problem: Problem,
    solve: Solve,
    levels: Sequence[float] = LEVELS,
    suggest: Callable[[Problem, float], Problem] | None = None,
    recombine: Callable[[Problem, Sequence[Solution]], Solution | None] | None = None,
) -> list[Priced]:
    """Solve without a bound, then for each level of spread, and return the best plan for each; the free one first.

    A level is searched by caps on hours, from the mean of the plans before it downwards: what those above the cap must
    leave goes to the others where they may take it. Where the first cap does not reach the level, `suggest(problem,
    level)` may hand in a narrower problem that should, by saying which rep makes which visit. Each attempt is a real
    solve, at most `MOST_TRIES` for a level. A plan found for one level counts for each that it keeps, so that a closer
    level is never cheaper; and `recombine` may make one more of the routes of all, the best plan's first.

    Plans compare by visits of rank 0, then of rank 1, then by the objective: a level that is kept only without an
    appointment or a must-visit that the free plan makes is not reached.
    """
    if any(not 0 < level < 1 for level in levels):
        raise Invalid("A level of fairness lies between 0 and 1.")
    hours = available(problem)
    free = _tried(problem, problem, hours, solve)
    every = [free]
    counts = []
    for level in sorted(levels, reverse=True):
        own = _search(problem, hours, solve, level, every, suggest)
        counts.append((level, len(own)))
        every += own
    if recombine is not None and len(every) > 1:
        order = sorted(every, key=lambda one: _worth(problem, one), reverse=True)
        made = recombine(problem, [one.solution for one in order])
        if made is not None:
            every.append(Priced(None, problem, made, shares(problem, made, hours), True))
    must = _ranks(problem, free.solution)
    return [
        replace(max(every, key=lambda one: _worth(problem, one)), solves=1),
        *(_best(problem, level, every, must, count) for level, count in counts),
    ]


def _tried(problem: Problem, restricted: Problem, hours: dict[str, int], solve: Solve) -> Priced:
    solved, solution = solve(restricted)
    return Priced(None, solved, solution, shares(problem, solution, hours), True)


def _search(
    problem: Problem, hours: dict[str, int], solve: Solve, level: float, known: Sequence[Priced],
    suggest: Callable[[Problem, float], Problem] | None,
) -> list[Priced]:  # fmt: skip
    """Return what was tried for a level; nothing where a known plan keeps it."""
    best = max(known, key=lambda one: _worth(problem, one))
    if best.shares.spread <= level:
        return []
    tried: list[Priced] = []
    nearest = min(known, key=lambda one: one.shares.spread)
    load = (1 + level / 2) * _mean(nearest.shares)
    for attempt in range(MOST_TRIES):
        # Caps keep no one from doing little. Where they did not reach it, somebody decides who makes which visit.
        given = suggest(problem, level) if suggest is not None and attempt == 1 and _has_choice(problem) else problem
        found = _tried(problem, capped(given, hours, load), hours, solve)
        tried.append(found)
        if found.shares.spread <= level:
            break
        least = min(share.load for share in found.shares.reps if share.available_seconds)
        if attempt or not _has_choice(problem) or suggest is None:
            # Whoever does least could not be given more: the others come down to what is above that by the level.
            load = min(load * (1 - level / 4), max(least + 0.9 * level * _mean(found.shares), load / 2))
    return tried


def _has_choice(problem: Problem) -> bool:
    """Say whether any visit may be made by more than one rep."""
    rep_of = {shift.id: shift.rep for shift in problem.shifts}
    everybody = set(rep_of.values())
    # Visits of which one is made at most are one visit, worth more by some than by others.
    either = {group.id for group in problem.groups if group.at_most == 1}
    reps: dict[tuple[bool, str], set[str | None]] = defaultdict(set)
    for visit in problem.visits:
        key = (True, visit.group) if visit.group is not None and visit.group in either else (False, visit.id)
        reps[key] |= everybody if visit.shifts is None else {rep_of[name] for name in visit.shifts}
    return any(len(each) > 1 for each in reps.values())


def _mean(found: Shares) -> float:
    return sum(share.work_seconds for share in found.reps) / max(
        1, sum(share.available_seconds for share in found.reps)
    )


def _best(problem: Problem, level: float, every: Sequence[Priced], must: tuple[int, int], solves: int) -> Priced:
    kept = [one for one in every if one.shares.spread <= level and _ranks(problem, one.solution) >= must]
    if kept:
        return replace(max(kept, key=lambda one: _worth(problem, one)), level=level, is_reached=True, solves=solves)
    whole = [one for one in every if _ranks(problem, one.solution) >= must]
    nearest = min(whole or every, key=lambda one: (one.shares.spread, -one.solution.objective))
    return replace(nearest, level=level, is_reached=False, solves=solves)


def _worth(problem: Problem, one: Priced) -> tuple[int, int, float]:
    return (*_ranks(problem, one.solution), one.solution.objective)


def _ranks(problem: Problem, solution: Solution) -> tuple[int, int]:
    ranks = {visit.id: visit.rank for visit in problem.visits}
    served = [ranks[stop.visit] for route in solution.routes for stop in route.stops]
    return served.count(FIXED), served.count(MUST)


def with_less_to_do(problem: Problem, found: Priced) -> list[str]:
    """Return the reps below the mean of a plan of whose visits none is left out for want of time."""
    mean = _mean(found.shares)
    no_time = {left.visit for left in found.solution.unserved if left.reason == "no_time"}
    rep_of = {shift.id: shift.rep for shift in problem.shifts}
    less = []
    for share in found.shares.reps:
        waiting = [v for v in problem.visits if v.id in no_time]
        may = [v for v in waiting if v.shifts is None or any(rep_of[name] == share.rep for name in v.shifts)]
        if share.load < mean and not may:
            less.append(share.rep)
    return less
