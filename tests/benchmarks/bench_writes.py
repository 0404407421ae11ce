"""What it costs to write accounts with places, regions, territories, trail and sums kept up, beside a bare COPY.

    python -m tests.benchmarks.bench_writes [--accounts 1000000] [--rows 100000] [--writers 4] [--database NAME]

Both write the same rows into a table of a million accounts with all its indexes: COPY with every trigger off and all columns
given; and as an import does it, COPY to a temporary table, places found as a set, then INSERT ... SELECT with every trigger
on. Then several writers at once change accounts of the same towns, with a fold running beside them.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from typing import Any

from sqlalchemy import text

from gcrm.core import config, db, jobs, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.customers import sum_queries, sum_services
from gcrm.exchange.services import placing
from tests.benchmarks import bench_maps, facts

GIVEN = "name, status, city, country, tier, annual_value_minor, potential_minor, currency"
FOUND = (
    "location, timezone, state_id, county_id, municipality_id, placed, grid_key, hex10, hex100, hex1000, territory_id"
)
WHOLE = f"{GIVEN}, {FOUND}, owner_id, owner_named"
PEER_SHARE = 0.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--database", default="gcrm_bench_writes", help="made anew as a copy, and left behind")
    options = parser.parse_args()
    bench_maps.prepare(options.accounts)
    copy_database(options.database)
    bare = copied(options.rows)
    print(f"COPY, triggers off: {options.rows / bare:,.0f} rows/s ({bare:.1f} s)", flush=True)
    stages = imported(options.rows)
    ours = sum(stages.values())
    said = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.items())
    print(f"as an import, all kept up: {options.rows / ours:,.0f} rows/s ({said})")
    print(f"  {bare / ours:.0%} of COPY's rate (goal: at least {PEER_SHARE:.0%})", flush=True)
    began = time.perf_counter()
    with db.transaction(jobs.system_principal()) as session:
        sum_services.fold(session)
    print(f"  folded into the sums afterwards, by a worker: {time.perf_counter() - began:.1f} s", flush=True)
    together(options.writers)


def copy_database(name: str) -> None:
    """A database of its own, so that the next run meets the same accounts."""
    facts.copy_database(config.settings().database, name, anew=True)
    with db.transaction(jobs.system_principal()) as session:
        sum_services.recount(session)
    with schema.connected(SUPERUSER, name, autocommit=True) as connection:
        connection.execute(text("VACUUM ANALYZE"))


def copied(rows: int) -> float:
    """Seconds of a bare COPY, which is taken back."""
    with schema.connected(SUPERUSER, config.settings().database) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor:
            with cursor.copy(f"COPY (SELECT {WHOLE} FROM accounts ORDER BY id LIMIT {rows}) TO STDOUT") as out:
                data = b"".join(bytes(part) for part in out)
            began = time.perf_counter()
            with cursor.copy(f"COPY accounts ({WHOLE}) FROM STDIN") as copy:
                copy.write(data)
            took = time.perf_counter() - began
        connection.rollback()
    with schema.connected(SUPERUSER, config.settings().database, autocommit=True) as connection:
        connection.execute(text("VACUUM ANALYZE accounts"))
    return took


def imported(rows: int) -> dict[str, float]:
    """Seconds of each stage of the same as an import does it; committed."""
    with schema.connected(SUPERUSER, config.settings().database) as connection:
        raw: Any = connection.connection.driver_connection
        fields = f"{GIVEN}, ST_X(location), ST_Y(location)"
        with (
            raw.cursor() as cursor,
            cursor.copy(
                f"COPY (SELECT row_number() OVER (), {fields} FROM accounts ORDER BY id LIMIT {rows}) TO STDOUT"
            ) as out,
        ):
            data = b"".join(bytes(part) for part in out)
    stages: dict[str, float] = {}
    began = time.perf_counter()

    def done(name: str) -> None:
        nonlocal began
        stages[name] = time.perf_counter() - began
        began = time.perf_counter()

    session = db.new_session(jobs.system_principal())
    with session, session.begin():
        session.execute(
            text(
                "CREATE TEMPORARY TABLE rows_read (number int, name text, status text, city text, country text, tier text,"
                " annual_value_minor bigint, potential_minor bigint, currency text, x float8, y float8) ON COMMIT DROP"
            )
        )
        raw = session.connection().connection.driver_connection
        with raw.cursor() as cursor, cursor.copy("COPY rows_read FROM STDIN") as copy:
            copy.write(data)
        done("COPY to a temporary table")
        session.execute(text(POSITIONS))
        placing.place_positions(session)
        session.execute(text("CREATE UNIQUE INDEX ON positions (number)"))
        done("places as a set")
        session.execute(text("SELECT set_config('gcrm.places_given', 'on', true)"))
        session.execute(text(INSERT))
        done("INSERT with every trigger")
    done("commit")
    return stages


POSITIONS = """
CREATE TEMPORARY TABLE positions ON COMMIT DROP AS
SELECT number, ST_SetSRID(ST_MakePoint(x, y), 4326) AS location, NULL::int AS municipality_id, NULL::int AS county_id,
  NULL::int AS state_id, NULL::text AS placed, NULL::bigint AS grid_key, NULL::bigint AS hex10, NULL::bigint AS hex100,
  NULL::bigint AS hex1000, NULL::int AS territory_id, NULL::text AS timezone
FROM rows_read
"""
INSERT = f"""
INSERT INTO accounts ({WHOLE})
SELECT rows_read.name, status, city, country, tier, annual_value_minor, potential_minor, currency, {FOUND},
  territories.owner_id, false
FROM rows_read JOIN positions USING (number) LEFT JOIN territories ON territories.id = positions.territory_id
ORDER BY grid_key
"""


def together(writers: int, seconds: float = 10) -> None:
    """Writers that change accounts of the same few cells, and a worker that folds."""
    took: list[float] = []
    faults: list[Exception] = []
    end = time.perf_counter() + seconds
    principal = jobs.system_principal()
    with db.transaction(principal) as session:
        near = list(session.scalars(text("SELECT id FROM accounts ORDER BY grid_key DESC LIMIT 400")))

    def write(number: int) -> None:
        i = number
        while time.perf_counter() < end:
            began = time.perf_counter()
            try:
                with db.transaction(principal) as session:
                    session.execute(
                        text(
                            "UPDATE accounts SET annual_value_minor = coalesce(annual_value_minor, 0) + 1 WHERE id = :id"
                        ),
                        {"id": near[i % len(near)]},
                    )
            except Exception as error:
                faults.append(error)
            took.append((time.perf_counter() - began) * 1000)
            i += writers

    def keep_folding() -> None:
        while time.perf_counter() < end:
            with db.transaction(principal) as session:
                sum_services.fold(session)
            time.sleep(0.2)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    threads.append(threading.Thread(target=keep_folding))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(took)
    with db.transaction(principal) as session:
        wrong = sum_queries.wrong_counties(session)
    print(
        f"{writers} writers in the same town beside folds: {len(took) / seconds:,.0f} changes/s, p50"
        f" {statistics.median(ordered):.1f}, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms, {len(faults)} refused,"
        f" {wrong} counties wrong afterwards"
    )


if __name__ == "__main__":
    main()
