"""The API's common parts, on accounts: keyset pages, ETag and If-Match, idempotency keys, problems."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from gcrm.app import create_app
from gcrm.core import db, jobs
from gcrm.customers.models import Account
from gcrm.people import tokens
from tests import factories as make


@pytest.fixture
def planner(session, login_as):
    make.make_organisation(session)
    return login_as(make.make_user(session, "planner"))


def test_pages_go_on_where_the_last_one_ended_also_when_rows_come_in(planner, session):
    for number in range(25):
        make.make_account(session, name=f"Account {number:02d}")
    session.flush()
    names, after = [], None
    while True:
        page = planner.get("/api/v1/accounts", query_string={"limit": 10} | ({"after": after} if after else {})).json
        names += (
            [item["name"] for item in page["items"]]
            if "items" in page
            else [f["properties"]["name"] for f in page["features"]]
        )
        after = page["next"]
        if after is None:
            break
        make.make_account(session, name="Account 00 too")
        session.flush()
    assert [name for name in names if name != "Account 00 too"] == [f"Account {number:02d}" for number in range(25)]


def test_a_page_marker_of_another_list_is_refused(planner):
    answer = planner.get("/api/v1/accounts?after=garbage")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_a_read_that_changed_nothing_is_304(planner, session):
    address = f"/api/v1/accounts/{make.make_account(session).uuid}"
    tag = planner.get(address).headers["ETag"]
    assert planner.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_a_write_needs_the_version_that_was_read(planner, session):
    address = f"/api/v1/accounts/{make.make_account(session).uuid}"
    tag = planner.get(address).headers["ETag"]
    assert planner.patch(address, json={"name": "New"}).status_code == 428
    assert planner.patch(address, json={"name": "New"}, headers={"If-Match": tag}).status_code == 200
    stale = planner.patch(address, json={"name": "Newer"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.mimetype == "application/problem+json"


def test_an_unknown_field_is_refused_by_name(planner):
    answer = planner.post("/api/v1/accounts", json={"name": "A", "colour": "red"})
    assert answer.status_code == 422
    assert "colour" in answer.get_data(as_text=True)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1, 2", b'{"name": NaN}'])
def test_broken_json_gets_a_sentence(planner, body):
    answer = planner.post("/api/v1/accounts", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_repeated_key_gets_the_first_answer_and_writes_once(planner, session):
    body, key = {"name": "Once"}, {"Idempotency-Key": "k1"}
    first, again = (planner.post("/api/v1/accounts", json=body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    session.expire_all()
    assert session.scalar(select(func.count()).where(Account.name == "Once")) == 1
    assert planner.post("/api/v1/accounts", json={"name": "Other"}, headers=key).status_code == 422


def test_twins_at_the_same_moment_write_once(own_database):
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        planner = make.make_user(session, "planner")
    with db.transaction(None) as session:
        token = tokens.make(session, planner, "twins")
    app = create_app(TESTING=True)
    header = {"Authorization": f"Bearer {token}", "Idempotency-Key": "twin"}
    answers = []
    start = threading.Barrier(4)

    def post():
        start.wait()
        answers.append(app.test_client().post("/api/v1/accounts", json={"name": "Twin"}, headers=header).status_code)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 4
    with db.transaction(jobs.system_principal()) as session:
        assert session.scalar(select(func.count()).where(Account.name == "Twin")) == 1
