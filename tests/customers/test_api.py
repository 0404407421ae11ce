"""Accounts and contacts over HTTP."""

from __future__ import annotations

import json
import uuid

import pytest
from sqlalchemy import func, select, text

from gcrm.customers.models import Account, Contact
from tests import factories as make

URL = "/api/v1/accounts"


@pytest.fixture
def rep(login_as, company):
    return login_as(company.rep)


@pytest.fixture
def planner(login_as, company):
    return login_as(company.planner)


def names(answer):
    return [feature["properties"]["name"] for feature in answer.json["features"]]


def test_the_list_is_a_feature_collection_with_its_total(rep, planner):
    answer = rep.get(URL)
    assert (answer.json["type"], answer.json["total"], answer.json["next"], names(answer)) == (
        "FeatureCollection",
        1,
        None,
        ["Mine"],
    )
    assert set(names(planner.get(URL))) == {"Mine", "Theirs", "Nobodys"}


def test_an_account_is_a_feature_with_the_fields_of_files_and_forms(rep, company, session):
    region = make.make_region(session, "42043", west=126, south=37)
    company.mine.location, company.mine.annual_value_minor, company.mine.tags = (
        "SRID=4326;POINT(126.98 37.57)",
        1250,
        ["a"],
    )
    session.flush()
    feature = rep.get(f"{URL}/{company.mine.uuid}").json
    assert feature["geometry"] == {"type": "Point", "coordinates": [126.98, 37.57]}
    assert feature["id"] == str(company.mine.uuid)
    found = feature["properties"]
    fields = (
        "external_id source name status lon lat street city region postcode country phone email website industry tier annual_value"
        " potential currency owner tags opening_hours cadence_days visit_minutes note"
    )
    assert set(fields.split()) <= set(found)
    assert (found["annual_value"], found["currency"], found["owner"], found["tags"]) == (
        "12.50",
        "USD",
        company.rep.email,
        ["a"],
    )
    assert found["regions"] == {"state": None, "county": f"us:{region.code}", "municipality": None}


def test_an_account_without_a_place_has_no_geometry(rep, company, session):
    account = make.make_account(session, company.rep, at=None)
    feature = rep.get(f"{URL}/{account.uuid}").json
    assert (feature["geometry"], feature["properties"]["lon"]) == (None, None)


def test_hidden_and_unknown_look_alike(rep, company, count_queries):
    told = []
    for public in (company.theirs.uuid, uuid.uuid4()):
        for method, path in (("get", ""), ("get", "/timeline"), ("patch", ""), ("put", "")):
            del count_queries[:]
            answer = getattr(rep, method)(
                f"{URL}/{public}{path}", **({} if method == "get" else {"json": {"name": "x"}})
            )
            told.append((method, path, answer.status_code, answer.data, list(count_queries)))
    assert told[:4] == told[4:]
    assert {status for _m, _p, status, _d, _q in told} == {404}


def test_a_list_is_walked_by_keyset_under_inserts(planner, company, session):
    for i in range(7):
        make.make_account(session, company.rep, name=f"S{i}")
    seen, after = [], None
    for turn in range(9):
        answer = planner.get(URL, query_string={"limit": 3, "sort": "name"} | ({"after": after} if after else {}))
        seen += names(answer)
        make.make_account(session, company.rep, name=f"A{turn}")
        after = answer.json["next"]
        if after is None:
            break
    assert seen == sorted({"Mine", "Theirs", "Nobodys", *(f"S{i}" for i in range(7))})


def test_only_the_first_page_counts(planner):
    first = planner.get(URL, query_string={"limit": 1})
    second = planner.get(URL, query_string={"limit": 1, "after": first.json["next"]})
    assert first.json["total"] == 3
    assert "total" not in second.json


def test_the_words_of_a_selection_narrow_the_list(planner):
    assert names(planner.get(URL, query_string={"q": "hershey"})) == ["Mine"]
    assert planner.get(URL, query_string={"status": "lead"}).status_code == 422
    assert planner.get(URL, query_string={"after": "nonsense"}).status_code == 422
    assert planner.get(URL, query_string={"sort": "size"}).status_code == 422
    assert planner.get(URL, query_string={"limit": 0}).status_code == 422


def test_a_new_account_from_plain_fields_or_from_a_feature(rep, company, session):
    plain = rep.post(
        URL,
        json={
            "name": "One",
            "lon": -76.5,
            "lat": 40.5,
            "annual_value": "99.90",
            "tags": "a;b",
            "owner": company.rep.email,
        },
    )
    assert plain.status_code == 201
    assert plain.headers["Location"].endswith(plain.json["id"])
    assert plain.json["properties"]["tags"] == ["a", "b"]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-76.6, 40.6, 12]},
        "properties": {"name": "Two"},
    }
    made = rep.post(URL, json=feature)
    assert made.json["geometry"]["coordinates"] == [-76.6, 40.6]
    assert rep.get(made.headers["Location"]).json == made.json
    assert session.scalar(select(Account.entered_by_id).where(Account.name == "Two")) == company.rep.id


def test_unknown_fields_and_faults_are_refused_by_name(rep, session):
    answer = rep.post(URL, json={"name": "X", "colour": "red"})
    assert (answer.status_code, answer.mimetype, set(answer.json["faults"])) == (
        422,
        "application/problem+json",
        {"colour"},
    )
    answer = rep.post(
        URL, json={"name": "X", "tier": "Z", "lon": 500, "lat": 1, "email": "no", "annual_value": "1.001"}
    )
    assert set(answer.json["faults"]) == {"tier", "lon", "email", "annual_value"}
    assert set(rep.post(URL, json={}).json["faults"]) == {"name"}
    for body in (
        {"name": "X", "annual_value": 1.5},
        {"name": 5},
        {"name": "X", "cadence_days": "x"},
        {"name": "X", "lat": "north"},
        [1],
        "x",
    ):
        assert rep.post(URL, json=body).status_code == 422, body
    bad = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": []}, "properties": {"name": "X"}}
    assert rep.post(URL, json=bad).status_code == 422
    assert rep.post(URL, data=b"{", content_type="application/json").status_code == 400
    assert session.scalar(select(func.count()).select_from(Account)) == 3


def test_an_account_that_is_there_is_a_conflict_that_tells_how_to_go_on(rep, company, session):
    again = {"name": "MINE", "street": "1 main st", "postcode": "17033"}
    answer = rep.post(URL, json=again)
    assert answer.status_code == 409
    assert answer.json["current"]["accounts"] == [{"id": str(company.mine.uuid), "name": "Mine"}]
    assert rep.post(f"{URL}?insist=true", json=again).status_code == 201
    hidden = {"name": "Theirs", "street": "2 High St", "postcode": "17401"}
    answer = rep.post(f"{URL}?insist=true", json=hidden)
    assert (answer.status_code, answer.json["detail"]) == (409, "“Theirs” in York is already with Ben.")
    assert answer.json["current"] == {
        "accounts": [],
        "holders": [{"name": "Theirs", "town": "York", "owner": "Ben"}],
        "may_insist": False,
    }


def test_an_account_that_goes_out_of_sight_is_answered_once(rep, company, session):
    region = make.make_region(session, west=10, south=10)
    make.make_territory(session, company.other, (region,))
    made = rep.post(URL, json={"name": "Away", "lon": 10.5, "lat": 10.5})
    assert (made.status_code, made.json["properties"]["owner_name"]) == (201, "Ben")
    assert rep.get(made.headers["Location"]).status_code == 404
    etag = rep.get(f"{URL}/{company.mine.uuid}").headers["ETag"]
    given = rep.patch(f"{URL}/{company.mine.uuid}", json={"owner": company.other.email}, headers={"If-Match": etag})
    assert (given.status_code, given.json["properties"]["owner"]) == (200, company.other.email)
    assert rep.get(f"{URL}/{company.mine.uuid}").status_code == 404


def test_a_write_needs_the_version_it_changes(rep, company):
    url = f"{URL}/{company.mine.uuid}"
    etag = rep.get(url).headers["ETag"]
    assert rep.patch(url, json={"tier": "A"}).status_code == 428
    done = rep.patch(url, json={"tier": "A"}, headers={"If-Match": etag})
    assert (done.status_code, done.json["properties"]["version"]) == (200, 2)
    stale = rep.patch(url, json={"tier": "B"}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json["current"]["properties"]["tier"]) == (412, "A")
    assert (
        rep.patch(url, json={"tier": "B"}, headers={"If-Match": done.headers["ETag"]}).json["properties"]["tier"] == "B"
    )
    assert rep.patch(url, json={"tier": "C"}, headers={"If-Match": "*"}).status_code == 200


def test_the_etag_changes_with_what_nobody_edits_too_but_if_match_looks_at_the_version(rep, company, session):
    url = f"{URL}/{company.mine.uuid}"
    before = rep.get(url).headers["ETag"]
    assert rep.get(url, headers={"If-None-Match": before}).status_code == 304
    session.execute(text("UPDATE accounts SET last_visited_on = '2026-03-01' WHERE id = :id"), {"id": company.mine.id})
    assert rep.get(url, headers={"If-None-Match": before}).status_code == 200
    assert rep.patch(url, json={"tier": "A"}, headers={"If-Match": before}).status_code == 200


def test_put_replaces_and_what_was_read_can_be_put_back(rep, company):
    url = f"{URL}/{company.mine.uuid}"
    read = rep.get(url)
    same = rep.put(url, json=read.json, headers={"If-Match": read.headers["ETag"]})
    assert (same.status_code, same.json["properties"]["version"]) == (200, 1)
    put = rep.put(
        url, json={"name": "Bare", "owner": company.rep.email}, headers={"If-Match": same.headers["ETag"]}
    ).json
    assert (put["properties"]["name"], put["properties"]["city"], put["geometry"], put["properties"]["currency"]) == (
        "Bare",
        None,
        None,
        "USD",
    )


def test_the_same_idempotency_key_writes_once(rep, session):
    head = {"Idempotency-Key": "k1"}
    first, twin = (rep.post(URL, json={"name": "Once"}, headers=head) for _ in range(2))
    assert (first.status_code, twin.status_code, first.json) == (201, 201, twin.json)
    assert twin.headers["Location"] == first.headers["Location"]
    assert session.scalar(select(func.count()).where(Account.name == "Once")) == 1
    assert rep.post(URL, json={"name": "Other"}, headers=head).status_code == 422


def test_deleting_is_for_planners_and_keeps_what_has_a_history(rep, planner, company, session):
    url = f"{URL}/{company.mine.uuid}"
    assert rep.delete(url, headers={"If-Match": "*"}).status_code == 403
    assert planner.delete(f"{URL}/{company.nobodys.uuid}").status_code == 428
    assert planner.delete(f"{URL}/{company.nobodys.uuid}", headers={"If-Match": '"1"'}).status_code == 204
    make.make_task(session, company.mine, company.rep)
    kept = planner.delete(url, headers={"If-Match": "*"})
    assert (kept.status_code, kept.json["properties"]["status"]) == (200, "former")


def test_service_agents_read_and_do_not_write(login_as, company):
    agent = login_as(company.service)
    assert agent.get(f"{URL}/{company.mine.uuid}").status_code == 200
    assert agent.post(URL, json={"name": "X"}).status_code == 403
    assert agent.patch(f"{URL}/{company.mine.uuid}", json={"name": "X"}, headers={"If-Match": "*"}).status_code == 403


def test_near_answers_the_nearest_first_within_ones_sight(rep, planner, company, session):
    make.make_account(session, company.rep, at=(-76.88, 40.28), name="North")
    words = {"lon": -76.88, "lat": 40.27, "radius_metres": 2000}
    assert names(rep.get(f"{URL}/near", query_string=words)) == ["Mine", "North"]
    answer = planner.get(f"{URL}/near", query_string=words | {"q": "north"})
    assert answer.json["features"][0]["properties"]["distance_metres"] == pytest.approx(1110.4, abs=1)
    for bad in (
        {"lat": 40},
        {"lon": 500, "lat": 1},
        words | {"radius_metres": 0},
        words | {"radius_metres": "inf"},
        words | {"limit": 0},
    ):
        assert rep.get(f"{URL}/near", query_string=bad).status_code == 422, bad


def test_the_timeline_is_paged(rep, company, session):
    for i in range(3):
        make.make_touch(session, company.mine, company.rep, summary=f"T{i}", detail="<b>")
    first = rep.get(f"{URL}/{company.mine.uuid}/timeline", query_string={"limit": 2}).json
    rest = rep.get(f"{URL}/{company.mine.uuid}/timeline", query_string={"limit": 2, "after": first["next"]}).json
    assert {item["summary"] for item in first["items"] + rest["items"]} == {"T0", "T1", "T2"}
    assert (rest["next"], first["items"][0]["user"]) == (None, company.rep.email)


def test_contacts_are_entered_changed_found_and_taken_out(rep, company, session):
    body = {"account": str(company.mine.uuid), "name": "Ada", "phone": "(717) 234-5678", "email": "ADA@x.example"}
    made = rep.post("/api/v1/contacts", json=body)
    assert (made.status_code, made.json["is_primary"], made.json["email"]) == (201, True, "ada@x.example")
    url = made.headers["Location"]
    changed = rep.patch(url, json={"job_title": "Buyer"}, headers={"If-Match": made.headers["ETag"]})
    assert (changed.json["job_title"], changed.json["name"]) == ("Buyer", "Ada")
    assert (
        rep.put(url, json=changed.json, headers={"If-Match": changed.headers["ETag"]}).json["version"]
        == changed.json["version"]
    )
    assert rep.patch(url, json={"account": str(company.theirs.uuid)}, headers={"If-Match": "*"}).status_code == 422
    assert [c["name"] for c in rep.get("/api/v1/contacts", query_string={"q": "buyer"}).json["items"]] == ["Ada"]
    assert [
        c["name"] for c in rep.get("/api/v1/contacts", query_string={"account": company.mine.uuid}).json["items"]
    ] == ["Ada"]
    assert rep.delete(url, headers={"If-Match": "*"}).status_code == 204
    assert session.scalar(select(Contact)) is None


def test_contacts_of_hidden_accounts_do_not_exist(rep, company, session):
    theirs = make.make_contact(session, company.theirs, name="Spy")
    assert rep.get("/api/v1/contacts").json["items"] == []
    assert rep.get(f"/api/v1/contacts/{theirs.uuid}").status_code == 404
    assert rep.get("/api/v1/contacts", query_string={"account": company.theirs.uuid}).status_code == 404
    assert rep.post("/api/v1/contacts", json={"account": str(company.theirs.uuid), "name": "X"}).status_code == 404


def test_the_document_names_every_field(planner):
    schemas = planner.get("/api/v1/openapi.json").json["components"]["schemas"]
    assert {"annual_value", "opening_hours", "owner", "lon"} <= set(schemas["NewAccount"]["properties"])
    assert schemas["NewAccount"]["required"] == ["name"]


def test_strangers_learn_nothing(client, company):
    for path in (URL, f"{URL}/{company.mine.uuid}", f"{URL}/near?lon=0&lat=0", "/api/v1/contacts"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert "Mine" not in json.dumps(answer.json)
