import pytest

from gcrm.core.errors import NotFound
from gcrm.geography import tiles


def test_the_tile_of_the_world_reaches_the_edge_of_web_mercator():
    assert tiles.degrees(0, 0, 0) == pytest.approx((-180, -85.0511288, 180, 85.0511288))


def test_a_margin_widens_by_a_share_of_the_tile():
    west, south, east, north = tiles.degrees(1, 1, 0, 0.5)
    assert (west, east) == (-90, 270)
    assert south == pytest.approx(-66.51326)  # the latitude of y = 1/4 below the equator
    assert north > 85.06


@pytest.mark.parametrize("place", [(-1, 0, 0), (23, 0, 0), (2, 4, 0), (2, 0, -1)])
def test_there_is_no_tile_outside_the_square(place):
    with pytest.raises(NotFound):
        tiles.refuse_absent(*place)
