"""Reads of accounts that may be there already: those of the same name and place, and who holds one out of sight."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session, joinedload

from gcrm.customers.models import Account


@dataclass(frozen=True)
class Holder:
    """Who has an account of that name and place already: name, town and owner, nothing else."""

    name: str
    town: str | None
    owner: str | None
    is_certain: bool
    """The whole address is the same, not only what both say of it."""


def twins(session: Session, name: str, postcode: str | None, street: str | None, limit: int = 5) -> list[Account]:
    """Visible accounts of that name whose address says nothing else than the one given."""
    key = func.gcrm_name_key
    conditions: list[ColumnElement[bool]] = [Account.name_key == key(name)]
    if postcode is not None:
        conditions.append(or_(Account.postcode.is_(None), Account.postcode == postcode))
    if street is not None:
        conditions.append(or_(Account.street.is_(None), key(Account.street) == key(street)))
    query = select(Account).where(*conditions).options(joinedload(Account.owner)).order_by(Account.id).limit(limit)
    return list(session.scalars(query))


def hidden_holders(session: Session, name: str, postcode: str | None, street: str | None) -> list[Holder]:
    """Who holds such an account out of the principal's sight."""
    rows = session.execute(
        text("SELECT account_name, town, owner_name, is_certain FROM gcrm_account_holders(:name, :postcode, :street)"),
        {"name": name, "postcode": postcode, "street": street},
    )
    return [Holder(*row) for row in rows]


def holder_of_key(session: Session, source: str | None, external_id: str) -> Holder | None:
    """Who holds the account of an external id, in sight or not."""
    row = session.execute(
        text("SELECT account_name, town, owner_name FROM gcrm_external_id_holder(:source, :external_id)"),
        {"source": source, "external_id": external_id},
    ).one_or_none()
    return Holder(row.account_name, row.town, row.owner_name, is_certain=True) if row else None


def account_of_key(session: Session, source: str | None, external_id: str) -> Account | None:
    return session.scalar(select(Account).where(Account.source == source, Account.external_id == external_id))
