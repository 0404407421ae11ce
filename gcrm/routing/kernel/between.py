"""Better shares of two routes: relocate, exchange (Osman 1993) and 2-opt* (Potvin and Rousseau 1995)."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.arrays import NO_WAY
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.labels import leg
from gcrm.routing.kernel.state import after, before
from gcrm.routing.kernel.trial import first_row, try_pair

compiled = compiler(Path(__file__).parent)

LONGEST = 3


@compiled
def improve_pair(g, p, a, b):
    """Move stretches and tails between two shifts while that is worth it; say whether anything changed."""
    changed = False
    while _segments_once(g, p, a, b) or _segments_once(g, p, b, a) or _tails_once(g, p, a, b):
        changed = True
    return changed


@compiled
def _may_go(g, p, s, i, length, to):
    """Say whether the stretch at `i` of shift `s` may go to another shift."""
    for k in range(i, i + length):
        v = p.seq[s, k]
        if not g.fits[to, v]:
            return False
        group = g.group[v]
        if group >= 0 and g.patterned[group] and g.day[to] != g.day[s]:
            return False
    return True


@compiled
def _segments_once(g, p, a, b):
    """Exchange up to three stops of `a` for up to as many of `b`, none included."""
    for i in range(p.fixed[a], p.size[a]):
        for length in range(1, min(LONGEST, p.size[a] - i) + 1):
            if not _may_go(g, p, a, i, length, b):
                break
            before_a, after_a = before(g, p, a, a, i), after(g, p, a, a, i + length)
            head, tail = g.place[p.seq[a, i]], g.place[p.seq[a, i + length - 1]]
            inner = _inside(g, p, a, a, i, length)
            old_a = leg(g, a, before_a, head) + inner + leg(g, a, tail, after_a)
            moved = _inside(g, p, b, a, i, length)
            for j in range(p.fixed[b], p.size[b] + 1):
                before_b = before(g, p, b, b, j)
                for other in range(min(length, p.size[b] - j) + 1):
                    after_b = after(g, p, b, b, j + other)
                    new_b = leg(g, b, before_b, head) + moved + leg(g, b, tail, after_b)
                    if other == 0:
                        old_b = leg(g, b, before_b, after_b) if p.size[b] else 0
                        new_a = leg(g, a, before_a, after_a) if p.size[a] > length else 0
                    else:
                        if not _may_go(g, p, b, j, other, a):
                            break
                        head_b, tail_b = g.place[p.seq[b, j]], g.place[p.seq[b, j + other - 1]]
                        old_b = leg(g, b, before_b, head_b) + _inside(g, p, b, b, j, other) + leg(g, b, tail_b, after_b)
                        new_a = leg(g, a, before_a, head_b) + _inside(g, p, a, b, j, other) + leg(g, a, tail_b, after_a)
                    if new_a + new_b >= old_a + old_b or new_b >= NO_WAY or new_a >= NO_WAY:
                        continue
                    _write_exchanged(g, p, a, b, i, length, j, other)
                    if try_pair(g, p, a, b):
                        return True
    return False


@compiled
def _inside(g, p, s, r, i, length):
    """Return the travel within a stretch of row `r` when shift `s` drives it."""
    total = 0
    for k in range(i, i + length - 1):
        total += leg(g, s, g.place[p.seq[r, k]], g.place[p.seq[r, k + 1]])
    return total


@compiled
def _write_exchanged(g, p, a, b, i, length, j, other):
    row = first_row(g)
    _write_with(p, a, row, i, length, b, j, other)
    _write_with(p, b, row + 1, j, other, a, i, length)


@compiled
def _write_with(p, s, row, i, length, source, j, other):
    """Write the row of `s` with the `length` stops at `i` replaced by `other` stops at `j` of another shift."""
    at = 0
    most = p.seq.shape[1]
    for k in range(p.size[s] + 1):
        if k == i:
            for m in range(j, j + other):
                if at < most:
                    p.seq[row, at] = p.seq[source, m]
                at += 1
        if k < p.size[s] and not i <= k < i + length:
            if at < most:
                p.seq[row, at] = p.seq[s, k]
            at += 1
    p.size[row] = at


@compiled
def _tails_once(g, p, a, b):
    """Swap the tails of two routes."""
    for i in range(p.fixed[a], p.size[a] + 1):
        if not _may_go(g, p, a, i, p.size[a] - i, b):
            continue
        end_a, next_a = before(g, p, a, a, i), after(g, p, a, a, i)
        for j in range(p.fixed[b], p.size[b] + 1):
            if (i == p.size[a] and j == p.size[b]) or not _may_go(g, p, b, j, p.size[b] - j, a):
                continue
            end_b, next_b = before(g, p, b, b, j), after(g, p, b, b, j)
            # The tails keep their own ways; where shifts differ in factor or end, the trial counts what that changes.
            if g.factor[a] == g.factor[b] and g.end_place[a, p.end[a]] == g.end_place[b, p.end[b]]:
                new = leg(g, a, end_a, next_b) + leg(g, a, end_b, next_a)
                if new >= leg(g, a, end_a, next_a) + leg(g, a, end_b, next_b):
                    continue
            is_late = p.early[a, 0, i] > p.late[b, g.rests[b], j] or p.early[b, 0, j] > p.late[a, g.rests[a], i]
            if is_late and g.rests[a] == 0 and g.rests[b] == 0:
                continue
            _write_with(p, a, first_row(g), i, p.size[a] - i, b, j, p.size[b] - j)
            _write_with(p, b, first_row(g) + 1, j, p.size[b] - j, a, i, p.size[a] - i)
            if try_pair(g, p, a, b):
                return True
    return False
