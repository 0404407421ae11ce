"""Sums by region, from the ids that are written with every account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from flask_babel import get_locale
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from gcrm.core import clock, money
from gcrm.core.errors import Invalid
from gcrm.core.models import Organisation
from gcrm.customers import sum_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography import attribute_queries
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.maps.figure_queries import Measure, measure
from gcrm.maps.metrics import PER_AREA, PER_HEADS, RELIABLE_FROM, Metric, is_above, level_named, metric_named
from gcrm.maps.periods import Period, months_to
from gcrm.people import queries as people
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
NAMED_ONE_BY_ONE = 300
"""Of more regions the whole level is read: an index lists it, and so many ids would cost more than they spare."""
POSTCODES = aliased(Region, name="postcodes")
"""Accounts keep no postcode's id: they are joined to it by their address."""


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
    is_reliable: bool = True
    """False for a share of too few cases to say much."""
    attributes: Mapping[str, float] = field(default_factory=dict)
    """What is known of the region itself, as its inhabitants."""

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
    """The figure of everything together; None where it is divided by something of the regions."""
    outside_value: float | None
    regions: list[RegionFigure]
    per: str = ""
    """What each region's figure is divided by: `km2`, or the name of an attribute."""
    period: Period | None = None
    """The days that a timed figure is about."""


@dataclass(frozen=True)
class _Sum:
    count: int = 0
    amount: int = 0
    base: int = 0
    unplaced: int = 0
    other_currencies: int = 0
    somewhere: int | None = None
    """A region that the accounts lie in, to name a hexagon by."""

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(
            self.count + other.count, self.amount + other.amount, self.base + other.base,
            self.unplaced + other.unplaced, self.other_currencies + other.other_currencies,
            self.somewhere or other.somewhere,
        )  # fmt: skip


@dataclass(frozen=True)
class _Named:
    """A region that may get a figure: the id that its sums are found by, and what it is called."""

    number: Any
    country: str
    code: str
    name: str
    area_km2: float | None


def region_stats(
    session: Session, level: str, metric: str, selection: Selection, parent: Region | None = None, per: str = "",
    period: Period | None = None,
) -> RegionStats:  # fmt: skip
    """A metric by region, from the ids that are written with every account.

    With a parent only its accounts count, and regions without any are there with 0; otherwise only regions that have some
    are named. A timed metric is of the period, by default of its months up to today; others are as of now.
    """
    shown = metric_named(metric)
    column = _group_column(level_named(level))
    if parent is not None:
        _refuse_parent(level, parent)
    organisation = session.get(Organisation, 1)
    currency = organisation.currency if organisation else ""
    narrowed = [*selection.conditions(), *(_inside(parent) if parent else ())]
    divisor = shown.per(per)
    _refuse_unknown_divisor(session, divisor)
    kept = _kept_sums(session, level, shown, selection) if parent is None and currency else None
    sums: dict[Any, _Sum] = dict(_sums(session, column, shown, currency, narrowed, period) if kept is None else kept)
    if level == "country":
        sums = _by_country(session, sums)
    outside = sums.pop(None, _Sum())
    everything = sum(sums.values(), outside)
    units = 10 ** money.digits(currency) if currency and shown.is_money else 1

    def figure(found: _Sum, divided_by: float | None = 1.0) -> float | None:
        return shown.value(found.count, found.amount / units, found.base / units, divided_by)

    return RegionStats(
        level=level,
        metric=metric,
        unit=shown.unit(currency, per),
        currency=currency,
        as_of=clock.now(),
        total=everything.count,
        outside=outside.count,
        unplaced=everything.unplaced,
        other_currencies=everything.other_currencies,
        total_value=None if divisor else figure(everything),
        outside_value=None if divisor else figure(outside),
        regions=_figures(session, level, shown, sums, figure, divisor, parent),
        per=divisor,
        period=(period or months_to(people.today(session), shown.months)) if shown.is_timed else None,
    )


def _group_column(level: str) -> Any:
    if level == "territory":
        return Account.territory_id
    if level == "postcode":
        return POSTCODES.id
    # Accounts keep no country's id: countries are made of the sums of their states.
    return {**REGION_COLUMNS, **HEXAGON_COLUMNS, "country": Account.state_id}[level]


def _refuse_parent(level: str, parent: Region) -> None:
    if not is_above(parent.level, level):
        raise Invalid(f"{parent.name} is a {parent.level}: it has no regions of the level “{level}” below it.")


def _refuse_unknown_divisor(session: Session, divisor: str) -> None:
    if divisor in ("", PER_AREA):
        return
    known = [PER_AREA, *attribute_queries.names_in_use(session)]
    if divisor not in known:
        raise Invalid(f"“{divisor[:40]}” is nothing that figures are taken per. It is one of {', '.join(known)}.")


def _inside(parent: Region) -> list[ColumnElement[bool]]:
    if parent.level == "country":
        return [Account.state_id.in_(_states_of(parent.country))]
    return [REGION_COLUMNS[parent.level] == parent.id]


def _states_of(country: str) -> Select[Any]:
    return select(Region.id).where(Region.level == "state", Region.country == country)


KEPT_AMOUNTS: dict[str | None, tuple[str, ...]] = {None: (), "value": ("value", "foreign_values"), "potential": ("potential", "foreign_potentials"),
                "white_space": ("white_space", "foreign_potentials")}  # fmt: skip
"""Amounts that the database sums ahead, each with the number of those in other currencies."""


def _kept_sums(session: Session, level: str, metric: Metric, selection: Selection) -> dict[int | None, _Sum] | None:
    """The sums that the database keeps; None where it keeps none for this figure, level and selection."""
    level = "state" if level == "country" else level
    is_kept = metric.of == "accounts" and metric.base is None and metric.amount in KEPT_AMOUNTS
    part = sum_queries.part_of(session, selection) if is_kept and level in sum_queries.LEVELS else None
    if part is None:
        return None
    amounts = KEPT_AMOUNTS[metric.amount]
    counted = {"prospect": "prospects", "customer": "customers"}.get(metric.status or "", "n")
    found = sum_queries.by_region(session, part, level, (*amounts, *({counted} - {"n"})))

    def told(each: sum_queries.Total, is_unplaced: bool = False) -> _Sum:
        count = getattr(each, counted)
        amount, others = (getattr(each, name) for name in amounts) if amounts else (0, 0)
        return _Sum(count, amount, unplaced=count if is_unplaced else 0, other_currencies=others)

    sums: dict[int | None, _Sum] = {region: told(each) for region, each in found.items() if region > 0}
    for region, each in found.items():
        if region <= 0:
            sums[None] = sums.get(None, _Sum()) + told(each, region == sum_queries.UNPLACED)
    return sums


def _sums(
    session: Session, column: Any, metric: Metric, currency: str, narrowed: Sequence[ColumnElement[bool]],
    period: Period | None = None,
) -> dict[int | None, _Sum]:  # fmt: skip
    """Count and sum by region id; None is what lies in no region."""
    is_hexagon = any(column is hexagons for hexagons in HEXAGON_COLUMNS.values())
    finest = func.coalesce(*(func.max(REGION_COLUMNS[level]) for level in ("municipality", "county", "state")))
    somewhere = finest if is_hexagon else literal_column("NULL::int")
    queries = [
        _grouped(part, column, somewhere).where(*part.conditions, *narrowed)
        for part in measure(session, metric, currency, period).parts
    ]
    rows: Sequence[Any] = session.execute(union_all(*queries) if len(queries) > 1 else queries[0]).all()
    sums: dict[int | None, _Sum] = {}
    for row in rows:
        sums[row[0]] = sums.get(row[0], _Sum()) + _Sum(row[1], int(row[2]), int(row[3]), *row[4:])
    return sums


def _grouped(wanted: Measure, column: Any, somewhere: Any) -> Select[Any]:
    """One part of a figure by region; `somewhere` is a region of each group."""
    query = wanted.joined(
        select(
            column,
            wanted.count.label("count"),
            wanted.amount.label("amount"),
            wanted.base.label("base"),
            wanted.unplaced.label("unplaced"),
            wanted.other_currencies.label("other_currencies"),
            somewhere,
        )
    )
    if column is POSTCODES.id:
        query = query.outerjoin(POSTCODES, _lies_in_postcode())
    return query.group_by(column)


def _lies_in_postcode() -> ColumnElement[bool]:
    """An account is in the postcode that its address names; what follows a hyphen, as in 17101-1234, is finer."""
    return and_(
        POSTCODES.level == "postcode",
        POSTCODES.country == Account.country,
        POSTCODES.code == func.split_part(Account.postcode, "-", 1),
    )


def _by_country(session: Session, sums: Mapping[Any, _Sum]) -> dict[Any, _Sum]:
    """The sums of states put together, by the word of their country."""
    states = select(Region.id, Region.country).where(Region.id == func.any([key for key in sums if key is not None]))
    countries = {row.id: row.country for row in session.execute(states)}
    found: dict[Any, _Sum] = {}
    for number, each in sums.items():
        country = countries.get(number)
        found[country] = found.get(country, _Sum()) + each
    return found


def _figures(
    session: Session, level: str, metric: Metric, sums: Mapping[Any, _Sum],
    figure: Callable[[_Sum, float | None], float | None], per: str, parent: Region | None,
) -> list[RegionFigure]:  # fmt: skip
    nothing = _Sum()
    named = _named(session, level, sums, parent)
    attributes = attribute_queries.of_regions(session, level, [each.number for each in named])

    def made(region: _Named) -> RegionFigure:
        found, known = sums.get(region.number, nothing), attributes.get(region.number, {})
        divisor = {"": 1.0, PER_AREA: region.area_km2}[per] if per in ("", PER_AREA) else _heads(known.get(per))
        is_reliable = not metric.is_share or found.count >= RELIABLE_FROM
        return RegionFigure(
            region.country, region.code, region.name, region.area_km2, found.count, figure(found, divisor), is_reliable,
            known,
        )  # fmt: skip

    return [made(region) for region in named]


def _heads(number: float | None) -> float | None:
    return number / PER_HEADS if number and number > 0 else None


def _named(session: Session, level: str, sums: Mapping[Any, _Sum], parent: Region | None) -> list[_Named]:
    numbers = [number for number in sums if number is not None]
    if level in HEXAGON_AREAS_KM2:
        rows = _hexagons(session, level, {number: sums[number].somewhere for number in sorted(numbers)})
    elif level == "territory":
        rows = _territories(session, numbers)
    elif level == "country":
        rows = _countries(session, numbers)
    else:
        rows = _regions(session, level, numbers, parent)
    return [_Named(*row) for row in rows]


def _countries(session: Session, countries: Sequence[str]) -> Sequence[Any]:
    """Countries by what their own region says, and where none is loaded by their word and their states' area."""
    area = func.sum(Region.area_km2)
    states = select(Region.country, area).where(Region.level == "state").group_by(Region.country)
    areas: dict[str, float] = {row[0]: row[1] for row in session.execute(states)}
    loaded = session.scalars(
        select(Region).where(Region.level == "country", Region.country == func.any(list(countries)))
    )
    own = {region.country: region for region in loaded}
    names = Locale.parse(get_locale() or "en").territories

    def row(word: str) -> tuple[Any, ...]:
        region = own.get(word)
        if region is not None:
            return word, word, region.code, region.name, region.area_km2
        return word, word, word, names.get(word.upper(), word.upper()), areas.get(word)

    return [row(word) for word in sorted(countries)]


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
        if len(numbers) < NAMED_ONE_BY_ONE:
            query = query.where(Region.id == func.any(list(numbers)))
        wanted = set(numbers)
        return [row for row in session.execute(query) if row.id in wanted]
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
