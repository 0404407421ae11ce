"""One pass over the grid: from each visit and step the best walk to the end, without going back at once (2-cycles).

Christofides, Mingozzi and Toth 1981. For each state the best walk, its next visit, and the best one with another next
visit are kept, which is enough to forbid i -> j -> i. The innermost loop runs along the time, on 32-bit numbers, so that
the compiler can use vector instructions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)

NOTHING = np.int32(-(2**30))
HARDLY = np.int32(-(2**29))
NOBODY = np.int32(-1)
# So many steps at a time, a number that the compiler turns into vector instructions.
LANES = 16


@compiled
def sweep(grid, rewards, leave, arrive, until):
    """Fill `leave` and `arrive`, both (states, 3, m, steps or more), by falling time down to the step `until`.

    `leave[s, 0, i, k]` is the best value after beginning i at k, `[s, 1]` its next visit, `[s, 2]` the best with another
    next visit; `arrive` the same on arriving at i at k, waiting and the reward of i included.
    """
    (steps, block, inside, first, last, starts, heads, legs, rest_legs, costs, rest_until, floor, final, states) = grid
    m = len(first)
    width = (block + 2 * LANES - 1) // LANES * LANES
    room = np.empty(3 * width, dtype=np.int32)
    stop = steps
    while stop > until:
        begin = max(0, stop - block)
        for i in range(m):
            for state in range(states):
                low, high = max(begin, first[i]), min(stop - 1, last[i])
                if states == 2 and state == 0:
                    low = max(low, floor[i])
                if state == 1:
                    high = min(high, rest_until[i])
                if low > high:
                    continue
                _begin(room, width, final[state, i], low, high)
                for a in range(starts[i], starts[i + 1]):
                    j, leg = heads[a], legs[a]
                    length = min(high, last[j] - leg) - low + 1
                    if length > 0:
                        _arc(room, width, 0, arrive[state], i, j, low + leg, length, costs[a])
                    if state == 1:
                        # Who would have to wait for the break can as well leave later: `_monotone` carries that back.
                        bend = max(low, min(floor[j] - rest_legs[a], rest_until[i]))
                        if bend <= high:
                            at = max(bend + rest_legs[a], floor[j])
                            length = min(high - bend, last[j] - at) + 1
                            if length > 0:
                                _arc(room, width, bend - low, arrive[0], i, j, at, length, costs[a])
                _monotone(leave[state], room, width, i, low, high, first[i])
        for state in range(states):
            for j in range(m):
                _wait(leave[state], arrive[state], inside[j], rewards[j], j, begin, stop)
        stop = begin


@compiled
def _begin(room, width, final, low, high):
    for t in range(width):
        room[t] = final[low + t] if low + t <= high else NOTHING
        room[width + t] = NOBODY
        room[2 * width + t] = NOTHING


@compiled
def _arc(room, width, offset, arrive, i, j, at, length, cost):
    """Offer the walks on from j, reached at the steps from `at`, to as many steps of i and a few that do not count."""
    best, following, other = arrive[0, j], arrive[1, j], arrive[2, j]
    tail, head = np.int32(i), np.int32(j)
    a, b, c = np.uint64(offset), np.uint64(offset + width), np.uint64(offset + 2 * width)
    source = np.uint64(at)
    for _ in range((length + LANES - 1) // LANES):
        for lane in range(LANES):
            t = np.uint64(lane)
            here, second, next_here = best[source + t], other[source + t], following[source + t]
            value = np.int32((second if next_here == tail else here) - cost)
            old, old_next, old_other = room[a + t], room[b + t], room[c + t]
            room[c + t] = max(min(old, value), old_other)
            room[b + t] = head if value > old else old_next
            room[a + t] = max(old, value)
        a += np.uint64(LANES)
        b += np.uint64(LANES)
        c += np.uint64(LANES)
        source += np.uint64(LANES)


@compiled
def _monotone(leave, room, width, i, low, high, first):
    """Write the steps of visit i from the last: at each, whatever is possible later is possible too."""
    best, following, other = NOTHING, NOBODY, NOTHING
    if high + 1 < leave.shape[2]:
        best, following, other = leave[0, i, high + 1], leave[1, i, high + 1], leave[2, i, high + 1]
    for k in range(high, low - 1, -1):
        t = k - low
        new, to, second = room[t], room[width + t], room[2 * width + t]
        if new >= best:
            best, new = new, best
            following, to = to, following
            other, second = second, other
        other = max(other, second if to == following else new)
        leave[0, i, k], leave[1, i, k], leave[2, i, k] = best, following, other


@compiled
def _wait(leave, arrive, inside, reward, j, begin, stop):
    for k in range(stop - 1, begin - 1, -1):
        if inside[k]:
            best, other = leave[0, j, k], leave[2, j, k]
            arrive[0, j, k] = NOTHING if best < HARDLY else best + reward
            arrive[1, j, k] = leave[1, j, k]
            arrive[2, j, k] = NOTHING if other < HARDLY else other + reward
        else:
            for part in range(3):
                arrive[part, j, k] = arrive[part, j, k + 1]


@compiled
def follow(grid, rewards, leave, arrive, state, visit, step, path):
    """Write the visits of the best walk that arrives at `visit` at `step`; return how many."""
    (_, _, inside, _, last, starts, heads, legs, rest_legs, costs, until, floor, final, _) = grid
    count, before = 0, -1
    while True:
        while not inside[visit, step]:
            step += 1
        path[count] = visit
        count += 1
        best, to, to_state, to_step = final[state, visit, step], -1, 0, 0
        for a in range(starts[visit], starts[visit + 1]):
            j = heads[a]
            if j == before:
                continue
            at = step + legs[a]
            if at <= last[j]:
                value = np.int32(arrive[state, 2 if arrive[state, 1, j, at] == visit else 0, j, at] - costs[a])
                if value > best:
                    best, to, to_state, to_step = value, j, state, at
            if state == 1 and step <= until[visit]:
                at = max(step + rest_legs[a], floor[j])
                if at <= last[j]:
                    value = np.int32(arrive[0, 2 if arrive[0, 1, j, at] == visit else 0, j, at] - costs[a])
                    if value > best:
                        best, to, to_state, to_step = value, j, 0, at
        if to < 0 or count == len(path):
            return count
        before, visit, state, step = visit, to, to_state, to_step


@compiled
def arc_values(grid, rewards, leave, arrive, backward, values):
    """Set `values[a]` to the best value of a walk from start to end over arc a, and return that of each visit.

    `backward` is the `leave` of the same grid reversed.
    """
    (steps, _, inside, first, last, starts, heads, legs, rest_legs, costs, until, floor, _, states) = grid
    m, top = len(first), steps - 1
    through = np.full(m, NOTHING, dtype=np.int32)
    for i in range(m):
        for state in range(states):
            mirrored = state if states == 1 else 1 - state
            for k in range(first[i], last[i] + 1):
                if not inside[i, k]:
                    continue
                b0, b2 = backward[mirrored, 0, i, top - k], backward[mirrored, 2, i, top - k]
                if b0 < HARDLY:
                    continue
                f0, f2 = leave[state, 0, i, k], leave[state, 2, i, k]
                if backward[mirrored, 1, i, top - k] == leave[state, 1, i, k] and leave[state, 1, i, k] >= 0:
                    both = max(b0 + f2, b2 + f0)
                else:
                    both = b0 + f0
                through[i] = max(through[i], both + rewards[i])
        for a in range(starts[i], starts[i + 1]):
            best, j = NOTHING, heads[a]
            for state in range(states):
                mirrored = state if states == 1 else 1 - state
                high = min(last[i], last[j] - legs[a])
                value = _through(backward[mirrored], arrive[state], inside[i], i, j, first[i], high, legs[a], 0, top)
                best = max(best, value)
            if states == 2:
                high = min(last[i], until[i])
                value = _through(backward[0], arrive[0], inside[i], i, j, first[i], high, rest_legs[a], floor[j], top)
                best = max(best, value)
            values[a] = NOTHING if best < HARDLY else best - costs[a] + rewards[i]
    return through


@compiled
def _through(backward, arrive, inside, i, j, low, high, leg, floor, top):
    best = NOTHING
    for k in range(low, high + 1):
        if inside[k]:
            at = max(k + leg, floor)
            head = backward[2, i, top - k] if backward[1, i, top - k] == j else backward[0, i, top - k]
            tail = arrive[2, j, at] if arrive[1, j, at] == i else arrive[0, j, at]
            if head > HARDLY and tail > HARDLY:
                best = max(best, head + tail)
    return best
