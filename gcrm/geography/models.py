"""Regions, public facts about the world and the same for everybody; and the work that follows when they change."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gcrm.core.db import Model
from gcrm.core.models import CreatedAt, Instant, PublicId, SmallKey
from gcrm.geography.levels import LEVELS

_LEVEL_LIST = ", ".join(f"'{level}'" for level in LEVELS)


class Region(Model):
    """A piece of a country at one level, with its code."""

    __tablename__ = "regions"
    __table_args__ = (
        UniqueConstraint("country", "level", "code"),
        CheckConstraint(f"level IN ({_LEVEL_LIST})", name="level"),
        CheckConstraint("country = lower(country)", name="country_lower"),
        Index("ix_regions_named", "level", "country", "code", postgresql_include=["id", "name", "area_km2"]),
        Index("ix_regions_boundary", "boundary", postgresql_using="gist"),
        Index("ix_regions_outline", "outline", postgresql_using="gist"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    country: Mapped[str]
    level: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    boundary: Mapped[WKBElement] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), deferred=True
    )
    outline: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), deferred=True
    )
    """The boundary with far fewer vertices, for maps at low zoom."""
    area_km2: Mapped[float]
    created_at: Mapped[CreatedAt]


class Placing(Model):
    """Accounts being placed or assigned again, a chunk at a time, because regions or territories changed.

    Written with the change itself, so that work which a crash cut short goes on where it stopped.
    """

    __tablename__ = "placings"
    __table_args__ = (
        CheckConstraint("kind IN ('regions', 'territories')", name="kind"),
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name="status"),
    )

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    kind: Mapped[str]
    what: Mapped[str]
    """What changed: a country's code, or a territory's name."""
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    step: Mapped[str] = mapped_column(server_default="", default="")
    """What is being done just now, as `read`, `save` or `place`."""
    region_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), default=list)
    territory_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), default=list)
    done: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    after_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    """The last account that is done."""
    fault: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What a territory was before it was saved, so that the save can be undone."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[Instant | None]


class AttributeLoad(Model):
    """A file's numbers about the regions of one level: shown first, and in use once somebody said so."""

    __tablename__ = "attribute_loads"
    __table_args__ = (CheckConstraint(f"level IN ({_LEVEL_LIST})", name="level"),)

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    country: Mapped[str]
    level: Mapped[str]
    filename: Mapped[str]
    names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What the numbers are called, as `inhabitants`."""
    regions: Mapped[int]
    """How many regions got a number."""
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The first rows that were left out: `row` and `why`."""
    fault_count: Mapped[int]
    in_use: Mapped[bool]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]


class RegionAttribute(Model):
    """One number about a region. Of the loads in use the newest holds, so that taking one back uncovers what was before."""

    __tablename__ = "region_attributes"
    __table_args__ = (Index("ix_region_attributes_newest", "region_id", "name", "load_id"),)

    load_id: Mapped[int] = mapped_column(ForeignKey("attribute_loads.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
