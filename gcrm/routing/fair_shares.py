"""Fair shares of a team's plan: who may make whose visits, how even the hours shall be, and what each level costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.routing.assign import fairness
from gcrm.routing.assign.fairness import LEVELS, Priced
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution
from gcrm.routing.week import Wish

OWN, TEAM = "own", "team"
LEFT, PRICED = "", "any"
"""Shares nobody looks at, and shares as they fall with the price of closer ones."""
SHARES = (LEFT, PRICED, *(f"{level:.0%}".rstrip("%") for level in LEVELS))
SOLVES = 8
"""Into so many the time of a run is divided: one free plan, and two or three for each level."""
LONGER = 3
"""How much longer than one solve a run with prices may take."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for: visits by each account's own rep or any of the team, and how far apart the hours may lie."""

    visits_by: str = OWN
    shares: str = LEFT

    @property
    def is_shared(self) -> bool:
        return self.visits_by == TEAM

    @property
    def is_priced(self) -> bool:
        return self.shares != LEFT

    @property
    def level(self) -> float | None:
        return int(self.shares) / 100 if self.shares.isdecimal() else None

    def as_options(self) -> dict[str, str]:
        """The part of a run's options that says it; nothing where all is as usual."""
        return {
            key: value
            for key, value in (("visits_by", self.visits_by), ("shares", self.shares))
            if value not in (OWN, LEFT)
        }


AS_USUAL = Wanted()


def read(given: Mapping[str, Any]) -> Wanted:
    """Read the choices from a form or a run's options; raise `Invalid` for a word that is none of them."""
    wanted = Wanted(str(given.get("visits_by") or OWN), str(given.get("shares") or LEFT))
    if wanted.visits_by not in (OWN, TEAM) or wanted.shares not in SHARES:
        raise Invalid("Choose who makes the visits and how even the shares are from the lists.")
    return wanted


def shared(
    wishes: Iterable[Wish], team_of: Mapping[str, int | None], days_of: Mapping[str, Sequence[dt.date]]
) -> list[Wish]:
    """Let colleagues of the same team make what nobody is bound to: no appointment, no task, nothing promised or kept.

    A colleague comes from the first day on which the visit is worth something; once due it stays due.
    """
    return [_offered(wish, team_of, days_of) for wish in wishes]


def _offered(wish: Wish, team_of: Mapping[str, int | None], days_of: Mapping[str, Sequence[dt.date]]) -> Wish:
    candidate, team = wish.candidate, team_of.get(wish.rep)
    if team is None or candidate.is_must or candidate.is_locked or candidate.starts_at is not None or wish.prizes:
        return wish
    others = tuple(rep for rep, other in team_of.items() if other == team and rep != wish.rep)
    days = {day for rep in others for day in days_of[rep] if day >= wish.days[0]}
    return replace(wish, others=others, days=tuple(sorted({*wish.days, *days}))) if others else wish


@dataclass(frozen=True)
class Chosen:
    """The plan that goes out, the problem it is checked as, and all levels with their prices, None where nobody asked."""

    problem: Problem
    solution: Solution
    figures: dict[str, Any] | None


def choose(
    problem: Problem, wanted: Wanted, solve: fairness.Solve, suggest: Callable[[Problem, float], Problem] | None = None,
    recombine: Callable[[Problem, Sequence[Solution]], Solution | None] | None = None,
) -> Chosen:  # fmt: skip
    """Price every level, and choose the plan of the one that was asked for."""
    priced = fairness.price(problem, solve, LEVELS, suggest, recombine)
    chosen = next(one for one in priced if one.level == wanted.level)
    free = priced[0]
    return Chosen(
        chosen.problem, chosen.solution,
        {
            "level": wanted.level, "is_shared": wanted.is_shared, "levels": [_row(one, free) for one in priced],
            "less_to_do": [] if wanted.is_shared else fairness.with_less_to_do(problem, free),
        },
    )  # fmt: skip


def _row(one: Priced, free: Priced) -> dict[str, Any]:
    """One level: what its plan is worth, how far apart its shares lie, and how much that is less than the free plan's."""
    solution = one.solution
    return {
        "level": one.level, "is_reached": one.is_reached, "prize": solution.prize, "objective": solution.objective,
        "travel_seconds": solution.travel_seconds, "visits": sum(len(route.stops) for route in solution.routes),
        "spread": round(one.shares.spread, 4), "prize_spread": round(one.shares.prize_spread, 4),
        "gini": round(one.shares.gini, 4),
        "less_prize": round(1 - solution.prize / free.solution.prize, 4) if free.solution.prize else 0.0,
        "more_travel_seconds": solution.travel_seconds - free.solution.travel_seconds,
        "reps": {
            share.rep: {"work_seconds": share.work_seconds, "available_seconds": share.available_seconds, "prize": share.prize}
            for share in one.shares.reps
        },
    }  # fmt: skip


def measured(problem: Problem, solution: Solution, reps: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """How evenly a plan's hours lie, for the figures of any run; the figures of each rep with the hours that are there."""
    found = fairness.shares(problem, solution)
    there = {share.rep: share.available_seconds for share in found.reps}
    return {
        "spread": round(found.spread, 4), "gini": round(found.gini, 4),
        "reps": {rep: {**own, "available_seconds": there.get(rep, 0)} for rep, own in reps.items()},
    }  # fmt: skip
