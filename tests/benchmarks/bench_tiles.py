"""Tiles over HTTP beside the same SQL in psycopg, for each role; mixed zooms a second beside tipg on the same database.

    python -m tests.benchmarks.bench_tiles [--accounts 1000000] [--tiles 30] [--tries 1] [--seconds 8] [--no-peer]

The server is `gcrm serve` with one process of four threads on the database of `bench_maps`, clients ask over loopback with a
bearer token. Where it is not said otherwise it keeps no tiles, so that each is drawn when it is asked for, as tipg does; then
the same tiles are asked of a server that keeps what it drew, as people who browse a map ask, again and with the mark of what
they have. tipg (a development extra) runs as one uvicorn process with its usual limit of 10,000 features a tile, so that
its low zooms show a part of the accounts only; it is asked for the four attributes that our points have.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from sqlalchemy import event, text

from gcrm.core import config, db
from gcrm.core.cluster import SUPERUSER
from gcrm.customers.selecting import Selection
from gcrm.customers.sum_services import fold
from gcrm.maps import tile_queries
from gcrm.people import tokens
from gcrm.people.models import User
from tests.benchmarks import bench_maps
from tests.journeys.site import Site

ZOOMS = (4, 6, 8, 10, 11, 12, 13, 14)
CLIENTS = 8
LARGEST_KB = {zoom: 150 if zoom <= 11 else 450 for zoom in ZOOMS}
TIPG_ATTRIBUTES = "name,status,tier,annual_value_minor"


@dataclass
class Person:
    who: str
    principal: db.Principal
    token: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--tiles", type=int, default=30, help="tiles a zoom")
    parser.add_argument(
        "--tries", type=int, default=1, help="of each tile; the quickest counts, where others use the machine"
    )
    parser.add_argument("--seconds", type=float, default=8, help="of mixed zooms")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    bench_maps.prepare(options.accounts)
    with db.transaction(bench_maps.jobs.system_principal()) as session:
        fold(session)
    people = [enter(who, principal) for who, principal in bench_maps.people().items()]
    settings = {name: os.environ[name] for name in ("GCRM_DATA", "GCRM_DATABASE")}
    settings |= {"GCRM_WEB_PROCESSES": "1", "GCRM_THREADS": "4"}
    places = places_of(people[0], options.tiles)
    with serving(settings | {"GCRM_TILE_MEGABYTES": "0"}) as address:
        for person in people:
            for name, selection in selections(person).items():
                beside_psycopg(address, person, name, selection, options.tiles, options.tries)
        drawn = rate(address, people[0].token, paths_of(places), options.seconds)
    said("gcrm, each tile drawn", drawn)
    with serving(settings) as address:
        browsed = browse(address, people[0].token, paths_of(places), options.seconds)
    if not options.no_peer:
        beside_tipg(places, options.seconds, {"drawn": drawn, **browsed})


def enter(who: str, principal: db.Principal) -> Person:
    """A token for a person of the benchmark."""
    with db.transaction(None) as session:
        return Person(who, principal, tokens.make(session, session.get_one(User, principal.id), "benchmark", days=1))


def selections(person: Person) -> dict[str, Selection]:
    with db.transaction(person.principal) as session:
        team = session.scalar(text("SELECT uuid::text FROM teams WHERE name = 'North'"))
    filtered = Selection({"status": ("customer",), "team": (str(team),)})
    return {"all": Selection()} | ({} if person.who == "rep" else {"team + status": filtered})


# -- one after the other -----------------------------------------------------------------------------------------------


def beside_psycopg(address: str, person: Person, name: str, selection: Selection, n: int, tries: int) -> None:
    """p50 and p95 by zoom, over HTTP and in psycopg, and the largest tile."""
    print(
        f"{person.who}, {name}: milliseconds p50 and p95 over HTTP, of the same SQL in psycopg, largest kB", flush=True
    )
    every: list[float] = []
    apart: list[float] = []
    connection = Keeping(address, person.token)
    for z in ZOOMS:
        with db.transaction(person.principal) as session:
            places = bench_maps.sampled(session, z, n)
        ours, plain, sizes = [], [], []
        for x, y in places:
            statements = recorded(person.principal, z, x, y, selection)
            connection.get(z, x, y, selection)  # Both find the pages of the database in memory.
            plain.append(min(run(person.principal, statements) for _ in range(tries)))
            answers = [connection.get(z, x, y, selection) for _ in range(tries)]
            ours.append(min(took for took, _size in answers))
            sizes.append(answers[0][1] / 1000)
        every += ours
        apart += [one - other for one, other in zip(ours, plain, strict=True)]
        mark = "" if max(sizes) <= LARGEST_KB[z] else f" > {LARGEST_KB[z]}"
        print(
            f"  zoom {z:2} {bench_maps.spread(ours)}   {bench_maps.spread(plain)}   {max(sizes):7.1f}{mark}", flush=True
        )
    limit = 80 if name != "all" else 50
    print(
        f"  in all {bench_maps.spread(every)} (p95 limit {limit}); over the SQL's by {statistics.median(apart):.1f} (limit 3)"
    )


def recorded(principal: db.Principal, z: int, x: int, y: int, selection: Selection) -> list[tuple[str, Any]]:
    """The statements of a tile as psycopg gets them."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    with db.transaction(principal) as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        tile_queries.account_tile(session, z, x, y, selection)
        event.remove(connection, "before_cursor_execute", note)
    return seen


_plain: dict[int, psycopg.Connection[Any]] = {}


def run(principal: db.Principal, statements: list[tuple[str, Any]]) -> float:
    """Milliseconds of the statements in psycopg, as the same role and principal; its transaction is open already."""
    if principal.id not in _plain:
        address = db.url().replace("postgresql+psycopg://", "postgresql://", 1)
        connection = _plain[principal.id] = psycopg.connect(address)
        connection.execute(
            "SELECT set_config('role', %s, false), set_config('gcrm.principal', %s, false),"
            " set_config('gcrm.principal_role', %s, false), set_config('gcrm.written', '', false)",
            (principal.database_role, str(principal.id), principal.role),
        )
        connection.commit()
    connection = _plain[principal.id]
    cursor = connection.cursor()
    began = time.perf_counter()
    for statement, parameters in statements:
        cursor.execute(statement, parameters)  # type: ignore[arg-type]
        cursor.fetchall()
    took = (time.perf_counter() - began) * 1000
    connection.rollback()
    return took


class Keeping:
    """A connection that stays open, with a person's token."""

    def __init__(self, address: str, token: str = "") -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.mark = ""

    def get(self, z: int, x: int, y: int, selection: Selection) -> tuple[float, int]:
        """Milliseconds and bytes of a tile."""
        return self.ask(f"/tiles/accounts/{z}/{x}/{y}.mvt?{selection.query_string()}")

    def ask(self, path: str, mark: str = "") -> tuple[float, int]:
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers | ({"If-None-Match": mark} if mark else {}))
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        self.mark = answer.headers.get("ETag", "")
        if answer.status not in ((304,) if mark else (200, 204)):
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return took, len(body)


# -- as many as go -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(settings: dict[str, str]) -> Iterator[str]:
    site = Site(settings, ("--no-workers",)).start()  # which would compile the planner meanwhile
    try:
        yield site.address
    finally:
        site.stop()


def places_of(person: Person, n: int) -> list[tuple[int, int, int]]:
    """Tiles of all zooms, mixed, as who sees all."""
    with db.transaction(person.principal) as session:
        places = [(z, x, y) for z in ZOOMS for x, y in bench_maps.sampled(session, z, n)]
    random.Random(1).shuffle(places)
    return places


def paths_of(places: list[tuple[int, int, int]]) -> list[str]:
    return [f"/tiles/accounts/{z}/{x}/{y}.mvt" for z, x, y in places]


def browse(address: str, token: str, paths: list[str], seconds: float) -> dict[str, list[float]]:
    """Tiles that were drawn before: sent again, and where the client says the mark of what it has."""
    marks = {}
    connection = Keeping(address, token)
    for path in paths:
        connection.ask(path)
        marks[path] = connection.mark
    found = {"kept": rate(address, token, paths, seconds), "known": rate(address, token, paths, seconds, marks)}
    said("gcrm, drawn before and sent again", found["kept"])
    said("gcrm, drawn before and known to the client", found["known"])
    return found


def beside_tipg(places: list[tuple[int, int, int]], seconds: float, ours: dict[str, list[float]]) -> None:
    with tipg() as peer:
        paths = [
            f"/collections/public.accounts/tiles/WebMercatorQuad/{z}/{x}/{y}?properties={TIPG_ATTRIBUTES}"
            for z, x, y in places
        ]
        theirs = rate(peer, "", paths, seconds)
    said("tipg, the same tiles", theirs)
    for name, took in ours.items():
        print(f"  {name}: {len(took) / len(theirs):.1f} times as many tiles a second as tipg (goal: at least 8)")


def rate(
    address: str, token: str, paths: list[str], seconds: float, marks: dict[str, str] | None = None
) -> list[float]:
    """The milliseconds of each answer within that time, of eight clients at once."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = Keeping(address, token)
        for i in range(number, 1_000_000_000, CLIENTS):
            if time.perf_counter() > end:
                return
            path = paths[i % len(paths)]
            took.append(connection.ask(path, marks[path] if marks else "")[0])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def said(name: str, took: list[float]) -> None:
    ordered = sorted(took)
    points = [ordered[int(len(ordered) * share)] for share in (0.5, 0.9, 0.99)]
    print(f"{name}: {len(took)} answers, p50 {points[0]:.1f} p90 {points[1]:.1f} p99 {points[2]:.1f} ms", flush=True)


@contextlib.contextmanager
def tipg() -> Iterator[str]:
    """tipg on the same database, as the owner, who is under no policy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    socket_folder = db.cluster().socket_folder
    address = f"postgresql://{SUPERUSER}@{quote(str(socket_folder), safe='')}/{config.settings().database}"
    environment = os.environ | {"DATABASE_URL": address, "TIPG_DB_TABLES": '["public.accounts"]'}
    command = [sys.executable, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise RuntimeError("tipg did not start")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
