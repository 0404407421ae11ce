"""Where a visit goes into a route at least travel: the hottest loop, so it reads its arrays once and calls nothing."""

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
def best_gap(g, p, s, r, v, most, blink):
    """Return (added travel, gap) of the best place of a visit in row `r` as a route of shift `s`.

    Only places that add less than `most` count, and each is overlooked with probability `blink`; `NO_WAY` and -1 where
    there is none.
    """
    best, gap = most, -1
    size = p.size[r]
    if not g.fits[s, v] or p.load[r] + g.load[v] > g.most_load[s] or size >= g.most_visits[s]:
        return NO_WAY, gap
    windows, rests = g.windows[v], g.rests[s]
    if windows != 1 or rests > 1:
        return _best_gap_slow(g, p, s, r, v, most, blink)
    f, there = g.factor[s], g.place[v]
    on, to = g.travel[f, there], g.travel_to[f, there]
    path, ways, early, late = p.path[r], p.ways[r], p.early[r], p.late[r]
    opens, closes, duration = max(g.opens[v, 0], p.since[v]), min(g.closes[v, 0], p.until[v]), g.duration[v]
    rest_ready, rest_bound, dice = p.rest_ready[r], p.rest_bound[r], p.dice
    resting = g.rest_seconds[s, 0]
    for k in range(p.fixed[r], size + 1):
        start = early[0, k]
        if start > closes and (rests == 0 or early[1, k] > closes):
            break
        way, away = int(to[path[k]]), int(on[path[k + 1]])
        more = way + away - ways[k]
        if more >= best or way >= NO_WAY or away >= NO_WAY or (blink > 0.0 and unit(dice) < blink):
            continue
        t = start + way
        over = max(t, opens) + duration
        held = t <= closes and over + away <= late[0, k]
        if rests == 1 and not held:
            held = t <= closes and over <= rest_bound[k] and over + away <= late[1, k] - resting
            if not held:
                t = min(early[1, k] + way, max(t + resting, rest_ready[k]))
                held = t <= closes and max(t, opens) + duration + away <= late[1, k]
        if held:
            best, gap = more, k
    return (best, gap) if gap >= 0 else (NO_WAY, -1)


@compiled
def _best_gap_slow(g, p, s, r, v, most, blink):
    """Do the same for several windows or several breaks."""
    best, gap = most, -1
    f, there = g.factor[s], g.place[v]
    for k in range(p.fixed[r], p.size[r] + 1):
        way, away = int(g.travel_to[f, there, p.path[r, k]]), int(g.travel[f, there, p.path[r, k + 1]])
        more = way + away - p.ways[r, k]
        if more >= best or way >= NO_WAY or away >= NO_WAY or (blink > 0.0 and unit(p.dice) < blink):
            continue
        if fits(g, p, s, r, k, k, v, way, away):
            best, gap = more, k
    return (best, gap) if gap >= 0 else (NO_WAY, -1)


@compiled
def still_fits(g, p, s, k, v):
    """Say whether a visit fits before the k-th stop of a shift."""
    if p.load[s] + g.load[v] > g.most_load[s] or p.size[s] >= g.most_visits[s]:
        return False
    f, there = g.factor[s], g.place[v]
    way, away = int(g.travel_to[f, there, p.path[s, k]]), int(g.travel[f, there, p.path[s, k + 1]])
    return way < NO_WAY and away < NO_WAY and fits(g, p, s, s, k, k, v, way, away)


@compiled
def added_at(g, p, s, k, v):
    """Return the travel that a visit adds before the k-th stop of a shift."""
    f, there = g.factor[s], g.place[v]
    return int(g.travel_to[f, there, p.path[s, k]]) + int(g.travel[f, there, p.path[s, k + 1]]) - p.ways[s, k]
