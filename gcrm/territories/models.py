"""Territories: sets of regions with an owner, in a tree."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.models import Instant, PublicId, SmallKey, Versioned
from gcrm.people.models import User


class Territory(Versioned, Model):
    """A node of the tree; the regions of a leaf decide who owns what lies in them."""

    __tablename__ = "territories"

    id: Mapped[SmallKey]
    uuid: Mapped[PublicId]
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("territories.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    colour: Mapped[int] = mapped_column(server_default="0", default=0)
    """Which colour of the palette's categories marks it on the map."""
    regions_changed_at: Mapped[Instant | None]
    """Raises the version when only the set of regions changes."""

    owner: Mapped[User | None] = relationship()
    parent: Mapped[Territory | None] = relationship(remote_side="Territory.id")


class TerritoryRegion(Model):
    """A region that a territory holds; the finest one round a point wins, then the lowest territory."""

    __tablename__ = "territory_regions"

    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"), primary_key=True, index=True)
