"""Regions: public facts about the world, the same for everybody."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gcrm.core.db import Model
from gcrm.core.models import CreatedAt, PublicId, SmallKey
from gcrm.geography.levels import LEVELS

_LEVEL_LIST = ", ".join(f"'{level}'" for level in LEVELS)


class Region(Model):
    """A piece of a country at one level, with its code."""

    __tablename__ = "regions"
    __table_args__ = (
        UniqueConstraint("country", "level", "code"),
        CheckConstraint(f"level IN ({_LEVEL_LIST})", name="level"),
        CheckConstraint("country = lower(country)", name="country_lower"),
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
