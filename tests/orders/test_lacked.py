"""What there is to sell to a customer: what others like it buy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from gcrm.core import clock, talking
from gcrm.orders import queries, services
from gcrm.orders.basket import Wish
from tests import factories as make

YEAR = dt.timedelta(days=365)


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep")


@pytest.fixture
def cups(session):
    return make.make_product(session, name="Paper cups")


@pytest.fixture
def lids(session):
    return make.make_product(session, name="Lids")


@pytest.fixture
def buy(session, rep):
    def ordered(account, *products, days=1, by=None):
        wishes = [Wish(product.uuid, Decimal(1)) for product in products]
        at = clock.now() - dt.timedelta(days=days)
        placed = services.place_order(
            session, account_id=account.id, user_id=(by or rep).id, currency="USD", wishes=wishes, at=at,
            price_day=dt.date(2026, 1, 1),
        )  # fmt: skip
        return placed.order

    return ordered


@pytest.fixture
def shops(session, rep):
    """Three cafes of tier A, three bakeries of tier B."""

    def made(name, tier):
        return [make.make_account(session, rep, name=f"{name} {n}", industry=name, tier=tier) for n in range(3)]

    return made("cafe", "A") + made("bakery", "B")


def lacked(session, *accounts):
    return queries.lacked(session, [each.id for each in accounts], clock.now() - YEAR)


def test_what_accounts_of_the_same_industry_buy_comes_before_what_more_others_do(session, shops, cups, lids, buy):
    for shop in shops[:2]:
        buy(shop, cups)
    for shop in shops[3:]:
        buy(shop, lids)
    found = lacked(session, *shops)
    assert found[shops[2].id] == queries.Lacked("Paper cups", similar=2, buyers=2)
    assert found[shops[0].id] == queries.Lacked("Lids", similar=0, buyers=3)
    assert found[shops[3].id] == queries.Lacked("Paper cups", similar=0, buyers=2)


def test_what_was_ordered_within_the_year_is_not_lacked(session, shops, cups, buy):
    for shop in shops[:3]:
        buy(shop, cups)
    assert lacked(session, shops[0]) == {}
    order = buy(shops[3], cups)
    assert lacked(session, shops[3]) == {}
    services.cancel_order(session, order, order.user_id)
    assert lacked(session, shops[3])[shops[3].id].product == "Paper cups"


def test_an_order_of_more_than_a_year_ago_counts_as_none(session, shops, cups, buy):
    for shop in shops[:2]:
        buy(shop, cups)
    buy(shops[2], cups, days=366)
    assert lacked(session, shops[2])[shops[2].id] == queries.Lacked("Paper cups", 2, 2)


def test_what_one_customer_alone_buys_or_nobody_sells_any_more_is_not_said(session, shops, cups, lids, buy):
    buy(shops[0], lids)
    for shop in shops[:2]:
        buy(shop, cups)
    services.save_product(session, cups, is_active=False)
    assert lacked(session, shops[2]) == {}


def test_a_rep_learns_from_the_own_customers_alone(session, as_user, shops, cups, lids, buy, rep):
    other = make.make_user(session, "rep")
    theirs = [make.make_account(session, other, industry="cafe", tier="A") for _ in range(4)]
    for account in theirs:
        buy(account, lids, by=other)
    for shop in shops[:2]:
        buy(shop, cups)
    assert lacked(session, shops[2])[shops[2].id] == queries.Lacked("Lids", 4, 4)
    with as_user(rep) as own:
        assert lacked(own, shops[2])[shops[2].id] == queries.Lacked("Paper cups", 2, 2)
        assert lacked(own, theirs[0]) == {}


def test_it_is_among_what_there_is_to_talk_about_in_one_statement(app, session, shops, cups, buy, count_queries):
    for shop in shops[:2]:
        buy(shop, cups)
    session.flush()
    with app.test_request_context():
        count_queries.clear()
        found = talking.points(session, [shop.id for shop in shops])
    assert [point.text for point in found[shops[2].id]] == ["Not ordered yet: Paper cups"]
    assert found[shops[2].id][0].detail == "2 customers like them buy it"
    assert sum("sample" in statement for statement in count_queries) == 1
