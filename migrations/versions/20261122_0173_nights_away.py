"""Nights away: the hotels that a rep sleeps in, when that is allowed, and the nights of a plan.

Revision ID: 20261122_0173
Revises: 20261122_0172
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_0173"
down_revision = "20261122_0172"
branch_labels = None
depends_on = None

MY_PEOPLE = "user_id = ANY ((SELECT gcrm_visible_owners())::int[])"
EVERYBODYS = "user_id IS NULL"
MANAGER = "current_setting('gcrm.principal_role', true) = 'manager'"
KEPT = {
    "hotels": f"{MY_PEOPLE} OR ({EVERYBODYS} AND {MANAGER})",
    "night_rules": MY_PEOPLE,
}
"""Table: the rows that a rep or manager writes. Everybody's are seen by all, so that each plan knows them."""


def upgrade() -> None:
    op.create_table(
        "hotels",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("location", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("extra_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("extra_minutes BETWEEN 0 AND 600", name=op.f("ck_hotels_extra_minutes")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_hotels_user_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_hotels_made_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotels")),
        sa.UniqueConstraint("uuid", name=op.f("uq_hotels_uuid")),
    )
    op.create_index("ix_hotels_user", "hotels", ["user_id"])
    op.create_table(
        "night_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("saving_minutes", sa.Integer(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("saving_minutes BETWEEN 0 AND 600", name=op.f("ck_night_rules_saving_minutes")),
        sa.CheckConstraint("weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]", name=op.f("ck_night_rules_weekdays")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_night_rules_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_night_rules_changed_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night_rules")),
        sa.UniqueConstraint("user_id", name=op.f("uq_night_rules_user_id"), postgresql_nulls_not_distinct=True),
    )
    for column in ("night_before", "night_after"):
        op.add_column("day_plans", sa.Column(column, postgresql.JSONB(), nullable=True))
    for table, kept in KEPT.items():
        _protect(table, kept)
        _audit(table)


def _protect(table: str, kept: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY {table}_seen ON {table} FOR SELECT TO gcrm_scoped USING ({EVERYBODYS} OR {MY_PEOPLE})")
    op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({kept}) WITH CHECK ({kept})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all, gcrm_scoped")
    op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO gcrm_all, gcrm_scoped")


def _audit(table: str) -> None:
    verbs = {
        "insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows",
    }  # fmt: skip
    for verb, tables in verbs.items():
        op.execute(
            f"CREATE TRIGGER {table}_audit_{verb} AFTER {verb.upper()} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION gcrm_audit('', '')"
        )


def downgrade() -> None:
    for column in ("night_after", "night_before"):
        op.drop_column("day_plans", column)
    for table in ("night_rules", "hotels"):
        op.drop_table(table)
