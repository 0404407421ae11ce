"""Plans of weeks and teams, and what people change in them.

Revision ID: 20261122_0170
Revises: 20261121_0160
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0170"
down_revision = "20261121_0160"
branch_labels = None
depends_on = None

PLAN = "EXISTS (SELECT 1 FROM day_plans WHERE day_plans.id = day_plan_id)"
OWN_REPS = "rep_ids <@ (SELECT gcrm_visible_owners())::int[]"
OWN_TEAM = (
    "team_id = (SELECT users.team_id FROM users WHERE users.id = (SELECT gcrm_principal()))"
    " AND current_setting('gcrm.principal_role', true) = 'manager'"
)
"""Only a manager sets what counts, and only for the own team."""

SCOPED = {
    "plan_runs": (OWN_REPS, OWN_REPS),
    "plan_edits": (PLAN, PLAN),
    "plan_weights": ("true", OWN_TEAM),
}
"""Table: what a rep or manager sees, and what the new row must fulfil."""


def upgrade() -> None:
    op.create_table(
        "plan_runs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), server_default="plan", nullable=False),
        sa.Column("status", sa.String(), server_default="queued", nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("rep_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("seed", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'solving', 'done', 'failed', 'cancelled')", name=op.f("ck_plan_runs_status")
        ),
        sa.CheckConstraint("kind IN ('plan', 'trial')", name=op.f("ck_plan_runs_kind")),
        sa.CheckConstraint("days > 0", name=op.f("ck_plan_runs_days")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_plan_runs_asked_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_runs")),
        sa.UniqueConstraint("uuid", name=op.f("uq_plan_runs_uuid")),
    )
    op.create_table(
        "plan_edits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("day_plan_id", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("goes_with", postgresql.UUID(as_uuid=True), nullable=True),
        sa.Column("was_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["day_plan_id"], ["day_plans.id"], name=op.f("fk_plan_edits_day_plan_id_day_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_plan_edits_made_by_id_users")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_plan_edits_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_edits")),
        sa.UniqueConstraint("uuid", name=op.f("uq_plan_edits_uuid")),
    )
    op.create_index("ix_plan_edits_day_plan", "plan_edits", ["day_plan_id", "id"])
    op.create_index("ix_plan_edits_account", "plan_edits", ["account_id"])
    op.create_table(
        "plan_weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_plan_weights_team_id_teams"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_plan_weights_changed_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_weights")),
        sa.UniqueConstraint("team_id", name=op.f("uq_plan_weights_team_id"), postgresql_nulls_not_distinct=True),
    )
    op.add_column("day_plans", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_day_plans_run_id_plan_runs"), "day_plans", "plan_runs", ["run_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_day_plans_run", "day_plans", ["run_id"])
    op.add_column("stops", sa.Column("visit_key", sa.String(), nullable=True))
    op.add_column("stops", sa.Column("is_locked", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("stops", sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("left_out", sa.Column("visit_key", sa.String(), nullable=True))
    _protect()


def _protect() -> None:
    for table, (seen, written) in SCOPED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({seen}) WITH CHECK ({written})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_scoped")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.drop_column("left_out", "visit_key")
    for column in ("pinned_at", "is_locked", "visit_key"):
        op.drop_column("stops", column)
    op.drop_index("ix_day_plans_run", "day_plans")
    op.drop_column("day_plans", "run_id")
    for table in ("plan_weights", "plan_edits", "plan_runs"):
        op.drop_table(table)
