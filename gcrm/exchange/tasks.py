"""Running an import, its undoing or a large export in the background, with how far it is written down and a way to stop it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from gcrm.core import db, files, jobs
from gcrm.core.db import Principal
from gcrm.core.errors import GcrmError
from gcrm.customers.selecting import Selection
from gcrm.exchange import queries, writing
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.services import batches, exports, undoing
from gcrm.exchange.services.batches import Cancelled
from gcrm.exchange.services.staging import Advance, Figures

BETWEEN_NOTES_SECONDS = 1.0
FAILED = "The file could not be written. Try again."
Written = tuple[dict[str, str], dict[str, Any]]


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


@jobs.task("exchange.write_export", queue="later")
def write_export(principal: Principal, export_id: int) -> None:
    """Write a large file of accounts as whoever asked for it; what went wrong is written down for the page."""
    with db.transaction(principal) as session:
        asked = exports.begin(session, export_id)
        if asked is None:
            return
        selection, extension = Selection.parse(MultiDict(parse_qsl(asked.selection))), asked.extension
        path = files.folder() / str(asked.stored)
    try:
        with db.transaction(principal) as session, path.open("w+b") as file:
            accounts = queries.accounts_to_write(session, selection)
            rows = _telling(principal, export_id, accounts.rows)
            count = writing.write(replace(accounts, rows=rows), extension, file)
    except BaseException as error:
        with db.transaction(principal) as session:
            exports.fail(session, export_id, str(error) if isinstance(error, GcrmError) else FAILED)
        if isinstance(error, Cancelled):
            return
        raise
    with db.transaction(principal) as session:
        exports.finish(session, export_id, count)


@jobs.chore(seconds=3600)
def sweep_exports() -> None:
    """Files of accounts are kept for a day."""
    with db.transaction(jobs.system_principal()) as session:
        exports.sweep(session)


def _telling(principal: Principal, export_id: int, rows: Iterable[Written]) -> Iterator[Written]:
    """The rows as they are, with their number written down about once a second."""
    last = time.monotonic()
    for done, row in enumerate(rows):
        yield row
        if done % 500 == 0 and time.monotonic() - last > BETWEEN_NOTES_SECONDS:
            last = time.monotonic()
            with db.transaction(principal) as session:
                if not exports.note_progress(session, export_id, done + 1):
                    raise Cancelled("The file was cancelled.")


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
