"""Two years of a sales force, for benchmarks: cadences, visits, opportunities and the plans of today over the accounts of bench_maps.

Written as sets with the triggers off; what a trigger would have kept up, as the day of the last visit, is written with them.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, text

from gcrm.core import config, db, schema
from gcrm.core.cluster import SUPERUSER

VISITS_A_CUSTOMER = 3
"""Half of the accounts are customers, so that a million of them make 1.5 million visits."""
SHARE_WITH_OPPORTUNITY = 0.3
STOPS_A_DAY = 8

STAGES = """
INSERT INTO stages (id, name, position, probability, kind) VALUES
  (101, 'Bench: talks', 101, 20, 'open'), (102, 'Bench: offer', 102, 60, 'open'), (103, 'Bench: won', 103, 100, 'won'),
  (104, 'Bench: lost', 104, 0, 'lost')
"""
VISITS = f"""
INSERT INTO visits (account_id, user_id, status, starts_at, arrived_at, finished_at, outcome)
SELECT id, owner_id, 'done', at - interval '30 minutes', at - interval '30 minutes', at, 'interested'
FROM (SELECT accounts.id, owner_id, now() - random() * interval '730 days' AS at
      FROM accounts, generate_series(1, {VISITS_A_CUSTOMER}) WHERE status = 'customer') AS made
ORDER BY at
"""
CADENCES = """
UPDATE accounts SET last_visited_on = day,
  cadence_days = CASE tier WHEN 'A' THEN 90 WHEN 'B' THEN 180 WHEN 'C' THEN 270 ELSE 365 END
FROM (SELECT account_id, max(finished_at)::date AS day FROM visits GROUP BY account_id) AS last WHERE id = account_id
"""
OPPORTUNITIES = f"""
INSERT INTO opportunities (account_id, name, stage_id, amount_minor, currency, expected_close, owner_id, closed_at, created_at)
SELECT id, 'Order ' || id, stage, amount, 'USD', (at + interval '60 days')::date, owner_id, CASE WHEN stage > 102 THEN at END,
  at - interval '60 days'
FROM (SELECT id, owner_id, 101 + floor(random() * 4)::int AS stage, power(10, 4 + random() * 3)::bigint AS amount,
        now() - random() * interval '730 days' AS at
      FROM accounts WHERE random() < {SHARE_WITH_OPPORTUNITY}) AS made
ORDER BY at
"""
PLANS = """
INSERT INTO day_plans (rep_id, day, status, published_at, starts_at, leaves_at, returns_at)
SELECT id, (now() AT TIME ZONE 'America/New_York')::date, 'published', now(), now(), now(), now() + interval '8 hours'
FROM users WHERE role = 'rep'
"""
STOPS = f"""
INSERT INTO stops (day_plan_id, position, account_id, account_name, location, arrive_at, start_at, depart_at, travel_seconds,
  travel_metres, why, status)
SELECT day_plans.id, number, near.id, near.name, near.location, now() + number * interval '1 hour', now() + number * interval '1 hour',
  now() + (number + 0.5) * interval '1 hour', 900, 9000, '[]', CASE WHEN number < 3 THEN 'done' ELSE 'ahead' END
FROM day_plans, LATERAL (
  SELECT id, name, location, row_number() OVER (ORDER BY id) AS number
  FROM (SELECT id, name, location FROM accounts WHERE owner_id = rep_id LIMIT {STOPS_A_DAY}) AS own) AS near
"""


def copy_database(source: str, name: str, anew: bool = False) -> None:
    """A database of that name with what the source holds, in this version's form; it is the one in use from here on."""
    db.engine().dispose()
    db.engine.cache_clear()
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        if anew:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        known = connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name})
        if not known:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{source}" OWNER gcrm_owner'))
    os.environ["GCRM_DATABASE"] = name
    config.settings.cache_clear()
    schema.make_ready()


def prepare() -> None:
    """The facts in the database in use, unless an earlier run made them."""
    with schema.connected(SUPERUSER, config.settings().database) as connection:
        if connection.scalar(text("SELECT EXISTS (SELECT 1 FROM stops)")):
            return
        _fill(connection)
        connection.commit()
    with schema.connected(SUPERUSER, config.settings().database, autocommit=True) as connection:
        # As an organisation lays them down over years: accounts where they lie, each written once.
        connection.execute(text("CLUSTER accounts USING ix_accounts_grid"))
        connection.execute(text("VACUUM ANALYZE"))


def _fill(connection: Connection) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("SET LOCAL work_mem = '256MB'"))
    connection.execute(text("SELECT setseed(0.5)"))
    for statement in (STAGES, VISITS, CADENCES, OPPORTUNITIES, PLANS, STOPS):
        connection.execute(text(statement))
