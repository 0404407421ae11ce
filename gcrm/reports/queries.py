"""Reads of the manager's page: sums by territory and person in one statement each, through the reader's own sight."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.reports.tally import Part, Tally
from gcrm.routing.models import DayPlan, Stop
from gcrm.territories.models import Territory
from gcrm.visits.models import Visit
from gcrm.visits.queries import of_own_people
from gcrm.visits.selection import is_overdue

SPAN = dt.timedelta(days=30)
"""Visits of so many days are counted, and compared with as many before."""


@dataclass(frozen=True)
class Today:
    """A rep's published day: stops made or skipped, and stops ahead."""

    settled: int
    ahead: int


def territories(session: Session) -> dict[int, Territory]:
    return {territory.id: territory for territory in session.scalars(select(Territory).order_by(Territory.name))}


def territory_by_uuid(found: dict[int, Territory], public: uuid.UUID) -> Territory:
    for territory in found.values():
        if territory.uuid == public:
            return territory
    raise NotFound("There is no such territory.")


def account_parts(session: Session, currency: str, territory_ids: Sequence[int] | None = None) -> list[Part[int]]:
    """Accounts in sight by territory and owner: their number, value, potential and what is overdue of them."""
    in_currency = Account.currency == currency
    value = func.coalesce(func.sum(Account.annual_value_minor).filter(in_currency), 0)
    query = select(
        Account.territory_id,
        Account.owner_id,
        func.count(),
        value,
        func.coalesce(func.sum(Account.potential_minor).filter(in_currency), 0),
        func.count().filter(is_overdue()),
        func.coalesce(func.sum(Account.annual_value_minor).filter(is_overdue(), in_currency), 0),
        func.count().filter(
            ~in_currency, func.coalesce(Account.annual_value_minor, Account.potential_minor).is_not(None)
        ),
    ).group_by(Account.territory_id, Account.owner_id)
    if territory_ids is not None:
        query = query.where(Account.territory_id.in_(territory_ids))
    return [Part(row[0], row[1], Tally(*(int(each or 0) for each in row[2:]))) for row in session.execute(query)]


def visit_parts(
    session: Session, now: dt.datetime, week_began: dt.datetime, territory_ids: Sequence[int] | None = None
) -> list[Part[int]]:
    """Visits made by one's people in the last 30 days and the 30 before, by the account's territory and who made them.

    An own visit to an account out of sight by now counts without a territory.
    """
    recent = Visit.finished_at >= now - SPAN
    query = (
        select(
            Account.territory_id,
            Visit.user_id,
            func.count().filter(recent),
            func.count().filter(~recent),
            func.count().filter(Visit.finished_at >= week_began),
        )
        .select_from(Visit)
        .join(Account, Account.id == Visit.account_id, isouter=territory_ids is None)
        .where(Visit.finished_at >= now - 2 * SPAN, Visit.finished_at <= now, of_own_people(session))
        .group_by(Account.territory_id, Visit.user_id)
    )
    if territory_ids is not None:
        query = query.where(Account.territory_id.in_(territory_ids))
    return [
        Part(row[0], row[1], Tally(visits=row[2], visits_before=row[3], visits_week=row[4]))
        for row in session.execute(query)
    ]


def people(session: Session, ids: Sequence[int]) -> dict[int, User]:
    return {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids)))}


def days_today(session: Session, today: dt.date) -> dict[int, Today]:
    """How far each rep in sight is on the day's published plan."""
    ahead = Stop.status.in_(("ahead", "arrived"))
    query = (
        select(DayPlan.rep_id, func.count(Stop.id).filter(~ahead), func.count(Stop.id).filter(ahead))
        .outerjoin(Stop, Stop.day_plan_id == DayPlan.id)
        .where(DayPlan.day == today, DayPlan.status == "published")
        .group_by(DayPlan.rep_id)
    )
    return {row[0]: Today(row[1], row[2]) for row in session.execute(query)}
