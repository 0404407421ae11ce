"""Reads of the OGC API: pages of features, one feature, how many there are, how far they reach.

Rows come in the order of their ids; accounts within a box in the order of the grid's keys, so that a page reads its own
rows only, however many lie in the box, and however the reader's role finds its rows. Comparing keys is leakproof: under a
policy PostGIS's `&&` would use no index.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.core import get_global
from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Numeric,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.functions import Function

from gcrm.core import db, money
from gcrm.core.errors import Malformed, NotFound, Unavailable
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography import tiles
from gcrm.geography.models import Region
from gcrm.geography.tiles import Box
from gcrm.maps import place_queries
from gcrm.maps.ogc import filters as ogc_filters
from gcrm.maps.ogc.collections import ACCOUNTS, REGIONS, TERRITORIES, VISITS, Collection
from gcrm.maps.ogc.crs import WGS84, Crs
from gcrm.maps.ogc.filter_queries import Column, Compiler, Expression, Looked, Make, Measured, Place, Plain, measured
from gcrm.maps.ogc.shapes import Shape
from gcrm.maps.ogc.words import Bounds, Wanted
from gcrm.people.models import User
from gcrm.territories.models import Territory, TerritoryRegion
from gcrm.visits.models import Visit

LONGEST_SECONDS = 20
LONGEST_COUNT_SECONDS = 0.7
"""Counting goes on so long at most; a page without `numberMatched` is better than a late one."""


@dataclass(frozen=True)
class Feature:
    """One row, its geometry as GeoJSON in the wanted system."""

    uuid: uuid.UUID
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


@dataclass(frozen=True)
class Page:
    features: list[Feature]
    following: tuple[int, ...] | None
    """The marker of the next page; None on the last."""
    matched: int | None
    """How many features match in all: on the first page, where counting them is quick."""


@dataclass(frozen=True)
class Source:
    """Where a collection's features are."""

    key: Expression
    uuid: Expression
    columns: Mapping[str, Column]
    place: Place
    grid: Expression | None = None
    """The grid's key, where features have one."""


# -- places ------------------------------------------------------------------------------------------------------------


class AccountPlace(Plain):
    """A point with its key of the grid."""

    def within(self, make: Make, boxes: Sequence[Box]) -> ColumnElement[bool]:
        return and_(or_(*(_in_range(*each) for each in tiles.key_ranges(boxes))), make(self.expression))


def _in_range(first: int, end: int) -> ColumnElement[bool]:
    return and_(Account.grid_key >= first, Account.grid_key < end)


class RegionPlace(Plain):
    """A boundary; regions are no secret, so the spatial index serves everybody."""

    def within(self, make: Make, boxes: Sequence[Box]) -> ColumnElement[bool]:
        return and_(_near(self.expression, boxes), make(self.expression))


def _near(shape: Expression, boxes: Sequence[Box]) -> ColumnElement[bool]:
    return or_(*(shape.op("&&")(func.ST_MakeEnvelope(*box, WGS84)) for box in boxes))


class VisitPlace(Looked):
    """The place of the account that was visited."""

    def within(self, make: Make, boxes: Sequence[Box]) -> ColumnElement[bool]:
        return self.among(AccountPlace(self.found).within(make, boxes))


@cache
def _tree() -> Any:
    """Each territory with itself and every one below it."""
    tree = select(Territory.id.label("above"), Territory.id.label("below")).cte("territory_tree", recursive=True)
    child = aliased(Territory)
    return tree.union_all(select(tree.c.above, child.id).where(child.parent_id == tree.c.below))


class TerritoryPlace:
    """The outlines of a territory's regions, and of those of the territories below it, united."""

    def _regions(self) -> Any:
        """Each territory with the regions that lie in it, however far below."""
        tree = _tree()
        return (
            select(tree.c.above, func.coalesce(Region.outline, Region.boundary).label("outline"))
            .join(TerritoryRegion, TerritoryRegion.territory_id == tree.c.below)
            .join(Region, Region.id == TerritoryRegion.region_id)
            .subquery()
        )

    def value(self) -> Expression:
        pieces = self._regions()
        united = func.ST_Multi(func.ST_Union(pieces.c.outline), type_=Geometry(srid=WGS84))
        return select(united).where(pieces.c.above == Territory.id).scalar_subquery()

    def where(self, make: Make) -> ColumnElement[bool]:
        return make(self.value())

    def missing(self) -> ColumnElement[bool]:
        return Territory.id.not_in(select(self._regions().c.above))

    def within(self, make: Make, boxes: Sequence[Box]) -> ColumnElement[bool]:
        pieces = self._regions()
        # Uniting is slow, so it is done only for those of which a piece lies there: CASE keeps the order.
        near = Territory.id.in_(select(pieces.c.above).where(_near(pieces.c.outline, boxes)))
        return case((near, make(self.value())), else_=False)


# -- sources -----------------------------------------------------------------------------------------------------------


@cache
def _minor_units() -> Expression:
    """How many minor units an account's currency has in one."""
    digits: dict[int, list[str]] = {}
    for code in get_global("all_currencies"):
        digits.setdefault(money.digits(code), []).append(code)
    usual = 2
    others = [(Account.currency.in_(sorted(codes)), 10**places) for places, codes in digits.items() if places != usual]
    return case(*others, else_=10**usual)


def _amount(minor: Expression) -> Plain:
    return Plain(cast(minor, Numeric) / _minor_units())


def _user(here: Expression, found: Expression) -> Looked:
    return Looked(here, User.id, found)


def _region(here: Expression) -> Looked:
    return Looked(here, Region.id, Region.country + ":" + Region.code)


def _plain(model: Any, *names: str) -> dict[str, Column]:
    return {name: Plain(getattr(model, name)) for name in names}


@cache
def _source(name: str) -> Source:
    return {ACCOUNTS.name: _accounts, REGIONS.name: _regions, TERRITORIES.name: _territories, VISITS.name: _visits}[
        name
    ]()


def _accounts() -> Source:
    due = cast(Account.last_visited_on + Account.cadence_days, Date)
    columns = _plain(
        Account, "name", "external_id", "source", "status", "tier", "industry", "street", "city", "region", "postcode",
        "country", "currency", "placed", "cadence_days", "visit_minutes", "last_visited_on", "created_at", "updated_at",
    ) | {
        "annual_value": _amount(Account.annual_value_minor), "potential": _amount(Account.potential_minor),
        "tags": Plain(cast(Account.tags, ARRAY(Text))), "next_due_on": Plain(due),
        "owner": _user(Account.owner_id, User.email), "owner_name": _user(Account.owner_id, User.name),
        "territory": Looked(Account.territory_id, Territory.id, Territory.uuid),
        "territory_name": Looked(Account.territory_id, Territory.id, Territory.name),
        "state": _region(Account.state_id), "county": _region(Account.county_id),
        "municipality": _region(Account.municipality_id),
    }  # fmt: skip
    return Source(Account.id, Account.uuid, columns, AccountPlace(Account.location), Account.grid_key)


def _regions() -> Source:
    above = aliased(Region)
    columns = _plain(Region, "country", "level", "name", "area_km2") | {
        "code": Plain(Region.country + ":" + Region.code),
        "parent": Looked(Region.parent_id, above.id, above.country + ":" + above.code),
        "loaded_at": Plain(Region.created_at),
    }
    return Source(Region.id, Region.uuid, columns, RegionPlace(Region.boundary))


def _territories() -> Source:
    above = aliased(Territory)
    columns = _plain(Territory, "name", "created_at", "updated_at") | {
        "parent": Looked(Territory.parent_id, above.id, above.name),
        "owner": _user(Territory.owner_id, User.email), "owner_name": _user(Territory.owner_id, User.name),
    }  # fmt: skip
    return Source(Territory.id, Territory.uuid, columns, TerritoryPlace())


def _visits() -> Source:
    columns = _plain(
        Visit, "status", "outcome", "starts_at", "minutes", "arrived_at", "finished_at", "next_step_on", "created_at",
        "updated_at",
    ) | {
        "at": Plain(func.coalesce(Visit.finished_at, Visit.arrived_at, Visit.starts_at)),
        "account": Looked(Visit.account_id, Account.id, Account.uuid, is_large=True),
        "account_name": Looked(Visit.account_id, Account.id, Account.name, is_large=True),
        "user": _user(Visit.user_id, User.email), "user_name": _user(Visit.user_id, User.name),
    }  # fmt: skip
    return Source(
        Visit.id, Visit.uuid, columns, VisitPlace(Visit.account_id, Account.id, Account.location, is_large=True)
    )


# -- pages -------------------------------------------------------------------------------------------------------------


def features_page(session: Session, collection: Collection, wanted: Wanted) -> Page:
    """One page of the features that are wanted, and how many there are where that is known soon enough."""
    source = _source(collection.name)
    try:
        _begin(session)
        bounded = _bounded(session, wanted.bounds, collection.shape == "Point") if wanted.bounds else None
        conditions = _conditions(session, source, collection, wanted)
        marks = _marks(session, source, wanted, conditions, bounded)
        features = _features(session, source, [mark[-1] for mark in marks[: wanted.limit]], wanted.crs)
        following = tuple(marks[wanted.limit - 1]) if len(marks) > wanted.limit else None
        return Page(features, following, _matched(session, source, wanted, conditions, bounded, len(marks)))
    except OperationalError as error:
        raise _too_slow(error) from error
    except DataError as error:
        raise Malformed("A value in the filter is out of range for what it is compared with.") from error


def _begin(session: Session, seconds: float = LONGEST_SECONDS) -> None:
    """A box says how many rows there are, so a plan made for any box is of no use; and nobody waits for ever."""
    session.execute(
        text(
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),"
            " set_config('statement_timeout', :milliseconds, true)"
        ),
        {"milliseconds": str(int(seconds * 1000))},
    )


def _too_slow(error: OperationalError) -> Exception:
    if getattr(error.orig, "sqlstate", None) != "57014":
        return error
    return Unavailable(
        f"This took longer than {LONGEST_SECONDS} seconds and was given up. Narrow it with a bbox or a filter."
    )


@dataclass(frozen=True)
class _Bounded:
    """A bbox as a condition on a shape, and the boxes in degrees outside of which nothing fulfils it."""

    make: Make
    boxes: tuple[Box, ...]


def _bounded(session: Session, bounds: Bounds, of_points: bool) -> _Bounded:
    crs = bounds.crs
    if crs.srid == WGS84:
        boxes = tuple(bounds.boxes)
        if of_points:
            # Plain numbers: the planner would take ST_Intersects for a reason to fetch all that lies in the box and sort it.
            return _Bounded(lambda point: or_(*(_point_in(point, box) for box in boxes)), boxes)
        envelopes = [_envelope(box, WGS84) for box in boxes]
        return _Bounded(lambda shape: or_(*(func.ST_Intersects(shape, each) for each in envelopes)), boxes)
    pieces = bounds.boxes if crs.is_geographic else [(bounds.west, bounds.south, bounds.east, bounds.north)]
    found = [measured(session, _rectangle(piece, crs), "bbox") for piece in pieces]
    # Whether it lies within is asked in the bbox's own system; degrees only say where to look.
    envelopes = [_envelope(piece, crs.srid) for piece in pieces]
    return _Bounded(
        lambda shape: or_(*(func.ST_Intersects(_turned(shape, crs), each) for each in envelopes)),
        tuple(_roomy(box) for each in found for box in each.boxes),
    )


def _point_in(point: Expression, box: Box) -> ColumnElement[bool]:
    west, south, east, north = box
    return and_(func.ST_X(point).between(west, east), func.ST_Y(point).between(south, north))


def _envelope(box: Box, srid: int) -> Expression:
    """The box as a shape: where it has no width it is a line, and where it has no height either a point."""
    west, south, east, north = box
    if west < east and south < north:
        return func.ST_MakeEnvelope(*box, srid)
    corner = func.ST_MakePoint(west, south)
    if west == east and south == north:
        return func.ST_SetSRID(corner, srid)
    return func.ST_SetSRID(func.ST_MakeLine(corner, func.ST_MakePoint(east, north)), srid)


def _rectangle(piece: Box, crs: Crs) -> Shape:
    west, south, east, north = piece
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    if west == east or south == north:
        return Shape(json.dumps({"type": "LineString", "coordinates": [ring[0], ring[2]]}), crs, piece)
    return Shape(json.dumps({"type": "Polygon", "coordinates": [ring]}), crs, piece)


def _roomy(box: Box) -> Box:
    """A little more than the box: its edges in another system bulge between the points that were looked at."""
    west, south, east, north = box
    across, down = (east - west) * 0.02 + 1e-4, (north - south) * 0.02 + 1e-4
    return max(-180.0, west - across), max(-90.0, south - down), min(180.0, east + across), min(90.0, north + down)


def _conditions(session: Session, source: Source, collection: Collection, wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = [*wanted.equal, *([wanted.filter] if wanted.filter else [])]
    shapes: dict[Shape, Measured] = {
        shape: measured(session, shape) for node in asked for shape in ogc_filters.shapes_of(node)
    }
    columns = {name: each.known(session) if isinstance(each, Looked) else each for name, each in source.columns.items()}
    compiler = Compiler(columns, source.place, shapes)
    conditions = [compiler.condition(node) for node in asked]
    if wanted.during is not None:
        start, end = wanted.during
        at = source.columns[collection.time].value()
        conditions += [at.is_not(None), *([at >= start] if start else []), *([at <= end] if end else [])]
    return conditions


def _marks(
    session: Session, source: Source, wanted: Wanted, conditions: list[ColumnElement[bool]], bounded: _Bounded | None
) -> Sequence[Any]:
    """The keys of a page's rows, and of one more if there is one."""
    most = wanted.limit + 1
    by_grid = bounded is not None and source.grid is not None
    if wanted.after is not None and len(wanted.after) != (2 if by_grid else 1):
        raise Malformed("“after” is a marker of another list. Follow the link “next”.")
    if by_grid and bounded is not None:
        return session.execute(_by_grid(source, wanted, conditions, bounded, most)).all()
    inside = [source.place.within(bounded.make, bounded.boxes)] if bounded else []
    later = [source.key > wanted.after[0]] if wanted.after else []
    found = select(source.key).where(*later, *inside, *conditions).order_by(source.key).limit(most)
    return session.execute(found).all()


def _by_grid(
    source: Source, wanted: Wanted, conditions: list[ColumnElement[bool]], bounded: _Bounded, most: int
) -> Any:
    """Each range of keys in its order, and of those the first; PostgreSQL reads them side by side and stops."""
    cell, number = wanted.after or (-1, -1)
    grid = source.grid
    assert grid is not None
    inside = bounded.make(source.place.value())
    ranges = [(first, end) for first, end in tiles.key_ranges(bounded.boxes) if end > cell] or [(0, 0)]
    parts = [
        select(grid.label("cell"), source.key.label("number"))
        .where(
            grid >= max(first, cell), grid < end, *([tuple_(grid, source.key) > tuple_(cell, number)] if first <= cell else []),
            inside, *conditions,
        )
        .order_by(grid, source.key)
        .limit(most)
        for first, end in ranges
    ]  # fmt: skip
    together = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(together.c.cell, together.c.number).order_by(together.c.cell, together.c.number).limit(most)


def _matched(
    session: Session, source: Source, wanted: Wanted, conditions: list[ColumnElement[bool]], bounded: _Bounded | None,
    found: int,
) -> int | None:  # fmt: skip
    """How many there are; unknown on later pages, and where counting takes too long."""
    if wanted.after is not None:
        return None
    if found <= wanted.limit:
        return found
    inside = [source.place.within(bounded.make, bounded.boxes)] if bounded else []
    try:
        with session.begin_nested():
            _begin(session, LONGEST_COUNT_SECONDS)
            counted: int | None = session.scalar(
                select(func.count()).select_from(source.key.class_).where(*inside, *conditions)
            )
            return counted
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "57014":
            raise
        return None


# -- features ----------------------------------------------------------------------------------------------------------


def feature(session: Session, collection: Collection, public: uuid.UUID, crs: Crs) -> Feature:
    """The feature with an id, in a system of reference."""
    _begin(session)
    source = _source(collection.name)
    number = session.scalar(select(source.key).where(source.uuid == public))
    found = _features(session, source, [number], crs) if number is not None else []
    if not found:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found[0]


def _features(session: Session, source: Source, numbers: Sequence[int], crs: Crs) -> list[Feature]:
    """The rows with these keys, in their order."""
    if not numbers:
        return []
    names = list(source.columns)
    wanted = any_(cast(literal(list(numbers), ARRAY(BigInteger)), ARRAY(BigInteger)))
    # The shape is made once, then turned: a territory's is the union of many.
    values = (source.columns[name].value().label(f"property_{name}") for name in names)
    shaped = select(
        source.key.label("number"), source.uuid.label("public"), source.place.value().label("shape"), *values
    )
    made = shaped.where(source.key == wanted).cte("made").prefix_with("MATERIALIZED")
    rows = session.execute(
        select(
            made.c.number, made.c.public, _geojson(made.c.shape, crs), *(made.c[f"property_{name}"] for name in names)
        )
    )
    by_number = {
        number: Feature(public, json.loads(shape) if shape else None, dict(zip(names, values, strict=True)))
        for number, public, shape, *values in rows
    }
    return [by_number[number] for number in numbers if number in by_number]


def _geojson(shape: Expression, crs: Crs) -> Expression:
    turned = _turned(shape, crs)
    if crs.is_northing_first:
        turned = func.ST_FlipCoordinates(turned)
    # GeoAlchemy's own function of this name takes a subquery for a whole feature.
    return Function("ST_AsGeoJSON", turned, crs.decimals, 0, type_=Text)


def _turned(shape: Expression, crs: Crs) -> Expression:
    """The shape in a system; what lies where the system has no answer is cut off."""
    if crs.srid == WGS84:
        return shape
    if crs.domain is not None:
        window = cast(literal(_window(*crs.domain), Text), Geometry(srid=WGS84, spatial_index=False))
        left = func.ST_Intersection(shape, window)
        kept = case((func.ST_CoveredBy(shape, window), shape), (func.ST_IsEmpty(left), None), else_=left)
        return func.ST_Transform(kept, crs.srid)
    return func.ST_Transform(shape, crs.srid)


def _window(west: float, east: float) -> str:
    """The part of the globe between two meridians, as EWKT of one or two rectangles."""
    spans = [(max(west, -180.0), min(east, 180.0))]
    spans += [(west + 360.0, 180.0)] if west < -180 else []
    spans += [(-180.0, east - 360.0)] if east > 180 else []
    rings = ", ".join(f"(({w} -90, {e} -90, {e} 90, {w} 90, {w} -90))" for w, e in spans)
    return f"SRID={WGS84};MULTIPOLYGON({rings})"


# -- extents -----------------------------------------------------------------------------------------------------------

_CELL_ZOOM = 7
"""Of 128 by 128 cells a country takes a few hundred, which the index of keys names in as many steps."""
_CELLS = """
WITH RECURSIVE cells AS (
  SELECT min(grid_key) >> :bits AS cell FROM accounts
  UNION ALL
  SELECT (SELECT min(grid_key) >> :bits FROM accounts WHERE grid_key >= (cell + 1) << :bits) FROM cells WHERE cell IS NOT NULL
)
SELECT cell FROM cells WHERE cell IS NOT NULL
"""


def extent(session: Session, collection: Collection) -> Box | None:
    """How far the features reach at most; west of more than east where that is astride the antimeridian.

    Who sees everything is told by cells of the grid, which is quick and a little too far; others by their own accounts.
    """
    if collection not in (ACCOUNTS, VISITS):
        return _reach_of_regions(session)
    if db.is_scoped(session):
        return _turned_back(place_queries.bounds(session, Selection()))
    cells = session.scalars(text(_CELLS), {"bits": 2 * (tiles.KEY_BITS - _CELL_ZOOM)}).all()
    return tiles.reach(_CELL_ZOOM, cells) if cells else None


def _turned_back(found: Box | None) -> Box | None:
    if found is None:
        return None
    west, south, east, north = found
    return west, south, east - 360 if east > 180 else east, north


def _reach_of_regions(session: Session) -> Box | None:
    corners = (
        edge(func.ST_Extent(Region.outline)) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    )
    west, south, east, north = session.execute(select(*corners)).one()
    return None if west is None else (west, south, east, north)
