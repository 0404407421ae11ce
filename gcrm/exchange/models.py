"""Import batches and the fate of every row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import CreatedAt, Instant, PublicId, SmallKey
from gcrm.people.models import User

BATCH_STATUSES = ("uploaded", "queued", "running", "settled", "refused", "undone")
EXPORT_STATUSES = ("queued", "running", "done", "failed", "cancelled")
OUTCOMES = ("created", "updated", "unchanged", "rejected")


class ImportBatch(Model):
    """One file on its way in."""

    __tablename__ = "import_batches"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, BATCH_STATUSES))})", name="status"),
        CheckConstraint("kind IN ('accounts', 'contacts', 'people')", name="kind"),
        Index("ix_import_batches_created", "created_at"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    kind: Mapped[str]
    filename: Mapped[str]
    stored: Mapped[str | None]
    """The kept file's name in the files folder, until the batch is settled."""
    source: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Mapping, set values, encoding and CRS, as they were chosen."""
    columns: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)
    """The file's headers in their order, each with the field it filled; kept when the file is gone."""
    status: Mapped[str] = mapped_column(default="uploaded")
    fault: Mapped[str | None]
    read: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    unplaced: Mapped[int] = mapped_column(default=0)
    outside: Mapped[int] = mapped_column(default=0)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    progress_done: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    progress_total: Mapped[int | None]
    progress_text: Mapped[str | None]
    """What is being done just now, and how far it is."""
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[Instant | None]
    undone_at: Mapped[Instant | None]

    user: Mapped[User] = relationship()


class ImportRow(Model):
    """What became of one row of the file."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint(f"outcome IN ({', '.join(map(repr, OUTCOMES))})", name="outcome"),
        Index("ix_import_rows_subject", "batch_id", "subject_id"),
        Index("ix_import_rows_rejected", "batch_id", "number", postgresql_where=text("outcome = 'rejected'")),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """The line or row of the file, the header is 1."""
    outcome: Mapped[str]
    reason: Mapped[str | None]
    """Why it was rejected, or a remark on a row that was taken."""
    raw: Mapped[list[Any] | None] = mapped_column(JSONB)
    """The row's cells as they were read, for rejected rows."""
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    """The account, contact or user the row became or met."""
    subject_version: Mapped[int | None]
    """A mark of what people can edit of it, taken after the import: another one by now means that somebody changed it."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The columns that the import overwrote, for undoing."""
    kept_because: Mapped[str | None]
    """Why undoing the batch left this row's subject as it was."""


class Export(Model):
    """A large file of accounts that somebody asked for, made in the background."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, EXPORT_STATUSES))})", name="status"),
        Index("ix_exports_user", "user_id"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    selection: Mapped[str]
    """As in an address."""
    extension: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    done: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """Accounts that are written."""
    total: Mapped[int]
    stored: Mapped[str | None]
    """The file's name in the files folder."""
    fault: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[Instant | None]
