"""Reads for sheets of paper: the accounts in a frame as points or cells, outlines of the ground, names on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, literal_column, or_, select, text
from sqlalchemy.orm import Session

from gcrm.core.models import Organisation
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps.sheet import Frame
from gcrm.maps.tile_queries import in_tile

MOST_POINTS = 2_000
"""More accounts than that are drawn as cells."""
WHOLE_WORLD = 30
"""Twice so many bits has a grid key."""


@dataclass(frozen=True)
class Point:
    """One account on a sheet."""

    lon: float
    lat: float
    status: str
    tier: str | None
    value_minor: int


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


def points(session: Session, selection: Selection, frame: Frame, most: int = MOST_POINTS) -> list[Point] | None:
    """The accounts in the frame; None where there are more."""
    query = (
        select(func.ST_X(Account.location), func.ST_Y(Account.location), Account.status, Account.tier, _worth(session))
        .where(*_inside(frame, selection))
        .limit(most + 1)
    )
    rows = session.execute(query).all()
    return [Point(*row) for row in rows] if len(rows) <= most else None


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
