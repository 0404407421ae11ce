"""Taking a plan apart: stretches of one or two neighbouring routes, strings around a place, whole groups.

Ruin and recreate is Schrimpf et al. (2000); the strings of adjacent routes are SISR's (Christiaens and Vanden Berghe 2020).
"""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.chance import below, unit
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import take_out

compiled = compiler(Path(__file__).parent)

MEAN_REMOVED = 10.0
LONGEST_STRING = 10
WIDE_REMOVED = 20.0
LONGEST_WIDE = 30
WIDE_SHARE = 0.5
FEW_VISITS = 256
SPLIT = 0.5
TRIES = 10
CHAINED = 0.5


@compiled
def choose_routes(g, p):
    """Put a random route, and mostly a second one that passes near it, into `chosen`; return how many."""
    shifts = len(g.start)
    first = below(p.dice, shifts)
    p.chosen[0] = first
    if shifts == 1 or unit(p.dice) < 0.25:
        return 1
    if shifts <= 3 or p.size[first] == 0:
        other = below(p.dice, shifts)
        p.chosen[1] = other
        return 1 if other == first else 2
    if g.chain[first] >= 0 and unit(p.dice) < CHAINED:
        for s in range(shifts):
            if g.follows[s] == first:
                p.chosen[1] = s
                return 2
    for _ in range(20):
        v = p.seq[first, below(p.dice, p.size[first])]
        u = g.near[v, below(p.dice, g.near.shape[1])]
        if u >= 0 and p.where[u] >= 0 and p.where[u] != first:
            p.chosen[1] = p.where[u]
            return 2
    return 1


@compiled
def ruin_stretch(g, p, s, alone):
    """Take a stretch out of a route and now and then one stop more."""
    free = p.size[s] - p.fixed[s]
    if free <= 0:
        return
    most = min(free, max(5 if alone else 3, free // 3))
    length = 1 + below(p.dice, most)
    at = p.fixed[s] + below(p.dice, free - length + 1)
    for k in range(at, at + length):
        p.gone[p.seq[s, k]] = True
    if unit(p.dice) < 1 / 3:
        p.gone[p.seq[s, p.fixed[s] + below(p.dice, free)]] = True
    take_out(g, p, s)


@compiled
def ruin_around(g, p, s, alone):
    """Make room where a random unserved visit near to the route would go; return it, -1 where there is none."""
    size, fixed = p.size[s], p.fixed[s]
    free = size - fixed
    if free <= 0:
        return -1
    wanted = -1
    for _ in range(TRIES):
        u = g.near[p.seq[s, fixed + below(p.dice, free)], below(p.dice, g.near.shape[1])]
        if u >= 0 and p.where[u] < 0 and g.fits[s, u]:
            wanted = u
            break
    if wanted < 0:
        return -1
    on, to = g.travel[g.factor[s], g.place[wanted]], g.travel_to[g.factor[s], g.place[wanted]]
    gap, least = fixed, NO_WAY
    for k in range(fixed, size + 1):
        more = int(to[p.path[s, k]]) + int(on[p.path[s, k + 1]]) - p.ways[s, k]
        if more < least:
            gap, least = k, more
    length = 1 + below(p.dice, min(free, max(5 if alone else 3, free // 3)))
    first = min(max(gap - below(p.dice, length + 1), fixed), size - length)
    for k in range(first, first + length):
        p.gone[p.seq[s, k]] = True
    take_out(g, p, s)
    return wanted


@compiled
def ruin_strings(g, p, patterned):
    """Take strings out of the routes near a random visit; return the visits taken, at the front of `queue`.

    Where few visits keep day patterns every other ruin is a wide one: whole clusters change their days together there. With
    many visits as much time goes further in narrow ones.
    """
    n, used, served = len(g.place), 0, 0
    for s in range(len(g.start)):
        if p.size[s] > p.fixed[s]:
            used += 1
            served += p.size[s] - p.fixed[s]
    if not used:
        return 0
    mean, longest = MEAN_REMOVED, float(LONGEST_STRING)
    if patterned and n < FEW_VISITS and unit(p.dice) < WIDE_SHARE:
        mean, longest = WIDE_REMOVED, float(LONGEST_WIDE)
    longest = min(longest, served / used)
    strings = int(1 + unit(p.dice) * (4 * mean / (1 + longest) - 1))
    seed = below(p.dice, n)
    count, met = 0, 0
    for i in range(-1, g.near.shape[1]):
        if met >= strings:
            break
        v = seed if i < 0 else g.near[seed, i]
        if v < 0 or p.where[v] < 0:
            continue
        s = p.where[v]
        again = False
        for j in range(met):
            again = again or p.chosen[j] == s
        if again:
            continue
        size, fixed = p.size[s], p.fixed[s]
        at = 0
        while p.seq[s, at] != v:
            at += 1
        if at < fixed:
            continue
        p.chosen[met] = s
        met += 1
        free = size - fixed
        length = int(1 + unit(p.dice) * min(longest, float(free)))
        length = min(length, free)
        spared = 0
        if length > 1 and length < free and unit(p.dice) < SPLIT:
            spared = 1
            while length + spared < free and unit(p.dice) > 0.01 and spared < length:
                if unit(p.dice) < 0.5:
                    break
                spared += 1
        whole = length + spared
        low = max(fixed, at - whole + 1)
        high = min(at, size - whole)
        first = low + below(p.dice, max(1, high - low + 1))
        gap = first + below(p.dice, length + 1) if spared else size
        for k in range(first, first + whole):
            if gap <= k < gap + spared:
                continue
            p.gone[p.seq[s, k]] = True
        for k in range(first, min(first + whole, size)):
            u = p.seq[s, k]
            if p.gone[u] and k >= fixed:
                p.queue[count] = u
                count += 1
        take_out(g, p, s)
    return count


@compiled
def ruin_group(g, p, group):
    """Take all visits of a group out that are not locked."""
    for i in range(g.member_of[group], g.member_of[group + 1]):
        v = g.members[i]
        if p.where[v] >= 0:
            p.gone[v] = True
            if take_out(g, p, p.where[v]) == 0:
                p.gone[v] = False
