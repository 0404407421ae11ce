"""Keep what files tell of regions, as their inhabitants.

Revision ID: 20261122_0181
Revises: 20261122_0180
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0181"
down_revision = "20261122_0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute_loads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("regions", sa.Integer(), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False),
        sa.Column("fault_count", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level IN ('country', 'state', 'county', 'municipality', 'postcode')", name=op.f("ck_attribute_loads_level")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_attribute_loads_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute_loads")),
        sa.UniqueConstraint("uuid", name=op.f("uq_attribute_loads_uuid")),
    )
    op.create_table(
        "region_attributes",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"], ["attribute_loads.id"], name=op.f("fk_region_attributes_load_id_attribute_loads"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_region_attributes_region_id_regions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("load_id", "region_id", "name", name=op.f("pk_region_attributes")),
    )  # fmt: skip
    op.create_index("ix_region_attributes_newest", "region_attributes", ["region_id", "name", "load_id"])
    # Facts about the world, like the regions themselves: everybody reads them, who may edit regions writes them.
    for table in ("attribute_loads", "region_attributes"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY {table}_scoped ON {table} FOR SELECT TO gcrm_scoped USING (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all")
        op.execute(f"GRANT SELECT ON {table} TO gcrm_scoped")
    op.execute("GRANT USAGE ON SEQUENCE attribute_loads_id_seq TO gcrm_web, gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.drop_table("region_attributes")
    op.drop_table("attribute_loads")
