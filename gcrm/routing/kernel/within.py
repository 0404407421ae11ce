"""Better orders of one route: or-opt (Or 1976) and reversals of stretches (2-opt, Croes 1958)."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.labels import leg
from gcrm.routing.kernel.state import after, before
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
    size, row = p.size[s], first_row(g)
    for length in range(1, LONGEST_MOVED + 1):
        for i in range(p.fixed[s], size - length + 1):
            a, b = before(g, p, s, s, i), after(g, p, s, s, i + length)
            head, tail = g.place[p.seq[s, i]], g.place[p.seq[s, i + length - 1]]
            saved = leg(g, s, a, head) + leg(g, s, tail, b) - leg(g, s, a, b)
            if saved <= 0 and g.costs[1] == 0.0:
                continue
            for k in range(p.fixed[s], size + 1):
                if i <= k <= i + length:
                    continue
                c, d = before(g, p, s, s, k), after(g, p, s, s, k)
                more = leg(g, s, c, head) + leg(g, s, tail, d) - leg(g, s, c, d)
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
    for i in range(p.fixed[s], size - 1):
        old, new = 0, 0
        a = before(g, p, s, s, i)
        for j in range(i + 1, min(size, i + LONGEST_REVERSED)):
            u, v = g.place[p.seq[s, j - 1]], g.place[p.seq[s, j]]
            old += leg(g, s, u, v)
            new += leg(g, s, v, u)
            head, b = g.place[p.seq[s, i]], after(g, p, s, s, j + 1)
            more = leg(g, s, a, v) + new + leg(g, s, head, b)
            if more >= NO_WAY or more >= leg(g, s, a, head) + old + leg(g, s, v, b):
                continue
            p.size[row] = size
            for m in range(size):
                p.seq[row, m] = p.seq[s, i + j - m] if i <= m <= j else p.seq[s, m]
            if try_row(g, p, s):
                return True
    return False
