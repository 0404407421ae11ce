"""Joining links that meet where there is nothing to decide: chains over nodes of degree two, their drawing kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from gcrm.routing.roads.compiled import FAR, compiled


@compiled
def _ends_at(nodes: int, ends: Any) -> Any:
    """Return for each node the link ends there, as 2 x link + side."""
    first = np.zeros(nodes + 1, np.int64)
    for link in range(len(ends)):
        first[ends[link, 0] + 1] += 1
        first[ends[link, 1] + 1] += 1
    first = np.cumsum(first)
    place = first.copy()
    found = np.empty(2 * len(ends), np.int64)
    for link in range(len(ends)):
        for side in range(2):
            node = ends[link, side]
            found[place[node]] = 2 * link + side
            place[node] += 1
    return first, found


@compiled
def _passes(one: int, other: int, way: Any, kmh: Any, can_stop: Any) -> bool:
    """Tell whether two link ends at one node are one road: the same speeds both ways, and stopping alike."""
    a, b = way[one >> 1], way[other >> 1]
    # One link runs towards the node and the other away from it, unless they are drawn against each other.
    turned = (one & 1) == (other & 1)
    is_alike = kmh[a, 0] == kmh[b, 1 if turned else 0] and kmh[a, 1] == kmh[b, 0 if turned else 1]
    return one >> 1 != other >> 1 and is_alike and can_stop[a] == can_stop[b]


@compiled
def joined(nodes: int, ends: Any, span: Any, way: Any, cost: Any, kmh: Any, can_stop: Any, point: Any) -> Any:
    """Join chains of links.

    Returns
    -------
    tail, head : (chains,) node numbers of before
    total : (chains, 3) milliseconds along and against, `FAR` where not allowed, decimetres
    stops : (chains,) whether one can stop there
    shape_first, shape : the points of each chain, both ends included
    """
    first, found = _ends_at(nodes, ends)
    is_passed = np.zeros(nodes, np.bool_)
    for node in range(nodes):
        if first[node + 1] - first[node] == 2:
            is_passed[node] = _passes(found[first[node]], found[first[node] + 1], way, kmh, can_stop)
    chains, pieces = 0, 0
    tail, head = np.empty(len(ends), np.int32), np.empty(len(ends), np.int32)
    total, stops = np.empty((len(ends), 3), np.int32), np.empty(len(ends), np.bool_)
    shape_first = np.zeros(len(ends) + 1, np.int64)
    shape = np.empty(np.sum(span[:, 1] - span[:, 0] + 1), np.int32)
    is_used = np.zeros(len(ends), np.bool_)
    # A ring of passed nodes has no end to begin at, so what is left after the first round is opened somewhere.
    for may_open in (False, True):
        for number in range(2 * len(ends)):
            link, side = number >> 1, number & 1
            if is_used[link] or (is_passed[ends[link, side]] and not may_open):
                continue
            start = ends[link, side]
            tail[chains], stops[chains] = start, can_stop[way[link]]
            along, against, length = 0, 0, 0
            shape[pieces] = point[span[link, side]]
            pieces += 1
            while True:
                is_used[link] = True
                along = FAR if along == FAR or cost[link, side] == FAR else along + cost[link, side]
                against = FAR if against == FAR or cost[link, 1 - side] == FAR else against + cost[link, 1 - side]
                length += cost[link, 2]
                step = 1 if side == 0 else -1
                at = span[link, side]
                while at != span[link, 1 - side]:
                    at += step
                    shape[pieces] = point[at]
                    pieces += 1
                node = ends[link, 1 - side]
                if not is_passed[node] or node == start:
                    break
                here = 2 * link + 1 - side
                onward = found[first[node]] if found[first[node] + 1] == here else found[first[node] + 1]
                link, side = onward >> 1, onward & 1
                if is_used[link]:
                    break
            head[chains] = node
            total[chains, 0], total[chains, 1], total[chains, 2] = along, against, length
            chains += 1
            shape_first[chains] = pieces
    return tail[:chains], head[:chains], total[:chains], stops[:chains], shape_first[: chains + 1], shape[:pieces]
