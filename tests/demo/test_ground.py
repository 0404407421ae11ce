import pytest
import shapely

from gcrm.core.errors import Invalid
from gcrm.demo.ground import Area, Finder, Ground, Plane, Shore
from tests.demo.grounds import squares


def test_a_point_on_a_border_belongs_to_the_lowest_code():
    finder = Finder([Area(code, code, "s", shapely.box(x, 0, x + 1, 1)) for code, x in (("b", 0), ("a", 1))])
    found = finder.areas_at([0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    assert [area and area.code for area in found] == ["b", "a", None]


def test_a_degree_is_111_km_and_half_of_it_at_60_degrees_east():
    x, y = Plane(60).km(1, 1)
    assert y == pytest.approx(111.2, abs=0.1)
    assert x == pytest.approx(55.6, abs=0.1)


def test_flattening_and_back_changes_nothing():
    plane, shape = Plane(40), shapely.box(-77, 39, -76, 40)
    assert shapely.equals_exact(plane.unflatten(plane.flatten(shape)), shape, 1e-9)


def test_a_river_lies_on_the_side_of_the_border_that_holds_it():
    ground = squares(2, 1)
    water = ground.water([Shore("r0c0", "r0c1", 2.0)])
    # The border is at 0.1 degrees; 2 km are 0.018.
    assert water.contains(shapely.Point(0.09, 0.05))
    assert not water.intersects(shapely.Point(0.07, 0.05))
    assert not water.intersects(shapely.Point(0.105, 0.05))


def test_a_river_along_an_area_that_is_not_there_is_left_out():
    assert squares(1, 1).water([Shore("r0c0", "nowhere", 2.0)]).is_empty


def test_a_ground_without_regions_says_what_to_do():
    with pytest.raises(Invalid, match="gcrm regions load"):
        Ground({}, {}, {}, {})
