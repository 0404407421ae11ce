import pytest
import shapely

from gcrm.core.errors import Invalid
from gcrm.demo import zones
from tests.demo.grounds import squares


def _divided(columns, rows, shares, weights=None):
    ground = squares(columns, rows)
    counties = list(ground.counties.values())
    members = zones.units(counties, weights or dict.fromkeys(ground.counties, 10.0), ground.plane)
    touching = zones.neighbours(counties)
    return ground, zones.divide(members, touching, shares), touching


def test_sixteen_equal_squares_make_four_blocks_of_four():
    _, found, touching = _divided(4, 4, [1, 1, 1, 1])
    assert sorted(len(zone) for zone in found) == [4, 4, 4, 4]
    assert all(zones._parts(zone, touching) == 1 for zone in found)


def test_every_county_belongs_to_exactly_one_zone():
    ground, found, _ = _divided(5, 3, [1, 1, 1])
    assert sorted(code for zone in found for code in zone) == sorted(ground.counties)


def test_zones_stand_to_each_other_as_their_shares():
    _, found, _ = _divided(8, 1, [3, 1])
    assert sorted(len(zone) for zone in found) == [2, 6]


def test_a_zone_for_three_people_has_at_least_three_counties():
    weights = dict.fromkeys(squares(4, 1).counties, 1.0) | {"r0c0": 100.0}
    _, found, _ = _divided(4, 1, [3, 1], weights)
    assert sorted(len(zone) for zone in found) == [1, 3]


def test_a_county_that_outweighs_all_stands_alone():
    weights = dict.fromkeys(squares(3, 3).counties, 10.0) | {"r1c1": 90.0}
    _, found, _ = _divided(3, 3, [1, 1], weights)
    assert {"r1c1"} in found


def test_more_people_than_counties_are_refused():
    with pytest.raises(Invalid, match="2 counties cannot be divided among 3"):
        _divided(2, 1, [1, 1, 1])


def test_an_island_is_joined_to_what_is_nearest():
    ground = squares(2, 1)
    island = ground.counties["r0c1"].__class__("z", "Island", "s", shapely.box(0.5, 0, 0.6, 0.1))
    touching = zones.neighbours([*ground.counties.values(), island])
    assert touching["z"] == {"r0c1"}
    assert touching["r0c1"] == {"r0c0", "z"}
