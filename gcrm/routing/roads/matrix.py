"""Times and distances between many places over a hierarchy, by buckets.

After Knopp, Sanders, Schultes, Schulz, Wagner, "Computing Many-to-Many Shortest Paths Using Highway Hierarchies" (2007):
one upward search backwards from each target leaves an entry at every node it settles; one upward search from each source
reads them. Searches are cut by stalling on demand (Geisberger 2012).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import FAR, compiled, frozen
from gcrm.routing.roads.contraction import Hierarchy, Upward
from gcrm.routing.roads.heap import LOW, pop, push, roomier

Ints = NDArray[np.int32]


def many_to_many(hierarchy: Hierarchy, leaves: Ints, arrives: Ints) -> tuple[Ints, Ints]:
    """Return milliseconds and decimetres from every source to every target, `FAR` where there is no way.

    Parameters
    ----------
    leaves : (S, k, 3) nodes by rank at which a source enters the graph, milliseconds and decimetres until there; -1: none
    arrives : (T, k, 3) nodes at which a target is reached from, and how far it is from there
    """
    found: tuple[Ints, Ints] = _matrix(
        _columns(hierarchy.away), _columns(hierarchy.towards),
        np.ascontiguousarray(leaves, np.int32), np.ascontiguousarray(arrives, np.int32),
    )  # fmt: skip
    return found


def _columns(arcs: Upward) -> tuple[Any, ...]:
    return tuple(frozen(column) for column in (arcs.first, arcs.head, arcs.milliseconds, arcs.decimetres))


@compiled
def search(graph: Any, against: Any, seeds: Any, scratch: Any) -> Any:
    """Search upwards from the seeds; returns how many nodes were touched and how many of them stay settled.

    Settled nodes stand in `order[:settled]`; `time` and `length` hold what was found until `clear` empties them.
    """
    first, head, milliseconds, decimetres = graph
    back_first, back_head, back_milliseconds, _ = against
    time, length, touched, order, heap = scratch
    size, seen, settled = 0, 0, 0
    for seed in range(len(seeds)):
        node = seeds[seed, 0]
        if node >= 0 and seeds[seed, 1] < time[node]:
            if time[node] == FAR:
                touched[seen] = node
                seen += 1
            time[node], length[node] = seeds[seed, 1], seeds[seed, 2]
            size = push(heap, size, time[node], node)
    while size > 0:
        key = heap[0] >> 32
        node = heap[0] & LOW
        size = pop(heap, size)
        if key > time[node]:
            continue
        is_stalled = False
        for arc in range(back_first[node], back_first[node + 1]):
            above = time[back_head[arc]]
            if above != FAR and np.int64(above) + back_milliseconds[arc] < key:
                is_stalled = True
                break
        if is_stalled:
            continue
        order[settled] = node
        settled += 1
        for arc in range(first[node], first[node + 1]):
            other = head[arc]
            reached = key + milliseconds[arc]
            if reached < time[other]:
                if time[other] == FAR:
                    touched[seen] = other
                    seen += 1
                time[other] = reached
                length[other] = length[node] + decimetres[arc]
                if size + 1 >= len(heap):
                    heap = roomier(heap)
                size = push(heap, size, reached, other)
    return seen, settled, (time, length, touched, order, heap)


@compiled
def scratch_for(nodes: int) -> Any:
    """Return what searches work on: times, lengths, touched and settled nodes, the queue."""
    return (
        np.full(nodes, FAR, np.int32), np.zeros(nodes, np.int32), np.empty(nodes + 1, np.int32),
        np.empty(nodes + 1, np.int32), np.empty(4096, np.int64),
    )  # fmt: skip


@compiled
def clear(scratch: Any, seen: int) -> None:
    """Empty what a search touched."""
    for at in range(seen):
        scratch[0][scratch[2][at]] = FAR


@compiled
def _entries(towards: Any, away: Any, arrives: Any, scratch: Any) -> Any:
    """Return one row (node, target, milliseconds, decimetres) for each node that a target's search settled."""
    rows = np.empty((1024, 4), np.int32)
    used = 0
    for target in range(len(arrives)):
        seen, settled, scratch = search(towards, away, arrives[target], scratch)
        while used + settled > len(rows):
            larger = np.empty((2 * len(rows), 4), np.int32)
            larger[: len(rows)] = rows
            rows = larger
        for at in range(settled):
            node = scratch[3][at]
            rows[used, 0], rows[used, 1] = node, target
            rows[used, 2], rows[used, 3] = scratch[0][node], scratch[1][node]
            used += 1
        clear(scratch, seen)
    return rows[:used], scratch


@compiled
def _sorted(rows: Any, nodes: int) -> Any:
    """Return the entries by node, and where each node's begin."""
    begin = np.zeros(nodes + 1, np.int64)
    for at in range(len(rows)):
        begin[rows[at, 0] + 1] += 1
    begin = np.cumsum(begin)
    place = begin.copy()
    buckets = np.empty((len(rows), 3), np.int32)
    for at in range(len(rows)):
        buckets[place[rows[at, 0]]] = rows[at, 1:]
        place[rows[at, 0]] += 1
    return begin, buckets


@compiled
def _matrix(away: Any, towards: Any, leaves: Any, arrives: Any) -> Any:
    nodes = len(away[0]) - 1
    scratch = scratch_for(nodes)
    rows, scratch = _entries(towards, away, arrives, scratch)
    begin, buckets = _sorted(rows, nodes)
    times = np.full((len(leaves), len(arrives)), FAR, np.int32)
    lengths = np.zeros((len(leaves), len(arrives)), np.int32)
    for source in range(len(leaves)):
        seen, settled, scratch = search(away, towards, leaves[source], scratch)
        for at in range(settled):
            node = scratch[3][at]
            time, length = scratch[0][node], scratch[1][node]
            for entry in range(begin[node], begin[node + 1]):
                target = buckets[entry, 0]
                total = np.int64(time) + buckets[entry, 1]
                if total < times[source, target]:
                    times[source, target] = total
                    lengths[source, target] = length + buckets[entry, 2]
        clear(scratch, seen)
    return times, lengths
