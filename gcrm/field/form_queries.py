"""What the form of a visit offers: kinds of visits and their questions, and what one may have talked about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.orders import queries as orders
from gcrm.orders.queries import Priced
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
