"""Keep the gate, the audit trail and the places of accounts in the database itself.

Revision ID: 20261121_0002
Revises: 20261121_0001
"""

from __future__ import annotations

from alembic import op

revision = "20261121_0002"
down_revision = "20261121_0001"
branch_labels = None
depends_on = None

SIGHT = """
CREATE FUNCTION gcrm_principal() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('gcrm.principal', true), '')::int;

-- Whose accounts the principal sees: a rep the own ones, a manager those of the team's subtree.
CREATE FUNCTION gcrm_visible_owners() RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH RECURSIVE me AS (SELECT id, role, team_id FROM users WHERE id = gcrm_principal() AND active),
  subtree AS (
    SELECT team_id AS id FROM me WHERE role = 'manager' AND team_id IS NOT NULL
    UNION SELECT teams.id FROM teams JOIN subtree ON teams.parent_id = subtree.id
  )
  SELECT array_agg(id) FROM (
    SELECT id FROM me UNION SELECT users.id FROM users JOIN subtree ON users.team_id = subtree.id
  ) AS owners
$$;

-- Accounts seen one by one: shared ones, and what this very transaction wrote, so that a write which takes an account
-- out of the writer's sight succeeds and can be answered.
CREATE FUNCTION gcrm_shared_accounts() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(
    (SELECT array_agg(account_id) FROM account_shares
      WHERE user_id = (SELECT id FROM users WHERE id = gcrm_principal() AND active)), '{}'::bigint[])
    || coalesce(string_to_array(nullif(current_setting('gcrm.written', true), ''), ',')::bigint[], '{}'::bigint[])
$$;

-- Facts are accepted for 14 days for an account that stood on a plan published to the rep.
CREATE FUNCTION gcrm_was_planned(account bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM stops JOIN day_plans ON day_plans.id = stops.day_plan_id
    WHERE stops.account_id = account AND day_plans.rep_id = gcrm_principal()
      AND day_plans.published_at > now() - interval '14 days')
$$;

-- Who holds an account of that name at that place already: name, town and owner, nothing else.
CREATE FUNCTION gcrm_account_holders(name text, postcode text, street text)
RETURNS TABLE (account_name text, town text, owner_name text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT accounts.name, accounts.city, users.name
  FROM accounts LEFT JOIN users ON users.id = accounts.owner_id
  WHERE gcrm_principal() IS NOT NULL AND accounts.name_key = gcrm_name_key($1)
    AND ($2 IS NULL OR accounts.postcode IS NULL OR accounts.postcode = $2)
    AND ($3 IS NULL OR accounts.street IS NULL OR gcrm_name_key(accounts.street) = gcrm_name_key($3))
  ORDER BY accounts.id LIMIT 5
$$;
"""

PLACES = """
-- 30 bits become every second bit of 60 (Morton 1966); the constants are 0x0000FFFF0000FFFF ... 0x5555555555555555.
-- PostgreSQL gives | and << the same precedence, so the parentheses count.
CREATE FUNCTION gcrm_spread(bits bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
  bits := (bits | (bits << 16)) & 281470681808895;
  bits := (bits | (bits << 8)) & 71777214294589695;
  bits := (bits | (bits << 4)) & 1085102592571150095;
  bits := (bits | (bits << 2)) & 3689348814741910323;
  RETURN (bits | (bits << 1)) & 6148914691236517205;
END $$;

-- The first key of tile z/x/y; the tile's keys run to that of the next one, gcrm_tile_key(z, x, y) + 4^(30 - z).
CREATE FUNCTION gcrm_tile_key(z int, x bigint, y bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (gcrm_spread(x) | (gcrm_spread(y) << 1)) << (2 * (30 - z));

CREATE FUNCTION gcrm_grid_key(point geometry) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
  latitude float8 := radians(greatest(-85.0511287, least(85.0511287, ST_Y(point))));
  x bigint := floor((ST_X(point) + 180) / 360 * 1073741824);
  y bigint := floor((1 - ln(tan(latitude) + 1 / cos(latitude)) / pi()) / 2 * 1073741824);
BEGIN
  RETURN gcrm_tile_key(30, greatest(0, least(1073741823, x)), greatest(0, least(1073741823, y)));
END $$;

-- Equal-area hexagons, pointy top, on EPSG:6933; axial coordinates rounded as cubes, then packed into one number.
CREATE FUNCTION gcrm_hexagon_side(area_km2 float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN sqrt(2e6 * area_km2 / (3 * sqrt(3::float8)));

CREATE FUNCTION gcrm_hexagon(equal_area geometry, area_km2 float8) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
  side float8 := gcrm_hexagon_side(area_km2);
  q float8 := (sqrt(3::float8) / 3 * ST_X(equal_area) - ST_Y(equal_area) / 3) / side;
  r float8 := 2.0 / 3 * ST_Y(equal_area) / side;
  rounded_q float8 := round(q);
  rounded_r float8 := round(r);
  rounded_s float8 := round(-q - r);
  off_q float8 := abs(rounded_q - q);
  off_r float8 := abs(rounded_r - r);
  off_s float8 := abs(rounded_s + q + r);
BEGIN
  IF off_q > off_r AND off_q > off_s THEN rounded_q := -rounded_r - rounded_s;
  ELSIF off_r > off_s THEN rounded_r := -rounded_q - rounded_s;
  END IF;
  RETURN (rounded_q::bigint + 1048576) * 2097152 + rounded_r::bigint + 1048576;
END $$;

CREATE FUNCTION gcrm_hexagon_boundary(code bigint, area_km2 float8) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
  side float8 := gcrm_hexagon_side(area_km2);
  q float8 := code / 2097152 - 1048576;
  r float8 := code % 2097152 - 1048576;
  x float8 := side * sqrt(3::float8) * (q + r / 2);
  y float8 := side * 1.5 * r;
  corners geometry[];
BEGIN
  SELECT array_agg(ST_MakePoint(x + side * cos(radians(60 * (i % 6) - 30)), y + side * sin(radians(60 * (i % 6) - 30))) ORDER BY i)
    INTO corners FROM generate_series(0, 6) AS i;
  RETURN ST_Transform(ST_SetSRID(ST_MakePolygon(ST_MakeLine(corners)), 6933), 4326);
END $$;

-- The region of a level that holds the point; on a border the lowest code.
CREATE FUNCTION gcrm_region_at(wanted text, point geometry) RETURNS int LANGUAGE sql STABLE STRICT AS $$
  SELECT id FROM regions WHERE boundary && point AND level = wanted AND ST_Covers(boundary, point)
  ORDER BY code, id LIMIT 1
$$;

-- The nearest region of the finest level within 2 km, for a point that lies outside all.
CREATE FUNCTION gcrm_region_near(point geometry) RETURNS int LANGUAGE sql STABLE STRICT AS $$
  SELECT id FROM regions
  WHERE level IN ('municipality', 'county', 'state')
    AND boundary && ST_Expand(point, 0.02 / greatest(0.02, cos(radians(ST_Y(point)))), 0.02)
    AND ST_DWithin(boundary::geography, point::geography, 2000)
  ORDER BY level = 'municipality' DESC, level = 'county' DESC,
    ST_Distance(boundary::geography, point::geography), code LIMIT 1
$$;

CREATE FUNCTION gcrm_territory_depth(territory int) RETURNS int LANGUAGE sql STABLE STRICT AS $$
  WITH RECURSIVE up AS (
    SELECT id, parent_id FROM territories WHERE id = territory
    UNION SELECT parent.id, parent.parent_id FROM territories AS parent JOIN up ON up.parent_id = parent.id
  ) SELECT count(*)::int FROM up
$$;

-- The finest region decides, then the deepest territory, then the lowest number.
CREATE FUNCTION gcrm_territory_of(state int, county int, municipality int) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT territory_id FROM territory_regions WHERE region_id IN (state, county, municipality)
  ORDER BY array_position(ARRAY[municipality, county, state], region_id),
    gcrm_territory_depth(territory_id) DESC, territory_id LIMIT 1
$$;

CREATE FUNCTION gcrm_place_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved boolean := TG_OP = 'INSERT' OR NEW.location IS DISTINCT FROM OLD.location
    OR current_setting('gcrm.place_again', true) = 'on';
  equal_area geometry;
  region regions;
BEGIN
  IF moved THEN
    NEW.state_id := NULL; NEW.county_id := NULL; NEW.municipality_id := NULL;
    NEW.placed := NULL; NEW.grid_key := NULL; NEW.hex10 := NULL; NEW.hex100 := NULL; NEW.hex1000 := NULL;
    IF NEW.location IS NOT NULL THEN
      NEW.grid_key := gcrm_grid_key(NEW.location);
      equal_area := ST_Transform(NEW.location, 6933);
      NEW.hex10 := gcrm_hexagon(equal_area, 10);
      NEW.hex100 := gcrm_hexagon(equal_area, 100);
      NEW.hex1000 := gcrm_hexagon(equal_area, 1000);
      NEW.municipality_id := gcrm_region_at('municipality', NEW.location);
      SELECT parent_id INTO NEW.county_id FROM regions WHERE id = NEW.municipality_id;
      NEW.county_id := coalesce(NEW.county_id, gcrm_region_at('county', NEW.location));
      SELECT parent_id INTO NEW.state_id FROM regions WHERE id = NEW.county_id;
      NEW.state_id := coalesce(NEW.state_id, gcrm_region_at('state', NEW.location));
      NEW.placed := CASE WHEN coalesce(NEW.municipality_id, NEW.county_id, NEW.state_id) IS NULL
        THEN 'outside' ELSE 'inside' END;
      IF NEW.placed = 'outside' THEN
        SELECT * INTO region FROM regions WHERE id = gcrm_region_near(NEW.location);
        WHILE region.id IS NOT NULL LOOP
          NEW.placed := 'near';
          CASE region.level
            WHEN 'municipality' THEN NEW.municipality_id := region.id;
            WHEN 'county' THEN NEW.county_id := region.id;
            WHEN 'state' THEN NEW.state_id := region.id;
            ELSE NULL;
          END CASE;
          SELECT * INTO region FROM regions WHERE id = region.parent_id;
        END LOOP;
      END IF;
    END IF;
  END IF;

  NEW.territory_id := gcrm_territory_of(NEW.state_id, NEW.county_id, NEW.municipality_id);
  IF NOT NEW.owner_named THEN
    IF NEW.territory_id IS NOT NULL THEN
      SELECT owner_id INTO NEW.owner_id FROM territories WHERE id = NEW.territory_id;
    ELSE
      SELECT id INTO NEW.owner_id FROM users WHERE id = NEW.entered_by_id AND role = 'rep';
    END IF;
  END IF;

  IF current_setting('gcrm.principal_role', true) IN ('rep', 'manager') THEN
    IF NEW.parent_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.parent_id IS DISTINCT FROM OLD.parent_id)
       AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.parent_id) THEN
      RAISE foreign_key_violation USING MESSAGE = 'The parent account does not exist.';
    END IF;
    IF NEW.owner_id IS NULL OR NOT NEW.owner_id = ANY (gcrm_visible_owners()) THEN
      PERFORM set_config('gcrm.written', concat_ws(',', nullif(current_setting('gcrm.written', true), ''), NEW.id), true);
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER account_1_place BEFORE INSERT OR UPDATE OF location, territory_id, owner_id, owner_named, parent_id
ON accounts FOR EACH ROW EXECUTE FUNCTION gcrm_place_account();
"""

TRAIL = """
-- Raises version and updated_at when a column that people edit changes; the others are the trigger's arguments.
CREATE FUNCTION gcrm_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(OLD) - TG_ARGV - ARRAY['version', 'updated_at'] IS DISTINCT FROM
     to_jsonb(NEW) - TG_ARGV - ARRAY['version', 'updated_at'] THEN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
  ELSE
    NEW.version := OLD.version;
    NEW.updated_at := OLD.updated_at;
  END IF;
  RETURN NEW;
END $$;

-- One entry for each statement. Arguments: private columns, whose values stay out; columns that no person edits.
CREATE FUNCTION gcrm_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  private text[] := string_to_array(TG_ARGV[0], ',');
  ignored text[] := string_to_array(TG_ARGV[1], ',') || ARRAY['version', 'updated_at', 'created_at', 'name_key'];
  touched int;
  listed jsonb;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    WITH pairs AS (
      SELECT to_jsonb(o) AS before, to_jsonb(n) AS after FROM old_rows AS o JOIN new_rows AS n USING (id)
    ), changed AS (
      SELECT before, after FROM pairs WHERE before - ignored IS DISTINCT FROM after - ignored
    ), listing AS (
      SELECT jsonb_build_object('id', before -> 'id') || (
        SELECT jsonb_object_agg(key, CASE WHEN key = ANY (private) THEN '"changed"'::jsonb
                                     ELSE jsonb_build_array(before -> key, value) END)
        FROM jsonb_each(after - ignored) WHERE before -> key IS DISTINCT FROM value) AS entry
      FROM changed LIMIT 100
    )
    SELECT (SELECT count(*) FROM changed), (SELECT jsonb_agg(entry) FROM listing) INTO touched, listed;
  ELSIF TG_OP = 'INSERT' THEN
    SELECT count(*) INTO touched FROM new_rows;
    SELECT jsonb_agg(jsonb_strip_nulls(row - private - ignored)) INTO listed
      FROM (SELECT to_jsonb(n) AS row FROM new_rows AS n LIMIT 100) AS first_rows;
  ELSE
    SELECT count(*) INTO touched FROM old_rows;
    SELECT jsonb_agg(jsonb_strip_nulls(row - private - ignored)) INTO listed
      FROM (SELECT to_jsonb(o) AS row FROM old_rows AS o LIMIT 100) AS first_rows;
  END IF;
  IF touched > 0 THEN
    INSERT INTO audit_entries (user_id, table_name, operation, batch_id, rows, changes)
    VALUES (gcrm_principal(), TG_TABLE_NAME, lower(TG_OP),
            nullif(current_setting('gcrm.batch', true), '')::int, touched, listed);
  END IF;
  RETURN NULL;
END $$;
"""

MACHINE_COLUMNS = {
    "accounts": "state_id,county_id,municipality_id,placed,hex10,hex100,hex1000,grid_key,territory_id,last_visited_on,name_key",
    "opportunities": "rank",
}
PRIVATE_COLUMNS = {
    "accounts": "note,phone,phone_e164,email,extra",
    "contacts": "name,phone,email,note,extra",
    "visits": "arrived_point,accuracy_metres,distance_metres,note",
    "activities": "subject,note",
    "tasks": "title,note",
    "opportunities": "note",
    "users": "password,fs_uniquifier,home,home_address,phone",
}
VERSIONED = ("accounts", "contacts", "territories", "opportunities", "visits", "activities", "tasks")
AUDITED = (*VERSIONED, "users", "teams", "organisation", "territory_regions", "account_shares", "stages")
ROWS_WITHOUT_ID = ("territory_regions", "account_shares")

OWN = "owner_id = ANY ((SELECT gcrm_visible_owners())::int[]) OR id = ANY ((SELECT gcrm_shared_accounts())::bigint[])"
ACCOUNT = "EXISTS (SELECT 1 FROM accounts WHERE accounts.id = account_id)"
MINE = "user_id = (SELECT gcrm_principal())"
MY_PEOPLE = "user_id = ANY ((SELECT gcrm_visible_owners())::int[])"
PLANNED = "gcrm_was_planned(account_id)"
PLAN = "EXISTS (SELECT 1 FROM day_plans WHERE day_plans.id = day_plan_id)"
FRESH_PLAN = (
    "EXISTS (SELECT 1 FROM day_plans WHERE day_plans.id = day_plan_id"
    " AND day_plans.published_at > now() - interval '14 days')"
)

SCOPED = {
    "accounts": (OWN, "true"),
    "contacts": (ACCOUNT, ACCOUNT),
    "account_shares": (f"{MINE} OR {ACCOUNT}", ACCOUNT),
    "touches": (f"{MINE} OR {ACCOUNT}", f"{MY_PEOPLE} AND ({ACCOUNT} OR {PLANNED})"),
    "opportunities": (ACCOUNT, ACCOUNT),
    "visits": (f"{MINE} OR {ACCOUNT}", f"{MY_PEOPLE} AND ({ACCOUNT} OR {PLANNED})"),
    "activities": (f"{MINE} OR {ACCOUNT}", f"{MY_PEOPLE} AND ({ACCOUNT} OR {PLANNED})"),
    "tasks": (f"{MINE} OR {ACCOUNT}", f"{ACCOUNT} OR {PLANNED}"),
    "day_plans": (
        "rep_id = ANY ((SELECT gcrm_visible_owners())::int[])",
        "rep_id = ANY ((SELECT gcrm_visible_owners())::int[])",
    ),
    "stops": (f"{PLAN} AND ({ACCOUNT} OR {FRESH_PLAN})", PLAN),
    "left_out": (f"{PLAN} AND {ACCOUNT}", PLAN),
}
"""Table: what a rep or manager sees, and what the new row must fulfil."""

SEEN_BY_ALL_ROLE_ONLY = ("audit_entries", "import_batches", "import_rows")
PUBLIC_TABLES = ("regions", "territories", "territory_regions", "stages", "organisation", "teams")
SIGN_IN_TABLES = ("users", "teams", "invitations", "api_tokens", "sign_in_attempts", "organisation")
PERSON_COLUMNS = (
    "id, uuid, email, name, role, team_id, active, phone, locale, timezone, home, home_address, work_days,"
    " work_starts, work_ends, lunch_from, lunch_until, lunch_minutes, created_at"
)


def upgrade() -> None:
    op.execute(SIGHT)
    op.execute(PLACES)
    op.execute(TRAIL)
    for table in VERSIONED:
        arguments = ", ".join(f"'{c}'" for c in MACHINE_COLUMNS.get(table, "").split(",") if c)
        op.execute(
            f"CREATE TRIGGER {table}_9_version BEFORE UPDATE ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION gcrm_raise_version({arguments})"
        )
    for table in AUDITED:
        _audit(table)
    for table, (seen, written) in SCOPED.items():
        _protect(table)
        op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({seen}) WITH CHECK ({written})")
    for table in SEEN_BY_ALL_ROLE_ONLY:
        _protect(table)
    _protect("events")
    op.execute("CREATE POLICY events_scoped ON events FOR INSERT TO gcrm_scoped WITH CHECK (true)")
    op.execute("ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY idempotency_keys_own ON idempotency_keys TO gcrm_all, gcrm_scoped"
        " USING (user_id = (SELECT gcrm_principal())) WITH CHECK (user_id = (SELECT gcrm_principal()))"
    )
    _grant()
    op.execute(
        "INSERT INTO users (email, name, role, active, fs_uniquifier)"
        " VALUES ('system@gcrm.invalid', 'gcrm', 'system', true, gen_random_uuid()::text)"
    )


def _protect(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")


def _audit(table: str) -> None:
    arguments = f"'{PRIVATE_COLUMNS.get(table, '')}', '{MACHINE_COLUMNS.get(table, '')}'"
    transitions = {"insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
    if table not in ROWS_WITHOUT_ID:
        transitions["update"] = "OLD TABLE AS old_rows NEW TABLE AS new_rows"
    for verb, tables in transitions.items():
        op.execute(
            f"CREATE TRIGGER {table}_audit_{verb} AFTER {verb.upper()} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION gcrm_audit({arguments})"
        )


def _grant() -> None:
    everyday = "SELECT, INSERT, UPDATE, DELETE"
    op.execute("GRANT USAGE ON SCHEMA public TO gcrm_web, gcrm_all, gcrm_scoped")
    for table in SIGN_IN_TABLES:
        op.execute(f"GRANT {everyday} ON {table} TO gcrm_web")
    op.execute("GRANT SELECT ON alembic_version TO gcrm_web, gcrm_all, gcrm_scoped")
    for table in (*SCOPED, "idempotency_keys"):
        op.execute(f"GRANT {everyday} ON {table} TO gcrm_all")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_scoped")
    op.execute("GRANT DELETE ON stops, left_out, account_shares, idempotency_keys TO gcrm_scoped")
    for table in ("import_batches", "import_rows"):
        op.execute(f"GRANT {everyday} ON {table} TO gcrm_all")
    op.execute("GRANT SELECT ON audit_entries TO gcrm_all")
    op.execute("GRANT SELECT, INSERT, UPDATE ON events TO gcrm_all; GRANT INSERT ON events TO gcrm_scoped")
    for table in PUBLIC_TABLES:
        op.execute(f"GRANT {everyday} ON {table} TO gcrm_all; GRANT SELECT ON {table} TO gcrm_scoped")
    op.execute(f"GRANT SELECT ({PERSON_COLUMNS}) ON users TO gcrm_all, gcrm_scoped")
    op.execute(f"GRANT INSERT, UPDATE ({PERSON_COLUMNS.removeprefix('id, ')}) ON users TO gcrm_all")
    op.execute("GRANT SELECT, INSERT, UPDATE ON invitations TO gcrm_all")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gcrm_web, gcrm_all, gcrm_scoped")


def downgrade() -> None:
    op.execute("DELETE FROM users WHERE role = 'system'")
    tables = [*SCOPED, *SEEN_BY_ALL_ROLE_ONLY, "events"]
    for table in tables:
        op.execute(f"DROP POLICY {table}_all ON {table}")
    for table in (*SCOPED, "events"):
        op.execute(f"DROP POLICY {table}_scoped ON {table}")
    op.execute("DROP POLICY idempotency_keys_own ON idempotency_keys")
    for table in (*tables, "idempotency_keys"):
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION gcrm_audit, gcrm_raise_version, gcrm_place_account CASCADE")
    op.execute(
        "DROP FUNCTION gcrm_territory_of, gcrm_territory_depth, gcrm_region_near, gcrm_region_at,"
        " gcrm_hexagon_boundary, gcrm_hexagon, gcrm_hexagon_side, gcrm_grid_key, gcrm_tile_key, gcrm_spread,"
        " gcrm_account_holders, gcrm_was_planned, gcrm_shared_accounts, gcrm_visible_owners, gcrm_principal"
    )
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM gcrm_web, gcrm_all, gcrm_scoped")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM gcrm_web, gcrm_all, gcrm_scoped")
