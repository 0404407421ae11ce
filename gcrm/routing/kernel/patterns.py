"""Groups that are served on whole day patterns: all days of one of their patterns, or none.

A change of pattern takes the whole group out and tries every pattern, each day at its best place (Cordeau, Gendreau and
Laporte 1997, but over all patterns at once): a day has routes of its own, so the days' costs add up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.chance import unit
from gcrm.routing.kernel.gaps import best_gap, is_spare
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.ruin import ruin_group
from gcrm.routing.kernel.state import put_in

compiled = compiler(Path(__file__).parent)


@compiled
def count_days(g, p, group):
    """Count in `served` how often a group is served on each day; return how often in all, -1 where twice on one day."""
    p.served[:] = 0
    count, twice = 0, False
    for i in range(g.member_of[group], g.member_of[group + 1]):
        s = p.where[g.members[i]]
        if s >= 0:
            twice = twice or p.served[g.day[s]] > 0
            p.served[g.day[s]] += 1
            count += 1
    return -1 if twice else count


@compiled
def _shared(g, p, pattern):
    """Count the days of a pattern that are marked in `served`."""
    count = 0
    for i in range(g.pattern_at[pattern], g.pattern_at[pattern + 1]):
        if p.served[g.pattern_days[i]]:
            count += 1
    return count


@compiled
def is_whole(g, p, group):
    """Say whether a group is served on exactly one of its patterns, or not at all."""
    count = count_days(g, p, group)
    if count <= 0:
        return count == 0
    for pattern in range(g.pattern_of[group], g.pattern_of[group + 1]):
        if g.pattern_at[pattern + 1] - g.pattern_at[pattern] == count and _shared(g, p, pattern) == count:
            return True
    return False


@compiled
def insert_group(g, p, group, blink):
    """Complete a group to the pattern worth most; where none can be, take the group out and return False."""
    count = count_days(g, p, group)
    p.gains[:] = np.nan
    best, chosen = 0.0, -1
    for pattern in range(g.pattern_of[group], g.pattern_of[group + 1]):
        size = g.pattern_at[pattern + 1] - g.pattern_at[pattern]
        if size == count or _shared(g, p, pattern) != count:
            continue
        gain = 0.0
        for i in range(g.pattern_at[pattern], g.pattern_at[pattern + 1]):
            day = g.pattern_days[i]
            if not p.served[day]:
                if np.isnan(p.gains[day]):
                    p.gains[day] = _day_gain(g, p, group, day, blink)
                gain += p.gains[day]
        if gain > best and (blink == 0.0 or unit(p.dice) >= blink):
            best, chosen = gain, pattern
    if chosen >= 0:
        for i in range(g.pattern_at[chosen], g.pattern_at[chosen + 1]):
            day = g.pattern_days[i]
            if not p.served[day] and not _serve(g, p, group, day):
                ruin_group(g, p, group)
                return False
    elif not is_whole(g, p, group):
        ruin_group(g, p, group)
    return chosen >= 0


@compiled
def _spare(g, p, group, day):
    """Return an unserved visit of the group that some shift of the day may take, -1 for none."""
    for i in range(g.member_of[group], g.member_of[group + 1]):
        v = g.members[i]
        if p.where[v] < 0:
            for j in range(g.day_of[day], g.day_of[day + 1]):
                if g.fits[g.of_day[j], v]:
                    return v
    return -1


@compiled
def _day_gain(g, p, group, day, blink):
    """Return what serving the group on a day is worth at its best place."""
    v = _spare(g, p, group, day)
    best = -np.inf
    if v < 0:
        return best
    most = NO_WAY
    for j in range(g.day_of[day], g.day_of[day + 1]):
        s = g.of_day[j]
        if not is_spare(g, p, s):
            more, _ = best_gap(g, p, s, s, v, most, blink)
            if more < NO_WAY:
                most = more
                best = g.worth[v] - p.price[0] * more
    return best


@compiled
def _serve(g, p, group, day):
    v = _spare(g, p, group, day)
    if v < 0:
        return False
    best, shift, gap = NO_WAY, -1, -1
    for j in range(g.day_of[day], g.day_of[day + 1]):
        s = g.of_day[j]
        if not is_spare(g, p, s):
            more, k = best_gap(g, p, s, s, v, best, 0.0)
            if more < best:
                best, shift, gap = more, s, k
    return shift >= 0 and put_in(g, p, v, shift, gap)


@compiled
def ruin_broken(g, p):
    """Take out what is served of groups whose pattern is not whole."""
    again = True
    while again:
        again = False
        for group in range(len(g.patterned)):
            if p.torn[group]:
                p.torn[group] = False
                if g.patterned[group] and not is_whole(g, p, group):
                    ruin_group(g, p, group)
                    again = True
