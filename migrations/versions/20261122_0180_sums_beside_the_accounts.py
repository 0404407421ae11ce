"""Keep sums of accounts by map cell and by region beside the accounts, for maps of a million.

Revision ID: 20261122_0180
Revises: 20261122_0174
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0180"
down_revision = "20261122_0174"
branch_labels = None
depends_on = None

AMOUNTS = ("value", "potential", "white_space")
FOREIGN = ("foreign_accounts", "foreign_values", "foreign_potentials")

CLASS = """
-- Status and tier as one small number, eight tiers to a status; a sum over all of them has -1.
CREATE FUNCTION gcrm_sum_class(status text, tier text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE status WHEN 'prospect' THEN 0 WHEN 'customer' THEN 8 ELSE 16 END
  + CASE tier WHEN 'A' THEN 0 WHEN 'B' THEN 1 WHEN 'C' THEN 2 WHEN 'D' THEN 3 ELSE 4 END)::smallint;
"""

# What an account adds to each sum it is part of; amounts in other currencies are counted, and in no sum.
FACTS = """
  {row}.owner_id, {row}.territory_id, {row}.grid_key, gcrm_sum_class({row}.status, {row}.tier),
  coalesce({row}.state_id, {nowhere}), coalesce({row}.county_id, {nowhere}), coalesce({row}.municipality_id, {nowhere}),
  {sign},
  CASE WHEN {row}.currency = ours THEN {sign} * coalesce({row}.annual_value_minor, 0) ELSE 0 END,
  CASE WHEN {row}.currency = ours THEN {sign} * coalesce({row}.potential_minor, 0) ELSE 0 END,
  CASE WHEN {row}.currency = ours THEN {sign} * coalesce({row}.potential_minor - coalesce({row}.annual_value_minor, 0), 0) ELSE 0 END,
  CASE WHEN {row}.currency = ours THEN 0 ELSE {sign} END,
  CASE WHEN {row}.currency = ours OR {row}.annual_value_minor IS NULL THEN 0 ELSE {sign} END,
  CASE WHEN {row}.currency = ours OR {row}.potential_minor IS NULL THEN 0 ELSE {sign} END,
  {sign} * coalesce(round(ST_X({row}.location) * 1000000)::int, 0), {sign} * coalesce(round(ST_Y({row}.location) * 1000000)::int, 0)
"""
COLUMNS = (
    "owner_id, territory_id, grid_key, class, state_id, county_id, municipality_id, n, value, potential, white_space,"
    " foreign_accounts, foreign_values, foreign_potentials, lon, lat"
)


def facts(row: str, sign: int) -> str:
    """0 is outside every region of a level, -2 outside those of all levels, -1 without a place."""
    nowhere = f"CASE WHEN {row}.grid_key IS NULL THEN -1 WHEN {row}.placed = 'outside' THEN -2 ELSE 0 END"
    return FACTS.format(row=row, sign=sign, nowhere=nowhere)


NOTE = f"""
-- Writers append what changed and never touch a sum, so that none waits for another.
CREATE FUNCTION gcrm_note_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  ours text := (SELECT currency FROM organisation);
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO account_changes ({COLUMNS}) SELECT {facts("a", 1)} FROM new_rows AS a;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO account_changes ({COLUMNS}) SELECT {facts("a", -1)} FROM old_rows AS a;
  ELSE
    WITH pairs AS (
      SELECT o, a FROM old_rows AS o JOIN new_rows AS a USING (id)
      WHERE (o.owner_id, o.territory_id, o.grid_key, o.status, o.tier, o.state_id, o.county_id, o.municipality_id, o.placed, o.currency,
             o.annual_value_minor, o.potential_minor)
        IS DISTINCT FROM (a.owner_id, a.territory_id, a.grid_key, a.status, a.tier, a.state_id, a.county_id, a.municipality_id, a.placed,
             a.currency, a.annual_value_minor, a.potential_minor)
        OR NOT coalesce(ST_OrderingEquals(o.location, a.location), o.location IS NULL AND a.location IS NULL)
    )
    INSERT INTO account_changes ({COLUMNS})
      SELECT {facts("(o)", -1)} FROM pairs UNION ALL SELECT {facts("(a)", 1)} FROM pairs;
  END IF;
  RETURN NULL;
END $$;

-- Who is in which team, and which territory in which, changed: sums by either are made right by the next fold.
CREATE FUNCTION gcrm_note_parts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO moved_parts (kind) VALUES (TG_ARGV[0]::smallint);
  RETURN NULL;
END $$;

-- Sums of money are in the organisation's currency: with another one they begin anew.
CREATE FUNCTION gcrm_sum_anew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  ours text := (SELECT currency FROM organisation);
BEGIN
  LOCK TABLE account_changes IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cell_sums;
  DELETE FROM region_sums;
  DELETE FROM account_changes;
  INSERT INTO account_changes ({COLUMNS}) SELECT {facts("a", 1)} FROM accounts AS a;
END $$;

CREATE FUNCTION gcrm_sum_in_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gcrm_sum_anew();
  RETURN NULL;
END $$;
"""

ADDED = ", ".join(f"sum({c})::bigint AS {c}" for c in ("n", *AMOUNTS, *FOREIGN, "lon", "lat"))

FOLD = f"""
-- The sums of at most so many changes, added to what is there, in one statement and so from one picture of the database:
-- in it the sums so far and all changes together are what the accounts say. Moves between teams and between territories
-- follow once no change is left over. Answers how many changes are still there.
CREATE FUNCTION gcrm_fold_sums(most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET work_mem = '128MB' AS $$
DECLARE
  ours text := (SELECT currency FROM organisation);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('gcrm_fold_sums'));
  WITH RECURSIVE
  chosen AS MATERIALIZED (SELECT id FROM account_changes ORDER BY id LIMIT most),
  gone AS (DELETE FROM account_changes WHERE id IN (SELECT id FROM chosen) RETURNING *),
  whole AS MATERIALIZED (
    SELECT NOT EXISTS (SELECT FROM account_changes WHERE id > (SELECT max(id) FROM chosen)) AS is_all
  ),
  teams_up AS (
    SELECT id AS member_id, id AS part_id FROM teams
    UNION SELECT member_id, parent_id FROM teams_up JOIN teams ON teams.id = part_id WHERE parent_id IS NOT NULL
  ),
  territories_up AS (
    SELECT id AS member_id, id AS part_id FROM territories
    UNION SELECT member_id, parent_id FROM territories_up JOIN territories ON territories.id = part_id
      WHERE parent_id IS NOT NULL
  ),
  wanted AS MATERIALIZED (
    SELECT 1::smallint AS kind, users.id AS member_id, part_id FROM users JOIN teams_up ON member_id = team_id
    UNION ALL SELECT 2::smallint, member_id, part_id FROM territories_up
  ),
  moved AS MATERIALIZED (
    SELECT kind, member_id, part_id, 1 AS sign FROM (SELECT * FROM wanted EXCEPT SELECT * FROM sum_parts) AS joined
      WHERE (SELECT coalesce(is_all, true) FROM whole)
    UNION ALL
    SELECT kind, member_id, part_id, -1 FROM (SELECT * FROM sum_parts EXCEPT SELECT * FROM wanted) AS quit
      WHERE (SELECT coalesce(is_all, true) FROM whole)
  ),
  joined AS (INSERT INTO sum_parts SELECT kind, member_id, part_id FROM moved WHERE sign = 1),
  quit AS (DELETE FROM sum_parts USING moved WHERE sign = -1 AND sum_parts.kind = moved.kind
    AND sum_parts.member_id = moved.member_id AND sum_parts.part_id = moved.part_id),
  told AS (DELETE FROM moved_parts WHERE (SELECT coalesce(is_all, true) FROM whole)),
  facts AS (
    SELECT 0::smallint AS kind, 0 AS part_id, {COLUMNS} FROM gone
    UNION ALL SELECT kind, part_id, {COLUMNS} FROM gone JOIN sum_parts ON kind = 1 AND member_id = owner_id
    UNION ALL SELECT kind, part_id, {COLUMNS} FROM gone JOIN sum_parts ON kind = 2 AND member_id = territory_id
    UNION ALL SELECT kind, part_id, {facts("a", 1)} FROM moved JOIN accounts AS a ON kind = 1 AND owner_id = member_id WHERE sign = 1
    UNION ALL SELECT kind, part_id, {facts("a", -1)} FROM moved JOIN accounts AS a ON kind = 1 AND owner_id = member_id WHERE sign = -1
    UNION ALL SELECT kind, part_id, {facts("a", 1)} FROM moved JOIN accounts AS a ON kind = 2 AND territory_id = member_id WHERE sign = 1
    UNION ALL SELECT kind, part_id, {facts("a", -1)} FROM moved JOIN accounts AS a ON kind = 2 AND territory_id = member_id WHERE sign = -1
  ),
  near AS MATERIALIZED (
    SELECT kind, part_id, class, grid_key >> 30 AS cell, state_id, county_id, municipality_id, {ADDED}
    FROM facts GROUP BY 1, 2, 3, 4, 5, 6, 7
  ),
  cells AS (
    INSERT INTO cell_sums AS sums (kind, part_id, zoom, class, cell, n, prospects, customers, value, lon, lat)
    SELECT kind, part_id, zoom, shown, cell >> (2 * (15 - zoom)), sum(n),
      coalesce(sum(n) FILTER (WHERE class < 8), 0), coalesce(sum(n) FILTER (WHERE class BETWEEN 8 AND 15), 0),
      sum(value), sum(lon), sum(lat)
    FROM near CROSS JOIN LATERAL (VALUES (15::smallint, -1::smallint), (13, -1), (11, -1), (9, -1), (13, class), (11, class), (9, class))
      AS grain (zoom, shown)
    WHERE cell IS NOT NULL AND (zoom < 15 OR kind = 0)
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5 -- what a map reads together lies together
    ON CONFLICT (kind, part_id, zoom, class, cell) DO UPDATE SET
      n = sums.n + excluded.n, prospects = sums.prospects + excluded.prospects, customers = sums.customers + excluded.customers,
      value = sums.value + excluded.value, lon = sums.lon + excluded.lon, lat = sums.lat + excluded.lat
  )
  INSERT INTO region_sums AS sums (kind, part_id, level, class, region_id, n, prospects, customers, {", ".join((*AMOUNTS, *FOREIGN))})
    SELECT kind, part_id, level, shown, region_id, sum(n),
      coalesce(sum(n) FILTER (WHERE class < 8), 0), coalesce(sum(n) FILTER (WHERE class BETWEEN 8 AND 15), 0),
      {", ".join(f"sum({c})" for c in (*AMOUNTS, *FOREIGN))}
    FROM near CROSS JOIN LATERAL (VALUES (1::smallint, state_id, -1::smallint), (2, county_id, -1), (3, municipality_id, -1),
      (1, state_id, class), (2, county_id, class), (3, municipality_id, class)) AS grain (level, region_id, shown)
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5 -- what a map reads together lies together
    ON CONFLICT (kind, part_id, level, class, region_id) DO UPDATE SET
      n = sums.n + excluded.n, prospects = sums.prospects + excluded.prospects, customers = sums.customers + excluded.customers,
      {", ".join(f"{c} = sums.{c} + excluded.{c}" for c in (*AMOUNTS, *FOREIGN))};
  RETURN (SELECT count(*) FROM account_changes);
END $$;
"""

SIGHT = """
CREATE FUNCTION gcrm_visible_teams() RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH RECURSIVE subtree AS (
    SELECT team_id AS id FROM users
      WHERE id = gcrm_principal() AND active AND role = 'manager' AND team_id IS NOT NULL
    UNION SELECT teams.id FROM teams JOIN subtree ON teams.parent_id = subtree.id
  ) SELECT array_agg(id) FROM subtree
$$;
"""
SUMS = ("cell_sums", "region_sums")
TRIGGERS = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def upgrade() -> None:
    _tables()
    op.execute(CLASS)
    op.execute(NOTE)
    op.execute(FOLD)
    op.execute(SIGHT)
    for verb, rows in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER account_sums_{verb} AFTER {verb.upper()} ON accounts REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION gcrm_note_changes()"
        )
    for table, kind, when in (
        ("users", 1, "INSERT OR DELETE OR UPDATE OF team_id"),
        ("teams", 1, "DELETE OR UPDATE OF parent_id"),
        ("territories", 2, "INSERT OR DELETE OR UPDATE OF parent_id"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_parts AFTER {when} ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION gcrm_note_parts('{kind}')"
        )
    op.execute(
        "CREATE TRIGGER organisation_sums AFTER UPDATE OF currency ON organisation FOR EACH ROW"
        " WHEN (OLD.currency IS DISTINCT FROM NEW.currency) EXECUTE FUNCTION gcrm_sum_in_currency()"
    )
    for table in (*SUMS, "account_changes"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true)")
    for table in SUMS:
        op.execute(
            f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped"
            " USING (kind = 1 AND part_id = ANY ((SELECT gcrm_visible_teams())::int[]))"
        )
    op.execute(
        "CREATE POLICY account_changes_scoped ON account_changes TO gcrm_scoped"
        " USING (owner_id = ANY ((SELECT gcrm_visible_owners())::int[]))"
    )
    op.execute(
        "GRANT SELECT ON cell_sums, region_sums, account_changes, sum_parts, moved_parts TO gcrm_all, gcrm_scoped"
    )
    op.execute("REVOKE ALL ON FUNCTION gcrm_fold_sums, gcrm_sum_anew FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION gcrm_fold_sums, gcrm_sum_anew TO gcrm_all")
    op.execute("SELECT gcrm_sum_anew()")


def _tables() -> None:
    key = [("kind", sa.SmallInteger), ("part_id", sa.Integer)]
    for table, place, amounts in (
        ("cell_sums", [("zoom", sa.SmallInteger), ("cell", sa.BigInteger)], ("value", "lon", "lat")),
        ("region_sums", [("level", sa.SmallInteger), ("region_id", sa.Integer)], (*AMOUNTS, *FOREIGN)),
    ):
        names = [*key, place[0], ("class", sa.SmallInteger), place[1]]
        op.create_table(
            table,
            *(sa.Column(name, kind, autoincrement=False, nullable=False) for name, kind in names),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("n", "prospects", "customers", *amounts)),
            sa.PrimaryKeyConstraint(*(name for name, _kind in names), name=f"pk_{table}"),
            # Room beside each row, so that a fold rewrites it on its own page and no index.
            postgresql_with={"fillfactor": "80"},
        )
    op.create_table(
        "account_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *(sa.Column(name, sa.Integer) for name in ("owner_id", "territory_id")),
        sa.Column("grid_key", sa.BigInteger),
        sa.Column("class", sa.SmallInteger, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("state_id", "county_id", "municipality_id")),
        sa.Column("n", sa.SmallInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in AMOUNTS),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in FOREIGN),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("lon", "lat")),
        sa.PrimaryKeyConstraint("id", name="pk_account_changes"),
        # It is emptied every few seconds: what is dead in it goes before a map has to read past it.
        postgresql_with={"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "2000"},
    )
    op.create_index("ix_account_changes_grid_key", "account_changes", ["grid_key"])
    op.create_table(
        "sum_parts",
        *(
            sa.Column(name, kind, autoincrement=False, nullable=False)
            for name, kind in (("kind", sa.SmallInteger), ("member_id", sa.Integer), ("part_id", sa.Integer))
        ),
        sa.PrimaryKeyConstraint("kind", "member_id", "part_id", name="pk_sum_parts"),
    )
    op.create_table(
        "moved_parts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moved_parts"),
    )


def downgrade() -> None:
    for verb in TRIGGERS:
        op.execute(f"DROP TRIGGER account_sums_{verb} ON accounts")
    op.execute("DROP TRIGGER organisation_sums ON organisation")
    for table in ("users", "teams", "territories"):
        op.execute(f"DROP TRIGGER {table}_parts ON {table}")
    op.execute("DROP FUNCTION gcrm_fold_sums, gcrm_sum_in_currency, gcrm_sum_anew, gcrm_note_parts, gcrm_note_changes")
    for table in ("moved_parts", "sum_parts", "account_changes", *SUMS):
        op.drop_table(table)
    op.execute("DROP FUNCTION gcrm_visible_teams, gcrm_sum_class")
