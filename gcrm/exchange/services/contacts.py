"""Merging the staged rows of a file into contacts, as sets."""

from __future__ import annotations

from sqlalchemy import text

from gcrm.core.db import PrincipalSession
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.services.accounts import Usual
from gcrm.exchange.services.staging import Advance, merge_in_chunks

TEXTS = ("name", "job_title", "phone", "email", "note")
RESTORED = (*TEXTS, "account_id", "extra")
MARK = "contacts.version"
"""Another one means that somebody changed the contact."""


def merge(session: PrincipalSession, mapping: Mapping, usual: Usual, count: int, advance: Advance) -> None:
    """Find each row's account, then its contact, and write the new and the changed ones."""
    advance(0, count, "Comparing with what is known")
    session.execute(text(_FIND_ACCOUNTS), {"source": usual.source})
    session.execute(text("CREATE UNIQUE INDEX ON positions (number)"))
    session.execute(text(_MATCH), {"source": usual.source})
    session.execute(text("CREATE UNIQUE INDEX ON fate (number)"))
    present = [name for name in TEXTS if mapping.has(name) or name == "name"]
    session.execute(text(_BEFORE.format(changes=_changes(present))))
    session.execute(text(_CREATED))
    session.execute(text("UPDATE fate SET outcome = 'rejected', account_id = NULL WHERE reason IS NOT NULL"))
    sets = ", ".join(f"{name} = coalesce(incoming.{name}, contacts.{name})" for name in present)
    merge_in_chunks(session, [_INSERT, _UPDATE.format(sets=sets)], count, advance)


def _changes(present: list[str]) -> str:
    parts = [
        f"CASE WHEN incoming.{name} IS NOT NULL AND incoming.{name} IS DISTINCT FROM contacts.{name}"
        f" THEN jsonb_build_object('{name}', contacts.{name}) END"
        for name in present
    ]
    parts.append(
        "CASE WHEN contacts.account_id <> positions.account_id"
        " THEN jsonb_build_object('account_id', contacts.account_id) END"
    )
    parts.append("CASE WHEN NOT contacts.extra @> incoming.extra THEN jsonb_build_object('extra', contacts.extra) END")
    return " || ".join(f"coalesce({part}, '{{}}')" for part in parts)


# The account by its id, of the source named or else of this file's where several chains number alike; else by its name.
_FIND_ACCOUNTS = """
CREATE TEMPORARY TABLE positions ON COMMIT DROP AS
WITH wanted AS MATERIALIZED (
  SELECT number, coalesce(account_external_id, account) AS key, coalesce(account_name, account) AS name,
    gcrm_name_key(coalesce(account_name, account)) AS name_key, account_postcode AS postcode, account_source
  FROM incoming WHERE reason IS NULL
), by_key AS (
  SELECT number, array_agg(accounts.id) AS ids,
    array_agg(accounts.id) FILTER (WHERE accounts.source = :source) AS own, array_agg(DISTINCT accounts.source) AS sources
  FROM wanted JOIN accounts ON accounts.external_id = wanted.key
    AND (account_source IS NULL OR accounts.source = account_source)
  GROUP BY number
), by_name AS (
  SELECT number, array_agg(accounts.id) AS ids
  FROM wanted JOIN accounts USING (name_key)
  WHERE wanted.postcode IS NULL OR accounts.postcode = wanted.postcode GROUP BY number
)
SELECT number, CASE
    WHEN cardinality(by_key.ids) = 1 THEN by_key.ids[1] WHEN cardinality(by_key.own) = 1 THEN by_key.own[1]
    WHEN by_key.ids IS NULL AND cardinality(by_name.ids) = 1 THEN by_name.ids[1] END AS account_id,
  CASE
    WHEN cardinality(by_key.ids) = 1 OR cardinality(by_key.own) = 1 THEN NULL
    WHEN by_key.ids IS NOT NULL THEN 'Several accounts have the id ' || key || ', of the sources '
      || array_to_string(sources, ', ') || '; say which with account_source.'
    WHEN by_name.ids IS NULL THEN 'There is no account “' || coalesce(key, name) || '”.'
    WHEN cardinality(by_name.ids) > 1 THEN cardinality(by_name.ids) || ' accounts have the name “' || name
      || '”; name the account by its id, or add account_postcode.' END AS reason
FROM wanted LEFT JOIN by_key USING (number) LEFT JOIN by_name USING (number)
"""

_MATCH = """
CREATE TEMPORARY TABLE fate ON COMMIT DROP AS
WITH keyed AS MATERIALIZED (
  SELECT number, external_id, CASE WHEN external_id IS NOT NULL THEN coalesce(incoming.source, :source) END AS source,
    gcrm_name_key(incoming.name) AS name_key, lower(email) AS email, positions.account_id AS at_account, positions.reason
  FROM incoming JOIN positions USING (number) WHERE incoming.reason IS NULL
), by_name AS (
  SELECT number, array_agg(contacts.id) AS ids,
    array_agg(contacts.id) FILTER (WHERE lower(contacts.email) = keyed.email) AS same_email
  FROM keyed JOIN contacts ON contacts.account_id = keyed.at_account AND gcrm_name_key(contacts.name) = keyed.name_key
  WHERE keyed.external_id IS NULL GROUP BY number
), found AS (
  SELECT keyed.number, keyed.external_id, keyed.source, keyed.name_key, at_account, CASE
      WHEN cardinality(ids) = 1 THEN ids[1] WHEN cardinality(same_email) = 1 THEN same_email[1] ELSE by_key.id END AS account_id,
    coalesce(reason, CASE WHEN cardinality(ids) > 1 AND coalesce(cardinality(same_email), 0) <> 1
      THEN cardinality(ids) || ' contacts of the account have this name; give an external_id to say which.' END) AS reason
  FROM keyed LEFT JOIN by_name USING (number)
    LEFT JOIN contacts AS by_key ON by_key.source = keyed.source AND by_key.external_id = keyed.external_id
), ranked AS (
  SELECT found.*, min(number) FILTER (WHERE reason IS NULL) OVER (PARTITION BY CASE
    WHEN account_id IS NOT NULL THEN 'contact ' || account_id
    WHEN external_id IS NOT NULL THEN 'id ' || source || chr(31) || external_id
    ELSE 'name ' || at_account || chr(31) || name_key END) AS first
  FROM found
)
SELECT number, account_id, source, NULL::text AS outcome, NULL::jsonb AS before,
  coalesce(reason, CASE WHEN number > first THEN 'The row repeats row ' || first || '.' END) AS reason FROM ranked
UNION ALL SELECT number, NULL, NULL, 'rejected', NULL, reason FROM incoming WHERE reason IS NOT NULL
"""

_BEFORE = """
UPDATE fate SET before = nullif(changes.before, '{{}}'),
  outcome = CASE WHEN changes.before = '{{}}' THEN 'unchanged' ELSE 'updated' END
FROM (
  SELECT fate.number, {changes} AS before
  FROM fate JOIN incoming USING (number) JOIN positions USING (number) JOIN contacts ON contacts.id = fate.account_id
  WHERE fate.reason IS NULL
) AS changes
WHERE fate.number = changes.number
"""

_CREATED = """
UPDATE fate SET outcome = 'created', account_id = new.id
FROM (SELECT number, nextval('contacts_id_seq') AS id
      FROM (SELECT number FROM fate WHERE account_id IS NULL AND reason IS NULL ORDER BY number) AS ordered) AS new
WHERE fate.number = new.number
"""

# An account that has no main contact yet takes the first one that says so, else the first.
_INSERT = """
INSERT INTO contacts (id, account_id, external_id, source, name, job_title, phone, email, is_primary, note, extra)
SELECT fate.account_id, positions.account_id, external_id, fate.source, name, job_title, phone, email,
  number = first_value(number) OVER (PARTITION BY positions.account_id ORDER BY coalesce(is_primary, false) DESC, number)
    AND NOT EXISTS (SELECT 1 FROM contacts AS other WHERE other.account_id = positions.account_id AND other.is_primary),
  note, coalesce(extra, '{}')
FROM fate JOIN incoming USING (number) JOIN positions USING (number)
WHERE fate.outcome = 'created' AND number BETWEEN :low AND :high ORDER BY number
"""

_UPDATE = """
UPDATE contacts SET {sets}, account_id = positions.account_id, extra = contacts.extra || coalesce(incoming.extra, '{{}}')
FROM fate JOIN incoming USING (number) JOIN positions USING (number)
WHERE contacts.id = fate.account_id AND fate.outcome = 'updated' AND fate.number BETWEEN :low AND :high
"""
