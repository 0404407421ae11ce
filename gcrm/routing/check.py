"""The independent checker: recomputes a plan from the problem alone and says what is wrong with it.

It shares no code with any solver, and it is pure Python on purpose: slow, short sentences of the format, one after another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from gcrm.core.errors import GcrmError
from gcrm.routing.check_route import RouteFigures, route_faults
from gcrm.routing.check_unserved import unserved_faults
from gcrm.routing.problem import OPTIONAL, EndOf, Problem, Rep, Shift, Visit
from gcrm.routing.solution import FEASIBLE, INFEASIBLE, OPTIMAL, Route, Solution

TOLERANCE = 1e-6


class WrongSolution(GcrmError):
    """A plan does not do what it says or breaks a rule of its problem; `faults` lists how."""

    title = "Wrong plan"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The plan is wrong: " + "; ".join(faults), faults=faults)
        self.faults = faults


def must_hold(problem: Problem, solution: Solution) -> None:
    """Raise `WrongSolution` unless the solution is right in every figure and obeys every rule."""
    faults = check(problem, solution)
    if faults:
        raise WrongSolution(faults)


def check(problem: Problem, solution: Solution) -> list[str]:
    """Return a sentence for each thing that is wrong; none for a right solution.

    The objective and the prizes are compared to 1e-6 relative, every time and distance exactly.
    """
    if problem.travel is None:
        from gcrm.routing.travel import filled

        problem = filled(problem)
    return _Checker(problem, solution).faults()


def close(claimed: float, expected: float) -> bool:
    """Say whether two figures agree to 1e-6, relative above 1."""
    return abs(claimed - expected) <= TOLERANCE * max(1.0, abs(expected))


class _Checker:
    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem = problem
        self.solution = solution
        self.shifts = {shift.id: shift for shift in problem.shifts}
        self.visits = {visit.id: visit for visit in problem.visits}
        self.route_of = {route.shift: route for route in solution.routes}
        self.served = {stop.visit: route.shift for route in solution.routes for stop in route.stops}
        self.starts = {stop.visit: stop.start for route in solution.routes for stop in route.stops}
        self.figures: dict[str, RouteFigures] = {}
        self.found: list[str] = []

    def faults(self) -> list[str]:
        self.names()
        if self.found:
            # Times of unknown visits or shifts cannot be recomputed.
            return self.found
        for route in self.solution.routes:
            shift = self.shifts[route.shift]
            visits = [self.visits[stop.visit] for stop in route.stops]
            figures, faults = route_faults(self.problem, shift, route, visits, self.begin_place(shift))
            self.figures[shift.id] = figures
            self.found += faults
        self.allowed()
        self.rep_limits()
        self.groups()
        self.locked()
        self.totals()
        self.found += unserved_faults(
            self.problem, self.solution, {s.id: self.begin_place(s) for s in self.shifts.values()}
        )
        self.status()
        return self.found

    def names(self) -> None:
        """Note unknown and repeated shifts and visits, and routes without stops."""
        for name, count in Counter(route.shift for route in self.solution.routes).items():
            if name not in self.shifts:
                self.found.append(f"route of {name!r}: there is no such shift")
            elif count > 1:
                self.found.append(f"route of {name!r}: there are {count} routes of this shift")
        for name, count in Counter(stop.visit for route in self.solution.routes for stop in route.stops).items():
            if name not in self.visits:
                self.found.append(f"visit {name!r} is on a route, but not in the problem")
            elif count > 1:
                self.found.append(f"visit {name!r} is served {count} times")
        for route in self.solution.routes:
            if not route.stops:
                self.found.append(f"route of {route.shift!r}: has no stops; an unused shift has no route")

    def begin_place(self, shift: Shift) -> int | None:
        """Return where the shift begins; for a chain, where the shift before it ended."""
        while isinstance(shift.from_place, EndOf):
            shift = self.shifts[shift.from_place.shift]
            if shift.id in self.route_of:
                return self.route_of[shift.id].end_place
        return shift.from_place

    def allowed(self) -> None:
        for name, shift in self.served.items():
            allowed = self.visits[name].shifts
            if allowed is not None and shift not in allowed:
                self.found.append(f"visit {name!r} is served by {shift!r}, which may not serve it")

    def rep_limits(self) -> None:
        routes: dict[str | None, list[Route]] = defaultdict(list)
        for route in self.solution.routes:
            routes[self.shifts[route.shift].rep].append(route)
        for rep in self.problem.reps:
            self.rep_limit(rep, routes[rep.id])

    def rep_limit(self, rep: Rep, routes: list[Route]) -> None:
        visits = [self.visits[stop.visit] for route in routes for stop in route.stops]
        for what, used, most in (
            ("works {} s", sum(route.return_at - route.leave for route in routes), rep.max_work_seconds),
            ("makes {} visits", len(visits), rep.max_visits),
            ("collects a prize of {:g}", sum(visit.prize for visit in visits), rep.max_prize),
        ):
            if most is not None and used > most + TOLERANCE * max(1.0, most) * isinstance(most, float):
                self.found.append(f"rep {rep.id!r} {what.format(used)}, at most {most:g} allowed")

    def groups(self) -> None:
        members: dict[str | None, list[Visit]] = defaultdict(list)
        for visit in self.problem.visits:
            if visit.id in self.served:
                members[visit.group].append(visit)
        for group in self.problem.groups:
            served = members[group.id]
            if group.at_most is not None and len(served) > group.at_most:
                self.found.append(f"group {group.id!r}: {len(served)} visits served, at most {group.at_most} allowed")
            if group.min_gap_seconds is not None:
                self.gaps(group.id, group.min_gap_seconds, served, group.taken)
            if group.day_patterns is not None and served:
                days = sorted(self.shifts[self.served[visit.id]].day for visit in served)
                if days not in [sorted(pattern) for pattern in group.day_patterns]:
                    self.found.append(f"group {group.id!r}: served on days {days}, which is none of its day patterns")

    def gaps(self, group: str, least: int, served: list[Visit], taken: tuple[int, ...]) -> None:
        times = sorted((self.starts[visit.id], visit.id) for visit in served)
        for (early, one), (late, other) in pairwise(times):
            if late - early < least:
                self.found.append(
                    f"group {group!r}: {one!r} and {other!r} start {late - early} s apart, at least {least} asked"
                )
        for start, name in times:
            for past in taken:
                if abs(start - past) < least:
                    self.found.append(
                        f"group {group!r}: {name!r} starts {abs(start - past)} s from one taken at {past}, "
                        f"at least {least} asked"
                    )

    def locked(self) -> None:
        for lock in self.problem.locked:
            kept = [name for name in lock.stops if name in self.served]
            route = self.route_of.get(lock.shift)
            first = [stop.visit for stop in route.stops[: len(kept)]] if route else []
            if first != kept:
                self.found.append(f"shift {lock.shift!r} must begin with {kept} (locked), but begins with {first}")

    def totals(self) -> None:
        problem, solution, figures = self.problem, self.solution, self.figures.values()
        prize = sum(self.visits[name].prize for name in self.served)
        travel = sum(one.travel_seconds for one in figures)
        waiting = sum(one.waiting_seconds for one in figures)
        objective = (
            prize
            - problem.cost_per_travel_second * travel
            - problem.cost_per_waiting_second * waiting
            - problem.cost_per_shift * len(solution.routes)
            - sum(one.end_cost for one in figures)
        )
        if not close(solution.prize, prize):
            self.found.append(f"prize is {solution.prize}, recomputed {prize}")
        if solution.travel_seconds != travel:
            self.found.append(f"travel_seconds is {solution.travel_seconds}, recomputed {travel}")
        lengths = [one.travel_metres for one in figures]
        metres = None if None in lengths else sum(length for length in lengths if length is not None)
        if problem.travel is not None and problem.travel.metres is None:
            metres = None
        if solution.travel_metres != metres and not (metres is None and solution.travel_metres == 0):
            self.found.append(f"travel_metres is {solution.travel_metres}, recomputed {metres}")
        if not close(solution.objective, objective):
            self.found.append(f"objective is {solution.objective}, recomputed {objective}")

    def status(self) -> None:
        locked = {name for lock in self.problem.locked for name in lock.stops}
        missing = [
            visit.id
            for visit in self.problem.visits
            if visit.id not in self.served and (visit.rank < OPTIONAL or visit.id in locked)
        ]
        status, bound = self.solution.status, self.solution.bound
        if status not in (OPTIMAL, FEASIBLE, INFEASIBLE):
            self.found.append(f"status {status!r} is none of {OPTIMAL}, {FEASIBLE}, {INFEASIBLE}")
        elif missing and status != INFEASIBLE:
            self.found.append(f"status is {status}, but {missing[0]!r} must be served and is not")
        elif not missing and status == INFEASIBLE:
            self.found.append("status is infeasible, but every visit that must be served is")
        slack = TOLERANCE * max(1.0, abs(self.solution.objective))
        if bound is not None and not bound >= self.solution.objective - slack:
            self.found.append(f"bound {bound} is below the objective {self.solution.objective}")
        if status == OPTIMAL and (bound is None or not bound <= self.solution.objective + slack):
            self.found.append(
                f"status is optimal, but the bound is {bound} and the objective {self.solution.objective}"
            )
