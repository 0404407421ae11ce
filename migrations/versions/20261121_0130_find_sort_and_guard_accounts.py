"""Find and sort accounts by index, say who holds one out of sight, and let contacts and touches be taken back.

Revision ID: 20261121_0130
Revises: 20261121_0120
"""

from __future__ import annotations

from alembic import op

revision = "20261121_0130"
down_revision = "20261121_0120"
branch_labels = None
depends_on = None

SEARCH_TEXT = """
-- What the search of accounts and contacts looks through: one text, so that one trigram index answers it.
CREATE FUNCTION gcrm_search_text(name text, city text, street text, postcode text, external_id text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN name || ' ' || coalesce(city, '') || ' ' || coalesce(street, '') || ' ' || coalesce(postcode, '')
  || ' ' || coalesce(external_id, '');
"""

SEARCH_IDS = """
-- Rows whose search text fits a pattern, hidden ones too; null when there are more than that. Under a policy ILIKE uses no
-- index, so a manager's search asks here for candidates first and reads only those of them that the policies show.
CREATE FUNCTION gcrm_search_accounts(pattern text, at_most int) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN count(*) <= $2 THEN coalesce(array_agg(id), '{}') END FROM (
    SELECT id FROM accounts
    WHERE gcrm_search_text(name, city, street, postcode, external_id) ILIKE $1 LIMIT $2 + 1) AS found
$$;

CREATE FUNCTION gcrm_search_contacts(pattern text, at_most int) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN count(*) <= $2 THEN coalesce(array_agg(id), '{}') END FROM (
    SELECT id FROM contacts
    WHERE gcrm_search_text(name, email, phone, job_title, external_id) ILIKE $1 LIMIT $2 + 1) AS found
$$;
"""

INDEXES = {
    "ix_accounts_search": "USING gin (gcrm_search_text(name, city, street, postcode, external_id) gin_trgm_ops)",
    "ix_accounts_value": "(coalesce(annual_value_minor, -1), id)",
    "ix_accounts_potential": "(coalesce(potential_minor, -1), id)",
    "ix_accounts_last_visit": "(coalesce(last_visited_on, '0001-01-01'::date), id)",
    "ix_accounts_tier": "(coalesce(tier, '~'), id)",
    "ix_accounts_city": "(coalesce(city, '~'), id)",
    "ix_accounts_updated": "(updated_at, id)",
    "ix_accounts_tags": "USING gin (tags)",
}

IN_SIGHT = """
-- Whether the principal sees the account; for functions that step round the policies.
CREATE FUNCTION gcrm_in_sight(account bigint, owner int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT gcrm_principal() IS NOT NULL AND (
    coalesce(current_setting('gcrm.principal_role', true), '') NOT IN ('', 'rep', 'manager')
    OR coalesce(owner = ANY (gcrm_visible_owners()), false) OR account = ANY (gcrm_shared_accounts()))
$$;
"""

HOLDERS = """
DROP FUNCTION gcrm_account_holders(text, text, text);

-- Who holds an account of that name and place out of the principal's sight: name, town and owner, nothing else.
-- It is certain when the whole address is the same, not only what both say of it.
CREATE FUNCTION gcrm_account_holders(name text, postcode text, street text)
RETURNS TABLE (account_name text, town text, owner_name text, is_certain boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT accounts.name, accounts.city, users.name,
    coalesce($2, $3) IS NOT NULL AND accounts.postcode IS NOT DISTINCT FROM $2
      AND gcrm_name_key(accounts.street) IS NOT DISTINCT FROM gcrm_name_key($3)
  FROM accounts LEFT JOIN users ON users.id = accounts.owner_id
  WHERE gcrm_principal() IS NOT NULL AND accounts.name_key = gcrm_name_key($1)
    AND ($2 IS NULL OR accounts.postcode IS NULL OR accounts.postcode = $2)
    AND ($3 IS NULL OR accounts.street IS NULL OR gcrm_name_key(accounts.street) = gcrm_name_key($3))
    AND NOT gcrm_in_sight(accounts.id, accounts.owner_id)
  ORDER BY 4 DESC, accounts.id LIMIT 5
$$;

CREATE FUNCTION gcrm_external_id_holder(source text, external_id text)
RETURNS TABLE (account_name text, town text, owner_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT accounts.name, accounts.city, users.name
  FROM accounts LEFT JOIN users ON users.id = accounts.owner_id
  WHERE gcrm_principal() IS NOT NULL AND accounts.source = $1 AND accounts.external_id = $2
$$;
"""

OLD_HOLDERS = """
DROP FUNCTION gcrm_external_id_holder, gcrm_account_holders;

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

TREE = """
-- Whether an account is another one or hangs anywhere below it, hidden ones between them included.
CREATE FUNCTION gcrm_hangs_below(account bigint, above bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH RECURSIVE up AS (
    SELECT id, parent_id FROM accounts WHERE id = $1
    UNION SELECT parent.id, parent.parent_id FROM accounts AS parent JOIN up ON up.parent_id = parent.id
  ) SELECT EXISTS (SELECT 1 FROM up WHERE id = $2)
$$;
"""

VISITS = """
-- Raises the day of the last visit, also for an account that stood on a plan published to the person.
CREATE FUNCTION gcrm_note_visit(account bigint, day date) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  UPDATE accounts SET last_visited_on = $2
  WHERE id = $1 AND (last_visited_on IS NULL OR last_visited_on < $2)
    AND (gcrm_in_sight(id, owner_id) OR gcrm_was_planned(id))
$$;
"""


def upgrade() -> None:
    op.execute(SEARCH_TEXT)
    for name, what in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON accounts {what}")
    op.execute("DROP INDEX ix_accounts_name_trigrams")
    op.execute("DROP INDEX ix_accounts_owner_grid")
    op.execute(
        "CREATE INDEX ix_accounts_owner_grid ON accounts (owner_id, grid_key)"
        " INCLUDE (id, currency, annual_value_minor, potential_minor, placed, status, tier, territory_id, state_id,"
        " county_id, municipality_id, last_visited_on, cadence_days)"
    )
    op.execute("CREATE INDEX ix_contacts_name_id ON contacts (name, id)")
    op.execute(
        "CREATE INDEX ix_contacts_search ON contacts"
        " USING gin (gcrm_search_text(name, email, phone, job_title, external_id) gin_trgm_ops)"
    )
    op.execute(SEARCH_IDS)
    op.execute(IN_SIGHT)
    op.execute(HOLDERS)
    op.execute(TREE)
    op.execute(VISITS)
    op.execute("GRANT DELETE ON contacts, touches TO gcrm_scoped")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON contacts, touches FROM gcrm_scoped")
    op.execute("DROP FUNCTION gcrm_note_visit, gcrm_hangs_below")
    op.execute(OLD_HOLDERS)
    op.execute("DROP FUNCTION gcrm_in_sight")
    op.execute("DROP INDEX ix_contacts_search, ix_contacts_name_id")
    op.execute("DROP INDEX ix_accounts_owner_grid")
    op.execute("CREATE INDEX ix_accounts_owner_grid ON accounts (owner_id, grid_key)")
    op.execute("CREATE INDEX ix_accounts_name_trigrams ON accounts USING gin (name gin_trgm_ops)")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP FUNCTION gcrm_search_accounts, gcrm_search_contacts, gcrm_search_text")
