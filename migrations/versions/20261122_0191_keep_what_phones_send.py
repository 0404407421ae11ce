"""Keep what phones send: acts, once each, and the phones themselves.

Revision ID: 20261122_0191
Revises: 20261122_0190
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "20261122_0191"
down_revision = "20261122_0190"
branch_labels = None
depends_on = None

STATES = ("kept", "applied", "merged", "refused", "conflict")
OWN_PEOPLE = "user_id = ANY ((SELECT gcrm_visible_owners())::int[])"
MINE = "user_id = (SELECT gcrm_principal())"

# The number of an account that stood on a plan published to the principal: the account itself is out of sight by then.
PLANNED = """
CREATE FUNCTION gcrm_planned_account(public uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT id FROM accounts WHERE accounts.uuid = public AND gcrm_was_planned(accounts.id)
$$;
"""
# Whose acts are to be applied, those that wait for something or the others: their places and notes stay closed to whoever asks.
WAITING = """
CREATE FUNCTION gcrm_people_with_kept_acts(waiting boolean) RETURNS TABLE (user_id int, role text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT field_acts.user_id, users.role::text, min(field_acts.received_at)
  FROM field_acts JOIN users ON users.id = field_acts.user_id
  WHERE field_acts.state = 'kept' AND (field_acts.why IS NOT NULL) = waiting GROUP BY 1, 2 ORDER BY 3
$$;
"""


def upgrade() -> None:
    op.create_table(
        "field_phones",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("phone", UUID(as_uuid=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        _instant("first_seen_at", "clock_timestamp()"),
        _instant("last_seen_at", "clock_timestamp()"),
        _instant("lost_at"),
        _instant("wiped_at"),
        sa.PrimaryKeyConstraint("id", name="pk_field_phones"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_field_phones_user_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("phone", "user_id", name="uq_field_phones_phone_user_id"),
    )
    op.create_index("ix_field_phones_user", "field_phones", ["user_id"])
    op.create_table(
        "field_acts",
        sa.Column("id", UUID(as_uuid=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("phone", UUID(as_uuid=True), nullable=False),
        sa.Column("tab", UUID(as_uuid=True), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        _instant("said_at", is_needed=True),
        _instant("at", is_needed=True),
        _instant("received_at", "clock_timestamp()"),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("accuracy_metres", sa.Float(), nullable=True),
        _instant("place_taken_at"),
        sa.Column("no_place", sa.String(), nullable=True),
        _instant("faded_at"),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("amends", UUID(as_uuid=True), nullable=True),
        sa.Column("state", sa.String(), server_default="kept", nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("words", JSONB(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("current", JSONB(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        _instant("applied_at"),
        sa.PrimaryKeyConstraint("id", name="pk_field_acts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_field_acts_user_id_users", ondelete="CASCADE"),
        sa.CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name=op.f("ck_field_acts_state")),
    )
    op.create_index(
        "ix_field_acts_kept", "field_acts", ["user_id", "at", "seq"], postgresql_where=sa.text("state = 'kept'")
    )
    op.create_index("ix_field_acts_user_at", "field_acts", ["user_id", sa.text("at DESC")])
    op.create_index("ix_field_acts_phone_seq", "field_acts", ["phone", "seq"])
    op.create_index(
        "ix_field_acts_place", "field_acts", ["received_at"],
        postgresql_where=sa.text("lon IS NOT NULL AND faded_at IS NULL"),
    )  # fmt: skip
    op.execute(PLANNED)
    op.execute(WAITING)
    _protect()


def _instant(name: str, default: str | None = None, is_needed: bool = False) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=default is None and not is_needed,
        server_default=sa.text(default) if default else None,
    )  # fmt: skip


def _protect() -> None:
    for table in ("field_phones", "field_acts"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_scoped")
    op.execute(
        f"CREATE POLICY field_phones_scoped ON field_phones TO gcrm_scoped USING ({OWN_PEOPLE}) WITH CHECK ({OWN_PEOPLE})"
    )
    op.execute(f"CREATE POLICY field_acts_scoped ON field_acts TO gcrm_scoped USING ({OWN_PEOPLE}) WITH CHECK ({MINE})")
    # A phone is known before anybody is signed in on it, as a session is.
    op.execute("CREATE POLICY field_phones_bare ON field_phones TO gcrm_web USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON field_phones TO gcrm_web")
    op.execute("GRANT USAGE ON SEQUENCE field_phones_id_seq TO gcrm_web, gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.execute("DROP FUNCTION gcrm_people_with_kept_acts(boolean), gcrm_planned_account(uuid)")
    op.drop_table("field_acts")
    op.drop_table("field_phones")
