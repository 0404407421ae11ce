"""Which picture of the accounts the database shows: whether anything was written since that a map may tell."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.customers.models import MapWrite

Picture = tuple[int, int, dt.date]
_PICTURE = (
    "SELECT sum(n)::bigint, bit_xor(mark), current_date, pg_current_xact_id_if_assigned() IS NULL FROM map_writes"
)


def picture() -> Picture | None:
    """The same twice means that between the two nothing became visible that changes a map; None where that cannot be told.

    Every statement on accounts, shares, people, teams and territories leaves a row that is seen from the moment on that its
    transaction is. Rows only come, or are folded into one of the same sum, so that an equal sum means the same writes. The day
    belongs to it because accounts are lent by days. Within a transaction that wrote itself the picture is not settled.
    """
    row = db.row_for_login(_PICTURE, {})
    if row is None:
        return None
    n, mark, day, is_settled = row
    return (n, mark, day) if is_settled else None


def writes(session: Session) -> int:
    """How many rows have to be added up for the picture."""
    return session.scalar(select(func.count()).select_from(MapWrite)) or 0
