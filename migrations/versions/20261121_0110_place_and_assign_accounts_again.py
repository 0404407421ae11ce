"""Place accounts again when regions change, assign them again when territories do, and keep how far that is.

Revision ID: 20261121_0110
Revises: 20261121_0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0110"
down_revision = "20261121_0003"
branch_labels = None
depends_on = None

PLACING = """
-- Accounts that a change of these regions may concern: those that carry them, and those in or within 2 km of them.
CREATE FUNCTION gcrm_accounts_of_regions(region_ids int[], reach geometry, after_id bigint)
RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT accounts.id FROM accounts
  WHERE accounts.id > after_id AND accounts.location IS NOT NULL AND (
    accounts.state_id = ANY (region_ids) OR accounts.county_id = ANY (region_ids)
    OR accounts.municipality_id = ANY (region_ids)
    OR accounts.location && reach AND EXISTS (
      SELECT 1 FROM regions WHERE regions.id = ANY (region_ids) AND regions.boundary && ST_Expand(
        accounts.location, 0.02 / greatest(0.02, cos(radians(ST_Y(accounts.location)))), 0.02)))
$$;

CREATE FUNCTION gcrm_reach(region_ids int[]) RETURNS geometry LANGUAGE sql STABLE AS $$
  SELECT ST_Expand(ST_SetSRID(ST_Extent(boundary), 4326), 1, 0.02) FROM regions WHERE id = ANY (region_ids)
$$;

CREATE FUNCTION gcrm_to_place_again(region_ids int[]) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM gcrm_accounts_of_regions(region_ids, gcrm_reach(region_ids), 0)
$$;

-- One chunk: the trigger account_1_place writes the regions anew. `last_id` is where the next chunk goes on, null at the end.
CREATE FUNCTION gcrm_place_again(region_ids int[], after_id bigint, at_most int, OUT placed int, OUT last_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  chunk bigint[];
BEGIN
  SELECT array_agg(id ORDER BY id) INTO chunk FROM (
    SELECT id FROM gcrm_accounts_of_regions(region_ids, gcrm_reach(region_ids), after_id) AS found(id)
    ORDER BY id LIMIT at_most) AS next_ones;
  PERFORM set_config('gcrm.place_again', 'on', true);
  UPDATE accounts SET location = location WHERE id = ANY (chunk);
  PERFORM set_config('gcrm.place_again', '', true);
  placed := coalesce(array_length(chunk, 1), 0);
  last_id := CASE WHEN placed = at_most THEN chunk[placed] END;
END $$;
"""

ASSIGNING = """
-- Accounts whose territory or owner a change of these regions or territories may concern.
CREATE FUNCTION gcrm_accounts_of_territories(region_ids int[], territory_ids int[], after_id bigint)
RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT id FROM accounts WHERE id > after_id AND (
    state_id = ANY (region_ids) OR county_id = ANY (region_ids) OR municipality_id = ANY (region_ids)
    OR territory_id = ANY (territory_ids))
$$;

CREATE FUNCTION gcrm_to_assign_territories(region_ids int[], territory_ids int[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM gcrm_accounts_of_territories(region_ids, territory_ids, 0)
$$;

-- One chunk: the trigger account_1_place writes territory and owner anew.
CREATE FUNCTION gcrm_assign_territories(
  region_ids int[], territory_ids int[], after_id bigint, at_most int, OUT assigned int, OUT last_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  chunk bigint[];
BEGIN
  SELECT array_agg(id ORDER BY id) INTO chunk FROM (
    SELECT id FROM gcrm_accounts_of_territories(region_ids, territory_ids, after_id) AS found(id)
    ORDER BY id LIMIT at_most) AS next_ones;
  UPDATE accounts SET territory_id = territory_id WHERE id = ANY (chunk);
  assigned := coalesce(array_length(chunk, 1), 0);
  last_id := CASE WHEN assigned = at_most THEN chunk[assigned] END;
END $$;
"""

FIGURES = """
-- What lies in each territory by itself, as far as the asker sees; value only of accounts in the given currency.
CREATE FUNCTION gcrm_territory_figures(money text, today date)
RETURNS TABLE (territory_id int, accounts bigint, customers bigint, prospects bigint, value_minor bigint,
  in_other_currency bigint, owner_named bigint, visited bigint, overdue bigint) LANGUAGE sql STABLE AS $$
  SELECT territory_id, count(*), count(*) FILTER (WHERE status = 'customer'),
    count(*) FILTER (WHERE status = 'prospect'),
    coalesce(sum(annual_value_minor) FILTER (WHERE currency = money), 0)::bigint,
    count(*) FILTER (WHERE currency <> money AND annual_value_minor IS NOT NULL),
    count(*) FILTER (WHERE owner_named),
    count(*) FILTER (WHERE last_visited_on > today - 90),
    count(*) FILTER (WHERE cadence_days IS NOT NULL AND status <> 'former'
      AND coalesce(last_visited_on + cadence_days < today, true))
  FROM accounts GROUP BY territory_id
$$;

-- Accounts in no territory by their region of a level; null for those that lie in none.
CREATE FUNCTION gcrm_unassigned(wanted text) RETURNS TABLE (region_id int, accounts bigint) LANGUAGE sql STABLE AS $$
  SELECT CASE wanted WHEN 'state' THEN state_id WHEN 'municipality' THEN municipality_id ELSE county_id END AS region_id,
    count(*) FROM accounts WHERE territory_id IS NULL GROUP BY 1
$$;

-- What a territory would hold with other regions at another depth: accounts by the territory they are in and would be in.
CREATE FUNCTION gcrm_territory_preview(territory int, region_ids int[], depth int, money text)
RETURNS TABLE (now_id int, then_id int, accounts bigint, owner_named bigint, value_minor bigint) LANGUAGE sql STABLE AS $$
  WITH held AS (
    SELECT territory_id, region_id, gcrm_territory_depth(territory_id) AS depth
    FROM territory_regions WHERE territory_id <> territory
    UNION ALL SELECT territory, unnest(region_ids), depth
  ), groups AS (
    SELECT accounts.territory_id, state_id, county_id, municipality_id, count(*) AS accounts,
      count(*) FILTER (WHERE accounts.owner_named) AS owner_named,
      coalesce(sum(annual_value_minor) FILTER (WHERE currency = money), 0) AS value_minor
    FROM accounts WHERE accounts.territory_id = territory OR state_id = ANY (region_ids)
      OR county_id = ANY (region_ids) OR municipality_id = ANY (region_ids)
    GROUP BY 1, 2, 3, 4
  )
  SELECT groups.territory_id, winner.territory_id, sum(groups.accounts)::bigint, sum(groups.owner_named)::bigint,
    sum(groups.value_minor)::bigint
  FROM groups LEFT JOIN LATERAL (
    SELECT held.territory_id FROM held WHERE held.region_id IN (state_id, county_id, municipality_id)
    ORDER BY array_position(ARRAY[municipality_id, county_id, state_id], held.region_id), held.depth DESC,
      held.territory_id LIMIT 1) AS winner ON true
  GROUP BY 1, 2
$$;

-- How many accounts lie inside a region, near one, outside all, or have no location.
CREATE FUNCTION gcrm_places() RETURNS TABLE (placed text, accounts bigint) LANGUAGE sql STABLE AS $$
  SELECT coalesce(placed, 'unplaced'), count(*) FROM accounts GROUP BY 1
$$;
"""

FUNCTIONS = (
    "gcrm_places", "gcrm_territory_preview", "gcrm_unassigned", "gcrm_territory_figures", "gcrm_assign_territories",
    "gcrm_to_assign_territories", "gcrm_accounts_of_territories", "gcrm_place_again", "gcrm_to_place_again",
    "gcrm_reach", "gcrm_accounts_of_regions",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "placings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="queued", nullable=False),
        sa.Column("step", sa.String(), server_default="", nullable=False),
        sa.Column("region_ids", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("territory_ids", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("after_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('regions', 'territories')", name=op.f("ck_placings_kind")),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_placings_status")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_placings_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placings")),
        sa.UniqueConstraint("uuid", name=op.f("uq_placings_uuid")),
    )
    op.execute(PLACING)
    op.execute(ASSIGNING)
    op.execute(FIGURES)
    op.execute("GRANT SELECT, INSERT, UPDATE ON placings TO gcrm_all")
    op.execute("GRANT USAGE ON SEQUENCE placings_id_seq TO gcrm_all")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {', '.join(FUNCTIONS)}")
    op.drop_table("placings")
