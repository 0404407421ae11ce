from __future__ import annotations

import uuid

import pytest

from tests import factories as make

PATH = "/api/v1/territories"


@pytest.fixture
def land(session):
    make.make_organisation(session)
    make.make_region(session, "42001", west=-77, south=40, name="West County")
    make.make_region(session, "42003", west=-76, south=40, name="East County")
    kim = make.make_user(session, name="Kim")
    make.make_account(session, at=(-76.5, 40.5))
    make.make_account(session, make.make_user(session), at=(-76.4, 40.5))
    return kim


@pytest.fixture
def planner(session, land, login_as):
    return login_as(make.make_user(session, "planner"))


def body(land, **more):
    return {"name": "North", "owner": land.email, "regions": ["us:42001"]} | more


def test_creating_a_territory_says_what_became_of_its_accounts(planner, land):
    answer = planner.post(PATH, json=body(land))
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{PATH}/{answer.json['id']}"
    told = {key: answer.json[key] for key in ("name", "owner", "parent", "regions", "assigned", "named_kept")}
    assert told == {
        "name": "North", "owner": land.email, "parent": None, "regions": ["us:42001"], "assigned": 1, "named_kept": 1,
    }  # fmt: skip


def test_a_repeated_idempotency_key_creates_once(planner, land):
    first, second = (planner.post(PATH, json=body(land), headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert len(planner.get(PATH).json["items"]) == 1


def test_replacing_needs_the_version_that_was_read(planner, land):
    made = planner.post(PATH, json=body(land))
    item = made.headers["Location"]
    assert planner.put(item, json=body(land)).status_code == 428
    changed = planner.put(item, json=body(land, regions=["42003"]), headers={"If-Match": made.headers["ETag"]})
    assert (changed.status_code, changed.json["regions"], changed.json["assigned"]) == (200, ["us:42003"], 0)
    stale = planner.put(item, json=body(land), headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    assert planner.get(item).headers["ETag"] == changed.headers["ETag"]


def test_a_territory_can_be_deleted(planner, land):
    made = planner.post(PATH, json=body(land))
    item = made.headers["Location"]
    assert planner.delete(item, headers={"If-Match": made.headers["ETag"]}).status_code == 204
    assert planner.get(item).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "fault"),
    [
        ({"name": ""}, 422, "name"),
        ({"owner": "nobody@x.example"}, 422, "nobody with the address"),
        ({"owner": "no address"}, 422, "owner"),
        ({"regions": ["us:1"]}, 422, "no region us:1"),
        ({"regions": ["x:y:z"]}, 422, "name no region"),
        ({"parent": str(uuid.uuid4())}, 404, "no such territory"),
        ({"unknown": 1}, 422, "unknown"),
    ],
)
def test_what_does_not_fit_is_said(planner, land, change, status, fault):
    answer = planner.post(PATH, json=body(land, **change))
    assert answer.status_code == status
    assert fault in answer.text


def test_lists_go_by_name_and_pages(planner, land):
    for name in ("B", "A", "C"):
        planner.post(PATH, json=body(land, name=name, regions=[]))
    first = planner.get(f"{PATH}?limit=2").json
    rest = planner.get(f"{PATH}?limit=2&after={first['next']}").json
    assert [item["name"] for item in first["items"] + rest["items"]] == ["A", "B", "C"]


@pytest.mark.parametrize("role", ["rep", "manager", "marketer", "service"])
def test_others_read_but_do_not_write(session, login_as, land, role):
    territory = make.make_territory(session, land, name="North")
    client = login_as(make.make_user(session, role))
    assert client.get(PATH).json["items"][0]["name"] == "North"
    item = f"{PATH}/{territory.uuid}"
    assert client.get(item).status_code == 200
    assert client.post(PATH, json=body(land)).status_code == 403
    assert client.put(item, json=body(land), headers={"If-Match": "*"}).status_code == 403
    assert client.delete(item, headers={"If-Match": "*"}).status_code == 403


def test_a_tile_has_an_etag(planner, land):
    planner.post(PATH, json=body(land))
    first = planner.get("/tiles/territories/6/18/24.mvt")
    assert (first.status_code, first.mimetype) == (200, "application/vnd.mapbox-vector-tile")
    again = planner.get("/tiles/territories/6/18/24.mvt", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert planner.get("/tiles/territories/1/5/0.mvt").status_code == 400
