"""Opportunities over HTTP, as each role."""

from __future__ import annotations

import uuid

import pytest

from gcrm.pipeline import services
from gcrm.pipeline.models import Opportunity

URL = "/api/v1/opportunities"


@pytest.fixture
def rep(company, login_as):
    return login_as(company.rep)


def one(deal):
    return f"{URL}/{deal.uuid}"


def new(company, **fields):
    return {"account": str(company.account.uuid), "name": "Trucks", "amount": "1200.50"} | fields


def test_a_sale_is_added_read_and_changed(rep, company):
    answer = rep.post(URL, json=new(company, stage="Qualified", expected_close="2026-12-24", next_step="Call"))
    assert answer.status_code == 201
    said = answer.get_json()
    assert said["amount"] == "1200.50"
    assert (said["stage"], said["probability"], said["owner"]) == ("Qualified", 25, company.rep.email)
    read = rep.get(answer.headers["Location"])
    assert read.get_json() == said
    assert rep.get(answer.headers["Location"], headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    changed = rep.patch(
        f"{URL}/{said['id']}",
        json=said | {"name": "Lorries", "owner": None},
        headers={"If-Match": read.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    assert (changed.get_json()["name"], changed.get_json()["owner"], changed.get_json()["version"]) == (
        "Lorries",
        None,
        2,
    )


def test_a_change_needs_the_version_that_was_read(rep, deal):
    sale = deal()
    assert rep.patch(one(sale), json={"name": "X"}).status_code == 428
    assert rep.patch(one(sale), json={"name": "X"}, headers={"If-Match": '"7"'}).status_code == 412
    assert rep.patch(one(sale), json={"name": "X"}, headers={"If-Match": '"1"'}).status_code == 200


def test_a_stage_that_wins_loses_or_opens_settles_and_reopens(rep, deal):
    sale = deal()
    match = {"If-Match": "*"}
    refused = rep.patch(one(sale), json={"stage": "Lost"}, headers=match)
    assert refused.status_code == 422
    assert "reason" in refused.get_json()["detail"]
    lost = rep.patch(one(sale), json={"stage": "Lost", "close_reason": "Price"}, headers=match).get_json()
    assert (lost["stage_kind"], lost["close_reason"]) == ("lost", "Price")
    opened = rep.patch(one(sale), json={"stage": "Proposal", "amount": "5"}, headers=match).get_json()
    assert (opened["stage"], opened["closed_at"], opened["amount"]) == ("Proposal", None, "5.00")


def test_an_amount_keeps_its_digits_when_the_currency_changes(rep, deal):
    sale = deal(amount=120_050)
    answer = rep.patch(one(sale), json={"currency": "KRW"}, headers={"If-Match": "*"})
    assert answer.status_code == 422
    assert "more decimals than KRW" in answer.get_json()["detail"]
    answer = rep.patch(one(deal(amount=120_000)), json={"currency": "KRW"}, headers={"If-Match": "*"})
    assert answer.get_json()["amount"] == "1200"


def test_sending_twice_makes_one(rep, company, session):
    body = new(company, id=str(uuid.uuid4()))
    first, second = rep.post(URL, json=body), rep.post(URL, json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json()["id"] == second.get_json()["id"] == body["id"]
    key = {"Idempotency-Key": "k1"}
    first, second = rep.post(URL, json=new(company), headers=key), rep.post(URL, json=new(company), headers=key)
    assert first.get_json()["id"] == second.get_json()["id"]
    assert second.headers["Idempotent-Replay"] == "true"
    session.expire_all()
    assert session.query(Opportunity).count() == 2


def test_an_id_that_a_hidden_sale_has_is_refused_without_a_word_on_it(rep, company, deal):
    theirs = deal("Secret", account=company.hidden, owner=company.other)
    answer = rep.post(URL, json=new(company, id=str(theirs.uuid)))
    assert answer.status_code == 409
    assert "Secret" not in answer.text


def test_the_list_goes_on_by_pages_and_narrows(rep, deal):
    for number in range(5):
        deal(f"Deal {number}", stage="Proposal" if number % 2 else "Lead")
    first = rep.get(f"{URL}?limit=3&sort=name").get_json()
    rest = rep.get(URL, query_string={"after": first["next"], "limit": 3, "sort": "name"}).get_json()
    assert [item["name"] for item in first["items"] + rest["items"]] == [f"Deal {number}" for number in range(5)]
    assert rest["next"] is None
    assert len(rep.get(f"{URL}?q=deal+3").get_json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount": "12,50"}, 422), ({"amount": "-1"}, 422), ({"amount": "1.005"}, 422), ({"amount": 12.5}, 422),
        ({"name": ""}, 422), ({"name": "x" * 301}, 422), ({"stage": "Nowhere"}, 422), ({"stage": "Won"}, 422),
        ({"currency": "DOLLARS"}, 422), ({"owner": "nobody@acme.example"}, 422), ({"expected_close": "soon"}, 422),
        ({"colour": "red"}, 422), ({"account": "x"}, 422), ({"account": str(uuid.uuid4())}, 404), ({"id": "7"}, 422),
        ({"name": "a\x00b"}, 201), ({"amount": "9" * 40}, 422),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(rep, company, body, status):
    answer = rep.post(URL, json=new(company, **body))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.mimetype == "application/problem+json"


def test_a_hidden_account_and_an_unknown_one_look_alike(rep, company):
    answers = [rep.post(URL, json=new(company, account=str(public))) for public in (company.hidden.uuid, uuid.uuid4())]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[0].status_code == 404


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_other_half_is_neither_seen_nor_changed(company, login_as, deal, session, role):
    theirs = deal("Secret", account=company.hidden, owner=company.other)
    client = login_as(getattr(company, role))
    assert client.get(URL).get_json()["items"] == []
    for public in (theirs.uuid, uuid.uuid4()):
        assert client.get(f"{URL}/{public}").status_code == 404
        assert client.patch(f"{URL}/{public}", json={"name": "Mine now"}, headers={"If-Match": "*"}).status_code == 404
    session.refresh(theirs)
    assert theirs.name == "Secret"


@pytest.mark.parametrize("role", ["marketer", "service"])
def test_who_does_not_sell_reads_and_writes_nothing(company, login_as, deal, role):
    client, sale = login_as(getattr(company, role)), deal()
    assert client.get(one(sale)).status_code == 200
    assert client.post(URL, json=new(company)).status_code == 403
    assert client.patch(one(sale), json={"name": "X"}, headers={"If-Match": "*"}).status_code == 403


def test_a_stranger_gets_nothing(client, deal):
    assert client.get(URL).status_code == 401
    assert client.get(one(deal())).status_code == 401


def test_the_list_asks_as_much_for_many_as_for_one(rep, company, deal, count_queries, session):
    deal()
    rep.get(URL)
    count_queries.clear()
    rep.get(URL)
    few = len(count_queries)
    for number in range(10):
        services.open_opportunity(
            session, account=company.account, name=f"{number}", amount_minor=1, user_id=company.rep.id
        )
    session.expire_all()
    count_queries.clear()
    rep.get(URL)
    assert len(count_queries) == few
