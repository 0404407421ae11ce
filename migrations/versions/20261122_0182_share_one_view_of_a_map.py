"""Share one view of a map by a link that ends.

Revision ID: 20261122_0182
Revises: 20261122_0181
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0182"
down_revision = "20261122_0181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which view of whom a link shows carries no customer data and is asked before anybody is known, so it belongs to the bare login."""
    op.create_table(
        "shared_views",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("bounds", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("page IN ('accounts', 'regions')", name=op.f("ck_shared_views_page")),
        sa.PrimaryKeyConstraint("id", name="pk_shared_views"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_shared_views_user_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("uuid", name="uq_shared_views_uuid"),
        sa.UniqueConstraint("secret_hash", name="uq_shared_views_secret_hash"),
    )
    op.create_index("ix_shared_views_user_id_created_at", "shared_views", ["user_id", "created_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON shared_views TO gcrm_web")
    op.execute("GRANT USAGE ON SEQUENCE shared_views_id_seq TO gcrm_web")


def downgrade() -> None:
    op.drop_table("shared_views")
