"""Reads of the positions that check-ins and photos keep."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gcrm.core.geo import lon_lat
from gcrm.core.held_places import Held
from gcrm.customers.models import Account
from gcrm.visits.models import Visit, VisitPhoto

MOST_SHOWN = 2_000
CHECK_IN = _l("Check-in")
PHOTO = _l("Photo with its place")


def check_ins(session: Session, user_id: int) -> list[Held]:
    """Where a person checked in, the latest first."""
    query = (
        select(Visit)
        .where(Visit.user_id == user_id, Visit.arrived_point.is_not(None))
        .options(joinedload(Visit.account).load_only(Account.name))
        .order_by(Visit.arrived_at.desc(), Visit.id.desc())
        .limit(MOST_SHOWN)
    )
    return [_held(visit) for visit in session.scalars(query)]


def _held(visit: Visit) -> Held:
    lon, lat = lon_lat(visit.arrived_point)
    name = visit.account.name if visit.account is not None else None
    at = visit.position_at or visit.arrived_at
    assert at is not None
    return Held(CHECK_IN, name, at, lon, lat, visit.accuracy_metres, visit.distance_metres, visit.faded_at)


def photos(session: Session, user_id: int) -> list[Held]:
    """Where a person took the photos whose place was to be kept, the latest first."""
    query = (
        select(VisitPhoto.taken_at, VisitPhoto.location, VisitPhoto.faded_at, Account.name)
        .join(Visit, Visit.id == VisitPhoto.visit_id)
        .outerjoin(Account, Account.id == Visit.account_id)
        .where(VisitPhoto.user_id == user_id, VisitPhoto.location.is_not(None))
        .order_by(VisitPhoto.taken_at.desc(), VisitPhoto.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Held(PHOTO, row.name, row.taken_at, *lon_lat(row.location), None, None, row.faded_at)
        for row in session.execute(query)
    ]
