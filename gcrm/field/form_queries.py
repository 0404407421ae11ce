"""What the form of a visit offers: types and questions, whom one may have met, what one may have talked about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.customers import queries as customers
from gcrm.customers.models import Account, Contact
from gcrm.orders import queries as orders
from gcrm.orders.queries import Priced
from gcrm.visits import question_queries
from gcrm.visits.models import VisitQuestion, VisitType


@dataclass(frozen=True)
class Shared:
    """What is the same for the visits to all accounts of a currency."""

    types: list[VisitType]
    questions: list[VisitQuestion]
    products: list[Priced]
    today: dt.date

    def of_type(self, visit_type: VisitType | None) -> list[VisitQuestion]:
        """The questions of a type; without one, those of every visit."""
        return [each for each in self.questions if each.visit_type_id == (visit_type.id if visit_type else None)]

    def days(self) -> list[tuple[dt.date, int]]:
        """Days that something is usually put to, with how many days ahead they are."""
        return [(self.today + dt.timedelta(days=ahead), ahead) for ahead in (1, 7, 14, 30)]


@dataclass(frozen=True)
class VisitForm:
    """What the form of one visit offers."""

    shared: Shared
    contacts: list[Contact]


def shared(session: Session, currency: str, today: dt.date) -> Shared:
    return Shared(
        question_queries.visit_types(session), question_queries.questions(session),
        orders.price_list(session, today, currency), today,
    )  # fmt: skip


def visit_form(session: Session, account: Account | None, common: Shared) -> VisitForm:
    """Nobody can be named where the account is out of sight by now."""
    return VisitForm(common, customers.contacts_of(session, account) if account is not None else [])
