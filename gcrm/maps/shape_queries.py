"""Shapes of the regions that have figures, for drawings and for hexagons on the live map."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    cast,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.maps.hotspots import Spots, hexagon_neighbours, hot_spots
from gcrm.maps.region_queries import RegionStats
from gcrm.territories.models import Territory, TerritoryRegion


@dataclass(frozen=True)
class Shapes:
    """What a drawing is made of: GeoJSON geometries by the figure's key, outlines of what lies around, and how far."""

    filled: dict[str, dict[str, Any]]
    around: list[dict[str, Any]]
    bounds: tuple[float, float, float, float]


SHEET_UNITS = 2_500
"""So many steps across the drawing a detail may take: finer ones no printer shows."""
COARSEST_DEGREES = 0.05

_DRAWN = """
SELECT {key} AS key, ST_AsGeoJSON(CASE WHEN :turned THEN ST_ShiftLongitude(shape) ELSE shape END, :digits) AS shape
FROM (SELECT {columns}, ST_SimplifyPreserveTopology({shape}, :step) AS shape FROM {source}) AS drawn
"""
_REGION_SHAPES = _DRAWN.format(
    key="country || ':' || code", columns="country, code", shape="coalesce(outline, boundary)",
    source="regions WHERE level = :level AND country || ':' || code = ANY (:keys)",
)  # fmt: skip
_TERRITORY_SHAPES = _DRAWN.format(
    key="'territory:' || uuid", columns="uuid", shape="united",
    source="(SELECT territories.uuid, ST_UnaryUnion(ST_Collect(ST_MakeValid(coalesce(outline, boundary)))) AS united"
    " FROM territories JOIN territory_regions ON territory_id = territories.id JOIN regions ON regions.id = region_id"
    " WHERE 'territory:' || territories.uuid = ANY (:keys) GROUP BY territories.uuid) AS whole",
)  # fmt: skip
# A country is its own region where one is loaded, else its states put together.
_COUNTRY_SHAPES = _DRAWN.format(
    key="key", columns="key", shape="united",
    source="(SELECT country || ':' || code AS key, coalesce(outline, boundary) AS united FROM regions"
    " WHERE level = 'country' AND country || ':' || code = ANY (:keys)"
    " UNION ALL SELECT country || ':' || country, ST_UnaryUnion(ST_Collect(ST_MakeValid(coalesce(outline, boundary))))"
    " FROM regions WHERE level = 'state' AND country || ':' || country = ANY (:keys)"
    " AND NOT EXISTS (SELECT 1 FROM regions own WHERE own.level = 'country' AND own.country = regions.country)"
    " GROUP BY country) AS whole",
)  # fmt: skip
_AROUND = _DRAWN.format(
    key="code", columns="code", shape="coalesce(outline, boundary)",
    source="regions WHERE level = 'state' AND (coalesce(outline, boundary) && ST_MakeEnvelope(:west, :south, least(:east, 180), :north, 4326)"
    " OR :turned AND coalesce(outline, boundary) && ST_MakeEnvelope(-180, :south, :east - 360, :north, 4326))",
)  # fmt: skip


def shapes(session: Session, stats: RegionStats) -> Shapes | None:
    """Shapes of the regions that have figures, as fine as a sheet of paper shows; None when there is nothing to draw."""
    keys = [region.key for region in stats.regions]
    bounds = _bounds_of(session, stats, keys)
    if bounds is None:
        return None
    west, south, east, north = bounds
    step = min(COARSEST_DEGREES, max(east - west, north - south, 0.01) / SHEET_UNITS)
    how = {"step": step, "digits": max(2, math.ceil(-math.log10(step)) + 1), "turned": east > 180}
    if stats.level in HEXAGON_AREAS_KM2:
        filled = _hexagon_shapes(session, stats)
    else:
        statement = {"territory": _TERRITORY_SHAPES, "country": _COUNTRY_SHAPES}.get(stats.level, _REGION_SHAPES)
        found = session.execute(text(statement), how | {"level": stats.level, "keys": keys})
        filled = {row.key: json.loads(row.shape) for row in found if row.shape}
    corners = {"west": west, "south": south, "east": east, "north": north}
    around = session.execute(text(_AROUND), how | corners)
    return Shapes(filled, [json.loads(row.shape) for row in around], bounds)


def _bounds_of(session: Session, stats: RegionStats, keys: Sequence[str]) -> tuple[float, float, float, float] | None:
    if stats.level in HEXAGON_AREAS_KM2:
        points = [point for shape in _hexagon_shapes(session, stats).values() for point in shape["coordinates"][0]]
        lon, lat = [point[0] for point in points], [point[1] for point in points]
        return (min(lon), min(lat), max(lon), max(lat)) if points else None
    if stats.level == "territory":
        belong = TerritoryRegion.territory_id == Territory.id
        query = select(TerritoryRegion.region_id).join(Territory, belong).where(_key_of(Territory.uuid).in_(keys))
    elif stats.level == "country":
        query = select(Region.id).where(
            Region.level.in_(("country", "state")), Region.country.in_([region.country for region in stats.regions])
        )
    else:
        query = select(Region.id).where(Region.level == stats.level, (Region.country + ":" + Region.code).in_(keys))
    return geography.bounds(session, list(session.scalars(query)))


def _key_of(public: Any) -> ColumnElement[str]:
    key: ColumnElement[str] = literal("territory:", Text) + cast(public, Text)
    return key


def _hexagon_shapes(session: Session, stats: RegionStats) -> dict[str, dict[str, Any]]:
    collection = geography.hexagons(session, stats.level, [int(region.code) for region in stats.regions])
    return {feature["id"]: feature["geometry"] for feature in collection["features"]}


def own_shapes(session: Session, stats: RegionStats, most: int) -> dict[str, Any] | None:
    """As GeoJSON what has no tiles: countries, and hexagons unless they are more than that; None for all else."""
    if stats.level == "country":
        return _country_shapes(session, stats)
    if stats.level not in HEXAGON_AREAS_KM2 or len(stats.regions) > most:
        return None
    return geography.hexagons(session, stats.level, [int(region.code) for region in stats.regions])


COUNTRY_STEP_DEGREES = 0.02


def _country_shapes(session: Session, stats: RegionStats) -> dict[str, Any]:
    names = {region.key: region.name for region in stats.regions}
    how = {"keys": list(names), "step": COUNTRY_STEP_DEGREES, "digits": 3, "turned": False}
    rows = session.execute(text(_COUNTRY_SHAPES), how)
    features = [
        {"type": "Feature", "id": row.key, "geometry": json.loads(row.shape), "properties": {"name": names[row.key]}}
        for row in rows
        if row.shape
    ]
    return {"type": "FeatureCollection", "features": features}


# -- neighbours --------------------------------------------------------------------------------------------------------

_NEIGHBOURS = """
SELECT a.country || ':' || a.code, b.country || ':' || b.code
FROM regions a JOIN regions b ON b.level = a.level AND b.id > a.id AND ST_Intersects(a.outline, b.outline)
WHERE a.level = :level AND a.country || ':' || a.code = ANY (:keys)
"""
_TERRITORY_NEIGHBOURS = """
SELECT DISTINCT 'territory:' || one.uuid, 'territory:' || other.uuid
FROM territories one JOIN territory_regions held ON held.territory_id = one.id JOIN regions a ON a.id = held.region_id
JOIN regions b ON ST_Intersects(a.outline, b.outline)
JOIN territory_regions theirs ON theirs.region_id = b.id JOIN territories other ON other.id = theirs.territory_id
WHERE one.id < other.id AND 'territory:' || one.uuid = ANY (:keys)
"""


def neighbours(session: Session, stats: RegionStats) -> dict[str, list[str]]:
    """The keys of the regions that border each of those with figures."""
    keys = [region.key for region in stats.regions]
    if stats.level in HEXAGON_AREAS_KM2:
        return hexagon_neighbours(keys)
    if stats.level == "country":
        return {}
    statement = _TERRITORY_NEIGHBOURS if stats.level == "territory" else _NEIGHBOURS
    found: dict[str, list[str]] = {}
    # Outlines are thinned together, so neighbours share their vertices.
    for key, other in session.execute(text(statement), {"level": stats.level, "keys": keys}):
        found.setdefault(key, []).append(other)
        found.setdefault(other, []).append(key)
    return found


def spots(session: Session, stats: RegionStats) -> Spots:
    """Where figures that rest on enough cases lie high or low together."""
    values = {region.key: region.value for region in stats.regions if region.value is not None and region.is_reliable}
    return hot_spots(values, neighbours(session, stats))
