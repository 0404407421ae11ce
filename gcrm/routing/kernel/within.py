"""Better orders of one route: or-opt (Or 1976) and reversals of stretches (2-opt, Croes 1958)."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.trial import first_row, try_row

compiled = compiler(Path(__file__).parent)

LONGEST_MOVED = 3
LONGEST_REVERSED = 12


@compiled
def improve_order(g, p, s):
    """Move and reverse stretches while that is worth it; say whether anything changed."""
    changed = False
    while _move_once(g, p, s) or _reverse_once(g, p, s):
        changed = True
    return changed


@compiled
def _move_once(g, p, s):
    size, row, fixed = p.size[s], first_row(g), p.fixed[s]
    travel, path = g.travel[g.factor[s]], p.path[s]
    waits = g.costs[1] > 0.0
    for length in range(1, LONGEST_MOVED + 1):
        for i in range(fixed, size - length + 1):
            # The i-th stop is at path[i + 1]; before it is path[i].
            a, head, tail, b = path[i], path[i + 1], path[i + length], path[i + length + 1]
            saved = int(travel[a, head]) + int(travel[tail, b]) - int(travel[a, b])
            if saved <= 0 and not waits:
                continue
            for k in range(fixed, size + 1):
                if i <= k <= i + length:
                    continue
                c, d = path[k], path[k + 1]
                more = int(travel[c, head]) + int(travel[tail, d]) - int(travel[c, d])
                if more >= saved:
                    continue
                _write_moved(p, s, row, i, length, k)
                if try_row(g, p, s):
                    return True
    return False


@compiled
def _write_moved(p, s, row, i, length, k):
    """Write the row in which the stretch of `length` stops at `i` stands before what was the k-th stop."""
    at = 0
    p.size[row] = p.size[s]
    for j in range(p.size[s] + 1):
        if j == k:
            for m in range(i, i + length):
                p.seq[row, at] = p.seq[s, m]
                at += 1
        if j < p.size[s] and not i <= j < i + length:
            p.seq[row, at] = p.seq[s, j]
            at += 1


@compiled
def _reverse_once(g, p, s):
    size, row = p.size[s], first_row(g)
    travel, path = g.travel[g.factor[s]], p.path[s]
    for i in range(p.fixed[s], size - 1):
        old, new = 0, 0
        a, head = path[i], path[i + 1]
        first = int(travel[a, head])
        for j in range(i + 1, min(size, i + LONGEST_REVERSED)):
            u, v, b = path[j], path[j + 1], path[j + 2]
            old += int(travel[u, v])
            new += int(travel[v, u])
            more = int(travel[a, v]) + new + int(travel[head, b])
            if more >= NO_WAY or more >= first + old + int(travel[v, b]):
                continue
            p.size[row] = size
            for m in range(size):
                p.seq[row, m] = p.seq[s, i + j - m] if i <= m <= j else p.seq[s, m]
            if try_row(g, p, s):
                return True
    return False
