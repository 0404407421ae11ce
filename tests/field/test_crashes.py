"""Acts survive what machines do: the server killed between keeping and applying, or anywhere else, and its database too."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select, text

from gcrm.core import db, jobs
from gcrm.core.cluster import Cluster
from gcrm.customers.models import Account, Touch
from gcrm.field.models import FieldAct
from gcrm.people import tokens
from gcrm.people.models import User
from gcrm.visits.models import Activity, Task
from tests import conftest
from tests import factories as make
from tests.field.phone import Phone, ident
from tests.journeys.site import Site, on_cluster

pytestmark = pytest.mark.xdist_group("crashes")

LONGEST = 120
QUICK_KILLS, LONG_KILLS = 3, 60
BATCHES, ACTS = 8, 10
FAILURES = (OSError, http.client.HTTPException, ValueError)


@dataclass
class Answer:
    status_code: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def get_data(self, as_text: bool = False) -> str:
        return self.body.decode()


@dataclass
class Wire:
    """What a `Phone` asks instead of a test client: a server over the network, with a token of the person."""

    site: Site
    token: str

    def post(self, path: str, json: Any, headers: dict[str, str]) -> Answer:
        return self._ask("POST", path, headers, globals()["json"].dumps(json))

    def get(self, path: str, query_string: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        return self._ask("GET", f"{path}?{urlencode(query_string)}", headers or {}, None)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None) -> Answer:
        host = urlsplit(self.site.address).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        with contextlib.closing(connection):
            said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            connection.request(method, path, body, headers | said)
            got = connection.getresponse()
            return Answer(got.status, got.read())


@dataclass
class Staff:
    """Reps with a token and an account each."""

    people: list[tuple[User, str, Account]]

    def phones(self, site: Site) -> list[Phone]:
        return [Phone(Wire(site, token), user) for user, token, _ in self.people]


def make_staff(number: int) -> Staff:
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        reps = [make.make_user(session, "rep") for _ in range(number)]
        accounts = [make.make_account(session, rep) for rep in reps]
    with db.transaction(None) as session:
        held = [tokens.make(session, rep, "phone") for rep in reps]
    return Staff(list(zip(reps, held, accounts, strict=True)))


def batch_of(phone: Phone, account: Account) -> list[dict[str, Any]]:
    """Notes and tasks: each leaves something that can be counted."""
    made = []
    for _ in range(ACTS // 2):
        task = ident()
        made.append(phone.act("noted", activity=ident(), account=account.uuid, subject="Asked about stock"))
        made.append(phone.act("task_added", task=task, account=account.uuid, title="Send samples"))
    return made


@dataclass
class Outbox:
    """A phone's outbox: it sends each batch until it is answered, and asks until all is applied."""

    phone: Phone
    batches: list[list[dict[str, Any]]]
    answered: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    pause: float = 0.05

    def run(self, until: float) -> None:
        for batch in self.batches:
            while not self._send(batch) and time.monotonic() < until:
                time.sleep(0.3)
        while "kept" in self.answered.values() and time.monotonic() < until:
            self._ask([own for own, state in self.answered.items() if state == "kept"][:100])
            time.sleep(0.2)

    def _send(self, batch: list[dict[str, Any]]) -> bool:
        time.sleep(self.pause)
        try:
            self.sent += 1
            answer = self.phone.post(batch)
            if answer.status_code != 200:
                return False
            self._note(answer.json["answers"])
        except FAILURES:
            return False
        return True

    def _ask(self, ids: list[str]) -> None:
        with contextlib.suppress(*FAILURES):
            self._note(self.phone.ask(*ids))

    def _note(self, answers: list[dict[str, Any]]) -> None:
        self.answered |= {answer["id"]: answer["state"] for answer in answers}


def kill(site: Site) -> None:
    """End the server and its workers at once."""
    os.killpg(site.pid, signal.SIGKILL)
    with contextlib.suppress(Exception):
        site.stop()


def start(settings: dict[str, str]) -> Site:
    return Site(settings).start()


def must_be_done_once(staff: Staff, acts: list[dict[str, Any]]) -> None:
    """Every act is in the database, applied, and left one thing and one line."""
    ids = [uuid.UUID(act["id"]) for act in acts]
    with db.transaction(jobs.system_principal()) as session:
        states = session.execute(
            select(FieldAct.state, func.count()).where(FieldAct.id.in_(ids)).group_by(FieldAct.state)
        ).all()
        assert [tuple(row) for row in states] == [("applied", len(acts))]
        notes, added = (
            len([act for act in acts if act["kind"] == "noted"]),
            len([act for act in acts if act["kind"] == "task_added"]),
        )
        assert session.scalar(select(func.count()).select_from(Activity)) == notes
        assert session.scalar(select(func.count()).select_from(Touch)) == notes
        assert session.scalar(select(func.count()).select_from(Task)) == added


def wait_for(condition: Any, seconds: float = LONGEST) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.2)


def kept() -> int:
    with db.transaction(jobs.system_principal()) as session:
        return session.scalar(select(func.count()).select_from(FieldAct).where(FieldAct.state == "kept")) or 0


@pytest.fixture
def settings(own_database, tmp_path):
    return on_cluster(own_database, tmp_path)


def test_what_was_kept_when_the_server_was_killed_is_applied_by_the_next_one(settings):
    staff = make_staff(1)
    site = start(settings)
    (phone,) = staff.phones(site)
    batch = batch_of(phone, staff.people[0][2])
    # Somebody else holds the person's lock, so nothing is applied yet.
    with db.engine().connect() as holder:
        holder.execute(
            text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), {"name": f"field acts of {phone.person.id}"}
        )
        assert set(phone.states(*batch)) == {"kept"}
        kill(site)
        assert kept() == len(batch)
        holder.execute(text("SELECT pg_advisory_unlock_all()"))
    site = start(settings)
    try:
        wait_for(lambda: kept() == 0)
        again = Phone(Wire(site, staff.people[0][1]), phone.person, phone.id)
        assert set(again.states(*batch)) == {"applied"}
    finally:
        site.stop()
    must_be_done_once(staff, batch)


@pytest.mark.parametrize("kills", [QUICK_KILLS, pytest.param(LONG_KILLS, marks=pytest.mark.soak)])
def test_a_server_killed_at_any_moment_loses_nothing_and_doubles_nothing(settings, kills):
    chance = random.Random(kills)
    staff = make_staff(3)
    site = start(settings)
    outboxes = [
        _outbox(phone, account, kills) for phone, (_, _, account) in zip(staff.phones(site), staff.people, strict=True)
    ]
    threads = _run(outboxes, kills)
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 1.5))
        kill(site)
        site = start(settings)
        for outbox in outboxes:
            outbox.phone.client.site = site
    _join(threads)
    site.stop()
    _tell("server", kills, outboxes)
    must_be_done_once(staff, [act for outbox in outboxes for batch in outbox.batches for act in batch])


def _outbox(phone: Phone, account: Account, kills: int) -> Outbox:
    batches = [batch_of(phone, account) for _ in range(BATCHES * max(1, kills // QUICK_KILLS))]
    return Outbox(phone, batches)


def _run(outboxes: list[Outbox], kills: int) -> list[threading.Thread]:
    until = time.monotonic() + LONGEST + 20 * kills
    threads = [threading.Thread(target=outbox.run, args=(until,)) for outbox in outboxes]
    for thread in threads:
        thread.start()
    return threads


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


def _tell(what: str, kills: int, outboxes: list[Outbox]) -> None:
    sent, needed = sum(outbox.sent for outbox in outboxes), sum(len(outbox.batches) for outbox in outboxes)
    print(f"{what} killed {kills} times: {needed} batches of {ACTS} acts, sent {sent} times, each act applied once")


@pytest.fixture
def own_cluster(data_folder, monkeypatch):
    """A cluster of the test's own, which may be killed."""
    own = Cluster(data_folder)
    monkeypatch.setenv("GCRM_DATA", str(data_folder))
    monkeypatch.setenv("GCRM_DATABASE", "gcrm")
    monkeypatch.setattr(db, "cluster", lambda: own)
    conftest._forget()
    yield own
    with contextlib.suppress(Exception):
        db.engine().dispose()
    own.leave()
    monkeypatch.undo()
    conftest._forget()


@pytest.mark.parametrize("kills", [1, pytest.param(LONG_KILLS, marks=pytest.mark.soak)])
def test_what_was_answered_is_there_after_the_database_was_killed(own_cluster, data_folder, kills):
    chance = random.Random(kills)
    site = start({"GCRM_DATA": str(data_folder), "GCRM_DATABASE": "gcrm"})
    staff = make_staff(3)
    outboxes = [
        _outbox(phone, account, kills) for phone, (_, _, account) in zip(staff.phones(site), staff.people, strict=True)
    ]
    threads = _run(outboxes, kills)
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 1.5))
        own_cluster.kill()
        answered = {own for outbox in outboxes for own in outbox.answered}
        kill(site)
        db.engine().dispose()
        own_cluster.leave()
        site = start({"GCRM_DATA": str(data_folder), "GCRM_DATABASE": "gcrm"})
        own_cluster.use()
        assert not answered - _there(answered)
        for outbox in outboxes:
            outbox.phone.client.site = site
    _join(threads)
    site.stop()
    _tell("database", kills, outboxes)
    must_be_done_once(staff, [act for outbox in outboxes for batch in outbox.batches for act in batch])


def _there(ids: set[str]) -> set[str]:
    with db.transaction(jobs.system_principal()) as session:
        found = session.scalars(select(FieldAct.id).where(FieldAct.id.in_([uuid.UUID(own) for own in ids])))
        return {str(own) for own in found}


def test_two_tabs_that_send_the_same_batch_at_once_apply_it_once(settings):
    staff = make_staff(1)
    site = start(settings)
    try:
        (phone,) = staff.phones(site)
        batch = batch_of(phone, staff.people[0][2])
        twins = [Outbox(phone, [batch]) for _ in range(6)]
        _join(_run(twins, 0))
        wait_for(lambda: kept() == 0)
        assert all(set(twin.answered.values()) == {"applied"} for twin in twins)
    finally:
        site.stop()
    must_be_done_once(staff, batch)
