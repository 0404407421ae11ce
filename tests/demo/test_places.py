import math

import numpy as np
import pytest
import shapely

from gcrm.demo.ground import Plane, Shore
from gcrm.demo.places import Settlement, Town, Village, in_neighbourhoods, near_towns, radius_km
from tests.demo.grounds import squares

DRY = shapely.Point()
TOWN = Town("Middle", 0.05, 0.05, 1.0, 3.0, "r0c0", is_rural=False)


def _km(place, town=TOWN):
    return math.dist(Plane(0).km(place.lon, place.lat), Plane(0).km(town.lon, town.lat))


def test_places_grow_thinner_away_from_the_centre():
    found = near_towns([TOWN], squares(1, 1), DRY, 2000, seed=1)
    away = np.array([_km(place) for place in found])
    near = (away < 1).sum() / 1
    middle = ((away >= 1) & (away < 2)).sum() / 3
    outside = ((away >= 3) & (away < 4)).sum() / 7
    assert near > middle > outside > 0


def test_every_place_lies_in_the_area_of_its_town():
    ground = squares(2, 1)
    at_the_border = Town("Border", 0.0995, 0.05, 1.0, 3.0, "r0c0", is_rural=False)
    found = near_towns([at_the_border], ground, DRY, 500, seed=1)
    assert all(ground.counties["r0c0"].boundary.contains(shapely.Point(p.lon, p.lat)) for p in found)


def test_no_place_lies_in_water():
    ground = squares(2, 1)
    water = ground.water([Shore("r0c0", "r0c1", 4.0)])
    found = near_towns([TOWN], ground, water, 500, seed=1)
    assert not any(water.intersects(shapely.Point(p.lon, p.lat)) for p in found)


def test_larger_towns_get_more_places_in_proportion_to_their_weight():
    other = Town("Small", 0.15, 0.05, 0.25, 1.0, "r0c1", is_rural=True)
    found = near_towns([TOWN, other], squares(2, 1), DRY, 2000, seed=1)
    assert sum(place.town == "Small" for place in found) == pytest.approx(400, abs=60)
    assert all(place.is_rural == (place.town == "Small") for place in found)


def test_the_same_seed_gives_the_same_places():
    ground = squares(1, 1)
    once, again, other = (near_towns([TOWN], ground, DRY, 50, seed) for seed in (1, 1, 2))
    assert once == again != other


def test_a_town_of_a_million_is_wider_than_one_of_a_thousand_but_denser():
    assert radius_km(1_000_000) > 10 * radius_km(1000)
    assert 1_000_000 / radius_km(1_000_000) ** 2 > 1000 / radius_km(1000) ** 2


def test_neighbourhoods_fill_where_villages_are():
    villages = [Village(0.02, 0.05, 0.5), Village(0.03, 0.05, 0.5)]
    found = in_neighbourhoods([TOWN], villages, squares(1, 1), DRY, 300, seed=1)
    assert sum(place.lon < 0.05 for place in found) > 280
    assert len(found) == 300


def test_a_place_in_an_overlap_is_named_after_the_lowest_code():
    ground = squares(2, 1)
    wide = ground.counties["r0c1"].boundary.union(shapely.box(0.05, 0, 0.1, 0.1))
    ground.counties["r0c1"] = ground.counties["r0c1"].__class__("r0c1", "Wide", "s", wide)
    town = Town("Wide", 0.1, 0.05, 1.0, 1.0, "r0c1", is_rural=False)
    found = in_neighbourhoods([town], [Village(0.08, 0.05, 1.0)], ground, DRY, 200, seed=1)
    assert {place.piece for place in found if place.lon < 0.1} == {"r0c0"}


def test_settlement_falls_with_the_distance_from_a_village():
    points = np.array([(0.0, 0.0), (0.01, 0.0), (0.02, 0.0)])
    density = Settlement([Village(0.0, 0.0, 1.0)], Plane(0)).density(points)
    assert density[0] == pytest.approx(1.0)
    assert density[0] > density[1] > density[2]
