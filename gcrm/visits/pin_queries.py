"""Reads for moving pins: the check-ins that may speak against one, and what was proposed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from gcrm.core.errors import NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.visits import pins
from gcrm.visits.models import PinMove, Visit

MOST_ACCOUNTS = 5_000
"""Looked at in one night; the others wait for the next."""
MOST_LISTED = 200


def accounts_off_pin(session: Session, since: dt.datetime) -> Iterator[tuple[Account, list[pins.CheckIn]]]:
    """Accounts with enough exact check-ins away from the pin, and all their exact check-ins since an instant."""
    zone = ZoneInfo(people.the_organisation(session).timezone)
    exact = (
        Visit.arrived_at >= since,
        Visit.arrived_point.is_not(None),
        Visit.faded_at.is_(None),
        Visit.accuracy_metres <= pins.MOST_ACCURACY_METRES,
    )
    off = (
        select(Visit.account_id)
        .where(*exact, Visit.distance_metres > pins.AGREE_METRES / 2)
        .group_by(Visit.account_id)
        .having(func.count() >= pins.FEWEST)
        .order_by(func.count().desc(), Visit.account_id)
        .limit(MOST_ACCOUNTS)
    )
    query = (
        select(Account, Visit.arrived_point, Visit.arrived_at, Visit.accuracy_metres)
        .join(Visit, Visit.account_id == Account.id)
        .where(Account.id.in_(off), Account.location.is_not(None), *exact)
        .order_by(Account.id, Visit.id)
    )
    for account, rows in groupby(session.execute(query).all(), key=lambda row: row[0]):
        yield account, [pins.CheckIn(lon_lat(row[1]), _day(row[2], zone), row[3]) for row in rows]


def _day(arrived: dt.datetime | None, zone: ZoneInfo) -> dt.date:
    assert arrived is not None
    return arrived.astimezone(zone).date()


def latest_move(session: Session, account_id: int) -> PinMove | None:
    """What was proposed last for an account."""
    query = select(PinMove).where(PinMove.account_id == account_id).order_by(PinMove.id.desc()).limit(1)
    return session.scalar(query)


def open_moves(session: Session) -> list[PinMove]:
    """What waits for a planner: pins that nobody placed by hand first, then the furthest off."""
    query = (
        select(PinMove)
        .join(Account, Account.id == PinMove.account_id)
        .where(PinMove.status == "open")
        .options(joinedload(PinMove.account))
        .order_by(PinMove.source_before.in_(("pin", "phone")), PinMove.moved_metres.desc(), PinMove.id)
        .limit(MOST_LISTED)
    )
    return list(session.scalars(query))


def move_by_uuid(session: Session, public: uuid.UUID) -> PinMove:
    query = (
        select(PinMove).where(PinMove.uuid == public).options(joinedload(PinMove.account)).with_for_update(of=PinMove)
    )
    found = session.scalar(query)
    if found is None or found.account is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found
