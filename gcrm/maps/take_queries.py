"""Reads for taking maps away: each region's own shape beside its figures, accounts with their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.maps.region_queries import RegionFigure, RegionStats

CHUNK = 500
"""Regions whose shapes are in memory at once."""

_REGIONS = """
SELECT country || ':' || code AS key, ST_AsBinary(ST_Multi(boundary)) AS shape FROM regions
WHERE level = :level AND country || ':' || code = ANY (:keys)
"""
_TERRITORIES = """
SELECT 'territory:' || territories.uuid AS key, ST_AsBinary(ST_Multi(ST_UnaryUnion(ST_Collect(ST_MakeValid(boundary))))) AS shape
FROM territories JOIN territory_regions ON territory_id = territories.id JOIN regions ON regions.id = region_id
WHERE 'territory:' || territories.uuid = ANY (:keys) GROUP BY territories.uuid
"""
_HEXAGONS = """
SELECT :level || ':' || number AS key, ST_AsBinary(ST_Multi(gcrm_hexagon_boundary(number, :area))) AS shape
FROM unnest(CAST(:numbers AS bigint[])) AS number
"""


def regions_with_shapes(session: Session, stats: RegionStats) -> Iterator[tuple[RegionFigure, bytes | None]]:
    """Every region of the figures with its shape as WKB (a multipolygon in WGS 84), read as they are used."""
    for first in range(0, len(stats.regions), CHUNK):
        part = stats.regions[first : first + CHUNK]
        shapes = {row.key: bytes(row.shape) for row in session.execute(*_statement(stats.level, part)) if row.shape}
        for region in part:
            yield region, shapes.get(region.key)


def named_points(session: Session, selection: Selection, most: int) -> list[Row[float, float, str, str]] | None:
    """Latitude, longitude, name and status of the selected accounts that have a place; None where there are more."""
    query = (
        select(func.ST_Y(Account.location), func.ST_X(Account.location), Account.name, Account.status)
        .where(Account.grid_key.is_not(None), *selection.conditions())
        .order_by(Account.id)
        .limit(most + 1)
    )
    rows = list(session.execute(query))
    return rows if len(rows) <= most else None


def _statement(level: str, part: list[RegionFigure]) -> tuple[Any, dict[str, Any]]:
    if level in HEXAGON_AREAS_KM2:
        numbers = [int(region.code) for region in part]
        return text(_HEXAGONS), {"level": level, "area": float(HEXAGON_AREAS_KM2[level]), "numbers": numbers}
    keys = [region.key for region in part]
    if level == "territory":
        return text(_TERRITORIES), {"keys": keys}
    return text(_REGIONS), {"level": level, "keys": keys}
