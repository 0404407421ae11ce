"""Visits, activities and tasks: facts with the person who made them and the account they are about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, String, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, CreatedAt, Instant, PublicId, SmallKey, Versioned, one_of
from gcrm.customers.models import Account, Contact
from gcrm.orders.models import Product
from gcrm.people.models import User
from gcrm.visits import proof

VISIT_STATUSES = ("planned", "arrived", "done", "missed", "cancelled")
OUTCOMES = ("order", "interested", "no_interest", "not_met", "follow_up", "service")
ACTIVITY_KINDS = ("call", "mail", "meeting", "note")
QUESTION_KINDS = ("text", "number", "yes_no", "choice", "scale")
PHOTO_KINDS = ("photo", "signature")


class VisitType(Model):
    """What a visit is made for, as the company calls it; it has questions of its own."""

    __tablename__ = "visit_types"
    __table_args__ = (CheckConstraint("btrim(name) <> ''", name="name"),)

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)


class VisitQuestion(Model):
    """What is asked of each visit, or of those of one type."""

    __tablename__ = "visit_questions"
    __table_args__ = (
        CheckConstraint("btrim(label) <> ''", name="label"),
        CheckConstraint(one_of("kind", QUESTION_KINDS), name="kind"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    visit_type_id: Mapped[int | None] = mapped_column(ForeignKey("visit_types.id"))
    """None: asked of every visit."""
    label: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"), default=list)
    is_required: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)

    visit_type: Mapped[VisitType | None] = relationship()


visit_products = Table(
    "visit_products", Model.metadata,
    Column("visit_id", ForeignKey("visits.id", ondelete="CASCADE"), primary_key=True),
    Column("product_id", ForeignKey("products.id"), primary_key=True),
)  # fmt: skip
"""What was talked about."""
PIN_STATUSES = ("open", "accepted", "dismissed")
BY_HAND = ("pin", "phone")
"""Sources of a place that a person set."""


class Visit(Versioned, Model):
    """A visit to an account: an appointment ahead, or what came of it."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint(one_of("status", VISIT_STATUSES), name="status"),
        CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
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
        Index("ix_visits_exact", "arrived_at", postgresql_where=text("arrived_point IS NOT NULL AND faded_at IS NULL")),
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
    position_at: Mapped[Instant | None]
    """When the phone measured the position."""
    radius_metres: Mapped[int | None]
    """How far from the account counted as there when the check-in was made."""
    far_reason: Mapped[str | None]
    """Why the check-in was made from further away."""
    faded_at: Mapped[Instant | None]
    """Since then `arrived_point` is the middle of a square of a kilometre and the distance is in whole kilometres."""
    no_position_reason: Mapped[str | None]
    finished_at: Mapped[Instant | None]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    next_step: Mapped[str | None]
    next_step_on: Mapped[dt.date | None]
    next_visit_on: Mapped[dt.date | None]
    """By when somebody is to be there again; a task that needs a visit says so to the planner."""

    visit_type_id: Mapped[int | None] = mapped_column(ForeignKey("visit_types.id"))
    satisfaction: Mapped[int | None] = mapped_column(SmallInteger)
    """As the rep read it, 1 to 5."""
    competitor: Mapped[str | None]
    """Whose goods were seen there."""
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"), default=dict)
    """By the question's UUID, as `visits.answers` has checked them."""

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()
    contact: Mapped[Contact | None] = relationship()
    visit_type: Mapped[VisitType | None] = relationship()
    products: Mapped[list[Product]] = relationship(secondary=visit_products, order_by="Product.name")
    photos: Mapped[list[VisitPhoto]] = relationship(
        order_by="VisitPhoto.taken_at, VisitPhoto.id", back_populates="visit", viewonly=True
    )

    @property
    def seconds(self) -> int | None:
        """How long it took, from check-in to check-out; None for one that was logged at once."""
        if self.arrived_at is None or self.finished_at is None or self.arrived_at >= self.finished_at:
            return None
        return int((self.finished_at - self.arrived_at).total_seconds())

    @property
    def is_far(self) -> bool:
        """Whether the check-in was made outside the account's radius, whatever its accuracy allows."""
        return proof.is_outside(self.distance_metres, self.accuracy_metres, self.radius_metres)


class VisitPhoto(Model):
    """A picture taken at a visit, or a customer's signature; the picture itself may come after its row."""

    __tablename__ = "visit_photos"
    __table_args__ = (
        CheckConstraint(one_of("kind", PHOTO_KINDS), name="kind"),
        Index("ix_visit_photos_visit", "visit_id"),
        Index(
            "ix_visit_photos_user_placed",
            "user_id",
            text("taken_at DESC"),
            postgresql_where=text("location IS NOT NULL"),
        ),
        Index("ix_visit_photos_exact", "taken_at", postgresql_where=text("location IS NOT NULL AND faded_at IS NULL")),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    taken_at: Mapped[Instant]
    keeps_place: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    location: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    """Where it was taken, only when the rep wanted that kept."""
    faded_at: Mapped[Instant | None]
    """Since then `location` is the middle of a square of a kilometre."""
    signed_by: Mapped[str | None]
    file: Mapped[str | None]
    """Its name in the files folder; None until the picture is there."""
    thumbnail: Mapped[str | None]
    sent_hash: Mapped[str | None]
    """Of the bytes that were sent, so that the same again is known."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[CreatedAt]

    visit: Mapped[Visit] = relationship(back_populates="photos")


class PinMove(Model):
    """Check-ins that agree on another spot than the account's pin, for a planner to judge."""

    __tablename__ = "pin_moves"
    __table_args__ = (
        CheckConstraint(one_of("status", PIN_STATUSES), name="status"),
        Index("ix_pin_moves_account", "account_id"),
        Index("ix_pin_moves_open", "id", postgresql_where=text("status = 'open'")),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="open", default="open")
    place: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    check_ins: Mapped[int]
    spread_metres: Mapped[int]
    """From the proposed place to the furthest of the check-ins."""
    moved_metres: Mapped[int]
    """From the pin to the proposed place."""
    last_on: Mapped[dt.date]
    place_before: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    source_before: Mapped[str | None]
    precision_before: Mapped[str | None]
    made_at: Mapped[CreatedAt]
    decided_at: Mapped[Instant | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    account: Mapped[Account] = relationship()

    @property
    def was_by_hand(self) -> bool:
        """Whether a person had placed the pin."""
        return self.source_before in BY_HAND


class MileageDay(Model):
    """What a person drove on a day, as told at its end; there is no trail behind it."""

    __tablename__ = "mileage_days"
    __table_args__ = (
        UniqueConstraint("user_id", "day"),
        CheckConstraint("odometer_end_km >= odometer_start_km", name="odometer"),
        CheckConstraint("private_metres BETWEEN 0 AND driven_metres", name="private"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    day: Mapped[dt.date]
    odometer_start_km: Mapped[float | None]
    odometer_end_km: Mapped[float | None]
    planned_metres: Mapped[int | None]
    driven_metres: Mapped[int]
    is_by_odometer: Mapped[bool]
    """Else the sum of the drives to the stops that were visited."""
    private_metres: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    visits: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    note: Mapped[str | None]
    closed_at: Mapped[Instant]

    user: Mapped[User] = relationship()

    @property
    def business_metres(self) -> int:
        return self.driven_metres - self.private_metres


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
