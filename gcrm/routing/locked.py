"""The stops that a plan must begin with, as many of them as can be kept."""

from __future__ import annotations

from itertools import combinations

from gcrm.routing.plan import Plan
from gcrm.routing.track import Tracks


def locked_plan(tracks_of: Tracks) -> Plan:
    """Return the plan that holds the locked stops alone, as many of them as can be kept."""
    plan = Plan(tracks_of)
    model = plan.model
    index = {visit.id: v for v, visit in enumerate(model.problem.visits)}
    locked = {lock.shift: [index[name] for name in lock.stops] for lock in model.problem.locked}
    for s in model.order:
        stops = [v for v in locked.get(model.problem.shifts[s].id, []) if model.fits[s][v]]
        for kept in _subsets(stops):
            trial = plan.copy()
            trial.fixed = plan.fixed[:]
            if any(_grow(trial, s, kept, end) for end in range(len(model.ends[s].places))):
                plan = trial
                break
    return plan


def _subsets(stops: list[int]) -> list[list[int]]:
    """Return the stops, then with ever more of them left out; of long lists only whole beginnings."""
    if len(stops) > 10:
        return [stops[:size] for size in range(len(stops), 0, -1)]
    return [list(kept) for size in range(len(stops), 0, -1) for kept in combinations(stops, size)]


def _grow(plan: Plan, s: int, stops: list[int], end: int) -> bool:
    tracks, where, fixed, narrow = plan.tracks[:], plan.where[:], plan.fixed[:], plan.narrow
    if plan.put(s, (), end):
        for k, v in enumerate(stops):
            if plan.full(v) or not plan.insert(v, s, k):
                break
            plan.fixed[s] = k + 1
        else:
            return True
    plan.tracks, plan.where, plan.fixed, plan.narrow = tracks, where, fixed, narrow
    return False
