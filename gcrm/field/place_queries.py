"""Reads of the positions that acts keep."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.core.held_places import Held
from gcrm.field.labels import ACTS
from gcrm.field.models import FieldAct

MOST_SHOWN = 2_000


def places_of_acts(session: Session, user_id: int) -> list[Held]:
    """Where a person's phone was when it told of an act."""
    query = (
        select(FieldAct)
        .where(FieldAct.user_id == user_id, FieldAct.lon.is_not(None))
        .order_by(FieldAct.at.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Held(ACTS.get(act.kind, act.kind), None, act.place_taken_at or act.at, act.lon or 0.0, act.lat or 0.0, act.accuracy_metres, None, act.faded_at)
        for act in session.scalars(query)
    ]  # fmt: skip
