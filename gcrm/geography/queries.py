"""Reads of regions: lists, tiles, outlines, and which region is meant or lies where."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from gcrm.core.errors import Invalid, NotFound
from gcrm.geography import codes, tiles
from gcrm.geography.codes import RegionCode
from gcrm.geography.levels import HEXAGON_AREAS_KM2, LEVELS
from gcrm.geography.models import Placing, Region

OUTLINE_ZOOM = 9
"""From this zoom on tiles draw the boundary itself."""

SIMPLIFIED_BELOW_ZOOM = 8
HEXAGON_FROM_ZOOM = {"hex10": 9, "hex100": 7, "hex1000": 5}
"""Below these a tile would hold thousands of hexagons, each a few pixels wide."""

LISTED = 5

USUAL_BOUNDS = {"us": (-125.0, 24.0, -66.0, 50.0), "kr": (125.8, 33.9, 129.7, 38.7)}
"""Where the maps of countries with far islands open."""


@dataclass(frozen=True)
class LoadedLevel:
    """What there is of a country at one level."""

    country: str
    level: str
    regions: int
    loaded_at: dt.datetime


def loaded(session: Session) -> list[LoadedLevel]:
    """Countries and levels that have regions, coarse to fine."""
    rows = session.execute(
        select(Region.country, Region.level, func.count(), func.max(Region.created_at)).group_by(
            Region.country, Region.level
        )
    )
    return sorted((LoadedLevel(*row) for row in rows), key=lambda row: (row.country, LEVELS.index(row.level)))


def places(session: Session) -> dict[str, int]:
    """How many visible accounts lie inside a region, near one, outside all, or have no location."""
    rows = session.execute(text("SELECT placed, accounts FROM gcrm_places()"))
    counts = {row.placed: int(row.accounts) for row in rows}
    return {word: counts.get(word, 0) for word in ("inside", "near", "outside", "unplaced")}


def placing(session: Session, public: uuid.UUID) -> Placing:
    found = session.scalar(select(Placing).where(Placing.uuid == public))
    if found is None:
        raise NotFound("There is no such work under way.")
    return found


def open_placings(session: Session, kind: str = "regions") -> list[Placing]:
    """Work that waits or runs, and the newest that failed."""
    found = select(Placing).where(Placing.kind == kind, Placing.status.in_(("queued", "running", "failed")))
    return list(session.scalars(found.order_by(Placing.id.desc()).limit(LISTED)))


# -- which region ------------------------------------------------------------------------------------------------------


def region(session: Session, named: RegionCode) -> Region:
    """The region that a code names; a code that several levels share has to name its level too."""
    found = list(
        session.scalars(
            select(Region)
            .where(Region.country == named.country, Region.code == named.code, *_of_level(named.level))
            .order_by(Region.id)
        )
    )
    if not found:
        raise NotFound(f"There is no region {named}.")
    if len(found) > 1:
        choices = ", ".join(f"{r.country}:{r.level}:{r.code}" for r in found)
        raise Invalid(f"{named} names several regions. Say which is meant: {choices}.")
    return found[0]


def _of_level(level: str | None) -> list[ColumnElement[bool]]:
    return [Region.level == level] if level else []


def regions_named(session: Session, named: Sequence[RegionCode]) -> list[Region]:
    """The regions that codes name, in their order; the fault lists every code that names none or several."""
    wanted = {(code.country, code.code) for code in named}
    rows = session.scalars(select(Region).where(tuple_(Region.country, Region.code).in_(wanted))) if wanted else ()
    by_code: dict[tuple[str, str], list[Region]] = {}
    for row in rows:
        by_code.setdefault((row.country, row.code), []).append(row)
    found: list[Region] = []
    unknown: list[str] = []
    for code in named:
        fitting = [r for r in by_code.get((code.country, code.code), []) if code.level in (None, r.level)]
        if len(fitting) > 1:
            choices = ", ".join(f"{r.country}:{r.level}:{r.code}" for r in fitting)
            raise Invalid(f"{code} names several regions. Say which is meant: {choices}.")
        found.extend(fitting)
        if not fitting:
            unknown.append(str(code))
    if unknown:
        more = f" and {len(unknown) - LISTED} more" if len(unknown) > LISTED else ""
        raise Invalid(f"There is no region {', '.join(unknown[:LISTED])}{more}. Are its country's regions loaded?")
    return found


def regions_by_id(session: Session, ids: Iterable[int]) -> list[Region]:
    return list(session.scalars(select(Region).where(Region.id.in_(list(ids))).order_by(Region.country, Region.code)))


def children(session: Session, parent: Region) -> list[Region]:
    """The regions one level below, by name."""
    return list(session.scalars(select(Region).where(Region.parent_id == parent.id).order_by(Region.name, Region.code)))


def search(session: Session, words: str, levels: Collection[str] = LEVELS, limit: int = 20) -> list[Region]:
    """Regions whose name or code begins with, or else holds, the words; coarse levels first."""
    cleaned = words.strip()
    if not cleaned:
        return []
    country, sign, code = cleaned.partition(":")
    holds = Region.name.icontains(cleaned, autoescape=True)
    named = (Region.code == code) & (Region.country == country.lower()) if sign else Region.code == cleaned
    order = (
        named.desc(),
        Region.name.istartswith(cleaned, autoescape=True).desc(),
        func.array_position(list(LEVELS), Region.level),
        Region.name,
        Region.code,
    )
    found = select(Region).where(Region.level.in_(list(levels)), or_(holds, named)).order_by(*order)
    return list(session.scalars(found.limit(limit)))


def bounds(session: Session, region_ids: Collection[int]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of regions together; east is beyond 180 where they lie astride the antimeridian."""
    row = session.execute(
        text(
            "WITH parts AS (SELECT (ST_Dump(outline)).geom AS part FROM regions WHERE id = ANY (:ids))"
            " SELECT min(ST_XMin(part)), min(ST_YMin(part)), max(ST_XMax(part)), max(ST_YMax(part)),"
            " min(ST_XMin(part)) FILTER (WHERE ST_XMin(part) >= 0), max(ST_XMax(part)) FILTER (WHERE ST_XMax(part) < 0)"
            " FROM parts"
        ),
        {"ids": list(region_ids)},
    ).one()
    west, south, east, north, first_eastern, last_western = row
    if west is None:
        return None
    if east - west > 180 and first_eastern is not None and last_western is not None:
        west, east = first_eastern, last_western + 360
    return west, south, east, north


_FENCE = """
WITH placed AS (
  SELECT id, ST_X(spot) AS x, ST_Y(spot) AS y FROM (
    SELECT id, ST_Centroid(ST_Envelope(outline)) AS spot FROM regions WHERE id = ANY (:ids)) AS spots),
middle AS (
  SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY x) AS west, percentile_cont(0.75) WITHIN GROUP (ORDER BY x) AS east,
    percentile_cont(0.25) WITHIN GROUP (ORDER BY y) AS south, percentile_cont(0.75) WITHIN GROUP (ORDER BY y) AS north FROM placed)
SELECT id FROM placed, middle
WHERE x BETWEEN west - 1.5 * (east - west) AND east + 1.5 * (east - west)
  AND y BETWEEN south - 1.5 * (north - south) AND north + 1.5 * (north - south)
"""


def lying_together(session: Session, region_ids: Collection[int]) -> list[int]:
    """Those of the regions that are no outliers by Tukey's fences, so that a far island does not stretch a map over an ocean."""
    return list(session.scalars(text(_FENCE), {"ids": list(region_ids)}))


# -- lists and outlines ------------------------------------------------------------------------------------------------


def listing(
    level: str, country: str | None = None, parent: Region | None = None, words: str | None = None
) -> Select[Any]:
    """Regions of a level by country and code, to be paged: each with its parent's code."""
    found = _listed().where(Region.level == refuse_unknown_level(level))
    if country:
        found = found.where(Region.country == country.lower())
    if parent is not None:
        found = found.where(Region.parent_id == parent.id)
    if words:
        found = found.where(Region.name.icontains(words, autoescape=True))
    return found


def listed(session: Session, one: Region) -> Row[Any]:
    """One region as `listing` has it."""
    return session.execute(_listed().where(Region.id == one.id)).one()


def _listed() -> Select[Any]:
    above = select(Region.id, Region.country, Region.level, Region.code).subquery("above")
    return (
        select(
            Region.id, Region.uuid, Region.country, Region.level, Region.code, Region.name, Region.area_km2,
            above.c.code.label("parent_code"),
        )
        .outerjoin(above, above.c.id == Region.parent_id)
        .order_by(Region.country, Region.code, Region.id)
    )  # fmt: skip


def regions_of(
    session: Session, level: str, country: str | None = None, parent: Region | None = None
) -> Sequence[Row[Any]]:
    """Every region of a level: id, uuid, country, level, code, name, area_km2, parent_code."""
    return session.execute(listing(level, country, parent)).all()


def refuse_unknown_level(level: str, known: Collection[str] = LEVELS) -> str:
    if level not in known:
        raise Invalid(f"“{level}” is no level. It is one of {', '.join(known)}.")
    return level


def outlines(session: Session, region_ids: Collection[int], digits: int = 3) -> dict[int, dict[str, Any]]:
    """GeoJSON geometries by region id, coordinates rounded alike so that neighbours still share their borders."""
    rows = session.execute(
        text("SELECT id, ST_AsGeoJSON(coalesce(outline, boundary), :digits) FROM regions WHERE id = ANY (:ids)"),
        {"ids": list(region_ids), "digits": digits},
    )
    return {number: json.loads(shape) for number, shape in rows}


def features(
    session: Session, level: str, country: str | None = None, within: Region | None = None, digits: int = 3
) -> dict[str, Any]:
    """A level as a GeoJSON FeatureCollection of outlines, for drawing with folium; hexagons by `hexagons`."""
    rows = regions_of(session, level, country, within)
    shapes = outlines(session, [row.id for row in rows], digits)
    return {"type": "FeatureCollection", "features": [feature(row, shapes.get(row.id)) for row in rows]}


def feature(row: Any, shape: dict[str, Any] | None) -> dict[str, Any]:
    """One row of `listing` as a GeoJSON feature; its id is the code as a selection writes it."""
    return {
        "type": "Feature",
        "id": f"{row.country}:{row.code}",
        "geometry": shape,
        "properties": {
            "country": row.country,
            "level": row.level,
            "code": row.code,
            "name": row.name,
            "parent": row.parent_code and f"{row.country}:{row.parent_code}",
            "area_km2": round(row.area_km2, 3),
        },
    }


def hexagons(session: Session, level: str, numbers: Collection[int], digits: int = 4) -> dict[str, Any]:
    """The hexagons of a level that have these numbers, as a GeoJSON FeatureCollection."""
    area = HEXAGON_AREAS_KM2[refuse_unknown_level(level, HEXAGON_AREAS_KM2)]
    rows = session.execute(
        text(
            "SELECT number, ST_AsGeoJSON(gcrm_hexagon_boundary(number, :area), :digits)"
            " FROM unnest(CAST(:numbers AS bigint[])) AS number ORDER BY number"
        ),
        {"numbers": list(numbers), "area": float(area), "digits": digits},
    )
    return {"type": "FeatureCollection", "features": [_hexagon(level, number, area, shape) for number, shape in rows]}


def _hexagon(level: str, number: int, area: int, shape: str) -> dict[str, Any]:
    about = {
        "country": level,
        "level": level,
        "code": str(number),
        "name": str(number),
        "parent": None,
        "area_km2": area,
    }
    return {"type": "Feature", "id": f"{level}:{number}", "geometry": json.loads(shape), "properties": about}


# -- tiles -------------------------------------------------------------------------------------------------------------

# The shape is cut to the tile while still in degrees: that is fast, and keeps the poles away from the projection.
_REGION_TILE = """
WITH tile AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS degrees, ST_TileEnvelope(:z, :x, :y) AS metres),
found AS (
  SELECT regions.id, country || ':' || code AS code, name, {shape} AS shape
  FROM regions, tile WHERE level = :level AND {column} && tile.degrees
),
features AS (
  SELECT id, code, name, ST_AsMVTGeom(
    ST_Transform(shape, 3857), tile.metres, 4096, 64, true) AS geom
  FROM found, tile
)
SELECT ST_AsMVT(features, 'regions', 4096, 'geom', 'id') FROM features WHERE geom IS NOT NULL
"""

# Rows of hexagons run along the parallels; the range of rows and columns follows from the tile's corners.
_HEXAGON_TILE = """
WITH side AS (SELECT gcrm_hexagon_side(:area) AS side),
corners AS (
  SELECT ST_Transform(ST_SetSRID(ST_MakePoint(greatest(:west, -180), :south), 4326), 6933) AS low,
    ST_Transform(ST_SetSRID(ST_MakePoint(least(:east, 180), :north), 4326), 6933) AS high
),
rows AS (
  SELECT r, side FROM side, corners,
    generate_series(floor(ST_Y(low) / (1.5 * side))::bigint - 1, ceil(ST_Y(high) / (1.5 * side))::bigint + 1) AS r
),
numbers AS (
  SELECT (q + 1048576) * 2097152 + r + 1048576 AS number FROM rows, corners,
    generate_series(floor(ST_X(low) / (sqrt(3) * side) - r / 2.0)::bigint,
                    ceil(ST_X(high) / (sqrt(3) * side) - r / 2.0)::bigint) AS q
  WHERE abs((q + r / 2.0) * sqrt(3) * side) < 17367530.44 - sqrt(3) * side
    AND abs(1.5 * r * side) < 7314540.0 - 2 * side
),
features AS (
  SELECT :level || ':' || number AS code, number::text AS name, ST_AsMVTGeom(
    ST_Transform(gcrm_hexagon_boundary(number, :area), 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS geom
  FROM numbers
)
SELECT ST_AsMVT(features, 'regions', 4096, 'geom') FROM features WHERE geom IS NOT NULL
"""

TILE_MARGIN = 64 / 4096


def region_tile(session: Session, level: str, z: int, x: int, y: int) -> bytes:
    """One tile of a level, layer `regions`: the feature's id is the region's, properties are `code` and `name`."""
    tiles.refuse_absent(z, x, y)
    if level in HEXAGON_AREAS_KM2:
        return _hexagon_tile(session, level, z, x, y)
    if level not in LEVELS:
        raise NotFound(f"There are no tiles of a level “{level}”.")
    column = "outline" if z < OUTLINE_ZOOM else "boundary"
    # Cut first: what simplifying made invalid may come out of the cut as the whole tile.
    shape = f"ST_ClipByBox2D({column}, tile.degrees)"
    shape = f"ST_Simplify({shape}, :pixel, true)" if z < SIMPLIFIED_BELOW_ZOOM else shape
    place = (
        _place(z, x, y)
        | {"level": level}
        | ({"pixel": tiles.pixel_degrees(z) / 3} if z < SIMPLIFIED_BELOW_ZOOM else {})
    )
    return bytes(session.scalar(text(_REGION_TILE.format(shape=shape, column=column)), place) or b"")


def _hexagon_tile(session: Session, level: str, z: int, x: int, y: int) -> bytes:
    if z < HEXAGON_FROM_ZOOM[level]:
        return b""
    area = float(HEXAGON_AREAS_KM2[level])
    return bytes(session.scalar(text(_HEXAGON_TILE), _place(z, x, y) | {"level": level, "area": area}) or b"")


def _place(z: int, x: int, y: int) -> dict[str, float | int]:
    west, south, east, north = tiles.degrees(z, x, y, TILE_MARGIN)
    return {"z": z, "x": x, "y": y, "west": west, "south": south, "east": east, "north": north}


def parse_region(session: Session, named: str, country: str | None = None) -> Region:
    """The region that a text like `us:48121` names."""
    return region(session, codes.parse(named, country))


def home_bounds(session: Session, country: str) -> list[float] | None:
    """What a map of the organisation's country opens with; its far territories are left out."""
    if country in USUAL_BOUNDS:
        return list(USUAL_BOUNDS[country])
    ids = list(
        session.scalars(select(Region.id).where(Region.country == country, Region.level.in_(("country", "state"))))
    )
    found = bounds(session, ids)
    return list(found) if found else None
