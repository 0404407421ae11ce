"""Keeping the sums for maps: folding what was written into them, and beginning them anew."""

from __future__ import annotations

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from gcrm.customers.models import AccountChange, MovedPart

AT_ONCE = 2_000_000
"""Changes folded in one statement; the first fold of a million accounts takes one, and lays them down in the order of maps."""


def has_changes(session: Session) -> bool:
    return bool(session.scalar(select(or_(exists().where(AccountChange.id > 0), exists().where(MovedPart.id > 0)))))


def fold(session: Session, most: int = AT_ONCE) -> int:
    """Fold what was written since into the sums; returns how many changes are left."""
    return int(session.scalar(select(func.gcrm_fold_sums(most))) or 0)


def recount(session: Session) -> None:
    """Begin the sums anew from the accounts."""
    session.execute(select(func.gcrm_sum_anew()))
    fold(session)
