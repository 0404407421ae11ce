"""Putting a plan together: visits worth most for their time first, or required ones each at its best place.

The ratio of prize to time is the classic greedy of orienteering (Tsiligirides 1984), made random by a power of the prize and
a liking for each visit; required visits follow SISR's greedy insertion with blinks (Christiaens and Vanden Berghe 2020).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.arrays import NEVER, NO_WAY
from gcrm.routing.kernel.chance import below, unit
from gcrm.routing.kernel.gaps import added_at, best_gap, is_spare, still_fits
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.patterns import insert_group
from gcrm.routing.kernel.state import chain_value, is_full, put_in, take_out

compiled = compiler(Path(__file__).parent)

BLINK = 0.01


@compiled
def fill(g, p, routes, candidates, power, thrift, blink):
    """Insert the first `candidates` visits of `queue` into the first `routes` of `chosen` until none fits that pays.

    Those of a lower rank first, each of these where it adds least; then by prize to the power over time added, times the
    visit's liking. `thrift` is the share of the price of travel that is seen, `blink` how often a gap is overlooked.
    """
    price = p.price[0] * thrift
    unseen = g.costs[1] > 0 or g.costs[2] > 0
    for r in range(routes):
        unseen = unseen or g.chain[p.chosen[r]] >= 0
    for r in range(routes):
        for c in range(candidates):
            p.added[c, r], p.gap[c, r] = best_gap(g, p, p.chosen[r], p.chosen[r], p.queue[c], NO_WAY, blink)
            p.dirty[c, r] = False
    for c in range(candidates):
        p.keys[c] = np.exp(power * g.magnitude[p.queue[c]]) * p.liking[p.queue[c]] if price == 0.0 else 0.0
    inserted = 0
    while candidates:
        chosen, route, best, rank = -1, -1, 0.0, 2
        c = 0
        while c < candidates:
            v, near = p.queue[c], _nearest(p, c, routes)
            if p.added[c, near] >= NO_WAY:
                # It fits nowhere, and will not later.
                candidates -= 1
                _move(p, candidates, c, routes)
                continue
            score = _score(g, p, c, near, price, power)
            if g.rank[v] < rank or (g.rank[v] == rank and score > best):
                if p.dirty[c, near]:
                    # What was noted is a bound, from before the last insertions: look, and compare once more.
                    _look_again(g, p, c, near)
                    continue
                if score > 0:
                    chosen, route, best, rank = c, near, score, g.rank[v]
            c += 1
        if chosen < 0:
            break
        v, s = p.queue[chosen], p.chosen[route]
        if is_full(g, p, v):
            candidates -= 1
            _move(p, candidates, chosen, routes)
            continue
        gap, worth = p.gap[chosen, route], chain_value(g, p, s)
        held = put_in(g, p, v, s, gap)
        if not held:
            gap = _elsewhere(g, p, v, s, gap)
            held = gap >= 0
        if held and thrift == 1.0 and unseen and rank == 2 and chain_value(g, p, s) < worth:
            # The ratio saw travel alone; with waiting, a shift of its own, or what the next day drives, it does not pay.
            p.gone[v] = True
            take_out(g, p, s)
            held = False
        if not held:
            # A rule that the labels do not see: not in this shift, this time.
            p.added[chosen, route] = NO_WAY
            continue
        inserted += 1
        candidates -= 1
        _move(p, candidates, chosen, routes)
        for c in range(candidates):
            _after_insertion(g, p, c, route, s, gap)
    return inserted


@compiled
def _nearest(p, c, routes):
    """Return the route to which a candidate adds least."""
    near = 0
    for r in range(1, routes):
        if p.added[c, r] < p.added[c, near]:
            near = r
    return near


@compiled
def _score(g, p, c, route, price, power):
    """Return how much a candidate is wanted in a route: less, the more it adds."""
    v, more = p.queue[c], p.added[c, route]
    if g.rank[v] < 2:
        return p.liking[v] / (max(more, 0) + 1)
    if price == 0.0:
        return p.keys[c] / (max(more, 0) + g.duration[v] + 1)
    gain = g.prize[v] - price * more
    return gain**power * p.liking[v] / (max(more, 0) + g.duration[v] + 1) if gain > 0 else 0.0


@compiled
def _elsewhere(g, p, v, s, tried):
    """Insert a visit where bounds on work, which no label sees, allow it; return the gap, -1 for none."""
    if g.most_work[s] == NEVER and g.rep[s] < 0:
        return -1
    for k in range(p.fixed[s], p.size[s] + 1):
        if k != tried and still_fits(g, p, s, k, v) and put_in(g, p, v, s, k):
            return k
    return -1


@compiled
def _move(p, source, target, routes):
    p.queue[target] = p.queue[source]
    p.keys[target] = p.keys[source]
    for r in range(routes):
        p.added[target, r], p.gap[target, r] = p.added[source, r], p.gap[source, r]
        p.dirty[target, r] = p.dirty[source, r]


@compiled
def _after_insertion(g, p, c, route, s, gap):
    """Bound what a candidate adds to a route after an insertion at `gap`: what fitted may not, and two gaps are new.

    The bound is from below, so only a candidate that leads with it has to be looked at.
    """
    if p.added[c, route] >= NO_WAY:
        return
    v, old = p.queue[c], p.gap[c, route]
    if old == gap:
        p.gap[c, route] = -1
    elif old > gap:
        p.gap[c, route] = old + 1
    p.dirty[c, route] = True
    for k in range(gap, gap + 2):
        more = added_at(g, p, s, k, v)
        if more < p.added[c, route]:
            p.added[c, route], p.gap[c, route] = more, -1


@compiled
def _look_again(g, p, c, route):
    """Find a candidate's best gap in a route as it is now."""
    v, s, gap = p.queue[c], p.chosen[route], p.gap[c, route]
    if gap < 0 or not still_fits(g, p, s, gap, v):
        p.added[c, route], p.gap[c, route] = best_gap(g, p, s, s, v, NO_WAY, 0.0)
    p.dirty[c, route] = False


@compiled
def require(g, p, count):
    """Insert the first `count` visits of `queue`, each at its best place over all shifts; return how many stay out.

    Their order is random, by duration and load, by tightness, or by distance from where shifts begin.
    """
    _sort(g, p, count)
    out = 0
    for i in range(count):
        v = p.queue[i]
        if p.where[v] >= 0 or is_full(g, p, v):
            continue
        group = g.group[v]
        if group >= 0 and g.patterned[group]:
            if not insert_group(g, p, group, BLINK):
                out += 1
            continue
        if not insert_best(g, p, v, BLINK):
            out += 1
    return out


@compiled
def insert_best(g, p, v, blink):
    """Insert a visit where it adds least over all shifts."""
    shifts = len(g.start)
    for _ in range(3):
        best, gap, shift = float(NO_WAY), -1, -1
        for s in range(shifts):
            if is_spare(g, p, s):
                continue
            more, k = best_gap(g, p, s, s, v, NO_WAY, blink)
            cost = float(more)
            if p.size[s] == 0 and p.price[0] > 0:
                cost += g.costs[2] / p.price[0]
            if more < NO_WAY and cost < best:
                best, gap, shift = cost, k, s
        if shift < 0:
            return False
        if put_in(g, p, v, shift, gap):
            return True
        # A rule of the whole rep or group is in the way there: look elsewhere, with other blinks.
        blink = 0.5
    return False


@compiled
def _sort(g, p, count):
    way = below(p.dice, 11)
    for i in range(count):
        v = p.queue[i]
        key = unit(p.dice)
        if 4 <= way < 8:
            key = -(g.load[v] if g.load[v] > 0 else float(g.duration[v]))
        elif way >= 8 and len(g.start):
            begin, f = p.path[0, 0], g.factor[0]
            distance = float(g.travel[f, begin, g.place[v]])
            key = -distance if way == 8 else distance
            if way == 10:
                key = float(g.closes[v, g.windows[v] - 1] - g.opens[v, 0])
        # Lower ranks go first, whatever the order.
        p.keys[i] = key + g.rank[v] * 1e15
    sort_queue(p, count)


@compiled
def sort_queue(p, count):
    """Sort the first `count` visits of `queue` by their `keys`, least first (Shell 1959)."""
    step = 1
    while step < count // 3:
        step = 3 * step + 1
    while step:
        for i in range(step, count):
            key, v, j = p.keys[i], p.queue[i], i
            while j >= step and p.keys[j - step] > key:
                p.keys[j], p.queue[j] = p.keys[j - step], p.queue[j - step]
                j -= step
            p.keys[j], p.queue[j] = key, v
        step //= 3
