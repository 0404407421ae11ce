"""Tiles that cover a circle."""

from __future__ import annotations

import math
import random

import pytest

from gcrm.core.errors import Invalid
from gcrm.core.geo import metres_between
from gcrm.customers.near import covering_tiles


def tile_of(zoom: int, lon: float, lat: float) -> tuple[int, int, int]:
    latitude = math.radians(max(-85.0511287, min(85.0511287, lat)))
    x = math.floor((lon + 180) / 360 * 2**zoom)
    y = math.floor((1 - math.log(math.tan(latitude) + 1 / math.cos(latitude)) / math.pi) / 2 * 2**zoom)
    return zoom, min(max(x, 0), 2**zoom - 1), min(max(y, 0), 2**zoom - 1)


@pytest.mark.parametrize(
    "middle",
    [(-76.88, 40.27), (126.98, 37.57), (179.999, -16.5), (-180.0, 0.0), (20.0, 89.5), (0.0, -85.05), (10.0, 84.9)],
)
@pytest.mark.parametrize("radius", [1, 800, 25_000, 500_000])
def test_every_point_of_the_circle_lies_in_a_tile(middle, radius):
    tiles = set(covering_tiles(*middle, radius))
    assert 1 <= len(tiles) <= 8
    chance = random.Random(7)
    spread = radius / 110_500
    for _ in range(400):
        lat = max(-90, min(90, middle[1] + chance.uniform(-spread, spread)))
        wide = min(180.0, spread / max(1e-6, math.cos(math.radians(lat))))
        lon = (middle[0] + chance.uniform(-wide, wide) + 180) % 360 - 180
        if metres_between(middle, (lon, lat)) <= radius * 0.99:
            assert any(tile_of(tile[0], lon, lat) == tile for tile in tiles), (lon, lat)


def test_small_circles_get_small_tiles():
    assert min(z for z, _x, _y in covering_tiles(-76.88, 40.27, 1_000)) >= 13


@pytest.mark.parametrize("radius", [0, -1, 600_000, float("nan"), float("inf")])
def test_a_radius_has_bounds(radius):
    with pytest.raises(Invalid):
        covering_tiles(0, 0, radius)
