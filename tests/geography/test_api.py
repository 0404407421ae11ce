from __future__ import annotations

import pytest

from tests import factories as make


@pytest.fixture
def client(session, login_as):
    make.make_organisation(session)
    state = make.make_region(session, "48", "state", west=-98, south=32, size=2, name="Texas")
    for code, west, name in (("48121", -98, "Denton County"), ("48113", -97, "Dallas County")):
        make.make_region(session, code, west=west, south=33, parent=state, name=name)
    return login_as(make.make_user(session))


def test_a_level_is_a_feature_collection_by_code(client):
    answer = client.get("/api/v1/regions?level=county")
    assert answer.status_code == 200
    assert [f["id"] for f in answer.json["features"]] == ["us:48113", "us:48121"]
    first = answer.json["features"][0]
    assert first["properties"]["parent"] == "us:48"
    assert first["properties"]["area_km2"] == pytest.approx(10_300, rel=0.01)
    assert first["geometry"]["type"] == "MultiPolygon"


def test_pages_go_on_where_the_last_ended(client):
    first = client.get("/api/v1/regions?level=county&limit=1").json
    second = client.get(f"/api/v1/regions?level=county&limit=1&after={first['next']}").json
    assert [f["id"] for f in first["features"] + second["features"]] == ["us:48113", "us:48121"]
    assert second["next"] is None


def test_outlines_may_be_left_out(client):
    assert client.get("/api/v1/regions?level=county&geometry=false").json["features"][0]["geometry"] is None


def test_the_same_again_is_304(client):
    first = client.get("/api/v1/regions?level=state")
    assert (
        client.get("/api/v1/regions?level=state", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    )


def test_a_parent_and_a_name_narrow_the_list(client):
    assert len(client.get("/api/v1/regions?level=county&parent=us:48").json["features"]) == 2
    assert [f["id"] for f in client.get("/api/v1/regions?level=county&q=dent").json["features"]] == ["us:48121"]
    assert client.get("/api/v1/regions?level=county&parent=us:99").status_code == 404


def test_one_region_by_its_code(client):
    answer = client.get("/api/v1/regions/us:48121")
    assert answer.json["properties"]["name"] == "Denton County"
    assert client.get("/api/v1/regions/us:1").status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?level=planet", "?level=county&limit=0", "?level=county&after=x", "?level=county&country=usa"]
)
def test_what_cannot_be_read_is_422(client, query):
    answer = client.get(f"/api/v1/regions{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_tile_has_an_etag_and_is_not_shared(client):
    answer = client.get("/tiles/regions/county/6/14/25.mvt")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get("/tiles/regions/county/6/14/25.mvt", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["county/1/2/0", "county/0/0/5", "planet/0/0/0", "county/30/0/0", "county/-1/0/0", "county/a/0/0"]
)
def test_there_is_no_tile_outside_the_square_or_of_no_level(client, path):
    answer = client.get(f"/tiles/regions/{path}.mvt")
    assert answer.status_code == (404 if path.startswith("planet") else 400)
    assert answer.mimetype == "application/problem+json"


def test_strangers_get_neither_tiles_nor_regions(app):
    stranger = app.test_client()
    assert stranger.get("/tiles/regions/county/0/0/0.mvt").status_code == 401
    assert stranger.get("/api/v1/regions?level=county").status_code == 401
