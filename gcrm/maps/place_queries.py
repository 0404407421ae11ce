"""Reads for maps of accounts: how far they reach, where each lies, which regions hold some."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from gcrm.customers import sum_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps.region_queries import REGION_COLUMNS

MANY = 20_000
"""Of more accounts the bounds are read from the sums by cell."""
ROUNDING = 1e-6
"""Degrees that adding a full turn may lose: what is as wide either way round stays where it is."""


def bounds(session: Session, selection: Selection) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the selected accounts; east is beyond 180 where that is the shorter way round.

    Of many accounts they are up to a twentieth of a degree wider than need be.
    """
    part = sum_queries.part_of(session, selection)
    if part is not None and sum_queries.total(session, part)[0].n > MANY:
        places = sum_queries.mean_places(part)
        found, margin = _bounds(session, select().select_from(places), places.c), sum_queries.MEAN_DEGREES
    else:
        spot = {"lon": func.ST_X(Account.location), "lat": func.ST_Y(Account.location)}
        found = _bounds(session, selection.narrow(select().where(Account.grid_key.is_not(None))), spot)
        margin = 0.0
    if found is None or not margin:
        return found
    west, south, east, north = found
    return max(-180.0, west - margin), max(-90.0, south - margin), east + margin, min(90.0, north + margin)


def _bounds(session: Session, of: Select[Any], spot: Any) -> tuple[float, float, float, float] | None:
    lon, lat = spot["lon"], spot["lat"]
    turned = lon + case((lon < 0, 360.0), else_=0.0)
    west, south, east, north, turned_west, turned_east = session.execute(
        of.add_columns(func.min(lon), func.min(lat), func.max(lon), func.max(lat), func.min(turned), func.max(turned))
    ).one()
    if west is None:
        return None
    if turned_east - turned_west < east - west - ROUNDING:
        west, east = turned_west, turned_east
    return west, south, east, north


def spots(session: Session, account_ids: Collection[int]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude by account id, of those that have a place."""
    query = select(Account.id, func.ST_X(Account.location), func.ST_Y(Account.location)).where(
        Account.id.in_(list(account_ids)), Account.location.is_not(None)
    )
    return {number: (lon, lat) for number, lon, lat in session.execute(query)}


def holding(session: Session, region_ids: Collection[int]) -> set[int]:
    """Which of the regions hold an account that the principal sees."""
    if not region_ids:
        return set()
    wanted = func.unnest(list(region_ids)).column_valued("wanted")
    held = or_(*(exists().where(column == wanted) for column in REGION_COLUMNS.values()))
    return set(session.scalars(select(wanted).where(held)))
