"""Visits, activities and tasks: facts with the person who made them and the account they are about."""

from __future__ import annotations

import datetime as dt

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, Instant, PublicId, Versioned, one_of
from gcrm.customers.models import Account, Contact
from gcrm.people.models import User

VISIT_STATUSES = ("planned", "arrived", "done", "missed", "cancelled")
OUTCOMES = ("order", "interested", "no_interest", "not_met", "follow_up", "service")
ACTIVITY_KINDS = ("call", "mail", "meeting", "note")


class Visit(Versioned, Model):
    """A visit to an account: an appointment ahead, or what came of it."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint(one_of("status", VISIT_STATUSES), name="status"),
        CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        Index("ix_visits_user_finished", "user_id", text("finished_at DESC")),
        Index("ix_visits_user_starts", "user_id", "starts_at"),
        Index("ix_visits_account_finished", "account_id", text("finished_at DESC")),
        Index(
            "ix_visits_finished", text("finished_at DESC"), postgresql_include=["account_id", "user_id"],
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
        Index(
            "ix_visits_met", text("finished_at DESC"), postgresql_include=["account_id"],
            postgresql_where=text("status = 'done' AND outcome IS DISTINCT FROM 'not_met'"),
        ),
        Index("ix_visits_at", text("coalesce(finished_at, arrived_at, starts_at)"), "id"),
    )  # fmt: skip

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(server_default="planned", default="planned")
    starts_at: Mapped[Instant | None]
    """Set for a fixed appointment: the visit begins then."""
    minutes: Mapped[int | None]
    purpose: Mapped[str | None]

    arrived_at: Mapped[Instant | None]
    arrived_point: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    accuracy_metres: Mapped[float | None]
    distance_metres: Mapped[float | None]
    """From the check-in to the account's location, as the check-in was made."""
    no_position_reason: Mapped[str | None]
    finished_at: Mapped[Instant | None]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    next_step: Mapped[str | None]
    next_step_on: Mapped[dt.date | None]

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()


class Activity(Versioned, Model):
    """A call, a mail, a meeting or a note."""

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint(one_of("kind", ACTIVITY_KINDS), name="kind"),
        Index("ix_activities_user_at", "user_id", text("at DESC")),
        Index("ix_activities_account_at", "account_id", text("at DESC")),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    at: Mapped[Instant]
    subject: Mapped[str]
    note: Mapped[str | None]

    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    user: Mapped[User] = relationship()


class Task(Versioned, Model):
    """Something a person has to do for an account by a day."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("btrim(title) <> ''", name="title"),
        Index("ix_tasks_user_due", "user_id", "due_on", postgresql_where=text("done_at IS NULL")),
        Index("ix_tasks_account_due", "account_id", "due_on"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    due_on: Mapped[dt.date | None]
    needs_visit: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Done at the customer's, so that a day plan takes it along."""
    done_at: Mapped[Instant | None]
    note: Mapped[str | None]

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()
