"""Undoing a batch: what it created goes, what it changed comes back, and what somebody touched since stays."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CursorResult, text, update

from gcrm.core import clock
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict
from gcrm.exchange.models import ImportBatch
from gcrm.exchange.services import accounts, batches, contacts, people


@dataclass(frozen=True)
class Undone:
    """What undoing did; rows that were left have their reason in `kept_because`."""

    removed: int
    restored: int
    kept: int


_CHANGED = "Somebody changed it since."
_USED = "It is used elsewhere: {}."


def undo(session: PrincipalSession, batch: ImportBatch) -> Undone:
    """Take back what can be taken back."""
    batches.refuse_strangers(session, batch)
    if batch.status != "settled":
        raise Conflict("Only an import that is done can be undone. Nothing was changed.")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('gcrm.import'))"))
    session.execute(text("SELECT set_config('gcrm.batch', :batch, true)"), {"batch": str(batch.id)})
    names: dict[str, object] = {"batch": batch.id}
    # A table of the transaction, because the planner knows nothing yet of a batch that has just been written.
    session.execute(text("DROP TABLE IF EXISTS pg_temp.undone"))
    session.execute(text(_UNDONE), names)
    session.execute(text("CREATE INDEX ON undone (subject_id)"))
    session.execute(text("ANALYZE undone"))
    done = {"accounts": _undo_accounts, "contacts": _undo_contacts, "people": _undo_people}[batch.kind](session)
    session.execute(text(_KEEP_REASONS), names)
    session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch.id)
        .values(status="undone", undone_at=clock.now(), progress_text=None, fault=None),
        execution_options={"synchronize_session": False},
    )
    session.execute(text("SELECT set_config('gcrm.batch', '', true)"))
    session.expire_all()
    return done


def _undo_accounts(session: PrincipalSession) -> Undone:
    return _undo_customers(session, "accounts", accounts.MARK, accounts.RESTORED)


def _undo_contacts(session: PrincipalSession) -> Undone:
    return _undo_customers(session, "contacts", contacts.MARK, contacts.RESTORED)


def _undo_customers(session: PrincipalSession, table: str, mark: str, columns: tuple[str, ...]) -> Undone:
    """Give back what was there before; what the file brought goes, unless somebody has used it since."""
    _mark_changed(session, table, mark)
    _mark_used(session, table)
    restored = _write(session, _restore(table, columns))
    removed = _write(session, _REMOVE.format(table=table))
    return Undone(removed, restored, _count_kept(session))


def _undo_people(session: PrincipalSession) -> Undone:
    """People are never deleted, for what they did stays theirs; those whom the file brought are switched off."""
    _mark_changed(session, "users", people.MARK)
    restored = _write(session, _restore("users", people.RESTORED))
    removed = _write(session, _SWITCH_OFF)
    return Undone(removed, restored, _count_kept(session))


def _write(session: PrincipalSession, statement: str) -> int:
    done = session.execute(text(statement))
    assert isinstance(done, CursorResult)
    return done.rowcount


def _mark_changed(session: PrincipalSession, table: str, mark: str) -> None:
    session.execute(text(_MARK_CHANGED.format(table=table, mark=mark)), {"why": _CHANGED})
    session.execute(text(_MARK_GONE.format(table=table)), {"why": "It was deleted since."})


def _mark_used(session: PrincipalSession, table: str) -> None:
    """Keep what anything points to, whatever tables there are."""
    for other, column in session.execute(text(_POINTING), {"table": table}).all():
        session.execute(text(_MARK_USED.format(table=table, other=other, column=column)), {"why": _USED.format(other)})


def _restore(table: str, columns: tuple[str, ...]) -> str:
    """Each column as it was, where the import overwrote it."""
    sets = ", ".join(
        f"{name} = CASE WHEN before ? '{name}' THEN old.{name} ELSE {table}.{name} END" for name in columns
    )
    return _RESTORE.format(table=table, sets=sets)


def _count_kept(session: PrincipalSession) -> int:
    return int(session.scalar(text("SELECT count(*) FROM undone WHERE why IS NOT NULL")) or 0)


_UNDONE = """
CREATE TEMPORARY TABLE undone ON COMMIT DROP AS
SELECT number, outcome, subject_id, subject_version, before, NULL::text AS why
FROM import_rows WHERE batch_id = :batch AND outcome IN ('created', 'updated')
"""
_KEEP_REASONS = """
UPDATE import_rows SET kept_because = why FROM undone
WHERE batch_id = :batch AND import_rows.number = undone.number AND why IS NOT NULL
"""
_MARK_CHANGED = """
UPDATE undone SET why = :why FROM {table}
WHERE {table}.id = subject_id AND {mark} IS DISTINCT FROM subject_version
"""
_MARK_GONE = """
UPDATE undone SET why = :why WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.id = subject_id)
"""
_MARK_USED = """
UPDATE undone SET why = :why
WHERE outcome = 'created' AND why IS NULL AND EXISTS (SELECT 1 FROM {other} WHERE {other}.{column} = subject_id)
"""
_POINTING = """
SELECT conrelid::regclass::text, attname FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'f' AND confrelid = to_regclass(:table) ORDER BY 1, 2
"""
_RESTORE = """
UPDATE {table} SET {sets} FROM undone CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, before) AS old
WHERE outcome = 'updated' AND why IS NULL AND {table}.id = subject_id
"""
_REMOVE = """
DELETE FROM {table} USING undone WHERE outcome = 'created' AND why IS NULL AND {table}.id = subject_id
"""
_SWITCH_OFF = """
UPDATE users SET active = false FROM undone WHERE outcome = 'created' AND why IS NULL AND users.id = subject_id
"""
