"""Reads for people's calendars: the feed and the joined calendar of a person, what was told before, and what events stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, selectinload

from gcrm.people.models import User
from gcrm.routing.models import CalendarEntry, CalendarFeed, CalendarLink, DayPlan, Stop
from gcrm.visits.models import Visit

Told = Row[UUID, int, dt.datetime, str]
TOLD = (CalendarEntry.uid, CalendarEntry.sequence, CalendarEntry.changed_at, CalendarEntry.fingerprint)


def feed_of(session: Session, user_id: int) -> CalendarFeed | None:
    return session.scalar(select(CalendarFeed).where(CalendarFeed.user_id == user_id))


def feed_and_owner(session: Session, token_hash: str) -> Row[CalendarFeed, User] | None:
    """The feed of a secret address, and whose it is."""
    query = select(CalendarFeed, User).join(User, User.id == CalendarFeed.user_id)
    return session.execute(query.where(CalendarFeed.token_hash == token_hash)).one_or_none()


def link_of(session: Session, user_id: int) -> CalendarLink | None:
    return session.scalar(select(CalendarLink).where(CalendarLink.user_id == user_id))


def people_with_links(session: Session) -> Sequence[User]:
    """Everybody who joined a calendar and can sign in."""
    query = select(User).join(CalendarLink, CalendarLink.user_id == User.id).where(User.active)
    return session.scalars(query).all()


def entries_of(session: Session, rep_id: int) -> dict[UUID, CalendarEntry]:
    """What stands in a rep's own calendar of us, by the name of the event."""
    return {entry.uid: entry for entry in session.scalars(select(CalendarEntry).where(CalendarEntry.rep_id == rep_id))}


def told_before(session: Session, rep_id: int, uids: Sequence[UUID]) -> dict[UUID, Told]:
    """The columns `TOLD` of what calendars were told of events."""
    ours = select(*TOLD).where(CalendarEntry.rep_id == rep_id, CalendarEntry.uid.in_(uids))
    return {row.uid: row for row in session.execute(ours)}


def stops_ahead(session: Session, rep_id: int, since: dt.date) -> Sequence[Stop]:
    """The stops not yet made on a rep's published days."""
    query = (
        select(Stop)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == rep_id, DayPlan.status == "published", DayPlan.day >= since, Stop.status == "ahead")
        .options(selectinload(Stop.day_plan), selectinload(Stop.visit))
    )
    return session.scalars(query).all()


def own_visit(session: Session, user_id: int, public: UUID) -> Visit | None:
    return session.scalar(select(Visit).where(Visit.uuid == public, Visit.user_id == user_id))
