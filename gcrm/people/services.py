"""Writes of people and teams."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gcrm.core import clock, money
from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.core.models import Organisation, SignInAttempt
from gcrm.core.secrets import digest
from gcrm.people.models import Invitation, Team, User
from gcrm.people.roles import ROLES

INVITATION_DAYS = 14
SHORTEST_PASSWORD = 10


def normal_email(text: str) -> str:
    """The address in the one form that is kept, or a sentence on what is wrong with it."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(f"“{text.strip()}” is no e-mail address: {error}") from None
    return checked.normalized.lower()


def found_organisation(session: Session, *, name: str, country: str, currency: str, timezone: str) -> Organisation:
    """Set up the one organisation of this database."""
    from zoneinfo import available_timezones

    if session.get(Organisation, 1) is not None:
        raise Conflict("The organisation is set up already.")
    faults = []
    if not name.strip():
        faults.append("The organisation needs a name.")
    if len(country.strip()) != 2 or not country.strip().isalpha():
        faults.append(f"“{country}” is no two-letter country code.")
    if not money.is_currency(currency.strip().upper()):
        faults.append(f"“{currency}” is no ISO currency code.")
    if timezone not in available_timezones():
        faults.append(f"“{timezone}” is no time zone such as America/New_York or Asia/Seoul.")
    if faults:
        raise Invalid(" ".join(faults))
    made = Organisation(
        id=1, name=name.strip(), country=country.strip().lower(), currency=currency.strip().upper(), timezone=timezone
    )
    session.add(made)
    session.flush()
    return made


def add_user(
    session: Session, *, email: str, role: str, name: str | None = None, team: Team | None = None, **fields: Any
) -> User:
    """A new person, who cannot sign in until a password is set or an invitation used."""
    address = normal_email(email)
    if role not in ROLES:
        raise Invalid(f"“{role}” is no role. The roles are {', '.join(ROLES)}.")
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        raise Conflict(f"There is somebody with the address {address} already.")
    user = User(
        email=address,
        role=role,
        name=(name or address.partition("@")[0]).strip(),
        team_id=team.id if team else None,
        **fields,
    )
    session.add(user)
    session.flush()
    return user


def find_or_add_team(session: Session, name: str, parent: Team | None = None) -> Team:
    found = session.scalar(select(Team).where(Team.name == name.strip()))
    if found is None:
        if not name.strip():
            raise Invalid("The team needs a name.")
        found = Team(name=name.strip(), parent_id=parent.id if parent else None)
        session.add(found)
        session.flush()
    return found


def invite(session: Session, user: User) -> str:
    """A one-time token with which the person chooses a password; older ones end."""
    for older in session.scalars(select(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))):
        older.used_at = clock.now()
    token = secrets.token_urlsafe(32)
    expires = clock.now() + dt.timedelta(days=INVITATION_DAYS)
    session.add(Invitation(user_id=user.id, token_hash=digest(token), expires_at=expires))
    session.flush()
    return token


def invited(session: Session, token: str) -> tuple[Invitation, User]:
    """The open invitation of a token and its person."""
    row = session.execute(
        select(Invitation, User)
        .join(User, User.id == Invitation.user_id)
        .where(Invitation.token_hash == digest(token), Invitation.used_at.is_(None), User.active)
    ).one_or_none()
    if row is None or row.Invitation.expires_at < clock.now():
        raise NotFound("This invitation was used already or is too old. Ask for a new one.")
    return row.Invitation, row.User


def check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"The password needs at least {SHORTEST_PASSWORD} characters.")
    if len(password) > 256:
        raise Invalid("The password is longer than 256 characters.")


def hash_password(password: str) -> str:
    """Argon2id in the form that the sign-in verifies."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def count_sign_in_attempt(session: Session, subjects: Sequence[str]) -> None:
    session.add_all(SignInAttempt(subject=subject) for subject in subjects)
    session.flush()


def forget_sign_in_attempts(session: Session, subjects: Sequence[str]) -> None:
    session.execute(delete(SignInAttempt).where(SignInAttempt.subject.in_(subjects)))


def set_password(session: Session, user: User, password: str) -> None:
    """A new password; sessions signed with the old mark end."""
    check_password(password)
    user.password = hash_password(password)
    user.fs_uniquifier = secrets.token_hex(32)
    session.flush()


def accept_invitation(session: Session, token: str, password: str, name: str | None = None) -> User:
    invitation, user = invited(session, token)
    set_password(session, user, password)
    if name and name.strip():
        user.name = name.strip()
    invitation.used_at = clock.now()
    session.flush()
    return user


def change_user(session: Session, user: User, *, name: str, role: str, team: Team | None) -> None:
    """Another name, role or team; the last admin stays one."""
    if role not in ROLES:
        raise Invalid(f"“{role}” is no role. The roles are {', '.join(ROLES)}.")
    if not name.strip():
        raise Invalid("A person needs a name.")
    if user.role == "admin" and role != "admin":
        _refuse_last_admin(session, user)
    user.name, user.role, user.team_id = name.strip(), role, team.id if team else None
    session.flush()


def _refuse_last_admin(session: Session, user: User) -> None:
    others = select(User.id).where(User.role == "admin", User.active, User.id != user.id).limit(1)
    if session.scalar(others) is None:
        raise Invalid("This is the only admin. Name another one first.")


def deactivate(session: Session, user: User) -> None:
    """The person cannot sign in any more and sees nothing; what they did stays."""
    if user.role == "admin":
        _refuse_last_admin(session, user)
    user.active = False
    session.flush()
