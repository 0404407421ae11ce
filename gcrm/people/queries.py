"""Reads of people, teams and the organisation."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import Row, Select, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session, make_transient_to_detached, undefer_group

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


def names_of(session: Session, roles: Iterable[str]) -> Sequence[Row[uuid.UUID, str]]:
    """Public id and name of each active person of these roles, by name: cheap for thousands."""
    found = select(User.uuid, User.name).where(User.role.in_(list(roles)), User.active).order_by(User.name, User.id)
    return session.execute(found).all()


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email.strip().lower(), User.role != "system"))


def user_to_sign_in(session: Session, wanted: dict[str, Any]) -> User | None:
    """A person by columns, with those that only the sign-in may read."""
    found = select(User).filter_by(**wanted).where(User.role != "system")
    return session.scalar(found.options(undefer_group("sign_in")))


_PERSON = [column for column in User.__table__.columns if column.name != "password"]
_TEAM = list(Team.__table__.columns)
_TOKEN = [getattr(ApiToken, name) for name in ("id", "token_hash", "expires_at", "last_used_at")]
PERSON = [column.name for column in _PERSON]


def _in_words(query: Select[Any]) -> str:
    """A query as the driver takes it, made once: making it anew takes longer than its answer."""
    return str(query.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]  # its constructor has no types


_BY_MARK = _in_words(
    select(*_PERSON, *_TEAM)
    .join(User.team, isouter=True)
    .where(User.fs_uniquifier == bindparam("mark"), User.role != literal_column("'system'"))
)
_BY_TOKEN = _in_words(
    select(*_PERSON, *_TEAM, *_TOKEN)
    .select_from(User)
    .join(ApiToken, ApiToken.user_id == User.id)
    .join(User.team, isouter=True)
    .where(ApiToken.prefix == bindparam("prefix"))
)


@dataclass(frozen=True)
class TokenFound:
    """What is kept of an API token, and whose it is."""

    owner: User
    id: int
    token_hash: str
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None


def person_marked(mark: str) -> User | None:
    """The person with that mark in the session's cookie, as every request asks: one plain statement.

    Loading through the ORM takes a millisecond, a third of what a tile may take.
    """
    row = db.row_for_login(_BY_MARK, {"mark": mark})
    return _person(row) if row else None


def token_found(prefix: str) -> TokenFound | None:
    """The API token with that beginning, as every request of a program asks."""
    row = db.row_for_login(_BY_TOKEN, {"prefix": prefix})
    return TokenFound(_person(row), *row[len(_PERSON) + len(_TEAM) :]) if row else None


def _person(row: tuple[Any, ...]) -> User:
    """A person apart from any session, without the password, as the ORM would have loaded them."""
    values = dict(zip(PERSON, row, strict=False))
    team = dict(zip((column.name for column in _TEAM), row[len(_PERSON) :], strict=False))
    if values["home"]:
        values["home"] = WKBElement(values["home"], srid=4326, extended=True)
    user = User(**values, team=Team(**team) if team["id"] else None)
    for each in (user, user.team):
        if each is not None:
            make_transient_to_detached(each)
    return user


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


def user_in_sight(session: Session, public: uuid.UUID) -> User | None:
    """A person whom a scoped principal leads, or is."""
    sees = User.id == func.any(text("(SELECT gcrm_visible_owners())::int[]"))
    return session.scalar(select(User).where(User.uuid == public, sees))


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
