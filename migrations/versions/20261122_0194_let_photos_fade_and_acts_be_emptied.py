"""Let the places of photos fade, and find the acts whose content is kept for long enough.

Revision ID: 20261122_0194
Revises: 20261122_0193
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0194"
down_revision = "20261122_0193"
branch_labels = None
depends_on = None

PLACED = sa.text("location IS NOT NULL")


def upgrade() -> None:
    op.add_column("visit_photos", sa.Column("faded_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_visit_photos_placed", "visit_photos")
    op.create_index(
        "ix_visit_photos_user_placed", "visit_photos", ["user_id", sa.text("taken_at DESC")], postgresql_where=PLACED
    )
    op.create_index(
        "ix_visit_photos_exact", "visit_photos", ["taken_at"],
        postgresql_where=sa.text("location IS NOT NULL AND faded_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_field_acts_full", "field_acts", ["applied_at"], postgresql_where=sa.text("body <> '{}'::jsonb"))


def downgrade() -> None:
    op.drop_index("ix_field_acts_full", "field_acts")
    op.drop_index("ix_visit_photos_exact", "visit_photos")
    op.drop_index("ix_visit_photos_user_placed", "visit_photos")
    op.create_index("ix_visit_photos_placed", "visit_photos", ["taken_at"], postgresql_where=PLACED)
    op.drop_column("visit_photos", "faded_at")
