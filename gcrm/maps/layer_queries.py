"""Reads for the layers of the map: tiles of rows by kind, how many there are of each kind, and the first of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from gcrm.core.errors import Invalid
from gcrm.core.map_layers import LayerKind, LayerRows
from gcrm.core.models import Organisation
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import STATUS_LABELS
from gcrm.customers.values import TIERS
from gcrm.geography import tiles
from gcrm.maps.tile_queries import (
    CELL_ZOOMS,
    EXTENT,
    LONGEST_NAME,
    MICRODEGREES,
    MOST_POINTS,
    POINTS_FROM_ZOOM,
    in_tile,
    spot,
)
from gcrm.people.models import User
from gcrm.visits import map_queries as visits

MOST_OWNERS = 7
"""Owners with a colour of their own: an eighth colour is left for all others together."""
OTHERS, NOBODY, NONE = "others", "nobody", "none"
FAR_ZOOM_PARTS = 2 * 30


@dataclass(frozen=True)
class KindCount:
    """How many rows of a layer are of one kind."""

    kind: str
    count: int
    located: int
    amount_minor: int
    """Of the rows in the organisation's currency."""
    foreign: int
    """Rows with an amount in another currency."""


# -- tiles -------------------------------------------------------------------------------------------------------------


def rows_tile(session: Session, name: str, rows: LayerRows, z: int, x: int, y: int, selection: Selection) -> bytes:
    """One tile of a layer's rows, layer `name`: points from zoom 12, below that cells with a count for each kind.

    As in tiles of accounts each row is in one tile of a zoom, and the sum of `n` over a zoom's tiles is their number.
    """
    tiles.refuse_absent(z, x, y)
    # The range says how many rows there are, from a handful to all of them, so a plan made for any range is of no use.
    begin = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true), (SELECT currency FROM organisation)")
    currency = session.execute(begin).one()[1]
    inside = rows.query.add_columns(
        Account.grid_key.label("key"),
        func.ST_X(Account.location).label("lon"),
        func.ST_Y(Account.location).label("lat"),
    ).where(*in_tile(z, x, y), *selection.conditions())
    near = z >= POINTS_FROM_ZOOM and _at_most(session, inside, MOST_POINTS)
    features = _points(inside, currency, z, x, y) if near else _cells(inside, rows.kinds, currency, z, x, y)
    layer = features.subquery("features")
    tile = select(func.ST_AsMVT(literal_column("features"), name, EXTENT, "geom")).select_from(layer)
    return bytes(session.scalar(tile) or b"")


def _at_most(session: Session, query: Select[Any], most: int) -> bool:
    some = query.with_only_columns(literal_column("1")).limit(most + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= most


def _worth(rows: Any, currency: str | None) -> ColumnElement[int]:
    """An amount in the organisation's currency; others cannot be added to it."""
    amount = func.coalesce(rows.c.amount, 0)
    return case((rows.c.currency == currency, amount), else_=0) if currency else amount


def _points(inside: Select[Any], currency: str | None, z: int, x: int, y: int) -> Select[Any]:
    rows = inside.subquery("rows")
    told = [rows.c[word] for word in ("status", "tier") if word in rows.c]
    return select(
        spot(rows.c.lon, rows.c.lat, z, x, y),
        literal_column("1").label("n"),
        cast(_worth(rows, currency), BigInteger).label("value"),
        rows.c.id,
        func.left(rows.c.name, LONGEST_NAME).label("name"),
        rows.c.kind,
        *told,
    ).order_by(rows.c.key, rows.c.id)


def _cells(
    inside: Select[Any], kinds: Sequence[LayerKind], currency: str | None, z: int, x: int, y: int
) -> Select[Any]:
    """Rows by cell, at their mean position; summed in whole numbers, so that the same rows give the same bytes."""
    bits = max(0, FAR_ZOOM_PARTS - 2 * z - 2 * CELL_ZOOMS)
    # It moves no row, and hides that a cell is made from a key: else the planner expects as many cells as keys, and sorts.
    rows = inside.offset(literal_column("0")).subquery("rows")
    keyed = select(
        rows.c.key.op(">>")(literal_column(str(bits))).label("cell"),
        _worth(rows, currency).label("worth"),
        rows.c.kind,
        cast(func.round(rows.c.lon * MICRODEGREES), Integer).label("lon"),
        cast(func.round(rows.c.lat * MICRODEGREES), Integer).label("lat"),
    ).subquery("keyed")
    sums = (
        select(
            keyed.c.cell,
            func.count().label("n"),
            cast(func.sum(keyed.c.worth), BigInteger).label("value"),
            *(_counted(keyed, kind.word) for kind in kinds),
            func.sum(keyed.c.lon).label("lon"),
            func.sum(keyed.c.lat).label("lat"),
        )
        .group_by(keyed.c.cell)
        .subquery("sums")
    )
    share = 1.0 / MICRODEGREES / cast(sums.c.n, Double)
    place = spot(sums.c.lon * share, sums.c.lat * share, z, x, y)
    parts = [sums.c[cell_word(kind.word)] for kind in kinds]
    return select(place, sums.c.n, sums.c.value, *parts).order_by(sums.c.cell)


def _counted(keyed: Any, word: str) -> ColumnElement[int]:
    """How many of a cell are of a kind; null for none, which a tile does not carry."""
    return func.nullif(func.count().filter(keyed.c.kind == word), 0).label(cell_word(word))


def cell_word(kind: str) -> str:
    """What a cell calls its rows of a kind."""
    return f"k_{kind}"


# -- accounts by their colours -----------------------------------------------------------------------------------------


def account_rows(session: Session, colour: str, by_potential: bool, owners: Sequence[str]) -> LayerRows:
    """Every account by status, tier, owner or coverage; its amount is what it is worth, or could be.

    `owners` are the public ids of those owners that have a colour of their own.
    """
    kind, kinds = COLOURS[colour](session, owners)
    amount = Account.potential_minor if by_potential else Account.annual_value_minor
    is_coverage = colour == "coverage"
    said = cast(Account.last_visited_on, Text) if is_coverage else func.concat_ws(", ", Account.city, Account.region)
    order = visits.lateness().asc().nulls_last() if is_coverage else func.coalesce(amount, literal_column("-1")).desc()
    query = select(
        kind.label("kind"), amount.label("amount"), Account.currency.label("currency"),
        cast(Account.uuid, Text).label("id"), Account.name.label("name"), Account.status.label("status"),
        Account.tier.label("tier"), said.label("said"),
    )  # fmt: skip
    return LayerRows(query, kinds, [order, Account.id.desc()])


def _by_status(_session: Session, _owners: Sequence[str]) -> tuple[ColumnElement[Any], list[LayerKind]]:
    order = ("customer", "prospect", "former")
    return cast(Account.status, Text), [LayerKind(word, str(STATUS_LABELS[word]), ("status", word)) for word in order]


def _by_tier(_session: Session, _owners: Sequence[str]) -> tuple[ColumnElement[Any], list[LayerKind]]:
    kinds = [LayerKind(word, _("Tier %(letter)s", letter=word), ("tier", word)) for word in TIERS]
    return func.coalesce(Account.tier, NONE), [*kinds, LayerKind(NONE, _("No tier"), ("tier", NONE))]


def _by_coverage(_session: Session, _owners: Sequence[str]) -> tuple[ColumnElement[Any], list[LayerKind]]:
    return visits.coverage_kind(), visits.coverage_kinds()


def _by_owner(session: Session, owners: Sequence[str]) -> tuple[ColumnElement[Any], list[LayerKind]]:
    known = _people(session, owners)
    whens = [(Account.owner_id == number, literal(f"o{place}")) for place, (number, _name) in enumerate(known)]
    kind = case(*whens, (Account.owner_id.is_(None), NOBODY), else_=OTHERS)
    kinds = [LayerKind(f"o{place}", name, ("owner", owners[place])) for place, (_number, name) in enumerate(known)]
    return kind, [*kinds, LayerKind(OTHERS, _("Others")), LayerKind(NOBODY, _("Nobody"), ("owner", "none"))]


def _people(session: Session, owners: Sequence[str]) -> list[tuple[int, str]]:
    if len(owners) > MOST_OWNERS:
        raise Invalid(f"A map tells {MOST_OWNERS} owners apart, not {len(owners)}.")
    try:
        wanted = [uuid.UUID(owner) for owner in owners]
    except ValueError:
        raise Invalid("“owners” names somebody who is no owner.") from None
    found = {
        row.uuid: (row.id, row.name)
        for row in session.execute(select(User.uuid, User.id, User.name).where(User.uuid.in_(wanted)))
    }
    if len(found) != len(wanted):
        raise Invalid("“owners” names somebody who is no owner.")
    return [found[one] for one in wanted]


COLOURS: dict[str, Any] = {"status": _by_status, "tier": _by_tier, "coverage": _by_coverage, "owner": _by_owner}


def top_owners(session: Session, selection: Selection) -> list[str]:
    """The public ids of those who own most of the selected accounts, the first first."""
    owned: Any = select(Account.owner_id, func.count().label("count"))
    counted = (
        selection.narrow(owned)
        .where(Account.owner_id.is_not(None), Account.grid_key.is_not(None))
        .group_by(Account.owner_id)
        .subquery()
    )
    query = select(User.uuid).join(counted, counted.c.owner_id == User.id).order_by(counted.c.count.desc(), User.name)
    return [str(public) for public in session.scalars(query.limit(MOST_OWNERS))]


# -- legends and tables ------------------------------------------------------------------------------------------------


def kind_counts(session: Session, rows: LayerRows, selection: Selection) -> dict[str, KindCount]:
    """How many selected rows there are of each kind that has any."""
    currency = session.scalar(select(Organisation.currency))
    found = rows.query.add_columns(Account.grid_key.label("key")).where(*selection.conditions()).subquery("rows")
    foreign = (found.c.currency != currency) & (func.coalesce(found.c.amount, 0) > 0)
    query = select(
        found.c.kind, func.count(), func.count(found.c.key), cast(func.sum(_worth(found, currency)), BigInteger),
        func.count().filter(foreign),
    ).group_by(found.c.kind)  # fmt: skip
    return {kind: KindCount(kind, *numbers) for kind, *numbers in session.execute(query)}


def first_rows(session: Session, rows: LayerRows, selection: Selection, limit: int) -> Sequence[Any]:
    """The rows that matter most: kind, amount, currency, id, name and what is said of each, its account's id as `account`."""
    query = rows.query.add_columns(cast(Account.uuid, Text).label("account"))
    return session.execute(query.where(*selection.conditions()).order_by(*rows.order).limit(limit)).all()
