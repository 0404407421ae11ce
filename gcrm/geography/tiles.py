"""Where a tile of the Web Mercator square lies, and which keys of the grid a box of degrees has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from gcrm.core.errors import NotFound

LARGEST_ZOOM = 22
KEY_BITS = 30
"""Bits of x and y each in a grid key, as `gcrm_tile_key` has it."""
NORTHERNMOST = 85.0511287
"""Where the square ends; `gcrm_grid_key` has the same."""
MOST_RANGES = 12
EDGE_DEGREES = 1e-7
"""So much wider a box is searched, lest rounding leave out a point on its edge."""

Box = tuple[float, float, float, float]
"""West, south, east and north in degrees; east of west."""


class NoTile(NotFound):
    """The address names no tile: a fault of who asks, not something that may be there later."""

    status = 400
    title = "Not understood"


def refuse_absent(z: int, x: int, y: int) -> None:
    """No such tile: a zoom that is not served, or a place outside the square."""
    if not (0 <= z <= LARGEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        said = "/".join(str(part)[:12] for part in (z, x, y))
        raise NoTile(f"There is no tile {said}: zooms go from 0 to {LARGEST_ZOOM}, x and y from 0 to 2^zoom - 1.")


def degrees(z: int, x: int, y: int, margin: float = 0.0) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile, widened by a share of its width on every side."""

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))

    west, east = (x - margin) / 2**z * 360 - 180, (x + 1 + margin) / 2**z * 360 - 180
    return west, latitude(y + 1 + margin), east, latitude(y - margin)


def pixel_degrees(z: int) -> float:
    """Degrees of longitude that one screen pixel is wide; tiles are drawn at 512 pixels."""
    return 360.0 / 512.0 / float(2**z)


def key_ranges(boxes: Iterable[Box], most: int = MOST_RANGES) -> list[tuple[int, int]]:
    """Ranges of grid keys, first and end, in order, that hold every point of the boxes and as little else as few can.

    A tile of any zoom is one range, so the boxes are covered by tiles that are cut in four while there are not too many.
    """
    units = [_in_units(box) for box in boxes]
    whole: list[tuple[int, int, int]] = []
    cut = [(0, 0, 0)]
    while cut:
        parts = [(z + 1, 2 * x + i, 2 * y + j) for z, x, y in cut for i in (0, 1) for j in (0, 1)]
        held = [(tile, _overlap(tile, units)) for tile in parts]
        inside = [tile for tile, share in held if share == 2]
        partly = [tile for tile, share in held if share == 1]
        if len(whole) + len(inside) + len(partly) > most or parts[0][0] > LARGEST_ZOOM:
            break
        whole, cut = whole + inside, partly
    return _joined(sorted(_range(tile) for tile in whole + cut))


def _in_units(box: Box) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in shares of the square."""
    west, south, east, north = box

    def down(latitude: float) -> float:
        radians = math.radians(max(-NORTHERNMOST, min(NORTHERNMOST, latitude)))
        return (1 - math.log(math.tan(radians) + 1 / math.cos(radians)) / math.pi) / 2

    left, right = (west - EDGE_DEGREES + 180) / 360, (east + EDGE_DEGREES + 180) / 360
    return left, down(north + EDGE_DEGREES), right, down(south - EDGE_DEGREES)


def _overlap(tile: tuple[int, int, int], units: Sequence[tuple[float, float, float, float]]) -> int:
    """2: the tile lies in one of the boxes; 1: a part may; 0: nothing of it."""
    z, x, y = tile
    size, found = 2**z, 0
    last = size - 1
    for left, top, right, bottom in units:
        # What lies on the square's edges or beyond has the key of the cell inside, so the outer tiles reach out.
        clear = ((x + 1) / size < left and x < last) or (x / size > right and x > 0)
        clear = clear or ((y + 1) / size < top and y < last) or (y / size > bottom and y > 0)
        if clear:
            continue
        held = (x / size >= left or (x == 0 and left <= 0)) and ((x + 1) / size <= right or (x == last and right >= 1))
        held = (
            held
            and (y / size >= top or (y == 0 and top <= 0))
            and ((y + 1) / size <= bottom or (y == last and bottom >= 1))
        )
        found = max(found, 2 if held else 1)
    return found


def _range(tile: tuple[int, int, int]) -> tuple[int, int]:
    z, x, y = tile
    cell = sum(((x >> bit & 1) << 2 * bit) | ((y >> bit & 1) << 2 * bit + 1) for bit in range(z))
    first = cell << 2 * (KEY_BITS - z)
    return first, first + 4 ** (KEY_BITS - z)


def reach(z: int, cells: Sequence[int]) -> Box:
    """How far tiles of a zoom reach together, by the numbers that their keys begin with.

    Where the shorter way round leads over the antimeridian, west is more than east.
    """
    columns = sorted({sum((cell >> 2 * bit & 1) << bit for bit in range(z)) for cell in cells})
    rows = [sum((cell >> 2 * bit + 1 & 1) << bit for bit in range(z)) for cell in cells]
    south = -90.0 if max(rows) == 2**z - 1 else degrees(z, 0, max(rows))[1]
    north = 90.0 if min(rows) == 0 else degrees(z, 0, min(rows))[3]
    steps = [after - before for before, after in zip(columns, [*columns[1:], columns[0] + 2**z], strict=True)]
    last = steps.index(max(steps))
    first = (last + 1) % len(columns)
    return degrees(z, columns[first], 0)[0], south, degrees(z, columns[last], 0)[2], north


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, end in ranges:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found
