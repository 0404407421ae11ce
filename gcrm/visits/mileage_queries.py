"""Reads of what people drove."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gcrm.people.models import User
from gcrm.visits.models import MileageDay


def day_of(session: Session, user_id: int, day: dt.date) -> MileageDay | None:
    """What a person told of a day."""
    return session.scalar(select(MileageDay).where(MileageDay.user_id == user_id, MileageDay.day == day))


def last_odometer(session: Session, user_id: int, before: dt.date) -> float | None:
    """Where the odometer stood at the end of the last day that told it."""
    query = select(MileageDay.odometer_end_km).where(
        MileageDay.user_id == user_id, MileageDay.day < before, MileageDay.odometer_end_km.is_not(None)
    )
    return session.scalar(query.order_by(MileageDay.day.desc()).limit(1))


def days_between(session: Session, user_ids: Sequence[int], first: dt.date, last: dt.date) -> list[MileageDay]:
    """The days of some people in a span, by person and day."""
    query = (
        select(MileageDay)
        .join(User, User.id == MileageDay.user_id)
        .where(MileageDay.user_id.in_(user_ids), MileageDay.day.between(first, last))
        .options(joinedload(MileageDay.user))
        .order_by(User.name, MileageDay.user_id, MileageDay.day)
    )
    return list(session.scalars(query))
