"""A field day on a network that cuts, drips, breaks answers and goes deaf, while the server and its database are killed: every act arrives once.

Five seeds in each run of the tests, two hundred in `make soak`; the figures of each are printed (`-s` shows them).
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from gcrm.core.cluster import SUPERUSER, Cluster
from tests.journeys import field as phones
from tests.journeys import flaky
from tests.journeys.field import acts_on, all_sent, phone, until
from tests.journeys.site import Site, run_module

SEEDS = [*range(5), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(5, 200))]
STEPS = 8
LONGEST_DELIVERY = 120
"""Seconds within which everything has arrived once the network stays whole."""


@dataclass
class Fort:
    """A site on a cluster of its own, which may be killed."""

    cluster: Cluster
    environment: dict[str, str]
    site: Site
    reps: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def port(self) -> int:
        return int(self.site.address.rpartition(":")[2])

    def kill_server(self) -> None:
        """All of its processes at once, then start it again."""
        os.killpg(self.site.pid, signal.SIGKILL)
        self.site.stop()
        self.site = Site(self.environment).start()

    def kill_database(self) -> None:
        """PostgreSQL with -9, then start it again; the server stays and finds it."""
        self.cluster.kill()
        self.cluster.leave()
        self.cluster.use()

    def ask(self, question: str, **values: Any) -> Any:
        engine = create_engine(self.cluster.url("gcrm", SUPERUSER))
        try:
            with engine.connect() as connection:
                return connection.execute(text(question), values).all()
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def fort(playwright: Any, request: pytest.FixtureRequest) -> Iterator[Fort]:
    """A rep with a whole day for each seed that runs here."""
    seeds = sum(item.path == request.node.path for item in request.session.items)
    folder = Path(f"/tmp/gcrm-chaos-{os.getpid()}")  # noqa: S108 - short enough for a socket's path
    folder.mkdir(mode=0o755)
    environment = {"GCRM_DATA": str(folder)}
    cluster = Cluster(folder)
    cluster.use()
    try:
        run_module("gcrm", environment, "db", "migrate")
        run_module("tests.journeys.field_company", environment, str(seeds))
        fort = Fort(cluster, environment, Site(environment).start())
        yield fort
        fort.site.stop()
    finally:
        cluster.leave()
        if cluster.is_running():
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bad_weather(line: flaky.Network, seed: int) -> Iterator[None]:
    """The network changes its mood by itself until the block ends."""
    over = threading.Event()

    def change() -> None:
        for mood, seconds in flaky.moods(seed):
            line.become(mood)
            if over.wait(seconds):
                return

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        line.become(flaky.OPEN)


def do(page: Page, kind: str) -> None:
    """One thing that a rep does, by the buttons of the page as it stands."""
    if kind == "skip":
        phones.skip(page)
        return
    phones.check_in(page)
    phones.log(page, "Interested", None)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_act_arrives_exactly_once(fort, chromium, seed):
    chance = random.Random(seed)
    rep = f"rep{next(fort.reps)}@demo.example"
    began = time.monotonic()
    kills = dict(zip(chance.sample(range(STEPS), 2), (fort.kill_server, fort.kill_database), strict=True))
    before = {row.id for row in acts_of(fort, rep)}
    with flaky.Network(fort.port, seed) as line, phone(chromium, line.address, patience=90_000) as context:
        page = phones.opened(context, rep)
        with bad_weather(line, seed):
            for step in range(STEPS):
                if step in kills:
                    kills[step]()
                    line.target = fort.port
                page.goto("/field/")
                expect(page.locator(".card-next, .card-done").first).to_be_visible(timeout=90_000)
                if page.locator(".card-done").count():
                    break
                do(page, chance.choice(("skip", "visit", "visit")))
                if chance.random() < 0.3:
                    page.wait_for_timeout(chance.uniform(0, 1500))
        until(lambda: all_sent(page), "everything is answered", LONGEST_DELIVERY)
        made = {act["id"]: act for act in acts_on(page)}
    rows = {str(row.id): row for row in acts_of(fort, rep) if row.id not in before}
    assert rows.keys() == made.keys()
    assert {row.state for row in rows.values()} <= {"applied", "merged"}
    assert [str(row.id) for row in sorted(rows.values(), key=lambda row: row.applied_at)] == list(made)
    visits = [act["body"]["visit"] for act in made.values() if act["kind"] == "finished"]
    done = fort.ask(
        "SELECT v.uuid FROM visits v JOIN users u ON u.id = v.user_id WHERE u.email = :rep AND v.status = 'done'",
        rep=rep,
    )
    assert sorted(visits) == sorted(str(row.uuid) for row in done if str(row.uuid) in visits)
    assert len(done) == len({row.uuid for row in done})
    print(
        f"\nseed {seed}: {len(made)} acts, {line.broken} connections broken, {len(kills)} kills, {time.monotonic() - began:.0f} s, each arrived once"
    )


def acts_of(fort: Fort, rep: str) -> Any:
    return fort.ask(
        "SELECT a.id, a.state, a.applied_at FROM field_acts a JOIN users u ON u.id = a.user_id WHERE u.email = :rep", rep=rep
    )  # fmt: skip
