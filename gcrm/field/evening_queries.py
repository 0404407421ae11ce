"""Reads for the end of a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.people.models import User
from gcrm.routing import driven_queries
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits import mileage_queries
from gcrm.visits.models import MileageDay, Visit

LATEST_DAYS = 14
"""So long after it a day can be closed."""
NEXT_DAYS = 7


@dataclass(frozen=True)
class Evening:
    """A day at its end."""

    day: dt.date
    plan: DayPlan | None
    done: list[Stop]
    missed: list[Stop]
    """Skipped, or still ahead."""
    unplanned: list[Visit]
    """Visits that stood on no plan."""
    driven_metres: int
    """By the visits that were made."""
    mileage: MileageDay | None
    """What was told already."""
    odometer_km: float | None
    """Where the odometer stood last."""
    next_plan: DayPlan | None
    """The next day's plan that is published."""


def evening(session: Session, rep: User, day: dt.date) -> Evening:
    plan = plans.published_plan(session, rep.id, day)
    stops = list(plan.stops) if plan is not None else []
    made = driven_queries.visits_made(session, rep, day)
    planned = {stop.account_id for stop in stops}
    ahead = plans.published_plans(session, rep.id, day + dt.timedelta(days=1), day + dt.timedelta(days=NEXT_DAYS))
    return Evening(
        day, plan, [stop for stop in stops if stop.status in ("done", "arrived")],
        [stop for stop in stops if stop.status in ("skipped", "ahead")],
        [visit for visit in made if visit.account_id not in planned],
        driven_queries.driven_metres(session, rep, plan, made), mileage_queries.day_of(session, rep.id, day),
        mileage_queries.last_odometer(session, rep.id, day), next((each for each in ahead if each.stops), None),
    )  # fmt: skip
