"""Writes of people's calendars: feeds, joined calendars, and what calendars were told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import case, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.routing.calendar_queries import TOLD, Told
from gcrm.routing.handover import Call
from gcrm.routing.models import CalendarEntry, CalendarFeed, CalendarLink

# -- feeds -------------------------------------------------------------------------------------------------------------


def set_feed(session: Session, user_id: int, token_hash: str) -> None:
    """Give a person a feed, or the one there is another secret."""
    row = insert(CalendarFeed).values(user_id=user_id, token_hash=token_hash)
    fresh = {"token_hash": row.excluded.token_hash, "created_at": clock.now(), "read_at": None}
    session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=fresh))


def drop_feed(session: Session, user_id: int) -> None:
    session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == user_id))


def note_feed_read(session: Session, feed: CalendarFeed, at: dt.datetime) -> None:
    session.execute(update(CalendarFeed).where(CalendarFeed.id == feed.id).values(read_at=at))


# -- joined calendars --------------------------------------------------------------------------------------------------


def set_link(session: Session, user_id: int, url: str, username: str, sealed_password: str) -> None:
    """Join a calendar to a person in place of the one before; it is read from its beginning."""
    row = insert(CalendarLink).values(user_id=user_id, url=url, username=username, sealed_password=sealed_password)
    fresh: dict[str, object] = {name: row.excluded[name] for name in ("url", "username", "sealed_password")}
    fresh |= {"sync_token": None, "synced_at": None, "fault": None}
    session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=fresh))


def drop_link(session: Session, user_id: int) -> None:
    session.execute(delete(CalendarLink).where(CalendarLink.user_id == user_id))


def note_on_link(session: Session, user_id: int, **values: object) -> None:
    """Keep how a round went: `fault`, `synced_at`, `sync_token`."""
    session.execute(update(CalendarLink).where(CalendarLink.user_id == user_id).values(**values))


# -- what was told -----------------------------------------------------------------------------------------------------


def set_entries(session: Session, rep_id: int, uids: set[UUID], **values: object) -> None:
    """Keep what stands in a person's calendar of some events."""
    if uids:
        ours = (CalendarEntry.rep_id == rep_id, CalendarEntry.uid.in_(uids))
        session.execute(update(CalendarEntry).where(*ours).values(**values))


def forget_entries(session: Session, rep_id: int) -> None:
    """Nothing of ours stands in the person's calendar, as far as we know."""
    nothing = {"etag": None, "told_sequence": None, "told_until": None}
    session.execute(update(CalendarEntry).where(CalendarEntry.rep_id == rep_id).values(nothing))


def tell(session: Session, rep_id: int, calls: Sequence[Call]) -> dict[UUID, Told]:
    """Keep what calls show from now on; the sequence of those that showed something else before rises by one."""
    now = clock.now()
    row = insert(CalendarEntry).values(
        [{"rep_id": rep_id, "uid": call.uid, "fingerprint": call.fingerprint, "changed_at": now} for call in calls]
    )
    # Two readers at once tell the same: only the first one raises the sequence.
    moved = CalendarEntry.fingerprint != row.excluded.fingerprint
    upsert = row.on_conflict_do_update(
        index_elements=["rep_id", "uid"],
        set_={
            "sequence": CalendarEntry.sequence + case((moved, 1), else_=0),
            "changed_at": case((moved, row.excluded.changed_at), else_=CalendarEntry.changed_at),
            "fingerprint": row.excluded.fingerprint,
        },
    )
    return {told.uid: told for told in session.execute(upsert.returning(*TOLD))}
