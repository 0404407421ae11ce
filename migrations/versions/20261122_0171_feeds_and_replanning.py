"""Feeds of plans, and what a replan changed.

Revision ID: 20261122_0171
Revises: 20261122_0170
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0171"
down_revision = "20261122_0170"
branch_labels = None
depends_on = None

OWN = "rep_id = ANY ((SELECT gcrm_visible_owners())::int[])"


def upgrade() -> None:
    op.add_column("day_plans", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.add_column("day_plans", sa.Column("cause", sa.String(), nullable=True))
    op.add_column("day_plans", sa.Column("changes", postgresql.JSONB(), nullable=True))
    op.create_index("ix_day_plans_replaces_id", "day_plans", ["replaces_id"])
    op.create_foreign_key(
        "fk_day_plans_replaces_id_day_plans", "day_plans", "day_plans", ["replaces_id"], ["id"], ondelete="SET NULL"
    )
    _feeds()
    _entries()


def _feeds() -> None:
    """Whose feed it is carries no customer data, so it belongs to the bare login, as API tokens do."""
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feeds"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_calendar_feeds_user_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", name="uq_calendar_feeds_user_id"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_feeds_token_hash"),
    )
    op.create_table(
        "calendar_links",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("sealed_password", sa.String(), nullable=False),
        sa.Column("sync_token", sa.String(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_links"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_calendar_links_user_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", name="uq_calendar_links_user_id"),
    )
    for table in ("calendar_feeds", "calendar_links"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_web")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO gcrm_web")


def _entries() -> None:
    op.create_table(
        "calendar_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("told_sequence", sa.Integer(), nullable=True),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_entries"),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_calendar_entries_rep_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("rep_id", "uid", name="uq_calendar_entries_rep_id_uid"),
    )
    op.execute("ALTER TABLE calendar_entries ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY calendar_entries_all ON calendar_entries TO gcrm_all USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY calendar_entries_scoped ON calendar_entries TO gcrm_scoped USING ({OWN}) WITH CHECK ({OWN})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_entries TO gcrm_all")
    op.execute("GRANT SELECT, INSERT, UPDATE ON calendar_entries TO gcrm_scoped")
    op.execute("GRANT USAGE ON SEQUENCE calendar_entries_id_seq TO gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.drop_table("calendar_entries")
    op.drop_table("calendar_links")
    op.drop_table("calendar_feeds")
    op.drop_constraint("fk_day_plans_replaces_id_day_plans", "day_plans", type_="foreignkey")
    op.drop_index("ix_day_plans_replaces_id", "day_plans")
    for column in ("changes", "cause", "replaces_id"):
        op.drop_column("day_plans", column)
