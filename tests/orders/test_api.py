"""Products and orders over HTTP."""

from __future__ import annotations

import uuid

import pytest

BASE = "/api/v1"


@pytest.fixture
def rep(shop, login_as):
    return login_as(shop.rep)


@pytest.fixture
def planner(shop, login_as):
    return login_as(shop.planner)


def an_order(shop, **more):
    return {"account": str(shop.account.uuid), "lines": [{"product": str(shop.cups.uuid), "quantity": "4"}], **more}


def test_a_product_is_added_priced_and_read_again(planner, shop):
    made = planner.post(f"{BASE}/products", json={"code": "N", "name": "Napkins", "unit": "box"})
    assert made.status_code == 201, made.text
    address = made.headers["Location"]
    price = {"price": "12.50", "currency": "USD", "valid_from": "2026-02-01"}
    assert planner.post(f"{address}/prices", json=price).get_json()["prices"] == [price]
    assert planner.get(f"{address}/prices").get_json() == [price]
    found = planner.get(address)
    assert found.get_json()["prices"] == [price]
    changed = planner.patch(address, json={"is_active": False}, headers={"If-Match": found.headers["ETag"]})
    assert (changed.status_code, changed.get_json()["is_active"]) == (200, False)
    assert planner.patch(address, json={"name": "X"}, headers={"If-Match": found.headers["ETag"]}).status_code == 412


def test_a_rep_reads_products_and_changes_none(rep, shop):
    items = rep.get(f"{BASE}/products?q=cup").get_json()["items"]
    assert [(each["code"], each["prices"][0]["price"]) for each in items] == [("C-1", "10.50")]
    assert rep.post(f"{BASE}/products", json={"code": "N", "name": "N"}).status_code == 403


def test_an_order_is_taken_once_however_often_it_is_sent(rep, shop):
    body = an_order(shop, id=str(uuid.uuid4()), note="Before noon")
    first, second = (rep.post(f"{BASE}/orders", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200), first.text
    assert first.get_json() == second.get_json()
    assert (first.get_json()["total"], first.get_json()["lines"][0]["list_price"]) == ("42.00", "10.50")
    assert rep.get(f"{BASE}/orders").get_json() == {"items": [first.get_json()], "next": None}


def test_an_order_is_cancelled_by_its_status(rep, shop):
    made = rep.post(f"{BASE}/orders", json=an_order(shop))
    address, tag = made.headers["Location"], made.headers["ETag"]
    assert rep.patch(address, json={"status": "cancelled"}).status_code == 428
    done = rep.patch(address, json={"status": "cancelled"}, headers={"If-Match": tag})
    assert (done.status_code, done.get_json()["status"]) == (200, "cancelled")


def test_the_list_is_narrowed(rep, shop):
    rep.post(f"{BASE}/orders", json=an_order(shop))
    assert len(rep.get(f"{BASE}/orders?account={shop.account.uuid}&status=placed").get_json()["items"]) == 1
    assert rep.get(f"{BASE}/orders?account={shop.hidden.uuid}").get_json()["items"] == []
    assert rep.get(f"{BASE}/orders?since=2999-01-01T00:00:00Z").get_json()["items"] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"quantity": "0"}, "A quantity lies between"),
        ({"quantity": "many"}, "no quantity"),
        ({"price": "-1"}, "no price"),
        ({"price": "1.234"}, "more decimals"),
        ({"product": str(uuid.UUID(int=7)), "name": "Mugs"}, "“Mugs” is not among the products"),
    ],
)
def test_a_wrong_line_is_refused_with_a_sentence(rep, shop, line, said):
    body = an_order(shop)
    body["lines"][0] |= line
    answer = rep.post(f"{BASE}/orders", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert said in answer.get_json()["detail"]


def test_somebody_elses_account_is_unknown(rep, shop):
    body = an_order(shop) | {"account": str(shop.hidden.uuid)}
    assert rep.post(f"{BASE}/orders", json=body).status_code == 404
