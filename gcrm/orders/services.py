"""Writes of products, prices and orders; an order leaves its line on the account's timeline."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.core import clock, money
from gcrm.core.errors import Conflict, Invalid
from gcrm.customers import services as customers
from gcrm.customers import values
from gcrm.orders import basket, queries
from gcrm.orders.basket import Wish
from gcrm.orders.models import Order, OrderLine, Price, Product
from gcrm.people import queries as people

LONGEST_CODE = 60
LONGEST_NAME = 200
LONGEST_UNIT = 40
NAMES_SAID = 6
EARLIEST = dt.date(2000, 1, 1)
LATEST = dt.date(2100, 1, 1)
LATEST_CLOCK_AHEAD = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Changed:
    """A product that was ordered at another price than the list has today."""

    name: str
    shown_minor: int
    now_minor: int | None
    """None: it has no price in this currency."""


@dataclass(frozen=True)
class Placed:
    """An order that stands, and what is to be said about it."""

    order: Order
    changed: list[Changed]


def save_product(session: Session, product: Product | None = None, **fields: Any) -> Product:
    """Add a product, or change what is given of one: code, name, unit, is_active."""
    made = product or Product()
    for name, value in fields.items():
        setattr(made, name, _FIELDS[name](value))
    if not made.code or not made.name:
        raise Invalid("A product needs a code and a name.")
    twin = session.scalar(select(Product.id).where(Product.code == made.code, Product.id != made.id))
    if twin is not None:
        raise Conflict("Another product has the code “%(code)s”.", code=made.code)
    session.add(made)
    session.flush()
    return made


def set_price(session: Session, product: Product, price_minor: int, currency: str, valid_from: dt.date) -> Price:
    """Say what a product costs from a day on; the same day again is corrected."""
    if not money.is_currency(currency):
        raise Invalid("“%(word)s” is no currency such as USD.", word=currency, field="currency")
    if not EARLIEST <= valid_from <= LATEST:
        raise Invalid("%(day)s is no day from which a price could hold.", day=valid_from.isoformat())
    minor = basket.price(price_minor)
    found = session.scalar(
        select(Price).where(Price.product_id == product.id, Price.currency == currency, Price.valid_from == valid_from)
    )
    made = found or Price(product_id=product.id, currency=currency, valid_from=valid_from)
    made.price_minor = minor
    session.add(made)
    session.flush()
    return made


def place_order(
    session: Session, *, account_id: int, user_id: int, currency: str, wishes: Sequence[Wish],
    price_day: dt.date | None = None, at: dt.datetime | None = None, visit: uuid.UUID | None = None,
    note: str | None = None, public_id: uuid.UUID | None = None,
) -> Placed:  # fmt: skip
    """Take an order at the prices that were shown to the customer, and say which of them are others by now."""
    if not money.is_currency(currency):
        raise Invalid("“%(word)s” is no currency such as USD.", word=currency, field="currency")
    basket.check(list(wishes))
    ordered_at = _moment(at)
    today = people.today(session)
    day = price_day or today
    if not EARLIEST <= day <= today + dt.timedelta(days=1):
        raise Invalid("There is no price list of %(day)s yet.", day=day.isoformat(), field="price_day")
    products = _sold(session, wishes)
    ids = [each.id for each in products.values()]
    listed, current = (queries.prices_on(session, ids, on, currency) for on in (day, today))
    lines = [_line_of(wish, products[wish.product], listed, currency) for wish in wishes]
    for position, line in enumerate(lines, start=1):
        line.position = position
    order = Order(
        uuid=public_id or uuid.uuid4(), account_id=account_id, user_id=user_id, visit_uuid=visit, currency=currency,
        ordered_at=ordered_at, price_day=day, total_minor=basket.sum_of([line.total_minor for line in lines]),
        note=values.note(note), lines=lines,
    )  # fmt: skip
    session.add(order)
    session.flush()
    _touch(session, order, "order", user_id, ordered_at)
    changed = {
        line.name: Changed(line.name, line.price_minor, current.get(line.product_id))
        for line in lines
        if current.get(line.product_id) != line.price_minor
    }
    return Placed(order, list(changed.values()))


def _sold(session: Session, wishes: Sequence[Wish]) -> dict[uuid.UUID, Product]:
    """The products of the wishes; one that is not sold is refused by its name."""
    found = queries.products_by_uuid(session, {wish.product for wish in wishes})
    for wish in wishes:
        product = found.get(wish.product)
        if product is None:
            raise Invalid(
                "“%(name)s” is not among the products. Take it off the order, or have it added.",
                name=wish.called,
                field="lines",
            )
        if not product.is_active:
            raise Invalid("“%(name)s” is not sold any more. Take it off the order.", name=product.name, field="lines")
    return found


def _line_of(wish: Wish, product: Product, listed: dict[int, int], currency: str) -> OrderLine:
    list_price = listed.get(product.id)
    price = list_price if wish.price_minor is None else wish.price_minor
    if price is None:
        raise Invalid("“%(name)s” has no price in %(currency)s.", name=product.name, currency=currency, field="lines")
    return OrderLine(
        product_id=product.id, name=product.name, unit=product.unit, quantity=wish.quantity, price_minor=price,
        list_price_minor=list_price, total_minor=basket.total(wish.quantity, price),
    )  # fmt: skip


def cancel_order(session: Session, order: Order, user_id: int) -> None:
    """Take an order back; it stays on record."""
    if order.status == "cancelled":
        raise Conflict("This order is cancelled already.")
    order.status = "cancelled"
    session.flush()
    _touch(session, order, "order_cancelled", user_id, clock.now())


def restore_order(session: Session, order: Order, user_id: int) -> None:
    """Undo: the cancelled order stands again."""
    if order.status != "cancelled":
        raise Conflict("This order stands already.")
    order.status = "placed"
    session.flush()
    customers.drop_touches(session, order.uuid)
    _touch(session, order, "order", user_id, order.ordered_at)


def _touch(session: Session, order: Order, kind: str, user_id: int, at: dt.datetime) -> None:
    names = [f"{line.name} × {basket.shown(line.quantity)}" for line in order.lines[:NAMES_SAID]]
    more = ["…"] if len(order.lines) > NAMES_SAID else []
    customers.write_touch(
        session, account_id=order.account_id, user_id=user_id, at=at, kind=kind,
        summary=f"{money.to_decimal(order.total_minor, order.currency)} {order.currency}",
        detail=", ".join(names + more), subject=order.uuid,
    )  # fmt: skip


def _moment(at: dt.datetime | None) -> dt.datetime:
    now = clock.now()
    if at is None:
        return now
    if at.tzinfo is None:
        raise Invalid("A time needs its offset, as 2026-11-23T09:30:00+09:00.")
    if at > now + LATEST_CLOCK_AHEAD:
        raise Invalid("The time lies in the future; check the clock of the phone.")
    if at.date() < EARLIEST:
        raise Invalid("%(day)s is too long ago.", day=at.date().isoformat())
    return at


_FIELDS: dict[str, Any] = {
    "uuid": lambda value: value,
    "code": lambda value: values.line(value, "code", LONGEST_CODE),
    "name": lambda value: values.line(value, "name", LONGEST_NAME),
    "unit": lambda value: values.line(value, "unit", LONGEST_UNIT),
    "is_active": bool,
}
