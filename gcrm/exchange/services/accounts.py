"""Merging the staged rows of a file into accounts, as sets."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import text

from gcrm.core import db, money
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.services import placing
from gcrm.exchange.services.staging import Advance, mark_of, merge_in_chunks

TEXTS = (
    "name", "status", "street", "city", "region", "postcode", "country", "phone", "phone_e164", "email", "website",
    "industry", "tier", "tags", "opening_hours", "cadence_days", "visit_minutes", "note",
)  # fmt: skip
"""Columns that a file fills as they are."""

RESTORED = (
    *TEXTS, "external_id", "source", "annual_value_minor", "potential_minor", "currency", "extra", "owner_id",
    "owner_named", "location", "location_source", "location_precision", "timezone",
)  # fmt: skip
"""Columns that an import can overwrite, and that undoing puts back."""


MARK = mark_of(
    *(f"accounts.{name}::text" for name in (*RESTORED, "parent_id") if name not in ("owner_id", "timezone")),
    "CASE WHEN accounts.owner_named THEN accounts.owner_id END",
)
"""What people can edit of an account in one number: another one means that somebody changed it.

The version will not do, since it rises when a territory hands its accounts to somebody.
"""


@dataclass(frozen=True)
class Usual:
    """What holds where a row says nothing."""

    source: str
    country: str
    currency: str
    srid: int | None = None


def merge(session: PrincipalSession, mapping: Mapping, usual: Usual, count: int, advance: Advance) -> None:
    """Decide the fate of each staged row, then write the new and the changed accounts."""
    if usual.srid is not None:
        _transform(session, usual.srid)
    advance(0, count, "Comparing with what is known")
    _match(session, usual)
    _reject_hidden(session, usual)
    _place(session, usual)
    _weigh(session, mapping, usual)
    advance(0, count, "Writing")
    # The trigger would look each place up again; for a scoped person it does, since it also says what they see.
    is_given = session.principal is not None and session.principal.database_role == "gcrm_all"
    statements = [*_inserts(is_given), *_updates(mapping)]
    merge_in_chunks(session, statements, count, advance, country=usual.country, currency=usual.currency)


def unplaced_and_outside(session: PrincipalSession) -> tuple[int, int]:
    """How many accounts of the file have no place, and how many lie outside every region."""
    unplaced, outside = session.execute(text(_UNPLACED_AND_OUTSIDE)).one()
    return int(unplaced), int(outside)


def _transform(session: PrincipalSession, srid: int) -> None:
    """Turn x and y of another coordinate system into longitude and latitude; a row that cannot be is rejected."""
    known = session.scalar(text("SELECT 1 FROM spatial_ref_sys WHERE srid = :srid"), {"srid": srid})
    if known is None:
        raise Invalid(f"EPSG:{srid} is no coordinate system that the database knows.")
    session.execute(text(_TRY_TRANSFORM))
    session.execute(text(_TRANSFORM), {"srid": srid})
    session.execute(text("DROP FUNCTION pg_temp.try_transform"))


def _match(session: PrincipalSession, usual: Usual) -> None:
    """Find the account of each row: by gcrm's id, by the id within its source, else by name, postcode and street."""
    by_name = session.scalar(
        text("SELECT EXISTS (SELECT 1 FROM incoming WHERE reason IS NULL AND external_id IS NULL AND gcrm_id IS NULL)")
    )
    session.execute(text(_MATCH), {"source": usual.source, "by_name": by_name})
    session.execute(text("CREATE UNIQUE INDEX ON fate (number)"))
    session.execute(text("ANALYZE fate (number, account_id)"))


def _reject_hidden(session: PrincipalSession, usual: Usual) -> None:
    if db.is_scoped(session):
        session.execute(text(_REJECT_HIDDEN), {"source": usual.source})


def _place(session: PrincipalSession, usual: Usual) -> None:
    """Work out the places of accounts that are new or move; of those that lie nowhere, find the swapped ones."""
    session.execute(text(placing.CREATE_POSITIONS))
    if session.scalar(text("SELECT count(*) FROM positions")):
        placing.place_positions(session)
    session.execute(text("CREATE UNIQUE INDEX ON positions (number)"))
    session.execute(text(placing.SWAPPED), {"country": usual.country})


def _weigh(session: PrincipalSession, mapping: Mapping, usual: Usual) -> None:
    """Say of each row whether it is new, changes its account, or says nothing new; and what it would overwrite."""
    digits = json.dumps({code: money.digits(code) for code in _currencies(session, usual.currency)})
    names = {"currency": usual.currency, "digits": digits}
    session.execute(text(_AMOUNTS), names)
    if mapping.has("gcrm_id"):
        session.execute(text(_ID_IS_TAKEN))
    if mapping.has("owner"):
        session.execute(text(_OWNER_IS_GONE))
    session.execute(text(_REPEATED))
    session.execute(text(_BEFORE.format(changes=_changes(mapping))))
    session.execute(text(_CREATED))
    session.execute(text("UPDATE fate SET outcome = 'rejected', account_id = NULL WHERE reason IS NOT NULL"))


def _currencies(session: PrincipalSession, usual: str) -> set[str]:
    found = session.scalars(text(_CURRENCIES))
    return {usual, *(code for code in found if code)}


def _present(mapping: Mapping) -> list[str]:
    """Columns that the file fills as they are."""
    return [name for name in TEXTS if mapping.has("phone" if name == "phone_e164" else name)] + (
        ["name"] if mapping.has("brand") and not mapping.has("name") else []
    )


def _changes(mapping: Mapping) -> str:
    """Pairs of a column and its present value, where the row says otherwise; as arguments of jsonb_build_object."""
    compared = [(name, f"incoming.{name}") for name in _present(mapping)]
    compared += [(name, f"fate.{name}") for name in ("annual_value_minor", "potential_minor", "currency")]
    if mapping.has("gcrm_id"):
        compared += [("external_id", "incoming.external_id"), ("source", "fate.source")]
    parts = [
        f"CASE WHEN {new} IS NOT NULL AND {new} IS DISTINCT FROM accounts.{name}"
        f" THEN jsonb_build_object('{name}', accounts.{name}) END"
        for name, new in compared
    ]
    if mapping.has("owner"):
        parts.append(
            "CASE WHEN incoming.owner_id IS NOT NULL AND incoming.owner_id IS DISTINCT FROM accounts.owner_id"
            " THEN jsonb_build_object('owner_id', accounts.owner_id, 'owner_named', accounts.owner_named) END"
        )
    parts.append(
        "CASE WHEN positions.number IS NOT NULL THEN jsonb_build_object('location', accounts.location::text,"
        " 'location_source', location_source, 'location_precision', location_precision,"
        " 'timezone', accounts.timezone) END"
    )
    parts.append("CASE WHEN NOT accounts.extra @> incoming.extra THEN jsonb_build_object('extra', accounts.extra) END")
    return " || ".join(f"coalesce({part}, '{{}}')" for part in parts)


def _inserts(places_given: bool) -> list[str]:
    switch = "SELECT set_config('gcrm.places_given', '{}', true)"
    return [switch.format("on"), _INSERT, switch.format("")] if places_given else [_INSERT]


def _updates(mapping: Mapping) -> list[str]:
    """One statement; columns that wake the placing trigger are in it only where the file has them."""
    sets = [f"{name} = coalesce(incoming.{name}, accounts.{name})" for name in _present(mapping)]
    sets += [
        f"{name} = coalesce(fate.{name}, accounts.{name})"
        for name in ("annual_value_minor", "potential_minor", "currency")
    ]
    sets.append("extra = accounts.extra || coalesce(incoming.extra, '{}')")
    if mapping.has("gcrm_id"):
        sets += [
            "external_id = coalesce(incoming.external_id, accounts.external_id)",
            "source = CASE WHEN incoming.external_id IS NULL THEN accounts.source ELSE fate.source END",
        ]
    if mapping.has("owner"):
        sets += [
            "owner_id = coalesce(incoming.owner_id, accounts.owner_id)",
            "owner_named = owner_named OR fate.before ? 'owner_named'",
        ]
    if mapping.has("lon"):
        moved = "CASE WHEN positions.number IS NULL THEN accounts.{0} ELSE {1} END"
        sets += [
            f"{name} = {moved.format(name, new)}"
            for name, new in (
                ("location", "positions.location"), ("location_source", "'file'"), ("location_precision", "'point'"),
                ("timezone", "positions.timezone"),
            )
        ]  # fmt: skip
    return [_UPDATE.format(sets=", ".join(sets))]


_CURRENCIES = """
SELECT currency FROM incoming
UNION SELECT accounts.currency FROM accounts JOIN fate ON fate.account_id = accounts.id
"""

# PostGIS raises for a point that a projection has no place for; here that point is NULL.
_TRY_TRANSFORM = """
CREATE FUNCTION pg_temp.try_transform(x float8, y float8, srid int) RETURNS geometry LANGUAGE plpgsql AS $$
DECLARE found geometry;
BEGIN
  found := ST_Transform(ST_SetSRID(ST_MakePoint(x, y), srid), 4326);
  RETURN CASE WHEN ST_X(found) BETWEEN -180 AND 180 AND ST_Y(found) BETWEEN -90 AND 90 THEN found END;
EXCEPTION WHEN OTHERS THEN RETURN NULL;
END $$
"""
_TRANSFORM = """
UPDATE incoming SET x = ST_X(found), y = ST_Y(found), reason = CASE WHEN found IS NULL
  THEN x || ', ' || y || ' is no place in the coordinate system EPSG:' || CAST(:srid AS int) || '.' END
FROM (SELECT number AS row_number, pg_temp.try_transform(x, y, :srid) AS found FROM incoming
      WHERE reason IS NULL AND x IS NOT NULL) AS transformed
WHERE number = row_number
"""

_MATCH = """
CREATE TEMPORARY TABLE fate ON COMMIT DROP AS
WITH keyed AS MATERIALIZED (
  SELECT number, gcrm_id, external_id, CASE WHEN external_id IS NOT NULL THEN coalesce(source, :source) ELSE source END AS source,
    CASE WHEN :by_name THEN gcrm_name_key(name) END AS name_key, coalesce(postcode, '') AS postcode,
    CASE WHEN :by_name THEN coalesce(gcrm_name_key(street), '') END AS street_key, name IS NULL AS is_nameless,
    gcrm_id IS NULL AND external_id IS NULL AS is_without_id
  FROM incoming WHERE reason IS NULL
), candidates AS MATERIALIZED (
  SELECT id, name_key, coalesce(postcode, '') AS postcode, coalesce(gcrm_name_key(street), '') AS street_key,
    external_id IS NOT NULL AS has_id
  FROM accounts WHERE :by_name AND name_key IN (SELECT name_key FROM keyed WHERE is_without_id)
), by_name AS (
  -- An account without an id of its own is the likelier one, so that a file with both kinds meets its own rows again.
  SELECT number, coalesce(nullif(array_agg(id) FILTER (WHERE NOT has_id), '{}'), array_agg(id)) AS ids
  FROM keyed JOIN candidates USING (name_key, postcode, street_key) WHERE is_without_id GROUP BY number
), found AS (
  SELECT keyed.*, CASE WHEN cardinality(ids) = 1 THEN ids[1] ELSE coalesce(by_id.id, by_key.id) END AS account_id,
    CASE WHEN cardinality(ids) > 1 THEN cardinality(ids) || ' accounts have this name and address; give an external_id to say which.'
      WHEN keyed.gcrm_id IS NOT NULL AND by_id.id IS NULL THEN 'There is no account with this gcrm_id.'
      WHEN is_nameless AND coalesce(by_id.id, by_key.id) IS NULL
        THEN 'The row has no name, and no account of ' || keyed.source || ' has the id ' || keyed.external_id || '.' END AS reason,
    keyed.name_key || chr(31) || keyed.postcode || chr(31) || street_key AS whole_name
  FROM keyed LEFT JOIN by_name USING (number)
    LEFT JOIN accounts AS by_id ON by_id.uuid = keyed.gcrm_id
    LEFT JOIN accounts AS by_key ON by_key.source = keyed.source AND by_key.external_id = keyed.external_id
      AND keyed.gcrm_id IS NULL
)
SELECT number, account_id, source, NULL::text AS outcome, NULL::jsonb AS before, reason,
  NULL::bigint AS annual_value_minor, NULL::bigint AS potential_minor, NULL::text AS currency, NULL::text AS placed,
  is_without_id, whole_name, CASE
    WHEN account_id IS NOT NULL THEN 'account ' || account_id
    WHEN external_id IS NOT NULL THEN 'id ' || source || chr(31) || external_id ELSE 'name ' || whole_name END AS identity
FROM found
UNION ALL SELECT number, NULL, NULL, 'rejected', NULL, reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM incoming WHERE reason IS NOT NULL
"""

# The last of the reasons, so that no row is turned away as repeating one that is turned away itself.
_REPEATED = """
WITH ranked AS (
  SELECT number, whole_name, is_without_id, min(number) OVER (PARTITION BY identity) AS first FROM fate WHERE reason IS NULL
), first_of_name AS (
  SELECT whole_name, min(number) AS first FROM ranked WHERE number = first AND whole_name IS NOT NULL GROUP BY whole_name
)
UPDATE fate SET reason = 'The row repeats row ' || repeated.first || '.'
FROM (
  SELECT number, CASE WHEN is_without_id THEN least(ranked.first, first_of_name.first) ELSE ranked.first END AS first
  FROM ranked LEFT JOIN first_of_name USING (whole_name)
) AS repeated
WHERE fate.number = repeated.number AND repeated.number > repeated.first
"""

_REJECT_HIDDEN = """
UPDATE fate SET reason = 'This account is already with ' || coalesce(holder.owner_name, 'somebody else') || '.'
FROM incoming CROSS JOIN LATERAL (
  SELECT owner_name FROM gcrm_holder_of_id(coalesce(incoming.source, :source), incoming.external_id)
  UNION ALL SELECT owner_name FROM gcrm_account_holders(incoming.name, incoming.postcode, incoming.street)
    WHERE incoming.external_id IS NULL AND is_certain
  LIMIT 1) AS holder
WHERE incoming.number = fate.number AND fate.reason IS NULL AND fate.account_id IS NULL
"""

# The currency decides how many minor units an amount is. Amounts that a row does not bring stay 12.50 when the currency
# changes, whatever its minor unit.
_AMOUNTS = """
UPDATE fate SET
  annual_value_minor = CASE WHEN annual_value = trunc(annual_value) THEN annual_value END,
  potential_minor = CASE WHEN potential = trunc(potential) THEN potential END, currency = amounts.currency,
  reason = CASE WHEN annual_value <> trunc(annual_value) OR potential <> trunc(potential)
    THEN 'An amount has more decimals than ' || amounts.currency || ' has.' END
FROM (
  SELECT number, coins.currency,
    coalesce(incoming.annual_value * scale, CASE WHEN coins.currency <> accounts.currency
      THEN accounts.annual_value_minor * scale / power(10::numeric, (CAST(:digits AS jsonb) ->> accounts.currency)::int) END) AS annual_value,
    coalesce(incoming.potential * scale, CASE WHEN coins.currency <> accounts.currency
      THEN accounts.potential_minor * scale / power(10::numeric, (CAST(:digits AS jsonb) ->> accounts.currency)::int) END) AS potential
  FROM fate JOIN incoming USING (number) LEFT JOIN accounts ON accounts.id = fate.account_id
    CROSS JOIN LATERAL (SELECT coalesce(incoming.currency, accounts.currency, :currency) AS currency) AS coins
    CROSS JOIN LATERAL (SELECT power(10::numeric, (CAST(:digits AS jsonb) ->> coins.currency)::int) AS scale) AS scales
  WHERE fate.reason IS NULL
    AND (incoming.annual_value IS NOT NULL OR incoming.potential IS NOT NULL OR incoming.currency IS NOT NULL)
) AS amounts
WHERE fate.number = amounts.number
"""

_ID_IS_TAKEN = """
UPDATE fate SET reason = 'Another account has the id ' || incoming.external_id || ' of ' || fate.source || ' already.'
FROM incoming JOIN accounts AS other ON other.external_id = incoming.external_id
WHERE incoming.number = fate.number AND other.source = fate.source AND other.id <> fate.account_id
  AND incoming.gcrm_id IS NOT NULL AND fate.reason IS NULL
"""

# Somebody who left owns nothing new, but a file may say who owns an account already.
_OWNER_IS_GONE = """
UPDATE fate SET reason = 'owner: ' || users.name || ' is not active any more.'
FROM incoming JOIN users ON users.id = incoming.owner_id
WHERE incoming.number = fate.number AND NOT users.active AND fate.reason IS NULL
  AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = fate.account_id AND accounts.owner_id = users.id)
"""

_BEFORE = """
UPDATE fate SET before = nullif(changes.before, '{{}}'), placed = changes.placed,
  outcome = CASE WHEN changes.before = '{{}}' THEN 'unchanged' ELSE 'updated' END
FROM (
  SELECT fate.number, coalesce(positions.placed, accounts.placed) AS placed, {changes} AS before
  FROM fate JOIN incoming USING (number) JOIN accounts ON accounts.id = fate.account_id
    LEFT JOIN positions ON positions.number = fate.number
  WHERE fate.reason IS NULL
) AS changes
WHERE fate.number = changes.number
"""

_CREATED = """
UPDATE fate SET outcome = 'created', account_id = new.id, placed = new.placed
FROM (SELECT number, placed, nextval('accounts_id_seq') AS id
      FROM (SELECT number, positions.placed FROM fate LEFT JOIN positions USING (number)
            WHERE account_id IS NULL AND reason IS NULL ORDER BY number) AS ordered) AS new
WHERE fate.number = new.number
"""

_UNPLACED_AND_OUTSIDE = """
SELECT count(*) FILTER (WHERE placed IS NULL), count(*) FILTER (WHERE placed = 'outside')
FROM fate WHERE outcome <> 'rejected'
"""

_INSERT = """
INSERT INTO accounts (id, external_id, source, name, status, location, location_source, location_precision, timezone,
  street, city, region, postcode, country, phone, phone_e164, email, website, industry, tier, annual_value_minor,
  potential_minor, currency, tags, opening_hours, cadence_days, visit_minutes, note, extra, owner_id, owner_named,
  entered_by_id, state_id, county_id, municipality_id, placed, grid_key, hex10, hex100, hex1000, territory_id)
SELECT fate.account_id, external_id, fate.source, incoming.name, coalesce(status, 'prospect'), location,
  CASE WHEN location IS NOT NULL THEN 'file' END, CASE WHEN location IS NOT NULL THEN 'point' END, timezone,
  street, city, region, postcode, coalesce(country, CAST(:country AS text)), phone, phone_e164, email, website, industry, tier,
  fate.annual_value_minor, fate.potential_minor, coalesce(fate.currency, CAST(:currency AS text)), coalesce(tags, '{}'),
  opening_hours, cadence_days, visit_minutes, note, coalesce(extra, '{}'),
  coalesce(incoming.owner_id, territories.owner_id), incoming.owner_id IS NOT NULL, gcrm_principal(),
  state_id, county_id, municipality_id, positions.placed, grid_key, hex10, hex100, hex1000, territory_id
FROM fate JOIN incoming USING (number) LEFT JOIN positions USING (number)
  LEFT JOIN territories ON territories.id = positions.territory_id
WHERE fate.outcome = 'created' AND number BETWEEN :low AND :high ORDER BY grid_key
"""

_UPDATE = """
UPDATE accounts SET {sets}
FROM fate JOIN incoming USING (number) LEFT JOIN positions USING (number)
WHERE accounts.id = fate.account_id AND fate.outcome = 'updated' AND fate.number BETWEEN :low AND :high
"""
