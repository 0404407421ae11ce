"""Keep what is known of large files of accounts that are made in the background.

Revision ID: 20261122_0186
Revises: 20261122_0185
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0186"
down_revision = "20261122_0185"
branch_labels = None
depends_on = None

# Who asked for a file sees it; the sweep of every hour runs as the user `system`.
OWN = "user_id = (SELECT gcrm_principal()) OR (SELECT role FROM users WHERE id = gcrm_principal()) = 'system'"


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("selection", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="queued", nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("stored", sa.String(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_exports_status")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("uuid", name=op.f("uq_exports_uuid")),
    )
    op.create_index("ix_exports_user", "exports", ["user_id"])
    op.execute("ALTER TABLE exports ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY exports_own ON exports TO gcrm_all, gcrm_scoped USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON exports TO gcrm_all, gcrm_scoped")
    op.execute("GRANT USAGE ON SEQUENCE exports_id_seq TO gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.drop_table("exports")
