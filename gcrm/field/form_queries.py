"""What the form of a visit offers: kinds of visits and their questions, and what one may have talked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.core import clock, money
from gcrm.customers.models import Account
from gcrm.orders import queries as orders
from gcrm.orders.queries import Priced
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import queries as plans
from gcrm.visits import question_queries
from gcrm.visits.models import VisitQuestion, VisitType

MOST_PRODUCTS = 200
"""To choose from as talked about; an order has all."""


@dataclass(frozen=True)
class VisitForm:
    """What the form of a visit offers; the same for the visits to all accounts of a currency."""

    types: list[VisitType]
    questions: list[VisitQuestion]
    products: list[Priced]

    def of_type(self, visit_type: VisitType | None) -> list[VisitQuestion]:
        """The questions of a type; without one, those of every visit."""
        return [each for each in self.questions if each.visit_type_id == (visit_type.id if visit_type else None)]

    @property
    def type_choices(self) -> list[tuple[str, str]]:
        return [(str(each.uuid), each.name) for each in self.types]

    @property
    def product_choices(self) -> list[tuple[str, str]]:
        return [(str(each.id), each.name) for each in self.products[:MOST_PRODUCTS]]


def visit_form(session: Session, currency: str, today: dt.date) -> VisitForm:
    return VisitForm(
        question_queries.visit_types(session), question_queries.questions(session),
        orders.price_list(session, today, currency),
    )  # fmt: skip


# -- for the stored day ------------------------------------------------------------------------------------------------


def price_lists(session: Session, rep: User, _days: Collection[dt.date]) -> list[dict[str, Any]]:
    """Today's price list, in the organisation's currency and in those of the rep's own accounts."""
    today = clock.today(plans.zone_of(session, rep))
    used = select(Account.currency).where(Account.owner_id == rep.id, Account.currency.is_not(None)).distinct()
    currencies = {people.the_organisation(session).currency, *session.scalars(used)}
    return [
        {
            "id": str(each.id), "code": each.code, "name": each.name, "unit": each.unit, "price_minor": each.price_minor,
            "currency": each.currency, "digits": money.digits(each.currency), "price_day": today.isoformat(),
        }
        for currency in sorted(currencies)
        for each in orders.price_list(session, today, currency)
    ]  # fmt: skip


def questions(session: Session, _rep: User, _days: Collection[dt.date]) -> list[dict[str, Any]]:
    """What is asked, with the kind of visit that asks it."""
    return [
        {
            "id": str(each.uuid), "label": each.label, "kind": each.kind, "choices": each.choices, "is_required": each.is_required,
            "visit_type": str(each.visit_type.uuid) if each.visit_type else None,
            "visit_type_name": each.visit_type.name if each.visit_type else None,
        }
        for each in question_queries.questions(session)
    ]  # fmt: skip
