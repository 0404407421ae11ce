"""Products and orders over HTTP."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import marshmallow as ma
from flask import g, url_for
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, money, web
from gcrm.core.errors import Invalid
from gcrm.customers import queries as customers
from gcrm.orders import basket, queries, services
from gcrm.orders.basket import Wish
from gcrm.orders.models import ORDER_STATUSES, Order, OrderLine, Price, Product
from gcrm.people import access
from gcrm.people import queries as people

products = Blueprint(
    "products", __name__, url_prefix=f"{api.PREFIX}/products", description="What is sold, with its prices by day."
)
orders = Blueprint("orders_api", __name__, url_prefix=f"{api.PREFIX}/orders", description="What customers ordered.")
BLUEPRINTS = (products, orders)


def _own_id() -> ma.fields.UUID:
    return ma.fields.UUID(metadata={"description": "A UUID of the sender's own, so that sending twice makes one."})


class PriceItem(ma.Schema):
    price = ma.fields.String(required=True, metadata={"description": "A plain decimal text such as “12.50”."})
    currency = ma.fields.String(required=True, metadata={"description": "ISO 4217."})
    valid_from = ma.fields.Date(required=True)


class ProductFields(api.Writable):
    READ_ONLY = frozenset("id prices created_at updated_at version".split())

    code = ma.fields.String()
    name = ma.fields.String()
    unit = ma.fields.String(allow_none=True)
    is_active = ma.fields.Boolean(metadata={"description": "Whether it is sold."})


class NewProduct(ProductFields):
    READ_ONLY = ProductFields.READ_ONLY - {"id"}

    id = _own_id()
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class ProductItem(ProductFields):
    id = ma.fields.UUID()
    prices = ma.fields.List(
        ma.fields.Nested(PriceItem), metadata={"description": "What it costs today, in each currency that it has."}
    )
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


class ProductList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(ProductItem))
    next = ma.fields.String(allow_none=True)


class ProductQuery(api.Page):
    q = ma.fields.String(metadata={"description": "Words of the name or the code."})
    is_active = ma.fields.Boolean()


class OrderLineItem(api.Writable):
    READ_ONLY = frozenset("code unit list_price total".split())

    product = ma.fields.UUID(required=True)
    name = ma.fields.String(metadata={"description": "As it was called when it was ordered."})
    quantity = ma.fields.String(required=True, metadata={"description": "A plain number with up to three decimals."})
    price = ma.fields.String(metadata={"description": "Of one; what the price list says when left out."})


class OrderLineRead(OrderLineItem):
    code = ma.fields.String()
    unit = ma.fields.String(allow_none=True)
    list_price = ma.fields.String(
        allow_none=True, metadata={"description": "What the price list of the price day says."}
    )
    total = ma.fields.String()


class NewOrder(api.Writable):
    READ_ONLY = frozenset("account_name user status total created_at updated_at version".split())

    id = _own_id()
    account = ma.fields.UUID(required=True)
    visit = ma.fields.UUID(allow_none=True, metadata={"description": "The visit at which it was taken."})
    currency = ma.fields.String(metadata={"description": "ISO 4217; the account's when left out."})
    ordered_at = ma.fields.AwareDateTime(allow_none=True)
    price_day = ma.fields.Date(
        allow_none=True, metadata={"description": "The day whose price list was shown; today's when left out."}
    )
    note = ma.fields.String(allow_none=True)
    lines = ma.fields.List(ma.fields.Nested(OrderLineItem), required=True)


class OrderItem(NewOrder):
    account = ma.fields.UUID(allow_none=True)
    account_name = ma.fields.String(allow_none=True)
    user = ma.fields.Email()
    status = ma.fields.String(metadata={"description": f"One of {', '.join(ORDER_STATUSES)}."})
    total = ma.fields.String()
    lines = ma.fields.List(ma.fields.Nested(OrderLineRead))
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


class OrderList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(OrderItem))
    next = ma.fields.String(allow_none=True)


class OrderQuery(api.Page):
    account = ma.fields.UUID()
    user = ma.fields.UUID(metadata={"description": "A person's id."})
    status = ma.fields.String(validate=ma.validate.OneOf(ORDER_STATUSES))
    since = ma.fields.AwareDateTime()
    until = ma.fields.AwareDateTime()


class OrderChange(api.Writable):
    READ_ONLY = frozenset(
        "id account account_name user visit currency ordered_at price_day note total lines created_at updated_at version".split()
    )

    status = ma.fields.String(required=True, validate=ma.validate.OneOf(ORDER_STATUSES))


@products.route("")
class Products(MethodView):
    @products.arguments(ProductQuery, location="query")
    @products.alt_response(200, schema=ProductList)
    def get(self, words: dict[str, Any]) -> Any:
        """Products by their names, a page at a time."""
        session = web.session()
        rows, following = api.keyset(queries.products_found(words.get("q"), words.get("is_active")), words)
        prices = queries.current_prices(session, rows, people.today(session))
        return api.page_answer([product_item(row, prices.get(row.id, [])) for row in rows], following)

    @products.arguments(NewProduct)
    @products.alt_response(201, schema=ProductItem)
    @access.may("edit_products")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Add a product. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_product(session, given["id"]) if "id" in given else None
        if known is not None:
            return _product_answer(known)
        fields = {"uuid": given.pop("id", None) or uuid.uuid4(), **given}
        return _product_answer(services.save_product(session, **fields), 201)


@products.route("/<uuid:public_id>")
class OneProduct(MethodView):
    @products.alt_response(200, schema=ProductItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One product."""
        return _product_answer(queries.product(web.session(), public_id))

    @products.arguments(ProductFields)
    @products.alt_response(200, schema=ProductItem)
    @access.may("edit_products")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Change the fields that are sent. Needs If-Match."""
        session = web.session()
        found = queries.product(session, public_id, lock=True)
        api.must_match(found.version, product_item(found, queries.prices_of(session, found)))
        services.save_product(session, found, **given)
        return _product_answer(found)


@products.route("/<uuid:public_id>/prices")
class ProductPrices(MethodView):
    @products.alt_response(200, schema=PriceItem(many=True))
    def get(self, public_id: uuid.UUID) -> Any:
        """A product's prices, the latest first."""
        session = web.session()
        found = queries.prices_of(session, queries.product(session, public_id))
        return api.answer([_price(each) for each in found])

    @products.arguments(PriceItem)
    @products.alt_response(201, schema=ProductItem)
    @access.may("edit_products")
    @api.idempotent
    def post(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Say what it costs from a day on; the same day again is corrected."""
        session = web.session()
        found = queries.product(session, public_id)
        minor = money.to_minor(given["price"], _currency(given["currency"]))
        services.set_price(session, found, minor, given["currency"], given["valid_from"])
        return _product_answer(found, 201)


@orders.route("")
class Orders(MethodView):
    @orders.arguments(OrderQuery, location="query")
    @orders.alt_response(200, schema=OrderList)
    def get(self, words: dict[str, Any]) -> Any:
        """Orders as they were written down, a page at a time."""
        page = {"limit": words.pop("limit"), "after": words.pop("after")}
        rows, following = api.keyset(queries.orders_listing(**words), page)
        return api.page_answer([order_item(row) for row in rows], following)

    @orders.arguments(NewOrder)
    @orders.alt_response(201, schema=OrderItem)
    @access.may("place_orders")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Take an order. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_order(session, given["id"]) if "id" in given else None
        if known is not None:
            return _order_answer(known)
        account = customers.account_by_uuid(session, given["account"])
        currency = _currency(given.get("currency") or account.currency)
        placed = services.place_order(
            session, account_id=account.id, user_id=g.principal.id, currency=currency,
            wishes=[_wish(line, currency) for line in given["lines"]], price_day=given.get("price_day"),
            at=given.get("ordered_at"), visit=given.get("visit"), note=given.get("note"), public_id=given.get("id"),
        )  # fmt: skip
        return _order_answer(queries.order(session, placed.order.uuid), 201)


@orders.route("/<uuid:public_id>")
class OneOrder(MethodView):
    @orders.alt_response(200, schema=OrderItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One order."""
        return _order_answer(queries.order(web.session(), public_id))

    @orders.arguments(OrderChange)
    @orders.alt_response(200, schema=OrderItem)
    @access.may("place_orders")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Cancel an order, or let it stand again. Needs If-Match."""
        session = web.session()
        found = queries.order(session, public_id, lock=True)
        api.must_match(found.version, order_item(found))
        if given["status"] != found.status:
            write = services.cancel_order if given["status"] == "cancelled" else services.restore_order
            write(session, found, g.principal.id)
        return _order_answer(found)


def _currency(code: str) -> str:
    if not money.is_currency(code):
        raise Invalid(f"“{code}” is no currency such as USD.")
    return code


def _wish(line: dict[str, Any], currency: str) -> Wish:
    price = money.to_minor(line["price"], currency) if "price" in line else None
    return Wish(
        line["product"], basket.quantity(line["quantity"]), None if price is None else basket.price(price),
        line.get("name"),
    )  # fmt: skip


def _product_answer(product: Product, status: int = 200) -> Any:
    session = web.session()
    prices = queries.current_prices(session, [product], people.today(session))
    body = product_item(product, prices.get(product.id, []))
    location = url_for("products.OneProduct", public_id=product.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(product.version, body), location=location)


def _order_answer(order: Order, status: int = 200) -> Any:
    body = order_item(order)
    location = url_for("orders_api.OneOrder", public_id=order.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(order.version, body), location=location)


def _iso(value: dt.datetime | dt.date) -> str:
    return value.isoformat()


def _price(price: Price) -> dict[str, Any]:
    return {
        "price": money.to_decimal(price.price_minor, price.currency), "currency": price.currency,
        "valid_from": _iso(price.valid_from),
    }  # fmt: skip


def product_item(product: Product, prices: list[Price]) -> dict[str, Any]:
    """A product as other programs read it."""
    return {
        "id": str(product.uuid), "code": product.code, "name": product.name, "unit": product.unit,
        "is_active": product.is_active, "prices": [_price(each) for each in prices],
        "created_at": _iso(product.created_at), "updated_at": _iso(product.updated_at), "version": product.version,
    }  # fmt: skip


def order_item(order: Order) -> dict[str, Any]:
    """An order as other programs read it."""
    return {
        "id": str(order.uuid), "account": str(order.account.uuid) if order.account else None,
        "account_name": order.account.name if order.account else None, "user": order.user.email,
        "visit": str(order.visit_uuid) if order.visit_uuid else None, "status": order.status,
        "currency": order.currency, "ordered_at": _iso(order.ordered_at), "price_day": _iso(order.price_day),
        "total": money.to_decimal(order.total_minor, order.currency), "note": order.note,
        "lines": [_line(line, order.currency) for line in order.lines],
        "created_at": _iso(order.created_at), "updated_at": _iso(order.updated_at), "version": order.version,
    }  # fmt: skip


def _line(line: OrderLine, currency: str) -> dict[str, Any]:
    return {
        "product": str(line.product.uuid), "code": line.product.code, "name": line.name, "unit": line.unit,
        "quantity": basket.shown(line.quantity), "price": money.to_decimal(line.price_minor, currency),
        "list_price": money.to_decimal(line.list_price_minor, currency),
        "total": money.to_decimal(line.total_minor, currency),
    }  # fmt: skip
