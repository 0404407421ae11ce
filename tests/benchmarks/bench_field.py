"""The morning after a day without signal: phones that come online within one minute, each with what it kept.

    python -m tests.benchmarks.bench_field [--phones 2000] [--seconds 60] [--processes 1]

A real site with its workers, over loopback. Each phone is a person with a session of the own, who says hello and sends one
batch of twenty acts: check-ins, logs of visits, calls and tasks at four accounts. What is measured is the time until each
answer is read; then how long it takes until everything that was kept is applied, and whether the database holds every act
once and what each of them made once. A database of its own is made for it, dropped when the next run begins (GCRM_DATA names another folder).
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from tests.journeys.site import Site

DATABASE = "gcrm_bench_field"
LIMIT_SECONDS = 2.0
ACCOUNTS = 4
"""Of each person."""
ACTS = 20
LONGEST_APPLYING = 1800
MADE_BY_BATCH = {"visits": 4, "activities": 8, "tasks": 4, "touches": 12}
"""Rows that one batch makes; the log of each visit and each call leaves a line."""

PEOPLE = """
    INSERT INTO users (email, name, role, active, fs_uniquifier)
    SELECT format('rep%s@bench.example', n), format('Rep %s', n), 'rep', true, md5(format('bench %s', n))
    FROM generate_series(1, :phones) AS n
"""
PLACES = """
    INSERT INTO accounts (name, currency, status, location, location_source, location_precision, owner_id, owner_named, cadence_days)
    SELECT format('Account %s of %s', k, users.name), 'USD', 'customer',
      ST_SetSRID(ST_MakePoint(-77 + (users.id % 100) / 50.0, 40 + (users.id / 100 % 100) / 50.0 + k / 200.0), 4326), 'pin', 'point',
      users.id, true, 30
    FROM users, generate_series(1, :accounts) AS k WHERE users.email LIKE '%@bench.example'
"""


@dataclass
class Phone:
    """One person's phone with what it kept."""

    person: str
    cookie: str
    accounts: list[str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def batch(self) -> bytes:
        now = dt.datetime.now(dt.UTC)
        acts: list[dict[str, Any]] = []

        def act(kind: str, **body: Any) -> None:
            at = now - dt.timedelta(minutes=5 * (ACTS - len(acts)))
            place = (
                {"lon": -77.0, "lat": 40.0, "accuracy": 9.0, "taken_at": at.isoformat()} if kind == "arrived" else None
            )
            acts.append({
                "id": str(uuid.uuid4()), "kind": kind, "at": at.isoformat(), "seq": len(acts) + 1, "place": place, "no_place": None,
                "amends": None, "tab": None, "body": body,
            })  # fmt: skip

        for account in self.accounts:
            visit = str(uuid.uuid4())
            act("arrived", visit=visit, account=account)
            act("finished", visit=visit, account=account, outcome="interested", note="They want to see the new list.")
            act("task_added", task=str(uuid.uuid4()), account=account, title="Send the list", due_on="2030-01-07")
            act("called", activity=str(uuid.uuid4()), account=account, subject="Asked about stock")
            act("noted", activity=str(uuid.uuid4()), account=account, subject="New buyer from May on")
        return json.dumps({"phone": self.id, "schema": 1, "sent_at": now.isoformat(), "acts": acts}).encode()


@dataclass
class Measured:
    hello: list[float] = field(default_factory=list)
    acts: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


class Line:
    """One phone's connection: HTTP by hand, so that two thousand of them cost the machine little."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self.reader, self.writer, self.host = reader, writer, host

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}",
            f"Content-Length: {len(body)}",
            "Accept: application/json",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()
        status = int((await self.reader.readline()).split()[1])
        got: dict[str, str] = {}
        while line := (await self.reader.readline()).decode().strip():
            name, _, value = line.partition(":")
            got[name.lower()] = value.strip()
        return status, got, await self.reader.readexactly(int(got.get("content-length", "0")))


async def come_online(phone: Phone, address: str, after: float, found: Measured) -> None:
    await asyncio.sleep(after)
    host = urlsplit(address)
    try:
        begun = time.perf_counter()
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        line = Line(reader, writer, host.netloc)
        said = {"Cookie": f"gcrm={phone.cookie}", "X-Field-Phone": phone.id, "X-Field-Person": phone.person}
        status, got, body = await line.ask("GET", "/field/hello", said)
        found.hello.append(time.perf_counter() - begun)
        if status != 200:
            found.faults[f"hello {status}"] += 1
            return
        # The token belongs to the session that the hello just wrote.
        said["Cookie"] = got["set-cookie"].partition(";")[0]
        said |= {"X-CSRFToken": json.loads(body)["csrf"], "Content-Type": "application/json"}
        batch = phone.batch()
        begun = time.perf_counter()
        status, got, body = await line.ask("POST", "/field/acts", said, batch)
        found.acts.append(time.perf_counter() - begun)
        if status != 200:
            found.faults[f"acts {status}"] += 1
            return
        found.states.update(answer["state"] for answer in json.loads(body)["answers"])
        writer.close()
    except (OSError, asyncio.IncompleteReadError, IndexError) as error:
        found.faults[type(error).__name__] += 1


async def rush(phones: list[Phone], address: str, seconds: float) -> Measured:
    chance, found = random.Random(1), Measured()
    await asyncio.gather(*(come_online(phone, address, chance.uniform(0, seconds), found) for phone in phones))
    return found


def make_people(phones: int) -> list[Phone]:
    """Persons with accounts in a fresh database, and the cookie that a browser holds after signing in."""
    from gcrm.app import create_app
    from gcrm.core import db, jobs, schema
    from tests import factories as make
    from tests.conftest import drop_database

    drop_database(DATABASE)
    schema.create_database(DATABASE)
    schema.migrate(DATABASE)
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
    with db.transaction(None) as session:
        session.execute(text(PEOPLE), {"phones": phones})
    with db.transaction(jobs.system_principal()) as session:
        session.execute(text(PLACES), {"accounts": ACCOUNTS})
        rows = session.execute(text(
            "SELECT users.id, users.uuid, array_agg(accounts.uuid::text) AS accounts FROM users"
            " JOIN accounts ON owner_id = users.id GROUP BY users.id ORDER BY users.id"
        )).all()  # fmt: skip
        session.execute(text("SELECT gcrm_fold_sums(10000000)"))
    with db.transaction(None) as session:
        marks = dict(
            session.execute(text("SELECT id, fs_uniquifier FROM users WHERE email LIKE '%@bench.example'")).all()
        )
    app = create_app()
    signer = app.session_interface.get_signing_serializer(app)
    return [Phone(str(row.uuid), _cookie(signer, marks[row.id]), row.accounts) for row in rows]


def _cookie(signer: Any, mark: str) -> str:
    return str(
        signer.dumps({"_user_id": mark, "_fresh": True, "fs_cc": "set", "fs_paa": time.time(), "identity": mark})
    )


def wait_until_applied() -> float:
    """Seconds until nothing is kept any more."""
    from gcrm.core import db, jobs

    begun = time.perf_counter()
    while time.perf_counter() - begun < LONGEST_APPLYING:
        with db.transaction(jobs.system_principal()) as session:
            kept = session.scalar(text("SELECT count(*) FROM field_acts WHERE state = 'kept'"))
        if not kept:
            return time.perf_counter() - begun
        time.sleep(1)
    raise SystemExit(f"{kept} acts are still kept after {LONGEST_APPLYING} s")


def counted() -> dict[str, int]:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        states = session.execute(text("SELECT state, count(*) FROM field_acts GROUP BY state")).all()
        made = {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in MADE_BY_BATCH}
    return {**{f"acts {state}": number for state, number in states}, **made}


def told(name: str, seconds: list[float], limit: float) -> None:
    ranked = sorted(seconds) or [float("nan")]
    p50, p95 = (ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.5, 0.95))
    verdict = "holds" if p95 < limit else "MISSED"
    print(
        f"{name:8} {len(seconds):6} answers   p50 {p50 * 1000:6.0f} ms   p95 {p95 * 1000:6.0f} ms   most {ranked[-1] * 1000:6.0f} ms   limit {limit * 1000:.0f} ms: {verdict}"
    )


def cpu_seconds(root: int) -> float:
    """What a process and all that came from it took of the processors so far; those that ended count with their parent."""
    ticks = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Processors:
    """Seconds that the server and the database took since they were last asked for."""

    def __init__(self, site: Site) -> None:
        from gcrm.core import db

        postmaster = int((db.cluster().data / "postmaster.pid").read_text().split()[0])
        self._roots = {"server": site.pid, "database": postmaster}
        self._before = {name: cpu_seconds(pid) for name, pid in self._roots.items()}

    def since(self) -> str:
        now = {name: cpu_seconds(pid) for name, pid in self._roots.items()}
        said = ", ".join(f"{name} {now[name] - self._before[name]:.1f} s" for name in now)
        self._before = now
        return said


def settings_of(processes: int) -> dict[str, str]:
    from gcrm.core import config, paths

    usual = paths.default_data_folder()
    folder = Path(os.environ.get("GCRM_DATA") or usual.with_name(usual.name + "-bench"))
    settings = {
        "GCRM_DATA": str(folder), "GCRM_DATABASE": DATABASE, "GCRM_WEB_PROCESSES": str(processes), "GCRM_THREADS": "8",
        "GCRM_POOL_SIZE": "10",
    }  # fmt: skip
    os.environ.update(settings)
    config.settings.cache_clear()
    return settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0, help="within which they all come")
    parser.add_argument("--processes", type=int, default=1, help="of the web server")
    options = parser.parse_args()
    settings = settings_of(options.processes)
    phones = make_people(options.phones)
    site = Site(settings).start()
    try:
        processors = Processors(site)
        begun = time.perf_counter()
        found = asyncio.run(rush(phones, site.address, options.seconds))
        came, while_coming = time.perf_counter() - begun, processors.since()
        applied, afterwards = wait_until_applied(), processors.since()
    finally:
        site.stop()
    print(
        f"{options.phones} phones within {options.seconds:.0f} s on {os.cpu_count()} cores, {options.processes} web process; all answered after {came:.0f} s"
    )
    told("hello", found.hello, LIMIT_SECONDS)
    told("acts", found.acts, LIMIT_SECONDS)
    print(
        f"answered {dict(found.states)}; all applied {applied:.0f} s after the last answer; faults {dict(found.faults) or 'none'}"
    )
    print(f"of the processors: while they came {while_coming}; afterwards {afterwards}")
    rows, wanted = counted(), {table: number * options.phones for table, number in MADE_BY_BATCH.items()}
    lost = ACTS * options.phones - rows.get("acts applied", 0)
    doubled = {table: rows[table] - number for table, number in wanted.items() if rows[table] != number}
    print(f"in the database {rows}; lost {lost}, more or fewer rows than wanted {doubled or 'none'}")


if __name__ == "__main__":
    main()
