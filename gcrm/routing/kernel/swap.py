"""Exchanging served visits for unserved ones, and dropping what does not pay."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.scan import NOWHERE, added_by, best_spots, gap_of, line_up
from gcrm.routing.kernel.state import evaluate, is_full
from gcrm.routing.kernel.trial import LEAST_GAIN, first_row, try_row

compiled = compiler(Path(__file__).parent)


@compiled
def improve_choice(g, p, s, candidates):
    """Exchange a stop for one of the first `candidates` visits of `queue`, those worth most first, or drop it.

    Each stop goes out in turn; of the unserved, the one worth most at its best place takes part, wherever that is.
    """
    changed, k = False, p.fixed[s]
    line_up(g, p, s, candidates, np.inf)
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
    p.where[v] = -1
    chosen, gap = _best_instead(g, p, s, row, v, lost + LEAST_GAIN, candidates)
    p.where[v] = s
    if chosen < 0:
        return False
    for i in range(p.size[row], gap, -1):
        p.seq[row, i] = p.seq[row, i - 1]
    p.seq[row, gap] = chosen
    p.size[row] += 1
    return try_row(g, p, s)


@compiled
def _best_instead(g, p, s, row, v, best, candidates):
    """Return (visit, gap) of the candidate worth most, and more than `best`, in `row`; -1 and -1 where there is none."""
    chosen, gap, count = -1, -1, 0
    # An insertion costs travel, so a visit worth less than what is lost never pays, nor does any after it.
    while count < candidates and g.worth[p.queue[count]] > best:
        count += 1
    best_spots(g, p, s, row, 0, count)
    room, price = g.most_load[s] - p.load[row], p.price[0]
    for c in range(count):
        if p.spot[0, c] < NOWHERE:
            u = p.queue[c]
            worth = g.worth[u] - price * added_by(p.spot[0, c])
            if worth > best and u != v and p.where[u] < 0 and g.load[u] <= room and _is_free(g, p, u):
                best, chosen, gap = worth, u, gap_of(p.spot[0, c])
    return chosen, gap


@compiled
def _is_free(g, p, u):
    """Say whether a visit may come by itself."""
    group = g.group[u]
    return group < 0 or (not g.patterned[group] and g.group_gap[group] == 0 and not is_full(g, p, u))


@compiled
def _write_without(p, s, row, k):
    p.size[row] = p.size[s] - 1
    for i in range(p.size[row]):
        p.seq[row, i] = p.seq[s, i if i < k else i + 1]
