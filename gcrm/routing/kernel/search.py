"""The only door to the kernel: a model in, the best plan found out."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from gcrm.routing.kernel import walk as walking
from gcrm.routing.kernel.arrays import NEVER, Array, Given, given_of
from gcrm.routing.kernel.chance import seeded
from gcrm.routing.kernel.ref import given_ref, state_ref
from gcrm.routing.kernel.state import BEST, LAST, State, state_of
from gcrm.routing.model import Model, merged
from gcrm.routing.plan import Found, Narrow, Plan, Stops

FIRST_CHUNK = 4
CHUNK_SECONDS = 0.02


def search(
    model: Model,
    locked: Plan,
    most: int,
    go_on: Callable[[int], bool],
    seed: int,
    tell: Callable[[int, float], None] | None = None,
    start: Plan | None = None,
) -> Found:
    """Walk at most `most` steps while `go_on(steps)` says so; the same model, seed and steps give the same plan.

    Parameters
    ----------
    model : the problem as arrays
    locked : the plan that holds the locked stops alone
    go_on : asked every few hundredths of a second with the number of steps walked
    tell : called with steps and value when a better plan was found
    start : a plan to walk on from, with the locked stops of `locked`; what still fits is put in before the first step
    """
    g = given_of(model)
    serves_all = bool(len(model.rank)) and float((model.rank < 2).mean()) > 0.5
    p = state_of(g, _longest(model, g), seeded(seed), _memory(g))
    _lay(p, locked if start is None else start)
    steps = 0
    if len(g.place) and len(g.start):
        gr, pr = given_ref(tuple(g)), state_ref(tuple(p))
        walking.begin(gr, pr, serves_all)
        if tell is not None:
            tell(0, float(p.figures[BEST]))
        chunk, told = FIRST_CHUNK, float(p.figures[BEST])
        settings = _settings(model, g, p)
        while steps < most and steps - int(p.counts[LAST]) < _stale(g) and go_on(steps):
            now = min(chunk, most - steps)
            began = time.perf_counter()
            walking.walk(gr, pr, now, serves_all, *settings)
            steps += now
            spent = time.perf_counter() - began
            chunk = max(1, min(4 * chunk, int(now * CHUNK_SECONDS / max(spent, 1e-6))))
            if tell is not None and p.figures[BEST] > told:
                told = float(p.figures[BEST])
                tell(steps, told)
    return _found(model, p, len(g.start), steps)


def _longest(model: Model, g: Given) -> int:
    """Return how many stops a route can hold at most, by the shortest services and ways."""
    n = len(g.place)
    if not n or not len(g.start):
        return 1
    ways = g.travel[:, :, g.place].astype(np.int64)
    ways[:, g.place, np.arange(n)] = NEVER
    # Several visits at one place have no way between them.
    shared = np.bincount(g.place, minlength=g.travel.shape[1])[g.place] > 1
    least = np.where(shared, 0, ways.min(axis=(0, 1))) + g.duration
    room = int((g.end - g.start).max()) + int(least.max())
    return int(min(n, np.searchsorted(np.cumsum(np.sort(least)), room, side="right") + 2, g.most_visits.max() + 1))


def _memory(g: Given) -> int:
    return 200 if len(g.start) == 1 else 300 if len(g.start) <= 3 else 1000


def _stale(g: Given) -> int:
    """Return after how many steps without a better plan a small problem counts as searched through."""
    return 2_000 + 600 * len(g.place) * (1 if len(g.start) == 1 else 10)


def _settings(model: Model, g: Given, p: State) -> tuple[int, Array, float, float]:
    """Return patience, prices of travel, and the warmest and the coldest heat."""
    price = float(g.costs[0])
    prices = [price]
    if len(g.start) <= 8 and not model.thrifty:
        tau = float((g.end - g.start).sum()) / (float(p.prize[: len(g.start)].sum()) + 1)
        prices += [1 / (8 * tau), 1 / (3 * tau)] if tau > 0 else []
    legs = max(1, int((p.best_size[: len(g.start)]).sum()))
    mean = float(p.travel[: len(g.start)].sum()) / legs * max(price, 1e-12)
    patience = min(600 if len(g.start) == 1 else 1000, 100 + 25 * len(g.place))
    return patience, np.array(prices), max(1.0 * mean, 1e-12), max(0.01 * mean, 1e-14)


def _lay(p: State, plan: Plan) -> None:
    """Lay the stops of a plan into the empty one."""
    for s, track in enumerate(plan.tracks):
        p.size[s], p.end[s], p.fixed[s] = len(track.stops), track.end, plan.fixed[s]
        for k, v in enumerate(track.stops):
            p.seq[s, k] = v
            p.where[v] = s
    for v, windows in plan.narrow.items():
        p.since[v], p.until[v] = windows[0][0], windows[-1][1]


def _found(model: Model, p: State, shifts: int, steps: int) -> Found:
    stops = tuple(tuple(int(v) for v in p.best_seq[s, : p.best_size[s]]) for s in range(shifts))
    return Found(stops, tuple(int(end) for end in p.best_end[:shifts]), _narrow(model, p, stops), steps)


def _narrow(model: Model, p: State, stops: tuple[Stops, ...]) -> Narrow:
    """Return the windows of the visits that keep a distance from others of their group."""
    narrow = {}
    for v in (v for row in stops for v in row):
        since, until = int(p.best_since[v]), int(p.best_until[v])
        if since > -NEVER or until < NEVER:
            narrow[v] = tuple(
                (max(a, since), min(b, until)) for a, b in merged(list(model.windows[v])) if a <= until and b >= since
            )
    return narrow
