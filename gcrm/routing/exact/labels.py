"""Label setting with dominance (Desrochers 1988; Feillet et al. 2004): every route that could still be better.

A label is a part of a route from the start to a visit: when that can begin at the earliest, until when at no more waiting,
what was earned, and the set of keys that cannot be visited any more. Times are exact seconds. Labels that cannot lead above
the best known value, by the completion bound of the relaxation, are not made.

Tuples hold few arrays with named columns, since numba's compiling takes longer with every array that is passed on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)

HARDLY = -(2**29)
FAR = 10**12
EMPTY, OUT_OF_ROOM, OUT_OF_STEPS, PAUSED = 0, 1, 2, 3

# Columns of a label's row; WORTH is its value in billionths, so that whole numbers can be compared. The keys that cannot be
# visited any more follow from SETS, and then those that were visited.
WORTH, NEXT, EARLY, LATE, NODE, STATE, TRAVEL, COUNT, PARENT, FOLLOWING, SETS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
UNITS = 1e9
# Columns of a label's real numbers: what it earned, that less the multipliers of the keys gone, and its load.
VALUE, REDUCED, LOAD = 0, 1, 2
# Columns of a visit: seconds, key, whether it is alone with its key, first and last beginning, its windows from and to.
DURATION, KEY, IS_SINGLE, FIRST, LAST, WINDOW, WINDOWS_END = 0, 1, 2, 3, 4, 5, 6
# Whole and real numbers of the day.
END, REST_LENGTH, REST_FROM, REST_UNTIL, MOST_VISITS, MOST_TRAVEL = 0, 1, 2, 3, 4, 5
WAITING_RATE, LEAST_PENALTY, IS_LIMITED = 6, 7, 8
PRICE, WAITING_PRICE, CAPACITY = 0, 1, 2
# Real numbers of the bound and of the search: the value to be beaten, and by how much.
SCALE, PAID, BEST, SLACK = 0, 1, 2, 3
# Whole numbers of the search: labels made, the step reached, the best route's last label, seconds of a step, keys and words.
MADE, REACHED, BEST_LABEL, STEP, KEYS, WORDS = 0, 1, 2, 3, 4, 5


@compiled
def begin(day, bound, pool):
    """Make the labels of the first visits."""
    for s in range(len(day.starts)):
        for j in range(len(day.visits)):
            if day.first_ways[s, j] < FAR:
                way, start = day.first_ways[s, j], day.starts[s]
                _drive(day, bound, pool, -1, j, way, start[0], start[1], start[2], day.start_values[s], 0)


@compiled
def run(day, bound, pool, most, pause):
    """Extend labels by rising time until none is left, `most` were extended, or the pool may not hold the next ones.

    Stops before the step `pause` too.
    """
    steps, search = len(pool.heads), pool.search
    room = len(pool.rows) - 4 * len(day.windows) - 8
    for _ in range(most):
        while search[REACHED] < steps and pool.heads[search[REACHED]] < 0:
            search[REACHED] += 1
        if search[REACHED] >= steps:
            return EMPTY
        if search[REACHED] >= pause:
            return PAUSED
        if search[MADE] > room:
            return OUT_OF_ROOM
        label = pool.heads[search[REACHED]]
        pool.heads[search[REACHED]] = pool.rows[label, FOLLOWING]
        if _promising(day, bound, pool, label) and not _dominated(day, pool, label):
            _finish(day, pool, label)
            _extend(day, bound, pool, label)
    return OUT_OF_STEPS


@compiled
def _promising(day, bound, pool, label):
    """Say whether the best walk on from here could still make a better route."""
    row = pool.rows[label]
    i, state, k = row[NODE], row[STATE], row[EARLY] // pool.search[STEP]
    best, following, other = bound.leave[state, 0, i, k], bound.leave[state, 1, i, k], bound.leave[state, 2, i, k]
    if following >= 0:
        key = day.visits[following, KEY]
        if (np.uint64(row[SETS + (key >> 6)]) >> np.uint64(key & 63)) & np.uint64(1):
            best = other
    reals = pool.reals
    if best <= HARDLY:
        return False
    return pool.values[label, REDUCED] + best / reals[SCALE] + reals[PAID] > reals[BEST] + reals[SLACK]


@compiled
def _extend(day, bound, pool, label):
    rows, visits, ways, leave_values = pool.rows, day.visits, day.ways, bound.leave
    i, state, step = rows[label, NODE], rows[label, STATE], pool.search[STEP]
    leave, late = rows[label, EARLY] + visits[i, DURATION], rows[label, LATE] + visits[i, DURATION]
    reals, prize, multipliers, heads = pool.reals, day.prize, bound.multipliers, bound.heads
    price, scale = day.reals[PRICE], reals[SCALE]
    rest_until, rest_from, rest_length = day.wholes[REST_UNTIL], day.wholes[REST_FROM], day.wholes[REST_LENGTH]
    needed = reals[BEST] + reals[SLACK] - reals[PAID] - pool.values[label, REDUCED]
    for a in range(bound.starts[i], bound.starts[i + 1]):
        j = heads[a]
        key = visits[j, KEY]
        if (np.uint64(rows[label, SETS + (key >> 6)]) >> np.uint64(key & 63)) & np.uint64(1):
            continue
        way = ways[i, j]
        # Most arcs end here: a quick look at the bound, without regard to who was visited.
        wanted = needed - prize[j] + multipliers[key] + price * way
        at = max(leave + way, visits[j, FIRST])
        is_good = at <= visits[j, LAST] and leave_values[state, 0, j, at // step] / scale > wanted
        if state == 1 and not is_good and leave <= rest_until:
            at = max(max(leave + way, rest_from) + rest_length, visits[j, FIRST])
            is_good = at <= visits[j, LAST] and leave_values[0, 0, j, at // step] / scale > wanted
        if is_good:
            _drive(day, bound, pool, label, j, way, leave, late, state, pool.values[label, VALUE], rows[label, TRAVEL])


@compiled
def _finish(day, pool, label):
    """Take the route that ends after this label, if it is the best."""
    row, words = pool.rows[label], pool.search[WORDS]
    for w in range(words):
        if np.uint64(row[SETS + words + w]) & day.must[w] != day.must[w]:
            return
    i = row[NODE]
    leave = row[EARLY] + day.visits[i, DURATION]
    for e in range(len(day.last_costs)):
        way = day.last_ways[e, i]
        if way >= FAR or row[TRAVEL] + way > day.wholes[MOST_TRAVEL]:
            continue
        home = leave + way
        if row[STATE] == 1:
            if leave > day.wholes[REST_UNTIL]:
                continue
            home = max(home, day.wholes[REST_FROM]) + day.wholes[REST_LENGTH]
        if home <= day.wholes[END]:
            value = pool.values[label, VALUE] - day.reals[PRICE] * way - day.last_costs[e]
            if value > pool.reals[BEST] + pool.reals[SLACK]:
                pool.reals[BEST] = value
                pool.search[BEST_LABEL] = label


@compiled
def _drive(day, bound, pool, label, j, way, leave, late, state, value, travel):
    """Offer visit j after a label, -1 for the start: with the break left alone, and taken on the way."""
    value -= day.reals[PRICE] * way
    travel += way
    if travel > day.wholes[MOST_TRAVEL]:
        return
    length, first, last = day.wholes[REST_LENGTH], day.wholes[REST_FROM], day.wholes[REST_UNTIL]
    for rests in range(2):
        early, latest, paid, broken = leave + way, late + way, value, state
        if rests == 1:
            if state == 0 or leave > last:
                return
            early = max(leave + way, first) + length
            latest = min(max(late + way, first), last + way) + length
            paid = value - day.reals[WAITING_PRICE] * max(0, first - late - way)
            broken = 0
        for w in range(day.visits[j, WINDOW], day.visits[j, WINDOWS_END]):
            opens, closes = day.windows[w, 0], day.windows[w, 1]
            if early > closes:
                continue
            begins, free = max(early, opens), min(max(latest, opens), closes)
            waited = day.reals[WAITING_PRICE] * max(0, opens - latest)
            _offer(day, bound, pool, label, j, begins, free, broken, paid - waited, travel)
            # Serving in a later window helps only who would otherwise lose the freedom to come later.
            if day.reals[WAITING_PRICE] == 0.0 or latest <= closes:
                break


@compiled
def _offer(day, bound, pool, label, j, early, late, state, value, travel):
    """Make a label at visit j unless it cannot lead to a better route."""
    new, words = pool.search[MADE], pool.search[WORDS]
    row, values = pool.rows[new], pool.values[new]
    key = day.visits[j, KEY]
    row[NODE], row[STATE], row[EARLY], row[TRAVEL], row[PARENT] = j, state, early, travel, label
    row[LATE] = early if day.reals[WAITING_PRICE] == 0.0 else late
    row[COUNT], values[LOAD] = 1, day.load[j]
    values[VALUE] = values[REDUCED] = value + day.prize[j]
    for w in range(2 * words):
        row[SETS + w] = 0 if label < 0 else pool.rows[label, SETS + w]
    if label >= 0:
        row[COUNT] += pool.rows[label, COUNT]
        values[LOAD] += pool.values[label, LOAD]
        values[REDUCED] += pool.values[label, REDUCED] - pool.values[label, VALUE]
    if values[LOAD] > day.reals[CAPACITY] or row[COUNT] > day.wholes[MOST_VISITS]:
        return
    bit = np.int64(np.uint64(1) << np.uint64(key & 63))
    row[SETS + (key >> 6)] |= bit
    row[SETS + words + (key >> 6)] |= bit
    values[REDUCED] -= bound.multipliers[key]
    if not _promising(day, bound, pool, new) or not _forget(day, pool, new):
        return
    # The price of what is out of reach need not be paid back, which the first look did not know yet.
    _reduce(pool, new, bound.multipliers)
    if not _promising(day, bound, pool, new):
        return
    pool.search[MADE] += 1
    k = early // pool.search[STEP]
    row[FOLLOWING] = pool.heads[k]
    pool.heads[k] = new


@compiled
def _reduce(pool, label, multipliers):
    row, reduced = pool.rows[label], pool.values[label, VALUE]
    for e in range(len(multipliers)):
        if (np.uint64(row[SETS + (e >> 6)]) >> np.uint64(e & 63)) & np.uint64(1):
            reduced -= multipliers[e]
    pool.values[label, REDUCED] = reduced


@compiled
def _forget(day, pool, label):
    """Note what cannot be reached any more; say whether everything that must be visited still can."""
    row, visits, nearest, words = pool.rows[label], day.visits, day.nearest, pool.search[WORDS]
    j = row[NODE]
    leave = row[EARLY] + visits[j, DURATION]
    for v in range(len(visits)):
        if leave + nearest[j, v] > visits[v, LAST] and visits[v, IS_SINGLE]:
            key = visits[v, KEY]
            row[SETS + (key >> 6)] |= np.int64(np.uint64(1) << np.uint64(key & 63))
    lost = np.uint64(0)
    for w in range(words):
        lost |= day.must[w] & np.uint64(row[SETS + w] & ~row[SETS + words + w])
    return lost == 0


@compiled
def _dominated(day, pool, label):
    """Say whether a label extended before makes this one needless; otherwise put it among those of its visit, by worth.

    It does when it is no later and whatever can follow this one can follow it, less the visits it made itself: leaving these
    out costs at most their penalty. All is written out on local names: this is where the time goes.
    """
    rows, at_node, words = pool.rows, pool.at_node, pool.search[WORDS]
    own = rows[label]
    own[WORTH] = np.int64(np.rint(pool.values[label, VALUE] * UNITS))
    place, own_worth, own_early, own_late = 2 * own[NODE] + own[STATE], own[WORTH], own[EARLY], own[LATE]
    rate, least, is_limited = day.wholes[WAITING_RATE], day.wholes[LEAST_PENALTY], day.wholes[IS_LIMITED]
    must, penalties = day.must, day.penalty
    before, other = -1, at_node[place]
    while other >= 0 and rows[other, WORTH] >= own_worth:
        following = rows[other, NEXT]
        # Who is no longer free to come as late pays for waiting instead.
        surplus = rows[other, WORTH] - own_worth - rate * max(0, own_late - rows[other, LATE])
        if rows[other, EARLY] <= own_early and surplus >= 0:
            for w in range(words):
                more = np.uint64(rows[other, SETS + w] & ~own[SETS + w])
                if more and surplus < least:
                    surplus = -1
                while more and surplus >= 0:
                    low = more & (~more + np.uint64(1))
                    surplus -= penalties[64 * w + _place(low)]
                    more ^= low
                if must[w] & np.uint64(own[SETS + words + w] & ~rows[other, SETS + words + w]):
                    surplus = -1
                if surplus < 0:
                    break
            if surplus >= 0 and not (is_limited and _uses_more(pool, other, label)):
                return True
        before, other = other, following
    own[NEXT] = other
    if before < 0:
        at_node[place] = label
    else:
        rows[before, NEXT] = label
    return False


@compiled
def _uses_more(pool, one, other):
    rows = pool.rows
    if rows[one, TRAVEL] > rows[other, TRAVEL] or rows[one, COUNT] > rows[other, COUNT]:
        return True
    return pool.values[one, LOAD] > pool.values[other, LOAD]


@compiled
def _place(bit):
    """Return the position of the only bit that is set."""
    place = 0
    for width in (32, 16, 8, 4, 2, 1):
        if bit >> np.uint64(width):
            bit >>= np.uint64(width)
            place += width
    return place


@compiled
def waiting(pool):
    """Return the labels still to be extended."""
    found = np.empty(pool.search[MADE], dtype=np.int64)
    count = 0
    for k in range(len(pool.heads)):
        label = pool.heads[k]
        while label >= 0:
            found[count] = label
            count += 1
            label = pool.rows[label, FOLLOWING]
    return found[:count]


@compiled
def reprice(pool, which, multipliers):
    """Reckon the reduced values of labels anew."""
    for label in which:
        _reduce(pool, label, multipliers)


@compiled
def open_bound(bound, pool, which):
    """Return the best value that any of these labels could lead to."""
    most = -np.inf
    for label in which:
        row = pool.rows[label]
        rest = bound.leave[row[STATE], 0, row[NODE], row[EARLY] // pool.search[STEP]]
        most = max(most, pool.values[label, REDUCED] + rest / pool.reals[SCALE] + pool.reals[PAID])
    return most


@compiled
def nearest(ways, tails, heads, duration):
    """Return the least seconds from leaving one visit to arriving at another over these arcs (Floyd 1962)."""
    m = len(duration)
    best = np.full((m, m), FAR, dtype=np.int64)
    for a in range(len(tails)):
        best[tails[a], heads[a]] = ways[tails[a], heads[a]]
    for h in range(m):
        for i in range(m):
            first = best[i, h] + duration[h]
            if first < FAR:
                for j in range(m):
                    best[i, j] = min(best[i, j], first + best[h, j])
    return best
