"""Contraction hierarchies: nodes taken out one by one, least important first, with shortcuts that keep every distance.

After Geisberger, Sanders, Schultes, Delling, "Exact Routing in Large Road Networks Using Contraction Hierarchies"
(Transportation Science 46, 2012). Importance is the level plus the ratios of added to removed arcs and of the road pieces
under them, as in RoutingKit (Dibbelt, Strasser, Wagner 2016). Witness searches are bounded: where one gives up, a
shortcut too many is made, which costs a little speed and never a wrong distance. Where no road is more important than
the others, the last nodes would all become neighbours of each other; they then stay as a core that searches run through
plainly (Bauer et al., "Combining Hierarchical and Goal-Directed Speed-Up Techniques", 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import FAR, compiled
from gcrm.routing.roads.heap import LOW, pop, push, roomier

Ints = NDArray[np.int32]

# A row of the shrinking graph: a neighbour, then twice (to it, from it) milliseconds, decimetres, road pieces, middle.
NEIGHBOUR, TO, FROM = 0, 1, 5
MILLISECONDS, DECIMETRES, PIECES, MIDDLE = 0, 1, 2, 3
COLUMNS = 9
SETTLED_AT_MOST = 60
"""Nodes that a witness search settles before it gives up."""


CORE_NEIGHBOURS = 32
"""So many neighbours that the nodes left have on average end the contraction."""


@dataclass(frozen=True)
class Upward:
    """Arcs to more important nodes, and between those of the core: those of node i at `first[i]:first[i + 1]`, towards it or away from it.

    `middle` is the node that a shortcut leads over, or -1 - arc for an arc of the road graph itself.
    """

    first: NDArray[np.int64]
    head: Ints
    milliseconds: Ints
    decimetres: Ints
    middle: Ints


@dataclass(frozen=True)
class Hierarchy:
    """A contracted graph; its nodes are numbered by importance, `rank[node]`, the most important first."""

    rank: Ints
    away: Upward
    towards: Upward


def contract(
    nodes: int, tail: Ints, head: Ints, milliseconds: Ints, decimetres: Ints, core_neighbours: int = CORE_NEIGHBOURS
) -> Hierarchy:
    """Build the hierarchy of a directed graph; of parallel arcs the fastest counts, loops do not.

    Exact: every shortest time is kept. Heuristic only in the order of the nodes and so in speed.
    """
    rows, end, first, count, room = _adjacency(nodes, tail, head, milliseconds, decimetres)
    rows, first, count, rank = _contracted(rows, end, first, count, room, core_neighbours)
    away = Upward(*_upward(rows, first, count, rank, TO))
    return Hierarchy(rank, away, Upward(*_upward(rows, first, count, rank, FROM)))


@compiled
def _find(rows: Any, first: Any, count: Any, node: int, neighbour: int) -> int:
    for row in range(first[node], first[node] + count[node]):
        if rows[row, NEIGHBOUR] == neighbour:
            return row
    return -1


@compiled
def _offer(
    rows: Any, end: Any, first: Any, count: Any, room: Any, node: int, neighbour: int, side: int, arc: Any
) -> Any:
    """Note an arc on one side of a node unless a faster one is there; returns the rows, which may have grown."""
    row = _find(rows, first, count, node, neighbour)
    if row < 0:
        if count[node] == room[node]:
            rows = _move(rows, end, first, count, room, node)
        row = first[node] + count[node]
        count[node] += 1
        rows[row, NEIGHBOUR] = neighbour
        rows[row, TO] = FAR
        rows[row, FROM] = FAR
    if arc[MILLISECONDS] < rows[row, side]:
        for column in range(4):
            rows[row, side + column] = arc[column]
    return rows


@compiled
def _move(rows: Any, end: Any, first: Any, count: Any, room: Any, node: int) -> Any:
    """Move a node's rows to the end, where they have twice the room."""
    wanted = 2 * room[node] + 2
    while end[0] + wanted > len(rows):
        larger = np.empty((len(rows) + len(rows) // 2 + wanted, COLUMNS), np.int32)
        larger[: len(rows)] = rows
        rows = larger
    for row in range(count[node]):
        rows[end[0] + row] = rows[first[node] + row]
    first[node] = end[0]
    room[node] = wanted
    end[0] += wanted
    return rows


@compiled
def _adjacency(nodes: int, tail: Any, head: Any, milliseconds: Any, decimetres: Any) -> Any:
    """Return the rows of every node, both directions between two nodes in one row."""
    room = np.zeros(nodes, np.int32)
    for arc in range(len(tail)):
        room[tail[arc]] += 1
        room[head[arc]] += 1
    first = np.empty(nodes, np.int64)
    end = np.zeros(1, np.int64)
    for node in range(nodes):
        first[node] = end[0]
        end[0] += room[node]
    rows = np.empty((end[0] + end[0] // 2 + 16, COLUMNS), np.int32)
    count = np.zeros(nodes, np.int32)
    entry = np.empty(4, np.int32)
    for arc in range(len(tail)):
        if tail[arc] != head[arc]:
            entry[MILLISECONDS], entry[DECIMETRES] = milliseconds[arc], decimetres[arc]
            entry[PIECES], entry[MIDDLE] = 1, -1 - arc
            rows = _offer(rows, end, first, count, room, tail[arc], head[arc], TO, entry)
            rows = _offer(rows, end, first, count, room, head[arc], tail[arc], FROM, entry)
    return rows, end, first, count, room


@compiled
def _witness(
    rows: Any, first: Any, count: Any, start: int, without: int, limit: int, targets: int, scratch: Any
) -> Any:
    """Search from `start` around the node `without` until all targets are settled, `limit` is passed or it takes long.

    Leaves the best times found in `time` (upper bounds where not settled) and the touched nodes to be cleared.
    """
    time, is_target, touched, heap = scratch
    size = push(heap, 0, 0, start)
    time[start] = 0
    touched[0] = start
    seen = 1
    settled = 0
    while size > 0:
        key = heap[0] >> 32
        node = heap[0] & LOW
        size = pop(heap, size)
        if key > limit:
            break
        if key > time[node]:
            continue
        settled += 1
        if is_target[node]:
            targets -= 1
            if targets == 0:
                break
        if settled > SETTLED_AT_MOST:
            break
        for row in range(first[node], first[node] + count[node]):
            other = rows[row, NEIGHBOUR]
            if rows[row, TO] == FAR or other == without:
                continue
            reached = key + rows[row, TO]
            if reached <= limit and reached < time[other]:
                if time[other] == FAR:
                    touched[seen] = other
                    seen += 1
                time[other] = reached
                if size + 1 >= len(heap):
                    heap = roomier(heap)
                size = push(heap, size, reached, other)
                if seen + 1 >= len(touched):
                    touched = roomier(touched)
    return seen, (time, is_target, touched, heap)


@compiled
def _shortcuts(rows: Any, first: Any, count: Any, node: int, found: Any, scratch: Any) -> Any:
    """Collect the shortcuts (from, to, milliseconds, decimetres, pieces) that taking the node out needs."""
    made = 0
    begin, end = first[node], first[node] + count[node]
    for source in range(begin, end):
        inward = rows[source, FROM]
        if inward == FAR:
            continue
        limit, targets = 0, 0
        for target in range(begin, end):
            if target != source and rows[target, TO] != FAR:
                limit = max(limit, inward + rows[target, TO])
                scratch[1][rows[target, NEIGHBOUR]] = True
                targets += 1
        if targets == 0:
            continue
        start = rows[source, NEIGHBOUR]
        seen, scratch = _witness(rows, first, count, start, node, limit, targets, scratch)
        time, is_target, touched, _ = scratch
        for target in range(begin, end):
            if target == source or rows[target, TO] == FAR:
                continue
            is_target[rows[target, NEIGHBOUR]] = False
            through = inward + rows[target, TO]
            if time[rows[target, NEIGHBOUR]] > through:
                if made == len(found):
                    larger = np.empty((2 * made, 5), np.int32)
                    larger[:made] = found
                    found = larger
                found[made, 0] = start
                found[made, 1] = rows[target, NEIGHBOUR]
                for column in range(3):
                    found[made, 2 + column] = rows[source, FROM + column] + rows[target, TO + column]
                made += 1
        for at in range(seen):
            time[touched[at]] = FAR
    return made, found, scratch


@compiled
def _importance(rows: Any, first: Any, count: Any, node: int, level: int, made: int, found: Any) -> int:
    removed, pieces = 0, 0
    for row in range(first[node], first[node] + count[node]):
        for side in (TO, FROM):
            if rows[row, side] != FAR:
                removed += 1
                pieces += rows[row, side + PIECES]
    added = 0
    for shortcut in range(made):
        added += found[shortcut, 4]
    if removed == 0:
        return 1000 * level
    return 1000 * level + 1000 * made // removed + 1000 * added // pieces


@compiled
def _is_dense(count: Any, rank: Any, left: int, neighbours: int) -> bool:
    """Tell whether the nodes left have more neighbours on average than they should."""
    total = 0
    for node in range(len(rank)):
        if rank[node] < 0:
            total += count[node]
    return total > neighbours * left


@compiled
def _contracted(rows: Any, end: Any, first: Any, count: Any, room: Any, core_neighbours: int) -> Any:
    """Take out nodes until few or none are left; each keeps the rows that it had then.

    Those lead to nodes that are taken out later, or to the core, whose nodes come first in importance.
    """
    nodes = len(first)
    scratch = (
        np.full(nodes, FAR, np.int32), np.zeros(nodes, np.bool_), np.empty(1024, np.int32), np.empty(1024, np.int64),
    )  # fmt: skip
    found = np.empty((64, 5), np.int32)
    level = np.zeros(nodes, np.int32)
    rank = np.full(nodes, -1, np.int32)
    queue = np.empty(nodes + 1, np.int64)
    size = 0
    for node in range(nodes):
        made, found, scratch = _shortcuts(rows, first, count, node, found, scratch)
        size = push(queue, size, _importance(rows, first, count, node, 0, made, found), node)
    entry = np.empty(4, np.int32)
    left, next_look = nodes, nodes
    while size > 0:
        if left < next_look:
            next_look = left - left // 32 - 1
            if _is_dense(count, rank, left, core_neighbours):
                break
        node = queue[0] & LOW
        size = pop(queue, size)
        made, found, scratch = _shortcuts(rows, first, count, node, found, scratch)
        now = _importance(rows, first, count, node, level[node], made, found)
        if size > 0 and now > queue[0] >> 32:
            size = push(queue, size, now, node)
            continue
        left -= 1
        rank[node] = left
        for row in range(first[node], first[node] + count[node]):
            other = rows[row, NEIGHBOUR]
            level[other] = max(level[other], level[node] + 1)
            gone = _find(rows, first, count, other, node)
            rows[gone] = rows[first[other] + count[other] - 1]
            count[other] -= 1
        for shortcut in range(made):
            entry[:3] = found[shortcut, 2:]
            entry[MIDDLE] = node
            tail, head = found[shortcut, 0], found[shortcut, 1]
            rows = _offer(rows, end, first, count, room, tail, head, TO, entry)
            rows = _offer(rows, end, first, count, room, head, tail, FROM, entry)
    for node in range(nodes):
        if rank[node] < 0:
            left -= 1
            rank[node] = left
    return rows, first, count, rank


@compiled
def _upward(rows: Any, first: Any, count: Any, rank: Any, side: int) -> Any:
    """Return one direction's arcs in the order of rank, middles by rank too."""
    nodes = len(rank)
    begin = np.zeros(nodes + 1, np.int64)
    for node in range(nodes):
        for row in range(first[node], first[node] + count[node]):
            begin[rank[node] + 1] += rows[row, side] != FAR
    begin = np.cumsum(begin)
    head = np.empty(begin[-1], np.int32)
    milliseconds, decimetres, middle = np.empty_like(head), np.empty_like(head), np.empty_like(head)
    for node in range(nodes):
        at = begin[rank[node]]
        for row in range(first[node], first[node] + count[node]):
            if rows[row, side] == FAR:
                continue
            over = rows[row, side + MIDDLE]
            head[at] = rank[rows[row, NEIGHBOUR]]
            milliseconds[at] = rows[row, side + MILLISECONDS]
            decimetres[at] = rows[row, side + DECIMETRES]
            middle[at] = over if over < 0 else rank[over]
            at += 1
    return begin, head, milliseconds, decimetres, middle
