"""Sums by region, from the ids that are written with every account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    cast,
    exists,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from gcrm.core import clock, money
from gcrm.core.errors import Invalid
from gcrm.core.models import Organisation
from gcrm.customers import sum_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.maps.metrics import Metric, is_above, level_named, metric_named
from gcrm.territories.models import Territory, TerritoryRegion

REGION_COLUMNS: dict[str, InstrumentedAttribute[int | None]] = {
    "state": Account.state_id,
    "county": Account.county_id,
    "municipality": Account.municipality_id,
}
HEXAGON_COLUMNS: dict[str, InstrumentedAttribute[int | None]] = {
    "hex10": Account.hex10,
    "hex100": Account.hex100,
    "hex1000": Account.hex1000,
}


@dataclass(frozen=True)
class RegionFigure:
    """One region's figure. `country` and `code` with a colon between them are the word of a selection."""

    country: str
    """For a hexagon its level, for a territory the word `territory`."""
    code: str
    name: str
    area_km2: float | None
    count: int
    value: float | None

    @property
    def key(self) -> str:
        return f"{self.country}:{self.code}"


@dataclass(frozen=True)
class RegionStats:
    """A metric by region. The counts of the regions and `outside` add up to `total`."""

    level: str
    metric: str
    unit: str
    currency: str
    as_of: dt.datetime
    total: int
    outside: int
    """How many lie in no region of the level, those without a place among them."""
    unplaced: int
    """How many have no place at all."""
    other_currencies: int
    """How many amounts are in another currency than the unit, and so in no sum."""
    total_value: float | None
    """The figure of everything together; None for a density."""
    outside_value: float | None
    regions: list[RegionFigure]


@dataclass(frozen=True)
class _Sum:
    count: int = 0
    amount_minor: int = 0
    unplaced: int = 0
    other_currencies: int = 0
    somewhere: int | None = None
    """A region that the accounts lie in, to name a hexagon by."""


def region_stats(
    session: Session, level: str, metric: str, selection: Selection, parent: Region | None = None
) -> RegionStats:
    """A metric by region, from the ids that are written with every account.

    With a parent only its accounts count, and regions without any are there with 0; otherwise only regions that have some
    are named.
    """
    shown = metric_named(metric)
    column = _group_column(level_named(level))
    if parent is not None:
        _refuse_parent(level, parent)
    organisation = session.get(Organisation, 1)
    currency = organisation.currency if organisation else ""
    narrowed = [*selection.conditions(), *(_inside(parent) if parent else ())]
    sums = _kept_sums(session, level, shown, selection, parent) if currency else None
    if sums is None:
        sums = _sums(session, column, shown, currency, narrowed)
    outside = sums.pop(None, _Sum())
    everything = [*sums.values(), outside]
    total = sum(each.count for each in everything)
    units = 10 ** money.digits(currency) if currency else 1

    def whole(count: int, amount_minor: int) -> float | None:
        return None if shown.is_density else shown.value(count, amount_minor / units, None)

    return RegionStats(
        level=level,
        metric=metric,
        unit=shown.unit(currency),
        currency=currency,
        as_of=clock.now(),
        total=total,
        outside=outside.count,
        unplaced=sum(each.unplaced for each in everything),
        other_currencies=sum(each.other_currencies for each in everything),
        total_value=whole(total, sum(each.amount_minor for each in everything)),
        outside_value=whole(outside.count, outside.amount_minor),
        regions=_figures(session, level, shown, sums, units, parent),
    )


def _group_column(level: str) -> Any:
    if level == "territory":
        return Account.territory_id
    return {**REGION_COLUMNS, **HEXAGON_COLUMNS}[level]


def _refuse_parent(level: str, parent: Region) -> None:
    if not is_above(parent.level, level):
        raise Invalid(f"{parent.name} is a {parent.level}: it has no regions of the level “{level}” below it.")


def _inside(parent: Region) -> list[ColumnElement[bool]]:
    if parent.level == "country":
        return [Account.state_id.in_(select(Region.id).where(Region.parent_id == parent.id))]
    return [REGION_COLUMNS[parent.level] == parent.id]


def _amount(word: str) -> Any:
    value = Account.annual_value_minor
    return {
        "value": value,
        "potential": Account.potential_minor,
        "white_space": Account.potential_minor - func.coalesce(value, 0),
    }[word]


def _kept_sums(
    session: Session, level: str, metric: Metric, selection: Selection, parent: Region | None
) -> dict[int | None, _Sum] | None:
    """The sums that the database keeps; None where it keeps none for this level and selection."""
    if parent is not None or level not in sum_queries.LEVELS:
        return None
    part = sum_queries.part_of(session, selection)
    if part is None:
        return None
    foreign = {"value": "foreign_values", None: None}.get(metric.amount, "foreign_potentials")
    amounts = [name for name in (metric.amount, foreign) if name]
    found = sum_queries.by_region(session, part, level, amounts)

    def count(each: sum_queries.Total) -> int:
        return {"prospect": each.prospects, "customer": each.customers}.get(metric.status or "", each.n)

    def told(all_of: Sequence[sum_queries.Total], unplaced: int = 0) -> _Sum:
        amount = sum(getattr(each, metric.amount) for each in all_of) if metric.amount else 0
        others = sum(getattr(each, foreign) for each in all_of) if foreign else 0
        return _Sum(sum(map(count, all_of)), amount, unplaced, others)

    sums: dict[int | None, _Sum] = {region: told([each]) for region, each in found.items() if region > 0}
    nowhere = [each for region, each in found.items() if region <= 0]
    if nowhere:
        sums[None] = told(nowhere, count(found.get(sum_queries.UNPLACED, sum_queries.Total())))
    return sums


def _sums(
    session: Session, column: Any, metric: Metric, currency: str, narrowed: Sequence[ColumnElement[bool]]
) -> dict[int | None, _Sum]:
    """Count and sum by region id; None is what lies in no region."""
    counted = Account.status == metric.status if metric.status else Account.id.is_not(None)
    amount = _amount(metric.amount) if metric.amount else literal_column("NULL::bigint")
    foreign = Account.currency != currency if currency else literal_column("false")
    is_hexagon = any(column is hexagons for hexagons in HEXAGON_COLUMNS.values())
    finest = func.coalesce(*(func.max(REGION_COLUMNS[level]) for level in ("municipality", "county", "state")))
    rows = session.execute(
        select(
            column,
            func.count().filter(counted),
            func.coalesce(func.sum(amount).filter(not_(foreign)), 0),
            func.count().filter(counted, Account.grid_key.is_(None)),
            func.count(amount).filter(foreign),
            finest if is_hexagon else literal_column("NULL::int"),
        )
        .where(*narrowed)
        .group_by(column)
    )
    return {row[0]: _Sum(row[1], int(row[2]), *row[3:]) for row in rows}


def _figures(
    session: Session, level: str, metric: Metric, sums: Mapping[int | None, _Sum], units: int, parent: Region | None
) -> list[RegionFigure]:
    nothing = _Sum()

    def figure(number: int, country: str, code: str, name: str, area_km2: float | None) -> RegionFigure:
        found = sums.get(number, nothing)
        value = metric.value(found.count, found.amount_minor / units, area_km2)
        return RegionFigure(country, code, name, area_km2, found.count, value)

    numbers = [number for number in sums if number is not None]
    if level in HEXAGON_AREAS_KM2:
        rows = _hexagons(session, level, {number: sums[number].somewhere for number in sorted(numbers)})
    elif level == "territory":
        rows = _territories(session, numbers)
    else:
        rows = _regions(session, level, numbers, parent)
    return [figure(*row) for row in rows]


def _hexagons(session: Session, level: str, somewhere: Mapping[int, int | None]) -> Sequence[Any]:
    """Hexagons have no names of their own: each is called by a region that its accounts lie in."""
    ids = {region for region in somewhere.values() if region is not None}
    rows = session.execute(select(Region.id, Region.name).where(Region.id == func.any(list(ids))))
    names = {row.id: row.name for row in rows}
    area = float(HEXAGON_AREAS_KM2[level])
    return [
        (number, level, str(number), names.get(region or 0, str(number)), area) for number, region in somewhere.items()
    ]


def _regions(session: Session, level: str, numbers: Sequence[int], parent: Region | None) -> Sequence[Any]:
    query = (
        select(Region.id, Region.country, Region.code, Region.name, Region.area_km2)
        .where(Region.level == level)
        .order_by(Region.country, Region.code)
    )
    if parent is None:
        return session.execute(query.where(Region.id == func.any(list(numbers)))).all()
    below = select(Region.id).where(Region.parent_id == parent.id).cte("below", recursive=True)
    below = below.union(select(Region.id).where(Region.parent_id == below.c.id))
    return session.execute(query.where(Region.id.in_(select(below.c.id)))).all()


def _territories(session: Session, numbers: Sequence[int]) -> Sequence[Any]:
    area = (
        select(func.sum(Region.area_km2))
        .join(TerritoryRegion, TerritoryRegion.region_id == Region.id)
        .where(TerritoryRegion.territory_id == Territory.id)
        .scalar_subquery()
    )
    return session.execute(
        select(Territory.id, literal_column("'territory'"), cast(Territory.uuid, Text), Territory.name, area)
        .where(Territory.id == func.any(list(numbers)))
        .order_by(Territory.name, Territory.id)
    ).all()


def has_territories(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(Territory.id.is_not(None)))))


def path_to(session: Session, region: Region) -> list[Region]:
    """The regions from the state down to this one."""
    path = [region]
    while path[0].parent_id is not None:
        above = session.get_one(Region, path[0].parent_id)
        if above.level == "country":
            break
        path.insert(0, above)
    return path
