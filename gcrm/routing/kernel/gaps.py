"""Where one visit goes into a route at least travel."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.chance import unit
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.labels import fits

compiled = compiler(Path(__file__).parent)


@compiled
def is_spare(g, p, s):
    """Say whether a shift is empty, and one just like it before it as well: then that one is asked."""
    return p.size[s] == 0 and g.twin[s] >= 0 and p.size[g.twin[s]] == 0


@compiled
def holds(g, p, s, r, k, v, way, away):
    """Say whether visit `v` fits before the k-th stop of row `r`: `fits`, quicker for one window and at most one break."""
    rests = g.rests[s]
    if g.windows[v] != 1 or rests > 1:
        return fits(g, p, s, r, k, k, v, way, away)
    opens, closes = max(g.opens[v, 0], p.since[v]), min(g.closes[v, 0], p.until[v])
    t = p.early[r, 0, k] + way
    over = max(t, opens) + g.duration[v]
    if t <= closes and over + away <= p.late[r, 0, k]:
        return True
    if rests == 0:
        return False
    resting = g.rest_seconds[s, 0]
    if t <= closes and over <= p.rest_bound[r, k] and over + away <= p.late[r, 1, k] - resting:
        return True
    t = min(p.early[r, 1, k] + way, max(t + resting, p.rest_ready[r, k]))
    return t <= closes and max(t, opens) + g.duration[v] + away <= p.late[r, 1, k]


@compiled
def best_gap(g, p, s, r, v, most, blink):
    """Return (added travel, gap) of the best place of a visit in row `r` as a route of shift `s`.

    Only places that add less than `most` count, and each is overlooked with probability `blink`; `NO_WAY` and -1 where
    there is none.
    """
    best, gap = most, -1
    size = p.size[r]
    if not g.fits[s, v] or p.load[r] + g.load[v] > g.most_load[s] or size >= g.most_visits[s]:
        return NO_WAY, gap
    if blink > 0.0:
        # Thrown once for the row: mostly nothing is overlooked, and then it is quick.
        gaps = size + 1 - p.fixed[r]
        blink = max(blink, 1.0 / gaps) if unit(p.dice) < blink * gaps else 0.0
    if g.windows[v] != 1 or g.rests[s] > 1 or blink > 0.0:
        return _best_gap_slow(g, p, s, r, v, most, blink)
    if g.rests[s] == 1:
        return _best_gap_rested(g, p, s, r, v, most)
    f, there = g.factor[s], g.place[v]
    on, to = g.travel[f, there], g.travel_to[f, there]
    path, ways, early, late = p.path[r], p.ways[r], p.early[r, 0], p.late[r, 0]
    opens, closes, duration = max(g.opens[v, 0], p.since[v]), min(g.closes[v, 0], p.until[v]), g.duration[v]
    for k in range(p.fixed[r], size + 1):
        start = early[k]
        if start > closes:
            break
        way, away = int(to[path[k]]), int(on[path[k + 1]])
        more, t = way + away - ways[k], start + way
        # No branches: what holds is as good as random, and guessing wrong costs more than counting. Where there is no way,
        # no latest arrival is met.
        held = (t <= closes) & (max(t, opens) + duration + away <= late[k]) & (more < best)
        best = more if held else best
        gap = k if held else gap
    return (best, gap) if gap >= 0 else (NO_WAY, -1)


@compiled
def _best_gap_rested(g, p, s, r, v, most):
    """Do the same for a shift with one break."""
    best, gap = most, -1
    f, there, resting = g.factor[s], g.place[v], g.rest_seconds[s, 0]
    on, to = g.travel[f, there], g.travel_to[f, there]
    path, ways, rest_ready, rest_bound = p.path[r], p.ways[r], p.rest_ready[r], p.rest_bound[r]
    early, late, early_rested, late_rested = p.early[r, 0], p.late[r, 0], p.early[r, 1], p.late[r, 1]
    opens, closes, duration = max(g.opens[v, 0], p.since[v]), min(g.closes[v, 0], p.until[v]), g.duration[v]
    for k in range(p.fixed[r], p.size[r] + 1):
        way, away = int(to[path[k]]), int(on[path[k + 1]])
        more, t = way + away - ways[k], early[k] + way
        rested = min(early_rested[k] + way, max(t + resting, rest_ready[k]))
        over, over_rested = max(t, opens) + duration, max(rested, opens) + duration
        in_time = (over + away <= late[k]) | ((over <= rest_bound[k]) & (over + away <= late_rested[k] - resting))
        held = (t <= closes) & in_time | (rested <= closes) & (over_rested + away <= late_rested[k])
        held = held & (more < best)
        best = more if held else best
        gap = k if held else gap
    return (best, gap) if gap >= 0 else (NO_WAY, -1)


@compiled
def _best_gap_slow(g, p, s, r, v, most, blink):
    """Do the same for several windows or several breaks, or where gaps are overlooked."""
    best, gap = most, -1
    f, there = g.factor[s], g.place[v]
    for k in range(p.fixed[r], p.size[r] + 1):
        way, away = int(g.travel_to[f, there, p.path[r, k]]), int(g.travel[f, there, p.path[r, k + 1]])
        more = way + away - p.ways[r, k]
        if more >= best or way >= NO_WAY or away >= NO_WAY or (blink > 0.0 and unit(p.dice) < blink):
            continue
        if holds(g, p, s, r, k, v, way, away):
            best, gap = more, k
    return (best, gap) if gap >= 0 else (NO_WAY, -1)


@compiled
def still_fits(g, p, s, k, v):
    """Say whether a visit fits before the k-th stop of a shift."""
    if p.load[s] + g.load[v] > g.most_load[s] or p.size[s] >= g.most_visits[s]:
        return False
    f, there = g.factor[s], g.place[v]
    way, away = int(g.travel_to[f, there, p.path[s, k]]), int(g.travel[f, there, p.path[s, k + 1]])
    return way < NO_WAY and away < NO_WAY and holds(g, p, s, s, k, v, way, away)
