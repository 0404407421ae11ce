"""Keep regional sums of each status and of each tier by itself, and read figures of maps along indexes alone.

Revision ID: 20261122_0185
Revises: 20261122_0184
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "20261122_0185"
down_revision = "20261122_0184"
branch_labels = None
depends_on = None

SUM = """
-- The sum of whole numbers as one of them: `sum` makes numerics of bigints, which takes four times as long.
CREATE AGGREGATE gcrm_sum(bigint) (
  SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE)
"""

SUMS = ("n", "value", "potential", "white_space", "foreign_accounts", "foreign_values", "foreign_potentials")
KEPT = ("n", "prospects", "customers", *SUMS[1:])

# A status with all tiers has the number after its tiers', 8 * status + 7; a tier with all statuses 24 + tier.
EVERY_GRAIN = """FROM near CROSS JOIN LATERAL (VALUES (1::smallint, state_id, -1::smallint), (2, county_id, -1), (3, municipality_id, -1),
      (1, state_id, class), (2, county_id, class), (3, municipality_id, class)) AS grain (level, region_id, shown)"""
EACH_GRAIN = f"""FROM (SELECT kind, part_id, class, state_id, county_id, municipality_id, {", ".join(f"gcrm_sum({c}) AS {c}" for c in SUMS)}
        FROM near GROUP BY 1, 2, 3, 4, 5, 6) AS regional
      CROSS JOIN LATERAL (VALUES (1::smallint, state_id), (2, county_id), (3, municipality_id)) AS place (level, region_id)
      CROSS JOIN LATERAL (VALUES (-1::smallint), (class), (class | 7::smallint), (24 + class % 8)) AS grain (shown)"""

MARGINS = f"""
INSERT INTO region_sums (kind, part_id, level, class, region_id, {", ".join(KEPT)})
SELECT kind, part_id, level, shown, region_id, {", ".join(f"gcrm_sum({c})" for c in KEPT)}
FROM region_sums CROSS JOIN LATERAL (VALUES (class | 7::smallint), (24 + class % 8)) AS grain (shown)
WHERE class BETWEEN 0 AND 23 AND class % 8 < 7
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5 -- what a map reads together lies together
"""


INDEXES = {
    "ix_regions_named": "regions (level, country, code) INCLUDE (id, name, area_km2)",
    "ix_visits_met": "visits (finished_at DESC) INCLUDE (account_id) WHERE status = 'done' AND outcome IS DISTINCT FROM 'not_met'",
    "ix_accounts_cadence": "accounts (cadence_days) WHERE cadence_days IS NOT NULL",
    "ix_opportunities_closed": (
        "opportunities (closed_at) INCLUDE (account_id, stage_id, currency, amount_minor) WHERE closed_at IS NOT NULL"
    ),
}


def upgrade() -> None:
    op.execute(SUM)
    _rewrite("gcrm_fold_sums(int)", EVERY_GRAIN, EACH_GRAIN)
    op.execute(MARGINS)
    for name, what in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {what}")
    op.execute("DROP INDEX ix_opportunities_account")
    op.execute(
        "CREATE INDEX ix_opportunities_account ON opportunities (account_id)"
        " INCLUDE (stage_id, closed_at, currency, amount_minor)"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_opportunities_account")
    op.execute("CREATE INDEX ix_opportunities_account ON opportunities (account_id)")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DELETE FROM region_sums WHERE class >= 24 OR class % 8 = 7")
    _rewrite("gcrm_fold_sums(int)", EACH_GRAIN, EVERY_GRAIN)
    op.execute("DROP AGGREGATE gcrm_sum(bigint)")


def _rewrite(function: str, before: str, after: str) -> None:
    """Change a piece of a function and leave the rest of it."""
    connection = op.get_bind()
    written = connection.scalar(
        text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))"), {"function": function}
    )
    assert before in written, f"{function} is not what this migration knows"
    connection.exec_driver_sql(written.replace(before, after).replace("%", "%%"))
