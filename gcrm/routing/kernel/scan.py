"""Where each of many visits goes into a route at least travel: the hottest loops of all.

They run over the visits with the gap held fixed, without branches and with one array to write, so that the compiler takes
several visits at once. A place is one number, travel added and gap in one: the least number is the best place.
"""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NEVER, NO_WAY
from gcrm.routing.kernel.gaps import best_gap
from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)

SHIFTED = 16
NOWHERE = NO_WAY << SHIFTED


@compiled
def spot(more, gap):
    """Return a place as one number."""
    return (more << SHIFTED) | gap


@compiled
def added_by(place):
    """Return the travel that a place adds."""
    return place >> SHIFTED


@compiled
def gap_of(place):
    """Return the gap of a place."""
    return place & ((1 << SHIFTED) - 1)


@compiled
def line_up(g, p, s, count, room):
    """Write what the loops need of the first `count` visits of `queue`.

    Those that are not for shift `s`, or of a greater load than `room`, get a window that is never met; so do those with
    several windows, which are asked one by one.
    """
    for c in range(count):
        v = p.queue[c]
        p.lined[0, c] = g.place[v]
        p.lined[1, c] = max(g.opens[v, 0], p.since[v])
        allowed = g.fits[s, v] and g.windows[v] == 1 and g.load[v] <= room
        p.lined[2, c] = min(g.closes[v, 0], p.until[v]) if allowed else -NEVER
        p.lined[3, c] = g.duration[v]


@compiled
def best_spots(g, p, s, r, column, count):
    """Find the best place in row `r` of shift `s` for each of the first `count` visits that are lined up; into a row of `spot`."""
    spots, size = p.spot[column], p.size[r]
    spots[:count] = NOWHERE
    if size >= g.most_visits[s]:
        return
    if g.rests[s] > 1:
        for c in range(count):
            _slow(g, p, s, r, column, c)
        return
    f = g.factor[s]
    for k in range(p.fixed[s], size + 1):
        on, to = g.travel[f, p.path[r, k]], g.travel_to[f, p.path[r, k + 1]]
        if g.rests[s] == 0:
            _offer(spots, on, to, p.lined, count, k, p.ways[r, k], p.early[r, 0, k], p.late[r, 0, k])
        else:
            _offer_rested(
                spots, on, to, p.lined, count, k, p.ways[r, k], p.early[r, 0, k], p.late[r, 0, k], p.early[r, 1, k],
                p.late[r, 1, k], p.rest_ready[r, k], p.rest_bound[r, k], g.rest_seconds[s, 0],
            )  # fmt: skip
    if p.several[0]:
        for c in range(count):
            if g.windows[p.queue[c]] != 1:
                _slow(g, p, s, r, column, c)


@compiled
def _slow(g, p, s, r, column, c):
    more, gap = best_gap(g, p, s, r, p.queue[c], NO_WAY, 0.0)
    p.spot[column, c] = spot(more, gap) if more < NO_WAY else NOWHERE


@compiled
def _offer(spots, on, to, lined, count, k, between, early, late):
    """Offer a gap to each visit: where there is no way, no latest arrival is met."""
    places, opens, closes, durations = lined[0], lined[1], lined[2], lined[3]
    for c in range(count):
        way, away = int(on[places[c]]), int(to[places[c]])
        t = early + way
        held = (t <= closes[c]) & (max(t, opens[c]) + durations[c] + away <= late)
        key = ((way + away - between) << SHIFTED) | k
        spots[c] = min(spots[c], key if held else NOWHERE)


@compiled
def _offer_rested(
    spots, on, to, lined, count, k, between, early, late, early_rested, late_rested, rest_ready, rest_bound, resting
):
    """Do the same in a shift with one break."""
    places, opens, closes, durations = lined[0], lined[1], lined[2], lined[3]
    for c in range(count):
        way, away = int(on[places[c]]), int(to[places[c]])
        t = early + way
        rested = min(early_rested + way, max(t + resting, rest_ready))
        over, over_rested = max(t, opens[c]) + durations[c], max(rested, opens[c]) + durations[c]
        in_time = (over + away <= late) | ((over <= rest_bound) & (over + away <= late_rested - resting))
        held = ((t <= closes[c]) & in_time) | ((rested <= closes[c]) & (over_rested + away <= late_rested))
        key = ((way + away - between) << SHIFTED) | k
        spots[c] = min(spots[c], key if held else NOWHERE)
