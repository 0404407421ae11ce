"""Products, their prices by day, orders and their lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, Instant, Money, PublicId, SmallKey, Versioned, one_of
from gcrm.customers.models import Account
from gcrm.people.models import User

ORDER_STATUSES = ("placed", "cancelled")


class Product(Versioned, Model):
    """Something that the company sells."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("btrim(code) <> ''", name="code"),
        CheckConstraint("btrim(name) <> ''", name="name"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit: Mapped[str | None]
    """What one of it is: a box, a kilogram."""
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)


class Price(Model):
    """What a product costs from a day on, until a later price of the same currency."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price"),
        UniqueConstraint("product_id", "currency", "valid_from"),
    )

    id: Mapped[SmallKey]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    currency: Mapped[str]
    valid_from: Mapped[dt.date]
    price_minor: Mapped[Money]


class Order(Versioned, Model):
    """What a customer ordered at once."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(one_of("status", ORDER_STATUSES), name="status"),
        CheckConstraint("total_minor >= 0", name="total"),
        Index("ix_orders_account_at", "account_id", text("ordered_at DESC")),
        Index("ix_orders_user_at", "user_id", text("ordered_at DESC")),
        Index("ix_orders_at", text("ordered_at DESC"), text("id DESC")),
        Index("ix_orders_visit", "visit_uuid", postgresql_where=text("visit_uuid IS NOT NULL")),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    visit_uuid: Mapped[UUID | None] = mapped_column(postgresql.UUID(as_uuid=True))
    """The visit at which it was taken; visits stand above orders, so this is no foreign key."""
    status: Mapped[str] = mapped_column(server_default="placed", default="placed")
    currency: Mapped[str]
    ordered_at: Mapped[Instant]
    price_day: Mapped[dt.date]
    """The day whose price list was shown to the customer."""
    total_minor: Mapped[Money]
    note: Mapped[str | None]

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.position")


class OrderLine(Model):
    """A product of an order, as it was named and priced then."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price_minor >= 0", name="price"),
        UniqueConstraint("order_id", "position"),
        Index("ix_order_lines_product", "product_id"),
    )

    id: Mapped[BigKey]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str]
    unit: Mapped[str | None]
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    price_minor: Mapped[Money]
    """Of one, as it was shown to the customer."""
    list_price_minor: Mapped[Money | None]
    """What our list of the price day says; none where it has no price."""
    total_minor: Mapped[Money]

    product: Mapped[Product] = relationship()
