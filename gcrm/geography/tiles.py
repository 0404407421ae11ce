"""Where a tile of the Web Mercator square lies."""

from __future__ import annotations

import math

from gcrm.core.errors import NotFound

LARGEST_ZOOM = 22


def refuse_absent(z: int, x: int, y: int) -> None:
    """No such tile: a zoom that is not served, or a place outside the square."""
    if not (0 <= z <= LARGEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound(f"There is no tile {z}/{x}/{y}.")


def degrees(z: int, x: int, y: int, margin: float = 0.0) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile, widened by a share of its width on every side."""

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))

    west, east = (x - margin) / 2**z * 360 - 180, (x + 1 + margin) / 2**z * 360 - 180
    return west, latitude(y + 1 + margin), east, latitude(y - margin)


def pixel_degrees(z: int) -> float:
    """Degrees of longitude that one screen pixel is wide; tiles are drawn at 512 pixels."""
    return 360.0 / 512.0 / float(2**z)
