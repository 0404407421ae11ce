"""Keep areas that people draw, and what changing many accounts at once takes to be undone.

Revision ID: 20261122_0183
Revises: 20261122_0182
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_0183"
down_revision = "20261122_0182"
branch_labels = None
depends_on = None

OWN = "user_id = (SELECT gcrm_principal())"
SHARED_WITH_ME = f"{OWN} OR (is_shared AND gcrm_works_with(user_id))"

# Who is in no team shares with everybody; who sees every account sees every shared area.
WORKS_WITH = """
CREATE FUNCTION gcrm_works_with(other int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT other = ANY (gcrm_visible_owners()) OR me.role NOT IN ('rep', 'manager')
      OR them.team_id IS NULL OR them.team_id = me.team_id
    FROM users AS me, users AS them WHERE me.id = gcrm_principal() AND them.id = other
$$;
"""
# An address with an area's id in it can be given to a colleague, so the id alone opens the shape: it holds no customer data.
AREA = """
CREATE FUNCTION gcrm_area(public uuid) RETURNS TABLE (name varchar, shape bytea) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT name, ST_AsBinary(boundary) FROM areas WHERE uuid = public
$$;
"""


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("boundary", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_areas_name")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_areas_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("uuid", name=op.f("uq_areas_uuid")),
    )
    op.create_index("ix_areas_user", "areas", ["user_id"])
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("account_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("owners_before", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.Column("named_before", postgresql.ARRAY(sa.Boolean()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verb IN ('assign', 'tag', 'untag')", name=op.f("ck_bulk_changes_verb")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_bulk_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
        sa.UniqueConstraint("uuid", name=op.f("uq_bulk_changes_uuid")),
    )
    op.execute(WORKS_WITH)
    op.execute(AREA)
    for table, seen in (("areas", SHARED_WITH_ME), ("bulk_changes", OWN)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_seen ON {table} FOR SELECT TO gcrm_all, gcrm_scoped USING ({seen})")
        op.execute(f"CREATE POLICY {table}_own ON {table} TO gcrm_all, gcrm_scoped USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all, gcrm_scoped")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.execute("DROP POLICY areas_seen ON areas")
    op.execute("DROP FUNCTION gcrm_area, gcrm_works_with")
    for table in ("bulk_changes", "areas"):
        op.drop_table(table)
