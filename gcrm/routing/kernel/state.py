"""A plan as arrays, and the verbs that change it: put in, take out, look at the value, keep or take back.

Rows 0 to S - 1 are the routes of the shifts, two rows more are for trying. `kept_*` is the plan that the search stands on, to
which a refused step goes back; `best_*` the best one so far. A row that was touched is marked in `stale` (differs from the
kept plan) and `newer` (differs from the best).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from gcrm.routing.kernel.arrays import NEVER, Array, Given
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.labels import begin_of, elapsed, label

compiled = compiler(Path(__file__).parent)


class State(NamedTuple):
    """One search: the plan under work, the kept one, the best one, and room to work in.

    `path` holds the places of a row from its begin to its end, `ways` the seconds to each; `rest_ready` and `rest_bound`
    when one has rested who leaves as early as can be, and the latest rest that keeps the latest arrival, with one break.
    """

    seq: Array
    size: Array
    end: Array
    fixed: Array
    early: Array
    late: Array
    path: Array
    ways: Array
    rest_ready: Array
    rest_bound: Array
    back: Array
    travel: Array
    load: Array
    prize: Array
    work: Array
    value: Array
    where: Array
    since: Array
    until: Array
    stale: Array
    newer: Array
    kept_seq: Array
    kept_size: Array
    kept_end: Array
    kept_since: Array
    kept_until: Array
    best_seq: Array
    best_size: Array
    best_end: Array
    best_since: Array
    best_until: Array
    dice: Array
    history: Array
    figures: Array
    """value of the kept plan, of the best, of the plan under work"""
    price: Array
    """what a second of travel costs in the search"""
    counts: Array
    """steps, steps at the last best, idle steps, restarts, step of the history"""
    queue: Array
    chosen: Array
    liking: Array
    keys: Array
    before: Array
    torn: Array
    """the groups with day patterns that were changed since they were looked at"""
    nearby: Array
    spot: Array
    """of each column of a filling, the best place of each candidate: see `scan`"""
    lined: Array
    several: Array
    """whether any visit has several windows, or none"""
    gone: Array
    taken: Array
    spots: Array
    served: Array
    """of the days: how often a group is served on each"""
    gains: Array
    """of the days: what serving a group on each is worth, not a number where nobody asked yet"""


BROKEN = -1e30
"""The value of a row that cannot be kept: a plan with such a row is always taken back."""
KEPT, BEST, NOW = 0, 1, 2
STEPS, LAST, IDLE, RESTARTS, PHASE = 0, 1, 2, 3, 4


def state_of(g: Given, longest: int, dice: Array, memory: int) -> State:
    """Return a state whose routes are empty; no route can hold more than `longest` stops."""
    shifts, n = len(g.start), len(g.place)
    rows, breaks = shifts + 2, int(g.rests.max()) + 1 if shifts else 1

    def seq() -> Array:
        return np.full((rows, longest + 1), -1, dtype=np.int64)

    def small() -> Array:
        return np.zeros(rows, dtype=np.int64)

    def times() -> Array:
        return np.zeros((rows, breaks, longest + 2), dtype=np.int64)

    return State(
        seq=seq(), size=small(), end=small(), fixed=small(), early=times(), late=times(),
        path=np.zeros((rows, longest + 3), dtype=np.int64), ways=np.zeros((rows, longest + 3), dtype=np.int64),
        rest_ready=np.zeros((rows, longest + 2), dtype=np.int64), rest_bound=np.zeros((rows, longest + 2), dtype=np.int64),
        back=np.zeros((breaks, longest + 2), dtype=np.int64), travel=np.zeros(rows, dtype=np.int64),
        load=np.zeros(rows), prize=np.zeros(rows), work=np.zeros(rows, dtype=np.int64), value=np.zeros(rows),
        where=np.full(n, -1, dtype=np.int64), since=np.full(n, -NEVER, dtype=np.int64),
        until=np.full(n, NEVER, dtype=np.int64), stale=np.zeros(rows, dtype=np.bool_), newer=np.zeros(rows, dtype=np.bool_),
        kept_seq=seq(), kept_size=small(), kept_end=small(), kept_since=np.full(n, -NEVER, dtype=np.int64),
        kept_until=np.full(n, NEVER, dtype=np.int64), best_seq=seq(), best_size=small(), best_end=small(),
        best_since=np.full(n, -NEVER, dtype=np.int64), best_until=np.full(n, NEVER, dtype=np.int64), dice=dice,
        history=np.full(memory, -np.inf), figures=np.full(3, -np.inf), price=g.costs[:1].copy(), counts=np.zeros(8, dtype=np.int64),
        queue=np.zeros(n + 1, dtype=np.int64), chosen=np.zeros(rows, dtype=np.int64), liking=np.ones(n + 1),
        keys=np.zeros(n + 1),
        before=np.zeros(n + 1, dtype=np.int64), torn=np.ones(len(g.patterned), dtype=np.bool_), nearby=np.zeros(rows, dtype=np.bool_), spot=np.zeros((shifts + 1, n + 1), dtype=np.int64),
        lined=np.zeros((4, n + 1), dtype=np.int64), several=np.array([bool((g.windows != 1).any())]), gone=np.zeros(n + 1, dtype=np.bool_),
        taken=np.zeros(longest + 2, dtype=np.int64), spots=np.zeros((64, 3), dtype=np.int64),
        served=np.zeros(len(g.day_of), dtype=np.int64), gains=np.zeros(len(g.day_of)),
    )  # fmt: skip


@compiled
def before(g, p, s, r, k):
    """Return the place from which the k-th stop of a row is reached."""
    return p.path[s, 0] if k == 0 else g.place[p.seq[r, k - 1]]


@compiled
def after(g, p, s, r, k):
    """Return the place of the k-th stop of a row, or where it ends."""
    return g.end_place[s, p.end[r]] if k >= p.size[r] else g.place[p.seq[r, k]]


@compiled
def evaluate(g, p, s, r):
    """Label row `r` as a route of shift `s` and count its value; say whether it keeps the shift's rules."""
    size = p.size[r]
    if size > g.most_visits[s] or size >= p.seq.shape[1]:
        return False
    if not label(g, p, s, r):
        return False
    load, prize, worth = 0.0, 0.0, 0.0
    for k in range(size):
        v = p.seq[r, k]
        load += g.load[v]
        prize += g.prize[v]
        worth += g.worth[v]
    if load > g.most_load[s]:
        return False
    p.load[r], p.prize[r] = load, prize
    p.work[r] = 0
    waiting = 0
    if size and g.counts_time[s]:
        p.work[r], waiting = elapsed(g, p, s, r)
        if p.work[r] > g.most_work[s]:
            return False
    if size:
        p.value[r] = worth - p.price[0] * p.travel[r] - g.costs[1] * waiting - g.costs[2] - g.end_cost[s, p.end[r]]
    else:
        p.value[r] = 0.0
    return True


@compiled
def within_rep(g, p, s):
    """Say whether the rep of a shift stays within the bounds over all own shifts."""
    rep = g.rep[s]
    if rep < 0:
        return True
    work, visits, prize = 0, 0, 0.0
    for t in range(len(g.start)):
        if g.rep[t] == rep:
            work += p.work[t]
            visits += p.size[t]
            prize += p.prize[t]
    return work <= g.rep_work[rep] and visits <= g.rep_visits[rep] and prize <= g.rep_prize[rep]


@compiled
def touched(p, s):
    p.stale[s] = True
    p.newer[s] = True


@compiled
def put_in(g, p, v, s, k):
    """Insert a visit before the k-th stop of a shift; change nothing and return False where a rule would break."""
    if p.size[s] + 1 >= p.seq.shape[1]:
        return False
    touched(p, s)
    _open(p, v, s, k)
    if evaluate(g, p, s, s) and within_rep(g, p, s) and follow(g, p, s):
        p.where[v] = s
        if keep_apart(g, p, v):
            tear(g, p, v)
            return True
        p.where[v] = -1
    _close(p, s, k)
    evaluate(g, p, s, s)
    follow(g, p, s)
    return False


@compiled
def chain_value(g, p, s):
    """Return the value of a shift and of all that hang together with it."""
    if g.chain[s] < 0:
        return p.value[s]
    value = 0.0
    for t in range(len(g.start)):
        if g.chain[t] == g.chain[s]:
            value += p.value[t]
    return value


@compiled
def follow(g, p, s):
    """Label the shifts that begin where shift `s` ends; say whether they and their reps still can be kept.

    Where one cannot, it counts as `BROKEN`, and the plan with it, until its begin or its stops change again.
    """
    if g.chain[s] < 0:
        return True
    held = True
    for t in g.order:
        if g.follows[t] >= 0 and g.chain[t] == g.chain[s]:
            if p.path[t, 0] == begin_of(g, p, t) and p.value[t] > BROKEN:
                continue
            touched(p, t)
            if not evaluate(g, p, t, t) or not within_rep(g, p, t):
                p.value[t] = BROKEN
                held = False
    return held


@compiled
def end_at(g, p, s, end):
    """End a shift elsewhere; change nothing and return False where a rule would break."""
    before = p.end[s]
    p.end[s] = end
    touched(p, s)
    if evaluate(g, p, s, s) and within_rep(g, p, s) and follow(g, p, s):
        return True
    p.end[s] = before
    evaluate(g, p, s, s)
    follow(g, p, s)
    return False


@compiled
def _shorten(g, p, s):
    """Take stops out of the ends of the shifts after `s` until they can be kept."""
    for t in g.order:
        if g.follows[t] >= 0 and g.chain[t] == g.chain[s]:
            while p.value[t] == BROKEN and p.size[t] > p.fixed[t]:
                p.size[t] -= 1
                v = p.seq[t, p.size[t]]
                p.where[v] = -1
                if evaluate(g, p, t, t):
                    follow(g, p, s)
                widen(g, p, v)


@compiled
def tear(g, p, v):
    """Note that the group of a visit is to be looked at: its days may be none of its patterns now."""
    group = g.group[v]
    if group >= 0 and g.patterned[group]:
        p.torn[group] = True


@compiled
def _open(p, v, r, k):
    for i in range(p.size[r], k, -1):
        p.seq[r, i] = p.seq[r, i - 1]
    p.seq[r, k] = v
    p.size[r] += 1


@compiled
def _close(p, r, k):
    for i in range(k, p.size[r] - 1):
        p.seq[r, i] = p.seq[r, i + 1]
    p.size[r] -= 1


@compiled
def take_out(g, p, s):
    """Take the visits marked in `gone` out of a shift; return how many."""
    size, kept, out = p.size[s], 0, 0
    for k in range(size):
        v = p.seq[s, k]
        if p.gone[v] and k >= p.fixed[s]:
            p.where[v] = -1
            p.gone[v] = False
            p.taken[out] = v
            out += 1
        else:
            p.seq[s, kept] = v
            kept += 1
    if out:
        touched(p, s)
        p.size[s] = kept
        # Without the triangle inequality a shorter row can be a longer drive.
        while not evaluate(g, p, s, s) and p.size[s] > p.fixed[s]:
            p.size[s] -= 1
            v = p.seq[s, p.size[s]]
            p.where[v] = -1
            p.taken[out] = v
            out += 1
        for i in range(out):
            widen(g, p, p.taken[i])
        if not follow(g, p, s):
            _shorten(g, p, s)
    return out


@compiled
def position(p, v):
    s = p.where[v]
    for k in range(p.size[s]):
        if p.seq[s, k] == v:
            return k
    return -1


@compiled
def is_full(g, p, v):
    """Say whether the group of a visit takes no more."""
    group = g.group[v]
    if group < 0:
        return False
    served = 0
    for i in range(g.member_of[group], g.member_of[group + 1]):
        if p.where[g.members[i]] >= 0:
            served += 1
    return served >= g.group_most[group]


@compiled
def span(g, p, v):
    """Return the earliest and the latest start of a served visit while the other stops are free to move."""
    s, k = p.where[v], position(p, v)
    first, last = NEVER, -NEVER
    for b in range(g.rests[s] + 1):
        first = min(first, p.early[s, b, k + 1] - g.duration[v])
        last = max(last, p.late[s, b, k])
    return first, last


@compiled
def keep_apart(g, p, v):
    """Narrow the times of a group's served visits so that any two start far enough apart, whatever else moves.

    Returns False, and leaves the times as they were, where they cannot.
    """
    group = g.group[v]
    if group < 0 or g.group_gap[group] == 0:
        return True
    size = 0
    for i in range(g.member_of[group], g.member_of[group + 1]):
        u = g.members[i]
        if p.where[u] >= 0 and size < p.spots.shape[0]:
            first, last = span(g, p, u)
            at = size
            while at > 0 and p.spots[at - 1, 0] > first:
                for c in range(3):
                    p.spots[at, c] = p.spots[at - 1, c]
                at -= 1
            p.spots[at, 0], p.spots[at, 1], p.spots[at, 2] = first, last, u
            size += 1
    if size < 2:
        return True
    space = g.group_gap[group]
    for i in range(1, size):
        p.spots[i, 0] = max(p.spots[i, 0], p.spots[i - 1, 0] + space)
    for i in range(size - 2, -1, -1):
        p.spots[i, 1] = min(p.spots[i, 1], p.spots[i + 1, 1] - space)
    for i in range(size):
        if p.spots[i, 0] > p.spots[i, 1]:
            return False
    since = np.empty(size, dtype=np.int64)
    until = np.empty(size, dtype=np.int64)
    low = -NEVER
    for i in range(size):
        u = p.spots[i, 2]
        since[i], until[i] = p.since[u], p.until[u]
        high = min(p.spots[i, 1], p.spots[i + 1, 0] - space) if i + 1 < size else NEVER
        p.since[u], p.until[u] = low, high
        low = high + space
    held = True
    for i in range(size):
        s = p.where[p.spots[i, 2]]
        touched(p, s)
        held = held and evaluate(g, p, s, s) and within_rep(g, p, s)
    if not held:
        for i in range(size):
            p.since[p.spots[i, 2]], p.until[p.spots[i, 2]] = since[i], until[i]
        for i in range(size):
            s = p.where[p.spots[i, 2]]
            # The row of v itself is labelled again by who put it in.
            if p.spots[i, 2] != v:
                evaluate(g, p, s, s)
    return held


@compiled
def widen(g, p, v):
    """Give a group back its times after a visit of it went, where at most one is left."""
    tear(g, p, v)
    group = g.group[v]
    if group < 0 or g.group_gap[group] == 0:
        return
    p.since[v], p.until[v] = -NEVER, NEVER
    served, left = 0, -1
    for i in range(g.member_of[group], g.member_of[group + 1]):
        if p.where[g.members[i]] >= 0:
            served, left = served + 1, g.members[i]
    if served == 1 and (p.since[left] > -NEVER or p.until[left] < NEVER):
        p.since[left], p.until[left] = -NEVER, NEVER
        touched(p, p.where[left])
        evaluate(g, p, p.where[left], p.where[left])
