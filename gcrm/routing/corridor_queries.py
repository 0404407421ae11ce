"""Reads of what lies along a rep's route: accounts near its line, and what a call there would add."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.core.geo import lon_lat
from gcrm.customers import area_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.routing import services, travel_queries
from gcrm.routing.corridor import Detour, cheapest
from gcrm.routing.models import DayPlan
from gcrm.routing.problem import Place

MOST_ASKED = 60
"""Accounts nearest to the line, for which travel times are asked."""
METRES_PER_MINUTE = 700
"""How far beside the line a minute more of driving, half of it out, may lie."""
WIDEST_METRES = 20_000
MOST_MINUTES = 60


@dataclass(frozen=True)
class Beside:
    """An account beside the route, and what a call there adds."""

    account: Account
    detour: Detour


def along(session: Session, plan: DayPlan, selection: Selection, minutes: float) -> tuple[list[Beside], bool]:
    """Accounts of the selection that add no more driving than that to what is left of the day, the least first.

    Also whether the times are only an estimate.
    """
    ahead = points_ahead(plan)
    if not ahead:
        return [], False
    stops = {stop.account_id for stop in plan.stops}
    width = min(WIDEST_METRES, minutes * METRES_PER_MINUTE)
    found = area_queries.accounts_along(session, selection, line_ahead(plan), width, MOST_ASKED + len(stops))
    accounts = [account for account in found if account.id not in stops][:MOST_ASKED]
    if not accounts:
        return [], False
    places = [Place(lat=lat, lon=lon) for lon, lat in [*ahead, *(lon_lat(account.location) for account in accounts)]]
    times = services.travel_source().travel(places)
    route = range(len(ahead))
    detours = [(account, cheapest(times.seconds, route, len(ahead) + n)) for n, account in enumerate(accounts)]
    near = [Beside(account, detour) for account, detour in detours if detour and detour.added_seconds <= minutes * 60]
    near.sort(key=lambda one: (one.detour.added_seconds, one.account.name, one.account.id))
    return near, bool(times.estimated)


def points_ahead(plan: DayPlan) -> list[tuple[float, float]]:
    """Where the rep last was, and what lies ahead, as (lon, lat)."""
    points = travel_queries.points_of(plan)
    begins = 0 if plan.begin is None else 1
    made = max((number for number, stop in enumerate(plan.stops, start=1) if stop.status != "ahead"), default=0)
    return points[max(0, made + begins - 1) :]


def line_ahead(plan: DayPlan) -> list[tuple[float, float]]:
    """The way that lies ahead: along roads where they are drawn."""
    first = points_ahead(plan)[0]
    line = [(lon, lat) for lon, lat in travel_queries.line_of(plan)]
    return line[line.index(first) :] if first in line else line
