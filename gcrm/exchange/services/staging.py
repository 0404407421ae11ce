"""The file as a temporary table of the transaction, and the common course of every merge from it.

`incoming` holds each row of the file with the values that were read from it; `fate` says what becomes of each row.
COPY into a table with policies is refused, and sets are faster than rows by far; hence the two tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, InternalError

from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.exchange.encodings import UnreadableFile
from gcrm.exchange.reading import Row
from gcrm.exchange.rows import CELL_END, Reader

Advance = Callable[[int, int, str], None]
"""done, total, what is being done"""

CHUNK = 10_000
"""Rows that are written under one savepoint, and between two notes of the progress."""

_TYPES = {
    "gcrm_id": "uuid", "x": "float8", "y": "float8", "annual_value": "numeric", "potential": "numeric", "owner_id": "int",
    "tags": "text[]", "cadence_days": "int", "visit_minutes": "int", "extra": "jsonb", "is_primary": "boolean",
    "home_lon": "float8", "home_lat": "float8",
}  # fmt: skip


def mark_of(*columns: str) -> str:
    """SQL for one whole number that stands for the columns' values, the same in every version of PostgreSQL."""
    return f"('x' || left(md5(concat_ws(chr(31), {', '.join(columns)})), 8))::bit(32)::int"


@dataclass(frozen=True)
class Figures:
    """How many rows of a file became what."""

    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int


def stage(
    session: PrincipalSession,
    reader: Reader,
    rows: Iterable[Row],
    columns: tuple[str, ...],
    advance: Advance,
    total: int,
) -> int:
    """COPY every row into `incoming`; returns how many there are."""
    described = "".join(f", {name} {_TYPES.get(name, 'text')}" for name in columns)
    session.execute(text("DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.fate, pg_temp.positions"))
    session.execute(
        text(
            "CREATE TEMPORARY TABLE incoming (number int, raw text, reason text, remark text"
            f"{described}) ON COMMIT DROP"
        )
    )
    filled = ", ".join(("number", "raw", "reason", "remark", *reader.columns))
    connection = session.connection().connection.driver_connection
    assert connection is not None
    count, most = 0, settings().import_rows
    with connection.cursor() as cursor, cursor.copy(f"COPY incoming ({filled}) FROM STDIN") as copy:
        for count, row in enumerate(rows, 1):
            if count > most:
                raise UnreadableFile(f"The file has more than {most:,} rows. Split it; nothing of it was imported.")
            copy.write_row(reader.read(row))
            if count % CHUNK == 0:
                advance(count, max(total, count), "Reading")
    session.execute(text("CREATE UNIQUE INDEX ON incoming (number)"))
    session.execute(text(f"ANALYZE incoming (number, {columns[0]})"))
    return count


def merge_in_chunks(
    session: PrincipalSession, statements: list[str], count: int, advance: Advance, **names: object
) -> None:
    """Run the statements for ranges of row numbers; a row that the database refuses is rejected, the others are not."""
    highest = session.scalar(text("SELECT max(number) FROM fate")) or 0
    for low in range(0, highest + 1, CHUNK):
        _merge(session, statements, low, low + CHUNK - 1, names)
        advance(min(low + CHUNK, count), count, "Writing")


def _merge(session: PrincipalSession, statements: list[str], low: int, high: int, names: dict[str, object]) -> None:
    """Halve the range until the row stands alone that the database refuses."""
    try:
        with session.begin_nested():
            for statement in statements:
                session.execute(text(statement), {"low": low, "high": high} | names)
    except (IntegrityError, DataError, InternalError) as error:
        waiting = session.scalar(
            text("SELECT count(*) FROM fate WHERE number BETWEEN :low AND :high AND outcome IN ('created', 'updated')"),
            {"low": low, "high": high},
        )
        if waiting == 1:
            session.execute(
                text(
                    "UPDATE fate SET outcome = 'rejected', reason = :reason, account_id = NULL, before = NULL"
                    " WHERE number BETWEEN :low AND :high AND outcome IN ('created', 'updated')"
                ),
                {"low": low, "high": high, "reason": explained(error)},
            )
            return
        middle = (low + high) // 2
        _merge(session, statements, low, middle, names)
        _merge(session, statements, middle + 1, high, names)


def explained(error: IntegrityError | DataError | InternalError) -> str:
    """A sentence for what the database refused although nothing here foresaw it."""
    diagnostics = getattr(error.orig, "diag", None)
    about = getattr(diagnostics, "constraint_name", None) or getattr(diagnostics, "message_primary", None) or "unknown"
    return f"The database refuses the row ({about})."


def keep_rows(session: PrincipalSession, batch_id: int, table: str, mark: str) -> Figures:
    """Write down the fate of every row of the file with the mark of what it became, and count."""
    session.execute(text(_KEEP.format(table=table, mark=mark)), {"batch": batch_id, "cell_end": CELL_END})
    found = session.execute(text(_COUNT)).one()
    figures = Figures(*found)
    if figures.read != figures.created + figures.updated + figures.unchanged + figures.rejected:
        raise RuntimeError(f"Rows of the file are unaccounted for: {figures}.")
    return figures


_KEEP = """
INSERT INTO import_rows (batch_id, number, outcome, reason, raw, subject_id, subject_version, before)
SELECT :batch, number, fate.outcome, coalesce(fate.reason, incoming.reason, remark),
  CASE WHEN fate.outcome = 'rejected' THEN to_jsonb(string_to_array(raw, :cell_end)) END,
  CASE WHEN fate.outcome <> 'rejected' THEN fate.account_id END, {mark}, fate.before
FROM incoming JOIN fate USING (number)
  LEFT JOIN {table} ON {table}.id = fate.account_id AND fate.outcome IN ('created', 'updated') ORDER BY number
"""
_COUNT = """
SELECT (SELECT count(*) FROM incoming), count(*) FILTER (WHERE outcome = 'created'),
  count(*) FILTER (WHERE outcome = 'updated'), count(*) FILTER (WHERE outcome = 'unchanged'),
  count(*) FILTER (WHERE outcome = 'rejected') FROM fate
"""
