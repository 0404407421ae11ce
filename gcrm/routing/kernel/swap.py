"""Exchanging served visits for unserved ones, and dropping what does not pay."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.gaps import best_gap
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import evaluate, is_full
from gcrm.routing.kernel.trial import LEAST_GAIN, first_row, try_row

compiled = compiler(Path(__file__).parent)


@compiled
def improve_choice(g, p, s, candidates):
    """Exchange a stop for one of the first `candidates` visits of `queue`, or drop it, while that is worth it.

    Each stop goes out in turn; of the unserved, the one worth most at its best place takes part, wherever that is.
    """
    changed, k = False, p.fixed[s]
    while k < p.size[s]:
        if _exchange(g, p, s, k, candidates):
            changed, k = True, p.fixed[s]
        else:
            k += 1
    return changed


@compiled
def _exchange(g, p, s, k, candidates):
    row, v = first_row(g), p.seq[s, k]
    group = g.group[v]
    if group >= 0 and g.patterned[group]:
        return False
    _write_without(p, s, row, k)
    p.end[row], p.fixed[row] = p.end[s], p.fixed[s]
    if not evaluate(g, p, s, row):
        return False
    lost = p.value[s] - p.value[row]
    if lost < -LEAST_GAIN:
        return try_row(g, p, s)
    best, chosen, gap = lost + LEAST_GAIN, -1, -1
    p.where[v] = -1
    for c in range(candidates):
        u = p.queue[c]
        # An insertion costs travel, so a visit worth less than what is lost never pays.
        if u == v or p.where[u] >= 0 or g.worth[u] <= best or not g.fits[s, u]:
            continue
        more, at = best_gap(g, p, s, row, u, _most(p, g.worth[u] - best), 0.0)
        if more < NO_WAY and g.worth[u] - p.price[0] * more > best and not is_full(g, p, u):
            other = g.group[u]
            if other < 0 or (not g.patterned[other] and g.group_gap[other] == 0):
                best, chosen, gap = g.worth[u] - p.price[0] * more, u, at
    p.where[v] = s
    if chosen < 0:
        return False
    for i in range(p.size[row], gap, -1):
        p.seq[row, i] = p.seq[row, i - 1]
    p.seq[row, gap] = chosen
    p.size[row] += 1
    return try_row(g, p, s)


@compiled
def _write_without(p, s, row, k):
    p.size[row] = p.size[s] - 1
    for i in range(p.size[row]):
        p.seq[row, i] = p.seq[s, i if i < k else i + 1]


@compiled
def _most(p, budget):
    """Return the travel that a gain allows."""
    return int(min(float(NO_WAY), budget / p.price[0] + 1)) if p.price[0] > 0 else NO_WAY
