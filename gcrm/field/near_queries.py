"""Reads of who lies near: beside the route of today by added driving, or round a position."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.geo import ewkt, lon_lat, metres_between
from gcrm.customers import area_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.people.models import User
from gcrm.routing import corridor_queries, services
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan
from gcrm.routing.nights import Point
from gcrm.routing.problem import Place
from gcrm.visits import cadence

MOST_MINUTES = 30
"""More driving than that is not near."""
RADIUS_METRES = 10_000
MOST_SHOWN = 30
TWIN_METRES = 500
"""Round a new prospect names are compared so far."""
MOST_COMPARED = 100


@dataclass(frozen=True)
class Near:
    """An account nearby."""

    account: Account
    added_seconds: int
    """Driving that a call adds to the route of today; without a route the drive there from where one is."""
    metres: float | None
    """From the position, in a straight line."""
    due: cadence.Due | None


@dataclass(frozen=True)
class Found:
    """Those nearby, the least driving first."""

    near: list[Near]
    is_by_route: bool
    is_estimated: bool
    """Whether the times are a straight line's."""


def near(session: Session, rep: User, plan: DayPlan | None, position: Point | None, selection: Selection) -> Found:
    """Accounts in sight by the driving that they add; nobody where there is neither a route nor a position."""
    today = clock.today(plans.zone_of(session, rep))
    if plan is not None and corridor_queries.points_ahead(plan):
        beside, is_estimated = corridor_queries.along(session, plan, selection, MOST_MINUTES)
        rows = [(one.account, one.detour.added_seconds) for one in beside]
        return Found(_shown(rows, position, today), True, is_estimated)
    if position is None:
        return Found([], False, False)
    rows, is_estimated = _around(session, selection, position)
    return Found(_shown(rows, position, today), False, is_estimated)


def _around(session: Session, selection: Selection, position: Point) -> tuple[list[tuple[Account, int]], bool]:
    accounts = area_queries.accounts_along(session, selection, [position], RADIUS_METRES, corridor_queries.MOST_ASKED)
    if not accounts:
        return [], False
    places = [Place(lon=lon, lat=lat) for lon, lat in [position, *(lon_lat(a.location) for a in accounts)]]
    times = services.travel_source().travel(places)
    drives = [(account, times.seconds[0][n]) for n, account in enumerate(accounts, start=1)]
    rows = [(account, seconds) for account, seconds in drives if seconds is not None]
    return sorted(rows, key=lambda row: (row[1], row[0].id)), bool(times.estimated)


def _shown(rows: list[tuple[Account, int]], position: Point | None, today: dt.date) -> list[Near]:
    return [
        Near(account, seconds, metres_between(position, lon_lat(account.location)) if position else None, plans.due_of(account, today))
        for account, seconds in rows[:MOST_SHOWN]
    ]  # fmt: skip


def around(session: Session, position: Point) -> list[dict[str, object]]:
    """Accounts in sight round a place, as scripts compare names with them."""
    ewkt(*position)  # Refuses what is on no map.
    found = area_queries.accounts_along(session, Selection(), [position], TWIN_METRES, MOST_COMPARED)
    return [
        {"name": one.name, "street": one.street, "postcode": one.postcode, "lon": lon, "lat": lat}
        for one in found
        for lon, lat in [lon_lat(one.location)]
    ]
