"""Reads of shared views, by the bare login: who asks is not known yet, or asks for their own alone."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from gcrm.core.errors import NotFound
from gcrm.maps.models import SharedView
from gcrm.people.models import User

LISTED = 200


def view_and_maker(session: Session, secret_hash: str, now: dt.datetime) -> Row[SharedView, User] | None:
    """What the link shows and in whose name; None where it has ended, was taken back, or its maker has no access."""
    query = (
        select(SharedView, User)
        .join(User, User.id == SharedView.user_id)
        .where(
            SharedView.secret_hash == secret_hash, SharedView.revoked_at.is_(None), SharedView.until > now, User.active
        )
    )
    return session.execute(query).one_or_none()


def shared_views(session: Session, user_id: int | None) -> list[tuple[SharedView, str]]:
    """Shared views with their makers' names, the newest first: a person's own, or with None everybody's, for admins."""
    query = select(SharedView, User.name).join(User, User.id == SharedView.user_id).order_by(SharedView.id.desc())
    found = query if user_id is None else query.where(SharedView.user_id == user_id)
    return [(row.SharedView, row.name) for row in session.execute(found.limit(LISTED))]


def shared_view(session: Session, public: uuid.UUID, user_id: int | None) -> SharedView:
    """A shared view by its public id, of that person alone unless None."""
    query = select(SharedView).where(SharedView.uuid == public)
    found = session.scalar(query if user_id is None else query.where(SharedView.user_id == user_id))
    if found is None:
        raise NotFound("There is no such link, or none of yours.")
    return found
