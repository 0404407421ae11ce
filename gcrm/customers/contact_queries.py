"""Reads of contacts; a scoped person sees those of the accounts in sight."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, cast, func, select, text
from sqlalchemy.orm import Session, joinedload

from gcrm.core import db
from gcrm.core.errors import NotFound
from gcrm.customers.models import Account, Contact
from gcrm.customers.queries import PER_PAGE, Page, candidates, page_of, parts
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import like
from gcrm.people.queries import as_uuid

MANY_CONTACTS = 2_000


def contacts_with_more(session: Session, account_ids: Sequence[int], limit: int = 500) -> list[Contact]:
    """Contacts of some accounts of whom a file told more than we have fields for."""
    query = select(Contact).where(Contact.account_id.in_(account_ids), Contact.extra != {})
    return list(session.scalars(query.order_by(Contact.account_id, Contact.id).limit(limit)))


def contacts_of(session: Session, account: Account) -> list[Contact]:
    """The account's people, the primary one first."""
    query = select(Contact).where(Contact.account_id == account.id)
    return list(session.scalars(query.order_by(Contact.is_primary.desc(), Contact.name, Contact.id)))


def contact_by_uuid(session: Session, public: uuid.UUID | str, lock: bool = False) -> Contact:
    query = select(Contact).where(Contact.uuid == as_uuid(public)).options(joinedload(Contact.account))
    if lock:
        query = query.with_for_update(of=Contact).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such contact, or none that you may see.")
    return found


CONTACT_TEXT = func.gcrm_search_text(Contact.name, Contact.email, Contact.phone, Contact.job_title, Contact.external_id)


def _contacts_found(session: Session, words: str | None, account: Account | None, *columns: Any) -> Select[Any]:
    """Each word stands in the person's name, e-mail, number, job or external id.

    For a scoped person the own accounts lead to their people: the policy asks for each contact whether its account is seen.
    """
    query = select(*columns)
    found = candidates(session, "gcrm_search_contacts", words)
    if found is not None:
        query = query.where(Contact.id == func.any(cast(found, ARRAY(BigInteger))))
    if account is not None:
        query = query.where(Contact.account_id == account.id)
    elif db.is_scoped(session) and found is None:
        own = parts(session, Selection(), Account.id).cte("own").prefix_with("MATERIALIZED")
        query = query.join(own, own.c.id == Contact.account_id)
    return query.where(*(CONTACT_TEXT.ilike(like(word)) for word in (words or "").split()))


def contacts_page(
    session: Session,
    words: str | None = None,
    marker: str | None = None,
    per_page: int = PER_PAGE,
    account: Account | None = None,
) -> Page[tuple[Contact, Account]]:
    """People by name with their account; many and few are read in the two ways that `queries._ids_page` tells of."""
    if count_contacts_up_to(session, words, MANY_CONTACTS, account) is None:
        session.execute(text("SELECT set_config('enable_sort', 'off', true)"))
        query = _many_contacts(words, account)
        found = page_of(session, query, per_page, marker)
        session.execute(text("SELECT set_config('enable_sort', 'on', true)"))
    else:
        few = (
            _contacts_found(session, words, account, Contact.id, Contact.name).cte("found").prefix_with("MATERIALIZED")
        )
        query = select(*few.c).order_by(few.c.name, few.c.id)
        listed = page_of(session, query, per_page, marker)
        found = Page([row[0] for row in listed.rows], listed.previous, listed.next)
    rows = select(Contact, Account).join(Account, Account.id == Contact.account_id).where(Contact.id.in_(found.rows))
    by_id = {row[0].id: row for row in session.execute(rows)}
    return Page([by_id[key] for key in found.rows if key in by_id], found.previous, found.next)


def _many_contacts(words: str | None, account: Account | None) -> Select[Any]:
    query: Select[Any] = select(Contact.id).where(*(CONTACT_TEXT.ilike(like(word)) for word in (words or "").split()))
    return (query if account is None else query.where(Contact.account_id == account.id)).order_by(
        Contact.name, Contact.id
    )


def count_contacts_up_to(session: Session, words: str | None, most: int, account: Account | None = None) -> int | None:
    """How many people there are, or None when there are more than that."""
    found = _contacts_found(session, words, account, Contact.id).limit(most + 1).subquery()
    count = session.scalar(select(func.count()).select_from(found)) or 0
    return count if count <= most else None
