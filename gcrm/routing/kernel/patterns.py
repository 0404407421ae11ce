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

MOST_DAYS = 63


@compiled
def days_served(g, p, group):
    """Return the days on which a group is served, as bits; -1 where two visits share a day."""
    days = 0
    for i in range(g.member_of[group], g.member_of[group + 1]):
        s = p.where[g.members[i]]
        if s >= 0:
            bit = 1 << g.day[s]
            if days & bit:
                return -1
            days |= bit
    return days


@compiled
def is_whole(g, p, group):
    """Say whether a group is served on exactly one of its patterns, or not at all."""
    days = days_served(g, p, group)
    if days == 0:
        return True
    for i in range(g.pattern_of[group], g.pattern_of[group + 1]):
        if g.patterns[i] == days:
            return True
    return False


@compiled
def insert_group(g, p, group, blink):
    """Complete a group to the pattern worth most; where none can be, take the group out and return False."""
    served = days_served(g, p, group)
    gains = np.full(MOST_DAYS + 1, np.nan)
    best, chosen = 0.0, np.int64(0)
    for i in range(g.pattern_of[group], g.pattern_of[group + 1]):
        pattern = g.patterns[i]
        if served & ~pattern or pattern == served:
            continue
        gain = 0.0
        for day in range(MOST_DAYS):
            if pattern & ~served & (1 << day):
                if np.isnan(gains[day]):
                    gains[day] = _day_gain(g, p, group, day, blink)
                gain += gains[day]
        if gain > best and (blink == 0.0 or unit(p.dice) >= blink):
            best, chosen = gain, pattern
    for day in range(MOST_DAYS):
        if chosen & ~served & (1 << day) and not _serve(g, p, group, day):
            ruin_group(g, p, group)
            return False
    if chosen == 0 and not is_whole(g, p, group):
        ruin_group(g, p, group)
    return chosen != 0


@compiled
def _spare(g, p, group, day):
    """Return an unserved visit of the group that some shift of the day may take, -1 for none."""
    for i in range(g.member_of[group], g.member_of[group + 1]):
        v = g.members[i]
        if p.where[v] < 0:
            for s in range(len(g.start)):
                if g.day[s] == day and g.fits[s, v]:
                    return v
    return -1


@compiled
def _day_gain(g, p, group, day, blink):
    """Return what serving the group on a day is worth at its best place."""
    v = _spare(g, p, group, day)
    best = -np.inf
    if v < 0:
        return best
    for s in range(len(g.start)):
        if g.day[s] == day and not is_spare(g, p, s):
            more, _ = best_gap(g, p, s, s, v, NO_WAY, blink)
            if more < NO_WAY:
                best = max(best, g.worth[v] - p.price[0] * more)
    return best


@compiled
def _serve(g, p, group, day):
    v = _spare(g, p, group, day)
    if v < 0:
        return False
    best, shift, gap = NO_WAY, -1, -1
    for s in range(len(g.start)):
        if g.day[s] == day:
            more, k = best_gap(g, p, s, s, v, NO_WAY, 0.0)
            if more < best:
                best, shift, gap = more, s, k
    return shift >= 0 and put_in(g, p, v, shift, gap)


@compiled
def ruin_broken(g, p):
    """Take out what is served of groups whose pattern is not whole."""
    for group in range(len(g.patterned)):
        if g.patterned[group] and not is_whole(g, p, group):
            ruin_group(g, p, group)
