"""Putting a plan together: visits worth most for their time first, or required ones each at its best place.

The ratio of prize to time is the classic greedy of orienteering (Tsiligirides 1984), made random by a power of the prize and
a liking for each visit; required visits follow SISR's greedy insertion with blinks (Christiaens and Vanden Berghe 2020).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.arrays import NEVER, NO_WAY
from gcrm.routing.kernel.chance import below, unit
from gcrm.routing.kernel.gaps import best_gap, is_spare, still_fits
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.patterns import insert_group
from gcrm.routing.kernel.scan import NOWHERE, added_by, best_spots, gap_of, line_up, spot
from gcrm.routing.kernel.state import chain_value, is_full, put_in, take_out

compiled = compiler(Path(__file__).parent)

BLINK = 0.01
MANY_SHIFTS = 20


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
        if blink == 0.0:
            _scan(g, p, p.chosen[r], r, candidates)
            continue
        for c in range(candidates):
            more, gap = best_gap(g, p, p.chosen[r], p.chosen[r], p.queue[c], NO_WAY, blink)
            p.spot[r, c] = spot(more, gap) if more < NO_WAY else NOWHERE
    for c in range(candidates):
        p.keys[c] = np.exp(power * g.magnitude[p.queue[c]]) * p.liking[p.queue[c]] if price == 0.0 else 0.0
    inserted = 0
    while candidates:
        chosen, route, best, rank = -1, -1, 0.0, 2
        c = 0
        while c < candidates:
            near = 0
            for r in range(1, routes):
                if p.spot[r, c] < p.spot[near, c]:
                    near = r
            if p.spot[near, c] >= NOWHERE:
                # It fits nowhere, and will not later.
                candidates -= 1
                _move(p, candidates, c, routes)
                continue
            v = p.queue[c]
            score = _score(g, p, v, p.keys[c], max(added_by(p.spot[near, c]), 0), price, power)
            if (g.rank[v] < rank or (g.rank[v] == rank and score > best)) and score > 0:
                chosen, route, best, rank = c, near, score, g.rank[v]
            c += 1
        if chosen < 0:
            break
        v, s, gap = p.queue[chosen], p.chosen[route], gap_of(p.spot[route, chosen])
        if is_full(g, p, v):
            candidates -= 1
            _move(p, candidates, chosen, routes)
            continue
        worth = chain_value(g, p, s)
        held = put_in(g, p, v, s, gap) or _elsewhere(g, p, v, s, gap)
        if held and thrift == 1.0 and unseen and rank == 2 and chain_value(g, p, s) < worth:
            # The ratio saw travel alone; with waiting, a shift of its own, or what the next day drives, it does not pay.
            p.gone[v] = True
            take_out(g, p, s)
            held = False
        if not held:
            # A rule that the labels do not see: not in this shift, this time.
            p.spot[route, chosen] = NOWHERE
            continue
        inserted += 1
        candidates -= 1
        _move(p, candidates, chosen, routes)
        _scan_again(g, p, s, route, candidates)
    return inserted


@compiled
def _scan(g, p, s, route, candidates):
    line_up(g, p, s, candidates, g.most_load[s] - p.load[s])
    best_spots(g, p, s, s, route, candidates)


@compiled
def _scan_again(g, p, s, route, candidates):
    """Find the best places of a route again after an insertion; what fitted nowhere before still does not."""
    for c in range(candidates):
        p.before[c] = p.spot[route, c]
    _scan(g, p, s, route, candidates)
    for c in range(candidates):
        if p.before[c] >= NOWHERE:
            p.spot[route, c] = NOWHERE


@compiled
def _score(g, p, v, key, more, price, power):
    """Return how much a visit is wanted: less, the more it adds; `key` is its worth where travel has no price."""
    if g.rank[v] < 2:
        return p.liking[v] / (more + 1)
    if price == 0.0:
        return key / (more + g.duration[v] + 1)
    gain = g.prize[v] - price * more
    return gain**power * p.liking[v] / (more + g.duration[v] + 1) if gain > 0 else 0.0


@compiled
def _elsewhere(g, p, v, s, tried):
    """Insert a visit where bounds on work, which no label sees, allow it; say whether it could be."""
    if g.most_work[s] == NEVER and g.rep[s] < 0:
        return False
    for k in range(p.fixed[s], p.size[s] + 1):
        if k != tried and still_fits(g, p, s, k, v) and put_in(g, p, v, s, k):
            return True
    return False


@compiled
def _move(p, source, target, routes):
    p.queue[target] = p.queue[source]
    p.keys[target] = p.keys[source]
    for r in range(routes):
        p.spot[r, target] = p.spot[r, source]


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
    few = shifts > MANY_SHIFTS and _mark_near(g, p, v)
    for _ in range(3):
        best, gap, shift = float(NO_WAY), -1, -1
        for s in range(shifts):
            if (few and not p.nearby[s] and p.size[s] > 0) or is_spare(g, p, s):
                continue
            more, k = best_gap(g, p, s, s, v, NO_WAY, blink)
            cost = float(more)
            if p.size[s] == 0 and p.price[0] > 0:
                cost += g.costs[2] / p.price[0]
            if more < NO_WAY and cost < best:
                best, gap, shift = cost, k, s
        if shift < 0 and not few:
            return False
        if shift >= 0 and put_in(g, p, v, shift, gap):
            return True
        # A rule of the whole rep or group is in the way there: look elsewhere, with other blinks.
        blink, few = 0.5, False
    return False


@compiled
def _mark_near(g, p, v):
    """Mark in `nearby` the shifts that serve one of the visits nearest to `v`; say whether there are enough."""
    p.nearby[:] = False
    count = 0
    for i in range(g.near.shape[1]):
        u = g.near[v, i]
        if u >= 0 and p.where[u] >= 0 and not p.nearby[p.where[u]]:
            p.nearby[p.where[u]] = True
            count += 1
    return count >= MANY_SHIFTS // 2


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
