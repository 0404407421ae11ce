"""Reads of the positions that plans keep."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core.geo import lon_lat
from gcrm.core.held_places import Held
from gcrm.routing.models import DayPlan

MOST_SHOWN = 200
REPLANNED = _l("Planned anew from there")


def starts(session: Session, rep_id: int) -> list[Held]:
    """From where a rep had days planned anew, unless that is a stop's own place or where the day begins."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep_id, DayPlan.cause.is_not(None), DayPlan.problem.is_not(None))
        .options(undefer(DayPlan.problem), selectinload(DayPlan.stops), selectinload(DayPlan.rep))
        .order_by(DayPlan.id.desc())
        .limit(MOST_SHOWN)
    )
    found = [_held(plan) for plan in session.scalars(query)]
    return [one for one in found if one is not None]


def _held(plan: DayPlan) -> Held | None:
    assert plan.problem is not None
    shift = plan.problem["shifts"][0] if plan.problem["shifts"] else {}
    number = shift.get("from")
    if not isinstance(number, int) or plan.published_at is None:
        return None
    place = plan.problem["places"][number]
    point = (place["lon"], place["lat"])
    if point in [plan.begin, *(lon_lat(stop.location) for stop in plan.stops)]:
        return None
    return Held(REPLANNED, None, plan.published_at, *point, None, None, plan.start_faded_at)
