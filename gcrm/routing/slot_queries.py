"""Reads for the slot desk: when those are open who stand on a day, and who lies around them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.customers.models import Account
from gcrm.routing.models import DayPlan, Stop

MOST_AROUND = 5000


def opening_hours(session: Session, account_ids: Sequence[int]) -> dict[int, str]:
    """The opening hours of those accounts that have some."""
    rows = session.execute(
        select(Account.id, Account.opening_hours).where(Account.id.in_(account_ids), Account.opening_hours.is_not(None))
    )
    return {row.id: row.opening_hours for row in rows}


def accounts_around(
    session: Session, plan: DayPlan, bbox: tuple[float, float, float, float], today: dt.date
) -> Sequence[Account]:
    """The rep's own accounts in a box that are neither in the plan nor on a published plan of a day ahead."""
    taken = (
        select(Stop.account_id)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day >= today, DayPlan.status == "published")
    )
    query = select(Account).where(
        Account.owner_id == plan.rep_id,
        Account.status != "former",
        Account.location.op("&&")(func.ST_MakeEnvelope(*bbox, 4326)),
        Account.id.not_in(taken),
        Account.id.not_in([stop.account_id for stop in plan.stops]),
    )
    return session.scalars(query.limit(MOST_AROUND)).all()
