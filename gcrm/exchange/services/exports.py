"""Large files of accounts, made in the background: asked for, written, kept for a day."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, update

from gcrm.core import clock, files, jobs
from gcrm.core.db import PrincipalSession
from gcrm.customers.queries import Figures
from gcrm.customers.selecting import Selection
from gcrm.exchange.models import Export

KEPT = dt.timedelta(days=1)
"""So long a file lies ready: it is a copy of customer data."""


def ask_for(session: PrincipalSession, selection: Selection, extension: str, figures: Figures) -> Export:
    """Queue a file of the selected accounts."""
    assert session.principal is not None
    made = Export(
        user_id=session.principal.id, selection=selection.query_string(), extension=extension, total=figures.count
    )
    session.add(made)
    session.flush()
    jobs.defer(session, "exchange.write_export", export_id=made.id)
    return made


def begin(session: PrincipalSession, export_id: int) -> Export | None:
    """Take a queued file in hand; None where it was cancelled meanwhile."""
    found = session.get(Export, export_id, with_for_update=True)
    if found is None or found.status != "queued":
        return None
    found.status = "running"
    found.stored = f"{found.uuid.hex}.{found.extension}"
    session.flush()
    return found


def note_progress(session: PrincipalSession, export_id: int, done: int) -> bool:
    """Say how many rows are written; False when it was cancelled."""
    written = session.execute(
        update(Export).where(Export.id == export_id, Export.status == "running").values(done=done).returning(Export.id),
        execution_options={"synchronize_session": False},
    )
    return written.first() is not None


def finish(session: PrincipalSession, export_id: int, count: int) -> None:
    found = session.get_one(Export, export_id)
    if found.status == "running":
        found.status, found.done, found.total, found.finished_at = "done", count, count, clock.now()
    session.flush()


def fail(session: PrincipalSession, export_id: int, why: str) -> None:
    """What was written of it is of no use to anybody."""
    found = session.get_one(Export, export_id)
    if found.status == "running":
        found.status, found.fault, found.finished_at = "failed", why, clock.now()
    _drop(found)
    session.flush()


def cancel(session: PrincipalSession, export: Export) -> None:
    """Stop it; one that is ready is forgotten with its file."""
    if export.status != "running":
        _drop(export)
    export.status, export.finished_at = "cancelled", clock.now()
    session.flush()


def sweep(session: PrincipalSession) -> int:
    """Forget what has lain ready long enough; returns how many there were."""
    old = session.execute(delete(Export).where(Export.created_at < clock.now() - KEPT).returning(Export.stored)).all()
    for (stored,) in old:
        if stored:
            files.drop(stored)
    return len(old)


def _drop(export: Export) -> None:
    if export.stored:
        files.drop(export.stored)
        export.stored = None
