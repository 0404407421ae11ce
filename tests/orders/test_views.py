"""The pages of orders and products."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gcrm.orders import queries, services
from gcrm.orders.basket import Wish
from gcrm.people import queries as people


@pytest.fixture
def order(session, shop):
    return services.place_order(
        session, account_id=shop.account.id, user_id=shop.rep.id, currency="USD", note="Before noon",
        wishes=[Wish(shop.cups.uuid, Decimal(4), 900)],
    ).order  # fmt: skip


def test_an_order_is_seen_in_the_list_and_by_itself(login_as, shop, order):
    rep = login_as(shop.rep)
    assert "$36.00" in rep.get("/orders").text
    page = rep.get(f"/orders/{order.uuid}").text
    assert all(words in page for words in ("Paper cups", "4 carton", "$36.00", "On the price list it was $10.50."))


def test_an_order_stands_on_the_accounts_page_and_timeline(login_as, shop, order):
    page = login_as(shop.rep).get(f"/accounts/{shop.account.uuid}").text
    assert f"/orders/{order.uuid}" in page
    assert "Paper cups × 4" in page


def test_an_order_is_cancelled_and_stands_again(login_as, session, shop, order):
    rep = login_as(shop.rep)
    for verb, status in (("cancel", "cancelled"), ("restore", "placed")):
        assert rep.post(f"/orders/{order.uuid}/{verb}").status_code == 302
        session.refresh(order)
        assert order.status == status


def test_another_rep_finds_neither_list_nor_order(login_as, shop, order):
    other = login_as(shop.other)
    assert "No order here yet" in other.get("/orders").text
    assert other.get(f"/orders/{order.uuid}").status_code == 404


def test_the_list_is_one_persons_or_one_accounts(login_as, shop, order):
    planner = login_as(shop.planner)
    assert "$36.00" in planner.get(f"/orders?person={shop.rep.uuid}").text
    assert "$36.00" in planner.get(f"/orders?account={shop.account.uuid}").text
    assert "$36.00" not in planner.get(f"/orders?person={shop.other.uuid}").text
    assert planner.get("/orders?after=x").status_code == 422


def test_a_planner_adds_a_product_with_its_price(login_as, session, shop):
    planner = login_as(shop.planner)
    form = {"code": "N-1", "name": "Napkins", "unit": "box", "price": "1,250.5"}
    assert planner.post("/products", data=form).status_code == 302
    (found,) = (each for each in queries.price_list(session, people.today(session), "USD") if each.code == "N-1")
    assert (found.name, found.unit, found.price_minor) == ("Napkins", "box", 125_050)
    assert "$1,250.50" in planner.get("/products").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"code": "C-1", "name": "Twin"}, "Another product has the code"),
        ({"code": "N", "name": ""}, "Give it a name."),
        ({"code": "N", "name": "N", "price": "dear"}, "is not a plain amount"),
    ],
)
def test_what_is_wrong_with_a_product_is_said_at_its_form(login_as, shop, form, said):
    answer = login_as(shop.planner).post("/products", data=form)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_price_is_set_from_a_day_on(login_as, session, shop):
    planner = login_as(shop.planner)
    address = f"/products/{shop.cups.uuid}"
    assert (
        planner.post(
            f"{address}/prices", data={"price": "11", "currency": "USD", "valid_from": "2026-11-01"}
        ).status_code
        == 302
    )
    assert [each.price_minor for each in queries.prices_of(session, shop.cups)] == [1100, 1050]
    refused = planner.post(f"{address}/prices", data={"price": "11", "currency": "XQX", "valid_from": "2026-11-01"})
    assert refused.status_code == 422
    assert "is no currency" in refused.text


def test_a_product_is_changed_and_taken_off_the_list(login_as, session, shop):
    planner = login_as(shop.planner)
    assert "checked" in planner.get(f"/products/{shop.cups.uuid}").text
    planner.post(f"/products/{shop.cups.uuid}", data={"code": "C-1", "name": "Cups"})
    session.refresh(shop.cups)
    assert (shop.cups.name, shop.cups.is_active) == ("Cups", False)
    assert "Cups" not in planner.get("/products").text
    assert "Not sold any more" in planner.get("/products?former=1").text


def test_a_rep_reads_the_products_and_changes_none(login_as, shop):
    rep = login_as(shop.rep)
    assert "Add a product" not in rep.get("/products").text
    assert rep.post("/products", data={"code": "N", "name": "N"}).status_code == 403
