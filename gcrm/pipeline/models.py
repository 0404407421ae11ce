"""Stages and the opportunities in them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, Instant, Money, PublicId, SmallKey, Versioned
from gcrm.customers.models import Account
from gcrm.people.models import User


class Stage(Model):
    """A step of the sales process with the probability of winning from it."""

    __tablename__ = "stages"
    __table_args__ = (
        CheckConstraint("kind IN ('open', 'won', 'lost')", name="kind"),
        CheckConstraint("probability BETWEEN 0 AND 100", name="probability"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    probability: Mapped[int]
    """Percent."""
    kind: Mapped[str] = mapped_column(server_default="open", default="open")


class Opportunity(Versioned, Model):
    """A sale that may come off."""

    __tablename__ = "opportunities"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        Index("ix_opportunities_owner_close", "owner_id", "expected_close"),
        Index(
            "ix_opportunities_account",
            "account_id",
            postgresql_include=["stage_id", "closed_at", "currency", "amount_minor"],
        ),
        Index(
            "ix_opportunities_closed",
            "closed_at",
            postgresql_include=["account_id", "stage_id", "currency", "amount_minor"],
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("ix_opportunities_stage", "stage_id", "rank", "id"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"))
    rank: Mapped[float] = mapped_column(server_default="0", default=0.0)
    """Order within a stage on the board."""
    amount_minor: Mapped[Money]
    currency: Mapped[str]
    expected_close: Mapped[dt.date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    next_step: Mapped[str | None]
    next_step_on: Mapped[dt.date | None]
    closed_at: Mapped[Instant | None]
    close_reason: Mapped[str | None]
    note: Mapped[str | None]

    account: Mapped[Account] = relationship()
    stage: Mapped[Stage] = relationship()
    owner: Mapped[User | None] = relationship()
