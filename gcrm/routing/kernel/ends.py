"""Where a shift ends: at home, or at another of its ends, from where the next day begins."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.chance import below, unit
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import chain_value, end_at
from gcrm.routing.kernel.trial import LEAST_GAIN

compiled = compiler(Path(__file__).parent)

CHANGED = 0.3


@compiled
def ruin_end(g, p, s):
    """Sometimes let a shift end elsewhere."""
    if g.ends[s] > 1 and unit(p.dice) < CHANGED:
        end_at(g, p, s, below(p.dice, g.ends[s]))


@compiled
def improve_end(g, p, s):
    """End a shift where that is worth most; say whether that is elsewhere."""
    changed = False
    for end in range(g.ends[s]):
        before, value = p.end[s], chain_value(g, p, s)
        if end != before and end_at(g, p, s, end):
            if chain_value(g, p, s) > value + LEAST_GAIN:
                changed = True
            else:
                end_at(g, p, s, before)
    return changed
