"""Our kernel alone: neither OR-Tools nor the proof has a part in the answer."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace

from gcrm.routing.kernel.search import search
from gcrm.routing.locked import locked_plan
from gcrm.routing.model import Model, model_of
from gcrm.routing.problem import MUST, Group, Problem
from gcrm.routing.track import Tracks
from tests.benchmarks.engines.run import Run, judged, megabytes
from tests.benchmarks.instances import generated

NAME = "gcrm"


def answer(
    problem: Problem,
    seconds: float,
    seed: int,
    point: float | None = None,
    most: int = sys.maxsize,
    until: float = math.inf,
) -> Run:
    """Search for so many CPU seconds, `most` steps, or until the objective is at least `until`."""
    began = time.process_time()
    model = model_of(problem)
    whole, required = whole_from(model), required_weight(model)
    first: float | None = None
    last, value_now = 0.0, -math.inf

    def told(steps: int, value: float) -> None:
        nonlocal first, last, value_now
        value_now, last = value, time.process_time() - began
        if first is None and value > whole:
            first = last

    locked = locked_plan(Tracks(model))

    def go_on(steps: int) -> bool:
        return value_now - required < until and time.process_time() - began < seconds

    found = search(model, locked, most, go_on, seed, told)
    spent, most_memory = time.process_time() - began, megabytes()
    solution = judged(NAME, problem, model, found.stops, found.ends, found.narrow)
    return Run(NAME, solution, spent, found.steps, first, last, most_memory)


def warm() -> None:
    """Compile what a day, a team, required visits and patterns of days call, so that no measured run does."""
    team = generated.week(2, 10)
    few = replace(team, visits=tuple(replace(visit, rank=MUST) for visit in team.visits[:4]))
    groups = tuple(Group(visit.id, 1, day_patterns=((0,), (3,))) for visit in few.visits)
    grouped = replace(few, groups=groups, visits=tuple(replace(visit, group=visit.id) for visit in few.visits))
    for problem in (generated.day("day-60-1-lunch"), team, few, grouped):
        answer(problem, 0.1, 1)


def required_weight(model: Model) -> float:
    """Return what the search counts for all required visits together, on top of prizes and costs."""
    fixed, must = model.rank_weights
    ranks: list[int] = model.rank.tolist()
    return fixed * ranks.count(0) + must * ranks.count(1)


def whole_from(model: Model) -> float:
    """Return the value above which a plan serves every required visit: one counts more than all prizes and costs."""
    weight = required_weight(model)
    return weight - model.rank_weights[1] + float(model.prize.sum()) + 0.5 if weight else -math.inf
