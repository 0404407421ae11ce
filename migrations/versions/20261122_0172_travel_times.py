"""What is learned and kept about travel times.

Revision ID: 20261122_0172
Revises: 20261122_0171
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0172"
down_revision = "20261122_0171"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("day_plans", sa.Column("travel_notes", postgresql.JSONB(), nullable=True))
    op.add_column("day_plans", sa.Column("drawn_return", postgresql.JSONB(), nullable=True))
    op.add_column("stops", sa.Column("drawn", postgresql.JSONB(), nullable=True))
    op.create_table(
        "travel_factors",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_travel_factors_weekday")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_travel_factors_hour")),
        sa.CheckConstraint("factor > 0", name=op.f("ck_travel_factors_factor")),
        sa.PrimaryKeyConstraint("source", "weekday", "hour", name=op.f("pk_travel_factors")),
    )
    # Medians over everybody's drives name no customer: each plan reads them, only the system's job writes them.
    op.execute("ALTER TABLE travel_factors ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY travel_factors_all ON travel_factors TO gcrm_all USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY travel_factors_scoped ON travel_factors FOR SELECT TO gcrm_scoped USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON travel_factors TO gcrm_all")
    op.execute("GRANT SELECT ON travel_factors TO gcrm_scoped")


def downgrade() -> None:
    op.drop_table("travel_factors")
    op.drop_column("stops", "drawn")
    for column in ("drawn_return", "travel_notes"):
        op.drop_column("day_plans", column)
