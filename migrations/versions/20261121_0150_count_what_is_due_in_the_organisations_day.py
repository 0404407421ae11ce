"""Count what is due by the organisation's own day, and find the latest visits by index.

Revision ID: 20261121_0150
Revises: 20261121_0111
"""

from __future__ import annotations

from alembic import op

revision = "20261121_0150"
down_revision = "20261121_0111"
branch_labels = None
depends_on = None

TODAY = """
-- The date on the organisation's calendar: the database's own is that of its time zone.
CREATE FUNCTION gcrm_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN (now() AT TIME ZONE coalesce((SELECT timezone FROM organisation WHERE id = 1), 'UTC'))::date
"""


def upgrade() -> None:
    op.execute(TODAY)
    op.execute(
        "CREATE INDEX ix_visits_finished ON visits (finished_at DESC) INCLUDE (account_id, user_id)"
        " WHERE finished_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_visits_finished")
    op.execute("DROP FUNCTION gcrm_today()")
