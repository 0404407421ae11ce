"""Finding the road beside a place: a grid of cells over the pieces of road where one can stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import compiled, frozen
from gcrm.routing.roads.links import EARTH_RADIUS_METRES, RADIANS
from gcrm.routing.roads.network import SCALE, Network

CELL_DEGREES = 0.004
MOST_CELLS = 4_000_000
METRES_PER_DEGREE = EARTH_RADIUS_METRES * RADIANS


@dataclass(frozen=True)
class Grid:
    """Pieces of road by cell: those of cell i at `first[i]:first[i + 1]`, as (link, position in the network's shape).

    `frame` is south, west, cell size in degrees, rows, columns.
    """

    frame: NDArray[np.float64]
    first: NDArray[np.int64]
    link: NDArray[np.int32]
    piece: NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """The road beside each place: its link (-1: none within the limit), how far along it as a share, how far off in metres."""

    link: NDArray[np.int64]
    share: NDArray[np.float64]
    metres: NDArray[np.float64]


def grid_of(network: Network) -> Grid:
    """Lay the grid over a network."""
    lat, lon = network.lat / SCALE, network.lon / SCALE
    height, width = np.ptp(lat), np.ptp(lon)
    cell = max(CELL_DEGREES, float(np.sqrt((height + CELL_DEGREES) * (width + CELL_DEGREES) / MOST_CELLS)))
    frame = np.array([lat.min(), lon.min(), cell, np.floor(height / cell) + 1, np.floor(width / cell) + 1])
    return Grid(frame, *_filled(frame, network.shape, lat, lon, network.can_stop))


def beside(grid: Grid, network: Network, lat: Any, lon: Any, limit_metres: float) -> Beside:
    """Return the nearest road of each place, no farther than the limit."""
    found = _nearest(
        (frozen(grid.frame), frozen(grid.first), frozen(grid.link), frozen(grid.piece)),
        (frozen(network.shape), frozen(network.lat), frozen(network.lon)),
        frozen(np.asarray(lat, float)), frozen(np.asarray(lon, float)), float(limit_metres),
    )  # fmt: skip
    return Beside(*found)


@compiled
def _cells_of(frame: Any, lat: Any, lon: Any, piece: int) -> Any:
    """Return the cells that the box round a piece touches: first and last row, first and last column."""
    south, west, cell = frame[0], frame[1], frame[2]
    low = int((min(lat[piece], lat[piece + 1]) - south) / cell)
    high = int((max(lat[piece], lat[piece + 1]) - south) / cell)
    left = int((min(lon[piece], lon[piece + 1]) - west) / cell)
    right = int((max(lon[piece], lon[piece + 1]) - west) / cell)
    return low, min(high, int(frame[3]) - 1), left, min(right, int(frame[4]) - 1)


@compiled
def _filled(frame: Any, shape: Any, lat: Any, lon: Any, can_stop: Any) -> Any:
    columns = int(frame[4])
    first = np.zeros(int(frame[3]) * columns + 1, np.int64)
    place = first
    link, piece = np.empty(0, np.int32), np.empty(0, np.int64)
    for is_counting in (True, False):
        for road in range(len(can_stop)):
            if not can_stop[road]:
                continue
            for at in range(shape[road], shape[road + 1] - 1):
                low, high, left, right = _cells_of(frame, lat, lon, at)
                for row in range(low, high + 1):
                    for column in range(left, right + 1):
                        cell = row * columns + column
                        if is_counting:
                            first[cell + 1] += 1
                            continue
                        link[place[cell]] = road
                        piece[place[cell]] = at
                        place[cell] += 1
        if is_counting:
            first = np.cumsum(first)
            place = first.copy()
            link, piece = np.empty(first[-1], np.int32), np.empty(first[-1], np.int64)
    return first, link, piece


@compiled
def _off(lat: float, lon: float, lats: Any, lons: Any, at: int) -> Any:
    """Return how far a point lies from a piece of road, in metres, and how far along the piece is nearest, as a share."""
    east = METRES_PER_DEGREE * np.cos(lat * RADIANS)
    ax, ay = (lons[at] / SCALE - lon) * east, (lats[at] / SCALE - lat) * METRES_PER_DEGREE
    bx, by = (lons[at + 1] / SCALE - lon) * east, (lats[at + 1] / SCALE - lat) * METRES_PER_DEGREE
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
    return np.hypot(ax + share * dx, ay + share * dy), share


@compiled
def _share_along(lats: Any, lons: Any, begin: int, end: int, piece: int, share: float) -> float:
    """Return how far along a link a point on one of its pieces lies, as a share of the link's length."""
    before, whole = 0.0, 0.0
    for at in range(begin, end - 1):
        east = np.cos(lats[at] / SCALE * RADIANS)
        metres = np.hypot((lons[at + 1] - lons[at]) * east, float(lats[at + 1] - lats[at]))
        whole += metres
        before += metres if at < piece else (share * metres if at == piece else 0.0)
    return before / whole if whole > 0 else 0.0


@compiled
def _nearest(grid: Any, drawn: Any, lat: Any, lon: Any, limit: float) -> Any:
    frame, first, link, piece = grid
    shape, lats, lons = drawn
    south, west, cell, rows, columns = frame[0], frame[1], frame[2], int(frame[3]), int(frame[4])
    links = np.full(len(lat), -1, np.int64)
    shares, metres = np.zeros(len(lat)), np.full(len(lat), np.inf)
    for place in range(len(lat)):
        row, column = int(np.floor((lat[place] - south) / cell)), int(np.floor((lon[place] - west) / cell))
        narrow = cell * METRES_PER_DEGREE * np.cos(min(89.0, abs(lat[place]) + cell) * RADIANS)
        best_piece, best_share = -1, 0.0
        # A ring's cells lie at least ring - 1 cells away, so a nearer find ends the search.
        for ring in range(int(limit / narrow) + 2):
            if min(limit, metres[place]) < (ring - 1) * narrow:
                break
            for y in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
                step = 1 if abs(y - row) == ring else max(1, 2 * ring)
                for x in range(column - ring, column + ring + 1, step):
                    if x < 0 or x >= columns:
                        continue
                    for entry in range(first[y * columns + x], first[y * columns + x + 1]):
                        off, share = _off(lat[place], lon[place], lats, lons, piece[entry])
                        if off <= limit and off < metres[place]:
                            metres[place], best_share = off, share
                            links[place], best_piece = link[entry], piece[entry]
        if best_piece >= 0:
            road = links[place]
            shares[place] = _share_along(lats, lons, shape[road], shape[road + 1], best_piece, best_share)
    return links, shares, metres
