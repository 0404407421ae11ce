"""Checking one route: its legs, times, waits, breaks and limits, recomputed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from gcrm.routing.problem import Break, Problem, Shift, Visit
from gcrm.routing.solution import Route, TakenBreak


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """What a route costs; `travel_metres` is None where a length is not known."""

    travel_seconds: int
    travel_metres: int | None
    waiting_seconds: int
    end_cost: float


def route_faults(
    problem: Problem, shift: Shift, route: Route, visits: list[Visit], begin: int | None
) -> tuple[RouteFigures, list[str]]:
    """Return the route's recomputed figures and what is wrong with it."""
    checker = _RouteChecker(problem, shift, route, visits, begin)
    checker.breaks()
    checker.times()
    checker.limits()
    end_cost = checker.end_cost()
    metres = checker.metres()
    if checker.travel != route.travel_seconds:
        checker.fault(f"travel_seconds is {route.travel_seconds}, recomputed {checker.travel}")
    if route.travel_metres != metres and not (metres is None and route.travel_metres == 0):
        checker.fault(f"travel_metres is {route.travel_metres}, recomputed {metres}")
    return RouteFigures(checker.travel, metres, checker.waiting, end_cost), checker.found


class _RouteChecker:
    def __init__(self, problem: Problem, shift: Shift, route: Route, visits: list[Visit], begin: int | None) -> None:
        self.problem, self.shift, self.route, self.visits = problem, shift, route, visits
        # A null end is met without travel: it is where the first or the last stop is.
        last = visits[-1].place if shift.to_place is None else route.end_place
        first = visits[0].place if begin is None else begin
        self.path = [first, *(visit.place for visit in visits), last]
        self.pauses = sorted(route.breaks, key=lambda taken: (taken.start, taken.end))
        self.travel = 0
        self.waiting = 0
        self.found: list[str] = []

    def fault(self, sentence: str) -> None:
        self.found.append(f"route of {self.shift.id!r}: {sentence}")

    def leg(self, here: int | None, there: int | None) -> int | None:
        size = len(self.problem.places)
        if here is None or there is None or not (0 <= here < size and 0 <= there < size):
            return None
        assert self.problem.travel is not None
        seconds = self.problem.travel.seconds[here][there]
        return None if seconds is None else math.ceil(self.shift.travel_factor * seconds)

    def times(self) -> None:
        """Follow the route from leaving to returning."""
        route, shift = self.route, self.shift
        if route.leave < shift.start:
            self.fault(f"leaves at {route.leave}, before the shift's start {shift.start}")
        if route.return_at > shift.end:
            self.fault(f"returns at {route.return_at}, after the shift's end {shift.end}")
        ready = route.leave
        for k, (stop, visit) in enumerate(zip(route.stops, self.visits, strict=True)):
            self.arrival(ready, self.path[k], self.path[k + 1], stop.arrive, f"stop {visit.id!r} arrive")
            if stop.start < stop.arrive:
                self.fault(f"stop {visit.id!r} starts at {stop.start}, before it arrives at {stop.arrive}")
            if stop.depart != stop.start + visit.duration:
                self.fault(f"stop {visit.id!r} depart is {stop.depart}, recomputed {stop.start + visit.duration}")
            rested = sum(taken.end - taken.start for taken in self.pauses if stop.arrive <= taken.start < stop.start)
            waiting = stop.start - stop.arrive - rested
            if stop.waiting_seconds != waiting:
                self.fault(f"stop {visit.id!r} waiting_seconds is {stop.waiting_seconds}, recomputed {waiting}")
            self.waiting += waiting
            if visit.windows and not any(a <= stop.start <= b for a, b in visit.windows):
                self.fault(f"stop {visit.id!r} starts at {stop.start}, inside none of its windows")
            ready = stop.depart
        self.arrival(ready, self.path[-2], self.path[-1], route.return_at, "return")

    def arrival(self, ready: int, here: int | None, there: int | None, claimed: int, what: str) -> None:
        seconds = self.leg(here, there)
        if seconds is None:
            self.fault(f"{what}: there is no way from place {here} to place {there}")
            return
        self.travel += seconds
        possible = arrivals(ready, seconds, self.pauses)
        if claimed not in possible:
            self.fault(f"{what} is {claimed}, recomputed {min(possible)}")

    def breaks(self) -> None:
        """Check that exactly the shift's breaks are taken, inside the shift and beside the visits."""
        for taken in self.pauses:
            if taken.start < self.shift.start or taken.end > self.shift.end:
                self.fault(f"break {taken.start}-{taken.end} lies outside the shift")
            if taken.start < self.route.leave < taken.end:
                self.fault(f"leaves at {self.route.leave}, during the break {taken.start}-{taken.end}")
            for stop in self.route.stops:
                if taken.start < stop.depart and stop.start < taken.end:
                    self.fault(f"break {taken.start}-{taken.end} overlaps the visit {stop.visit!r}")
        for one, other in pairwise(self.pauses):
            if other.start < one.end:
                self.fault(f"breaks {one.start}-{one.end} and {other.start}-{other.end} overlap")
        if len(self.pauses) != len(self.shift.breaks):
            self.fault(f"takes {len(self.pauses)} breaks, the shift has {len(self.shift.breaks)}")
        elif not matched(list(self.shift.breaks), self.pauses):
            self.fault("the breaks are not the shift's: each has its duration and begins inside its window")

    def limits(self) -> None:
        shift = self.shift
        for what, used, most in (
            ("works {:g} s", self.route.return_at - self.route.leave, shift.max_work_seconds),
            ("travels {:g} s", self.travel, shift.max_travel_seconds),
            ("makes {:g} visits", len(self.visits), shift.max_visits),
            ("loads {:g}", sum(visit.load for visit in self.visits), shift.capacity),
        ):
            # Loads may be fractions, whose sum is not exact.
            if most is not None and used > most + 1e-9 * max(1.0, most):
                self.fault(f"{what.format(used)}, at most {most:g} allowed")

    def end_cost(self) -> float:
        """Check the place where the route ends and return what ending there costs."""
        to, end = self.shift.to_place, self.route.end_place
        if isinstance(to, tuple):
            costs = [choice.cost for choice in to if choice.place == end]
            if not costs:
                self.fault(f"end_place is {end}, which is none of its choices")
            return min(costs, default=0.0)
        expected = self.visits[-1].place if to is None else to
        if end != expected:
            self.fault(f"end_place is {end}, recomputed {expected}")
        return 0.0

    def metres(self) -> int | None:
        assert self.problem.travel is not None
        metres, size = self.problem.travel.metres, len(self.problem.places)
        if metres is None:
            return None
        total = 0
        for here, there in pairwise(self.path):
            if here is None or there is None or not (0 <= here < size and 0 <= there < size):
                return None
            length = metres[here][there]
            if length is None:
                return None
            total += length
        return total


def arrivals(ready: int, travel: int, pauses: list[TakenBreak]) -> set[int]:
    """Return when one may arrive who is ready at `ready`: breaks begun on the way delay it.

    A break that begins in the very second of arriving can be read as taken on the way or after it; both are right.
    """
    possible: set[int] = set()
    for taken in pauses:
        if taken.start < ready:
            continue
        if taken.start == ready + travel:
            possible.add(ready + travel)
        if taken.start <= ready + travel:
            travel -= taken.start - ready
            ready = taken.end
    return possible | {ready + travel}


def matched(asked: list[Break], taken: list[TakenBreak]) -> bool:
    """Say whether each break taken can be one of those asked for, all different."""
    if not taken:
        return not asked
    first = taken[0]
    for i, pause in enumerate(asked):
        fits = pause.window[0] <= first.start <= pause.window[1] and first.end - first.start == pause.duration
        if fits and matched(asked[:i] + asked[i + 1 :], taken[1:]):
            return True
    return False
