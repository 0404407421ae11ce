"""Writes that let the positions of check-ins and photos fade."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gcrm.core import clock, db
from gcrm.visits.models import Visit, VisitPhoto
from gcrm.visits.proof import CELL_REACH_METRES

AT_ONCE = 20_000


def fade_check_ins(session: Session, before: dt.datetime) -> int:
    """Put the exact points of older check-ins to the middle of their square, and their distances to whole kilometres."""
    old = (
        select(Visit.id)
        .where(Visit.arrived_at < before, Visit.arrived_point.is_not(None), Visit.faded_at.is_(None))
        .limit(AT_ONCE)
    )
    fading = (
        update(Visit)
        .where(Visit.id.in_(old))
        .values(
            arrived_point=func.gcrm_cell_centre(Visit.arrived_point),
            accuracy_metres=func.greatest(func.coalesce(Visit.accuracy_metres, 0), CELL_REACH_METRES),
            distance_metres=func.round(Visit.distance_metres / 1000) * 1000,
            faded_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    faded = db.write_all(session, fading)
    session.expire_all()
    return faded


def fade_photos(session: Session, before: dt.datetime) -> int:
    """Put the places of older photos to the middle of their square."""
    old = (
        select(VisitPhoto.id)
        .where(VisitPhoto.taken_at < before, VisitPhoto.location.is_not(None), VisitPhoto.faded_at.is_(None))
        .limit(AT_ONCE)
    )
    fading = (
        update(VisitPhoto)
        .where(VisitPhoto.id.in_(old))
        .values(location=func.gcrm_cell_centre(VisitPhoto.location), faded_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    faded = db.write_all(session, fading)
    session.expire_all()
    return faded
