"""Which tiles of the Web Mercator square cover a circle, so that an index over whole numbers finds what lies in it."""

from __future__ import annotations

import math

from gcrm.core.errors import Invalid

METRES_PER_DEGREE = 110_500
"""Of latitude, where a degree is shortest; too small a number only makes the box larger."""
DEEPEST_ZOOM = 20
NORTHERNMOST = 85.0511287
LARGEST_RADIUS_METRES = 500_000

Tile = tuple[int, int, int]
"""z, x, y"""


def covering_tiles(lon: float, lat: float, radius_metres: float) -> list[Tile]:
    """Tiles of one zoom that cover the circle: four at the most, eight where it crosses the antimeridian.

    Parameters
    ----------
    lon, lat
        The middle in degrees (WGS 84).
    radius_metres
        Up to `LARGEST_RADIUS_METRES`.
    """
    if not math.isfinite(radius_metres) or not 0 < radius_metres <= LARGEST_RADIUS_METRES:
        raise Invalid(f"The radius is between 1 and {LARGEST_RADIUS_METRES} metres.")
    south, north = (max(-90.0, min(90.0, lat + sign * radius_metres / METRES_PER_DEGREE)) for sign in (-1, 1))
    widest = max(abs(south), abs(north))
    half = 180.0 if widest >= 89 else min(180.0, radius_metres / (METRES_PER_DEGREE * math.cos(math.radians(widest))))
    tiles = {tile for west, east in _spans(lon, half) for tile in _tiles(west, south, east, north)}
    return sorted(tiles)


def _spans(lon: float, half: float) -> list[tuple[float, float]]:
    """The stretch of longitude round the middle, in two where it crosses the antimeridian."""
    west, east = lon - half, lon + half
    if half >= 180:
        return [(-180.0, 180.0)]
    if west < -180:
        return [(west + 360, 180.0), (-180.0, east)]
    if east > 180:
        return [(west, 180.0), (-180.0, east - 360)]
    return [(west, east)]


def _tiles(west: float, south: float, east: float, north: float) -> list[Tile]:
    left, right = _x(west), _x(east)
    top, bottom = _y(north), _y(south)
    size = max(right - left, bottom - top, 2.0**-DEEPEST_ZOOM)
    zoom = max(0, min(DEEPEST_ZOOM, math.floor(-math.log2(size))))
    count = 1 << zoom
    columns = range(_cell(left, count), _cell(right, count) + 1)
    rows = range(_cell(top, count), _cell(bottom, count) + 1)
    return [(zoom, x, y) for x in columns for y in rows]


def _cell(share: float, count: int) -> int:
    return min(count - 1, max(0, math.floor(share * count)))


def _x(lon: float) -> float:
    return (lon + 180) / 360


def _y(lat: float) -> float:
    latitude = math.radians(max(-NORTHERNMOST, min(NORTHERNMOST, lat)))
    return (1 - math.log(math.tan(latitude) + 1 / math.cos(latitude)) / math.pi) / 2
