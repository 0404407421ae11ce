"""What can be reached within a time: the exact time to every junction, and the parts of roads that lie within it.

After Delling, Goldberg, Nowatzyk, Werneck, "PHAST: Hardware-Accelerated Shortest Path Trees" (2011): one upward search over
the hierarchy, then one sweep over all junctions from the most important to the least.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import FAR, compiled, frozen
from gcrm.routing.roads.contraction import Hierarchy
from gcrm.routing.roads.graph import Point, RoadGraph
from gcrm.routing.roads.matrix import scratch_for, search
from gcrm.routing.roads.network import SCALE

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
NEVER = 1e15
"""Milliseconds of no way: finite, so that a share of nothing of it is nothing."""


def times_from(hierarchy: Hierarchy, seeds: Ints) -> Ints:
    """Return milliseconds to every node by rank, `FAR` where there is no way.

    Parameters
    ----------
    seeds : (k, 3) nodes by rank at which the place enters the graph, milliseconds and decimetres until there; -1: none
    """
    away = tuple(frozen(part) for part in _columns(hierarchy.away))
    towards = tuple(frozen(part) for part in _columns(hierarchy.towards))
    found: Ints = _swept(away, towards, np.ascontiguousarray(seeds, np.int32))
    return found


def _columns(arcs: Any) -> tuple[Any, ...]:
    return arcs.first, arcs.head, arcs.milliseconds, arcs.decimetres


@compiled
def _swept(away: Any, towards: Any, seeds: Any) -> Any:
    nodes = len(away[0]) - 1
    _seen, _settled, scratch = search(away, towards, seeds, scratch_for(nodes))
    time = scratch[0]
    first, head, milliseconds = towards[0], towards[1], towards[2]
    # Whatever leads into a junction from one of more importance is known when the sweep comes there.
    for node in range(nodes):
        for arc in range(first[node], first[node + 1]):
            before = time[head[arc]]
            if before != FAR:
                reached = np.int64(before) + milliseconds[arc]
                if reached < time[node]:
                    time[node] = reached
    return time


def reached_points(graph: RoadGraph, start: Point, seconds: float, snap_metres: float, step: float) -> Floats | None:
    """Return points (lat, lon) along all parts of roads reached in time, no more than a step of degrees apart.

    None when no road lies within `snap_metres` of the start.
    """
    at = graph.snapped([start], snap_metres)
    if at.link[0] < 0:
        return None
    times = times_from(graph.hierarchy, graph.leaves(at)[0])[graph.hierarchy.rank].astype(float)
    times[times == FAR] = NEVER
    limit = seconds * 1000
    net = graph.network
    begins, ends = times[net.tail], times[net.head]
    near = np.flatnonzero(np.minimum(begins, ends) <= limit)
    near = np.union1d(near, at.link)
    point, link, share = _along(graph, near, step)
    along, against = (np.where(net.cost[:, side] == FAR, NEVER, net.cost[:, side].astype(float)) for side in (0, 1))
    arrive = np.minimum(begins[link] + share * along[link], ends[link] + (1 - share) * against[link])
    own, ahead = link == at.link[0], share - at.share[0]
    direct = np.where(ahead >= 0, ahead * along[link], -ahead * against[link])
    arrive[own] = np.minimum(arrive[own], direct[own])
    return point[arrive <= limit]


def _along(graph: RoadGraph, links: NDArray[np.int64], step: float) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return points along links, the link of each, and how far along it each lies as a share."""
    net = graph.network
    counts = net.shape[links + 1] - net.shape[links]
    index = np.repeat(net.shape[links], counts) + _counted(counts)
    owner = np.repeat(links, counts)
    lat, lon = net.lat[index] / SCALE, net.lon[index] / SCALE
    pieces = np.hypot(np.diff(lon) * np.cos(np.radians(lat[:-1])), np.diff(lat))
    is_inner = np.diff(owner) == 0
    pieces[~is_inner] = 0
    run = np.concatenate([[0.0], np.cumsum(pieces)])
    last = np.cumsum(counts) - 1
    start, whole = run[last - counts + 1], run[last] - run[last - counts + 1]
    share = (run - np.repeat(start, counts)) / np.repeat(np.where(whole > 0, whole, 1.0), counts)
    # A long straight piece gets points of its own, so that the part of it in time is not lost.
    more = np.where(is_inner, np.ceil(pieces / step).astype(np.int64) - 1, 0).clip(0)
    origin = np.repeat(np.arange(len(pieces)), more)
    part = (_counted(more) + 1) / (np.repeat(more, more) + 1)

    def between(values: Floats) -> Floats:
        filled: Floats = values[origin] + part * (values[origin + 1] - values[origin])
        return np.concatenate([values, filled])

    return np.column_stack([between(lat), between(lon)]), np.concatenate([owner, owner[origin]]), between(share)


def _counted(counts: Any) -> Any:
    """Return 0 to count - 1 for each count, in one row."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
