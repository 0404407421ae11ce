"""Reads of phones: one's own, those of one's people."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from gcrm.core.errors import NotFound
from gcrm.field.models import FieldPhone
from gcrm.people.models import User

MOST = 200


def phones_of(session: Session, user: User) -> list[FieldPhone]:
    """A person's phones, the one seen last first."""
    return list(session.scalars(_phones().where(FieldPhone.user_id == user.id).limit(MOST)))


def phones_of_team(session: Session, leader: User) -> list[FieldPhone]:
    """The phones of whom a manager leads; the gate says who that is."""
    return list(session.scalars(_phones().where(FieldPhone.user_id != leader.id).limit(MOST)))


def phone_of(session: Session, user: User, phone: UUID) -> FieldPhone:
    found = session.scalar(_phones().where(FieldPhone.user_id == user.id, FieldPhone.phone == phone))
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def _phones() -> Select[FieldPhone]:
    return (
        select(FieldPhone)
        .join(User, User.id == FieldPhone.user_id)
        .options(contains_eager(FieldPhone.user))
        .order_by(FieldPhone.last_seen_at.desc(), FieldPhone.id)
    )
