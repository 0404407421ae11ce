"""The road network of one mode: junctions, and links between them with their times and their drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.chains import joined
from gcrm.routing.roads.components import largest_part
from gcrm.routing.roads.extract import Ways
from gcrm.routing.roads.links import split

Ints = NDArray[np.int32]
SCALE = 1e7
"""Coordinates are kept as OSM keeps them, in ten millionths of a degree."""


@dataclass(frozen=True)
class Network:
    """Link i leads from node `tail[i]` to `head[i]`; its points are `lat[shape[i]:shape[i + 1]]`, ends included.

    `cost` is (links, 3): milliseconds along and against the link, `FAR` where not allowed, and decimetres. Arc 2 i goes
    along link i, arc 2 i + 1 against it.
    """

    nodes: int
    tail: Ints
    head: Ints
    cost: Ints
    can_stop: NDArray[np.bool_]
    shape: NDArray[np.int64]
    lat: Ints
    lon: Ints

    def arcs(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return tail, head, milliseconds and decimetres of every arc."""
        return (
            np.column_stack([self.tail, self.head]).ravel(), np.column_stack([self.head, self.tail]).ravel(),
            np.ascontiguousarray(self.cost[:, :2]).ravel(), np.repeat(self.cost[:, 2], 2),
        )  # fmt: skip


def network_of(ways: Ways, mode: str) -> Network:
    """Return the large connected part of what the mode may use; a network without links where there is none."""
    kmh = ways.kmh[mode]
    ends, span, way, cost = split(ways.first, ways.point, ways.lat, ways.lon, kmh)
    inside = largest_part(len(ways.lat), ends, cost)
    kept = np.flatnonzero(inside[ends[:, 0]] & inside[ends[:, 1]])
    tail, head, total, stops, shape, point = joined(
        len(ways.lat), ends[kept], span[kept], way[kept], cost[kept], kmh, ways.can_stop, ways.point
    )
    nodes, renumbered = np.unique(np.concatenate([tail, head]), return_inverse=True)
    lat, lon = np.rint(ways.lat[point] * SCALE), np.rint(ways.lon[point] * SCALE)
    return Network(
        len(nodes), renumbered[: len(tail)].astype(np.int32), renumbered[len(tail) :].astype(np.int32), total, stops,
        shape, lat.astype(np.int32), lon.astype(np.int32),
    )  # fmt: skip
