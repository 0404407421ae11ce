"""Accounts, contacts, shares and the timeline."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Double,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import BigKey, CreatedAt, Instant, Money, PublicId, Versioned, one_of
from gcrm.customers.values import PRECISIONS, STATUSES, TIERS
from gcrm.people.models import User

LOCATION_SOURCES = ("file", "pin", "phone", "geocoder", "api", "demo", "check_in")
BULK_VERBS = ("assign", "tag", "untag")


class Account(Versioned, Model):
    """A customer or prospect at a place."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint(one_of("status", STATUSES), name="status"),
        CheckConstraint(one_of("tier", TIERS), name="tier"),
        CheckConstraint(one_of("location_source", LOCATION_SOURCES), name="location_source"),
        CheckConstraint(one_of("location_precision", PRECISIONS), name="location_precision"),
        CheckConstraint("annual_value_minor >= 0 AND potential_minor >= 0", name="money"),
        CheckConstraint("cadence_days > 0", name="cadence_days"),
        CheckConstraint("visit_minutes > 0", name="visit_minutes"),
        CheckConstraint("check_in_metres BETWEEN 20 AND 5000", name="check_in_metres"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        Index(
            "ix_accounts_owner_grid", "owner_id", "grid_key",
            postgresql_include=[
                "id", "currency", "annual_value_minor", "potential_minor", "placed", "status", "tier", "territory_id",
                "state_id", "county_id", "municipality_id", "last_visited_on", "cadence_days",
            ],
        ),
        Index("ix_accounts_grid", "grid_key"),
        Index("ix_accounts_owner_visited", "owner_id", "last_visited_on"),
        Index("ix_accounts_name_id", "name", "id"),
        Index(
            "ix_accounts_search",
            literal_column("gcrm_search_text(name, city, street, postcode, external_id)").label("search_text"),
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_accounts_value", text("coalesce(annual_value_minor, -1)"), "id"),
        Index("ix_accounts_potential", text("coalesce(potential_minor, -1)"), "id"),
        Index("ix_accounts_last_visit", text("coalesce(last_visited_on, '0001-01-01'::date)"), "id"),
        Index("ix_accounts_tier", text("coalesce(tier, '~')"), "id"),
        Index("ix_accounts_city", text("coalesce(city, '~')"), "id"),
        Index("ix_accounts_updated", "updated_at", "id"),
        Index("ix_accounts_tags", "tags", postgresql_using="gin"),
        Index("ix_accounts_match", "name_key", "postcode"),
        Index("ix_accounts_location", "location", postgresql_using="gist"),
        Index("ix_accounts_state", "state_id"),
        Index("ix_accounts_county", "county_id", "id"),
        Index("ix_accounts_municipality", "municipality_id"),
        Index("ix_accounts_territory", "territory_id"),
        Index("ix_accounts_parent", "parent_id"),
        Index("ix_accounts_cadence", "cadence_days", postgresql_where=text("cadence_days IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    external_id: Mapped[str | None]
    source: Mapped[str | None]
    """Whose id `external_id` is: chains number their stores alike."""
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Text, Computed("gcrm_name_key(name)", persisted=True))
    status: Mapped[str] = mapped_column(server_default="prospect", default="prospect")

    location: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    location_source: Mapped[str | None]
    location_precision: Mapped[str | None]
    street: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    """State or province as the address names it."""
    postcode: Mapped[str | None]
    country: Mapped[str | None]
    """ISO 3166-1 alpha-2, lower case."""

    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    email: Mapped[str | None]
    website: Mapped[str | None]
    industry: Mapped[str | None]
    tier: Mapped[str | None]
    annual_value_minor: Mapped[Money | None]
    potential_minor: Mapped[Money | None]
    currency: Mapped[str]
    """ISO 4217, also where no amount is known yet."""
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list)
    opening_hours: Mapped[str | None]
    """OSM syntax, as `Mo-Fr 09:00-17:00`."""
    cadence_days: Mapped[int | None]
    visit_minutes: Mapped[int | None]
    check_in_metres: Mapped[int | None]
    """How far from it a check-in still counts as there; None: the organisation's radius."""
    note: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    """Columns of an imported file that gcrm has no field for."""

    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), server_onupdate=FetchedValue())
    owner_named: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """A person or a file named the owner, so that territories leave it alone."""
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    last_visited_on: Mapped[dt.date | None]
    """The day of the last finished visit in the account's zone; written by visits."""
    timezone: Mapped[str | None]
    """Where the place keeps its clock; None: the organisation's."""

    # What the database writes with the row, from its place.
    state_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"), server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    county_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"), server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"), server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    placed: Mapped[str | None] = mapped_column(server_default=FetchedValue(), server_onupdate=FetchedValue())
    """`inside` a region, `near` one (within 2 km), `outside` all; None without a location."""
    hex10: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue(), server_onupdate=FetchedValue())
    hex100: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    hex1000: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    grid_key: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip
    """Bits of x and y of the Web Mercator square, interleaved, 30 each: every tile is one range."""
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territories.id", ondelete="SET NULL"), server_default=FetchedValue(), server_onupdate=FetchedValue())  # fmt: skip

    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    parent: Mapped[Account | None] = relationship(remote_side="Account.id")


class Contact(Versioned, Model):
    """A person at an account."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        Index("ix_contacts_name_id", "name", "id"),
        Index(
            "ix_contacts_search",
            literal_column("gcrm_search_text(name, email, phone, job_title, external_id)").label("search_text"),
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    external_id: Mapped[str | None]
    source: Mapped[str | None]
    name: Mapped[str]
    job_title: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    note: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)

    account: Mapped[Account] = relationship()


class AccountShare(Model):
    """An account that a person sees beside the own ones."""

    __tablename__ = "account_shares"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[CreatedAt]
    until: Mapped[dt.date | None]
    """The last day of a loan, such as for a visit that a colleague makes; None: until somebody takes it back."""


class Area(Model):
    """A shape that somebody drew or that the road network gave, to select accounts by."""

    __tablename__ = "areas"
    __table_args__ = (CheckConstraint("btrim(name) <> ''", name="name"), Index("ix_areas_user", "user_id"))

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str | None]
    """None for one that only an address names."""
    is_shared: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """The person's team sees it among its own; of somebody without a team, everybody."""
    boundary: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    area_km2: Mapped[float] = mapped_column(Double)
    note: Mapped[str | None]
    """Where it comes from, such as "15 minutes by car, an estimate"."""
    created_at: Mapped[CreatedAt]

    user: Mapped[User] = relationship()


class BulkChange(Model):
    """One change of many accounts, with what undoing it takes."""

    __tablename__ = "bulk_changes"
    __table_args__ = (CheckConstraint(one_of("verb", BULK_VERBS), name="verb"),)

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    verb: Mapped[str]
    target: Mapped[str]
    """The tag, or the new owner's id."""
    account_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """Those that the change did change."""
    owners_before: Mapped[list[int | None] | None] = mapped_column(ARRAY(Integer))
    named_before: Mapped[list[bool] | None] = mapped_column(ARRAY(Boolean))
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[Instant | None]


class Touch(Model):
    """One line of an account's timeline, written by the domain whose thing happened."""

    __tablename__ = "touches"
    __table_args__ = (
        Index("ix_touches_account_at", "account_id", text("at DESC")),
        Index("ix_touches_user_at", "user_id", text("at DESC")),
        Index("ix_touches_subject", "subject"),
    )

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[Instant]
    kind: Mapped[str]
    """visit, call, mail, meeting, note, task, opportunity, order ..."""
    summary: Mapped[str]
    detail: Mapped[str | None]
    subject: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    """The UUID of the thing itself."""

    user: Mapped[User | None] = relationship()


# -- sums for maps -----------------------------------------------------------------------------------------------------
# Written by the database alone (migration 0180); gcrm/README.md says how they stay exact.


class CellSum(Model):
    """What the accounts of one part of the company add up to in one cell of the map."""

    __tablename__ = "cell_sums"
    __table_args__ = {"postgresql_with": {"fillfactor": "80"}}  # noqa: RUF012 - SQLAlchemy's own name

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """0 everything, 1 a team with those below it, 2 a territory with those below it."""
    part_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zoom: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """9, 11, 13 or 15: the cells are the tiles of that zoom."""
    account_class: Mapped[int] = mapped_column("class", SmallInteger, primary_key=True, autoincrement=False)
    """Status and tier by `gcrm_sum_class`; -1 all of them."""
    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The first bits of the grid keys in it."""
    n: Mapped[int] = mapped_column(BigInteger)
    prospects: Mapped[int] = mapped_column(BigInteger)
    customers: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[int] = mapped_column(BigInteger)
    lon: Mapped[int] = mapped_column(BigInteger)
    """The sum of longitudes in millionths of a degree, for the mean position; so `lat`."""
    lat: Mapped[int] = mapped_column(BigInteger)


class RegionSum(Model):
    """What the accounts of one part of the company add up to in one region."""

    __tablename__ = "region_sums"
    __table_args__ = {"postgresql_with": {"fillfactor": "80"}}  # noqa: RUF012 - SQLAlchemy's own name

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    part_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """1 state, 2 county, 3 municipality."""
    account_class: Mapped[int] = mapped_column("class", SmallInteger, primary_key=True, autoincrement=False)
    region_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for what lies outside every region of the level, -2 of all levels, -1 for what has no place."""
    n: Mapped[int] = mapped_column(BigInteger)
    prospects: Mapped[int] = mapped_column(BigInteger)
    customers: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[int] = mapped_column(BigInteger)
    potential: Mapped[int] = mapped_column(BigInteger)
    white_space: Mapped[int] = mapped_column(BigInteger)
    foreign_accounts: Mapped[int] = mapped_column(BigInteger)
    """Accounts in another currency than the organisation's, whose amounts are in no sum; with a value, with a potential."""
    foreign_values: Mapped[int] = mapped_column(BigInteger)
    foreign_potentials: Mapped[int] = mapped_column(BigInteger)


class MapWrite(Model):
    """A statement that may have changed what a map of accounts shows, or many of them folded into one."""

    __tablename__ = "map_writes"
    __table_args__ = (
        {"postgresql_with": {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "500"}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    """How many statements it stands for."""
    mark: Mapped[int] = mapped_column(BigInteger, server_default=text("(random() * (2::bigint ^ 62))::bigint"))
    """At random, so that what was written after a backup was restored has other marks than what was written before."""


class AccountChange(Model):
    """What an account added to the sums or took away since they were last folded, with its sign."""

    __tablename__ = "account_changes"
    __table_args__ = (
        Index("ix_account_changes_grid_key", "grid_key"),
        {"postgresql_with": {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "2000"}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    owner_id: Mapped[int | None]
    territory_id: Mapped[int | None]
    grid_key: Mapped[int | None] = mapped_column(BigInteger)
    account_class: Mapped[int] = mapped_column("class", SmallInteger)
    state_id: Mapped[int]
    county_id: Mapped[int]
    municipality_id: Mapped[int]
    n: Mapped[int] = mapped_column(SmallInteger)
    value: Mapped[int] = mapped_column(BigInteger)
    potential: Mapped[int] = mapped_column(BigInteger)
    white_space: Mapped[int] = mapped_column(BigInteger)
    foreign_accounts: Mapped[int] = mapped_column(SmallInteger)
    foreign_values: Mapped[int] = mapped_column(SmallInteger)
    foreign_potentials: Mapped[int] = mapped_column(SmallInteger)
    lon: Mapped[int] = mapped_column(Integer)
    lat: Mapped[int] = mapped_column(Integer)


class SumPart(Model):
    """Whose accounts the sums of a team or territory hold, as of the last fold."""

    __tablename__ = "sum_parts"

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """A user of the team, or a territory."""
    part_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class MovedPart(Model):
    """A mark that teams or territories changed since the last fold: until then their sums are not asked."""

    __tablename__ = "moved_parts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger)
