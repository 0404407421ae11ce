"""Reads for tiles of accounts: points near, cells further out."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Row,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gcrm.core.db import Principal
from gcrm.core.errors import Invalid
from gcrm.customers import sum_queries
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.customers.values import TIERS
from gcrm.geography import tiles

POINTS_FROM_ZOOM = 12
CELL_ZOOMS = 6
"""A tile below has 2^6 by 2^6 cells, each eight screen pixels wide."""
MOST_POINTS = 2_000
"""A tile with more accounts shows cells at every zoom, so that it stays below 450 kB."""
CELL_COUNTS = {
    "status": {"prospects": "prospect", "customers": "customer"},
    "tier": {f"tier_{word.lower()}": word for word in TIERS},
}
"""What a cell tells besides its number and value: attribute by attribute, the word that it counts."""
LONGEST_NAME = 48
EXTENT = 4096
MICRODEGREES = 1_000_000
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # its constructor has none
NORTHERNMOST = 85.0511287
"""Where the Web Mercator square ends; `gcrm_grid_key` has the same."""


def account_tile(session: Session, z: int, x: int, y: int, selection: Selection, by: str = "status") -> bytes:
    """One tile of the selected accounts, layer `accounts`: points from zoom 12, below that cells.

    A tile is a range of grid keys and so half-open by nature: every account with a place is in exactly one tile of a
    zoom, and the sum of `n` over them is their number. Cells tell how many of them are of each status, or by tier. Where
    the database keeps sums for the selection it reads those, the accounts elsewhere; the bytes are the same.
    """
    tiles.refuse_absent(z, x, y)
    if by not in CELL_COUNTS:
        raise Invalid(f"“{by}” is nothing that cells are counted by. It is one of {', '.join(CELL_COUNTS)}.")
    # The range says how many rows there are, from a handful to all of them, so a plan made for any range is of no use.
    currency = session.connection().exec_driver_sql(_BEGIN).one()[1]
    part = _part(session, z, selection, by) if currency else None
    # Making a statement takes longer than most tiles: what says all in words is made once.
    is_kept = set(selection.values) <= KEPT_WORDS and (part is None or part.beside is None)
    make = _statement if is_kept else _statement.__wrapped__
    asked = (z, tuple(selection.pairs()), by, currency)
    where = {"x": x, "y": y}
    if part is None and z >= POINTS_FROM_ZOOM:
        row = make("points", *asked, None).run(session, where)
        if row.n <= MOST_POINTS:
            return bytes(row.tile or b"")
    return bytes(make("cells" if part is None else "sums", *asked, part).run(session, where).tile or b"")


_BEGIN = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), (SELECT currency FROM organisation)"
KEPT_WORDS = {"status", "tier", "owner", "team", "territory"}
"""Words of a selection whose conditions depend on nothing but the words: not on the day, nor on a setting."""


LONGEST_KEPT = 500
"""Characters of a selection whose tiles are kept: longer ones are rare, and would fill the memory with their own words."""


def kept_address(
    principal: Principal, z: int, x: int, y: int, selection: Selection, by: str
) -> tuple[Hashable, ...] | None:
    """What a tile is known by as long as the picture of the accounts stays the same; None where more decides over it.

    Who sees all of them sees the same, unless asked for the own ones (`owner=me`); everybody else has tiles of their own.
    """
    if not set(selection.values) <= KEPT_WORDS or len(selection.query_string()) > LONGEST_KEPT:
        return None
    sees = 0 if principal.database_role == "gcrm_all" and "owner" not in selection.values else principal.id
    return sees, z, x, y, tuple(selection.pairs()), by


@dataclass(frozen=True)
class _Statement:
    """SQL that is compiled already, for any tile of a zoom."""

    sql: str
    words: dict[str, Any]

    def run(self, session: Session, where: dict[str, int]) -> Row[Any]:
        return session.connection().exec_driver_sql(self.sql, self.words | where).one()


@lru_cache(maxsize=512)
def _statement(
    shown: str, z: int, pairs: tuple[tuple[str, str], ...], by: str, currency: str | None, part: sum_queries.Part | None
) -> _Statement:
    """The statement of a tile from `sums`, or of `cells` or `points` of the accounts."""
    x, y = bindparam("x", 0, type_=BigInteger), bindparam("y", 0, type_=BigInteger)
    selection, worth = Selection.parse(MultiDict(pairs)), _worth(currency)
    inside = [*in_tile(z, x, y), *selection.conditions()]
    if shown == "points":
        return _compiled(_points(inside, worth, z, x, y))
    if part is not None:
        sums = sum_queries.cells(part, first_key(z, x, y), 4 ** (30 - z), z + CELL_ZOOMS, by == "tier", worth)
        features = _cells(sums, z, x, y)
    else:
        features = _cells(_row_sums(inside, worth, z, by), z, x, y)
    return _compiled(_layer(features))


def _layer(features: Select[Any]) -> Select[Any]:
    layer = features.subquery("features")
    tile = func.ST_AsMVT(literal_column("features"), "accounts", EXTENT, "geom")
    return select(tile.label("tile")).select_from(layer)


def _compiled(statement: Select[Any]) -> _Statement:
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return _Statement(str(compiled), {name: word for name, word in compiled.params.items() if name not in ("x", "y")})


def _part(session: Session, z: int, selection: Selection, by: str) -> sum_queries.Part | None:
    """The sums that the database keeps, where there are any for this selection and as fine as the zoom's cells."""
    if z + CELL_ZOOMS > sum_queries.CELL_ZOOMS[-1]:
        return None
    part = sum_queries.part_of(session, selection)
    if part is None or sum_queries.stored_zoom(part, z + CELL_ZOOMS, by == "tier") is None:
        return None
    return part


def first_key(z: int, x: Any, y: Any) -> Any:
    """The first grid key of a tile."""
    return func.gcrm_tile_key(cast(z, Integer), cast(x, BigInteger), cast(y, BigInteger))


def in_tile(z: int, x: Any, y: Any) -> list[ColumnElement[bool]]:
    """The condition that an account lies in a tile."""
    first = first_key(z, x, y)
    return [Account.grid_key >= first, Account.grid_key < first + 4 ** (30 - z)]


def _worth(currency: str | None) -> ColumnElement[int]:
    """An account's annual value in minor units of the organisation's currency; other currencies cannot be added to it."""
    value = func.coalesce(Account.annual_value_minor, 0)
    return case((Account.currency == currency, value), else_=0) if currency else value


def _points(inside: Sequence[ColumnElement[bool]], worth: ColumnElement[int], z: int, x: Any, y: Any) -> Select[Any]:
    """The accounts one by one, unless there are too many of them, and how many there are up to one too many.

    In one statement: looking whose accounts they may be takes longer than finding them.
    """
    some = (
        select(
            Account.id,
            Account.grid_key,
            Account.location,
            cast(worth, BigInteger).label("value"),
            Account.uuid,
            Account.name,
            Account.status,
            Account.tier,
        )
        .where(*inside)
        .limit(MOST_POINTS + 1)
        .cte("some")
        .prefix_with("MATERIALIZED")
    )
    features = select(
        spot(_double("ST_X", some.c.location), _double("ST_Y", some.c.location), z, x, y),
        literal_column("1").label("n"),
        some.c.value,
        cast(some.c.uuid, Text).label("id"),
        func.left(some.c.name, LONGEST_NAME).label("name"),
        some.c.status,
        some.c.tier,
    ).order_by(some.c.grid_key, some.c.id)
    count = select(func.count()).select_from(some).scalar_subquery()
    tile = case((count <= MOST_POINTS, _layer(features).scalar_subquery()))
    return select(tile.label("tile"), count.label("n"))


def _row_sums(inside: Sequence[ColumnElement[bool]], worth: ColumnElement[int], z: int, by: str) -> Subquery:
    """The same sums from the accounts; in whole numbers, so that the same rows give the same bytes."""
    bits = 2 * max(0, 30 - z - CELL_ZOOMS)
    counted = Account.tier if by == "tier" else Account.status
    rows = (
        select(
            Account.grid_key.op(">>")(literal_column(str(bits))).label("cell"),
            worth.label("worth"),
            counted.label("counted"),
            cast(func.round(func.ST_X(Account.location) * MICRODEGREES), Integer).label("lon"),
            cast(func.round(func.ST_Y(Account.location) * MICRODEGREES), Integer).label("lat"),
        )
        .where(*inside)
        # It moves no row, and hides that a cell is made from a key: else the planner expects as many cells as keys, and sorts.
        .offset(literal_column("0"))
        .subquery("rows")
    )
    counts = [func.count().filter(rows.c.counted == word).label(name) for name, word in CELL_COUNTS[by].items()]
    return (
        select(
            rows.c.cell,
            func.count().label("n"),
            *counts,
            cast(func.sum(rows.c.worth), BigInteger).label("value"),
            func.sum(rows.c.lon).label("lon"),
            func.sum(rows.c.lat).label("lat"),
        )
        .group_by(rows.c.cell)
        .subquery("sums")
    )


def _cells(sums: Subquery, z: int, x: Any, y: Any) -> Select[Any]:
    """Cells as features, each at the mean position of its accounts."""
    share = 1.0 / MICRODEGREES / cast(sums.c.n, Double)
    place = spot(sums.c.lon * share, sums.c.lat * share, z, x, y)
    told = [column for column in sums.c if column.key not in ("cell", "lon", "lat")]
    return select(place, *told).order_by(sums.c.cell)


def spot(lon: Any, lat: Any, z: int, x: Any, y: Any) -> ColumnElement[Any]:
    """A position in the tile's own whole units; what rounding takes over an edge is put back on it.

    Every number is a double: divided by a whole one, SQLAlchemy would take decimals, which take longer than all the rest.
    """
    latitude = _double("radians", func.greatest(-NORTHERNMOST, func.least(NORTHERNMOST, lat)))
    across = (lon + 180.0) / 360.0
    down = 0.5 - _double("ln", _double("tan", latitude) + 1.0 / _double("cos", latitude)) / (2.0 * math.pi)
    units = [
        func.greatest(0.0, func.least(EXTENT - 1.0, func.floor(share * float(2**z * EXTENT) - first * EXTENT)))
        for share, first in ((across, x), (down, y))
    ]
    return func.ST_MakePoint(*units).label("geom")


def _double(function: str, *given: Any) -> ColumnElement[float]:
    made: ColumnElement[float] = getattr(func, function)(*given, type_=Double)
    return made


def accounts_in_tile(
    session: Session, z: int, x: int, y: int, selection: Selection, limit: int
) -> tuple[list[Account], int]:
    """The first accounts of a tile by name, and how many there are."""
    tiles.refuse_absent(z, x, y)
    inside = [*in_tile(z, x, y), *selection.conditions()]
    found = session.scalars(select(Account).where(*inside).order_by(Account.name, Account.id).limit(limit))
    return list(found), session.scalar(select(func.count()).select_from(Account).where(*inside)) or 0
