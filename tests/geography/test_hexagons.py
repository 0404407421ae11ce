"""The hexagons that SQL makes: equal in area, without overlap, each point in its own."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gcrm.geography.levels import HEXAGON_AREAS_KM2

PLACES = [(-76.88, 40.27), (126.98, 37.57), (0.0, 0.0), (-150.0, 61.2), (174.8, -41.3), (20.0, 69.6)]


@pytest.mark.parametrize("area", HEXAGON_AREAS_KM2.values())
@pytest.mark.parametrize("place", PLACES)
def test_a_hexagon_has_its_area_within_half_a_percent(session, area, place):
    measured = session.scalar(
        text(
            "SELECT ST_Area(ST_Segmentize(gcrm_hexagon_boundary(gcrm_hexagon(ST_Transform("
            "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 6933), :area), :area), 0.01)::geography) / 1e6"
        ),
        {"lon": place[0], "lat": place[1], "area": area},
    )
    assert measured == pytest.approx(area, rel=0.005)


@pytest.mark.parametrize("area", HEXAGON_AREAS_KM2.values())
def test_each_point_lies_in_its_hexagon(session, area):
    missed = session.scalar(
        text(
            "SELECT count(*) FROM (SELECT ST_SetSRID(ST_MakePoint(-120 + i * 0.0731, -55 + i * 0.0557), 4326) AS point"
            "  FROM generate_series(1, 2000) AS i) AS points"
            " WHERE NOT ST_DWithin(gcrm_hexagon_boundary(gcrm_hexagon(ST_Transform(point, 6933), :area), :area), point, 1e-9)"
        ),
        {"area": area},
    )
    assert missed == 0


def test_a_hexagon_and_its_six_neighbours_leave_no_gap_and_do_not_overlap(session):
    overlap, union, sum_of_areas = session.execute(
        text(
            "WITH cells AS (SELECT ST_Transform(gcrm_hexagon_boundary((q + 1048576)::bigint * 2097152 + r + 1048576, 100), 6933) AS cell,"
            "  row_number() OVER () AS n"
            "  FROM (VALUES (-700, 300), (-699, 300), (-701, 300), (-700, 301), (-700, 299), (-699, 299), (-701, 301)) AS at(q, r))"
            " SELECT (SELECT max(ST_Area(ST_Intersection(a.cell, b.cell))) FROM cells a JOIN cells b ON a.n < b.n),"
            "  ST_Area(ST_Union(ST_SnapToGrid(cell, 0.001))), sum(ST_Area(cell)) FROM cells"
        )
    ).one()
    assert overlap < 1  # square metres, of 100 km²
    assert union == pytest.approx(sum_of_areas, rel=1e-6)
