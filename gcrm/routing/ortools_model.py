"""The same problem as an OR-Tools routing model: the judge of the search's plan, and a search of its own.

What the model cannot say (a choice of ends, chains, gaps and day patterns of groups, bounds on a rep's prize) is held as in
the plan it is given; whatever it proposes is rebuilt and checked by the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gcrm.routing.model import Model
from gcrm.routing.plan import Plan, Stops

# Sums of scaled costs must stay well inside 64 bits.
MOST_COST = 10**16


@dataclass(frozen=True, slots=True)
class Proposal:
    """Stops of each shift as OR-Tools would have them; `solutions` is how many it went through to find them."""

    stops: tuple[Stops, ...]
    accepted: bool
    solutions: int


def improve_plan(plan: Plan, seconds: float | None, solutions: int) -> Proposal | None:
    """Hand the plan to OR-Tools, which accepts it or not, and let its local search climb on from there.

    It stops at a local optimum: guided local search would go on for ever where a problem has few neighbours, and
    without a clock nothing else stops it.

    Returns
    -------
    Proposal
        With the best routes met within the limits, those of the plan if none is better; None where it found nothing.
    """
    routing = RoutingProblem(plan.model, plan)
    try:
        routes = [[routing.index(v) for v in track.stops] for track in plan.tracks]
        parameters = routing.parameters(seconds, solutions, guided=False)
        routing.model.CloseModelWithParameters(parameters)
        given = routing.model.ReadAssignmentFromRoutes(routes, True)
        if given is None:
            return Proposal(tuple(track.stops for track in plan.tracks), False, 0)
        routing.solve(parameters, given)
        if routing.best is None:
            return None
        return Proposal(routing.best, True, routing.best_at)
    finally:
        routing.release()


def from_nothing(model: Model, seconds: float, solutions: int = 2**31 - 1) -> tuple[Stops, ...] | None:
    """Return the stops that parallel cheapest insertion and guided local search find, None for no plan."""
    routing = RoutingProblem(model, None)
    try:
        routing.solve(routing.parameters(seconds, solutions, guided=True), None)
        return routing.best
    finally:
        routing.release()


class RoutingProblem:
    """An OR-Tools model of a problem; with a plan, the choices OR-Tools cannot make are held as they are there.

    Nodes 0 to n - 1 are the visits; shift s starts at node n + 2 s and ends at n + 2 s + 1.
    """

    def __init__(self, model: Model, plan: Plan | None) -> None:
        from ortools.constraint_solver import pywrapcp

        self.ours, self.plan = model, plan
        self.visits, self.shifts = len(model.place), len(model.ends)
        n, shifts = self.visits, range(self.shifts)
        self.manager = pywrapcp.RoutingIndexManager(
            n + 2 * self.shifts, self.shifts, [n + 2 * s for s in shifts], [n + 2 * s + 1 for s in shifts]
        )
        self.model = pywrapcp.RoutingModel(self.manager)
        self.solver = self.model.solver()
        self.best: tuple[Stops, ...] | None = None
        self.best_at = 0
        self.offset = min((shift.start for shift in model.problem.shifts), default=0)
        self.horizon = max((shift.end for shift in model.problem.shifts), default=0) - self.offset
        self.begins = [plan.tracks[s].begin if plan else model.begins[s] for s in shifts]
        self.finishes = [model.ends[s].places[plan.tracks[s].end if plan else 0] for s in shifts]
        self.scale = self._scale()
        self._time()
        self._limits()
        self._visits()
        self._locked()

    def release(self) -> None:
        """Let the C++ model go: it holds a callback that holds this object that holds it, a ring Python cannot see."""
        for name in ("time", "solver", "model", "manager"):
            delattr(self, name)

    def index(self, v: int) -> int:
        """Return OR-Tools' index of a visit."""
        return int(self.manager.NodeToIndex(v))

    def parameters(self, seconds: float | None, solutions: int, guided: bool) -> Any:
        """Return search parameters: parallel cheapest insertion, then guided local search or plain descent."""
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        methods = routing_enums_pb2.LocalSearchMetaheuristic
        parameters.local_search_metaheuristic = methods.GUIDED_LOCAL_SEARCH if guided else methods.GREEDY_DESCENT
        parameters.solution_limit = solutions
        if seconds is not None:
            parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
        return parameters

    def solve(self, parameters: Any, given: Any) -> None:
        """Search, and keep the best routes met and how many solutions it took."""
        seen, least = 0, math.inf

        def note() -> None:
            nonlocal seen, least
            seen += 1
            cost = self.model.CostVar().Max()
            if cost < least:
                least, self.best_at = cost, seen
                self.best = self._routes()

        self.model.AddAtSolutionCallback(note)
        if given is None:
            self.model.SolveWithParameters(parameters)
        else:
            self.model.SolveFromAssignmentWithParameters(given, parameters)

    def _routes(self) -> tuple[Stops, ...]:
        routes = []
        for s in range(self.shifts):
            stops, index = [], self.model.NextVar(self.model.Start(s)).Value()
            while not self.model.IsEnd(index):
                stops.append(self.manager.IndexToNode(index))
                index = self.model.NextVar(index).Value()
            routes.append(tuple(stops))
        return tuple(routes)

    def _scale(self) -> float:
        """Return what a unit of the objective counts in whole numbers, so that a second of travel is at least one."""
        price = self.ours.problem.cost_per_travel_second
        total = max(1.0, sum(self.ours.weight))
        return min(1.0 / price if price > 0 else 1e6, MOST_COST / total)

    def _table(self, factor: int, serving: bool, price: float = 1.0) -> list[list[int]]:
        """Return travel between nodes, with the service of the first if asked; what cannot be is past the horizon."""
        import numpy as np

        ours, n = self.ours, self.visits
        places = ours.place + [p for s in range(self.shifts) for p in (self.begins[s], self.finishes[s])]
        table = np.minimum(ours.tables[factor][np.ix_(places, places)], self.horizon + 1)
        # An unused shift ends where it began.
        for s in range(self.shifts):
            table[n + 2 * s, n + 2 * s + 1] = 0
        if serving:
            table[:n] += ours.durations[:, None]
        if price != 1:
            table = np.rint(price * table).astype(np.int64)
        rows: list[list[int]] = table.tolist()
        return rows

    def _time(self) -> None:
        problem, ours = self.ours.problem, self.ours
        factors = range(len(ours.tables))
        timed = [self.model.RegisterTransitMatrix(self._table(f, True)) for f in factors]
        price = problem.cost_per_travel_second * self.scale
        costs = [self.model.RegisterTransitMatrix(self._table(f, False, price)) for f in factors]
        self.model.AddDimensionWithVehicleTransits(
            [timed[f] for f in ours.factor], self.horizon, self.horizon, False, "time"
        )
        self.time = self.model.GetDimensionOrDie("time")
        services = [0] * (self.model.Size() + self.shifts)
        for v in range(self.visits):
            services[self.index(v)] = ours.duration[v]
        for s, shift in enumerate(problem.shifts):
            self.model.SetArcCostEvaluatorOfVehicle(costs[ours.factor[s]], s)
            end_cost = ours.ends[s].costs[self.plan.tracks[s].end if self.plan else 0]
            self.model.SetFixedCostOfVehicle(round((problem.cost_per_shift + end_cost) * self.scale), s)
            self.time.CumulVar(self.model.Start(s)).SetRange(shift.start - self.offset, shift.end - self.offset)
            self.time.CumulVar(self.model.End(s)).SetRange(shift.start - self.offset, shift.end - self.offset)
            if shift.max_work_seconds is not None:
                self.time.SetSpanUpperBoundForVehicle(shift.max_work_seconds, s)
            if shift.breaks:
                self.time.SetBreakIntervalsOfVehicle(self._breaks(s), s, services)

    def _breaks(self, s: int) -> list[Any]:
        shift = self.ours.problem.shifts[s]
        return [
            self.solver.FixedDurationIntervalVar(
                max(pause.window[0], shift.start) - self.offset,
                min(pause.window[1], shift.end - pause.duration) - self.offset,
                pause.duration,
                False,
                f"break {s}.{i}",
            )
            for i, pause in enumerate(shift.breaks)
        ]

    def _limits(self) -> None:
        """Add what is bounded in a shift or for a rep, each only where something bounds it."""
        problem, ours = self.ours.problem, self.ours
        shifts = problem.shifts
        travels = [shift.max_travel_seconds for shift in shifts]
        if any(most is not None for most in travels):
            tables = [self.model.RegisterTransitMatrix(self._table(f, False)) for f in range(len(ours.tables))]
            bounds = [self.horizon if most is None else most for most in travels]
            self.model.AddDimensionWithVehicleTransitAndCapacity(
                [tables[f] for f in ours.factor], 0, bounds, True, "travel"
            ) if len(tables) > 1 else self.model.AddDimensionWithVehicleCapacity(tables[0], 0, bounds, True, "travel")
        loads = [shift.capacity for shift in shifts]
        if any(most is not None for most in loads):
            # Loads may be fractions: thousandths, rounded so that what fits here fits there.
            units = [math.ceil(load * 1000 - 1e-6) for load in ours.load]
            most_load = sum(units)
            bounds = [most_load if most is None else min(most_load, math.floor(most * 1000 + 1e-6)) for most in loads]
            self._counted(units, bounds, "load")
        counts = [shift.max_visits for shift in shifts]
        reps = [rep for rep in problem.reps if rep.max_visits is not None]
        if reps or any(most is not None for most in counts):
            bounds = [self.visits if most is None else min(self.visits, most) for most in counts]
            self._counted([1] * self.visits, bounds, "visits")
            counted = self.model.GetDimensionOrDie("visits")
            for rep in reps:
                own = [counted.CumulVar(self.model.End(s)) for s, shift in enumerate(shifts) if shift.rep == rep.id]
                if own:
                    self.solver.Add(self.solver.Sum(own) <= rep.max_visits)

    def _counted(self, units: list[int], bounds: list[int], name: str) -> None:
        demand = self.model.RegisterUnaryTransitVector(units + [0] * (2 * self.shifts))
        self.model.AddDimensionWithVehicleCapacity(demand, 0, bounds, True, name)

    def _visits(self) -> None:
        """Add windows, allowed shifts, and for each visit the price of leaving it out."""
        ours, plan = self.ours, self.plan
        held = self._held()
        fits = [[s for s, may in enumerate(column) if may] for column in ours.fits.T.tolist()]
        for v in range(self.visits):
            index = self.index(v)
            penalty = round(ours.weight[v] * self.scale)
            self.model.AddDisjunction([index], penalty)
            windows = plan.narrow.get(v, ours.windows[v]) if plan else ours.windows[v]
            self._windows(index, windows)
            allowed = fits[v]
            if v in held:
                allowed = [s for s in allowed if s in held[v]]
                if allowed:
                    self.model.ActiveVar(index).SetValue(1)
            self.model.VehicleVar(index).SetValues(allowed if v in held and allowed else [-1, *allowed])
        for g, members in enumerate(ours.members):
            if len(members) > ours.group_most[g]:
                active = [self.model.ActiveVar(self.index(v)) for v in members]
                self.solver.Add(self.solver.Sum(active) <= ours.group_most[g])

    def _held(self) -> dict[int, set[int]]:
        """Return the visits of groups with gaps or patterns, with the shifts they must keep to: those of their day."""
        ours, held = self.ours, {}
        shifts = ours.problem.shifts
        for v, linked in enumerate(ours.linked):
            if linked:
                s = self.plan.where[v] if self.plan else -1
                same = {t for t in range(self.shifts) if shifts[t].day == shifts[s].day} if s >= 0 else set()
                held[v] = same
        return held

    def _windows(self, index: int, windows: tuple[tuple[int, int], ...]) -> None:
        cumul = self.time.CumulVar(index)
        inside = [(max(a - self.offset, 0), min(b - self.offset, self.horizon)) for a, b in windows]
        inside = [(a, b) for a, b in inside if a <= b]
        if not inside:
            self.model.ActiveVar(index).SetValue(0)
            return
        cumul.SetRange(inside[0][0], inside[-1][1])
        between = [(b + 1, a - 1) for (_, b), (a, _) in pairwise(inside) if b + 1 < a]
        if between:
            # RemoveInterval takes 10 ms on the seconds of a week; the constraint does not.
            starts, ends = zip(*between, strict=True)
            self.solver.Add(self.solver.NotMemberCt(cumul, list(starts), list(ends)))

    def _locked(self) -> None:
        if self.plan is None:
            return
        for s, track in enumerate(self.plan.tracks):
            index = self.model.Start(s)
            for v in track.stops[: self.plan.fixed[s]]:
                self.model.NextVar(index).SetValue(self.index(v))
                index = self.index(v)
