"""When a route can be where: labels that answer in O(1) whether a visit fits.

`early[b][k]` is the earliest departure after k stops with the first b breaks taken, `late[b][k]` the latest arrival at stop
k (at the end, for the last) from which the rest can be kept when b breaks are taken: forward and backward time slack
(Savelsbergh 1985) with the breaks pending or done as a second index. Breaks are taken in the order of the middles of their
windows. Earliest departures and latest arrivals are monotone in time, so several windows a visit need no more labels.
"""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NEVER, NO_WAY
from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)


@compiled
def leg(g, s, a, b):
    """Return the seconds from place `a` to place `b` in shift `s`."""
    return int(g.travel[g.factor[s], a, b])


@compiled
def begin_of(g, p, s):
    """Return the place where shift `s` begins: its own, or where the shift before it ends, or began if it is not used."""
    while g.follows[s] >= 0:
        before = g.follows[s]
        size = p.size[before]
        if size > 0:
            end = g.end_place[before, p.end[before]]
            # The last place of all is nowhere: then the shift ends at its last stop.
            return g.place[p.seq[before, size - 1]] if end == g.travel.shape[1] - 1 else end
        s = before
    return g.begin[s]


@compiled
def done(g, p, v, t):
    """Return when visit `v` is over that is reached at `t`: it starts in the first window that can still be met."""
    for w in range(g.windows[v]):
        close = min(g.closes[v, w], p.until[v])
        open_ = max(g.opens[v, w], p.since[v])
        if t <= close and open_ <= close:
            return max(t, open_) + g.duration[v]
    return NEVER


@compiled
def reached(g, p, v, depart):
    """Return the latest arrival at visit `v` with which it is over by `depart`."""
    t = depart - g.duration[v]
    for w in range(g.windows[v] - 1, -1, -1):
        close = min(g.closes[v, w], p.until[v])
        open_ = max(g.opens[v, w], p.since[v])
        if t >= open_ and open_ <= close:
            return min(t, close)
    return -NEVER


@compiled
def rested(g, s, b, after, t):
    """Return when the breaks b to after - 1 are over that may begin at `t`, one after another."""
    for i in range(b, after):
        t = max(t, g.rest_first[s, i])
        if t > g.rest_last[s, i]:
            return NEVER
        t += g.rest_seconds[s, i]
    return t


@compiled
def resting(g, s, b, after):
    """Return the seconds of the breaks b to after - 1."""
    total = 0
    for i in range(b, after):
        total += g.rest_seconds[s, i]
    return total


@compiled
def last_rest(g, s, b, after, arrive):
    """Return the latest start of a row of breaks that is over by `arrive`, or never."""
    over, bound, before = -NEVER, NEVER, 0
    for i in range(b, after):
        over = max(over, g.rest_first[s, i])
        if over > g.rest_last[s, i]:
            return -NEVER
        over += g.rest_seconds[s, i]
        bound = min(bound, g.rest_last[s, i] - before)
        before += g.rest_seconds[s, i]
    return bound if over <= arrive else -NEVER


@compiled
def ready(g, s, early, k, after, way):
    """Return the earliest time of having driven `way` after k stops and rested until `after` breaks are taken."""
    best = early[after, k] + way
    for b in range(after):
        t = early[b, k]
        if t < NEVER:
            best = min(best, max(t + way + resting(g, s, b, after), rested(g, s, b, after, t)))
    return best


@compiled
def leaving(g, s, late, k, b, way):
    """Return the latest departure, b breaks taken, to arrive at k after `way` and be rested in time."""
    best = late[b, k] - way
    for after in range(b + 1, g.rests[s] + 1):
        t = late[after, k]
        if t > -NEVER:
            bound = last_rest(g, s, b, after, t)
            best = max(best, min(bound, t - resting(g, s, b, after) - way))
    return best


@compiled
def fits(g, p, s, r, k, onward, v, way, away):
    """Say whether visit `v` fits after k stops of row `r` when the row goes on at stop `onward`.

    `way` and `away` are the seconds to it and from it to where the row goes on; `s` is the shift whose row it is.
    """
    early, late = p.early[r], p.late[r]
    if g.rests[s] == 0:
        return done(g, p, v, early[0, k] + way) + away <= late[0, onward]
    for b in range(g.rests[s] + 1):
        t = ready(g, s, early, k, b, way)
        if t < NEVER:
            t = done(g, p, v, t)
            if t < NEVER and t <= leaving(g, s, late, onward, b, away):
                return True
    return False


@compiled
def label(g, p, s, r):
    """Compute the labels and the travel of row `r` as a route of shift `s`; say whether it can be kept."""
    size, rests = p.size[r], g.rests[s]
    early, late, seq, path, ways = p.early[r], p.late[r], p.seq[r], p.path[r], p.ways[r]
    travel_in, places = g.travel[g.factor[s]], g.place
    for b in range(rests + 1):
        early[b, 0] = NEVER
    early[0, 0] = g.start[s]
    path[0] = begin_of(g, p, s)
    path[size + 1] = g.end_place[s, p.end[r]]
    travel = 0
    for k in range(size):
        v = seq[k]
        path[k + 1] = places[v]
        way = int(travel_in[path[k], path[k + 1]])
        if way >= NO_WAY:
            return False
        ways[k] = way
        travel += way
        possible = False
        for b in range(rests + 1):
            t = ready(g, s, early, k, b, way) if rests else early[0, k] + way
            if t < NEVER:
                t = done(g, p, v, t)
            if t < NEVER:
                possible = True
            early[b, k + 1] = min(t, NEVER)
        if not possible:
            return False
    for b in range(rests):
        late[b, size] = -NEVER
    late[rests, size] = g.end[s]
    if size == 0:
        # An unused shift ends where it began: no travel, no break.
        p.travel[r] = 0
        ways[0] = 0
        _label_rests(g, p, s, r)
        return True
    way = int(travel_in[path[size], path[size + 1]])
    ways[size] = way
    travel += way
    if way >= NO_WAY or travel > g.most_travel[s] or ready(g, s, early, size, rests, way) > g.end[s]:
        return False
    p.travel[r] = travel
    for k in range(size - 1, -1, -1):
        v = seq[k]
        for b in range(rests + 1):
            t = leaving(g, s, late, k + 1, b, ways[k + 1]) if rests else late[0, k + 1] - ways[k + 1]
            late[b, k] = reached(g, p, v, t) if t > -NEVER else -NEVER
    _label_rests(g, p, s, r)
    return True


@compiled
def _label_rests(g, p, s, r):
    """Note what the test of an insertion needs of a single break."""
    if g.rests[s] == 1:
        for k in range(p.size[r] + 1):
            t = p.early[r, 0, k]
            p.rest_ready[r, k] = rested(g, s, 0, 1, t) if t < NEVER else NEVER
            p.rest_bound[r, k] = last_rest(g, s, 0, 1, p.late[r, 1, k]) if p.late[r, 1, k] > -NEVER else -NEVER


@compiled
def elapsed(g, p, s, r):
    """Return (work, waiting) in seconds of a labelled row: of the shortest tour that takes its windows early.

    Never less than the best timetable has: work counts to the earliest return from the latest leaving that still makes it,
    for each choice of the breaks before leaving and after returning. With one window a visit and no break this is exact.
    """
    size, rests = p.size[r], g.rests[s]
    if size == 0:
        return 0, 0
    early, back, seq = p.early[r], p.back, p.seq[r]
    home = g.end_place[s, p.end[r]]
    last = leg(g, s, g.place[seq[size - 1]], home)
    busy = p.travel[r]
    for k in range(size):
        busy += g.duration[seq[k]]
    work, waiting = NEVER, NEVER
    for taken in range(rests + 1):
        back_home = ready(g, s, early, size, taken, last)
        if back_home > g.end[s] or rested(g, s, taken, rests, back_home) > g.end[s]:
            continue
        for b in range(rests + 1):
            back[b, size] = -NEVER
        back[taken, size] = back_home
        for k in range(size - 1, -2, -1):
            here = p.path[r, 0] if k < 0 else g.place[seq[k]]
            there = home if k == size - 1 else g.place[seq[k + 1]]
            way = leg(g, s, here, there)
            for b in range(taken + 1):
                t = back[b, k + 1] - way if back[b, k + 1] > -NEVER else -NEVER
                for after in range(b + 1, taken + 1):
                    late = back[after, k + 1]
                    if late > -NEVER:
                        t = max(t, min(last_rest(g, s, b, after, late), late - resting(g, s, b, after) - way))
                if k >= 0:
                    back[b, k] = reached(g, p, seq[k], t) if t > -NEVER else -NEVER
                elif t > -NEVER and rested(g, s, 0, b, g.start[s]) <= t:
                    span = back_home - t
                    idle = span - busy - resting(g, s, b, taken)
                    if idle < waiting or (idle == waiting and span < work):
                        work, waiting = span, idle
    return work, waiting
