"""Reads for sheets of paper: the accounts in a frame as points or cells, outlines of the ground, names on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, literal_column, or_, select, text
from sqlalchemy.orm import Session

from gcrm.core.map_layers import LayerRows
from gcrm.core.models import Organisation
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps.sheet import Frame
from gcrm.maps.tile_queries import in_tile

WHOLE_WORLD = 30
"""Twice so many bits has a grid key."""


@dataclass(frozen=True)
class Mark:
    """One row of a layer on a sheet, or several close together."""

    lon: float
    lat: float
    kind: str
    """A word of the layer's kinds; of several what more than half are, else nothing."""
    n: int
    worth_minor: int
    tier: str | None = None
    is_prospect: bool = False


@dataclass(frozen=True)
class Marks:
    """A layer's rows in the frame, and how many there are of each kind."""

    found: list[Mark]
    counts: dict[str, int]
    are_cells: bool


@dataclass(frozen=True)
class Cell:
    """Accounts close together, at their mean position."""

    lon: float
    lat: float
    n: int
    value_minor: int
    prospects: int
    customers: int


def count(session: Session, selection: Selection, frame: Frame) -> int:
    """How many of the selected accounts lie in the frame."""
    return session.scalar(select(func.count()).select_from(Account).where(*_inside(frame, selection))) or 0


def marks(session: Session, rows: LayerRows, selection: Selection, frame: Frame, most: int, widest_mm: float) -> Marks:
    """A layer's rows in the frame one by one, or where there are more of them by tiles that are at most so wide on the sheet."""
    currency = session.scalar(select(Organisation.currency))
    inside = rows.query.add_columns(
        Account.grid_key.label("key"),
        func.ST_X(Account.location).label("lon"),
        func.ST_Y(Account.location).label("lat"),
    ).where(*_inside(frame, selection))
    some = session.execute(inside.limit(most + 1)).all()
    if len(some) > most:
        return _marked_cells(session, inside, frame.cell_zoom(widest_mm), currency)
    found = [
        Mark(
            row.lon, row.lat, row.kind, 1, int(row.amount or 0) if row.currency == currency else 0,
            getattr(row, "tier", None), getattr(row, "status", "") == "prospect",
        )
        for row in some
    ]  # fmt: skip
    return Marks(found, dict(Counter(mark.kind for mark in found)), are_cells=False)


def _marked_cells(session: Session, inside: Select[Any], zoom: int, currency: str | None) -> Marks:
    bits: ColumnElement[int] = literal_column(str(2 * (WHOLE_WORLD - zoom)))
    # As in tiles: the planner would expect as many cells as keys, and sort.
    rows = inside.offset(literal_column("0")).subquery("rows")
    amount = func.coalesce(rows.c.amount, 0)
    worth = case((rows.c.currency == currency, amount), else_=0) if currency else amount
    cell = rows.c.key.op(">>")(bits)
    sums = (
        select(
            cell.label("cell"), rows.c.kind, func.count().label("n"), cast(func.sum(worth), BigInteger).label("worth"),
            func.sum(rows.c.lon).label("lon"), func.sum(rows.c.lat).label("lat"),
        )
        .group_by(cell, rows.c.kind)
        .order_by(cell, rows.c.kind)
    )  # fmt: skip
    counts: Counter[str] = Counter()
    parts: dict[int, list[Any]] = {}
    for row in session.execute(sums):
        counts[row.kind] += row.n
        parts.setdefault(row.cell, []).append(row)
    return Marks([_together(each) for each in parts.values()], dict(counts), are_cells=True)


def _together(parts: Sequence[Any]) -> Mark:
    """The kinds of one cell as one mark at their mean position."""
    n = sum(part.n for part in parts)
    most = max(parts, key=lambda part: part.n)
    lon, lat = sum(part.lon for part in parts) / n, sum(part.lat for part in parts) / n
    return Mark(lon, lat, most.kind if 2 * most.n > n else "", n, sum(part.worth for part in parts))


def cells(session: Session, selection: Selection, frame: Frame, zoom: int) -> list[Cell]:
    """The accounts in the frame by the tiles of a zoom."""
    bits: ColumnElement[int] = literal_column(str(2 * (WHOLE_WORLD - zoom)))
    rows = (
        select(
            Account.grid_key.op(">>")(bits).label("cell"),
            _worth(session).label("worth"),
            Account.status,
            func.ST_X(Account.location).label("lon"),
            func.ST_Y(Account.location).label("lat"),
        )
        .where(*_inside(frame, selection))
        # As in tiles: the planner would expect as many cells as keys, and sort.
        .offset(literal_column("0"))
        .subquery("rows")
    )
    sums = (
        select(
            func.avg(rows.c.lon),
            func.avg(rows.c.lat),
            func.count(),
            cast(func.sum(rows.c.worth), BigInteger),
            func.count().filter(rows.c.status == "prospect"),
            func.count().filter(rows.c.status == "customer"),
        )
        .group_by(rows.c.cell)
        .order_by(rows.c.cell)
    )
    return [Cell(*row) for row in session.execute(sums)]


def _worth(session: Session) -> ColumnElement[int]:
    """An account's annual value in the organisation's currency, as tiles have it."""
    value = func.coalesce(Account.annual_value_minor, 0)
    currency = session.scalar(select(Organisation.currency))
    return cast(case((Account.currency == currency, value), else_=0) if currency else value, BigInteger)


def _inside(frame: Frame, selection: Selection) -> list[ColumnElement[bool]]:
    """The condition that an account lies in the frame: ranges of grid keys for the index, then exactly."""
    z, tiles = frame.tiles()
    west, south, east, north = frame.bounds
    lon, lat = func.ST_X(Account.location), func.ST_Y(Account.location)
    edges = [lat >= south, lat <= north]
    if east - west < 360:
        # Longitudes are counted from the frame's left edge, so that the antimeridian is no edge.
        shifted = lon + case((lon < west, 360.0), else_=0.0) - case((lon >= west + 360.0, 360.0), else_=0.0)
        edges += [shifted >= west, shifted <= east]
    ranges = or_(*(and_(*in_tile(z, x, y)) for x, y in tiles))
    return [Account.grid_key.is_not(None), ranges, *edges, *selection.conditions()]


# -- the ground --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outline:
    """What of a region lies in the frame, and where its name stands."""

    name: str
    shape: dict[str, Any]
    lon: float
    lat: float
    share: float
    """Of the region itself: how much lies in the frame, in square degrees."""


_OUTLINES = """
WITH shown AS (
  SELECT name, CASE WHEN :turned THEN ST_ShiftLongitude(shape) ELSE shape END AS shape FROM (
    SELECT name, ST_SimplifyPreserveTopology(coalesce(outline, boundary), :step) AS shape FROM regions
    WHERE level = :level AND (
      coalesce(outline, boundary) && ST_MakeEnvelope(greatest(:west, -180), :south, least(:east, 180), :north, 4326)
      OR :turned AND coalesce(outline, boundary) && ST_MakeEnvelope(-180, :south, :east - 360, :north, 4326))) AS near),
cut AS (
  SELECT name, ST_ClipByBox2D(shape, ST_MakeEnvelope(:west - :edge, :south - :edge, :east + :edge, :north + :edge, 4326)) AS shape
  FROM shown)
SELECT name, ST_AsGeoJSON(shape, :digits) AS shape, ST_X(spot) AS lon, ST_Y(spot) AS lat, ST_Area(shape) AS share
FROM (SELECT name, shape, ST_PointOnSurface(shape) AS spot FROM cut WHERE NOT ST_IsEmpty(shape)) AS drawn
WHERE ST_Dimension(shape) = 2 ORDER BY share DESC
"""


def outlines(session: Session, levels: Sequence[str], frame: Frame) -> dict[str, list[Outline]]:
    """The regions of each level in the frame, cut to it and as fine as paper shows, the largest first."""
    west, south, east, north = frame.bounds
    step = (east - west) / frame.width / 8
    how = {
        "west": west, "south": south, "east": east, "north": north, "turned": east > 180, "step": step,
        "edge": (east - west) * 0.02, "digits": 5,
    }  # fmt: skip
    found = {}
    for level in levels:
        rows = session.execute(text(_OUTLINES), how | {"level": level})
        found[level] = [Outline(row.name, json.loads(row.shape), row.lon, row.lat, row.share) for row in rows]
    return found


@dataclass(frozen=True)
class Area:
    """A territory's part of the frame, in the colour that it has everywhere."""

    name: str
    colour: int
    shape: dict[str, Any]


# Outlines are thinned together, so what lies between two regions of a territory dissolves.
_TERRITORIES = """
SELECT name, colour, ST_AsGeoJSON(shape, 5) AS shape FROM (
  SELECT territories.id, territories.name, territories.colour, ST_CollectionExtract(ST_ClipByBox2D(
    CASE WHEN :turned THEN ST_ShiftLongitude(united.shape) ELSE united.shape END,
    ST_MakeEnvelope(:west - :edge, :south - :edge, :east + :edge, :north + :edge, 4326)), 3) AS shape
  FROM (
    SELECT territory_id, ST_UnaryUnion(ST_Collect(ST_MakeValid(coalesce(outline, boundary)))) AS shape
    FROM territory_regions JOIN regions ON regions.id = region_id
    WHERE coalesce(outline, boundary) && ST_MakeEnvelope(greatest(:west, -180), :south, least(:east, 180), :north, 4326)
      OR :turned AND coalesce(outline, boundary) && ST_MakeEnvelope(-180, :south, :east - 360, :north, 4326)
    GROUP BY territory_id) AS united JOIN territories ON territories.id = territory_id) AS cut
WHERE NOT ST_IsEmpty(shape) ORDER BY name, id
"""


def territories(session: Session, frame: Frame) -> list[Area]:
    """The territories in the frame, each as one area."""
    west, south, east, north = frame.bounds
    how = {
        "west": west, "south": south, "east": east, "north": north, "turned": east > 180, "edge": (east - west) * 0.02,
    }  # fmt: skip
    rows = session.execute(text(_TERRITORIES), how)
    return [Area(row.name, row.colour, json.loads(row.shape)) for row in rows]
