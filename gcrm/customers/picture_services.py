"""Keeping short what tells which picture of the accounts the database shows."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.customers import picture_queries

MOST_WRITES = 100
"""So many rows are added up in a few microseconds."""


def fold_writes(session: Session) -> None:
    """Make one row of many; the picture stays the same."""
    if picture_queries.writes(session) > MOST_WRITES:
        session.execute(select(func.gcrm_fold_map_writes()))
