"""Reads of saved areas, and the conditions of the selection's words `area` and `near`."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import ColumnElement, and_, cast, func, or_, select, text
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.geo import ewkt
from gcrm.customers import shapes
from gcrm.customers.covers import Cover, Range, cover, tile_range
from gcrm.customers.models import Account, Area
from gcrm.customers.near import covering_tiles
from gcrm.customers.selecting import Selection

MOST_LISTED = 100
ID_LENGTH = 36


def area_condition(values: tuple[str, ...]) -> ColumnElement[bool]:
    """Inside any of the areas: each an encoded polyline, or the id of a saved one."""
    shape, ranges = _united(tuple(_binary(value) for value in values))
    inside: ColumnElement[bool] = func.ST_Covers(func.ST_GeomFromWKB(shape, 4326), Account.location)
    return _within(ranges, inside)


def near_condition(values: tuple[str, ...]) -> ColumnElement[bool]:
    """Within so many metres of a point, measured on the spheroid."""
    around = shapes.circle(values[0])
    point = cast(func.ST_GeomFromEWKT(ewkt(around.lon, around.lat)), Geography)
    inside: ColumnElement[bool] = func.ST_DWithin(cast(Account.location, Geography), point, around.metres)
    return _within(_ranges_round(around), inside)


def _within(found: Cover, exactly: ColumnElement[bool]) -> ColumnElement[bool]:
    """The key lies in a range, which an index answers; only on the shape's edge the exact test is asked."""
    if not found.all:
        return and_(Account.grid_key.is_(None), Account.grid_key.is_not(None))
    # The hull of the ranges is what the index of owner and key is entered with, owner by owner, for a scoped person.
    hull = ((found.all[0][0], found.all[-1][1]),)
    return and_(_among(hull), _among(found.all), or_(_among(found.inside), exactly) if found.inside else exactly)


def _among(ranges: tuple[Range, ...]) -> ColumnElement[bool]:
    return or_(*(and_(Account.grid_key >= first, Account.grid_key < behind) for first, behind in ranges))


@lru_cache(maxsize=256)
def _ranges_round(around: shapes.Circle) -> Cover:
    outer = shapes.round_of(around, shapes.CIRCLE_SLACK)
    inner = shapes.round_of(around, 1 / shapes.CIRCLE_SLACK)
    if outer is not None and inner is not None:
        return cover(outer, inner)
    tiles = covering_tiles(around.lon, around.lat, around.metres)
    return Cover(edge=tuple(tile_range(z, x, y) for z, x, y in tiles))


@lru_cache(maxsize=256)
def _united(parts: tuple[bytes, ...]) -> tuple[bytes, Cover]:
    import shapely

    shape = shapely.union_all(shapely.from_wkb(list(parts)))
    return shapely.to_wkb(shape), cover(shape)


def _binary(value: str) -> bytes:
    """The shape of one value of `area` as WKB."""
    return _known(value)[1] if is_id(value) else _drawn(value)


@lru_cache(maxsize=256)
def _drawn(value: str) -> bytes:
    import shapely

    return bytes(shapely.to_wkb(shapes.drawn(value)))


def is_id(value: str) -> bool:
    """Whether the word of an area is a saved one's id; no polyline has hyphens, which stand before its letters."""
    return len(value) == ID_LENGTH and "-" in value


def _known(value: str) -> tuple[str | None, bytes]:
    """Name and shape of a saved area, whoever drew it: its id may be passed on in an address."""
    try:
        public = uuid.UUID(value)
    except ValueError:
        raise Invalid(f"“{value}” names no area.") from None
    with db.transaction(None) as session:
        row = session.execute(text("SELECT name, shape FROM gcrm_area(:public)"), {"public": public}).one_or_none()
    if row is None:
        raise NotFound("There is no such area any more.")
    return row.name, bytes(row.shape)


def area_name(value: str) -> str | None:
    """What a saved area is called; None for one without a name or only drawn."""
    return _known(value)[0] if is_id(value) else None


def areas(session: Session) -> list[Area]:
    """The named areas that the principal has or that are shared with them, by name."""
    query = select(Area).where(Area.name.is_not(None)).order_by(func.lower(Area.name), Area.id)
    return list(session.scalars(query.limit(MOST_LISTED)))


def area_by_uuid(session: Session, public: uuid.UUID) -> Area:
    found = session.scalar(select(Area).where(Area.uuid == public))
    if found is None:
        raise NotFound("There is no such area, or none that you may see.")
    return found


def shape_of(values: tuple[str, ...]) -> dict[str, Any]:
    """The areas as one GeoJSON geometry, for a map to draw."""
    import shapely

    shape, _cover = _united(tuple(_binary(value) for value in values))
    return shapes.geojson(shapely.from_wkb(shape))


def accounts_along(
    session: Session, selection: Selection, line: Sequence[tuple[float, float]], metres: float, limit: int
) -> list[Account]:
    """Accounts of the selection within so many metres of a line of (lon, lat), the nearest to it first."""
    import shapely

    path = shapely.LineString(line if len(line) > 1 else [*line, *line])
    widest = max(abs(lat) for _lon, lat in line)
    around = metres * shapes.CIRCLE_SLACK / shapes.METRES_PER_DEGREE / math.cos(math.radians(min(80.0, widest)))
    found = cover(shapes.wrapped(path.simplify(around / 20).buffer(around * 1.1, quad_segs=4)))
    geography = cast(func.ST_GeomFromWKB(shapely.to_wkb(path), 4326), Geography)
    distance = func.ST_Distance(cast(Account.location, Geography), geography)
    near = (
        selection.narrow(select(Account.id, distance.label("metres")))
        .where(_among(found.all), Account.status != "former")
        .order_by("metres", Account.id)
        .limit(limit)
        .subquery()
    )
    query = select(Account).join(near, near.c.id == Account.id).where(near.c.metres <= metres)
    return list(session.scalars(query.order_by(near.c.metres, Account.id)))
