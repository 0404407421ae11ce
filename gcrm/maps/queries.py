"""Reads for maps: tiles of accounts, how far they reach, and sums by region."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from gcrm.core import clock, money
from gcrm.core.errors import Invalid
from gcrm.core.models import Organisation
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.geography import tiles
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.maps.metrics import Metric, is_above, level_named, metric_named
from gcrm.territories.models import Territory, TerritoryRegion

POINTS_FROM_ZOOM = 12
CELL_ZOOMS = 6
"""A tile below has 2^6 by 2^6 cells, each eight screen pixels wide."""
MOST_POINTS = 2_000
"""A tile with more accounts shows cells at every zoom, so that it stays below 450 kB."""
LONGEST_NAME = 48
EXTENT = 4096
MICRODEGREES = 1_000_000
NORTHERNMOST = 85.0511287
"""Where the Web Mercator square ends; `gcrm_grid_key` has the same."""

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


# -- tiles -------------------------------------------------------------------------------------------------------------


def account_tile(session: Session, z: int, x: int, y: int, selection: Selection) -> bytes:
    """One tile of the selected accounts, layer `accounts`: points from zoom 12, below that cells.

    A tile is a range of grid keys and so half-open by nature: every account with a place is in exactly one tile of a
    zoom, and the sum of `n` over them is their number.
    """
    tiles.refuse_absent(z, x, y)
    # The range says how many rows there are, from a handful to all of them, so a plan made for any range is of no use.
    begin = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true), (SELECT currency FROM organisation)")
    currency = session.execute(begin).one()[1]
    inside = [*in_tile(z, x, y), *selection.conditions()]
    worth = _worth(currency)
    features = _points(inside, worth, z, x, y) if _shows_points(session, z, inside) else _cells(inside, worth, z, x, y)
    layer = features.subquery("features")
    tile = select(func.ST_AsMVT(literal_column("features"), "accounts", EXTENT, "geom")).select_from(layer)
    return bytes(session.scalar(tile) or b"")


def in_tile(z: int, x: int, y: int) -> list[ColumnElement[bool]]:
    """The condition that an account lies in a tile."""
    first = func.gcrm_tile_key(cast(z, Integer), cast(x, BigInteger), cast(y, BigInteger))
    return [Account.grid_key >= first, Account.grid_key < first + 4 ** (30 - z)]


def _shows_points(session: Session, z: int, inside: Sequence[ColumnElement[bool]]) -> bool:
    if z < POINTS_FROM_ZOOM:
        return False
    some = select(Account.id).where(*inside).limit(MOST_POINTS + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= MOST_POINTS


def _worth(currency: str | None) -> ColumnElement[int]:
    """An account's annual value in minor units of the organisation's currency; other currencies cannot be added to it."""
    value = func.coalesce(Account.annual_value_minor, 0)
    return case((Account.currency == currency, value), else_=0) if currency else value


def _points(inside: Sequence[ColumnElement[bool]], worth: ColumnElement[int], z: int, x: int, y: int) -> Select[Any]:
    return (
        select(
            _spot(func.ST_X(Account.location), func.ST_Y(Account.location), z, x, y),
            literal_column("1").label("n"),
            cast(worth, BigInteger).label("value"),
            cast(Account.uuid, Text).label("id"),
            func.left(Account.name, LONGEST_NAME).label("name"),
            Account.status,
            Account.tier,
        )
        .where(*inside)
        .order_by(Account.grid_key, Account.id)
    )


def _cells(inside: Sequence[ColumnElement[bool]], worth: ColumnElement[int], z: int, x: int, y: int) -> Select[Any]:
    """Accounts by cell, at their mean position; summed in whole numbers, so that the same rows give the same bytes."""
    bits = 2 * max(0, 30 - z - CELL_ZOOMS)
    rows = (
        select(
            Account.grid_key.op(">>")(literal_column(str(bits))).label("cell"),
            worth.label("worth"),
            Account.status,
            cast(func.round(func.ST_X(Account.location) * MICRODEGREES), Integer).label("lon"),
            cast(func.round(func.ST_Y(Account.location) * MICRODEGREES), Integer).label("lat"),
        )
        .where(*inside)
        # It moves no row, and hides that a cell is made from a key: else the planner expects as many cells as keys, and sorts.
        .offset(literal_column("0"))
        .subquery("rows")
    )
    sums = (
        select(
            rows.c.cell,
            func.count().label("n"),
            cast(func.sum(rows.c.worth), BigInteger).label("value"),
            func.count().filter(rows.c.status == "prospect").label("prospects"),
            func.count().filter(rows.c.status == "customer").label("customers"),
            func.sum(rows.c.lon).label("lon"),
            func.sum(rows.c.lat).label("lat"),
        )
        .group_by(rows.c.cell)
        .subquery("sums")
    )
    share = 1.0 / MICRODEGREES / sums.c.n
    spot = _spot(sums.c.lon * share, sums.c.lat * share, z, x, y)
    return select(spot, sums.c.n, sums.c.value, sums.c.prospects, sums.c.customers).order_by(sums.c.cell)


def _spot(lon: Any, lat: Any, z: int, x: int, y: int) -> ColumnElement[Any]:
    """A position in the tile's own whole units; what rounding takes over an edge is put back on it."""
    latitude = func.radians(func.greatest(-NORTHERNMOST, func.least(NORTHERNMOST, lat)))
    across = (lon + 180) / 360
    down = (1 - func.ln(func.tan(latitude) + 1 / func.cos(latitude)) / func.pi()) / 2
    units = [
        func.greatest(0, func.least(EXTENT - 1, func.floor(share * (2**z * EXTENT) - first * EXTENT)))
        for share, first in ((across, x), (down, y))
    ]
    return func.ST_MakePoint(*units).label("geom")


# -- how far -----------------------------------------------------------------------------------------------------------


def bounds(session: Session, selection: Selection) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the selected accounts; east is beyond 180 where that is the shorter way round."""
    lon, lat = func.ST_X(Account.location), func.ST_Y(Account.location)
    turned = lon + case((lon < 0, 360.0), else_=0.0)
    query = select(
        func.min(lon), func.min(lat), func.max(lon), func.max(lat), func.min(turned), func.max(turned)
    ).where(Account.grid_key.is_not(None))
    west, south, east, north, turned_west, turned_east = session.execute(selection.narrow(query)).one()
    if west is None:
        return None
    if turned_east - turned_west < east - west:
        west, east = turned_west, turned_east
    return west, south, east, north


def spots(session: Session, account_ids: Collection[int]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude by account id, of those that have a place."""
    query = select(Account.id, func.ST_X(Account.location), func.ST_Y(Account.location)).where(
        Account.id.in_(list(account_ids)), Account.location.is_not(None)
    )
    return {number: (lon, lat) for number, lon, lat in session.execute(query)}


def holding(session: Session, region_ids: Collection[int]) -> set[int]:
    """Which of the regions hold an account that the principal sees."""
    if not region_ids:
        return set()
    wanted = func.unnest(list(region_ids)).column_valued("wanted")
    held = or_(*(exists().where(column == wanted) for column in REGION_COLUMNS.values()))
    return set(session.scalars(select(wanted).where(held)))


def accounts_in_tile(
    session: Session, z: int, x: int, y: int, selection: Selection, limit: int
) -> tuple[list[Account], int]:
    """The first accounts of a tile by name, and how many there are."""
    tiles.refuse_absent(z, x, y)
    inside = [*in_tile(z, x, y), *selection.conditions()]
    found = session.scalars(select(Account).where(*inside).order_by(Account.name, Account.id).limit(limit))
    return list(found), session.scalar(select(func.count()).select_from(Account).where(*inside)) or 0


# -- sums by region ----------------------------------------------------------------------------------------------------


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


# -- shapes ------------------------------------------------------------------------------------------------------------


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
        statement = _TERRITORY_SHAPES if stats.level == "territory" else _REGION_SHAPES
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
    else:
        query = select(Region.id).where(Region.level == stats.level, (Region.country + ":" + Region.code).in_(keys))
    return geography.bounds(session, list(session.scalars(query)))


def _key_of(public: Any) -> ColumnElement[str]:
    key: ColumnElement[str] = literal("territory:", Text) + cast(public, Text)
    return key


def _hexagon_shapes(session: Session, stats: RegionStats) -> dict[str, dict[str, Any]]:
    collection = geography.hexagons(session, stats.level, [int(region.code) for region in stats.regions])
    return {feature["id"]: feature["geometry"] for feature in collection["features"]}


def hexagon_shapes(session: Session, stats: RegionStats, most: int) -> dict[str, Any] | None:
    """The hexagons that have figures as GeoJSON; None at other levels, and where they are more than that."""
    if stats.level not in HEXAGON_AREAS_KM2 or len(stats.regions) > most:
        return None
    return geography.hexagons(session, stats.level, [int(region.code) for region in stats.regions])
