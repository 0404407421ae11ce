"""Checking what a plan says of the visits it leaves out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from gcrm.routing.problem import EndOf, Problem, Shift, Visit
from gcrm.routing.solution import REASONS, Route, Solution, Unserved

LATER = {reason: REASONS[REASONS.index(reason) + 1 :] for reason in REASONS}


def unserved_faults(problem: Problem, solution: Solution, begins: dict[str, int | None]) -> list[str]:
    """Return what is wrong with the list of unserved visits; `begins` has each shift's first place."""
    served = {stop.visit for route in solution.routes for stop in route.stops}
    visits = {visit.id: visit for visit in problem.visits}
    counts = Counter(one.visit for one in solution.unserved)
    found = []
    for name, count in counts.items():
        if name not in visits:
            found.append(f"unserved {name!r} is not in the problem")
        elif name in served:
            found.append(f"visit {name!r} is on a route and among the unserved")
        elif count > 1:
            found.append(f"unserved {name!r} is listed {count} times")
    found += [
        f"visit {name!r} is neither served nor among the unserved"
        for name in visits
        if name not in counts and name not in served
    ]
    routes = [_Path(problem, route, visits, begins[route.shift]) for route in solution.routes]
    for one in solution.unserved:
        if one.reason not in REASONS:
            found.append(f"unserved {one.visit!r}: reason {one.reason!r} is none of {', '.join(REASONS)}")
        elif one.visit in visits and one.visit not in served:
            found += _Case(problem, routes, begins, visits[one.visit]).faults(one)
    return found


class _Path:
    """A route as places and legs, for trying what a further visit would add."""

    def __init__(self, problem: Problem, route: Route, visits: dict[str, Visit], begin: int | None) -> None:
        self.shift = next(shift for shift in problem.shifts if shift.id == route.shift)
        self.locked = sum(
            stop.visit in lock.stops for lock in problem.locked if lock.shift == route.shift for stop in route.stops
        )
        end = None if self.shift.to_place is None else route.end_place
        places = [begin, *(visits[stop.visit].place for stop in route.stops), end]
        self.gaps = [(a, b, _leg(problem, self.shift, a, b)) for a, b in pairwise(places)]

    def added(self, problem: Problem, place: int, first: int) -> int | None:
        """Return the least extra travel of going to a place in one of the gaps from `first` on."""
        extra = []
        for here, there, saved in self.gaps[first:]:
            to, on = _leg(problem, self.shift, here, place), _leg(problem, self.shift, place, there)
            if to is not None and on is not None and saved is not None:
                extra.append(to + on - saved)
        return min(extra, default=None)


def _leg(problem: Problem, shift: Shift, here: int | None, there: int | None) -> int | None:
    """Return the seconds of a leg, none for one from or to a null end, None where there is no way."""
    if here is None or there is None:
        return 0
    assert problem.travel is not None
    seconds = problem.travel.seconds[here][there]
    return None if seconds is None else math.ceil(shift.travel_factor * seconds)


class _Case:
    """One visit that is not served: what can be said for certain of why, and of what it would add."""

    def __init__(self, problem: Problem, routes: list[_Path], begins: dict[str, int | None], visit: Visit) -> None:
        self.problem, self.routes, self.begins, self.visit = problem, routes, begins, visit
        self.shifts = [shift for shift in problem.shifts if visit.shifts is None or shift.id in visit.shifts]
        self.chained = any(isinstance(shift.from_place, EndOf) for shift in self.shifts)

    def faults(self, one: Unserved) -> list[str]:
        held, refuted = self.held(), self.refuted()
        found = []
        if one.reason in refuted:
            found.append(f"unserved {one.visit!r}: reason {one.reason} does not hold")
        if held is not None and one.reason in LATER[held]:
            found.append(f"unserved {one.visit!r}: reason is {one.reason}, but {held} holds before it")
        if one.added_seconds is not None and all(one.added_seconds != added for added in self.added()):
            found.append(
                f"unserved {one.visit!r}: added_seconds is {one.added_seconds}, recomputed {next(self.added())}"
            )
        return found

    def held(self) -> str | None:
        """Return the first reason that holds for certain."""
        if not self.shifts:
            return "not_allowed"
        if not self.chained and not any(self.way(shift) for shift in self.shifts) and self.cut_off():
            return "unreachable"
        if not self.open():
            return "closed"
        return None

    def refuted(self) -> set[str]:
        """Return the reasons that do not hold for certain."""
        wrong = set()
        if self.shifts:
            wrong.add("not_allowed")
        if not self.chained and any(self.way(shift) for shift in self.shifts):
            wrong.add("unreachable")
        if self.open():
            wrong.add("closed")
        if not self.chained and any(self.fits_alone(shift) for shift in self.shifts):
            wrong.add("too_far")
        if self.visit.group is None:
            wrong.add("group_limit")
        return wrong

    def open(self) -> bool:
        windows = self.visit.windows
        return any(not windows or any(a <= s.end and s.start <= b for a, b in windows) for s in self.shifts)

    def cut_off(self) -> bool:
        """Say whether no leg at all leads to or from the visit's place; a way through other stops may exist otherwise."""
        assert self.problem.travel is not None
        seconds, place = self.problem.travel.seconds, self.visit.place
        others = [i for i in range(len(self.problem.places)) if i != place]
        return all(seconds[i][place] is None for i in others) or all(seconds[place][i] is None for i in others)

    def way(self, shift: Shift) -> bool:
        """Say whether the shift can go to the visit and straight back."""
        return self.there(shift) is not None and self.back(shift) is not None

    def there(self, shift: Shift) -> int | None:
        begin = self.begins[shift.id]
        return 0 if begin is None else self.leg(shift, begin, self.visit.place)

    def back(self, shift: Shift) -> int | None:
        if shift.to_place is None:
            return 0
        ends = [end.place for end in shift.to_place] if isinstance(shift.to_place, tuple) else [shift.to_place]
        ways = [way for end in ends if (way := self.leg(shift, self.visit.place, end)) is not None]
        return min(ways, default=None)

    def leg(self, shift: Shift, here: int, there: int) -> int | None:
        return _leg(self.problem, shift, here, there)

    def fits_alone(self, shift: Shift) -> bool:
        """Say whether the visit alone makes a route; only for shifts without breaks, where that is plain."""
        there, back = self.there(shift), self.back(shift)
        if shift.breaks or there is None or back is None:
            return False
        if self.visit.load > (math.inf if shift.capacity is None else shift.capacity) or shift.max_visits == 0:
            return False
        if there + back > (math.inf if shift.max_travel_seconds is None else shift.max_travel_seconds):
            return False
        work = there + self.visit.duration + back
        if work > (math.inf if shift.max_work_seconds is None else shift.max_work_seconds):
            return False
        first, last = shift.start + there, shift.end - back - self.visit.duration
        windows = self.visit.windows or ((first, last),)
        return first <= last and any(a <= last and first <= b for a, b in windows)

    def added(self) -> Iterator[int | None]:
        """Yield the least extra travel and service over the routes, in each reading of where it may be tried."""
        allowed = {shift.id for shift in self.shifts}
        for may in (True, False):
            for ahead in (True, False):
                extra = [
                    more
                    for path in self.routes
                    if path.shift.id in allowed or not may
                    if (more := path.added(self.problem, self.visit.place, path.locked if ahead else 0)) is not None
                ]
                yield min(extra) + self.visit.duration if extra else None
