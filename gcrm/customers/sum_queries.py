"""Sums of accounts that the database keeps up to date, by map cell and by region.

A few kinds of selections are summed ahead: everything, a team with those below it, a territory with those below it, each
in all and by status and tier (a part of the lattice of a data cube: Harinarayan, Rajaraman and Ullman 1996). `part_of`
says which of them answers a selection for the principal, or that none does. What was written since the last fold is added
in the same statement, so that the answer is exact at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    Subquery,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.customers.models import Account, AccountChange, CellSum, MovedPart, RegionSum, SumPart
from gcrm.customers.selecting import Selection
from gcrm.customers.values import STATUSES, TIERS
from gcrm.people.models import Team, User
from gcrm.territories.models import Territory

EVERYTHING, TEAM, TERRITORY = 0, 1, 2
ALL_CLASSES = -1
TIERS_A_STATUS = 8
"""`gcrm_sum_class` leaves so many numbers to each status; the number after the tiers is an account without one."""
ALL_TIERS = TIERS_A_STATUS - 1
"""Regions keep sums of each status with all tiers under this number in place of the tier's, of each tier with all statuses under"""
ALL_STATUSES = len(STATUSES) * TIERS_A_STATUS
"""this one and the tier's."""
CELL_ZOOMS = (9, 11, 13, 15)
FINEST_BY_CLASS = 13
"""Finer cells are summed for everything only, all classes together: there an index on the accounts is as fast."""
MEAN_DEGREES = 360 / 2**FINEST_BY_CLASS
LEVELS = {"state": 1, "county": 2, "municipality": 3}
OUTSIDE, UNPLACED, OUTSIDE_ALL = 0, -1, -2
SUMMED = {"status", "tier", "team", "territory"}
"""A selection by other words is answered from the accounts themselves."""


@dataclass(frozen=True)
class Part:
    """Which sums hold a selection."""

    kind: int
    part_id: int
    classes: tuple[int, ...] | None
    """None: all of them."""
    margins: tuple[int, ...] = (ALL_CLASSES,)
    """The same classes in as few sums as regions keep: those of a status with all tiers, of a tier with all statuses."""
    beside: tuple[ColumnElement[bool], ...] | None = None
    """Accounts that the principal sees one by one and no sum of theirs holds; None where there are none."""


def part_of(session: Session, selection: Selection) -> Part | None:
    """The sums that hold a selection for the principal; None where the accounts themselves have to be asked."""
    if set(selection.values) - SUMMED or {"team", "territory"} <= set(selection.values):
        return None
    conditions = selection.conditions()
    found = _scoped_part(session, selection, conditions) if db.is_scoped(session) else _part(session, selection)
    if found is None or (found.kind != EVERYTHING and _has_moved(session, found.kind)):
        return None
    return found


def _part(session: Session, selection: Selection) -> Part | None:
    classes = _classes(selection), _margins(selection)
    if team := selection.get("team"):
        number = session.scalar(select(Team.id).where(Team.uuid == team))
        return Part(TEAM, number, *classes) if number else None
    if wanted := selection.all("territory"):
        if len(wanted) > 1 or wanted[0] == "none":
            return None
        number = session.scalar(select(Territory.id).where(Territory.uuid == wanted[0]))
        return Part(TERRITORY, number, *classes) if number else None
    return Part(EVERYTHING, 0, *classes)


def _scoped_part(session: Session, selection: Selection, conditions: Sequence[ColumnElement[bool]]) -> Part | None:
    """A manager's own team, or one below it; a rep's accounts are few enough to be asked themselves."""
    if "territory" in selection.values:
        return None
    shared = func.gcrm_shared_accounts()
    row = session.execute(
        select(User.role, User.team_id, func.gcrm_visible_teams(), func.cardinality(shared)).where(
            User.id == func.gcrm_principal()
        )
    ).one_or_none()
    if row is None or row[0] != "manager" or row[1] is None:
        return None
    number = row[1]
    if team := selection.get("team"):
        number = session.scalar(select(Team.id).where(Team.uuid == team))
        if number not in (row[2] or ()):
            return None
    beside = None
    if row[3]:
        others = ~func.coalesce(Account.owner_id == func.any(func.gcrm_visible_owners()), literal_column("false"))
        beside = (Account.id == func.any(shared), others, *conditions)
    return Part(TEAM, number, _classes(selection), _margins(selection), beside)


def _has_moved(session: Session, kind: int) -> bool:
    return bool(session.scalar(select(exists().where(MovedPart.kind == kind))))


def _classes(selection: Selection) -> tuple[int, ...] | None:
    """The classes of the chosen statuses and tiers."""
    statuses, tiers = _chosen(selection)
    if not statuses and not tiers:
        return None
    every = statuses or range(len(STATUSES)), tiers or range(len(TIERS) + 1)
    return tuple(status * TIERS_A_STATUS + tier for status in every[0] for tier in every[1])


def _margins(selection: Selection) -> tuple[int, ...]:
    statuses, tiers = _chosen(selection)
    if not tiers:
        return tuple(status * TIERS_A_STATUS + ALL_TIERS for status in statuses) or (ALL_CLASSES,)
    return _classes(selection) or () if statuses else tuple(ALL_STATUSES + tier for tier in tiers)


def _chosen(selection: Selection) -> tuple[list[int], list[int]]:
    """The numbers of the statuses and of the tiers that a selection names, each once."""
    statuses = {STATUSES.index(word) for word in selection.all("status")}
    tiers = {(*TIERS, "none").index(word) for word in selection.all("tier")}
    return sorted(statuses), sorted(tiers)


# -- cells -------------------------------------------------------------------------------------------------------------


def stored_zoom(part: Part, wanted: int, by_class: bool) -> int | None:
    """The coarsest stored cells from which cells of the wanted zoom are made; None where there are none."""
    finest = CELL_ZOOMS[-1] if part.kind == EVERYTHING and part.classes is None and not by_class else FINEST_BY_CLASS
    return next((zoom for zoom in CELL_ZOOMS if wanted <= zoom <= finest), None)


def cells(part: Part, first: Any, size: int, zoom: int, by_tier: bool, worth: ColumnElement[int]) -> Subquery:
    """The accounts of a part by cell, for the range of `size` grid keys from `first`.

    `cell` at the wanted zoom, `n`, `value` in minor units, `lon` and `lat` summed in millionths of a degree, and how many are
    `prospects` and `customers` or, by tier, `tier_a` to `tier_d`.
    `stored_zoom` says whether any stored cells are as fine.
    """
    stored = stored_zoom(part, zoom, by_tier)
    assert stored is not None, "asked of a part that keeps no such cells"
    keys_a_cell = 4 ** (30 - stored)
    begin = cast(first, BigInteger)
    base = select(
        CellSum.cell.op(">>")(_whole(2 * (stored - zoom))).label("cell"),
        *_counted(CellSum, CellSum.account_class, by_tier),
        CellSum.value, CellSum.lon, CellSum.lat,
    ).where(
        CellSum.kind == part.kind,
        CellSum.part_id == part.part_id,
        CellSum.zoom == stored,
        CellSum.cell >= begin.op(">>")(_whole(2 * (30 - stored))),
        CellSum.cell < begin.op(">>")(_whole(2 * (30 - stored))) + size // keys_a_cell,
        _stored_classes(CellSum.account_class, part, by_tier),
    )  # fmt: skip
    shift = _whole(2 * (30 - zoom))
    inside = (AccountChange.grid_key >= begin, AccountChange.grid_key < begin + size)
    since = select(
        AccountChange.grid_key.op(">>")(shift).label("cell"),
        *_counted(AccountChange, AccountChange.account_class, by_tier),
        AccountChange.value, AccountChange.lon, AccountChange.lat,
    ).where(*inside, *_changed(part))  # fmt: skip
    found = [base, since]
    if part.beside is not None:
        one: Any = literal_column("1")
        kind = func.gcrm_sum_class(Account.status, Account.tier)
        found.append(
            select(
                Account.grid_key.op(">>")(shift).label("cell"), one.label("n"), *_shares(one, kind, by_tier), worth,
                _millionths(func.ST_X(Account.location)), _millionths(func.ST_Y(Account.location)),
            ).where(Account.grid_key >= begin, Account.grid_key < begin + size, *part.beside)
        )  # fmt: skip
    rows = union_all(*found).subquery("rows")
    summed = [cast(func.sum(column), BigInteger).label(column.key) for column in list(rows.c)[1:]]
    return select(rows.c.cell, *summed).group_by(rows.c.cell).having(func.sum(rows.c.n) > 0).subquery("sums")


def _whole(number: int) -> Any:
    return literal_column(str(number))


def _millionths(degrees: Any) -> Any:
    return cast(func.round(degrees * 1_000_000), Integer)


def _counted(table: Any, account_class: Any, by_tier: bool) -> list[Any]:
    if not by_tier and table is CellSum:
        return [CellSum.n, CellSum.prospects, CellSum.customers]
    return [table.n, *_shares(table.n, account_class, by_tier)]


def _shares(n: Any, account_class: Any, by_tier: bool) -> list[Any]:
    """How many of them are of each status, or of each tier."""
    if by_tier:
        names = [f"tier_{word.lower()}" for word in TIERS]
        wanted: Iterable[ColumnElement[bool]] = (account_class % TIERS_A_STATUS == i for i in range(len(TIERS)))
    else:
        names = ["prospects", "customers"]
        wanted = (account_class // TIERS_A_STATUS == STATUSES.index(word) for word in ("prospect", "customer"))
    return [(n * cast(is_one, Integer)).label(name) for name, is_one in zip(names, wanted, strict=True)]


def _stored_classes(column: Any, part: Part, by_class: bool) -> ColumnElement[bool]:
    if part.classes is not None:
        chosen: ColumnElement[bool] = column == func.any(list(part.classes))
        return chosen
    every: ColumnElement[bool] = column != ALL_CLASSES if by_class else column == ALL_CLASSES
    return every


def _changed(part: Part) -> list[ColumnElement[bool]]:
    """The condition that a change since the last fold belongs to the part."""
    found: list[ColumnElement[bool]] = []
    if part.classes is not None:
        found.append(AccountChange.account_class == func.any(list(part.classes)))
    if part.kind != EVERYTHING:
        member = AccountChange.owner_id if part.kind == TEAM else AccountChange.territory_id
        belong = SumPart.kind == part.kind, SumPart.part_id == part.part_id
        found.append(member.in_(select(SumPart.member_id).where(*belong)))
    return found


def mean_places(part: Part) -> Subquery:
    """The mean `lon` and `lat` of each cell of `MEAN_DEGREES` that holds accounts of a part, in degrees."""
    base = select(
        (cast(CellSum.lon, Double) / CellSum.n / 1e6).label("lon"),
        (cast(CellSum.lat, Double) / CellSum.n / 1e6).label("lat"),
    ).where(
        CellSum.kind == part.kind,
        CellSum.part_id == part.part_id,
        CellSum.zoom == FINEST_BY_CLASS,
        CellSum.n > 0,
        _stored_classes(CellSum.account_class, part, by_class=False),
    )
    since = select(cast(AccountChange.lon, Double) / 1e6, cast(AccountChange.lat, Double) / 1e6).where(
        AccountChange.grid_key.is_not(None), AccountChange.n > 0, *_changed(part)
    )
    beside = select(func.ST_X(Account.location), func.ST_Y(Account.location)).where(
        Account.location.is_not(None), *(part.beside or (literal_column("false"),))
    )
    return union_all(base, since, beside).subquery("places")


# -- regions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Total:
    """What the accounts of a region add up to; amounts in minor units of the organisation's currency."""

    n: int = 0
    prospects: int = 0
    customers: int = 0
    value: int = 0
    potential: int = 0
    white_space: int = 0
    foreign_accounts: int = 0
    foreign_values: int = 0
    foreign_potentials: int = 0


_COUNTS = ("n", "prospects", "customers")
_AMOUNTS = ("value", "potential", "white_space", "foreign_accounts", "foreign_values", "foreign_potentials")


def by_region(
    session: Session, part: Part, level: str, sums: Sequence[str] = (*_COUNTS[1:], *_AMOUNTS)
) -> dict[int, Total]:
    """Totals by region id of a level; OUTSIDE, OUTSIDE_ALL and UNPLACED stand for what is in none.

    Sums that are not asked for stay 0, but for `n`: most of the time goes into adding up.
    """
    names = ("n", *sums)
    regions = _regions(part, level, names)
    query = select(regions).where(regions.c.n > 0)
    return {row[0]: Total(**dict(zip(names, row[1:], strict=True))) for row in session.execute(query)}


def total(session: Session, part: Part) -> tuple[Total, int, int]:
    """The totals of everything, how many have no place, and how many lie outside every region."""
    found = by_region(session, part, "state")
    sums = {name: sum(getattr(each, name) for each in found.values()) for name in (*_COUNTS, *_AMOUNTS)}
    return Total(**sums), found.get(UNPLACED, Total()).n, found.get(OUTSIDE_ALL, Total()).n


def wrong_counties(session: Session) -> int:
    """In how many counties the sums differ from the accounts, both in one picture of the database; for who sees all."""
    regions = _regions(Part(EVERYTHING, 0, None), "county", ("n", "customers"))
    kept = select(regions).where(regions.c.region_id > 0, regions.c.n > 0).subquery("kept")
    customers = func.count().filter(Account.status == "customer")
    counted = (
        select(Account.county_id.label("region_id"), func.count().label("n"), customers.label("customers"))
        .where(Account.county_id.is_not(None))
        .group_by(Account.county_id)
        .subquery("counted")
    )
    both = kept.join(counted, kept.c.region_id == counted.c.region_id, full=True)
    differ = or_(kept.c.n.is_distinct_from(counted.c.n), kept.c.customers.is_distinct_from(counted.c.customers))
    return session.scalar(select(func.count()).select_from(both).where(differ)) or 0


def _regions(part: Part, level: str, names: Sequence[str]) -> Subquery:
    """The named sums by `region_id`.

    What is kept is a row for each region already, unless of several classes; what was written since is little.
    """
    held = select(RegionSum.region_id, *(getattr(RegionSum, name) for name in names)).where(
        RegionSum.kind == part.kind,
        RegionSum.part_id == part.part_id,
        RegionSum.level == LEVELS[level],
        RegionSum.account_class == func.any(list(part.margins)),
    )
    kept = held.subquery("kept") if len(part.margins) == 1 else _added_up(held, names, "kept")
    rows = [_since(part, level, names)]
    if part.beside is not None:
        rows.append(_beside(part, level, names))
    since = _added_up(union_all(*rows), names, "since")
    region = func.coalesce(kept.c.region_id, since.c.region_id).label("region_id")
    both = [(func.coalesce(kept.c[name], 0) + func.coalesce(since.c[name], 0)).label(name) for name in names]
    joined = kept.join(since, kept.c.region_id == since.c.region_id, full=True)
    return select(region, *both).select_from(joined).subquery("regions")


def _added_up(rows: Any, names: Sequence[str], name: str) -> Subquery:
    """Whole numbers stay such: `sum` would make numerics of them, which takes four times as long."""
    each = rows.subquery()
    return (
        select(each.c.region_id, *(func.gcrm_sum(each.c[word]).label(word) for word in names))
        .group_by(each.c.region_id)
        .subquery(name)
    )


def _since(part: Part, level: str, names: Sequence[str]) -> Select[Any]:
    """What was written since the last fold; by the index, since the table may be long and nearly empty after an import."""
    column = {"state": AccountChange.state_id, "county": AccountChange.county_id}.get(
        level, AccountChange.municipality_id
    )
    shares = dict(zip(_COUNTS[1:], _shares(AccountChange.n, AccountChange.account_class, by_tier=False), strict=True))
    wanted: list[Any] = [shares[name] if name in shares else getattr(AccountChange, name) for name in names]
    columns: list[Any] = [cast(each, BigInteger).label(name) for each, name in zip(wanted, names, strict=True)]
    return select(column.label("region_id"), *columns).where(AccountChange.id > 0, *_changed(part))


def _beside(part: Part, level: str, names: Sequence[str]) -> Select[Any]:
    """Accounts seen one by one, as the database's own trigger counts them."""
    assert part.beside is not None
    nowhere: Any = literal_column(
        "CASE WHEN accounts.grid_key IS NULL THEN -1 WHEN accounts.placed = 'outside' THEN -2 ELSE 0 END"
    )
    ours: Any = literal_column("(accounts.currency = (SELECT currency FROM organisation))")
    column = {"state": Account.state_id, "county": Account.county_id}.get(level, Account.municipality_id)
    one: Any = literal_column("1")
    kind = func.gcrm_sum_class(Account.status, Account.tier)
    value, potential = Account.annual_value_minor, Account.potential_minor

    def amount(what: Any) -> Any:
        return func.coalesce(what, 0) * cast(ours, Integer)

    def foreign(what: Any) -> Any:
        return cast(~ours & what, Integer)

    added = {
        "n": one,
        **dict(zip(_COUNTS[1:], _shares(one, kind, by_tier=False), strict=True)),
        "value": amount(value),
        "potential": amount(potential),
        "white_space": amount(potential - func.coalesce(value, 0)),
        "foreign_accounts": foreign(literal_column("true")),
        "foreign_values": foreign(value.is_not(None)),
        "foreign_potentials": foreign(potential.is_not(None)),
    }
    columns: list[Any] = [cast(added[name], BigInteger) for name in names]
    return select(func.coalesce(column, nowhere).label("region_id"), *columns).where(*part.beside)
