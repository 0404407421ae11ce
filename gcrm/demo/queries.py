"""What the demo reads: the ground it stands on, and what it left there."""

from __future__ import annotations

from collections.abc import Collection

import shapely
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from gcrm.customers.models import Account
from gcrm.demo.country import Profile
from gcrm.demo.ground import Area, Ground
from gcrm.geography.models import Region


def has_regions(session: Session, profile: Profile) -> bool:
    """Whether every state of the demo has its finest regions."""
    finest = _level(profile, profile.finest, profile.states)
    states = session.scalars(select(func.left(Region.code, 2)).where(*finest).distinct()).all()
    return set(states) == set(profile.states)


def ground(session: Session, profile: Profile) -> Ground:
    """The regions of the demo's states with their boundaries."""
    states = _areas(session, profile, "state", profile.states)
    counties = _areas(session, profile, "county", profile.states)
    municipalities = _areas(session, profile, "municipality", profile.states)
    beyond = _areas(session, profile, "county", profile.beyond) if profile.beyond else {}
    return Ground(states, counties, municipalities, beyond)


def _level(profile: Profile, level: str, begins: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    of_states = or_(*(Region.code.startswith(code, autoescape=True) for code in sorted(begins)))
    return (Region.country == profile.code, Region.level == level, of_states)


def _areas(session: Session, profile: Profile, level: str, begins: Collection[str]) -> dict[str, Area]:
    above = aliased(Region)
    rows = session.execute(
        select(Region.code, Region.name, above.code, func.ST_AsBinary(Region.boundary))
        .outerjoin(above, above.id == Region.parent_id)
        .where(*_level(profile, level, begins))
        .order_by(Region.code)
    ).all()
    boundaries = shapely.from_wkb([bytes(row[3]) for row in rows])
    return {
        code: Area(code, name, parent or "", boundary)
        for (code, name, parent, _), boundary in zip(rows, boundaries, strict=True)
    }


def count_accounts(session: Session) -> dict[str, int]:
    """Accounts that stand where the company's territories put them, and those that do not stand anywhere."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Account.location.is_(None)),
            func.count().filter(Account.placed == "inside"),
            func.count().filter(Account.owner_id.is_(None)),
        )
    ).one()
    return {"accounts": row[0], "unplaced": row[1], "inside": row[2], "without_owner": row[3]}
