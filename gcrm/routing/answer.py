"""From the stops that a solver chose to the solution that goes out: exact times, figures, and reasons for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gcrm.routing.bound import upper_bound
from gcrm.routing.explain import Explainer
from gcrm.routing.plan import Narrow, Plan, Stops
from gcrm.routing.problem import OPTIONAL
from gcrm.routing.solution import FEASIBLE, INFEASIBLE, OPTIMAL, Route, Solution, Stop, TakenBreak
from gcrm.routing.track import Tracks

RELATIVE = 1e-6


def plan_of(tracks_of: Tracks, stops: Sequence[Stops], ends: Sequence[int], narrow: Narrow) -> Plan | None:
    """Return the plan with these stops and ends, None where a rule is broken; its locked stops are those kept."""
    plan = Plan(tracks_of)
    model = plan.model
    plan.narrow = dict(narrow)
    for s in model.order:
        if not plan.put(s, tuple(stops[s]), ends[s]):
            return None
    index = {visit.id: v for v, visit in enumerate(model.problem.visits)}
    shifts = {shift.id: s for s, shift in enumerate(model.problem.shifts)}
    for lock in model.problem.locked:
        s = shifts[lock.shift]
        plan.fixed[s] = sum(plan.where[index[name]] == s for name in lock.stops)
    return plan


def routes_of(plan: Plan) -> tuple[Route, ...] | None:
    """Return the routes with their timetables, None where one cannot be kept."""
    routes = []
    for s, track in enumerate(plan.tracks):
        if track.stops:
            route = _route(plan, s)
            if route is None:
                return None
            routes.append(route)
    return tuple(routes)


def _route(plan: Plan, s: int) -> Route | None:
    model, track = plan.model, plan.tracks[s]
    windows = [plan.narrow.get(v, model.windows[v]) for v in track.stops]
    times = plan.tracks_of.timetable(s, track.begin, track.end, track.stops, windows)
    if times is None:
        return None
    visits = model.problem.visits
    end = track.path[-1]
    return Route(
        shift=model.problem.shifts[s].id,
        leave=times.leave,
        return_at=times.return_at,
        end_place=track.path[-2] if end == model.nowhere else end,
        travel_seconds=track.travel,
        travel_metres=_metres(plan, track.path),
        stops=tuple(
            Stop(visits[v].id, t.arrive, t.start, t.depart, t.waiting_seconds)
            for v, t in zip(track.stops, times.stops, strict=True)
        ),
        breaks=tuple(TakenBreak(*taken) for taken in times.breaks),
    )


def _metres(plan: Plan, path: list[int]) -> int | None:
    travel, nowhere = plan.model.problem.travel, plan.model.nowhere
    if travel is None or travel.metres is None:
        return None
    legs = [(a, b) for a, b in pairwise(path) if nowhere not in (a, b)]
    lengths = [travel.metres[a][b] for a, b in legs]
    return None if None in lengths else sum(length for length in lengths if length is not None)


def solution_of(plan: Plan, seconds: float, steps: int, seed: int, engine: str) -> Solution | None:
    """Return the whole solution, None where a route's timetable cannot be kept."""
    routes = routes_of(plan)
    if routes is None:
        return None
    model, problem = plan.model, plan.model.problem
    served = [v for v, s in enumerate(plan.where) if s >= 0]
    prize = float(sum(problem.visits[v].prize for v in served))
    travel = sum(route.travel_seconds for route in routes)
    waiting = sum(stop.waiting_seconds for route in routes for stop in route.stops)
    end_cost = sum(model.ends[t.shift].costs[t.end] for t in plan.tracks if t.stops)
    objective = (
        prize
        - problem.cost_per_travel_second * travel
        - problem.cost_per_waiting_second * waiting
        - problem.cost_per_shift * len(routes)
        - end_cost
    )
    missing = any(model.rank[v] < OPTIONAL and s < 0 for v, s in enumerate(plan.where))
    explainer = Explainer(plan)
    bound = max(objective, upper_bound(model, explainer.servable(), set() if missing else set(served)))
    proved = bound <= objective + RELATIVE * 1e-3 * max(1.0, abs(objective))
    return Solution(
        status=INFEASIBLE if missing else OPTIMAL if proved else FEASIBLE,
        objective=objective,
        prize=prize,
        travel_seconds=travel,
        travel_metres=_total([route.travel_metres for route in routes], plan),
        routes=routes,
        unserved=explainer.unserved(),
        bound=bound,
        solve_seconds=seconds,
        steps=steps,
        seed=seed,
        engine=engine,
    )


def _total(lengths: list[int | None], plan: Plan) -> int | None:
    if plan.model.problem.travel is None or plan.model.problem.travel.metres is None or None in lengths:
        return None
    return sum(length for length in lengths if length is not None)
