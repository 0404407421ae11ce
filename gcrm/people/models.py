"""Users, teams, invitations and API tokens: no customer data, so granted to the bare login."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

from flask_security import UserMixin
from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Integer, SmallInteger, Time, func, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model, Principal
from gcrm.core.models import CreatedAt, Instant, PublicId, SmallKey, one_of
from gcrm.people.roles import ROLES, may

MAP_APPS = ("google", "apple", "waze", "kakao", "naver")
_ROLE_LIST = ", ".join(f"'{role}'" for role in (*ROLES, "system"))


class Team(Model):
    """A node of the tree of teams; a manager sees the customers of the subtree."""

    __tablename__ = "teams"

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)


class RoleWord:
    """The one role of a user in the shape Flask-Security asks for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_permissions(self) -> set[str]:
        return set()


class User(Model, UserMixin):
    """A person who signs in, or `system`, who cannot."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLE_LIST})", name="role"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("work_ends > work_starts", name="work_hours"),
        CheckConstraint("lunch_until >= lunch_from", name="lunch"),
        CheckConstraint(one_of("map_app", MAP_APPS), name="map_app"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    phone: Mapped[str | None]
    locale: Mapped[str | None]
    timezone: Mapped[str | None]
    """None: the organisation's."""

    home: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    """Where the rep's day begins and ends."""
    home_address: Mapped[str | None]
    work_days: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5}'"), default=lambda: [1, 2, 3, 4, 5]
    )
    """ISO weekdays, Monday is 1."""
    work_starts: Mapped[dt.time] = mapped_column(Time, server_default="08:30", default=dt.time(8, 30))
    work_ends: Mapped[dt.time] = mapped_column(Time, server_default="17:30", default=dt.time(17, 30))
    lunch_from: Mapped[dt.time] = mapped_column(Time, server_default="11:30", default=dt.time(11, 30))
    """Earliest begin of lunch; `lunch_until` is the latest begin."""
    lunch_until: Mapped[dt.time] = mapped_column(Time, server_default="13:30", default=dt.time(13, 30))
    lunch_minutes: Mapped[int] = mapped_column(Integer, server_default=text("30"), default=30)
    map_app: Mapped[str | None]
    """What the phone navigates with; None: asked at the first tap."""

    created_at: Mapped[CreatedAt]

    # What signs a person in; read only by the bare login, so loaded only when asked for.
    password: Mapped[str | None] = mapped_column(deferred=True, deferred_group="sign_in")
    fs_uniquifier: Mapped[str] = mapped_column(
        unique=True, default=lambda: secrets.token_hex(32), deferred=True, deferred_group="sign_in"
    )

    team: Mapped[Team | None] = relationship(lazy="joined")

    def __eq__(self, other: object) -> bool:
        """The same person, also from another session; the mixin would compare session marks that few may read."""
        return self is other or (isinstance(other, User) and self.id is not None and self.id == other.id)

    __hash__ = object.__hash__

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]  # the mixin declares an attribute; it only reads it
        return [RoleWord(self.role)]

    @property
    def principal(self) -> Principal:
        return Principal(self.id, self.role)

    def may(self, act: str) -> bool:
        return may(self.role, act)


class Invitation(Model):
    """A link that lets a person choose a password once."""

    __tablename__ = "invitations"

    id: Mapped[SmallKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class ApiToken(Model):
    """A bearer token of a person: only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[SmallKey]
    uuid: Mapped[uuid.UUID] = mapped_column(
        UUID(as_uuid=True), default=uuid.uuid4, server_default=func.gen_random_uuid(), unique=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]
