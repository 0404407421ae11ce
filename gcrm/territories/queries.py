"""Reads of territories: the tree with its figures, overlaps, what is in none, previews and tiles."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session, joinedload

from gcrm.core.errors import NotFound
from gcrm.geography import tiles
from gcrm.geography.models import Region
from gcrm.geography.queries import OUTLINE_ZOOM, SIMPLIFIED_BELOW_ZOOM, TILE_MARGIN
from gcrm.territories.models import Territory, TerritoryRegion

VISITED_DAYS = 90
MOST_OVERLAPS = 50


@dataclass(frozen=True)
class Figures:
    """What lies in a territory, as far as the asker sees."""

    accounts: int = 0
    customers: int = 0
    prospects: int = 0
    value_minor: int = 0
    """Of accounts in the organisation's currency."""
    in_other_currency: int = 0
    owner_named: int = 0
    visited: int = 0
    """Accounts visited in the last 90 days."""
    overdue: int = 0
    """Accounts whose cadence asks for a visit before today."""

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass
class Node:
    """A territory in the tree with its own figures and those of everything below it."""

    territory: Territory
    depth: int
    regions: int
    own: Figures
    children: list[Node] = field(default_factory=list)

    @property
    def total(self) -> Figures:
        return sum((child.total for child in self.children), self.own)

    @property
    def all_regions(self) -> int:
        return self.regions + sum(child.all_regions for child in self.children)


@dataclass(frozen=True)
class Tree:
    """Every territory, and what lies in none."""

    roots: list[Node]
    unassigned: Figures

    @property
    def total(self) -> Figures:
        return sum((node.total for node in self.roots), self.unassigned)

    def walk(self) -> list[Node]:
        """The nodes in the order of a drawn tree."""
        found: list[Node] = []

        def visit(nodes: list[Node]) -> None:
            for node in nodes:
                found.append(node)
                visit(node.children)

        visit(self.roots)
        return found

    def node(self, public: uuid.UUID) -> Node:
        for node in self.walk():
            if node.territory.uuid == public:
                return node
        raise NotFound("There is no such territory.")


@dataclass(frozen=True)
class Overlap:
    """A place that two territories claim, and who gets its accounts."""

    region: str
    code: str
    winner: str
    loser: str
    winner_uuid: uuid.UUID
    loser_uuid: uuid.UUID


@dataclass(frozen=True)
class Unassigned:
    """Accounts in no territory, by region."""

    region: str | None
    code: str | None
    accounts: int


@dataclass(frozen=True)
class Change:
    """Accounts that a save would bring in or take away."""

    other: str | None
    """The territory that they come from or go to; None: none."""
    accounts: int
    owner_named: int
    value_minor: int


@dataclass(frozen=True)
class Preview:
    """What a territory would hold after a save."""

    accounts: int
    owner_named: int
    value_minor: int
    gained: list[Change]
    lost: list[Change]
    contested: int
    """Accounts in the chosen regions that another territory keeps."""


# -- territories -------------------------------------------------------------------------------------------------------


def territory(session: Session, public: uuid.UUID) -> Territory:
    found = session.scalar(
        select(Territory)
        .where(Territory.uuid == public)
        .options(joinedload(Territory.owner), joinedload(Territory.parent))
    )
    if found is None:
        raise NotFound("There is no such territory.")
    return found


def by_name(session: Session, name: str) -> Territory | None:
    return session.scalar(select(Territory).where(func.lower(Territory.name) == name.lower()))


def listing() -> Select[Any]:
    """Territories by name, to be paged."""
    return (
        select(Territory)
        .options(joinedload(Territory.owner), joinedload(Territory.parent))
        .order_by(Territory.name, Territory.id)
    )


def territories(session: Session) -> list[Territory]:
    return list(session.scalars(listing()))


def regions_of(session: Session, one: Territory) -> list[Region]:
    held = select(TerritoryRegion.region_id).where(TerritoryRegion.territory_id == one.id)
    return list(session.scalars(select(Region).where(Region.id.in_(held)).order_by(Region.name, Region.code)))


def codes_of(session: Session, ids: Collection[int]) -> dict[int, list[str]]:
    """The codes of the regions that each territory holds, as `us:48121`."""
    rows = session.execute(
        select(TerritoryRegion.territory_id, Region.country + ":" + Region.code)
        .join(Region, Region.id == TerritoryRegion.region_id)
        .where(TerritoryRegion.territory_id.in_(list(ids)))
        .order_by(Region.country, Region.code)
    )
    found: dict[int, list[str]] = {}
    for number, code in rows:
        found.setdefault(number, []).append(code)
    return found


def region_ids_below(session: Session, ids: Collection[int]) -> list[int]:
    """Regions of these territories and of everything below them."""
    below = select(Territory.id).where(Territory.id.in_(list(ids))).cte("below", recursive=True)
    below = below.union(select(Territory.id).where(Territory.parent_id == below.c.id))
    found = select(TerritoryRegion.region_id).where(TerritoryRegion.territory_id.in_(select(below.c.id))).distinct()
    return list(session.scalars(found))


def tree(session: Session, currency: str, today: dt.date) -> Tree:
    """Every territory with what lies in it."""
    rows = session.execute(
        text("SELECT * FROM gcrm_territory_figures(:money, :today)"), {"money": currency, "today": today}
    ).mappings()
    figures = {row["territory_id"]: Figures(**{f.name: row[f.name] for f in fields(Figures)}) for row in rows}
    per_territory = select(TerritoryRegion.territory_id, func.count()).group_by(TerritoryRegion.territory_id)
    regions = dict(session.execute(per_territory).all())
    children: dict[int | None, list[Territory]] = {}
    for one in territories(session):
        children.setdefault(one.parent_id, []).append(one)

    def nodes(parent: int | None, depth: int) -> list[Node]:
        return [
            Node(one, depth, regions.get(one.id, 0), figures.get(one.id, Figures()), nodes(one.id, depth + 1))
            for one in children.get(parent, [])
        ]

    return Tree(nodes(None, 0), figures.get(None, Figures()))


# -- what does not fit -------------------------------------------------------------------------------------------------

# Two territories of one branch may share a place: the deeper one is meant to have it.
_OVERLAPS = """
WITH RECURSIVE kin AS (
  SELECT id AS below, id AS above FROM territories
  UNION SELECT kin.below, territories.parent_id FROM kin JOIN territories ON territories.id = kin.above
  WHERE territories.parent_id IS NOT NULL
),
depths AS (SELECT below AS id, count(*) AS depth FROM kin GROUP BY below),
held AS (
  SELECT territory_id, region_id, depth, regions.parent_id, above.parent_id AS grandparent_id
  FROM territory_regions JOIN depths ON depths.id = territory_id
  JOIN regions ON regions.id = region_id LEFT JOIN regions AS above ON above.id = regions.parent_id
),
claims AS (
  SELECT region_id, territory_id, depth, region_id AS place, 0 AS above FROM held
  UNION ALL SELECT region_id, territory_id, depth, parent_id, 1 FROM held WHERE parent_id IS NOT NULL
  UNION ALL SELECT region_id, territory_id, depth, grandparent_id, 2 FROM held WHERE grandparent_id IS NOT NULL
),
pairs AS (
  SELECT DISTINCT winner.region_id, winner.territory_id AS winner_id, loser.territory_id AS loser_id
  FROM claims AS winner JOIN held AS loser
    ON loser.region_id = winner.place AND loser.territory_id <> winner.territory_id
  WHERE (winner.above > 0 OR (winner.depth, -winner.territory_id) > (loser.depth, -loser.territory_id))
    AND NOT EXISTS (SELECT 1 FROM kin WHERE below = winner.territory_id AND above = loser.territory_id
                    OR below = loser.territory_id AND above = winner.territory_id)
)
SELECT regions.name AS region, regions.country || ':' || regions.code AS code, winner.name AS winner, loser.name AS loser,
  winner.uuid AS winner_uuid, loser.uuid AS loser_uuid, count(*) OVER () AS total
FROM pairs JOIN regions ON regions.id = region_id
JOIN territories AS winner ON winner.id = winner_id JOIN territories AS loser ON loser.id = loser_id
ORDER BY winner.name, loser.name, regions.name LIMIT :most
"""


def overlaps(session: Session, most: int = MOST_OVERLAPS) -> tuple[list[Overlap], int]:
    """Places that territories of different branches both claim, and how many there are."""
    rows = session.execute(text(_OVERLAPS), {"most": most}).all()
    found = [Overlap(r.region, r.code, r.winner, r.loser, r.winner_uuid, r.loser_uuid) for r in rows]
    return found, rows[0].total if rows else 0


def unassigned(session: Session, level: str, most: int = 10) -> list[Unassigned]:
    """Where the accounts in no territory lie, the fullest regions first; a row without a region at the end."""
    rows = session.execute(
        text(
            "SELECT regions.name, regions.country || ':' || regions.code AS code, found.accounts"
            " FROM gcrm_unassigned(:level) AS found LEFT JOIN regions ON regions.id = found.region_id"
            " ORDER BY regions.id IS NULL, found.accounts DESC, regions.name LIMIT :most"
        ),
        {"level": level, "most": most},
    )
    return [Unassigned(row.name, row.code, row.accounts) for row in rows]


NOT_YET = 2**31 - 1
"""Stands for a territory that is not saved yet: of equals the lowest number wins, and it will have the highest."""


def preview(
    session: Session, one: Territory | None, region_ids: Collection[int], parent: Territory | None, currency: str
) -> Preview:
    """What a territory would hold with these regions at this place in the tree."""
    number = one.id if one is not None else NOT_YET
    depth = 1 + (session.scalar(select(func.gcrm_territory_depth(parent.id))) or 0 if parent is not None else 0)
    rows = session.execute(
        text("SELECT * FROM gcrm_territory_preview(:territory, CAST(:regions AS int[]), :depth, :money)"),
        {"territory": number, "regions": list(region_ids), "depth": depth, "money": currency},
    ).all()
    names = {t.id: t.name for t in session.scalars(select(Territory))}

    def change(row: Any, other: int | None) -> Change:
        return Change(names.get(other) if other else None, row.accounts, row.owner_named, row.value_minor)

    inside = [row for row in rows if row.then_id == number]
    return Preview(
        accounts=sum(row.accounts for row in inside),
        owner_named=sum(row.owner_named for row in inside),
        value_minor=sum(row.value_minor for row in inside),
        gained=_largest(change(row, row.now_id) for row in inside if row.now_id != number),
        lost=_largest(change(row, row.then_id) for row in rows if row.now_id == number != row.then_id),
        contested=sum(row.accounts for row in rows if row.then_id != number and row.now_id != number),
    )


def _largest(changes: Any) -> list[Change]:
    return sorted(changes, key=lambda change: -change.accounts)


# -- tiles -------------------------------------------------------------------------------------------------------------

# The regions of a territory are collected, not united: making the tile's polygons valid dissolves the borders between
# them, five times faster than ST_Union. That needs neighbours to share their vertices; snapping all to one grid keeps it so.
_TILE = """
WITH RECURSIVE tile AS (
  SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS degrees, ST_TileEnvelope(:z, :x, :y) AS metres
),
up AS (
  SELECT id AS below, id AS above, 0 AS steps FROM territories
  UNION ALL SELECT up.below, territories.parent_id, steps + 1 FROM up JOIN territories ON territories.id = up.above
  WHERE territories.parent_id IS NOT NULL
),
shown AS (
  SELECT below, above FROM (
    SELECT below, above, steps, max(steps) OVER (PARTITION BY below) AS depth FROM up) AS places
  WHERE depth - steps = least(:depth, depth)
),
united AS (
  SELECT shown.above AS id, ST_Collect({shape}) AS shape
  FROM territory_regions JOIN shown ON shown.below = territory_id JOIN regions ON regions.id = region_id, tile
  WHERE regions.{column} && tile.degrees GROUP BY shown.above
),
features AS (
  SELECT territories.id, territories.uuid::text AS uuid, territories.name, territories.colour, users.name AS owner,
    ST_AsMVTGeom(ST_Transform(ST_CollectionHomogenize(shape), 3857), tile.metres, 4096, 64, true) AS geom
  FROM united JOIN territories USING (id) LEFT JOIN users ON users.id = territories.owner_id, tile
)
SELECT ST_AsMVT(features, 'territories', 4096, 'geom', 'id') FROM features WHERE geom IS NOT NULL
"""

LEAVES = 99
"""A depth below every tree: each territory by itself."""


def territory_tile(session: Session, z: int, x: int, y: int, depth: int = LEAVES) -> bytes:
    """One tile, layer `territories`: each down to a depth of the tree, with what lies below united in it."""
    tiles.refuse_absent(z, x, y)
    west, south, east, north = tiles.degrees(z, x, y, TILE_MARGIN)
    column = "outline" if z < OUTLINE_ZOOM else "boundary"
    cut = f"ST_ClipByBox2D(regions.{column}, tile.degrees)"
    shape = f"ST_SnapToGrid({cut}, :grid)" if z < SIMPLIFIED_BELOW_ZOOM else cut
    place: dict[str, float] = {
        "z": z,
        "x": x,
        "y": y,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "depth": depth,
    }
    if z < SIMPLIFIED_BELOW_ZOOM:
        place["grid"] = tiles.pixel_degrees(z) / 2
    return bytes(session.scalar(text(_TILE.format(column=column, shape=shape)), place) or b"")
