"""Import batches: taken in, looked at, run, refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from gcrm.core import clock, files, jobs
from gcrm.core.db import Principal, PrincipalSession
from gcrm.core.errors import Conflict, Forbidden, GcrmError, Invalid
from gcrm.exchange import account_rows, contact_rows, mapping, person_rows, reading
from gcrm.exchange.encodings import UnreadableFile
from gcrm.exchange.headers import KINDS
from gcrm.exchange.mapping import Mapping, Options
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.reading import Row, Table
from gcrm.exchange.rows import Context, Reader
from gcrm.exchange.services import accounts, contacts, people, staging
from gcrm.exchange.services.accounts import Usual
from gcrm.exchange.services.staging import Advance, Figures
from gcrm.people import queries as known_people
from gcrm.people.models import User
from gcrm.people.roles import may

OPEN = ("uploaded", "queued", "refused")
"""A batch in one of these has changed nothing yet."""

TRIED_ROWS = 200
"""Rows that are read before the import, to show how they come out."""
COUNTED_BYTES = 3_000_000
"""A file of this size is read through in a tenth of a second, so its rows are counted."""

_COLUMNS = {"accounts": account_rows.COLUMNS, "contacts": contact_rows.COLUMNS, "people": person_rows.COLUMNS}
_MARKED = {
    "accounts": ("accounts", accounts.MARK),
    "contacts": ("contacts", contacts.MARK),
    "people": ("users", people.MARK),
}
_READERS: dict[str, Callable[[Mapping, Context], Reader]] = {
    "accounts": account_rows.reader, "contacts": contact_rows.reader, "people": person_rows.reader,
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """How the first rows of a file read."""

    rows: list[Row]
    faults: dict[int, str]
    """Why a row would be rejected, by its number."""
    remarks: dict[int, str]
    values: dict[int, dict[str, str]]
    """What the fields of a row hold when it has been read."""
    estimate: int
    """Rows of the whole file, about; exactly where it is whole."""
    is_whole: bool
    country: str
    """What postcodes and phone numbers are read as."""


class Cancelled(Conflict):
    """Somebody stopped the import while it ran."""


def _silent(_done: int, _total: int, _what: str) -> None:
    pass


def open_batch(
    session: PrincipalSession,
    *,
    kind: str,
    filename: str,
    stream: BinaryIO | None = None,
    options: Options | None = None,
) -> ImportBatch:
    """Take a file in; without a stream it stays where it is, and the caller says so again when the batch runs."""
    principal = _importer(session, kind)
    stored = files.keep(stream, ".upload") if stream is not None else None
    chosen = options or Options()
    if stored is not None:
        _must_be_a_table(stored, chosen)
    batch = ImportBatch(
        kind=kind,
        filename=shown_name(filename),
        stored=stored,
        source=_source(chosen, filename),
        options=chosen.as_json(),
        user_id=principal.id,
    )
    session.add(batch)
    session.flush()
    return batch


def _must_be_a_table(stored: str, options: Options) -> None:
    """Refuse at once, and forget, what no choice of columns could make readable."""
    try:
        reading.open_table(files.path(stored), encoding=options.encoding or None, sheet=options.sheet or None)
    except UnreadableFile:
        files.drop(stored)
        raise


def _importer(session: PrincipalSession, kind: str) -> Principal:
    """Who imports; people are taken in by admins alone, for a file of them hands out roles."""
    if kind not in KINDS:
        raise Invalid(f"“{kind}” cannot be imported. Imported are {', '.join(KINDS)}.")
    principal = session.principal
    act = "administer" if kind == "people" else "import"
    if principal is None or not (principal.role == "system" or may(principal.role, act)):
        raise Forbidden(f"Your role does not import {kind}.")
    return principal


def refuse_strangers(session: PrincipalSession, batch: ImportBatch) -> None:
    """Only who may import such a file may do anything with it."""
    _importer(session, batch.kind)


def shown_name(filename: str) -> str:
    """The last part of a file's name, for people to recognise it by; nothing is ever opened by it."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return " ".join("".join(sign if sign.isprintable() else " " for sign in last).split())[:200] or "file"


def source_of(filename: str) -> str:
    """The usual source: the file's name without extension."""
    return re.sub(r"\.[A-Za-z0-9]{1,5}$", "", shown_name(filename)) or "file"


def _source(options: Options, filename: str) -> str:
    return (shown_name(options.source) if options.source.strip() else source_of(filename))[:100]


def choose(session: PrincipalSession, batch: ImportBatch, options: Options) -> None:
    """Set how the file is to be read."""
    _must_be_open(batch)
    batch.options = options.as_json()
    batch.source = _source(options, batch.filename)
    batch.status, batch.fault = "uploaded", None
    session.flush()


def queue(session: PrincipalSession, batch: ImportBatch) -> None:
    """Let a worker run the batch; what can be refused at once is refused here."""
    _must_be_open(batch)
    layout(batch)
    batch.status, batch.fault = "queued", None
    batch.progress_done, batch.progress_total, batch.progress_text = 0, None, "Waiting to start"
    session.flush()
    jobs.defer(session, "exchange.run_import", batch_id=batch.id)


def queue_undo(session: PrincipalSession, batch: ImportBatch) -> None:
    """Let a worker undo a large batch."""
    refuse_strangers(session, batch)
    if batch.status != "settled" or batch.progress_text:
        raise Conflict("Only an import that is done can be undone. Nothing was changed.")
    batch.progress_text = "Undoing"
    session.flush()
    jobs.defer(session, "exchange.undo_import", batch_id=batch.id)


def cancel(session: PrincipalSession, batch: ImportBatch) -> None:
    """Stop a batch that waits or runs; a running one notices at its next note and rolls back."""
    if batch.status not in ("queued", "running"):
        raise Conflict("This import is not running any more.")
    batch.status, batch.fault = (
        "refused",
        "Cancelled. Nothing of the file was imported; it is kept, so it can be run again.",
    )
    session.flush()


def discard(session: PrincipalSession, batch: ImportBatch) -> None:
    """Forget a batch that changed nothing, and its file."""
    _must_be_open(batch)
    if batch.stored:
        files.drop(batch.stored)
    session.delete(batch)
    session.flush()


def _must_be_open(batch: ImportBatch) -> None:
    if batch.status not in OPEN:
        raise Conflict("This file is imported already, or just now. Nothing was changed.")


def file_of(batch: ImportBatch) -> Path:
    """Where the batch's file lies."""
    if not batch.stored:
        raise Invalid("The file is not kept any more. Choose it again.")
    return files.path(batch.stored)


def layout(batch: ImportBatch, path: Path | None = None, is_strict: bool = True) -> tuple[Table, Mapping]:
    """The file as a table, and which column fills which field; raises what is wrong with either.

    When it is not strict, options that do not fit are passed over as far as they can be, to show what the file holds.
    """
    options = Options.read(batch.options)
    table = reading.open_table(path or file_of(batch), encoding=options.encoding or None, sheet=options.sheet or None)
    if is_strict:
        mapping.srid(options.crs)
    return table, mapping.resolve(batch.kind, table, options, is_strict=is_strict)


def headers_of(batch: ImportBatch) -> list[str]:
    """The headers of the batch's file, as it is read now; none when it cannot be."""
    try:
        return layout(batch, is_strict=False)[0].headers
    except GcrmError:
        return []


def trial(session: PrincipalSession, batch: ImportBatch, table: Table, columns: Mapping) -> Trial:
    """Read the first rows as the import will, without writing anything."""
    options = Options.read(batch.options)
    usual = _usual(session, batch, replace(options, crs=""), columns)
    reader = _READERS[batch.kind](columns, Context(usual.country, _owners(session), bool(options.crs)))
    rows = table.first(TRIED_ROWS)
    read = [reader.read(row) for row in rows]
    return Trial(
        rows=rows,
        faults={number: reason for number, _raw, reason, *_rest in read if reason},
        remarks={number: remark for number, _raw, _reason, remark, *_rest in read if remark},
        values={
            number: _shown(dict(zip(reader.columns, found, strict=True)))
            for number, _raw, reason, _remark, *found in read
            if not reason
        },
        estimate=_estimated_rows(table),
        is_whole=_is_counted(table),
        country=usual.country,
    )


def _shown(values: dict[str, Any]) -> dict[str, str]:
    places = {"x": "lon", "y": "lat"}
    return {
        places.get(name, name): "; ".join(value) if isinstance(value, list) else str(value)
        for name, value in values.items()
        if value is not None
    }


def run(session: PrincipalSession, batch: ImportBatch, path: Path | None = None, advance: Advance = _silent) -> Figures:
    """Import the whole file within the transaction: all rows that can be, each other one with its reason."""
    _importer(session, batch.kind)
    options = Options.read(batch.options)
    table, columns = layout(batch, path)
    usual = _usual(session, batch, options, columns)
    context = Context(usual.country, _owners(session), usual.srid is not None)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('gcrm.import'))"))
    session.execute(text("SELECT set_config('gcrm.batch', :batch, true)"), {"batch": str(batch.id)})
    reader = _READERS[batch.kind](columns, context)
    total = _estimated_rows(table)
    count = staging.stage(session, reader, table.rows(), _COLUMNS[batch.kind], advance, total)
    merge = {"accounts": accounts.merge, "contacts": contacts.merge, "people": people.merge}[batch.kind]
    merge(session, columns, usual, count, advance)
    advance(count, count, "Keeping the list of rows")
    figures = staging.keep_rows(session, batch.id, *_MARKED[batch.kind])
    _settle(session, batch, figures, columns)
    session.execute(text("SELECT set_config('gcrm.batch', '', true)"))
    session.expire_all()
    return figures


def _usual(session: PrincipalSession, batch: ImportBatch, options: Options, columns: Mapping) -> Usual:
    organisation = known_people.the_organisation(session)
    country = columns.constants.get("country") or columns.guessed_country or organisation.country
    return Usual(batch.source, str(country), organisation.currency, mapping.srid(options.crs))


def _owners(session: Session) -> dict[str, int]:
    found = session.execute(select(User.email, User.id).where(User.role != "system"))
    return {email: id for email, id in found}  # noqa: A001, C416 - a row is no tuple to mypy


def _is_counted(table: Table) -> bool:
    return table.path.stat().st_size <= COUNTED_BYTES


def _estimated_rows(table: Table) -> int:
    """How many rows a small file has; of a large one by the size of the first rows, for the progress alone."""
    if _is_counted(table):
        return sum(1 for _row in table.rows())
    rows = table.first(TRIED_ROWS)
    size = sum(sum(map(len, row.cells)) + len(row.cells) + 1 for row in rows) / len(rows)
    return max(len(rows), round(table.path.stat().st_size / max(1.0, size)))


def _settle(session: PrincipalSession, batch: ImportBatch, figures: Figures, columns: Mapping) -> None:
    """Write the figures down; from now on the file is not needed any more."""
    unplaced, outside = accounts.unplaced_and_outside(session) if batch.kind == "accounts" else (0, 0)
    settled = session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch.id, ImportBatch.status != "refused")
        .values(
            columns=[{"header": header, "field": columns.field_of(header)} for header in columns.headers],
            status="settled", fault=None, read=figures.read, created=figures.created, updated=figures.updated,
            unchanged=figures.unchanged, rejected=figures.rejected, unplaced=unplaced, outside=outside,
            settled_at=clock.now(), progress_done=figures.read, progress_total=figures.read, progress_text=None,
        )
        .returning(ImportBatch.id),
        execution_options={"synchronize_session": False},
    )  # fmt: skip
    if settled.first() is None:
        raise Cancelled("The import was cancelled. Nothing of the file was imported.")


def forget_file(session: PrincipalSession, batch: ImportBatch) -> None:
    """Drop the file of a settled batch."""
    if batch.stored:
        files.drop(batch.stored)
        batch.stored = None
        session.flush()


def _fault(error: BaseException, otherwise: str) -> str:
    return error.message if isinstance(error, GcrmError) else otherwise


def note_failed_undo(session: PrincipalSession, batch_id: int, error: BaseException) -> None:
    """Write down why nothing was undone."""
    session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id)
        .values(fault=_fault(error, "Something went wrong on our side. Nothing was undone."), progress_text=None),
        execution_options={"synchronize_session": False},
    )


def refuse(session: PrincipalSession, batch_id: int, error: BaseException) -> None:
    """Write down why nothing of the file was imported; in a transaction of its own."""
    fault = _fault(error, "Something went wrong on our side. Nothing of the file was imported.")
    session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.status != "settled")
        .values(status="refused", fault=fault, progress_text=None),
        execution_options={"synchronize_session": False},
    )


def begin(session: PrincipalSession, batch_id: int) -> bool:
    """Say that the batch is running; False when it was cancelled or settled meanwhile. A killed run may begin again."""
    started = session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.status.in_(("uploaded", "queued", "running")))
        .values(status="running", fault=None, progress_done=0, progress_text="Reading")
        .returning(ImportBatch.id),
        execution_options={"synchronize_session": False},
    )
    return started.first() is not None


def note_progress(session: PrincipalSession, batch_id: int, done: int, total: int, what: str) -> bool:
    """Say how far a running import is; False when somebody cancelled it."""
    written = session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.status == "running")
        .values(progress_done=done, progress_total=max(done, total), progress_text=what)
        .returning(ImportBatch.id),
        execution_options={"synchronize_session": False},
    )
    return written.first() is not None
