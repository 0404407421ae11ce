"""What the map shows of routing: the plans of a day, each rep's stops and the way between them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from gcrm.core.formats import clock_time
from gcrm.core.geo import lon_lat
from gcrm.core.map_layers import LayerWords
from gcrm.people.models import User
from gcrm.routing import travel_queries
from gcrm.routing.models import DayPlan

MOST_PLANS = 200
"""So many lines can still be told apart; a team has fewer."""
SHOWN = ("ready", "published")


def _newest(day: dt.date) -> Any:
    """The plan that a rep works by, or else the newest that could be."""
    return (
        select(DayPlan.id)
        .where(DayPlan.day == day, DayPlan.status.in_(SHOWN))
        .ext(distinct_on(DayPlan.rep_id))
        .order_by(DayPlan.rep_id, DayPlan.status != "published", DayPlan.id.desc())
    )


def plans_of_day(session: Session, words: LayerWords) -> dict[str, Any]:
    """Each rep's stops and way as GeoJSON, and who they are; `place` is a rep's place among them."""
    newest = _newest(words.day).subquery()
    total = session.scalar(select(func.count()).select_from(newest)) or 0
    query = (
        select(DayPlan)
        .join(User, User.id == DayPlan.rep_id)
        .where(DayPlan.id.in_(select(newest.c.id)))
        .options(selectinload(DayPlan.rep), selectinload(DayPlan.stops))
        .order_by(User.name, DayPlan.rep_id)
        .limit(MOST_PLANS)
    )
    plans = list(session.scalars(query))
    return {
        "type": "FeatureCollection",
        "total": total,
        "groups": [_group(plan) for plan in plans],
        "features": [feature for place, plan in enumerate(plans) for feature in _features(plan, place)],
    }


def _group(plan: DayPlan) -> dict[str, Any]:
    return {"label": plan.rep.name, "count": len(plan.stops), "href": url_for("routing.show", plan_id=plan.uuid)}


def _features(plan: DayPlan, place: int) -> list[dict[str, Any]]:
    about = {"place": place, "rep": plan.rep.name, "url": url_for("routing.show", plan_id=plan.uuid)}
    stops = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": list(lon_lat(stop.location))},
            "properties": about | {"number": number, "name": stop.account_name, "at": clock_time(stop.start_at)},
        }
        for number, stop in enumerate(plan.stops, start=1)
    ]
    line = travel_queries.line_of(plan)
    if len(line) < 2:
        return stops
    way = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": line}, "properties": about}
    return [way, *stops]
