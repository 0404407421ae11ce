"""The whole story from a seed: the company and its year."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gcrm.demo import appointments, conversations, history, ordering, sales, timeline
from gcrm.demo.calendar import make_calendar
from gcrm.demo.company import Company, make_company
from gcrm.demo.country import Country
from gcrm.demo.rows import (
    ActivityRow,
    OpportunityRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    StageRow,
    TaskRow,
    TouchRow,
    VisitRow,
)

Say = Callable[[str], None]


@dataclass
class Story:
    """Every row that is written."""

    company: Company
    stages: list[StageRow]
    visits: list[VisitRow]
    activities: list[ActivityRow]
    tasks: list[TaskRow]
    opportunities: list[OpportunityRow]
    products: list[ProductRow]
    prices: list[PriceRow]
    orders: list[OrderRow]
    order_lines: list[OrderLineRow]
    touches: list[TouchRow]

    def tables(self) -> dict[str, list[Any]]:
        """Rows by table, each after those that it names."""
        company = self.company
        return {
            "teams": company.staff.teams,
            "users": company.staff.people,
            "territories": company.staff.territories,
            "accounts": [business.row for business in company.businesses],
            "contacts": [contact for business in company.businesses for contact in business.contacts],
            "account_shares": company.shares,
            "stages": self.stages,
            "opportunities": self.opportunities,
            "visits": self.visits,
            "activities": self.activities,
            "tasks": self.tasks,
            "products": self.products,
            "prices": self.prices,
            "orders": self.orders,
            "order_lines": self.order_lines,
            "touches": self.touches,
        }

    def digest(self) -> str:
        """A hash of every row: equal for the same seed, ground and day."""
        found = hashlib.sha256()
        for name, rows in self.tables().items():
            found.update(name.encode())
            for row in rows:
                found.update(json.dumps(dataclasses.asdict(row), default=str, ensure_ascii=False).encode())
        return found.hexdigest()


def _quietly(_what: str) -> None:
    """Says nothing."""


def make_story(country: Country, accounts: int, reps: int, seed: int, today: dt.date, say: Say = _quietly) -> Story:
    """Make everything up, in the order in which it depends on each other; `say` hears what is being done."""
    profile = country.profile
    say("Founding the company")
    calendar = make_calendar(today, profile.timezone, profile.code, profile.holidays_of)
    company = make_company(country, calendar, accounts, reps, seed)
    say("Driving a year of visits")
    visits = history.make_visits(company)
    say("Calling and writing")
    activities = conversations.make_activities(company)
    tasks = conversations.make_tasks(company, visits)
    say("Selling")
    opportunities = sales.make_opportunities(company)
    products = ordering.make_products(company)
    prices = ordering.make_prices(company, products)
    orders, lines = ordering.make_orders(company, visits, products, prices)
    visits += appointments.make_appointments(company)
    touches = timeline.make_touches(visits, activities, tasks, opportunities, (orders, lines), profile.words)
    return Story(
        company, sales.make_stages(profile.words, seed), visits, activities, tasks, opportunities, products, prices, orders,
        lines, touches,
    )  # fmt: skip
