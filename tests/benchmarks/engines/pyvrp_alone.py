"""PyVRP alone, where it can express the problem: no breaks, no groups, one window a day, one place to end."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from functools import reduce
from typing import Any

import numpy as np

from gcrm.routing.model import FAR, Model, model_of
from gcrm.routing.plan import Stops
from gcrm.routing.problem import OPTIONAL, Problem, Shift, Visit
from tests.benchmarks.engines.run import Run, judged, megabytes
from tests.benchmarks.instances.generated import DAY

NAME = "PyVRP"
# What PyVRP's own models take for no way.
NO_WAY = 2**40

Hours = tuple[int, int]


class CannotExpress(Exception):
    """PyVRP has no words for a rule of the problem."""


def answer(problem: Problem, seconds: float, seed: int, point: float | None = None) -> Run | None:
    """Solve for so many CPU seconds; a point of prize outweighs all travel of a shift, the best setting of those tried."""
    import pyvrp

    began = time.process_time()
    try:
        said = _Said(problem)
    except CannotExpress:
        return None
    data = said.data()

    def stop(best_cost: int) -> bool:
        return time.process_time() - began > seconds

    result = pyvrp.solve(data, stop, seed=seed, collect_stats=False, display=False)
    spent, most_memory = time.process_time() - began, megabytes()
    if not result.best.is_feasible() or not result.best.is_complete():
        return None
    model = model_of(problem)
    solution = judged(NAME, problem, model, said.stops(result.best), [0] * len(problem.shifts), {})
    return Run(NAME, solution, spent, megabytes=most_memory)


class _Said:
    """The problem in PyVRP's words: shifts that are alike are vehicles of one type, times are those of the day."""

    def __init__(self, problem: Problem) -> None:
        if problem.groups or problem.reps or problem.locked or any(_is_beyond(shift) for shift in problem.shifts):
            raise CannotExpress
        self.problem = problem
        self.model: Model = model_of(problem)
        self.offset = {shift.day: shift.day * DAY if shift.start >= shift.day * DAY else 0 for shift in problem.shifts}
        self.hours = [self._hours(visit) for visit in problem.visits]
        self.unit = self._unit()
        self.types: dict[Any, list[int]] = defaultdict(list)
        for s, shift in enumerate(problem.shifts):
            self.types[self._kind(s, shift)].append(s)

    def _kind(self, s: int, shift: Shift) -> Any:
        offset = self.offset[shift.day]
        ends = (shift.from_place, shift.to_place)
        limits = (
            shift.start - offset,
            shift.end - offset,
            shift.capacity,
            shift.max_work_seconds,
            shift.max_travel_seconds,
        )
        return (*ends, *limits, self.model.fits[s].tobytes())

    def _hours(self, visit: Visit) -> Hours:
        """Return the one window of a visit by the clock, on whatever day."""
        allowed = {shift.day for shift in self.problem.shifts if visit.shifts is None or shift.id in visit.shifts}
        if not visit.windows:
            return 0, FAR
        hours = set()
        for day in allowed:
            offset = self.offset[day]
            length = DAY if len(self.offset) > 1 else FAR
            own = [(a - offset, b - offset) for a, b in visit.windows if a < offset + length and b >= offset]
            hours.add(tuple(own))
        if len(hours) != 1 or len(one := hours.pop()) != 1:
            raise CannotExpress
        return one[0]

    def _unit(self) -> int:
        """Return the seconds that all times are whole multiples of."""
        assert self.problem.travel is not None
        times = {cell for row in self.problem.travel.seconds for cell in row if cell is not None}
        times |= {visit.duration for visit in self.problem.visits}
        times |= {moment for hours in self.hours for moment in hours if moment < FAR}
        times |= {moment for shift in self.problem.shifts for moment in (shift.start, shift.end)}
        return reduce(math.gcd, times) or 1

    def data(self) -> Any:
        """Return PyVRP's data; each visit has a place of its own, behind those of the depots."""
        import pyvrp

        problem, unit = self.problem, self.unit
        depots = sorted({end for s in problem.shifts for end in (s.from_place, s.to_place) if isinstance(end, int)})
        self.depots = len(depots)
        places = np.array([*depots, *(visit.place for visit in problem.visits)])
        base = np.minimum(self.model.tables[0][np.ix_(places, places)], NO_WAY * unit) // unit
        # Whether they share a place or not, no visit is its own neighbour.
        np.fill_diagonal(base, 0)
        weight = max(shift.end - shift.start for shift in problem.shifts) // unit + 1
        index = {place: d for d, place in enumerate(depots)}
        profiles: dict[bytes, int] = {}
        matrices = []
        vehicles = []
        for kind, members in self.types.items():
            if kind[-1] not in profiles:
                profiles[kind[-1]] = len(profiles)
                matrices.append(self._allowed(base, self.model.fits[members[0]]))
            vehicles.append(self._vehicle(problem.shifts[members[0]], len(members), profiles[kind[-1]], index))
        clients = [
            pyvrp.Client(
                location=self.depots + v,
                delivery=[] if problem.shifts[0].capacity is None else [int(visit.load)],
                service_duration=visit.duration // unit,
                tw_early=self.hours[v][0] // unit,
                tw_late=min(self.hours[v][1] // unit, NO_WAY),
                prize=round(visit.prize) * weight,
                required=visit.rank < OPTIONAL,
            )
            for v, visit in enumerate(problem.visits)
        ]
        locations = [pyvrp.Location(0, 0) for _ in places]
        homes = [pyvrp.Depot(location=d) for d in range(self.depots)]
        return pyvrp.ProblemData(locations, clients, homes, vehicles, matrices, matrices)

    def _vehicle(self, shift: Shift, count: int, profile: int, index: dict[int, int]) -> Any:
        """Return the type of `count` shifts that are like this one."""
        import pyvrp

        offset, unit = self.offset[shift.day], self.unit
        more: dict[str, Any] = {}
        if shift.max_work_seconds is not None:
            more["shift_duration"] = shift.max_work_seconds // unit
        if shift.max_travel_seconds is not None:
            more["max_distance"] = shift.max_travel_seconds // unit
        assert isinstance(shift.from_place, int)
        assert isinstance(shift.to_place, int)
        return pyvrp.VehicleType(
            num_available=count,
            capacity=[] if shift.capacity is None else [int(shift.capacity)],
            start_depot=index[shift.from_place],
            end_depot=index[shift.to_place],
            tw_early=(shift.start - offset) // unit,
            tw_late=(shift.end - offset) // unit,
            profile=profile,
            **more,
        )

    def _allowed(self, base: Any, fits: Any) -> Any:
        """Return the table in which what the shift may not visit is out of reach."""
        if fits.all():
            return base
        table = base.copy()
        barred = self.depots + np.flatnonzero(~fits)
        table[barred, :] = table[:, barred] = NO_WAY
        np.fill_diagonal(table, 0)
        return table

    def stops(self, best: Any) -> list[Stops]:
        """Return the visits of each shift."""
        free = {kind: list(members) for kind, members in self.types.items()}
        kinds = list(free)
        stops: list[Stops] = [()] * len(self.problem.shifts)
        for route in best.routes():
            s = free[kinds[route.vehicle_type()]].pop()
            stops[s] = tuple(one.idx for one in route if one.is_client())
        return stops


def _is_beyond(shift: Shift) -> bool:
    ends_fixed = isinstance(shift.from_place, int) and isinstance(shift.to_place, int)
    return bool(shift.breaks) or not ends_fixed or shift.max_visits is not None or shift.travel_factor != 1.0
