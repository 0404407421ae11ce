"""OGC API - Features, part 2 (18-058r1): what its abstract tests (annex A) look for, and whether coordinates are right.

PROJ by way of pyproj says where each place lies in each system, in the order of axes that the system has.
"""

from __future__ import annotations

import pytest

from gcrm.core.errors import Malformed
from gcrm.maps.ogc import crs as ogc_crs
from tests import factories as make
from tests.maps.ogc import CRS84, ask, epsg, items, names

HARRISBURG, SEOUL = (-76.88, 40.27), (127.0, 37.5)
METRES = 0.002


@pytest.fixture
def admin(session, login_as):
    make.make_organisation(session)
    for name, place in (("Harrisburg", HARRISBURG), ("Seoul", SEOUL)):
        make.make_account(session, at=place, name=name)
    make.make_region(session, "42043", name="Dauphin")
    return login_as(make.make_user(session, "admin"))


def in_system(place: tuple[float, float], srid: int) -> tuple[float, float]:
    """A place's coordinates as PROJ has them, in the order of the system's axes."""
    pyproj = pytest.importorskip("pyproj")
    return pyproj.Transformer.from_crs(4326, srid).transform(place[1], place[0])


@pytest.mark.parametrize("crs", ogc_crs.ALL[1:], ids=lambda crs: str(crs.srid))
def test_axes_are_in_the_order_that_each_system_lays_down(crs):
    pyproj = pytest.importorskip("pyproj")
    system = pyproj.CRS.from_epsg(crs.srid)
    assert (system.axis_info[0].direction == "north") == crs.is_northing_first
    assert system.is_geographic == crs.is_geographic
    if crs.middle_meridian is not None:
        middle = next(
            each.value for each in system.coordinate_operation.params if "ongitude of natural origin" in each.name
        )
        assert middle == crs.middle_meridian


def test_every_collection_lists_its_systems_and_the_one_it_is_stored_in(admin):
    # crs/crs-md-crs-list, fc-md-crs-list, fc-md-storageCrs
    whole = ask(admin, "/collections")
    assert whole["crs"] == [each.uri for each in ogc_crs.ALL]
    assert {CRS84, epsg(4326), epsg(3857), epsg(5179)} <= set(whole["crs"])
    for each in whole["collections"]:
        assert each["crs"] == ["#/crs"]
        assert each["storageCrs"] == CRS84
    assert ask(admin, "/collections/accounts")["crs"] == whole["crs"]


@pytest.mark.parametrize("crs", ogc_crs.ALL, ids=lambda crs: crs.uri.rpartition("/")[2])
def test_every_listed_system_can_be_asked_for_and_is_named_in_the_answer(crs, admin):
    # crs/fc-crs-definition, fc-crs-valid-value, ogc-crs-header, ogc-crs-header-value
    answer = admin.get("/ogc/collections/accounts/items", query_string={"crs": crs.uri})
    assert answer.headers["Content-Crs"] == f"<{crs.uri}>"
    found = {each["properties"]["name"]: each["geometry"] for each in answer.json["features"]}
    for name, place in (("Harrisburg", HARRISBURG), ("Seoul", SEOUL)):
        if crs.middle_meridian is not None and abs((place[0] - crs.middle_meridian + 180) % 360 - 180) > 80:
            assert found[name] is None
        elif crs is not ogc_crs.CRS84:
            right = in_system(place, crs.srid)
            assert found[name]["coordinates"] == pytest.approx(right, abs=1e-6 if crs.is_geographic else METRES)
    one = answer.json["features"][0]
    alone = admin.get(f"/ogc/collections/accounts/items/{one['id']}", query_string={"crs": crs.uri})
    assert (alone.headers["Content-Crs"], alone.json["geometry"]) == (f"<{crs.uri}>", one["geometry"])


def test_without_a_word_coordinates_are_longitude_and_latitude(admin):
    # crs/fc-crs-default-value
    answer = admin.get("/ogc/collections/accounts/items?name=Seoul")
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    assert answer.json["features"][0]["geometry"]["coordinates"] == list(SEOUL)


@pytest.mark.parametrize("word", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("uri", ["", "4326", "EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/99999", "x" * 3000])
def test_another_system_is_400(word, uri, admin):
    # crs/fc-crs-valid-value, fc-bbox-crs-valid-value
    words = {"bbox": "0,0,1,1", word: uri}
    answer = admin.get("/ogc/collections/accounts/items", query_string=words)
    assert (answer.status_code, f"“{word}”" in answer.json["detail"]) == (400, True)


@pytest.mark.parametrize(
    "crs", [crs for crs in ogc_crs.ALL if crs.srid in (4326, 3857, 4269, 5070, 32618)], ids=lambda crs: crs.uri[-8:]
)
def test_a_bbox_is_read_in_its_own_system(crs, admin):
    # crs/fc-bbox-crs-definition, fc-bbox-crs-action, bbox-crs-action
    x, y = HARRISBURG if crs is ogc_crs.CRS84 else in_system(HARRISBURG, crs.srid)
    step = 0.01 if crs.is_geographic else 1000
    for shift, found in ((0, ["Harrisburg"]), (3 * step, [])):
        bbox = f"{x - step + shift},{y - step},{x + step + shift},{y + step}"
        assert names(admin, bbox=bbox, bbox_crs=crs.uri) == found
        assert ask(admin, "/collections/accounts/items", bbox=bbox, bbox_crs=crs.uri)["numberMatched"] == len(found)


def test_korean_systems_have_northing_before_easting_in_bbox_and_answer(admin):
    northing, easting = in_system(SEOUL, 5179)
    bbox = f"{northing - 10},{easting - 10},{northing + 10},{easting + 10}"
    (found,) = items(admin, "accounts", bbox=bbox, bbox_crs=epsg(5179), crs=epsg(5179))
    assert found["geometry"]["coordinates"] == pytest.approx([northing, easting], abs=METRES)
    assert northing > 1_900_000 > 960_000 > easting - 1000


def test_the_system_of_bbox_and_of_the_answer_are_two_things(admin):
    (found,) = items(admin, "accounts", bbox="40,-77,41,-76", bbox_crs=epsg(4326))
    assert found["geometry"]["coordinates"] == list(HARRISBURG)
    assert names(admin, bbox="-77,40,-76,41", bbox_crs=epsg(4326)) == []


def test_shapes_in_filters_have_a_system_of_their_own(admin):
    northing, easting = in_system(SEOUL, 5179)
    box = f"s_intersects(geometry, BBOX({northing - 10},{easting - 10},{northing + 10},{easting + 10}))"
    assert names(admin, filter=box, filter_crs=epsg(5179)) == ["Seoul"]
    assert names(admin, filter="s_intersects(geometry, POINT(37.5 127))", filter_crs=epsg(4326)) == ["Seoul"]
    assert names(admin, filter="s_intersects(geometry, POINT(127 37.5))") == ["Seoul"]


@pytest.mark.parametrize("words", [{"bbox": "1e12,1e12,2e12,2e12", "bbox_crs": epsg(5179)}, {"bbox": "1e300,0,1e301,1", "bbox_crs": epsg(3857)},
    {"filter": "s_intersects(geometry,POINT(1e15 1e15))", "filter_crs": epsg(32618)}, {"bbox": "5,0,1,1", "bbox_crs": epsg(3857)}])  # fmt: skip
def test_coordinates_that_a_system_does_not_cover_are_400(words, admin):
    assert ask(admin, "/collections/accounts/items", 400, **words)["detail"].endswith(".")


def test_a_boundary_is_cut_where_a_system_has_no_answer(session, admin):
    make.make_region(session, "wide", west=-170, south=10, size=60, name="Wide")
    (wide,) = [each for each in items(admin, "regions", crs=epsg(32618)) if each["properties"]["name"] == "Wide"]
    (whole,) = [each for each in items(admin, "regions", crs=epsg(3857)) if each["properties"]["name"] == "Wide"]
    assert wide["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert whole["geometry"]["coordinates"][0][0][0] == pytest.approx([-18924313.435, 1118889.975], abs=METRES)


def test_a_system_is_named_by_its_whole_address():
    with pytest.raises(Malformed, match="“crs”: “nothing” is not offered"):
        ogc_crs.crs_named("nothing", "crs")
