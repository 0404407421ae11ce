"""What changes the rep's own day: another order, one more stop, its end."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import driven_queries, edit_queries, edits, live_services, slot_desk
from gcrm.routing import queries as plans
from gcrm.routing.edits import Trial
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits import mileage_services
from gcrm.visits.models import MileageDay


def move(session: PrincipalSession, stop: Stop, places: int) -> Trial:
    """Move a stop so many places down what lies ahead, or up; over the ends it stays."""
    plan = edit_queries.plan_by_id(session, stop.day_plan_id)
    ahead = [each.uuid for each in plan.stops if each.status == "ahead"]
    if stop.uuid not in ahead:
        raise Conflict("This stop is over or begun; it stays where it is.")
    at = ahead.index(stop.uuid)
    ahead.insert(max(0, min(len(ahead) - 1, at + places)), ahead.pop(at))
    return edits.reorder(session, plan, ahead)


def reorder(session: PrincipalSession, plan: DayPlan, stops: list[uuid.UUID]) -> Trial:
    """Put what lies ahead into an order."""
    return edits.reorder(session, edit_queries.plan_by_id(session, plan.id), stops)


def add(session: PrincipalSession, plan: DayPlan, account: Account, insist: bool = False) -> None:
    """Take an account into the day where it costs least; who insists has the rest of the day planned anew round it."""
    if insist:
        live_services.replan_day(session, plan, live_services.Wanted("asked", urgent=account))
    else:
        slot_desk.take_along(session, plan, account)


def close_day(
    session: Session, rep: User, day: dt.date, *, odometer_start_km: float | None = None,
    odometer_end_km: float | None = None, private_km: float | None = None, note: str | None = None,
) -> MileageDay:  # fmt: skip
    """Write what was driven on a day: as planned, and by the odometer or the visits that were made."""
    plan = plans.published_plan(session, rep.id, day)
    made = driven_queries.visits_made(session, rep, day)
    return mileage_services.close_day(
        session, rep.id, day, visits=len({visit.account_id for visit in made}), planned_metres=plan.travel_metres if plan else None,
        stops_metres=driven_queries.driven_metres(session, rep, plan, made), odometer_start_km=odometer_start_km,
        odometer_end_km=odometer_end_km, private_km=private_km, note=note,
    )  # fmt: skip
