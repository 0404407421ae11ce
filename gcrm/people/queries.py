"""Reads of people, teams and the organisation."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Load, Session, undefer_group

from gcrm.core import clock, db
from gcrm.core.errors import NotFound
from gcrm.core.models import Organisation, SignInAttempt
from gcrm.people.models import ApiToken, Invitation, Team, User


@dataclass(frozen=True)
class TeamNode:
    team: Team
    depth: int
    people: int


def organisation(session: Session) -> Organisation | None:
    return session.get(Organisation, 1)


def the_organisation(session: Session) -> Organisation:
    found = organisation(session)
    if found is None:
        raise NotFound("The organisation is not set up yet. Run “gcrm setup” or open the first page.")
    return found


def today(session: Session) -> dt.date:
    """The date where the organisation is."""
    return clock.today(the_organisation(session).timezone)


def users_of(session: Session, roles: Iterable[str] | None = None, active: bool = True) -> list[User]:
    """People by name, without `system`."""
    found = select(User).where(User.role != "system").order_by(User.name, User.id)
    if roles is not None:
        found = found.where(User.role.in_(list(roles)))
    if active:
        found = found.where(User.active)
    return list(session.scalars(found))


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email.strip().lower(), User.role != "system"))


def user_to_sign_in(session: Session, wanted: dict[str, Any]) -> User | None:
    """A person by columns, with those that only the sign-in may read."""
    found = select(User).filter_by(**wanted).where(User.role != "system")
    return session.scalar(found.options(undefer_group("sign_in")))


def token_and_owner(session: Session, prefix: str) -> Row[ApiToken, User] | None:
    """The API token with that beginning, and whose it is."""
    query = (
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.prefix == prefix)
        .options(Load(User).undefer_group("sign_in"))  # Flask-Security looks at the session mark
    )
    return session.execute(query).one_or_none()


def most_sign_in_attempts(session: Session, subjects: Sequence[str], since: dt.datetime) -> int:
    """How many attempts failed since a time for the one of the subjects with the most."""
    found = session.scalar(
        select(func.count())
        .where(SignInAttempt.subject.in_(subjects), SignInAttempt.at > since)
        .group_by(SignInAttempt.subject)
        .order_by(func.count().desc())
        .limit(1)
    )
    return found or 0


def user_by_uuid(session: Session, public: uuid.UUID | str) -> User:
    found = session.scalar(select(User).where(User.uuid == as_uuid(public), User.role != "system"))
    if found is None:
        raise NotFound("There is no such person.")
    return found


def as_uuid(public: uuid.UUID | str) -> uuid.UUID:
    """A public id; text that is none names nothing."""
    if isinstance(public, uuid.UUID):
        return public
    try:
        return uuid.UUID(public)
    except ValueError:
        raise NotFound("There is nothing at this address, or nothing that you may see.") from None


def visible_reps(session: Session) -> list[User]:
    """Reps whose customers the principal sees: all of them, the subtree's, or oneself."""
    found = select(User).where(User.role == "rep", User.active).order_by(User.name, User.id)
    if db.is_scoped(session):
        found = found.where(User.id == func.any(text("(SELECT gcrm_visible_owners())::int[]")))
    return list(session.scalars(found))


def teams(session: Session) -> list[Team]:
    return list(session.scalars(select(Team).order_by(Team.name)))


def team_tree(session: Session) -> list[TeamNode]:
    """Teams in the order of a drawn tree, each with its depth and number of people."""
    every = teams(session)
    counts = dict(
        session.execute(
            select(User.team_id, func.count()).where(User.active, User.role != "system").group_by(User.team_id)
        ).all()
    )
    children: dict[int | None, list[Team]] = {}
    for team in every:
        children.setdefault(team.parent_id, []).append(team)

    def walk(parent: int | None, depth: int) -> list[TeamNode]:
        nodes: list[TeamNode] = []
        for team in children.get(parent, []):
            nodes.append(TeamNode(team, depth, counts.get(team.id, 0)))
            nodes.extend(walk(team.id, depth + 1))
        return nodes

    return walk(None, 0)


def open_invitations(session: Session) -> dict[int, Invitation]:
    """The newest unused invitation of each person."""
    found = select(Invitation).where(Invitation.used_at.is_(None)).order_by(Invitation.id)
    return {invitation.user_id: invitation for invitation in session.scalars(found)}


def first_admin(session: Session) -> User | None:
    return session.scalar(select(User).where(User.role == "admin", User.active).order_by(User.id).limit(1))
