"""What phones sent: acts, each kept once under the UUID that the phone gave it, and the phones themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, Instant, one_of
from gcrm.field.acts import STATES
from gcrm.people.models import User


class FieldPhone(Model):
    """One person's store on one phone; who hands a phone on leaves a row of the own."""

    __tablename__ = "field_phones"
    __table_args__ = (UniqueConstraint("phone", "user_id"), Index("ix_field_phones_user", "user_id"))

    id: Mapped[BigKey]
    phone: Mapped[UUID] = mapped_column(PgUUID(as_uuid=True))
    """Made by the phone."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key_hash: Mapped[str]
    """Of the secret by which the phone is known when nobody is signed in on it."""
    agent: Mapped[str | None]
    first_seen_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    last_seen_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    lost_at: Mapped[Instant | None]
    """Reported lost then; the store is wiped at the next contact."""
    wiped_at: Mapped[Instant | None]
    """The phone was told to wipe the store then."""

    user: Mapped[User] = relationship()


class FieldAct(Model):
    """What a person did: kept as it came, then applied once."""

    __tablename__ = "field_acts"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        Index("ix_field_acts_kept", "user_id", "at", "seq", postgresql_where=text("state = 'kept'")),
        Index("ix_field_acts_user_at", "user_id", text("at DESC")),
        Index("ix_field_acts_phone_seq", "phone", "seq"),
        Index("ix_field_acts_place", "received_at", postgresql_where=text("lon IS NOT NULL AND faded_at IS NULL")),
        Index("ix_field_acts_full", "applied_at", postgresql_where=text("body <> '{}'::jsonb")),
    )

    id: Mapped[UUID] = mapped_column(PgUUID(as_uuid=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    phone: Mapped[UUID] = mapped_column(PgUUID(as_uuid=True))
    tab: Mapped[UUID | None] = mapped_column(PgUUID(as_uuid=True))
    seq: Mapped[int] = mapped_column(BigInteger)
    """The phone's own count, from 1 on, in the order of doing."""
    kind: Mapped[str]
    said_at: Mapped[Instant]
    """By the phone's clock."""
    at: Mapped[Instant]
    """The same by ours."""
    received_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy_metres: Mapped[float | None]
    place_taken_at: Mapped[Instant | None]
    no_place: Mapped[str | None]
    """Why there is no place, as the phone says."""
    faded_at: Mapped[Instant | None]
    """Since then the place is that of a cell."""
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str]
    """Of what was sent, to tell a repetition from another act under the same id."""
    amends: Mapped[UUID | None] = mapped_column(PgUUID(as_uuid=True))
    """The refused or conflicting act that this one takes up."""
    state: Mapped[str] = mapped_column(server_default="kept", default="kept")
    why: Mapped[str | None]
    """A word of `labels.SENTENCES`, or a sentence whose names are filled from `words`."""
    words: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    fault: Mapped[str | None]
    """The field that is wrong."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    current: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """How things stand here, of a conflict."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    """How often applying it failed by a fault of ours."""
    applied_at: Mapped[Instant | None]
