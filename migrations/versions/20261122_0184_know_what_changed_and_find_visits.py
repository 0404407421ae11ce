"""Know whether anything was written that a map of accounts may show, and find visits by their time.

Revision ID: 20261122_0184
Revises: 20261122_0183
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0184"
down_revision = "20261122_0183"
branch_labels = None
depends_on = None

NOTE = """
CREATE FUNCTION gcrm_note_map_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO map_writes DEFAULT VALUES;
  RETURN NULL;
END $$;
"""

# Many writes become one that counts for all of them, so that neither their number nor their marks together change.
FOLD = """
CREATE FUNCTION gcrm_fold_map_writes() RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM map_writes RETURNING n, mark)
  INSERT INTO map_writes (n, mark) SELECT sum(n), bit_xor(mark) FROM gone HAVING count(*) > 0
$$;
"""

# Of an account what a tile tells, and what the database places it by.
ACCOUNT = "uuid, name, status, tier, annual_value_minor, currency, location, grid_key, owner_id, owner_named, territory_id, parent_id"
WATCHED = {
    "accounts": f"INSERT OR DELETE OR UPDATE OF {ACCOUNT}",
    "account_shares": "INSERT OR DELETE OR UPDATE",
    "users": "INSERT OR DELETE OR UPDATE OF uuid, email, team_id, role, active",
    "teams": "INSERT OR DELETE OR UPDATE OF uuid, parent_id",
    "territories": "INSERT OR DELETE OR UPDATE OF uuid, parent_id",
    "organisation": "INSERT OR DELETE OR UPDATE OF currency",
}
"""What decides which accounts somebody sees or selects, and what a tile says of them."""


def upgrade() -> None:
    op.create_table(
        "map_writes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column(
            "mark", sa.BigInteger, nullable=False, server_default=sa.text("(random() * (2::bigint ^ 62))::bigint")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_map_writes"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "500"},
    )
    op.execute(NOTE)
    op.execute(FOLD)
    for table, when in WATCHED.items():
        for name, verbs in (("writes", when), ("emptied", "TRUNCATE")):
            op.execute(
                f"CREATE TRIGGER {table}_map_{name} AFTER {verbs} ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION gcrm_note_map_write()"
            )
    op.execute("GRANT SELECT ON map_writes TO gcrm_web")
    op.execute("REVOKE ALL ON FUNCTION gcrm_fold_map_writes FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION gcrm_fold_map_writes TO gcrm_web")
    op.execute("INSERT INTO map_writes DEFAULT VALUES")
    # A county's accounts in their order: a page of them is read without all the others.
    op.execute("DROP INDEX ix_accounts_county")
    op.execute("CREATE INDEX ix_accounts_county ON accounts (county_id, id)")
    op.execute("CREATE INDEX ix_visits_at ON visits (coalesce(finished_at, arrived_at, starts_at), id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_visits_at")
    op.execute("DROP INDEX ix_accounts_county")
    op.execute("CREATE INDEX ix_accounts_county ON accounts (county_id)")
    for table in WATCHED:
        for name in ("writes", "emptied"):
            op.execute(f"DROP TRIGGER {table}_map_{name} ON {table}")
    op.execute("DROP FUNCTION gcrm_fold_map_writes, gcrm_note_map_write")
    op.drop_table("map_writes")
