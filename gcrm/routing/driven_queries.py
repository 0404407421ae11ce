"""How far a rep drove by the visits that were made: no trail, only the places of the accounts."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.geo import lon_lat, metres_between
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import queries, services
from gcrm.routing.models import DayPlan
from gcrm.routing.nights import Point
from gcrm.routing.problem import Place
from gcrm.visits.models import Visit

ROADS_OVER_LINE = 1.3
"""Where nothing knows the metres of the road."""


def visits_made(session: Session, rep: User, day: dt.date) -> list[Visit]:
    """The visits that a rep began on a day, in their order."""
    zone = queries.zone_of(session, rep)
    begin, end = clock.at(day, dt.time(), zone), clock.at(day + dt.timedelta(days=1), dt.time(), zone)
    query = select(Visit).where(
        Visit.user_id == rep.id,
        Visit.arrived_at >= begin,
        Visit.arrived_at < end,
        Visit.status.in_(("arrived", "done")),
    )
    return list(session.scalars(query.order_by(Visit.arrived_at, Visit.id)))


def driven_metres(session: Session, rep: User, plan: DayPlan | None, made: list[Visit]) -> int:
    """From where the day began along the accounts that were visited to where it ended."""
    ids = [visit.account_id for visit in made]
    rows = session.execute(
        select(Account.id, Account.location).where(Account.id.in_(ids), Account.location.is_not(None))
    )
    at: dict[int, Point] = {row.id: lon_lat(row.location) for row in rows}
    if plan is not None:
        at = {stop.account_id: lon_lat(stop.location) for stop in plan.stops if stop.account_id in ids} | at
    stops = [at[account_id] for account_id in ids if account_id in at]
    if not stops:
        return 0
    home = lon_lat(rep.home) if rep.home is not None else None
    ends = (plan.begin, plan.end) if plan is not None else (home, home)
    return _metres([*([ends[0]] if ends[0] else []), *stops, *([ends[1]] if ends[1] else [])])


def _metres(points: list[Point]) -> int:
    known = list(dict.fromkeys(points))
    metres = services.travel_source().travel([Place(lon=lon, lat=lat) for lon, lat in known]).metres
    total = 0.0
    for a, b in pairwise(points):
        road = metres[known.index(a)][known.index(b)] if metres is not None else None
        total += metres_between(a, b) * ROADS_OVER_LINE if road is None else road
    return round(total)
