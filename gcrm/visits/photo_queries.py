"""Reads of the photos and signatures of visits."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from gcrm.core.errors import NotFound
from gcrm.visits.models import Visit, VisitPhoto


def known_photo(session: Session, public: uuid.UUID, lock: bool = False) -> VisitPhoto | None:
    query = select(VisitPhoto).where(VisitPhoto.uuid == public)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def photo(session: Session, public: uuid.UUID) -> VisitPhoto:
    """A photo whose picture is there."""
    query = select(VisitPhoto).where(VisitPhoto.uuid == public, VisitPhoto.file.is_not(None))
    found = session.scalar(query.options(joinedload(VisitPhoto.visit)))
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def how_many(session: Session, visit: Visit) -> int:
    return session.scalar(select(func.count()).where(VisitPhoto.visit_id == visit.id)) or 0
