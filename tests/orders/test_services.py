"""Prices by day, orders at the price that was shown, and the gate round both."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gcrm.core.errors import Conflict, Invalid
from gcrm.customers.models import Touch
from gcrm.orders import queries, services
from gcrm.orders.basket import Wish
from gcrm.orders.models import Order
from gcrm.people import queries as people
from tests.orders.conftest import JANUARY


def order_of(session, shop, *wishes, account=None, user=None, **more):
    return services.place_order(
        session,
        account_id=(account or shop.account).id,
        user_id=(user or shop.rep).id,
        currency="USD",
        wishes=wishes,
        **more,
    )


def cups(shop, many="4", price=None, name=None):
    return Wish(shop.cups.uuid, Decimal(many), price, name)


def test_the_price_of_a_day_is_the_latest_not_after_it(session, shop):
    services.set_price(session, shop.cups, 1200, "USD", dt.date(2026, 6, 1))
    found = {
        day: [each.price_minor for each in queries.price_list(session, day, "USD") if each.code == "C-1"]
        for day in (dt.date(2025, 12, 31), JANUARY, dt.date(2026, 5, 31), dt.date(2026, 6, 1))
    }
    assert list(found.values()) == [[], [1050], [1050], [1200]]


def test_a_price_list_is_in_one_currency_and_leaves_out_what_is_not_sold(session, shop):
    services.set_price(session, shop.cups, 14_000, "KRW", JANUARY)
    services.save_product(session, shop.lids, is_active=False)
    assert [(each.code, each.price_minor) for each in queries.price_list(session, JANUARY, "KRW")] == [("C-1", 14_000)]
    assert [each.code for each in queries.price_list(session, JANUARY, "USD")] == ["C-1"]


def test_the_same_day_again_corrects_the_price(session, shop):
    services.set_price(session, shop.cups, 999, "USD", JANUARY)
    assert [price.price_minor for price in queries.prices_of(session, shop.cups)] == [999]


def test_an_order_comes_to_its_lines_with_halves_rounded_up(session, shop):
    # 4 × 10.50 = 42.00 and 2.5 × 3.33 = 8.325, which is 8.33.
    placed = order_of(session, shop, cups(shop), Wish(shop.lids.uuid, Decimal("2.5")))
    assert [line.total_minor for line in placed.order.lines] == [4200, 833]
    assert (placed.order.total_minor, placed.changed) == (5033, [])


def test_an_order_is_a_line_of_the_timeline(session, shop):
    made = order_of(session, shop, cups(shop, "4.000")).order
    touch = session.scalars(select(Touch).where(Touch.subject == made.uuid)).one()
    assert (touch.kind, touch.summary, touch.detail) == ("order", "42.00 USD", "Paper cups × 4")


def test_a_price_that_changed_meanwhile_stays_as_it_was_shown_and_is_told(session, shop):
    today = people.today(session)
    services.set_price(session, shop.cups, 1200, "USD", today)
    placed = order_of(session, shop, cups(shop, "2", 1050), price_day=today - dt.timedelta(days=1))
    assert placed.order.total_minor == 2100
    assert placed.order.lines[0].list_price_minor == 1050
    assert placed.changed == [services.Changed("Paper cups", 1050, 1200)]


def test_an_unknown_product_is_refused_with_its_name(session, shop):
    with pytest.raises(Invalid, match="“Old mugs” is not among the products"):
        order_of(session, shop, Wish(uuid.uuid4(), Decimal(1), 100, "Old mugs"))


def test_what_is_not_sold_any_more_is_refused_with_its_name(session, shop):
    services.save_product(session, shop.cups, is_active=False)
    with pytest.raises(Invalid, match="“Paper cups” is not sold any more"):
        order_of(session, shop, cups(shop, "1", 1050))


def test_what_has_no_price_can_be_ordered_at_a_price_that_was_shown_only(session, shop):
    bare = services.save_product(session, code="B", name="Bare")
    with pytest.raises(Invalid, match="“Bare” has no price in USD"):
        order_of(session, shop, Wish(bare.uuid, Decimal(1)))
    assert order_of(session, shop, Wish(bare.uuid, Decimal(1), 50)).changed == [services.Changed("Bare", 50, None)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"price_day": dt.date(2999, 1, 1)}, "no price list of 2999-01-01"),
        ({"at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "lies in the future"),
        ({"note": "x" * 1_000_000}, "longer than"),
    ],
)
def test_an_order_of_another_time_or_an_endless_note_is_refused(session, shop, more, said):
    with pytest.raises(Invalid, match=said):
        order_of(session, shop, cups(shop), **more)


def test_an_order_without_products_is_none(session, shop):
    with pytest.raises(Invalid, match="at least one product"):
        order_of(session, shop)


def test_a_cancelled_order_stays_on_record_and_can_stand_again(session, shop):
    made = order_of(session, shop, cups(shop)).order
    services.cancel_order(session, made, shop.rep.id)
    with pytest.raises(Conflict, match="cancelled already"):
        services.cancel_order(session, made, shop.rep.id)
    kinds = select(Touch.kind).where(Touch.subject == made.uuid).order_by(Touch.id)
    assert (made.status, list(session.scalars(kinds))) == ("cancelled", ["order", "order_cancelled"])
    services.restore_order(session, made, shop.rep.id)
    assert (made.status, list(session.scalars(kinds))) == ("placed", ["order"])


def test_two_products_do_not_share_a_code(session, shop):
    with pytest.raises(Conflict, match="has the code “C-1”"):
        services.save_product(session, code="C-1", name="Other cups")


def test_orders_follow_their_account_and_who_took_them(session, as_user, shop):
    ours, theirs = (order_of(session, shop, cups(shop), account=account, user=user).order.uuid
                    for account, user in ((shop.account, shop.rep), (shop.hidden, shop.other)))  # fmt: skip
    for person, seen in (
        (shop.rep, {ours}),
        (shop.manager, {ours}),
        (shop.other, {theirs}),
        (shop.marketer, {ours, theirs}),
    ):
        with as_user(person) as own:
            assert set(own.scalars(select(Order.uuid))) == seen
            assert own.scalar(text("SELECT count(*) FROM order_lines")) == len(seen)
            assert {each.uuid for each in queries.latest_orders(own).rows} == seen


def test_an_order_taken_stays_seen_by_who_took_it_when_the_account_moves_on(session, as_user, shop):
    made = order_of(session, shop, cups(shop)).order.uuid
    shop.account.owner_id = shop.other.id
    with as_user(shop.rep) as own:
        found = queries.order(own, made)
        assert (found.account, found.lines[0].name) == (None, "Paper cups")


def test_a_rep_takes_no_order_for_somebody_elses_account(session, as_user, shop):
    with pytest.raises(ProgrammingError, match="row-level security"), as_user(shop.rep) as own:
        order_of(own, shop, cups(shop), account=shop.hidden)


def test_a_rep_sets_no_price(session, as_user, shop):
    with pytest.raises(ProgrammingError, match="permission denied"), as_user(shop.rep) as own:
        services.set_price(own, queries.product(own, shop.cups.uuid), 1, "USD", JANUARY)


def test_the_list_goes_on_where_a_page_ended(session, as_user, shop):
    made = [order_of(session, shop, cups(shop, str(n))).order.uuid for n in range(1, 6)]
    with as_user(shop.rep) as own:
        first = queries.latest_orders(own, limit=3)
        second = queries.latest_orders(own, before=first.next, limit=3)
        assert [each.uuid for each in (*first.rows, *second.rows)] == made[::-1]
        assert second.next is None
        with pytest.raises(Invalid, match="page marker"):
            queries.latest_orders(own, before="yesterday")
