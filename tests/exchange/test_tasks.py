"""Refusals leave their trace and nothing else; with real commits."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select, text

from gcrm.core import db, files, jobs
from gcrm.core.errors import Invalid
from gcrm.exchange import tasks
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.services import batches
from tests.factories import make_organisation


@pytest.fixture
def principal(own_database):
    found = jobs.system_principal()
    with db.transaction(found) as session:
        make_organisation(session)
    return found


def opened(principal, content: bytes = b"id,name\n1,A\n", **options) -> int:
    with db.transaction(principal) as session:
        batch = batches.open_batch(
            session, kind="accounts", filename="a.csv", stream=io.BytesIO(content), options=Options(**options)
        )
        return batch.id


def seen(principal, batch_id: int) -> ImportBatch:
    with db.transaction(principal) as session:
        return session.get_one(ImportBatch, batch_id)


def accounts(principal) -> int:
    with db.transaction(principal) as session:
        return session.scalar(text("SELECT count(*) FROM accounts"))


def test_a_refused_file_is_written_down_and_kept(principal):
    batch_id = opened(principal, mapping={"nope": "name"})
    with pytest.raises(Invalid):
        tasks.run_batch(principal, batch_id)
    batch = seen(principal, batch_id)
    assert batch.status == "refused"
    assert "no column “nope”" in batch.fault
    assert files.path(batch.stored).is_file()


def test_a_crash_changes_nothing_and_says_so(principal, monkeypatch):
    def crash(*_arguments):
        raise RuntimeError("boom")

    batch_id = opened(principal)
    monkeypatch.setattr(batches.staging, "keep_rows", crash)
    with pytest.raises(RuntimeError):
        tasks.run_batch(principal, batch_id)
    batch = seen(principal, batch_id)
    assert (batch.status, batch.fault) == (
        "refused",
        "Something went wrong on our side. Nothing of the file was imported.",
    )
    assert accounts(principal) == 0
    monkeypatch.undo()
    with db.transaction(principal) as session:
        batches.queue(session, session.get_one(ImportBatch, batch_id))
    assert tasks.run_batch(principal, batch_id).created == 1


def test_progress_is_seen_by_others_and_a_cancelled_run_rolls_back(principal, monkeypatch):
    notes = []

    def note(done, total, what):
        batch = seen(principal, batch_id)
        notes.append((batch.status, batch.progress_text))
        if what == "Writing":
            with db.transaction(principal) as session:
                batches.cancel(session, session.get_one(ImportBatch, batch_id))

    batch_id = opened(principal)
    monkeypatch.setattr(tasks, "BETWEEN_NOTES_SECONDS", 0.0)
    with pytest.raises(tasks.Cancelled):
        tasks.run_batch(principal, batch_id, also=note)
    assert notes[0] == ("running", "Reading")
    assert seen(principal, batch_id).status == "refused"
    assert accounts(principal) == 0


def test_cancelling_in_the_last_moment_still_counts(principal, monkeypatch):
    keep = batches.staging.keep_rows

    def cancelled_meanwhile(session, *arguments):
        with db.transaction(principal) as other:
            batches.cancel(other, other.get_one(ImportBatch, batch_id))
        return keep(session, *arguments)

    batch_id = opened(principal)
    monkeypatch.setattr(batches.staging, "keep_rows", cancelled_meanwhile)
    with pytest.raises(batches.Cancelled):
        tasks.run_batch(principal, batch_id)
    assert seen(principal, batch_id).status == "refused"
    assert accounts(principal) == 0


def test_the_job_runs_in_the_name_of_who_queued_it(principal):
    batch_id = opened(principal)
    with db.transaction(principal) as session:
        batches.queue(session, session.get_one(ImportBatch, batch_id))
        queued = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).one()
    assert queued.task_name == "exchange.run_import"
    assert queued.args == {"batch_id": batch_id, "principal_id": principal.id, "principal_role": "system"}
    jobs.run_now("exchange.run_import", principal, batch_id=batch_id)
    assert seen(principal, batch_id).status == "settled"
    with db.transaction(principal) as session:
        assert session.scalars(select(ImportBatch.stored)).all() == [None]
