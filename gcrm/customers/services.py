"""Writes of accounts, contacts and the timeline: each a verb that checks its rules and flushes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gcrm.core import db, money
from gcrm.core.errors import Conflict, Forbidden, Invalid, NotFound
from gcrm.core.geo import ewkt, lon_lat
from gcrm.customers import queries, twin_queries, values
from gcrm.customers.models import LOCATION_SOURCES, Account, AccountShare, Contact, Touch
from gcrm.customers.twin_queries import Holder
from gcrm.customers.values import Faulty, Setting
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.people.roles import may

PLACE_DIGITS = 7
"""Decimals of a degree, about a centimetre: what moves less has not moved."""
MONEY_FIELDS = {"annual_value": "annual_value_minor", "potential": "potential_minor"}


class AlreadyThere(Conflict):
    """Somebody has this account already; `details` has `accounts` in sight, `holders` out of it, `may_insist`."""

    title = "Already there"

    @property
    def accounts(self) -> list[Account]:
        found: list[Account] = self.details["accounts"]
        return found

    @property
    def holders(self) -> list[Holder]:
        found: list[Holder] = self.details["holders"]
        return found

    @property
    def may_insist(self) -> bool:
        return bool(self.details["may_insist"])


def setting_of(session: Session, account: Account | None = None) -> Setting:
    """What an account's values are read against: its own country and currency, else the organisation's."""
    organisation = people.the_organisation(session)
    if account is None:
        return Setting(organisation.country, organisation.currency)
    return Setting(account.country or organisation.country, account.currency)


def create_account(
    session: Session,
    given: Mapping[str, object],
    *,
    entered_by: User,
    insist: bool = False,
    location_source: str = "api",
    public_id: uuid.UUID | None = None,
) -> Account:
    """A new account from the fields of `values.ACCOUNT_FIELDS` with lon, lat, owner (e-mail) and parent (public id).

    Raises `Faulty` with the faults of each field, `AlreadyThere` unless `insist` when the same account seems to exist.
    """
    setting = setting_of(session)
    faults: dict[str, list[str]] = {}
    named = {"name": None} | dict(given)
    columns = {"currency": setting.currency} | _read(faults, lambda: values.account_columns(named, setting), {})
    columns |= _place(faults, given, location_source) | _pointers(session, faults, given)
    if columns.get("external_id") and not columns.get("source"):
        columns["source"] = "api"
    if faults:
        raise Faulty(faults)
    _refuse_twin(session, columns, insist)
    return _write(session, Account(uuid=public_id or uuid.uuid4(), entered_by_id=entered_by.id), columns)


def update_account(
    session: Session, account: Account, given: Mapping[str, object], location_source: str = "api"
) -> Account:
    """Change the fields that are given; None or an empty text clears one. Faults are named at their fields."""
    faults: dict[str, list[str]] = {}
    given = _with_amounts(account, given)
    columns = _read(faults, lambda: values.account_columns(given, setting_of(session, account)), {})
    if "country" in columns and "phone" not in columns and account.phone:
        country = columns["country"] or setting_of(session).country
        columns["phone_e164"] = values.phone_e164(account.phone, country)
    if "currency" in columns and columns["currency"] is None:
        columns["currency"] = account.currency
    columns |= _place(faults, given, location_source, account) | _pointers(session, faults, given, account)
    if columns.get("external_id") and not columns.get("source", account.source):
        columns["source"] = "api"
    if faults:
        raise Faulty(faults)
    changed = {name: value for name, value in columns.items() if name == "location" or getattr(account, name) != value}
    if changed.keys() & {"source", "external_id"}:
        changed = {"source": account.source, "external_id": account.external_id} | changed
    return _write(session, account, changed)


def _with_amounts(account: Account, given: Mapping[str, object]) -> dict[str, object]:
    """Amounts that stay are restated when the currency changes: 12.50 stays 12.50, whatever its minor unit."""
    restated = dict(given)
    if "currency" in given:
        for field, column in MONEY_FIELDS.items():
            if field not in given:
                restated[field] = money.to_decimal(getattr(account, column), account.currency)
    return restated


_UNPLACED: dict[str, Any] = {"location": None, "location_source": None, "location_precision": None, "timezone": None}


def _located(lon: float, lat: float, source: str, precision: str) -> dict[str, Any]:
    if source not in LOCATION_SOURCES:
        raise Invalid(f"“{source}” is no source of a place. It is one of {', '.join(LOCATION_SOURCES)}.")
    return {
        "location": ewkt(lon, lat),
        "location_source": source,
        "location_precision": precision,
        "timezone": values.timezone_at(lon, lat),
    }


def _place(
    faults: dict[str, list[str]], given: Mapping[str, object], usual_source: str, account: Account | None = None
) -> dict[str, Any]:
    """The columns of a place that is given; the same coordinates as before leave it alone."""
    if not {"lon", "lat"} & set(given):
        return {}
    try:
        point = values.coordinates(given.get("lon"), given.get("lat"))
        before = lon_lat(account.location) if account is not None and account.location is not None else None
        if _rounded(point) == _rounded(before) and given.get("location_precision") in (
            None,
            "",
            account and account.location_precision,
        ):
            return {}
        if point is None:
            return dict(_UNPLACED)
        source = values.line(given.get("location_source")) or usual_source
        return _located(*point, source, values.precision(given.get("location_precision")))
    except Invalid as error:
        faults.setdefault("lon", []).append(error.message)
        return {}


def _rounded(point: tuple[float, float] | None) -> tuple[float, ...] | None:
    return None if point is None else tuple(round(value, PLACE_DIGITS) for value in point)


def _pointers(
    session: Session, faults: dict[str, list[str]], given: Mapping[str, object], account: Account | None = None
) -> dict[str, Any]:
    """The columns for `owner` and `parent`, where they are given."""
    columns: dict[str, Any] = {}
    if "owner" in given:
        try:
            columns |= _owner_columns(session, given["owner"], account)
        except Invalid as error:
            faults.setdefault("owner", []).append(error.message)
    if "parent" in given:
        try:
            columns["parent_id"] = _parent_id(session, given["parent"], account)
        except (Invalid, NotFound) as error:
            faults.setdefault("parent", []).append(error.message)
    return columns


def _owner_columns(session: Session, value: object, account: Account | None) -> dict[str, Any]:
    """An owner who is named; nobody named leaves it to the territory. Naming the same again changes nothing."""
    email = values.line(value, "owner")
    if email is None:
        is_named = account is not None and account.owner_named
        return {"owner_id": None, "owner_named": False} if is_named else {}
    owner = people.user_by_email(session, email)
    if owner is None or not owner.active:
        raise Invalid(f"There is nobody with the address {email}.")
    if account is not None and account.owner_id == owner.id:
        return {}
    return {"owner_id": owner.id, "owner_named": True}


def _parent_id(session: Session, value: object, account: Account | None) -> int | None:
    public = values.line(str(value)) if value is not None else None
    if public is None:
        return None
    parent = queries.account_by_uuid(session, public)
    _refuse_circle(session, account, parent)
    return parent.id


def _refuse_circle(session: Session, account: Account | None, parent: Account) -> None:
    if account is None:
        return
    is_above = session.scalar(
        text("SELECT gcrm_hangs_below(:parent, :account)"), {"parent": parent.id, "account": account.id}
    )
    if is_above:
        raise Invalid(f"“{parent.name}” belongs to “{account.name}” itself, so it cannot stand above it.")


def _read(faults: dict[str, list[str]], read: Any, otherwise: Any) -> Any:
    try:
        return read()
    except Faulty as error:
        for field, sentences in error.faults.items():
            faults.setdefault(field, []).extend(sentences)
        return otherwise


def _write(session: Session, account: Account, columns: Mapping[str, Any]) -> Account:
    """Set and flush within a savepoint, so that a key that another account has can still be explained."""
    try:
        with session.begin_nested():
            for name, value in columns.items():
                setattr(account, name, value)
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if "external_id" not in str(error.orig):
            raise
        if account in session:
            session.expire(account)
        raise _key_taken(session, columns.get("source"), columns.get("external_id")) from error
    if "location" in columns:
        # It was written as text; whoever reads it next gets it as a point.
        session.expire(account, ["location"])
    return account


def _key_taken(session: Session, source: str | None, external_id: str | None) -> AlreadyThere:
    visible = twin_queries.account_of_key(session, source, external_id or "")
    holder = twin_queries.holder_of_key(session, source, external_id or "")
    if visible is not None:
        sentence = f"“{visible.name}” has the id {external_id} of {source} already."
    elif holder is not None:
        sentence = f"The id {external_id} of {source} is taken. {already_with(holder)}"
    else:
        sentence = f"The id {external_id} of {source} is taken. Try again."
    hidden = [holder] if holder is not None and visible is None else []
    return AlreadyThere(sentence, accounts=[visible] if visible else [], holders=hidden, may_insist=False)


def already_with(holder: Holder) -> str:
    """The sentence for an account that somebody else has: name, town and owner, nothing else."""
    town = f" in {holder.town}" if holder.town else ""
    return f"“{holder.name}”{town} is already with {holder.owner or 'nobody'}."


def check_new(session: Session, name: str, postcode: str | None, street: str | None) -> AlreadyThere | None:
    """What stands against a new account of that name and address, if anything does."""
    accounts = twin_queries.twins(session, name, postcode, street)
    holders = twin_queries.hidden_holders(session, name, postcode, street)
    if not accounts and not holders:
        return None
    sentences = [
        f"“{account.name}”{f' in {account.city}' if account.city else ''} is there already." for account in accounts
    ]
    sentences += [already_with(holder) for holder in holders]
    return AlreadyThere(
        " ".join(sentences), accounts=accounts, holders=holders,
        may_insist=not any(holder.is_certain for holder in holders),
    )  # fmt: skip


def _refuse_twin(session: Session, columns: Mapping[str, Any], insist: bool) -> None:
    if columns.get("external_id"):
        # An account with an id of its own is told apart by it: chains have many of one name.
        return
    found = check_new(session, columns["name"], columns.get("postcode"), columns.get("street"))
    if found is not None and not (insist and found.may_insist):
        raise found


def name_owner(session: Session, account: Account, owner: User) -> None:
    """A person says whose account this is; territories leave it alone from now on."""
    if not owner.active:
        raise Invalid(f"{owner.name} is not active any more.")
    account.owner_id, account.owner_named = owner.id, True
    session.flush()


def release_owner(session: Session, account: Account) -> None:
    """Leave the owner to the territory again."""
    account.owner_named = False
    session.flush()


def share_account(session: Session, account: Account, user: User) -> None:
    """Let a person see the account beside the own ones."""
    if not user.active:
        raise Invalid(f"{user.name} is not active any more.")
    share = session.get(AccountShare, (account.id, user.id))
    if share is None:
        session.add(AccountShare(account_id=account.id, user_id=user.id))
    else:
        share.until = None  # It was lent; now it is shared for good.
    session.flush()


def lend_if_out_of_sight(session: Session, account: Account, user: User, until: dt.date) -> bool:
    """Let a person go on with an account that went to somebody else by the very writing of it; whether it did."""
    sees_it = account.owner_id is not None and session.scalar(
        text("SELECT :owner = ANY (gcrm_visible_owners())"), {"owner": account.owner_id}
    )
    if sees_it or not db.is_scoped(session):
        return False
    session.add(AccountShare(account_id=account.id, user_id=user.id, until=until))
    session.flush()
    return True


def unshare_account(session: Session, account: Account, user: User) -> None:
    share = session.get(AccountShare, (account.id, user.id))
    if share is not None:
        session.delete(share)
        session.flush()


def delete_account(session: Session, account: Account) -> bool:
    """Delete an account on which nothing hangs; otherwise it stays, as a former one. True when it is gone."""
    principal = getattr(session, "principal", None)
    if principal is not None and principal.role != "system" and not may(principal.role, "delete_customers"):
        raise Forbidden("Only planners and admins delete accounts. Set the status to former instead.")
    if queries.things_on(session, account):
        account.status = "former"
        session.flush()
        return False
    session.execute(delete(Account).where(Account.id == account.id))
    session.expunge(account)
    return True


def create_contact(session: Session, account: Account, given: Mapping[str, object]) -> Contact:
    """A new person at an account; the first one is the primary contact."""
    columns = values.contact_columns({"name": None} | dict(given), setting_of(session, account))
    if columns.get("external_id") and not columns.get("source"):
        columns["source"] = "api"
    is_first = session.scalar(select(Contact.id).where(Contact.account_id == account.id).limit(1)) is None
    is_primary = bool(given.get("is_primary")) or is_first
    if is_primary:
        _no_primary(session, account.id)
    return _write_contact(session, Contact(account_id=account.id), columns | {"is_primary": is_primary})


def update_contact(session: Session, contact: Contact, given: Mapping[str, object]) -> Contact:
    account = session.get(Account, contact.account_id)
    columns = values.contact_columns(given, setting_of(session, account))
    if columns.get("external_id") and not columns.get("source", contact.source):
        columns["source"] = "api"
    if "is_primary" in given:
        columns["is_primary"] = bool(given["is_primary"])
        if columns["is_primary"] and not contact.is_primary:
            _no_primary(session, contact.account_id)
    return _write_contact(session, contact, columns)


def _no_primary(session: Session, account_id: int) -> None:
    session.execute(
        update(Contact).where(Contact.account_id == account_id, Contact.is_primary).values(is_primary=False),
        execution_options={"synchronize_session": "fetch"},
    )


def _write_contact(session: Session, contact: Contact, columns: Mapping[str, Any]) -> Contact:
    try:
        with session.begin_nested():
            for name, value in columns.items():
                if getattr(contact, name) != value:
                    setattr(contact, name, value)
            session.add(contact)
            session.flush()
    except IntegrityError as error:
        if "external_id" not in str(error.orig):
            raise
        raise Conflict(
            f"Another contact has the id {columns.get('external_id')} of {columns.get('source') or 'its source'} already."
        ) from error
    return contact


def delete_contact(session: Session, contact: Contact) -> None:
    """Take a person out; what was logged with them stays, without the name."""
    session.execute(delete(Contact).where(Contact.id == contact.id))
    session.expunge(contact)


def write_touch(
    session: Session, *, account_id: int, user_id: int | None, at: dt.datetime, kind: str, summary: str,
    detail: str | None = None, subject: uuid.UUID | None = None,
) -> Touch:  # fmt: skip
    """Write a line on the account's timeline; the domain whose thing happened calls this."""
    touch = Touch(
        account_id=account_id, user_id=user_id, at=at, kind=kind, summary=summary, detail=detail, subject=subject
    )
    session.add(touch)
    session.flush()
    return touch


def drop_touches(session: Session, subject: uuid.UUID) -> None:
    """Take the lines of a thing off the timeline, when it is undone."""
    session.execute(delete(Touch).where(Touch.subject == subject))


def note_visit(session: Session, account_id: int, day: dt.date) -> None:
    """Raise the day of the last visit; also for an account that stood on a plan published to the person."""
    session.execute(
        text("SELECT gcrm_note_visit(CAST(:account AS bigint), CAST(:day AS date))"),
        {"account": account_id, "day": day},
    )
    known = session.identity_map.get(session.identity_key(Account, account_id))
    if known is not None:
        session.expire(known, ["last_visited_on"])
