"""Reads of what is known about regions besides their shape: numbers by name, as inhabitants."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gcrm.core.errors import NotFound
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import AttributeLoad, Region, RegionAttribute

SHOWN_ROWS = 5


def names_in_use(session: Session) -> list[str]:
    """Every name that some region has a number of."""
    found = select(func.unnest(AttributeLoad.names).label("name")).where(AttributeLoad.in_use).distinct()
    return sorted(session.scalars(found))


def loads(session: Session) -> list[AttributeLoad]:
    """The loads in use, the newest first."""
    return list(session.scalars(select(AttributeLoad).where(AttributeLoad.in_use).order_by(AttributeLoad.id.desc())))


def load(session: Session, public: uuid.UUID) -> AttributeLoad:
    found = session.scalar(select(AttributeLoad).where(AttributeLoad.uuid == public))
    if found is None:
        raise NotFound("These numbers are not there, or somebody took them back.")
    return found


def first_rows(session: Session, wanted: AttributeLoad) -> list[tuple[str, str, dict[str, float]]]:
    """The first regions of a load with their numbers: code, name, number by name."""
    ids = (
        select(RegionAttribute.region_id)
        .join(Region, Region.id == RegionAttribute.region_id)
        .where(RegionAttribute.load_id == wanted.id)
        .group_by(RegionAttribute.region_id, Region.code)
        .order_by(Region.code)
        .limit(SHOWN_ROWS)
    )
    rows = session.execute(
        select(Region.code, Region.name, RegionAttribute.name, RegionAttribute.value)
        .join(Region, Region.id == RegionAttribute.region_id)
        .where(RegionAttribute.load_id == wanted.id, RegionAttribute.region_id.in_(ids))
        .order_by(Region.code)
    )
    found: dict[tuple[str, str], dict[str, float]] = {}
    for code, region, name, value in rows:
        found.setdefault((code, region), {})[name] = value
    return [(code, region, numbers) for (code, region), numbers in found.items()]


def region_ids(session: Session, country: str, level: str) -> dict[str, int]:
    """The regions of a level by their code."""
    found = select(Region.code, Region.id).where(Region.country == country, Region.level == level)
    return {row.code: row.id for row in session.execute(found)}


_NEWEST = """
SELECT DISTINCT ON (a.region_id, a.name) a.region_id, a.name, a.value
FROM region_attributes a JOIN attribute_loads l ON l.id = a.load_id
WHERE l.in_use AND a.region_id {which}
ORDER BY a.region_id, a.name, a.load_id DESC
"""
# What a region has no number of is the sum over the regions below it, where each of them has one.
_BELOW = """
WITH below AS (SELECT id, parent_id FROM regions WHERE parent_id = ANY (:parents)), newest AS ({newest})
SELECT below.parent_id, newest.name, sum(newest.value)
FROM below JOIN newest ON newest.region_id = below.id GROUP BY below.parent_id, newest.name
HAVING count(*) = (SELECT count(*) FROM below AS every WHERE every.parent_id = below.parent_id)
"""
_TERRITORIES = """
WITH held AS (SELECT territory_id, region_id FROM territory_regions WHERE territory_id = ANY (:parents)), newest AS ({newest})
SELECT held.territory_id, newest.name, sum(newest.value)
FROM held JOIN newest USING (region_id) GROUP BY held.territory_id, newest.name
HAVING count(*) = (SELECT count(*) FROM held AS every WHERE every.territory_id = held.territory_id)
"""
_COUNTRIES = """
WITH held AS (
  SELECT id, country, level FROM regions WHERE country = ANY (:parents) AND level IN ('country', 'state')
), newest AS ({newest}), sums AS (
  SELECT held.country, held.level, newest.name, sum(newest.value) AS value, count(*) AS n
  FROM held JOIN newest ON newest.region_id = held.id GROUP BY held.country, held.level, newest.name
)
SELECT country, name, value FROM sums
WHERE n = (SELECT count(*) FROM held AS every WHERE every.country = sums.country AND every.level = sums.level)
ORDER BY level = 'country'
"""
_OWN = _NEWEST.format(which="= ANY (:parents)")
_OF_BELOW = _BELOW.format(newest=_NEWEST.format(which="IN (SELECT id FROM below)"))
_OF_TERRITORIES = _TERRITORIES.format(newest=_NEWEST.format(which="IN (SELECT region_id FROM held)"))
_OF_COUNTRIES = _COUNTRIES.format(newest=_NEWEST.format(which="IN (SELECT id FROM held)"))


def of_regions(session: Session, level: str, numbers: Collection[Any]) -> dict[Any, dict[str, float]]:
    """Numbers by name of regions, of territories by their regions, of countries by their word; hexagons have none."""
    found: dict[Any, dict[str, float]] = {}
    statements = {"territory": [_OF_TERRITORIES], "country": [_OF_COUNTRIES]}.get(level, [_OF_BELOW, _OWN])
    if level in HEXAGON_AREAS_KM2 or not numbers or not names_in_use(session):
        return found
    for statement in statements:
        for number, name, value in session.execute(text(statement), {"parents": list(numbers)}):
            found.setdefault(number, {})[name] = value
    return found
