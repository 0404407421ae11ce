"""Tables that belong to no business domain: the organisation, audit, events, idempotency, sign-in attempts."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, FetchedValue, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gcrm.core.db import Model

BigKey = Annotated[int, mapped_column(BigInteger, primary_key=True)]
SmallKey = Annotated[int, mapped_column(Integer, primary_key=True)]
PublicId = Annotated[
    uuid.UUID,
    mapped_column(UUID(as_uuid=True), default=uuid.uuid4, server_default=func.gen_random_uuid(), unique=True),
]
Instant = Annotated[dt.datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[dt.datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Money = Annotated[int, mapped_column(BigInteger)]
"""Minor units of the currency beside it."""


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The condition of a column that holds one of our own words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Versioned:
    """A row that people edit: the database raises `version` when a column that people edit changes."""

    version: Mapped[int] = mapped_column(server_default=text("1"), server_onupdate=FetchedValue())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), server_onupdate=FetchedValue()
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {
            "version_id_col": cls.__table__.c.version,  # type: ignore[attr-defined]
            "version_id_generator": False,
            "eager_defaults": True,
        }


class Organisation(Model):
    """The one company that this database belongs to."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint("check_in_metres BETWEEN 20 AND 5000", name="check_in_metres"),
    )

    id: Mapped[SmallKey]
    name: Mapped[str]
    country: Mapped[str]
    """ISO 3166-1 alpha-2, lower case as in region selections."""
    currency: Mapped[str]
    timezone: Mapped[str]
    check_in_metres: Mapped[int] = mapped_column(server_default=text("150"), default=150)
    """How far from an account a check-in still counts as there, where the account has no radius of its own."""
    created_at: Mapped[CreatedAt]


class AuditEntry(Model):
    """One write statement to one table: who, when, and what changed in which rows."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_at", text("at DESC")),)

    id: Mapped[BigKey]
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    user_id: Mapped[int | None]
    table_name: Mapped[str]
    operation: Mapped[str]
    batch_id: Mapped[int | None]
    """The import batch that wrote, if one did."""
    rows: Mapped[int]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The first hundred rows as {id, column: [before, after]}; private columns say "changed"."""


class Event(Model):
    """What happened, kept in the same transaction, for whoever listens."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_waiting", "id", postgresql_where=text("handled_at IS NULL")),)

    id: Mapped[BigKey]
    at: Mapped[CreatedAt]
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    user_id: Mapped[int | None]
    handled_at: Mapped[Instant | None]


class IdempotencyKey(Model):
    """The answer once given to a POST, so that the same key is answered alike."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    body: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class SignInAttempt(Model):
    """Failed sign-ins of an address or an account, counted across processes."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_subject", "subject", "at"),)

    id: Mapped[BigKey]
    subject: Mapped[str]
    """A hash of the address or the account name; never the text itself."""
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
