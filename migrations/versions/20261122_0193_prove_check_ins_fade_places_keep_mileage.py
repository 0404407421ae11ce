"""Keep what proves a check-in, let its place fade, propose to move pins, and keep the days' mileage.

Revision ID: 20261122_0193
Revises: 20261122_0192
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_0193"
down_revision = "20261122_0192"
branch_labels = None
depends_on = None

SOURCES = "'file', 'pin', 'phone', 'geocoder', 'api', 'demo'"
ACCOUNT = "EXISTS (SELECT 1 FROM accounts WHERE accounts.id = account_id)"
MY_PEOPLE = "user_id = ANY ((SELECT gcrm_visible_owners())::int[])"
MINE = "user_id = (SELECT gcrm_principal())"
RADIUS = "check_in_metres BETWEEN 20 AND 5000"

# The middle of the square of about a kilometre in which a point lies: rows of latitude, each cut into columns of its own width.
CELL_CENTRE = """
CREATE FUNCTION gcrm_cell_centre(place geometry) RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = public, pg_temp AS $$
  SELECT ST_SetSRID(ST_MakePoint(
      least(180, (floor((ST_X(place) + 180) * columns / 360) + 0.5) * 360 / columns - 180), lat), 4326)
    FROM (SELECT (floor(ST_Y(place) * 111.195) + 0.5) / 111.195 AS lat) AS row_of,
         LATERAL (SELECT greatest(1, round(360 * 111.195 * cos(radians(lat))))::float8 AS columns) AS cut
$$;
"""


def upgrade() -> None:
    op.execute(CELL_CENTRE)
    _proof()
    _pins()
    _days()
    _mileage()


def _proof() -> None:
    op.add_column(
        "organisation", sa.Column("check_in_metres", sa.Integer(), server_default=sa.text("150"), nullable=False)
    )
    op.add_column("accounts", sa.Column("check_in_metres", sa.Integer(), nullable=True))
    for table in ("organisation", "accounts"):
        op.create_check_constraint(op.f(f"ck_{table}_check_in_metres"), table, RADIUS)
    for column in (
        sa.Column("position_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("radius_metres", sa.Integer(), nullable=True),
        sa.Column("far_reason", sa.String(), nullable=True),
        sa.Column("faded_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("visits", column)
    op.create_index(
        "ix_visits_exact", "visits", ["arrived_at"],
        postgresql_where=sa.text("arrived_point IS NOT NULL AND faded_at IS NULL"),
    )  # fmt: skip


def _pins() -> None:
    op.drop_constraint(op.f("ck_accounts_location_source"), "accounts")
    op.create_check_constraint(
        op.f("ck_accounts_location_source"), "accounts", f"location_source IN ({SOURCES}, 'check_in')"
    )
    op.create_table(
        "pin_moves",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), server_default="open", nullable=False),
        sa.Column("place", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("check_ins", sa.Integer(), nullable=False),
        sa.Column("spread_metres", sa.Integer(), nullable=False),
        sa.Column("moved_metres", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("place_before", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("source_before", sa.String(), nullable=True),
        sa.Column("precision_before", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'accepted', 'dismissed')", name=op.f("ck_pin_moves_status")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_pin_moves_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_pin_moves_decided_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_moves")),
        sa.UniqueConstraint("uuid", name=op.f("uq_pin_moves_uuid")),
    )
    op.create_index("ix_pin_moves_account", "pin_moves", ["account_id"])
    op.create_index("ix_pin_moves_open", "pin_moves", ["id"], postgresql_where=sa.text("status = 'open'"))
    _guard("pin_moves", ACCOUNT, ACCOUNT)


def _days() -> None:
    op.add_column("users", sa.Column("map_app", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_users_map_app"), "users", "map_app IN ('google', 'apple', 'waze', 'kakao', 'naver')"
    )
    op.execute("GRANT SELECT (map_app) ON users TO gcrm_all, gcrm_scoped")
    op.execute("GRANT INSERT (map_app), UPDATE (map_app) ON users TO gcrm_all")
    op.add_column("day_plans", sa.Column("late_minutes", sa.Integer(), nullable=True))
    op.add_column("day_plans", sa.Column("late_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("day_plans", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("day_plans", sa.Column("start_faded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stops", sa.Column("skip_reason", sa.String(), nullable=True))


def _mileage() -> None:
    op.create_table(
        "mileage_days",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("odometer_start_km", sa.Double(), nullable=True),
        sa.Column("odometer_end_km", sa.Double(), nullable=True),
        sa.Column("planned_metres", sa.Integer(), nullable=True),
        sa.Column("driven_metres", sa.Integer(), nullable=False),
        sa.Column("is_by_odometer", sa.Boolean(), nullable=False),
        sa.Column("private_metres", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("visits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("odometer_end_km >= odometer_start_km", name=op.f("ck_mileage_days_odometer")),
        sa.CheckConstraint("private_metres BETWEEN 0 AND driven_metres", name=op.f("ck_mileage_days_private")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mileage_days_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mileage_days")),
        sa.UniqueConstraint("uuid", name=op.f("uq_mileage_days_uuid")),
        sa.UniqueConstraint("user_id", "day", name=op.f("uq_mileage_days_user_id_day")),
    )
    _guard("mileage_days", f"{MINE} OR {MY_PEOPLE}", MINE)


def _guard(table: str, seen: str, written: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({seen}) WITH CHECK ({written})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_scoped")
    op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.drop_table("mileage_days")
    op.drop_column("stops", "skip_reason")
    for column in ("start_faded_at", "accepted_at", "late_at", "late_minutes"):
        op.drop_column("day_plans", column)
    op.drop_column("users", "map_app")
    op.drop_table("pin_moves")
    op.execute("UPDATE accounts SET location_source = 'pin' WHERE location_source = 'check_in'")
    op.drop_constraint(op.f("ck_accounts_location_source"), "accounts")
    op.create_check_constraint(op.f("ck_accounts_location_source"), "accounts", f"location_source IN ({SOURCES})")
    op.drop_index("ix_visits_exact", "visits")
    for column in ("faded_at", "far_reason", "radius_metres", "position_at"):
        op.drop_column("visits", column)
    for table in ("accounts", "organisation"):
        op.drop_column(table, "check_in_metres")
    op.execute("DROP FUNCTION gcrm_cell_centre")
