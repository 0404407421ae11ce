"""Reads of products, price lists and orders.

An account may be out of the reader's sight while the own order for it is not: `order.account` is None then.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload, selectinload

from gcrm.core import db
from gcrm.core.errors import Invalid, NotFound
from gcrm.customers.models import Account
from gcrm.orders.models import Order, OrderLine, Price, Product
from gcrm.people.models import User

LONGEST_LIST = 2_000
"""Products on one price list; a phone holds them all."""
PER_PAGE = 50
_OWN_PEOPLE = "(SELECT gcrm_visible_owners())::int[]"
_GONE = "There is nothing at this address, or nothing that you may see."


@dataclass(frozen=True)
class Priced:
    """A product with its price on a day."""

    id: uuid.UUID
    code: str
    name: str
    unit: str | None
    price_minor: int
    currency: str


@dataclass(frozen=True)
class Offered:
    """A product as the list of products shows it."""

    product: Product
    price: Price | None
    """What it costs on the day asked for."""


def price_list(session: Session, day: dt.date, currency: str, limit: int = LONGEST_LIST) -> list[Priced]:
    """What is sold on a day in a currency, by name; what has no price then is not on the list."""
    query = (
        select(Product, Price.price_minor)
        .join(Price, Price.id == _price_on(day, currency))
        .where(Product.is_active)
        .order_by(Product.name, Product.id)
        .limit(limit)
    )
    return [
        Priced(product.uuid, product.code, product.name, product.unit, price_minor, currency)
        for product, price_minor in session.execute(query)
    ]


def _price_on(day: dt.date, currency: str) -> Any:
    """The id of the price that a product of the query around has on a day."""
    latest = select(Price.id).where(Price.product_id == Product.id, Price.currency == currency, Price.valid_from <= day)
    return latest.order_by(Price.valid_from.desc()).limit(1).correlate(Product).scalar_subquery()


def prices_on(session: Session, product_ids: Collection[int], day: dt.date, currency: str) -> dict[int, int]:
    """The price of each of some products on a day; those without one are left out."""
    query = select(Product.id, Price.price_minor).join(Price, Price.id == _price_on(day, currency))
    return {row[0]: row[1] for row in session.execute(query.where(Product.id.in_(product_ids)))}


def products_by_uuid(session: Session, public: Collection[uuid.UUID]) -> dict[uuid.UUID, Product]:
    """Those of some products that there are."""
    return {each.uuid: each for each in session.scalars(select(Product).where(Product.uuid.in_(public)))}


def products_found(words: str | None = None, is_active: bool | None = None) -> Select[Product]:
    """Products whose name or code holds the words, in the order of their names."""
    query = select(Product)
    if words:
        query = query.where(
            or_(Product.name.icontains(words, autoescape=True), Product.code.icontains(words, autoescape=True))
        )
    if is_active is not None:
        query = query.where(Product.is_active == is_active)
    return query.order_by(Product.name, Product.id)


def offered(session: Session, day: dt.date, currency: str, words: str | None, with_former: bool) -> list[Offered]:
    """The list of products with what each costs on a day."""
    query = products_found(words, None if with_former else True).add_columns(Price)
    query = query.outerjoin(Price, Price.id == _price_on(day, currency)).limit(LONGEST_LIST)
    return [Offered(product, price) for product, price in session.execute(query)]


def known_product(session: Session, public: uuid.UUID) -> Product | None:
    return session.scalar(select(Product).where(Product.uuid == public))


def product(session: Session, public: uuid.UUID, lock: bool = False) -> Product:
    query = select(Product).where(Product.uuid == public)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(_GONE)
    return found


def prices_of(session: Session, product: Product, limit: int = 50) -> list[Price]:
    """A product's prices, the latest first."""
    query = select(Price).where(Price.product_id == product.id)
    return list(session.scalars(query.order_by(Price.valid_from.desc(), Price.currency).limit(limit)))


def current_prices(session: Session, products: Collection[Product], day: dt.date) -> dict[int, list[Price]]:
    """For each of some products what it costs on a day, in each currency."""
    query = (
        select(Price)
        .where(Price.product_id.in_([each.id for each in products]), Price.valid_from <= day)
        .ext(distinct_on(Price.product_id, Price.currency))
        .order_by(Price.product_id, Price.currency, Price.valid_from.desc())
    )
    found: dict[int, list[Price]] = {}
    for price in session.scalars(query):
        found.setdefault(price.product_id, []).append(price)
    return found


# -- orders ------------------------------------------------------------------------------------------------------------


def known_order(session: Session, public: uuid.UUID) -> Order | None:
    return session.scalar(_orders().where(Order.uuid == public))


def order(session: Session, public: uuid.UUID, lock: bool = False) -> Order:
    query = _orders().where(Order.uuid == public)
    if lock:
        query = query.with_for_update(of=Order).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(_GONE)
    return found


def orders_of(session: Session, account_id: int, limit: int = 5) -> list[Order]:
    """An account's orders, the latest first."""
    query = _orders().where(Order.account_id == account_id)
    return list(session.scalars(query.order_by(Order.ordered_at.desc(), Order.id.desc()).limit(limit)))


def orders_at_visit(session: Session, visit: uuid.UUID) -> list[Order]:
    """What was ordered at a visit."""
    return list(session.scalars(_orders().where(Order.visit_uuid == visit).order_by(Order.id)))


def orders_at_visits(session: Session, visits: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Order]]:
    """The same for many visits; those without an order are left out."""
    found: dict[uuid.UUID, list[Order]] = {}
    if visits:
        for order in session.scalars(_orders().where(Order.visit_uuid.in_(visits)).order_by(Order.id)):
            assert order.visit_uuid is not None
            found.setdefault(order.visit_uuid, []).append(order)
    return found


@dataclass(frozen=True)
class Lacked:
    """A product that an account did not order while others did."""

    product: str
    similar: int
    """How many accounts of the same industry or tier ordered it."""
    buyers: int
    """How many accounts did at all."""


SAMPLE, SAMPLE_OF_EACH = 2_000, 300
"""Orders looked at, and of each person, the latest of the year: what a rep's customers buy shows in fewer."""
FEWEST_BUYERS = 2

_LACKED = """
    WITH sample AS MATERIALIZED ({sample}),
    sold AS (
      SELECT accounts.industry, accounts.tier, order_lines.product_id, count(DISTINCT sample.account_id) AS accounts
      FROM sample JOIN order_lines ON order_lines.order_id = sample.id JOIN accounts ON accounts.id = sample.account_id
      GROUP BY 1, 2, 3
    ),
    asked AS (SELECT id, industry, tier FROM accounts WHERE id = ANY (:accounts)),
    had AS (
      SELECT DISTINCT orders.account_id, order_lines.product_id
      FROM orders JOIN order_lines ON order_lines.order_id = orders.id
      WHERE orders.account_id = ANY (:accounts) AND orders.ordered_at >= :since AND orders.status = 'placed'
    ),
    offered AS (
      SELECT asked.id, sold.product_id, sum(sold.accounts) AS buyers,
        coalesce(sum(sold.accounts) FILTER (WHERE sold.industry = asked.industry OR sold.tier = asked.tier), 0) AS similar
      FROM asked CROSS JOIN sold
      WHERE NOT EXISTS (SELECT 1 FROM had WHERE had.account_id = asked.id AND had.product_id = sold.product_id)
      GROUP BY 1, 2 HAVING sum(sold.accounts) >= :fewest
    )
    SELECT DISTINCT ON (offered.id) offered.id, products.name, offered.similar, offered.buyers
    FROM offered JOIN products ON products.id = offered.product_id WHERE products.is_active
    ORDER BY offered.id, offered.similar DESC, offered.buyers DESC, products.name
"""
_SAMPLE_OF_ALL = """
    SELECT id, account_id FROM orders WHERE ordered_at >= :since AND status = 'placed' ORDER BY ordered_at DESC LIMIT :most
"""
# Each person's latest by the index: under the policy nothing else would keep from reading everybody's.
_SAMPLE_OF_OWN = """
    SELECT latest.id, latest.account_id FROM unnest((SELECT gcrm_visible_owners())::int[]) AS person (id), LATERAL (
      SELECT id, account_id, ordered_at FROM orders
      WHERE user_id = person.id AND ordered_at >= :since AND status = 'placed' ORDER BY ordered_at DESC LIMIT :each
    ) AS latest ORDER BY latest.ordered_at DESC LIMIT :most
"""


def lacked(session: Session, account_ids: Collection[int], since: dt.datetime) -> dict[int, Lacked]:
    """For each of some accounts the product that most others like it ordered since an instant, and it did not."""
    if not account_ids:
        return {}
    sample = _SAMPLE_OF_OWN if db.is_scoped(session) else _SAMPLE_OF_ALL
    rows = session.execute(
        text(_LACKED.format(sample=sample)),
        {"accounts": list(account_ids), "since": since, "most": SAMPLE, "each": SAMPLE_OF_EACH, "fewest": FEWEST_BUYERS},
    )  # fmt: skip
    return {row.id: Lacked(row.name, int(row.similar), int(row.buyers)) for row in rows}


@dataclass(frozen=True)
class OrderPage:
    """The latest orders, and where the earlier ones go on."""

    rows: list[Order]
    next: str | None


def latest_orders(
    session: Session, person_id: int | None = None, account_id: int | None = None, before: str | None = None,
    limit: int = PER_PAGE,
) -> OrderPage:  # fmt: skip
    """Orders that one's own people took, or that one person took or one account made, the latest first."""
    wanted = select(Order.id)
    if before:
        wanted = wanted.where(tuple_(Order.ordered_at, Order.id) < tuple_(*_mark_read(before)))
    order_by = (Order.ordered_at.desc(), Order.id.desc())
    if account_id is not None:
        last = wanted.where(Order.account_id == account_id)
    elif person_id is not None:
        last = wanted.where(Order.user_id == person_id)
    elif db.is_scoped(session):
        # Each person's latest by the index, then the latest of those: a team's orders are never sorted as a whole.
        person = select(func.unnest(text(_OWN_PEOPLE)).label("id")).subquery()
        each = wanted.where(Order.user_id == person.c.id).order_by(*order_by).limit(limit + 1).lateral()
        last = select(each.c.id).select_from(person).join(each, true())
    else:
        last = wanted
    if account_id is not None or person_id is not None or not db.is_scoped(session):
        last = last.order_by(*order_by).limit(limit + 1)
    rows = list(session.scalars(_orders().where(Order.id.in_(last)).order_by(*order_by).limit(limit + 1)))
    return OrderPage(rows[:limit], _mark(rows[limit - 1]) if len(rows) > limit else None)


def _mark(last: Order) -> str:
    return f"{last.ordered_at.isoformat()},{last.id}"


def _mark_read(mark: str) -> tuple[dt.datetime, int]:
    moment, _sign, last = mark.partition(",")
    try:
        found = dt.datetime.fromisoformat(moment)
        if found.tzinfo is None or not 0 < int(last) < 2**63:
            raise ValueError
        return found, int(last)
    except ValueError:
        raise Invalid("The page marker is not one that this list gave out.") from None


def orders_listing(
    account: uuid.UUID | None = None, user: uuid.UUID | None = None, status: str | None = None,
    since: dt.datetime | None = None, until: dt.datetime | None = None,
) -> Select[Order]:  # fmt: skip
    """Orders in the order in which they were written down, which never changes under a reader."""
    query = _orders()
    if account is not None:
        query = query.where(Order.account_id == select(Account.id).where(Account.uuid == account).scalar_subquery())
    if user is not None:
        query = query.where(Order.user_id == select(User.id).where(User.uuid == user).scalar_subquery())
    if status:
        query = query.where(Order.status == status)
    spans = [Order.ordered_at >= since] if since else []
    spans += [Order.ordered_at < until] if until else []
    return query.where(and_(true(), *spans)).order_by(Order.id)


def _orders() -> Select[Order]:
    return select(Order).options(
        joinedload(Order.account).load_only(Account.uuid, Account.name, Account.city, Account.timezone),
        joinedload(Order.user), selectinload(Order.lines).joinedload(OrderLine.product),
    )  # fmt: skip
