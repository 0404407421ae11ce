"""What a plan was made from and how good it is, measured on its own stops: hash, replay, other orders, the proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from gcrm.routing.problem import Problem, Shift
from gcrm.routing.solution import OPTIMAL, Route, Solution

LEAST_KNOWN_SHARE = 0.6
"""A usual order is told when at least this share of the stops was visited before."""
LEAST_KNOWN = 3


@dataclass(frozen=True)
class Measure:
    """What it takes to drive some stops in some order; lunch and limits are left aside."""

    order: tuple[str, ...]
    travel_seconds: int
    travel_metres: int | None
    missed: int
    """How many stops would be reached after their last hour to begin."""


@dataclass(frozen=True)
class Proof:
    """How far the plan can be from the best one; `share` is None where nothing is known."""

    share: float | None

    @property
    def is_best(self) -> bool:
        return self.share == 0.0


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return a JSON document as bytes that depend on what it says alone: keys in order, no space, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def inputs_hash(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a problem document in its canonical form, as `sha256sum` prints it of the file."""
    return hashlib.sha256(canonical(document)).hexdigest()


def command(solution: Solution, file: str) -> str:
    """Return the command that makes the same plan from the stored problem."""
    return f"gcrm route solve {file} --steps {solution.steps} --seed {solution.seed} -o again.json"


def proof(solution: Solution) -> Proof:
    """Return what the solver's bound says: nothing, the best, or at most a share below the best."""
    if solution.status == OPTIMAL:
        return Proof(0.0)
    if solution.bound is None or solution.bound <= 0:
        return Proof(None)
    return Proof(max(0.0, (solution.bound - solution.objective) / solution.bound))


def route_of(solution: Solution, keys: Sequence[str]) -> Route | None:
    """Return the route that serves these visits, of a solution that may hold other days and reps too."""
    wanted = set(keys)
    best = max(solution.routes, key=lambda route: len(wanted & {stop.visit for stop in route.stops}), default=None)
    return best if best is not None and wanted & {stop.visit for stop in best.stops} else None


def measure(problem: Problem, shift: Shift, order: Sequence[str]) -> Measure:
    """Drive the stops in the given order from the shift's begin to its end, waiting where one is early."""
    visits = {visit.id: visit for visit in problem.visits}
    place, time, travel, metres, missed = _begin(shift), shift.start, 0, 0, 0
    for key in order:
        visit = visits[key]
        seconds, driven = _leg(problem, shift, place, visit.place)
        travel, metres, time, place = travel + seconds, metres + driven, time + seconds, visit.place
        ready = next((max(time, first) for first, last in visit.windows if time <= last), None)
        missed += bool(visit.windows) and ready is None
        time = (time if ready is None else ready) + visit.duration
    seconds, driven = _leg(problem, shift, place, _end(shift))
    has_metres = problem.travel is not None and problem.travel.metres is not None
    return Measure(tuple(order), travel + seconds, metres + driven if has_metres else None, missed)


def _begin(shift: Shift) -> int | None:
    return shift.from_place if isinstance(shift.from_place, int) else None


def _end(shift: Shift) -> int | None:
    if isinstance(shift.to_place, tuple):
        return shift.to_place[0].place
    return shift.to_place


def _leg(problem: Problem, shift: Shift, a: int | None, b: int | None) -> tuple[int, int]:
    if a is None or b is None or problem.travel is None:
        return 0, 0
    seconds = -(-(problem.travel.seconds[a][b] or 0) * shift.travel_factor // 1)
    metres = problem.travel.metres[a][b] if problem.travel.metres is not None else 0
    return int(seconds), metres or 0


def nearest_neighbour(problem: Problem, shift: Shift, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the stops in the order of one who always drives to the nearest one next, whatever the hour."""
    places = {visit.id: visit.place for visit in problem.visits}
    left, order, here = list(keys), list[str](), _begin(shift)
    while left:
        key = min(left, key=lambda k: (_leg(problem, shift, here, places[k])[0], k))
        left.remove(key)
        order.append(key)
        here = places[key]
    return tuple(order)


def usual_order(
    problem: Problem, shift: Shift, keys: Sequence[str], hours: Mapping[str, Sequence[int]]
) -> tuple[str, ...] | None:
    """Return the stops as the rep used to visit them: by the median hour of earlier visits, in seconds of the day.

    A stop that was never visited goes where it costs least. None where too few stops have a past to speak of a habit.
    """
    known = sorted((k for k in keys if hours.get(k)), key=lambda k: (median(hours[k]), k))
    if len(known) < LEAST_KNOWN or len(known) < LEAST_KNOWN_SHARE * len(keys):
        return None
    order = list(known)
    for key in sorted(set(keys) - set(known)):
        trials = [[*order[:n], key, *order[n:]] for n in range(len(order) + 1)]
        order = min(trials, key=lambda trial: measure(problem, shift, trial).travel_seconds)
    return tuple(order)
