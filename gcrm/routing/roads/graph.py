"""The road graph of one mode, asked with coordinates: snapping, times and distances, and the line of a route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import FAR
from gcrm.routing.roads.contraction import Hierarchy
from gcrm.routing.roads.grid import Beside, Grid, beside
from gcrm.routing.roads.matrix import many_to_many
from gcrm.routing.roads.network import SCALE, Network
from gcrm.routing.roads.path import way_between

Point = tuple[float, float]
"""lat, lon"""


@dataclass(frozen=True)
class Matrix:
    """Seconds and metres from row to column, -1 where there is no way, and which places lie beside a road."""

    seconds: NDArray[np.int64]
    metres: NDArray[np.int64]
    is_near: NDArray[np.bool_]


@dataclass(frozen=True)
class RoadGraph:
    """A network, its hierarchy and its grid."""

    network: Network
    hierarchy: Hierarchy
    grid: Grid

    def snapped(self, points: Sequence[Point], limit_metres: float) -> Beside:
        """Return the road beside each point."""
        lat, lon = np.array(points, float).reshape(-1, 2).T
        return beside(self.grid, self.network, lat, lon, limit_metres)

    def matrix(self, points: Sequence[Point], limit_metres: float) -> Matrix:
        """Return times and distances between all points; those of a point with no road near are -1."""
        at = self.snapped(points, limit_metres)
        found, lengths = many_to_many(self.hierarchy, self.leaves(at), self._arrives(at))
        milliseconds, decimetres = found.astype(np.int64), lengths.astype(np.int64)
        self._along_one_link(at, milliseconds, decimetres)
        is_way = milliseconds < FAR
        seconds = np.where(is_way, np.rint(milliseconds / 1000), -1).astype(np.int64)
        metres = np.where(is_way, np.rint(decimetres / 10), -1).astype(np.int64)
        is_near = at.link >= 0
        np.fill_diagonal(seconds, np.where(is_near, 0, -1))
        np.fill_diagonal(metres, np.where(is_near, 0, -1))
        return Matrix(seconds, metres, is_near)

    def route(self, start: Point, end: Point, limit_metres: float) -> list[Point] | None:
        """Return the line of a fastest way between the roads beside two points; None where there is none."""
        at = self.snapped([start, end], limit_metres)
        if (at.link < 0).any():
            return None
        leaves, arrives = self.leaves(at)[:1], self._arrives(at)[1:]
        (link, other), (first, last) = at.link.tolist(), at.share.tolist()
        around = int(many_to_many(self.hierarchy, leaves, arrives)[0][0, 0])
        if link == other and self._direct(link, first, last) <= around and self._direct(link, first, last) < FAR:
            return self._part(link, first, last)
        way = way_between(self.hierarchy, leaves[0], arrives[0])
        if way is None:
            return None
        line = self._part(link, first, float(way.leaves))
        for arc in way.arcs:
            line += self._part(arc >> 1, float(arc & 1), float(1 - (arc & 1)))
        line += self._part(other, float(way.arrives), last)
        return [point for number, point in enumerate(line) if not number or point != line[number - 1]]

    def _part(self, link: int, first: float, last: float) -> list[Point]:
        """Return a link's line from one share of its length to another, turned round where that runs backwards."""
        if first > last:
            return self._part(link, last, first)[::-1]
        span = slice(self.network.shape[link], self.network.shape[link + 1])
        lat, lon = self.network.lat[span] / SCALE, self.network.lon[span] / SCALE
        pieces = np.hypot(np.diff(lon) * np.cos(np.radians(lat[:-1])), np.diff(lat))
        along = np.concatenate([[0.0], np.cumsum(pieces)]) / (pieces.sum() or 1.0)
        inner = (along > first) & (along < last)
        at = np.concatenate([[first], along[inner], [last]])
        return list(zip(np.interp(at, along, lat).tolist(), np.interp(at, along, lon).tolist(), strict=True))

    def leaves(self, at: Beside) -> NDArray[np.int32]:
        """Seeds: a place leaves its link by the head, and by the tail where one may go against it."""
        return self._seeds(at, (at.share, 1 - at.share), (1, 0), (self.network.tail, self.network.head))

    def _arrives(self, at: Beside) -> NDArray[np.int32]:
        return self._seeds(at, (at.share, 1 - at.share), (0, 1), (self.network.tail, self.network.head))

    def _seeds(self, at: Beside, parts: Any, sides: tuple[int, int], nodes: Any) -> NDArray[np.int32]:
        """Rows (by rank, milliseconds, decimetres): the part to the tail at the cost of one side, to the head of the other."""
        seeds = np.full((len(at.link), 2, 3), -1, np.int32)
        here = np.flatnonzero(at.link >= 0)
        cost = self.network.cost[at.link[here]]
        for number, (part, side, node) in enumerate(zip(parts, sides, nodes, strict=True)):
            may = cost[:, side] != FAR
            rows = here[may]
            seeds[rows, number, 0] = self.hierarchy.rank[node[at.link[rows]]]
            seeds[rows, number, 1] = np.rint(part[rows] * cost[may, side])
            seeds[rows, number, 2] = np.rint(part[rows] * cost[may, 2])
        return seeds

    def _along_one_link(self, at: Beside, milliseconds: Any, decimetres: Any) -> None:
        """Two places on one link need no junction between them."""
        order = np.argsort(at.link, kind="stable")
        same = np.flatnonzero(np.diff(at.link[order]) == 0)
        if not len(same):
            return
        for link in np.unique(at.link[order[same]]):
            places = np.flatnonzero(at.link == link)
            if link < 0:
                continue
            along, against, length = self.network.cost[link]
            step = at.share[places][None, :] - at.share[places][:, None]
            speed = np.where(step >= 0, along, against)
            direct = np.where(speed == FAR, FAR, np.rint(np.abs(step) * speed)).astype(np.int64)
            block = np.ix_(places, places)
            is_less = direct <= milliseconds[block]
            milliseconds[block] = np.where(is_less, direct, milliseconds[block])
            decimetres[block] = np.where(is_less, np.rint(np.abs(step) * length), decimetres[block])

    def _direct(self, link: int, first: float, last: float) -> int:
        cost = int(self.network.cost[link, 0 if last >= first else 1])
        return FAR if cost == FAR else round(abs(last - first) * cost)
