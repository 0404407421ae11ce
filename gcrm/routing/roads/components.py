"""The large connected part: among whose nodes every one can be reached from every other (Tarjan 1972)."""

from __future__ import annotations

from typing import Any

import numpy as np

from gcrm.routing.roads.compiled import FAR, compiled


@compiled
def largest_part(nodes: int, ends: Any, cost: Any) -> Any:
    """Tell for each node whether it belongs to the largest strongly connected component.

    Parameters
    ----------
    ends : (links, 2) nodes
    cost : (links, ...) milliseconds along and against the link in the first two columns, `FAR` where not allowed
    """
    first, head = _arcs(nodes, ends, cost)
    part = np.full(nodes, -1, np.int32)
    index, low = np.full(nodes, -1, np.int32), np.zeros(nodes, np.int32)
    open_nodes, path, next_arc = np.empty(nodes, np.int32), np.empty(nodes, np.int32), first[:-1].copy()
    counted, waiting, parts, largest, best = 0, 0, 0, 0, -1
    for start in range(nodes):
        if index[start] >= 0:
            continue
        depth = 1
        path[0] = start
        index[start] = low[start] = counted
        counted += 1
        open_nodes[waiting] = start
        waiting += 1
        while depth > 0:
            node = path[depth - 1]
            if next_arc[node] < first[node + 1]:
                other = head[next_arc[node]]
                next_arc[node] += 1
                if index[other] < 0:
                    index[other] = low[other] = counted
                    counted += 1
                    open_nodes[waiting] = other
                    waiting += 1
                    path[depth] = other
                    depth += 1
                elif part[other] < 0:
                    low[node] = min(low[node], index[other])
                continue
            depth -= 1
            if depth > 0:
                low[path[depth - 1]] = min(low[path[depth - 1]], low[node])
            if low[node] == index[node]:
                size = 0
                while True:
                    waiting -= 1
                    member = open_nodes[waiting]
                    part[member] = parts
                    size += 1
                    if member == node:
                        break
                if size > largest:
                    largest, best = size, parts
                parts += 1
    return part == best


@compiled
def _arcs(nodes: int, ends: Any, cost: Any) -> Any:
    """Return the arcs that leave each node."""
    first = np.zeros(nodes + 1, np.int64)
    for link in range(len(ends)):
        for side in range(2):
            if cost[link, side] != FAR:
                first[ends[link, side] + 1] += 1
    first = np.cumsum(first)
    place = first.copy()
    head = np.empty(first[-1], np.int32)
    for link in range(len(ends)):
        for side in range(2):
            if cost[link, side] != FAR:
                tail = ends[link, side]
                head[place[tail]] = ends[link, 1 - side]
                place[tail] += 1
    return first, head
