"""An order taken at the customer's: as an act, and on the page without scripts."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from gcrm.core import clock
from gcrm.orders import queries, services
from gcrm.orders.models import Order
from gcrm.people import queries as people
from tests import factories as make
from tests.field.phone import ident


@pytest.fixture
def account(session, rep):
    return make.make_account(session, rep, name="Corner Shop")


@pytest.fixture
def cups(session, rep):
    return make.make_product(session, name="Paper cups", code="C-1")


@pytest.fixture
def today(session, rep):
    return people.today(session)


@pytest.fixture
def order(phone, account, cups, today):
    """An act that orders four cups at ten and a half dollars, unless said."""

    def act(**changes):
        line = {"product": str(cups.uuid), "quantity": 4, "price_minor": 1050} | changes.pop("line", {})
        said = {"order": ident(), "account": account.uuid, "price_day": today, "currency": "USD", "lines": [line]}
        return phone.act("ordered", **(said | changes))

    return act


def test_an_order_is_taken_once(phone, session, order):
    act = order(note="Before noon")
    twin = phone.act("ordered", **act["body"])
    assert phone.states(act, act, twin) == ["applied", "applied", "merged"]
    (made,) = session.query(Order).all()
    assert (made.total_minor, made.note, str(made.uuid)) == (4200, "Before noon", act["body"]["order"])


def test_a_price_that_changed_meanwhile_is_said_and_the_shown_one_holds(phone, session, order, cups, today):
    services.set_price(session, cups, 1200, "USD", today)
    (answer,) = phone.send(order(price_day=today - dt.timedelta(days=1)))
    assert answer["state"] == "applied"
    assert "Prices changed meanwhile: Paper cups." in answer["why"]
    assert answer["result"]["prices"] == {"Paper cups": {"shown": 1050, "now": 1200}}
    assert session.query(Order).one().total_minor == 4200


@pytest.mark.parametrize(
    ("changes", "said", "fault"),
    [
        (
            {"line": {"product": str(uuid.UUID(int=7)), "name": "Old mugs"}},
            "“Old mugs” is not among the products",
            "body.lines",
        ),
        ({"line": {"quantity": 0}}, "A quantity lies between", "body.lines"),
        ({"lines": []}, "at least one product", "body.lines"),
        ({"currency": "XQX"}, "no currency", "body.currency"),
        ({"price_day": "2999-01-01"}, "no price list of 2999-01-01", "body.price_day"),
        ({"line": {"price_minor": -1}}, "does not lie between", "body.lines.0.price_minor"),
    ],
)
def test_what_is_no_order_is_refused_with_its_reason(phone, session, order, changes, said, fault):
    (answer,) = phone.send(order(**changes))
    assert (answer["state"], answer["fault"]) == ("refused", fault)
    assert said in answer["why"]
    assert session.query(Order).count() == 0


def test_an_order_stands_on_the_page_of_its_visit(phone, session, rep, account, order):
    visit = make.make_visit(session, account, rep, status="arrived", arrived_at=clock.now())
    phone.send(order(visit=visit.uuid))
    assert "$42.00" in phone.client.get(f"/field/visits/{visit.uuid}").text
    assert [each.total_minor for each in queries.orders_at_visit(session, visit.uuid)] == [4200]


def test_the_page_offers_the_price_list_of_the_day(phone, account, cups):
    page = phone.client.get(f"/field/orders/new?account={account.uuid}").text
    assert all(words in page for words in ("Paper cups", "$10.50", f"quantity-{cups.uuid}"))


def test_a_page_without_scripts_takes_the_order_once(phone, session, account, cups):
    form = {"order": ident(), f"quantity-{cups.uuid}": "2", "note": "Back door"}
    address = f"/field/orders/new?account={account.uuid}"
    assert [phone.client.post(address, data=form).status_code for _ in range(2)] == [302, 302]
    (made,) = session.query(Order).all()
    assert (made.total_minor, made.note) == (2100, "Back door")


@pytest.mark.parametrize(
    ("many", "said"), [("", "Say how many"), ("lots", "no quantity"), ("-2", "A quantity lies between")]
)
def test_a_wrong_quantity_is_said_and_the_rest_is_still_there(phone, session, account, cups, many, said):
    answer = phone.client.post(
        f"/field/orders/new?account={account.uuid}", data={f"quantity-{cups.uuid}": many, "note": "Back door"}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "Back door" in answer.text
    assert session.query(Order).count() == 0


@pytest.mark.parametrize("account_id", ["", "x", str(uuid.UUID(int=5))])
def test_an_address_without_an_account_is_refused(phone, account_id):
    assert phone.client.get(f"/field/orders/new?account={account_id}").status_code in (404, 422)


def test_an_empty_price_list_says_who_can_fill_it(phone, account):
    assert "Nothing to order from" in phone.client.get(f"/field/orders/new?account={account.uuid}").text


def test_a_stored_day_has_the_price_list_and_a_page_to_order_from(phone, account, cups, today):
    day = phone.client.get("/field/day.json").json
    assert [(each["name"], each["price_minor"], each["price_day"]) for each in day["products"]] == [
        ("Paper cups", 1050, today.isoformat())
    ]
    page = day["pages"]["/field/orders/new"]
    assert f"quantity-{cups.uuid}" in page["main"]
    assert 'name="order" value=""' in page["main"]
    assert "Take the order" in page["actions"]
