"""A proven upper bound on the objective, cheap enough for every plan."""

from __future__ import annotations

import math

import numpy as np

from gcrm.routing.model import FAR, Model
from gcrm.routing.problem import OPTIONAL


def upper_bound(model: Model, servable: list[int], must: set[int]) -> float:
    """Return a bound on the objective of plans that serve the visits `must` and others of `servable`.

    Half of each leg belongs to either of its ends, so a visit costs at least half of its shortest way in and half of its
    shortest way out, in money and in time. Choosing visits by what then remains of their prizes within the time of all
    shifts together is a knapsack, whose fractional optimum (Dantzig 1957) is the bound. Proven, but loose: it knows no
    windows and no order.
    """
    problem = model.problem
    ways = _half_ways(model)
    price = problem.cost_per_travel_second
    room = float(sum(_working_time(model, s) for s in range(len(model.ends))))
    total, wishes = 0.0, []
    for v in servable:
        net, time = float(model.prize[v]) - price * ways[v], model.duration[v] + ways[v]
        if v in must and model.rank[v] < OPTIONAL:
            total += net
            room -= time
        elif net > 0:
            wishes.append((net / time if time > 0 else math.inf, net, time))
    room = max(room, 0.0)
    for _, net, time in sorted(wishes, reverse=True):
        if time <= room:
            total += net
            room -= time
        else:
            return float(total + net * room / time)
    return float(total)


def _half_ways(model: Model) -> list[float]:
    """Return for each visit half of its shortest way in plus half of its shortest way out, over all shifts."""
    if not model.tables:
        return [0.0] * len(model.place)
    size = model.nowhere
    least = np.minimum.reduce(model.tables)[:size, :size].astype(float)
    np.fill_diagonal(least, FAR)
    used = sorted({*model.place, *(b for b in model.begins if b < size), *_end_places(model)})
    counts = np.bincount(model.place, minlength=size)
    # Two visits at one place, or a visit where a shift begins or ends, have no way between them.
    shared = (counts > 1) | np.isin(np.arange(size), [*(b for b in model.begins if b < size), *_end_places(model)])
    into = least[used].min(0)
    out = least[:, used].min(1)
    open_start = any(b == size for b in model.begins)
    open_end = any(p == size for ends in model.ends for p in ends.places)
    return [
        0.0
        if shared[p]
        else (0.0 if open_start else min(into[p], FAR) / 2) + (0.0 if open_end else min(out[p], FAR) / 2)
        for p in model.place
    ]


def _end_places(model: Model) -> list[int]:
    return [p for ends in model.ends for p in ends.places if p < model.nowhere]


def _working_time(model: Model, s: int) -> int:
    shift = model.problem.shifts[s]
    span = shift.end - shift.start
    return span if shift.max_work_seconds is None else min(span, shift.max_work_seconds)
