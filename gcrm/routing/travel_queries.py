"""Reads about travel times: factors of the hours, drives between check-ins, drives of a plan that are not drawn yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing.models import DayPlan, TravelFactor
from gcrm.routing.travel_factors import Factor, Hour
from gcrm.visits.models import Visit

MOST_VISITS = 40_000
"""The newest ones are learned from."""
NEAR_METRES = 500
"""A check-in farther from the account says nothing about the drive."""
Point = tuple[float, float]


def factors(session: Session, source: str) -> dict[Hour, Factor]:
    """The factors learned against a source's times."""
    rows = session.scalars(select(TravelFactor).where(TravelFactor.source == source))
    return {(row.weekday, row.hour): Factor(row.factor, row.trips) for row in rows}


@dataclass(frozen=True)
class CheckIn:
    """A visit that was made: when the rep came and went, on the rep's clock, and where the account is."""

    arrived: dt.datetime
    left: dt.datetime
    at: Point


def days_of_check_ins(session: Session, since: dt.datetime) -> Iterator[list[CheckIn]]:
    """The visits of each rep and day since a moment, in the order they were made, where there were two or more."""
    query = (
        select(
            Visit.user_id, func.coalesce(User.timezone, people.the_organisation(session).timezone).label("zone"),
            Visit.arrived_at, Visit.finished_at, Account.location,
        )
        .join(Account, Account.id == Visit.account_id)
        .join(User, User.id == Visit.user_id)
        .where(Visit.finished_at >= since, Visit.arrived_at.is_not(None), Account.location.is_not(None))
        .where(or_(Visit.distance_metres.is_(None), Visit.distance_metres <= NEAR_METRES))
        .order_by(Visit.finished_at.desc())
        .limit(MOST_VISITS)
    )  # fmt: skip
    made = [(row.user_id, _check_in(row)) for row in session.execute(query)]
    made.sort(key=lambda each: (each[0], each[1].arrived))
    for _, group in groupby(made, key=lambda each: (each[0], each[1].arrived.date())):
        day = [check_in for _, check_in in group]
        if len(day) > 1:
            yield day


def _check_in(row: Any) -> CheckIn:
    zone = ZoneInfo(row.zone)
    lon, lat = lon_lat(row.location)
    return CheckIn(row.arrived_at.astimezone(zone), row.finished_at.astimezone(zone), (lon, lat))


def plan_to_draw(session: Session, plan_id: int) -> DayPlan | None:
    """A plan with its stops and its rep's home."""
    query = select(DayPlan).where(DayPlan.id == plan_id).options(selectinload(DayPlan.stops), selectinload(DayPlan.rep))
    return session.scalar(query)


def points_of(plan: DayPlan) -> list[Point]:
    """The places of a plan in order, where it begins and ends too where that is known, as (lon, lat)."""
    ends = [[] if point is None else [point] for point in (plan.begin, plan.end)]
    return [*ends[0], *(lon_lat(stop.location) for stop in plan.stops), *ends[1]]


def drives_of(plan: DayPlan) -> list[dict[str, Any] | None]:
    """What is drawn of each drive between the points of `points_of`; None where nothing is, or for other ends."""
    points = points_of(plan)
    drawn: Sequence[dict[str, Any] | None] = [stop.drawn for stop in plan.stops]
    kept = [*(drawn if plan.begin is not None else drawn[1:]), *([plan.drawn_return] if plan.end is not None else [])]
    pairs = zip(points[:-1], points[1:], kept, strict=True) if len(points) > 1 else ()
    return [one if one and one["from"] == list(a) and one["to"] == list(b) else None for a, b, one in pairs]


def line_of(plan: DayPlan) -> list[list[float]]:
    """The plan's way as coordinates: along roads where they are drawn, straight elsewhere."""
    import polyline

    points = points_of(plan)
    line = [list(point) for point in points[:1]]
    for end, drawn in zip(points[1:], drives_of(plan), strict=True):
        line += [[lon, lat] for lat, lon in polyline.decode(drawn["line"])] if drawn else []
        line.append(list(end))
    return line
