"""Running an import or its undoing in the background, with how far it is written down and a way to stop it."""

from __future__ import annotations

import time
from pathlib import Path

from gcrm.core import db, jobs
from gcrm.core.db import Principal
from gcrm.core.errors import GcrmError
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.services import batches, undoing
from gcrm.exchange.services.batches import Cancelled
from gcrm.exchange.services.staging import Advance, Figures

BETWEEN_NOTES_SECONDS = 1.0


@jobs.task("exchange.run_import", queue="later")
def run_import(principal: Principal, batch_id: int) -> None:
    """Run a queued batch; what is refused is written down and is no failure of the job."""
    try:
        run_batch(principal, batch_id)
    except GcrmError:
        return


@jobs.task("exchange.undo_import", queue="later")
def undo_import(principal: Principal, batch_id: int) -> None:
    """Undo a large batch; when it fails the batch is as it was, and says why."""
    try:
        with db.transaction(principal) as session:
            undoing.undo(session, session.get_one(ImportBatch, batch_id))
    except BaseException as error:
        with db.transaction(principal) as session:
            batches.note_failed_undo(session, batch_id, error)
        raise


def run_batch(
    principal: Principal, batch_id: int, path: Path | None = None, also: Advance = lambda done, total, what: None
) -> Figures:
    """Run a batch in its own transaction; a refusal is written down in another and passed on."""
    with db.transaction(principal) as session:
        if not batches.begin(session, batch_id):
            raise Cancelled("The import was cancelled, or is done already.")
    try:
        with db.transaction(principal) as session:
            batch = session.get_one(ImportBatch, batch_id)
            figures = batches.run(session, batch, path, _noting(principal, batch_id, also))
    except Cancelled:
        raise
    except BaseException as error:
        with db.transaction(principal) as session:
            batches.refuse(session, batch_id, error)
        raise
    with db.transaction(principal) as session:
        batches.forget_file(session, session.get_one(ImportBatch, batch_id))
    return figures


def _noting(principal: Principal, batch_id: int, also: Advance) -> Advance:
    """Writes the progress down about once a second, in a transaction of its own so that others see it."""
    last = time.monotonic()

    def advance(done: int, total: int, what: str) -> None:
        nonlocal last
        also(done, total, what)
        if time.monotonic() - last < BETWEEN_NOTES_SECONDS:
            return
        last = time.monotonic()
        with db.transaction(principal) as session:
            if not batches.note_progress(session, batch_id, done, total, what):
                raise Cancelled("The import was cancelled. Nothing of the file was imported.")

    return advance
