"""Reads for maps of accounts: how far they reach, where each lies, which regions hold some."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import (
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps.region_queries import REGION_COLUMNS


def bounds(session: Session, selection: Selection) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the selected accounts; east is beyond 180 where that is the shorter way round."""
    lon, lat = func.ST_X(Account.location), func.ST_Y(Account.location)
    turned = lon + case((lon < 0, 360.0), else_=0.0)
    query = select(
        func.min(lon), func.min(lat), func.max(lon), func.max(lat), func.min(turned), func.max(turned)
    ).where(Account.grid_key.is_not(None))
    west, south, east, north, turned_west, turned_east = session.execute(selection.narrow(query)).one()
    if west is None:
        return None
    if turned_east - turned_west < east - west:
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
