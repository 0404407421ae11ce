"""Sums by region over HTTP."""

from __future__ import annotations

import pytest

from tests import factories as make

URL = "/api/v1/regions/stats"


@pytest.fixture
def company(session):
    make.make_organisation(session)
    team = make.make_team(session)
    people = {"rep": make.make_user(session, "rep", team), "admin": make.make_user(session, "admin")}
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    make.make_region(session, "42043", "county", west=-77, south=40, size=1, name="Dauphin County", parent=state)
    make.make_region(session, "42071", "county", west=-78, south=40, size=1, name="Lancaster County", parent=state)
    make.make_account(session, people["rep"], annual_value_minor=150_050, status="prospect")
    make.make_account(session, annual_value_minor=50_000)
    make.make_account(session, at=None)
    return people


def test_the_answer_has_the_shape_that_is_promised(company, login_as):
    body = login_as(company["admin"]).get(f"{URL}?level=county&metric=value").json
    assert {key: body[key] for key in ("level", "metric", "unit", "total", "outside", "unplaced")} == {
        "level": "county", "metric": "value", "unit": "USD", "total": 3, "outside": 1, "unplaced": 1,
    }  # fmt: skip
    (county,) = body["regions"]
    assert county.pop("area_km2") > 9_000
    assert county == {
        "country": "us", "code": "42043", "name": "Dauphin County", "count": 2, "value": 2000.5, "is_reliable": True,
        "attributes": {},
    }  # fmt: skip
    assert body["as_of"].endswith("+00:00")
    assert (body["total_value"], body["outside_value"]) == (2000.5, 0)


def test_a_density_is_per_square_kilometre(company, login_as):
    body = login_as(company["admin"]).get(f"{URL}?level=county&metric=prospect_density").json
    (county,) = body["regions"]
    assert body["unit"] == "accounts/km²"
    assert county["value"] == pytest.approx(1 / county["area_km2"])
    assert (county["count"], body["total"], body["total_value"]) == (1, 1, None)


def test_a_parent_narrows_and_fills_up(company, login_as):
    body = login_as(company["admin"]).get(f"{URL}?level=county&metric=accounts&parent=us:42").json
    assert [(each["code"], each["count"]) for each in body["regions"]] == [("42043", 2), ("42071", 0)]


def test_the_selection_and_the_role_narrow_alike(company, login_as):
    assert login_as(company["admin"]).get(f"{URL}?level=state&metric=accounts&status=customer").json["total"] == 2
    assert login_as(company["rep"]).get(f"{URL}?level=state&metric=accounts").json["total"] == 1


def test_the_same_figures_have_the_same_etag(company, login_as, session):
    client = login_as(company["rep"])
    url = f"{URL}?level=county&metric=value"
    first = client.get(url)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    make.make_account(session, annual_value_minor=9)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    make.make_account(session, company["rep"], annual_value_minor=9)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("words", "status"),
    [("level=county", 422), ("metric=value", 422), ("level=street&metric=value", 422), ("level=county&metric=luck", 422),
     ("level=county&metric=value&parent=us:99", 404), ("level=state&metric=value&parent=us:42", 422),
     ("level=county&metric=value&status=x", 422)],
)  # fmt: skip
def test_bad_words_are_a_problem(words, status, company, login_as):
    answer = login_as(company["admin"]).get(f"{URL}?{words}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_the_document_describes_it(company, login_as):
    document = login_as(company["admin"]).get("/api/v1/openapi.json").json
    described = document["paths"]["/api/v1/regions/stats"]["get"]
    assert {"level", "metric", "parent"} <= {parameter["name"] for parameter in described["parameters"]}


def test_a_timed_figure_says_its_days(company, login_as):
    client = login_as(company["admin"])
    body = client.get(f"{URL}?level=county&metric=win_rate&month=2026-09").json
    assert (body["period"], body["unit"]) == ({"first": "2026-09-01", "last": "2026-09-30"}, "%")
    assert client.get(f"{URL}?level=county&metric=value&month=2026-09").json["period"] is None
    assert client.get(f"{URL}?level=county&metric=revenue&month=soon").status_code == 422


def test_spots_are_told_when_they_are_asked_for(company, login_as):
    client = login_as(company["admin"])
    assert client.get(f"{URL}?level=county&metric=accounts&spots=true").json["regions"][0]["spot"] is None
    assert "spot" not in client.get(f"{URL}?level=county&metric=accounts").json["regions"][0]
