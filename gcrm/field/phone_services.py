"""Which phone is whose, by the secret it was given; a lost one, or one whose person left, is told to wipe its store."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.secrets import digest, secret_key
from gcrm.field.models import FieldPhone
from gcrm.people.models import User
from gcrm.people.roles import may

SEEN_AGAIN_AFTER = dt.timedelta(minutes=5)
"""A contact sooner than that is not written down."""
LONGEST_AGENT = 300


@dataclass(frozen=True)
class Contact:
    """What a phone says of itself."""

    phone: UUID
    key: str | None
    person: UUID | None
    """Whose store is open on it."""
    agent: str | None


def why_wipe(session: Session, contact: Contact) -> str | None:
    """The word for why the open store must go, known by phone and key, whether anybody is signed in or not."""
    if contact.key is None or contact.person is None:
        return None
    row = session.execute(
        select(FieldPhone, User)
        .join(User, User.id == FieldPhone.user_id)
        .where(FieldPhone.phone == contact.phone, User.uuid == contact.person)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.FieldPhone.key_hash, digest(contact.key)):
        return None
    return _why(session, row.FieldPhone, row.User)


def _why(session: Session, phone: FieldPhone, user: User) -> str | None:
    if phone.lost_at is not None:
        why = "lost"
    elif not user.active:
        why = "left"
    elif not may(user.role, "plan_routes"):
        why = "role"
    else:
        return None
    phone.wiped_at = phone.wiped_at or clock.now()
    session.flush()
    return why


@dataclass(frozen=True)
class Met:
    """What a person's phone is told: a new secret at the first contact, or why its store must go."""

    key: str | None
    why_wipe: str | None


def meet(session: Session, contact: Contact, user: User) -> Met:
    """Note the contact of somebody's phone; one without its secret gets a new one, since the sign-in vouches for it."""
    phone = _known(session, contact.phone, user.id)
    if phone is not None and (phone.lost_at is not None):
        return Met(None, _why(session, phone, user))
    if phone is not None and contact.key is not None and hmac.compare_digest(phone.key_hash, digest(contact.key)):
        _note_seen(session, phone, contact)
        return Met(None, None)
    if contact.person not in (None, user.uuid):
        # Somebody else's store is open: this person's own asks for its secret itself.
        return Met(None, None)
    key = secrets.token_urlsafe(32)
    row = {"phone": contact.phone, "user_id": user.id, "key_hash": digest(key), "agent": _agent(contact)}
    fresh = {"key_hash": row["key_hash"], "agent": row["agent"], "last_seen_at": clock.now(), "wiped_at": None}
    session.execute(
        insert(FieldPhone).values(row).on_conflict_do_update(index_elements=["phone", "user_id"], set_=fresh)
    )
    return Met(key, None)


def is_lost(session: Session, phone: UUID, user_id: int) -> bool:
    """Whether a person's phone was reported lost."""
    found = _known(session, phone, user_id)
    return found is not None and found.lost_at is not None


def _known(session: Session, phone: UUID, user_id: int) -> FieldPhone | None:
    return session.scalar(select(FieldPhone).where(FieldPhone.phone == phone, FieldPhone.user_id == user_id))


def _note_seen(session: Session, phone: FieldPhone, contact: Contact) -> None:
    if clock.now() - phone.last_seen_at > SEEN_AGAIN_AFTER:
        phone.last_seen_at, phone.agent = clock.now(), _agent(contact)
        session.flush()


def _agent(contact: Contact) -> str | None:
    return contact.agent[:LONGEST_AGENT] if contact.agent else None


def seal_of(user: User, phone: UUID) -> bytes:
    """The key with which a person's acts are sealed on a phone: the same whenever that person signs in there."""
    said = f"field seal {user.uuid} {phone}".encode()
    return hmac.new(secret_key().encode(), said, hashlib.sha256).digest()


def report_lost(session: Session, phone: FieldPhone) -> None:
    """The store on that phone is wiped at its next contact."""
    phone.lost_at = phone.lost_at or clock.now()
    session.flush()


def report_found(session: Session, phone: FieldPhone) -> None:
    """It was not lost after all; what was wiped meanwhile is fetched anew."""
    phone.lost_at = None
    session.flush()
