"""Trying other rows for one or two shifts before they take the place of what is there."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import BROKEN, chain_value, evaluate, follow, touched, widen, within_rep

compiled = compiler(Path(__file__).parent)

LEAST_GAIN = 1e-9


@compiled
def first_row(g):
    """Return the first of the two rows for trying."""
    return len(g.start)


@compiled
def rep_holds(g, p, a, row_a, b, row_b):
    """Say whether the reps of two shifts stay within their bounds with these rows in place."""
    for rep in (g.rep[a], g.rep[b]):
        if rep < 0:
            continue
        work, visits, prize = 0, 0, 0.0
        for t in range(len(g.start)):
            if g.rep[t] == rep:
                r = row_a if t == a else row_b if t == b else t
                work += p.work[r]
                visits += p.size[r]
                prize += p.prize[r]
        if work > g.rep_work[rep] or visits > g.rep_visits[rep] or prize > g.rep_prize[rep]:
            return False
    return True


@compiled
def try_row(g, p, s):
    """Give shift `s` the first row for trying where that is worth more; say whether it was."""
    row = first_row(g)
    if g.chain[s] >= 0:
        return _try_chained(g, p, s, row, s, row)
    p.end[row] = p.end[s]
    if not evaluate(g, p, s, row) or p.value[row] <= p.value[s] + LEAST_GAIN or not rep_holds(g, p, s, row, s, row):
        return False
    before = p.size[s]
    for k in range(before):
        p.taken[k] = p.seq[s, k]
    _adopt(g, p, s, row)
    for k in range(before):
        if p.where[p.taken[k]] < 0:
            widen(g, p, p.taken[k])
    return True


@compiled
def try_pair(g, p, a, b):
    """Give two shifts the rows for trying where both together are worth more; say whether they were."""
    row = first_row(g)
    if g.chain[a] >= 0 or g.chain[b] >= 0:
        return _try_chained(g, p, a, row, b, row + 1)
    p.end[row], p.end[row + 1] = p.end[a], p.end[b]
    if not evaluate(g, p, a, row) or not evaluate(g, p, b, row + 1):
        return False
    if p.value[row] + p.value[row + 1] <= p.value[a] + p.value[b] + LEAST_GAIN:
        return False
    if not rep_holds(g, p, a, row, b, row + 1):
        return False
    _adopt(g, p, a, row)
    _adopt(g, p, b, row + 1)
    return True


@compiled
def _adopt(g, p, s, row):
    touched(p, s)
    for k in range(p.size[s]):
        if p.where[p.seq[s, k]] == s:
            p.where[p.seq[s, k]] = -1
    p.size[s] = p.size[row]
    for k in range(p.size[row]):
        p.seq[s, k] = p.seq[row, k]
        p.where[p.seq[s, k]] = s
    evaluate(g, p, s, s)


@compiled
def _try_chained(g, p, a, row_a, b, row_b):
    """Give shifts their rows for trying where that is worth more to all that hang together with them; say whether it was.

    With `a` equal to `b` it is one shift. What follows begins elsewhere then, so the rows change places first.
    """
    if p.size[row_a] >= p.seq.shape[1] or p.size[row_b] >= p.seq.shape[1]:
        return False
    old = _value_of(g, p, a, b)
    _change_places(p, a, row_a)
    if b != a:
        _change_places(p, b, row_b)
    if _stands(g, p, a, b) and _value_of(g, p, a, b) > old + LEAST_GAIN:
        _settle_places(g, p, a, row_a)
        if b != a:
            _settle_places(g, p, b, row_b)
        for row in (row_a, row_b):
            for k in range(p.size[row]):
                if p.where[p.seq[row, k]] < 0:
                    widen(g, p, p.seq[row, k])
        return True
    _change_places(p, a, row_a)
    if b != a:
        _change_places(p, b, row_b)
    _stands(g, p, a, b)
    return False


@compiled
def _value_of(g, p, a, b):
    value = chain_value(g, p, a)
    if b != a and (g.chain[b] < 0 or g.chain[b] != g.chain[a]):
        value += chain_value(g, p, b)
    return value


@compiled
def _stands(g, p, a, b):
    """Label two shifts and what follows them, the earlier one first; say whether all can be kept."""
    held = True
    for s in g.order:
        if s in (a, b):
            touched(p, s)
            if not evaluate(g, p, s, s):
                p.value[s] = BROKEN
                held = False
            held = held and within_rep(g, p, s)
    held = follow(g, p, a) and held
    return (b == a or follow(g, p, b)) and held


@compiled
def _change_places(p, s, row):
    most = max(p.size[s], p.size[row])
    for k in range(most):
        p.seq[s, k], p.seq[row, k] = p.seq[row, k], p.seq[s, k]
    p.size[s], p.size[row] = p.size[row], p.size[s]


@compiled
def _settle_places(g, p, s, row):
    """Note where the visits of two rows that changed places are now; `row` holds what the shift held before."""
    for k in range(p.size[row]):
        if p.where[p.seq[row, k]] == s:
            p.where[p.seq[row, k]] = -1
    for k in range(p.size[s]):
        p.where[p.seq[s, k]] = s
