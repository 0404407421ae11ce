"""Reads of import batches and their rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer, joinedload, lazyload

from gcrm.core import money
from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.exchange.headers import FIELDS
from gcrm.exchange.models import Export, ImportBatch, ImportRow
from gcrm.exchange.writing import Accounts
from gcrm.people.models import User

LISTED_ROWS = 100


def batch_by_uuid(session: Session, public: uuid.UUID | str) -> ImportBatch:
    """The batch of a public id; unknown and forbidden look alike."""
    try:
        wanted = public if isinstance(public, uuid.UUID) else uuid.UUID(public)
    except ValueError:
        wanted = None
    found = session.scalar(select(ImportBatch).options(joinedload(ImportBatch.user)).where(ImportBatch.uuid == wanted))
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def recent(session: Session, limit: int = 50) -> list[ImportBatch]:
    """The newest batches."""
    found = select(ImportBatch).options(joinedload(ImportBatch.user)).order_by(ImportBatch.id.desc()).limit(limit)
    return list(session.scalars(found))


def batches(with_people: bool) -> Select[Any]:
    """Batches, newest first, for keyset pages; those of people are for admins alone."""
    found = select(ImportBatch).order_by(ImportBatch.id.desc())
    return found if with_people else found.where(ImportBatch.kind != "people")


def rows_of(batch: ImportBatch, outcome: str | None = None) -> Select[Any]:
    """A batch's rows in the order of the file, for keyset pages."""
    found = select(ImportRow).where(ImportRow.batch_id == batch.id).order_by(ImportRow.number)
    return found.where(ImportRow.outcome == outcome) if outcome else found


def rejected(session: Session, batch: ImportBatch, limit: int = LISTED_ROWS, after: int = 0) -> list[ImportRow]:
    """Rejected rows with their cells and reasons."""
    found = rows_of(batch, "rejected").where(ImportRow.number > after).limit(limit)
    return list(session.scalars(found))


def every_rejected(session: Session, batch: ImportBatch) -> Iterator[ImportRow]:
    """All rejected rows, read as they are used."""
    found = rows_of(batch, "rejected").execution_options(yield_per=1000)
    yield from session.scalars(found)


def remarked(session: Session, batch: ImportBatch, limit: int = LISTED_ROWS) -> list[ImportRow]:
    """Rows that were taken with a remark."""
    found = rows_of(batch).where(ImportRow.outcome != "rejected", ImportRow.reason.is_not(None)).limit(limit)
    return list(session.scalars(found))


def kept_on_undoing(session: Session, batch: ImportBatch, limit: int = LISTED_ROWS) -> list[ImportRow]:
    """Rows whose subject undoing left as it was, with the reason."""
    found = rows_of(batch).where(ImportRow.kept_because.is_not(None)).limit(limit)
    return list(session.scalars(found))


def count_kept(session: Session, batch: ImportBatch) -> int:
    found = select(func.count()).where(ImportRow.batch_id == batch.id, ImportRow.kept_because.is_not(None))
    return int(session.scalar(found) or 0)


EXPORTED = tuple(name for name in FIELDS["accounts"] if name not in ("brand", "branch", "gcrm_id"))


def export_by_uuid(session: Session, public: uuid.UUID) -> Export:
    found = session.scalar(select(Export).where(Export.uuid == public))
    if found is None:
        raise NotFound("There is no such file, or it is not kept any more.")
    return found


def accounts_to_write(session: Session, selection: Selection) -> Accounts:
    """The selected accounts with the fields of an import, in the order in which they were entered, read as they are used."""
    keys = selection.narrow(select(func.jsonb_object_keys(Account.extra).label("key")).select_from(Account)).subquery()
    extra = list(session.scalars(select(keys.c.key).distinct().order_by(keys.c.key)))
    found = selection.narrow(
        select(Account, func.ST_X(Account.location), func.ST_Y(Account.location), User.email)
        .outerjoin(User, User.id == Account.owner_id)
        .options(lazyload("*"), defer(Account.location))
        .order_by(Account.id)
    )
    return Accounts(("gcrm_id", *EXPORTED), extra, _read(session, found.execution_options(yield_per=2000)))


def _read(session: Session, query: Select[Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The rows as they are used; whoever stops early leaves no cursor open."""
    with session.execute(query) as rows:
        for row in rows:
            yield _written(*row)


def _written(
    account: Account, lon: float | None, lat: float | None, owner: str | None
) -> tuple[dict[str, str], dict[str, Any]]:
    special = {
        "gcrm_id": str(account.uuid),
        "lon": lon,
        "lat": lat,
        "owner": owner,
        "annual_value": money.to_decimal(account.annual_value_minor, account.currency),
        "potential": money.to_decimal(account.potential_minor, account.currency),
        "tags": ";".join(account.tags),
    }
    values = special | {name: getattr(account, name) for name in EXPORTED if name not in special}
    return {name: "" if value is None else str(value) for name, value in values.items()}, account.extra


def headers_of(batch: ImportBatch) -> list[str]:
    """The file's headers."""
    return [column["header"] for column in batch.columns or []]
