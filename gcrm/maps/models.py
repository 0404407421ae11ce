"""Views of maps that people share by a link."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gcrm.core.db import Model
from gcrm.core.models import BigKey, CreatedAt, Instant, PublicId, one_of

SHARED_PAGES = ("accounts", "regions")


class SharedView(Model):
    """One view of a map for whoever holds the secret: seen as its maker sees it, until it ends."""

    __tablename__ = "shared_views"
    __table_args__ = (
        CheckConstraint(one_of("page", SHARED_PAGES), name="page"),
        Index("ix_shared_views_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page: Mapped[str]
    query: Mapped[str]
    """The page's words in the order in which it writes them: the selection, and how it is drawn."""
    bounds: Mapped[str | None]
    """Where the map opens, as west,south,east,north; None shows all of the selection."""
    created_at: Mapped[CreatedAt]
    until: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
