"""Exchanging served visits for unserved ones, and dropping what does not pay."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.gaps import best_gap, give, holds, shortfall
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import evaluate, is_full
from gcrm.routing.kernel.trial import LEAST_GAIN, first_row, try_row

compiled = compiler(Path(__file__).parent)


@compiled
def improve_choice(g, p, s, candidates):
    """Exchange a stop for one of the first `candidates` visits of `queue`, those worth most first, or drop it.

    Each stop goes out in turn; of the unserved, the one worth most at its best place takes part, wherever that is.
    """
    changed, k = False, p.fixed[s]
    _look(g, p, s, candidates)
    while k < p.size[s]:
        if _exchange(g, p, s, k, candidates):
            changed, k = True, p.fixed[s]
            _look(g, p, s, candidates)
        else:
            k += 1
    return changed


@compiled
def _look(g, p, s, candidates):
    """Note by how much each candidate misses fitting into a row, and what it adds at least."""
    for c in range(candidates):
        p.missing[c], p.least[c] = shortfall(g, p, s, p.queue[c])


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
    chosen, gap = _best_instead(g, p, s, row, k, v, lost + LEAST_GAIN, candidates)
    p.where[v] = s
    if chosen < 0:
        return False
    for i in range(p.size[row], gap, -1):
        p.seq[row, i] = p.seq[row, i - 1]
    p.seq[row, gap] = chosen
    p.size[row] += 1
    return try_row(g, p, s)


@compiled
def _best_instead(g, p, s, row, k, v, best, candidates):
    """Return (visit, gap) of the candidate worth most, and more than `best`, in `row`, which is the shift's without its k-th stop."""
    chosen, gap, price = -1, -1, p.price[0]
    room = give(g, p, s, row, k)
    on, to = g.travel[g.factor[s], p.path[row, k]], g.travel_to[g.factor[s], p.path[row, k + 1]]
    for c in range(candidates):
        u = p.queue[c]
        if g.worth[u] <= best:
            # An insertion costs travel, so this one never pays, nor does any after it, which is worth less.
            break
        if u == v or p.where[u] >= 0 or not g.fits[s, u]:
            continue
        worth, at = best, -1
        if p.missing[c] <= room and g.worth[u] - price * p.least[c] > best:
            more, at = best_gap(g, p, s, row, u, _most(p, g.worth[u] - best), 0.0)
            worth = g.worth[u] - price * more
        else:
            # Only the place that the stop leaves is new.
            way, away = int(on[g.place[u]]), int(to[g.place[u]])
            more = way + away - p.ways[row, k]
            worth = g.worth[u] - price * more
            if worth > best and way < NO_WAY and away < NO_WAY and p.load[row] + g.load[u] <= g.most_load[s]:
                at = k if holds(g, p, s, row, k, u, way, away) else -1
        if at >= 0 and worth > best and _is_free(g, p, u):
            best, chosen, gap = worth, u, at
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


@compiled
def _most(p, budget):
    """Return the travel that a gain allows."""
    return int(min(float(NO_WAY), budget / p.price[0] + 1)) if p.price[0] > 0 else NO_WAY
