from __future__ import annotations

import json

import pytest
import shapely
from sqlalchemy import func, select, text

from gcrm.core.errors import Invalid, NotFound
from gcrm.geography import codes, queries
from gcrm.geography.models import Region
from tests import factories as make
from tests.geography.decoding import decode


@pytest.fixture
def texas(session):
    state = make.make_region(session, "48", "state", west=-98, south=32, size=2, name="Texas")
    denton = make.make_region(session, "48121", west=-98, south=33, parent=state, name="Denton County")
    dallas = make.make_region(session, "48113", west=-97, south=33, parent=state, name="Dallas County")
    return {"state": state, "denton": denton, "dallas": dallas}


def test_a_code_names_its_region(session, texas):
    assert queries.parse_region(session, "us:48121").id == texas["denton"].id
    assert queries.parse_region(session, "48121", "us").id == texas["denton"].id


def test_a_code_that_names_nothing_is_not_found(session, texas):
    with pytest.raises(NotFound, match="us:99999"):
        queries.parse_region(session, "us:99999")


def test_a_code_on_two_levels_asks_which(session, texas):
    make.make_region(session, "48121", "postcode", west=-98, south=33)
    with pytest.raises(Invalid, match="us:county:48121, us:postcode:48121"):
        queries.parse_region(session, "us:48121")
    assert queries.parse_region(session, "us:county:48121").id == texas["denton"].id


def test_a_list_of_codes_keeps_its_order_and_names_what_is_unknown(session, texas):
    found = queries.regions_named(session, codes.parse_list("48121 48113", "us"))
    assert [r.name for r in found] == ["Denton County", "Dallas County"]
    with pytest.raises(Invalid, match=r"no region us:1, us:2\. Are"):
        queries.regions_named(session, codes.parse_list("48121 1 2", "us"))


def test_children_come_by_name(session, texas):
    assert [r.name for r in queries.children(session, texas["state"])] == ["Dallas County", "Denton County"]


def test_search_finds_the_beginning_first_and_codes(session, texas):
    make.make_region(session, "48001", west=0, name="New Denton")
    assert [r.name for r in queries.search(session, "denton")] == ["Denton County", "New Denton"]
    assert [r.name for r in queries.search(session, "us:48113")] == ["Dallas County"]
    assert queries.search(session, "100%") == []


def test_the_region_at_a_border_is_the_lowest_code(session, texas):
    region_at = select(func.gcrm_region_at("county", func.ST_SetSRID(func.ST_MakePoint(-97, 33.5), 4326)))
    assert session.get(Region, session.scalar(region_at)).code == "48113"
    nowhere = select(func.gcrm_region_at("county", func.ST_SetSRID(func.ST_MakePoint(10, 33.5), 4326)))
    assert session.scalar(nowhere) is None


def test_bounds_reach_beyond_180_for_regions_astride_the_antimeridian(session):
    sides = "SRID=4326;MULTIPOLYGON(((178 51,179 51,179 52,178 52,178 51)),((-178 51,-170 51,-170 53,-178 53,-178 51)))"
    aleutians = make.make_region(session, "02016", boundary=sides, outline=sides)
    assert queries.bounds(session, [aleutians.id]) == (178, 51, 190, 53)
    assert queries.bounds(session, []) is None


def test_features_round_their_coordinates(session, texas):
    found = queries.features(session, "county", "us", texas["state"], digits=1)
    assert [f["id"] for f in found["features"]] == ["us:48113", "us:48121"]
    assert found["features"][0]["properties"]["parent"] == "us:48"
    assert shapely.from_geojson(json.dumps(found["features"][1]["geometry"])).bounds == (-98, 33, -97, 34)


def test_hexagons_are_named_as_a_selection_writes_them(session):
    number = session.scalar(text("SELECT gcrm_hexagon(ST_Transform('SRID=4326;POINT(127 37.5)'::geometry, 6933), 100)"))
    (found,) = queries.hexagons(session, "hex100", [number])["features"]
    assert found["id"] == f"hex100:{number}"
    assert found["properties"]["area_km2"] == 100


def test_places_count_every_account_once(session, texas):
    for at in ((-97.5, 33.5), (-97.5, 34.01), (10, 10), None):
        make.make_account(session, at=at)
    assert queries.places(session) == {"inside": 1, "near": 1, "outside": 1, "unplaced": 1}


def test_a_rep_counts_the_own_accounts_only(session, texas, as_user):
    rep = make.make_user(session)
    make.make_account(session, rep, at=(10, 10))
    make.make_account(session, at=(10, 10))
    with as_user(rep) as acting:
        assert queries.places(acting)["outside"] == 1


def test_a_tile_holds_regions_with_code_and_name(session, texas):
    tile = queries.region_tile(session, "county", 6, 14, 25)  # -101.25 to -95.625, 31.95 to 36.6 degrees
    found = decode(tile, 6, 14, 25)
    assert {(f["code"], f["name"]) for f in found} == {("us:48113", "Dallas County"), ("us:48121", "Denton County")}
    denton = next(f["shape"] for f in found if f["code"] == "us:48121")
    assert denton.bounds == pytest.approx((-98, 33, -97, 34), abs=0.01)
    assert {f["mvt_id"] for f in found} == {texas["denton"].id, texas["dallas"].id}


def test_low_zoom_draws_the_outline_and_high_zoom_the_boundary(session):
    boundary = make.square(10, 50, 0.5)
    make.make_region(session, "1", country="de", boundary=boundary, outline=make.square(10, 50, 1.0))
    low = decode(queries.region_tile(session, "county", 8, 135, 86), 8, 135, 86)
    high = decode(queries.region_tile(session, "county", 9, 270, 173), 9, 270, 173)
    assert low[0]["shape"].bounds[2] > 10.9
    assert high[0]["shape"].bounds[2] == pytest.approx(10.5, abs=0.01)


def test_a_region_at_the_pole_has_tiles(session):
    pole = "SRID=4326;MULTIPOLYGON(((-180 -90,180 -90,180 -60,-180 -60,-180 -90)))"
    make.make_region(session, "aq", "country", country="aq", boundary=pole, outline=pole)
    (found,) = decode(queries.region_tile(session, "country", 0, 0, 0), 0, 0, 0)
    assert found["shape"].bounds[3] == pytest.approx(-60, abs=0.1)


def test_hexagon_tiles_begin_at_their_zoom(session):
    assert queries.region_tile(session, "hex100", 6, 54, 24) == b""
    found = decode(queries.region_tile(session, "hex100", 7, 109, 49), 7, 109, 49)
    assert 500 < len(found) < 1200
    assert all(f["code"].startswith("hex100:") for f in found)


@pytest.mark.parametrize("x", [0, 127])
@pytest.mark.parametrize("y", [0, 63, 127])
def test_hexagon_tiles_at_the_edges_of_the_world_do_not_wrap(session, x, y):
    for found in decode(queries.region_tile(session, "hex1000", 7, x, y), 7, x, y):
        west, _, east, _ = found["shape"].bounds
        assert east - west < 3


def test_a_level_that_is_none_has_no_tiles(session):
    with pytest.raises(NotFound, match="“planet”"):
        queries.region_tile(session, "planet", 0, 0, 0)
    with pytest.raises(NotFound, match="no tile 1/2/0"):
        queries.region_tile(session, "county", 1, 2, 0)


def test_loaded_counts_by_country_and_level(session, texas):
    assert [(row.country, row.level, row.regions) for row in queries.loaded(session)] == [
        ("us", "state", 1), ("us", "county", 2),
    ]  # fmt: skip
