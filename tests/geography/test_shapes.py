import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gcrm.geography import shapes


def array(*geometries):
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


def test_a_bow_tie_is_mended_into_its_two_triangles():
    mended, invalid = shapes.to_multipolygons(array(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), box(5, 5, 6, 6)))
    assert list(invalid) == [True, False]
    assert shapely.is_valid(mended).all()
    assert shapely.area(mended) == pytest.approx([2, 1])


def test_lines_left_by_mending_fall_away():
    spike = Polygon([(0, 0), (4, 0), (4, 4), (4, 9), (4, 4), (0, 4)])
    mended, _ = shapes.to_multipolygons(array(spike))
    assert shapely.area(mended[0]) == 16
    assert mended[0].geom_type == "MultiPolygon"


def test_a_shape_without_area_comes_out_empty_in_its_place():
    flat = Polygon([(0, 0), (1, 1), (2, 2)])
    mended, _ = shapes.to_multipolygons(array(box(0, 0, 1, 1), flat, box(1, 0, 2, 1)))
    assert list(shapely.is_empty(mended)) == [False, True, False]


def test_a_shape_beyond_180_degrees_is_cut_in_two():
    (cut,) = shapes.cut_at_antimeridian(array(MultiPolygon([box(175, 50, 190, 60)])))
    assert sorted(part.bounds for part in cut.geoms) == [(-180, 50, -170, 60), (175, 50, 180, 60)]


def test_a_ring_that_jumps_from_179_to_minus_179_is_cut_in_two():
    around = Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    (cut,) = shapes.cut_at_antimeridian(array(MultiPolygon([around])))
    assert sorted(part.bounds for part in cut.geoms) == [(-180, 0, -179, 1), (179, 0, 180, 1)]
    assert cut.area == pytest.approx(2)


def test_islands_on_both_sides_of_the_antimeridian_stay_as_they_are():
    aleutians = MultiPolygon([box(-178, 51, -177, 52), box(178, 51, 179, 52)])
    assert shapes.cut_at_antimeridian(array(aleutians))[0].equals(aleutians)


def test_outlines_of_neighbours_share_their_border():
    wave = [(0.02 * np.sin(i), i / 10) for i in range(51)]
    west = MultiPolygon([Polygon([(-1, 0), *wave, (-1, 5)])])
    east = MultiPolygon([Polygon([(1, 0), *wave, (1, 5)])])
    drawn = shapes.outlines(array(west, east), 0.05)
    assert shapely.get_num_coordinates(drawn).sum() < shapely.get_num_coordinates(array(west, east)).sum() / 2
    assert shapely.area(shapely.intersection(*drawn)) == pytest.approx(0, abs=1e-12)
    assert shapely.area(shapely.union_all(drawn)) == pytest.approx(shapely.area(drawn).sum())


def test_borders_that_miss_each_other_by_metres_are_joined():
    drawn = shapes.outlines(array(MultiPolygon([box(0, 0, 1, 1)]), MultiPolygon([box(1.00005, 0, 2, 1)])), 0.005)
    assert shapely.distance(*drawn) == 0
    assert len(shapely.get_parts(shapely.union_all(drawn))) == 1


def test_islets_leave_the_outline_but_a_region_of_islets_keeps_its_largest():
    islets = MultiPolygon([box(0, 0, 0.001, 0.001), box(1, 1, 1.002, 1.002)])
    drawn = shapes.outlines(array(MultiPolygon([box(5, 5, 6, 6), box(7, 7, 7.001, 7.001)]), islets), 0.005)
    assert len(drawn[0].geoms) == 1
    assert drawn[1].bounds == pytest.approx((1, 1, 1.002, 1.002))


def test_slivers_are_filled_and_enclaves_stay():
    holed = Polygon(box(0, 0, 10, 10).exterior, [box(1, 1, 1.0005, 1.0005).exterior, box(4, 4, 6, 6).exterior])
    (filled,) = shapes.without_slivers(array(MultiPolygon([holed])), 1e-6)
    assert filled.area == pytest.approx(96)


def test_united_shapes_come_in_the_order_asked_for():
    parts = array(*(MultiPolygon([box(i, 0, i + 1, 1)]) for i in range(3)))
    both, none = shapes.united(parts, ["a", "b", "a"], ["a", "c"])
    assert both.area == 2
    assert none.is_empty
