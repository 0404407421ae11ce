"""Filling a plan: the unserved visits go in one by one, the most worth for the time they take first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from random import Random

import numpy as np

from gcrm.routing.model import FAR, Floats, Ints
from gcrm.routing.plan import Plan
from gcrm.routing.problem import OPTIONAL

# Seconds of travel, whole or weighed by a liking.
Costs = Ints | Floats


@dataclass(frozen=True, slots=True)
class Taste:
    """How this filling ranks candidates: a power of the prize, a factor for each visit, and one for the travel it
    adds to each shift, (S, n) or (S, 1).

    With `wandering` seconds of random dislike for each gap, visits also go where it is not the shortest.
    """

    power: float
    factors: Floats
    travel_price: float
    shifts: Floats
    regret: bool = False
    wandering: int = 0


def fill(plan: Plan, shifts: list[int], taste: Taste, random: Random) -> None:
    """Insert unserved visits into `shifts` until none fits that is worth it."""
    if any(patterns is not None for patterns in plan.model.group_patterns):
        fill_patterns(plan, taste, random)
    candidates = _candidates(plan, shifts)
    if not len(candidates) or not shifts:
        return
    model = plan.model
    liking = taste.shifts[shifts]
    worth = np.power(model.prize, taste.power) * taste.factors
    rows = [_row(plan, s, candidates, taste.wandering, random) for s in shifts]
    while len(candidates):
        added: Costs = rows[0][0][None, :]
        if len(rows) > 1:
            added = np.array([row[0] for row in rows]) * (liking[:, candidates] if liking.shape[1] > 1 else liking)
        best = added.min(0)
        fits = best < FAR
        if not fits.all():
            keep = np.flatnonzero(fits)
            candidates, best = candidates[keep], best[keep]
            rows = [(row[0][keep], row[1][keep]) for row in rows]
            added = added[:, keep]
            if not len(candidates):
                return
        i = _choice(plan, candidates, added, best, worth, taste)
        if i < 0:
            return
        r = int(added[:, i].argmin())
        v, s = int(candidates[i]), shifts[r]
        if not plan.insert(v, s, int(rows[r][1][i])):
            # A rule that the test of all at once cannot see: not in this shift, this time.
            rows[r][0][i] = 2 * FAR
            continue
        keep = candidates != v
        g = model.group[v]
        if g >= 0 and plan.full(v):
            keep &= np.isin(candidates, model.members[g], invert=True)
        kept = np.flatnonzero(keep)
        candidates = candidates[kept]
        changed = {s, *_chained(plan, s)}
        if model.rep_of[s] < 0:
            rows = [
                _row(plan, t, candidates, taste.wandering, random) if t in changed else (row[0][kept], row[1][kept])
                for t, row in zip(shifts, rows, strict=True)
            ]
        else:
            rows = [_row(plan, t, candidates, taste.wandering, random) for t in shifts]


def _chained(plan: Plan, s: int) -> list[int]:
    following = list(plan.model.followers[s])
    return following + [t for f in following for t in _chained(plan, f)]


def _candidates(plan: Plan, shifts: list[int]) -> Ints:
    model = plan.model
    free = np.array(plan.where) < 0
    free &= model.fits[shifts].any(0) if len(shifts) > 1 else model.fits[shifts[0]]
    for g, most in enumerate(model.group_most):
        served = sum(plan.where[v] >= 0 for v in model.members[g])
        if served >= most or model.group_patterns[g] is not None:
            free[model.members[g]] = False
    return np.flatnonzero(free)


def _row(plan: Plan, s: int, candidates: Ints, wandering: int = 0, random: Random | None = None) -> tuple[Ints, Ints]:
    """Return the added travel and the gap of each candidate in a shift."""
    track, model = plan.tracks[s], plan.model
    if wandering and random is not None and track.stops:
        gaps = len(track.stops) + 1 - plan.fixed[s]
        dislike = np.array([random.randrange(wandering) for _ in range(gaps)])
        added, gap = plan.tracks_of.insertions(track, candidates, plan.fixed[s], dislike)
    elif track.table is not None:
        added, gap = track.table
        added, gap = added[candidates], gap[candidates]
    elif len(model.ends) > 1 and 3 * len(candidates) > len(model.place):
        # In a plan of several shifts most tracks stay as they are, and their tables serve again.
        track.table = plan.tracks_of.insertions(track, None, plan.fixed[s])
        added, gap = track.table
        added, gap = added[candidates], gap[candidates]
    else:
        added, gap = plan.tracks_of.insertions(track, candidates, plan.fixed[s])
    if not model.fits[s].all():
        added = np.where(model.fits[s][candidates], added, 2 * FAR)
    return added, gap


def _choice(plan: Plan, candidates: Ints, added: Costs, best: Costs, worth: Floats, taste: Taste) -> int:
    """Return which candidate goes in next, -1 for none."""
    model = plan.model
    ranks = model.rank[candidates]
    rank = int(ranks.min())
    if rank < OPTIONAL:
        own = np.flatnonzero(ranks == rank)
        costs = best[own] * taste.factors[candidates[own]]
        if taste.regret and len(added) > 1:
            ordered = np.partition(np.minimum(added[:, own], 10**7), 1, axis=0)
            costs = (ordered[0] - ordered[1]) * taste.factors[candidates[own]] + 1e-3 * costs
        return int(own[int(costs.argmin())])
    more = np.maximum(best, 0)
    if model.thrifty:
        gain = model.prize[candidates] - taste.travel_price * best
        gain = np.where(gain > 0, gain, 0.0) ** taste.power * taste.factors[candidates]
    else:
        gain = worth[candidates]
    score = gain / (more + model.durations[candidates] + 1)
    i = int(score.argmax())
    return i if score[i] > 0 else -1


def fill_patterns(plan: Plan, taste: Taste, random: Random, only: int = -1, always: bool = False) -> None:
    """Serve groups on whole day patterns: of each group the pattern that adds least, all its visits or none.

    With `only`, that group alone; with `always`, even where it is not worth it.
    """
    model = plan.model
    groups = [g for g, patterns in enumerate(model.group_patterns) if patterns is not None and model.members[g]]
    groups = [g for g in groups if only in (-1, g)]
    order = sorted(groups, key=lambda g: random.random() * (1 + sum(model.load[v] for v in model.members[g])))
    for g in reversed(order):
        days = frozenset(plan.days(g))
        patterns = model.group_patterns[g] or []
        if days in patterns and not any(days < pattern for pattern in patterns):
            continue
        offers = sorted(
            (
                offer
                for pattern in patterns
                if days < pattern
                if (offer := _offer(plan, g, pattern - days, taste, random))
            ),
            key=lambda offer: -offer[0],
        )
        for gain, visits in islice(offers, 3):
            if (gain > 0 or always) and _serve(plan, visits, taste):
                break


def _offer(
    plan: Plan, g: int, days: frozenset[int], taste: Taste, random: Random
) -> tuple[float, list[tuple[int, int]]] | None:
    """Return what serving the group on these days is worth, and which visit goes to which day."""
    model = plan.model
    free = [v for v in model.members[g] if plan.where[v] < 0]
    served = len(model.members[g]) - len(free)
    if len(free) < len(days) or served + len(days) > model.group_most[g]:
        return None
    gain, chosen = 0.0, list[tuple[int, int]]()
    costs = {day: _day_costs(plan, day, free) for day in days}
    for day in sorted(days, key=lambda d: (int((costs[d] < FAR).sum()), d)):
        # Weight first: a must-visit of the group goes before an optional one.
        keys = [(-model.weight[v], int(costs[day][i]), i) for i, v in enumerate(free) if costs[day][i] < FAR]
        keys = [key for key in keys if free[key[2]] not in {v for v, _ in chosen}]
        if not keys:
            return None
        weight, cost, i = min(keys)
        gain += -weight - taste.travel_price * cost * (0.8 + 0.4 * random.random())
        chosen.append((free[i], day))
    return gain, chosen


def _day_costs(plan: Plan, day: int, visits: list[int]) -> Ints:
    shifts = [s for s, shift in enumerate(plan.model.problem.shifts) if shift.day == day]
    own = np.array(visits)
    rows = [_row(plan, s, own)[0] for s in shifts]
    best: Ints = np.min(rows, axis=0) if rows else np.full(len(visits), 2 * FAR)
    return best


def _serve(plan: Plan, visits: list[tuple[int, int]], taste: Taste) -> bool:
    """Serve visits on their days, all or none."""
    tracks, where, narrow = plan.tracks[:], plan.where[:], plan.narrow
    for v, day in visits:
        own = np.array([v])
        offers = []
        for s, shift in enumerate(plan.model.problem.shifts):
            if shift.day == day:
                added, gap = _row(plan, s, own)
                if added[0] < FAR:
                    offers.append((float(added[0] * taste.factors[v]), s, int(gap[0])))
        if not any(plan.insert(v, s, gap) for _, s, gap in sorted(offers)):
            plan.tracks, plan.where, plan.narrow = tracks, where, narrow
            return False
    return True
