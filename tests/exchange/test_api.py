from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import select

from gcrm.exchange import tasks
from gcrm.exchange.models import ImportBatch
from tests.factories import make_user

SHOPS = b"id,name,lat,lon\n1,A,40.27,-76.88\n2,B,95,1\n3,C,,\n"


@pytest.fixture
def planner(session, organisation):
    return make_user(session, "planner")


@pytest.fixture
def client(planner, login_as):
    return login_as(planner)


def post(client, content: bytes = SHOPS, kind: str = "accounts", headers=None, **options):
    data = {"kind": kind, "options": json.dumps(options), "file": (io.BytesIO(content), "shops.csv")}
    return client.post("/api/v1/imports", data=data, headers=headers)


def settled(session, planner) -> None:
    session.expire_all()
    batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc())).first()
    tasks.run_import(planner.principal, batch.id)
    session.expire_all()


def test_a_file_is_sent_run_and_asked_about(session, client, planner):
    sent = post(client, values={"status": "customer"}, source="erp")
    assert sent.status_code == 202
    assert (sent.json["status"], sent.json["source"]) == ("queued", "erp")
    settled(session, planner)
    found = client.get(sent.headers["Location"]).json
    assert {name: found[name] for name in ("status", "read", "created", "updated", "unchanged", "rejected", "unplaced")} == {
        "status": "settled", "read": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "unplaced": 1,
    }  # fmt: skip
    assert found["columns"][0] == {"header": "id", "field": "external_id"}
    rows = client.get(found["rows_url"]).json["items"]
    assert [(row["number"], row["outcome"]) for row in rows] == [(2, "created"), (3, "rejected"), (4, "created")]
    only = client.get(found["rows_url"] + "?outcome=rejected").json["items"]
    assert (only[0]["cells"], "out of range" in only[0]["reason"]) == (["2", "B", "95", "1"], True)
    assert [item["id"] for item in client.get("/api/v1/imports").json["items"]] == [sent.json["id"]]


def test_rows_come_page_by_page(session, client, planner):
    sent = post(client).json
    settled(session, planner)
    first = client.get(sent["rows_url"] + "?limit=2").json
    second = client.get(f"{sent['rows_url']}?limit=2&after={first['next']}").json
    assert [row["number"] for row in first["items"] + second["items"]] == [2, 3, 4]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [(b"", {}, "The file is empty"), (SHOPS, {"mapping": {"nope": "name"}}, "no column “nope”"), (SHOPS, {"colour": "red"}, "no option"),
     (SHOPS, {"crs": "Mars"}, "no coordinate system"), (b"foo,bar\n1,2\n", {}, "No column is recognised")],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_is_422_and_leaves_no_trace(session, client, content, options, sentence):
    answer = post(client, content, **options)
    assert answer.status_code == 422
    assert sentence in answer.json["detail"]
    assert not session.scalars(select(ImportBatch.id)).all()


def test_the_same_key_and_file_are_imported_once(session, client):
    first = post(client, headers={"Idempotency-Key": "k1"})
    again = post(client, headers={"Idempotency-Key": "k1"})
    assert (first.json["id"], again.headers.get("Idempotent-Replay")) == (again.json["id"], "true")
    assert len(session.scalars(select(ImportBatch.id)).all()) == 1


def test_other_roles_and_files_of_people_are_refused(session, client, login_as):
    assert post(client, b"email,role\nkim@acme.example,admin\n", kind="people").status_code == 403
    rep = login_as(make_user(session))
    assert post(rep).status_code == 403
    assert rep.get("/api/v1/imports").status_code == 403
    assert client.get("/api/v1/imports/00000000-0000-4000-8000-000000000005").status_code == 404


def test_a_request_without_a_file_is_422(client):
    assert client.post("/api/v1/imports", data={"kind": "accounts"}).status_code == 422
