"""Visits, activities and tasks over HTTP, as each role."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from gcrm.core import clock
from tests import factories as make

BASE = "/api/v1"
LATER = (clock.now() + dt.timedelta(days=2)).replace(hour=15, minute=0, second=0, microsecond=0)


@pytest.fixture
def rep(company, login_as):
    return login_as(company.rep)


def bodies(account):
    """What each list takes."""
    public = str(account.uuid)
    return {
        "visits": {"account": public, "starts_at": LATER.isoformat(), "minutes": 30},
        "activities": {"account": public, "kind": "call", "subject": "Asked about stock"},
        "tasks": {"account": public, "title": "Send the offer"},
    }


LISTS = ("visits", "activities", "tasks")


@pytest.mark.parametrize("name", LISTS)
def test_what_is_posted_is_read_again(rep, company, name):
    made = rep.post(f"{BASE}/{name}", json=bodies(company.account)[name])
    assert made.status_code == 201, made.text
    said = made.get_json()
    assert (said["account"], said["account_name"], said["user"]) == (
        str(company.account.uuid),
        "Mine & Co",
        company.rep.email,
    )
    assert rep.get(made.headers["Location"]).get_json() == said
    assert rep.get(f"{BASE}/{name}").get_json() == {"items": [said], "next": None}


@pytest.mark.parametrize("name", LISTS)
def test_the_senders_id_makes_one_of_two(rep, company, name):
    body = bodies(company.account)[name] | {"id": str(uuid.uuid4())}
    first, second = (rep.post(f"{BASE}/{name}", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()
    assert first.get_json()["id"] == body["id"]


@pytest.mark.parametrize("name", LISTS)
def test_the_same_idempotency_key_answers_alike(rep, company, name):
    body, key = bodies(company.account)[name], {"Idempotency-Key": "once"}
    first, second = (rep.post(f"{BASE}/{name}", json=body, headers=key) for _ in range(2))
    assert first.get_json() == second.get_json()
    assert len(rep.get(f"{BASE}/{name}").get_json()["items"]) == 1
    other = rep.post(f"{BASE}/{name}", json=body | {"note": "else"}, headers=key)
    assert other.status_code == 422


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_other_half_is_neither_seen_nor_written(company, login_as, session, name, role):
    client = login_as(getattr(company, role))
    owner = login_as(company.other)
    theirs = owner.post(f"{BASE}/{name}", json=bodies(company.hidden)[name]).get_json()["id"]
    assert client.get(f"{BASE}/{name}").get_json()["items"] == []
    assert client.get(f"{BASE}/{name}?account={company.hidden.uuid}").get_json()["items"] == []
    for public in (theirs, uuid.uuid4()):
        assert client.get(f"{BASE}/{name}/{public}").status_code == 404
    answers = []
    for public in (company.hidden.uuid, uuid.uuid4()):
        answers.append(client.post(f"{BASE}/{name}", json=bodies(company.hidden)[name] | {"account": str(public)}))
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json() == answers[1].get_json()
    taken = client.post(f"{BASE}/{name}", json=bodies(company.account)[name] | {"id": theirs})
    assert taken.status_code == 409


@pytest.mark.parametrize("name", LISTS)
def test_a_fact_of_somebody_out_of_sight_is_refused(rep, company, name):
    for email in (company.other.email, "nobody@acme.example"):
        assert rep.post(f"{BASE}/{name}", json=bodies(company.account)[name] | {"user": email}).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_manager_writes_for_the_own_people(company, login_as, name):
    client = login_as(company.manager)
    made = client.post(f"{BASE}/{name}", json=bodies(company.account)[name] | {"user": company.rep.email})
    assert made.status_code == 201, made.text
    assert made.get_json()["user"] == company.rep.email


@pytest.mark.parametrize("role", ["marketer", "service", "planner", "admin"])
def test_who_sees_all_logs_activities(company, login_as, role):
    client = login_as(getattr(company, role))
    assert client.post(f"{BASE}/activities", json=bodies(company.hidden)["activities"]).status_code == 201


def test_a_stranger_gets_nothing(client):
    for name in LISTS:
        assert client.get(f"{BASE}/{name}").status_code == 401


@pytest.mark.parametrize("name", LISTS)
def test_lists_go_on_by_pages(rep, company, login_as, name):
    for number in range(5):
        body = bodies(company.account)[name]
        if name == "visits":
            body["starts_at"] = (LATER + number * dt.timedelta(hours=1)).isoformat()
        assert rep.post(f"{BASE}/{name}", json=body).status_code == 201
    first = rep.get(f"{BASE}/{name}", query_string={"limit": 3}).get_json()
    rest = rep.get(f"{BASE}/{name}", query_string={"limit": 3, "after": first["next"]}).get_json()
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 5
    assert rest["next"] is None
    assert rep.get(f"{BASE}/{name}", query_string={"after": "nonsense"}).status_code == 422


def test_a_visit_that_was_made_is_logged_with_its_outcome(rep, company):
    at = (clock.now() - dt.timedelta(hours=3)).isoformat()
    body = {"account": str(company.account.uuid), "outcome": "follow_up", "finished_at": at, "next_step": "Call again"}
    made = rep.post(f"{BASE}/visits", json=body).get_json()
    assert (made["status"], made["outcome"]) == ("done", "follow_up")
    (task,) = rep.get(f"{BASE}/tasks?done=false").get_json()["items"]
    assert task["title"] == "Call again"
    (touch,) = rep.get(f"{BASE}/accounts/{company.account.uuid}/timeline").get_json()["items"]
    assert (touch["kind"], touch["summary"], touch["subject"]) == ("visit", "follow_up", made["id"])


def test_lists_narrow_by_their_words(rep, company, session):
    now = clock.now()
    make.make_visit(
        session, company.account, company.rep, status="done", outcome="order", finished_at=now - dt.timedelta(days=3)
    )
    make.make_visit(session, company.account, company.rep, status="planned", starts_at=LATER, minutes=30)
    make.make_activity(session, company.account, company.rep, kind="mail")
    make.make_activity(session, company.account, company.manager, kind="call")

    def count(name, **words):
        return len(rep.get(f"{BASE}/{name}", query_string=words).get_json()["items"])

    assert count("visits", status="planned") == 1
    assert count("visits", until=now.isoformat()) == 1
    assert count("visits", since=now.isoformat()) == 1
    assert count("activities", kind="mail") == 1
    assert count("activities", user=str(company.manager.uuid)) == 1
    assert count("activities", account=str(company.account.uuid)) == 2
    assert count("tasks", due_until="2026-01-01") == 0


def test_a_task_is_ticked_off_and_opened_again(rep, company):
    made = rep.post(f"{BASE}/tasks", json=bodies(company.account)["tasks"])
    url, etag = made.headers["Location"], made.headers["ETag"]
    assert rep.patch(url, json={"done": True}).status_code == 428
    done = rep.patch(url, json={"done": True}, headers={"If-Match": etag})
    assert done.get_json()["done"] is True
    assert rep.patch(url, json={"done": False}, headers={"If-Match": etag}).status_code == 412
    opened = rep.patch(
        url, json={"done": False, "title": "Else"}, headers={"If-Match": done.headers["ETag"]}
    ).get_json()
    assert (opened["done"], opened["done_at"], opened["title"]) == (False, None, "Else")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("visits", {"starts_at": "soon"}), ("visits", {"starts_at": "2026-12-01T09:00:00"}), ("visits", {"minutes": 1}),
        ("visits", {"minutes": "30"}), ("visits", {"outcome": "great"}), ("visits", {"starts_at": None}),
        ("visits", {"outcome": "order", "finished_at": LATER.isoformat()}), ("visits", {"colour": "red"}),
        ("activities", {"kind": "fax"}), ("activities", {"subject": " "}), ("activities", {"subject": "x" * 301}),
        ("activities", {"at": LATER.isoformat()}), ("activities", {"at": "0001-01-01T00:00:00+00:00"}),
        ("tasks", {"title": ""}), ("tasks", {"due_on": "soon"}), ("tasks", {"due_on": "9999-12-31"}),
        ("tasks", {"id": "7"}), ("tasks", {"user": "nobody"}),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(rep, company, name, body):
    answer = rep.post(f"{BASE}/{name}", json=bodies(company.account)[name] | body)
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"]


def test_a_contact_of_another_account_is_refused(rep, company, session):
    elsewhere = make.make_contact(session, make.make_account(session, company.rep))
    body = bodies(company.account)["activities"] | {"contact": str(elsewhere.uuid)}
    assert rep.post(f"{BASE}/activities", json=body).status_code == 422


def test_an_own_visit_is_answered_without_the_account_that_went_away(rep, company, session):
    made = rep.post(f"{BASE}/visits", json=bodies(company.account)["visits"]).get_json()
    company.account.owner_id = company.other.id
    session.flush()
    session.expire_all()
    read = rep.get(f"{BASE}/visits/{made['id']}").get_json()
    assert (read["account"], read["account_name"], read["minutes"]) == (None, None, 30)
