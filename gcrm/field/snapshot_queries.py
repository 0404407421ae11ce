"""Reads for the day that a phone stores, all at once for all of its stops."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.people.models import User
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan

DAYS_AHEAD = 10
"""Days that are searched for plans."""


def version_of(session: Session, rep: User) -> str:
    """Changes whenever the stored day does."""
    today = clock.today(plans.zone_of(session, rep))
    query = select(func.max(DayPlan.id)).where(
        DayPlan.rep_id == rep.id, DayPlan.day.between(today, today + dt.timedelta(days=DAYS_AHEAD))
    )
    return f"{today}-{session.scalar(query)}"
