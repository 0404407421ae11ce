"""Keep what a territory was before it was saved, let its regions count as its content, and count what lies in one.

Revision ID: 20261121_0111
Revises: 20261121_0130
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0111"
down_revision = "20261121_0130"
branch_labels = None
depends_on = None

COUNTS = """
CREATE FUNCTION gcrm_territory_counts(territory int, OUT accounts bigint, OUT owner_named bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*), count(*) FILTER (WHERE accounts.owner_named) FROM accounts WHERE territory_id = territory
$$;
"""


def upgrade() -> None:
    op.add_column("territories", sa.Column("regions_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("placings", sa.Column("before", postgresql.JSONB(), nullable=True))
    op.execute(COUNTS)


def downgrade() -> None:
    op.execute("DROP FUNCTION gcrm_territory_counts")
    op.drop_column("placings", "before")
    op.drop_column("territories", "regions_changed_at")
