"""A rep's planned day: its route problem, its solution, its stops and what was left out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, CreatedAt, Instant, PublicId
from gcrm.people.models import User
from gcrm.visits.models import Visit

PLAN_STATUSES = ("queued", "solving", "ready", "published", "failed", "replaced")
STOP_STATUSES = ("ahead", "arrived", "done", "skipped")


class DayPlan(Model):
    """One rep's plan for one day."""

    __tablename__ = "day_plans"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, PLAN_STATUSES))})", name="status"),
        Index("ix_day_plans_rep_day", "rep_id", "day"),
        Index(
            "uq_day_plans_published", "rep_id", "day", unique=True,
            postgresql_where=text("status = 'published'"),
        ),
    )  # fmt: skip

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[dt.date]
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    solved_at: Mapped[Instant | None]
    published_at: Mapped[Instant | None]
    fault: Mapped[str | None]
    """Why no plan could be made, as a sentence."""
    candidates: Mapped[int | None]
    travel_source: Mapped[str | None]
    """What made the travel times, as "estimate"."""
    starts_at: Mapped[Instant | None]
    leaves_at: Mapped[Instant | None]
    returns_at: Mapped[Instant | None]
    travel_seconds: Mapped[int | None]
    travel_metres: Mapped[int | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    solution: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)

    rep: Mapped[User] = relationship(foreign_keys=[rep_id])
    stops: Mapped[list[Stop]] = relationship(back_populates="day_plan", order_by="Stop.position")
    left_out: Mapped[list[LeftOut]] = relationship(order_by="LeftOut.id")


class Stop(Model):
    """One stop of a plan; it names what stood there, so that the rep keeps it when the account moves on."""

    __tablename__ = "stops"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, STOP_STATUSES))})", name="status"),
        Index("ix_stops_day_plan", "day_plan_id", "position"),
        Index("ix_stops_account", "account_id"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    day_plan_id: Mapped[int] = mapped_column(ForeignKey("day_plans.id", ondelete="CASCADE"))
    position: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="SET NULL"), index=True)
    account_name: Mapped[str]
    address: Mapped[str | None]
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    arrive_at: Mapped[Instant]
    start_at: Mapped[Instant]
    depart_at: Mapped[Instant]
    travel_seconds: Mapped[int]
    travel_metres: Mapped[int]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Why this visit today; `routing/reasons.py` turns it into a sentence."""
    is_fixed: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    status: Mapped[str] = mapped_column(server_default="ahead", default="ahead")

    day_plan: Mapped[DayPlan] = relationship(back_populates="stops")
    visit: Mapped[Visit | None] = relationship()


class LeftOut(Model):
    """A candidate that the plan does not visit, and why."""

    __tablename__ = "left_out"
    __table_args__ = (
        Index("ix_left_out_day_plan", "day_plan_id"),
        Index("ix_left_out_account", "account_id"),
    )

    id: Mapped[BigKey]
    day_plan_id: Mapped[int] = mapped_column(ForeignKey("day_plans.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    account_name: Mapped[str]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Why it was a candidate."""
    reason: Mapped[str]
    """Why it was left out: a word of the route problem's list, or `unplaced`."""
    detail: Mapped[str]
    added_seconds: Mapped[int | None]
