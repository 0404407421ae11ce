"""Writing the story into the database: COPY into temporary tables, then one INSERT for each table.

Row-level security refuses COPY into tables with policies, so the rows come by a temporary table of the transaction; they
name each other by UUID and people by e-mail, which the INSERT turns into keys.
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from gcrm.core.db import PrincipalSession
from gcrm.demo import rows
from gcrm.demo.story import Story

SQL_TYPES: dict[object, str] = {
    str: "text", int: "bigint", float: "float8", bool: "boolean", UUID: "uuid", dt.date: "date",
    dt.datetime: "timestamptz", list[str]: "text[]", list[int]: "smallint[]",
}  # fmt: skip

TEAMS = """
INSERT INTO teams (uuid, name, parent_id) SELECT s.uuid, s.name, t.id
FROM staged AS s LEFT JOIN teams AS t ON t.uuid = s.parent WHERE (s.parent IS NULL) = :first ORDER BY s.position
"""
USERS = """
INSERT INTO users (uuid, email, name, role, team_id, phone, locale, home, home_address, work_days, password, fs_uniquifier)
SELECT s.uuid, s.email, s.name, s.role, t.id, s.phone, s.locale, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326), s.home_address,
  s.work_days, :password, md5(gen_random_uuid()::text) || md5(gen_random_uuid()::text)
FROM staged AS s LEFT JOIN teams AS t ON t.uuid = s.team ORDER BY s.position
"""
TERRITORIES = """
INSERT INTO territories (uuid, name, parent_id, owner_id, colour) SELECT s.uuid, s.name, t.id, u.id, s.colour
FROM staged AS s LEFT JOIN territories AS t ON t.uuid = s.parent LEFT JOIN users AS u ON u.email = s.owner
WHERE (s.parent IS NULL) = :first ORDER BY s.position
"""
TERRITORY_REGIONS = """
INSERT INTO territory_regions (territory_id, region_id) SELECT t.id, r.id
FROM staged AS s JOIN territories AS t ON t.uuid = s.uuid JOIN regions AS r ON r.code = ANY (s.counties)
WHERE r.country = :country AND r.level = 'county' ORDER BY s.position, r.code
"""
ACCOUNTS = """
INSERT INTO accounts (uuid, external_id, source, name, status, location, location_source, location_precision, street, city,
  region, postcode, country, phone, phone_e164, email, website, industry, tier, annual_value_minor, potential_minor, currency,
  tags, opening_hours, cadence_days, visit_minutes, note, parent_id, owner_id, owner_named, entered_by_id, last_visited_on,
  created_at, updated_at)
SELECT s.uuid, s.external_id, s.source, s.name, s.status, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326), s.location_source,
  s.location_precision, s.street, s.city, s.region, s.postcode, s.country, s.phone, s.phone_e164, s.email, s.website, s.industry,
  s.tier, s.annual_value_minor, s.potential_minor, s.currency, s.tags, s.opening_hours, s.cadence_days, s.visit_minutes, s.note,
  p.id, u.id, s.owner_named, e.id, s.last_visited_on, s.created_at, s.updated_at
FROM staged AS s LEFT JOIN accounts AS p ON p.uuid = s.parent LEFT JOIN users AS u ON u.email = s.owner
  LEFT JOIN users AS e ON e.email = s.entered_by
WHERE (s.parent IS NULL) = :first ORDER BY s.position
"""
CONTACTS = """
INSERT INTO contacts (uuid, account_id, name, job_title, phone, email, is_primary, created_at, updated_at)
SELECT s.uuid, a.id, s.name, s.job_title, s.phone, s.email, s.is_primary, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account ORDER BY s.position
"""
SHARES = """
INSERT INTO account_shares (account_id, user_id) SELECT a.id, u.id
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person ORDER BY s.position
"""
STAGES = """
INSERT INTO stages (uuid, name, position, probability, kind)
SELECT s.uuid, s.name, s.position, s.probability, s.kind FROM staged AS s ORDER BY s.position
"""
OPPORTUNITIES = """
INSERT INTO opportunities (uuid, account_id, name, stage_id, rank, amount_minor, currency, expected_close, owner_id, next_step,
  next_step_on, closed_at, close_reason, note, created_at, updated_at)
SELECT s.uuid, a.id, s.name, g.id, s.rank, s.amount_minor, s.currency, s.expected_close, u.id, s.next_step, s.next_step_on,
  s.closed_at, s.close_reason, s.note, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN stages AS g ON g.name = s.stage
  LEFT JOIN users AS u ON u.email = s.owner ORDER BY s.position
"""
VISITS = """
INSERT INTO visits (uuid, account_id, contact_id, user_id, status, starts_at, minutes, purpose, arrived_at, arrived_point,
  accuracy_metres, distance_metres, no_position_reason, finished_at, outcome, note, next_step, next_step_on, created_at,
  updated_at)
SELECT s.uuid, a.id, c.id, u.id, s.status, s.starts_at, s.minutes, s.purpose, s.arrived_at,
  ST_SetSRID(ST_MakePoint(s.arrived_lon, s.arrived_lat), 4326), s.accuracy_metres, s.distance_metres, s.no_position_reason,
  s.finished_at, s.outcome, s.note, s.next_step, s.next_step_on, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person
  LEFT JOIN contacts AS c ON c.uuid = s.contact ORDER BY s.position
"""
ACTIVITIES = """
INSERT INTO activities (uuid, account_id, contact_id, user_id, kind, at, subject, note, created_at, updated_at)
SELECT s.uuid, a.id, c.id, u.id, s.kind, s.at, s.subject, s.note, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person
  LEFT JOIN contacts AS c ON c.uuid = s.contact ORDER BY s.position
"""
TASKS = """
INSERT INTO tasks (uuid, account_id, user_id, title, due_on, needs_visit, done_at, note, created_at, updated_at)
SELECT s.uuid, a.id, u.id, s.title, s.due_on, s.needs_visit, s.done_at, s.note, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person ORDER BY s.position
"""
PRODUCTS = """
INSERT INTO products (uuid, code, name, unit, created_at, updated_at)
SELECT s.uuid, s.code, s.name, s.unit, s.created_at, s.updated_at FROM staged AS s ORDER BY s.position
"""
PRICES = """
INSERT INTO prices (product_id, currency, valid_from, price_minor)
SELECT p.id, s.currency, s.valid_from, s.price_minor FROM staged AS s JOIN products AS p ON p.uuid = s.product ORDER BY s.position
"""
ORDERS = """
INSERT INTO orders (uuid, account_id, user_id, visit_uuid, currency, ordered_at, price_day, total_minor, created_at, updated_at)
SELECT s.uuid, a.id, u.id, s.visit, s.currency, s.ordered_at, s.price_day, s.total_minor, s.created_at, s.updated_at
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person ORDER BY s.position
"""
ORDER_LINES = """
INSERT INTO order_lines (order_id, position, product_id, name, unit, quantity, price_minor, list_price_minor, total_minor)
SELECT o.id, row_number() OVER (PARTITION BY o.id ORDER BY s.place), p.id, s.name, s.unit, s.quantity, s.price_minor,
  s.price_minor, s.total_minor
FROM staged AS s JOIN orders AS o ON o.uuid = s.order_uuid JOIN products AS p ON p.uuid = s.product ORDER BY s.position
"""
TOUCHES = """
INSERT INTO touches (account_id, user_id, at, kind, summary, detail, subject)
SELECT a.id, u.id, s.at, s.kind, s.summary, s.detail, s.subject
FROM staged AS s JOIN accounts AS a ON a.uuid = s.account JOIN users AS u ON u.email = s.person ORDER BY s.position
"""

INSERTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "teams": (rows.TeamRow, (TEAMS,)),
    "users": (rows.PersonRow, (USERS,)),
    "territories": (rows.TerritoryRow, (TERRITORIES, TERRITORY_REGIONS)),
    "accounts": (rows.AccountRow, (ACCOUNTS,)),
    "contacts": (rows.ContactRow, (CONTACTS,)),
    "account_shares": (rows.ShareRow, (SHARES,)),
    "stages": (rows.StageRow, (STAGES,)),
    "opportunities": (rows.OpportunityRow, (OPPORTUNITIES,)),
    "visits": (rows.VisitRow, (VISITS,)),
    "activities": (rows.ActivityRow, (ACTIVITIES,)),
    "tasks": (rows.TaskRow, (TASKS,)),
    "products": (rows.ProductRow, (PRODUCTS,)),
    "prices": (rows.PriceRow, (PRICES,)),
    "orders": (rows.OrderRow, (ORDERS,)),
    "order_lines": (rows.OrderLineRow, (ORDER_LINES,)),
    "touches": (rows.TouchRow, (TOUCHES,)),
}
"""What each table is filled from and how; a statement with `:first` runs twice, parents before children."""


def write(session: PrincipalSession, story: Story, password_hash: str, say: Callable[[str], None]) -> None:
    """Insert everything; `say` hears each table's name."""
    values = {"password": password_hash, "country": story.company.country.profile.code}
    for table, made in story.tables().items():
        kind, statements = INSERTS[table]
        say(table)
        _stage(session, kind, made)
        for statement in statements:
            for first in (True, False) if ":first" in statement else (True,):
                session.execute(text(statement), values | {"first": first})
    session.expire_all()


def _stage(session: PrincipalSession, kind: type, made: Sequence[Any]) -> None:
    """COPY the rows into the temporary table `staged`."""
    columns = typing.get_type_hints(kind)
    listed = ", ".join(f"{name} {_sql_type(hint)}" for name, hint in columns.items())
    session.execute(text("DROP TABLE IF EXISTS pg_temp.staged"))
    session.execute(
        text(
            f"CREATE TEMPORARY TABLE staged ({_key(columns)} bigint GENERATED ALWAYS AS IDENTITY, {listed}) ON COMMIT DROP"
        )
    )
    connection = session.connection().connection.driver_connection
    assert connection is not None
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY staged ({names}) FROM STDIN") as copy:
        for row in _values(made, list(columns)):
            copy.write_row(row)
    session.execute(text("ANALYZE staged"))


def _key(columns: dict[str, Any]) -> str:
    """The column of the order: stages bring their own position."""
    return "number" if "position" in columns else "position"


def _values(made: Sequence[Any], names: list[str]) -> Iterable[tuple[Any, ...]]:
    for row in made:
        yield tuple(getattr(row, name) for name in names)


def _sql_type(hint: Any) -> str:
    """The column type of a row's field, whether or not it may be None."""
    if isinstance(hint, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return SQL_TYPES[hint]
