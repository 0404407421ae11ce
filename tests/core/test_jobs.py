"""Jobs and events come and go with their transaction, and run as the person who queued them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from gcrm.core import db, events, jobs
from gcrm.core.models import Event
from gcrm.customers.models import Account
from tests import factories as make

seen: list[tuple[int, list[str]]] = []


@jobs.task("tests.look", queue="now")
def look(principal, account_id):
    with db.transaction(principal) as session:
        seen.append((account_id, list(session.scalars(select(Account.name).order_by(Account.name)))))


@pytest.fixture
def company(own_database):
    seen.clear()
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        rep, other = make.make_user(session), make.make_user(session)
        make.make_account(session, rep, name="Mine")
        make.make_account(session, other, name="Theirs")
        return rep.principal


def work_off(queue="now"):
    jobs.run_worker([queue], wait=False, install_signal_handlers=False, listen_notify=False)


def waiting() -> int:
    with db.transaction(jobs.system_principal()) as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))


def test_a_job_runs_as_the_person_who_queued_it(company):
    with db.transaction(company) as session:
        jobs.defer(session, "tests.look", account_id=7)
    work_off()
    assert seen == [(7, ["Mine"])]


def test_a_job_of_a_rolled_back_transaction_was_never_there(company):
    def queue_and_fail():
        with db.transaction(company) as session:
            jobs.defer(session, "tests.look", account_id=7)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        queue_and_fail()
    assert waiting() == 0


def test_a_second_job_with_the_same_queueing_lock_is_not_queued(company):
    with db.transaction(company) as session:
        assert jobs.defer(session, "tests.look", account_id=1, queueing_lock="one") is not None
        assert jobs.defer(session, "tests.look", account_id=2, queueing_lock="one") is None
        assert session.scalar(select(func.count()).select_from(Account)) == 1  # the transaction still works
    assert waiting() == 1


def test_an_event_reaches_its_listeners_once(company):
    heard = []
    events.listen("tests.happened", lambda payload, user: heard.append((payload, user)))
    with db.transaction(company) as session:
        events.publish(session, "tests.happened", {"id": 3})
    work_off("later")
    work_off("later")
    assert heard == [({"id": 3}, company.id)]
    with db.transaction(jobs.system_principal()) as session:
        assert session.scalar(select(func.count()).where(Event.handled_at.is_(None))) == 0
