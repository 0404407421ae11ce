"""The price list, and what was ordered at the visits that ended with an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from gcrm.demo import seeds
from gcrm.demo.company import Company
from gcrm.demo.country import Profile
from gcrm.demo.rows import OrderLineRow, OrderRow, PriceRow, ProductRow, VisitRow

USUAL_PRICE = 24.0
"""Median in dollars."""
RAISED = 1.04
RAISED_AFTER_DAYS = 190
FIRST_CODE = 1001
LINES = ((1, 40), (2, 35), (3, 18), (4, 7))
QUANTITIES = ((1, 20), (2, 25), (3, 10), (4, 15), (5, 10), (6, 8), (10, 8), (12, 4))


def make_products(company: Company) -> list[ProductRow]:
    """Everything that is sold to any trade, by name."""
    words = company.country.profile.words
    source = seeds.stream(company.seed, "products")
    names = sorted({name for names in words.products.values() for name in names})
    at = company.calendar.some_moment(company.calendar.first, source)
    return [
        ProductRow(
            seeds.identifier(source),
            f"P-{FIRST_CODE + number}",
            name[:1].upper() + name[1:],
            source.choice(words.units),
            at,
            at,
        )
        for number, name in enumerate(names)
    ]


def make_prices(company: Company, products: Sequence[ProductRow]) -> list[PriceRow]:
    """A price for each since before the year began, and a higher one since summer."""
    profile, calendar = company.country.profile, company.calendar
    raised_on = (calendar.first + dt.timedelta(days=RAISED_AFTER_DAYS)).replace(day=1)
    found = []
    for product in products:
        source = seeds.stream(company.seed, "price", product.code)
        dollars = USUAL_PRICE * source.lognormvariate(0, 0.6)
        for day, factor in ((calendar.first.replace(day=1), 1.0), (raised_on, RAISED)):
            found.append(PriceRow(product.uuid, profile.currency, day, _rounded(dollars * factor, profile)))
    return found


def _rounded(dollars: float, profile: Profile) -> int:
    """Minor units, a hundred times finer than the worth of a whole account is told."""
    step = max(1, profile.rounding_minor // 100)
    return max(1, round(dollars * profile.minor_per_dollar / step)) * step


def make_orders(
    company: Company, visits: Sequence[VisitRow], products: Sequence[ProductRow], prices: Sequence[PriceRow]
) -> tuple[list[OrderRow], list[OrderLineRow]]:
    """An order for each visit that ended with one, of what the trade buys, at the prices of its day."""
    words = company.country.profile.words
    by_name = {product.name.casefold(): product for product in products}
    trades = {business.row.uuid: words.products[business.industry.key] for business in company.businesses}
    orders: list[OrderRow] = []
    lines: list[OrderLineRow] = []
    for visit in visits:
        if visit.outcome != "order" or visit.finished_at is None:
            continue
        source = seeds.stream(company.seed, "order at", visit.uuid)
        day = visit.finished_at.date()
        listed = _prices_on(prices, day)
        made = OrderRow(
            seeds.identifier(source), visit.account, visit.person, visit.uuid, company.country.profile.currency, visit.finished_at, day, 0,
            visit.finished_at, visit.finished_at,
        )  # fmt: skip
        names = trades[visit.account]
        for name in source.sample(names, k=min(len(names), seeds.weighted(source, LINES))):
            product = by_name[name.casefold()]
            quantity, price = seeds.weighted(source, QUANTITIES), listed[product.uuid]
            lines.append(
                OrderLineRow(
                    made.uuid, len(lines), product.uuid, product.name, product.unit, quantity, price, quantity * price
                )
            )
            made.total_minor += quantity * price
        orders.append(made)
    return orders, lines


def _prices_on(prices: Sequence[PriceRow], day: dt.date) -> dict[UUID, int]:
    """By product; later prices stand behind earlier ones, so the latest that holds wins."""
    first = {price.product: price.price_minor for price in reversed(prices)}
    return first | {price.product: price.price_minor for price in prices if price.valid_from <= day}
