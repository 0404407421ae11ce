"""Lend an account for a time: to the colleague whose plan visits it.

Revision ID: 20261122_0174
Revises: 20261122_0173
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0174"
down_revision = "20261122_0173"
branch_labels = None
depends_on = None

SHARED = """
CREATE OR REPLACE FUNCTION gcrm_shared_accounts() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(
    (SELECT array_agg(account_id) FROM account_shares
      WHERE user_id = (SELECT id FROM users WHERE id = gcrm_principal() AND active){lent}), '{{}}'::bigint[])
    || coalesce(string_to_array(nullif(current_setting('gcrm.written', true), ''), ',')::bigint[], '{{}}'::bigint[])
$$;
"""
# A day ends at another hour for each rep; the server's is at most one day ahead of any of theirs.
LENT = " AND (until IS NULL OR until >= current_date - 1)"


def upgrade() -> None:
    op.add_column("account_shares", sa.Column("until", sa.Date(), nullable=True))
    op.execute(SHARED.format(lent=LENT))


def downgrade() -> None:
    op.execute(SHARED.format(lent=""))
    # A loan ends with what knows of its end.
    op.execute("DELETE FROM account_shares WHERE until IS NOT NULL")
    op.drop_column("account_shares", "until")
