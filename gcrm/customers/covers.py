"""Covering a shape by ranges of grid keys, so that an index over whole numbers finds what lies in it.

A grid key interleaves 30 bits of x and y of the Web Mercator square: each tile of each zoom is one range. The largest tile
on the shape's edge is split again and again while the ranges stay few (after S2's region coverer). Ranges wholly inside the
shape need no further test; row-level security lets a scoped person use an index for these comparisons alone.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gcrm.customers.near import NORTHERNMOST

MOST_RANGES = 32
DEEPEST = 30
FINEST = 26
"""Tiles of half a metre are not split any more."""
SLACK = 1e-7
"""Degrees, a centimetre: on which side of a tile's edge a point falls is a matter of rounding."""

Range = tuple[int, int]
"""First key, and the first one behind the range."""
Tile = tuple[int, int, int, int]
"""z, x, y, and x and y with their bits interleaved: the tile's number among those of its zoom in the order of the keys."""


@dataclass(frozen=True)
class Cover:
    """Keys whose accounts lie inside, and those whose accounts may."""

    inside: tuple[Range, ...] = ()
    edge: tuple[Range, ...] = ()

    @property
    def all(self) -> tuple[Range, ...]:
        """Both, neighbours joined."""
        return _merged([*self.inside, *self.edge])


def cover(shape: Any, inner: Any = None, most: int = MOST_RANGES) -> Cover:
    """Cover a polygon of shapely.

    Parameters
    ----------
    shape
        What must be covered, in degrees between -180 and 180.
    inner
        What is certainly meant, where that is less than the shape, as of a circle made of corners.
    most
        Ranges in all.
    """
    import shapely

    certain = shape if inner is None else inner
    shapely.prepare(shape)
    shapely.prepare(certain)
    inside: list[Tile] = []
    waiting: list[Tile] = [(0, 0, 0, 0)] if not shape.is_empty else []
    best = _ranges(inside, waiting)
    while waiting and waiting[0][0] < FINEST:
        for child in _children(heapq.heappop(waiting)):
            box = shapely.box(*_box(child))
            if certain.contains_properly(box):
                inside.append(child)
            elif shape.intersects(box):
                heapq.heappush(waiting, child)
        found = _ranges(inside, waiting)
        if len(found.inside) + len(found.edge) <= most:
            best = found
        elif waiting and len(inside) + len(waiting) > 4 * most:
            break
    return best


def _children(tile: Tile) -> list[Tile]:
    z, x, y, number = tile
    corners = ((0, 0), (1, 0), (0, 1), (1, 1))
    return [(z + 1, 2 * x + right, 2 * y + down, 4 * number + right + 2 * down) for right, down in corners]


def _ranges(inside: list[Tile], edge: list[Tile]) -> Cover:
    return Cover(_merged(map(_range, inside)), _merged(map(_range, edge)))


def _range(tile: Tile) -> Range:
    bits = 2 * (DEEPEST - tile[0])
    return tile[3] << bits, (tile[3] + 1) << bits


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    joined: list[Range] = []
    for first, behind in sorted(ranges):
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], behind)
        else:
            joined.append((first, behind))
    return tuple(joined)


def tile_range(z: int, x: int, y: int) -> Range:
    """The keys of a tile, as `gcrm_tile_key` has them in the database."""
    number = 0
    for bit in range(z):
        number |= (x >> bit & 1 | (y >> bit & 1) << 1) << 2 * bit
    return _range((z, x, y, number))


def _box(tile: Tile) -> tuple[float, float, float, float]:
    """West, south, east and north, a little larger; the outermost rows reach to the poles, as their keys do."""
    z, x, y, _number = tile
    count = 1 << z
    north = 90.0 if y == 0 else _latitude(y / count)
    south = -90.0 if y == count - 1 else _latitude((y + 1) / count)
    west, east = x / count * 360 - 180, (x + 1) / count * 360 - 180
    return west - SLACK, south - SLACK, east + SLACK, north + SLACK


def _latitude(share: float) -> float:
    """Where a share of the Web Mercator square's height, from the top, lies."""
    return max(-NORTHERNMOST, min(NORTHERNMOST, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))))
