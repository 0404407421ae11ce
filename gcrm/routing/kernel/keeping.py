"""The plan that the search stands on, and the best one: to go back to, only where rows were changed."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NEVER
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import BEST, KEPT, NOW, evaluate

compiled = compiler(Path(__file__).parent)


@compiled
def total(g, p):
    value = 0.0
    for s in range(len(g.start)):
        value += p.value[s]
    return value


@compiled
def keep(g, p):
    """Stand on the plan under work from now on."""
    _into(g, p, p.stale, p.kept_seq, p.kept_size, p.kept_end, p.kept_since, p.kept_until)
    p.figures[KEPT] = p.figures[NOW]


@compiled
def remember(g, p):
    """Keep the plan under work as the best."""
    _into(g, p, p.newer, p.best_seq, p.best_size, p.best_end, p.best_since, p.best_until)
    p.figures[BEST] = p.figures[NOW]


@compiled
def _into(g, p, changed, seq, size, end, since, until):
    for s in range(len(g.start)):
        if changed[s]:
            size[s], end[s] = p.size[s], p.end[s]
            for k in range(p.size[s]):
                v = p.seq[s, k]
                seq[s, k] = v
                since[v], until[v] = p.since[v], p.until[v]
            changed[s] = False


@compiled
def take_back(g, p):
    """Go back to the kept plan."""
    _from(g, p, p.stale, p.kept_seq, p.kept_size, p.kept_end, p.kept_since, p.kept_until, p.newer)
    p.figures[NOW] = p.figures[KEPT]


@compiled
def from_best(g, p):
    """Go back to the best plan; it still has to be kept."""
    _from(g, p, p.newer, p.best_seq, p.best_size, p.best_end, p.best_since, p.best_until, p.stale)
    p.figures[NOW] = p.figures[BEST]


@compiled
def _from(g, p, changed, seq, size, end, since, until, other):
    for s in range(len(g.start)):
        if changed[s]:
            for k in range(p.size[s]):
                v = p.seq[s, k]
                p.where[v] = -1
                p.since[v], p.until[v] = -NEVER, NEVER
    for s in range(len(g.start)):
        if changed[s]:
            p.size[s], p.end[s] = size[s], end[s]
            for k in range(size[s]):
                v = seq[s, k]
                p.seq[s, k] = v
                p.where[v] = s
                p.since[v], p.until[v] = since[v], until[v]
    for s in g.order:
        if changed[s]:
            evaluate(g, p, s, s)
            other[s] = True
            changed[s] = False
