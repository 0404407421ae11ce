"""Reads of accounts and their timeline; who sees what is the database's to say."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from geoalchemy2 import Geography
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, aliased, joinedload, load_only

from gcrm.core import db
from gcrm.core.db import Model
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.geo import ewkt
from gcrm.core.models import Organisation
from gcrm.customers import sum_queries
from gcrm.customers.models import Account, AccountShare, Touch
from gcrm.customers.near import covering_tiles
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import like
from gcrm.geography.models import Region
from gcrm.people.models import User
from gcrm.people.queries import as_uuid
from gcrm.territories.models import Territory

PER_PAGE = 50
LARGE = 20_000
"""From here on a list is read in its order instead of gathered and sorted, and its figures come after it."""
TIMELINE_PER_PAGE = 20
PARTS = frozenset({"contacts", "account_shares"})
"""What belongs to an account and goes with it; anything else that hangs on it keeps it."""

SHORTEST_TRIGRAM_WORD = 3
MOST_CANDIDATES = 5_000

T = TypeVar("T")

# The sort orders: whole expressions as their indexes have them, never null, so that pages go on by keyset.
VALUE = func.coalesce(Account.annual_value_minor, literal_column("-1"))
POTENTIAL = func.coalesce(Account.potential_minor, literal_column("-1"))
LAST_VISIT = func.coalesce(Account.last_visited_on, literal_column("'0001-01-01'::date"))
TIER = func.coalesce(Account.tier, literal_column("'~'"))
CITY = func.coalesce(Account.city, literal_column("'~'"))
ORDERS: dict[str, tuple[Any, ...]] = {
    "name": (Account.name, Account.id),
    "value": (VALUE, Account.id),
    "potential": (POTENTIAL, Account.id),
    "last_visit": (LAST_VISIT, Account.id),
    "tier": (TIER, Account.id),
    "city": (CITY, Account.id),
    "updated": (Account.updated_at, Account.id),
    "created": (Account.id,),
}
USUAL_ORDER = "name"


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, with the markers of the one before and the one after."""

    rows: list[T]
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True)
class Sum:
    """What the accounts of one currency are worth, in its minor units."""

    currency: str
    accounts: int
    value_minor: int
    potential_minor: int


@dataclass(frozen=True)
class Figures:
    """How many accounts a selection holds, how many of them a map can show, and what they are worth."""

    count: int = 0
    located: int = 0
    outside: int = 0
    """Located, but in no region."""
    sums: list[Sum] = field(default_factory=list)

    @property
    def unplaced(self) -> int:
        return self.count - self.located


@dataclass(frozen=True)
class AccountRow:
    """An account with the names of what it points to."""

    account: Account
    owner_email: str | None
    owner_name: str | None
    parent: uuid.UUID | None
    territory: uuid.UUID | None
    regions: dict[str, str | None]
    distance_metres: float | None = None


def order_by(sort: str | None) -> list[ColumnElement[Any]]:
    """The columns of a sort word such as `name`, or `-value` for the largest first."""
    wanted = sort or USUAL_ORDER
    columns = ORDERS.get(wanted.removeprefix("-"))
    if columns is None:
        raise Invalid(
            f"“{wanted}” is no order. It is one of {', '.join(ORDERS)}, with - before it for the other way round."
        )
    return [column.desc() if wanted.startswith("-") else column for column in columns]


def page_of(session: Session, query: Select[Any], per_page: int, marker: str | None) -> Page[Any]:
    """The page of an ordered query that a marker names; rows of one entity come as that entity."""
    from sqlakeyset import select_page
    from sqlakeyset.results import unserialize_bookmark

    if not marker:
        found = select_page(session, query, per_page=per_page)
    else:
        try:
            # A forged marker may hold what the columns cannot be compared with; the savepoint keeps the transaction usable.
            with session.begin_nested():
                found = select_page(session, query, per_page=per_page, page=unserialize_bookmark(marker))
        except OperationalError:
            raise
        except (ValueError, KeyError, IndexError, OverflowError, SQLAlchemyError) as error:
            raise Invalid("This page of the list is not known. Start again from the first page.") from error
    paging = found.paging
    return Page(
        [row[0] if len(row) == 1 else row for row in found],
        paging.bookmark_previous if paging.has_previous else None,
        paging.bookmark_next if paging.has_next else None,
    )


_LISTED = load_only(
    Account.id, Account.uuid, Account.name, Account.status, Account.tier, Account.street, Account.city, Account.region,
    Account.postcode, Account.annual_value_minor, Account.potential_minor, Account.currency, Account.last_visited_on,
    Account.cadence_days, Account.grid_key, Account.updated_at,
)  # fmt: skip


def accounts_page(
    session: Session,
    selection: Selection,
    sort: str | None = None,
    marker: str | None = None,
    per_page: int = PER_PAGE,
    is_large: bool | None = None,
) -> Page[tuple[Account, str | None]]:
    """Accounts with their owner's name, only the columns that a list shows."""
    found = _ids_page(session, selection, sort, marker, per_page, is_large)
    query = select(Account, User.name).outerjoin(User, User.id == Account.owner_id).options(_LISTED)
    rows = {row[0].id: row for row in session.execute(query.where(Account.id.in_(found.rows)))}
    return Page([rows[key] for key in found.rows], found.previous, found.next)


def _ids_page(
    session: Session, selection: Selection, sort: str | None, marker: str | None, per_page: int, is_large: bool | None
) -> Page[int]:
    """The ids of one page.

    The planner cannot know how many accounts the policies and the conditions let through, and either way is slow when it
    is the wrong one: many are read along the index of their order until the page is full, few are gathered and sorted.
    """
    order = order_by(sort)
    if is_large is None:
        is_large = figures_up_to(session, selection, LARGE) is None
    if not is_large:
        found = parts(session, selection, Account.id).cte("found").prefix_with("MATERIALIZED")
        query = select(Account.id).join(found, found.c.id == Account.id).order_by(*order)
        return page_of(session, query, per_page, marker)
    session.execute(text("SELECT set_config('enable_sort', 'off', true)"))
    found_page = page_of(session, selection.narrow(select(Account.id)).order_by(*order), per_page, marker)
    session.execute(text("SELECT set_config('enable_sort', 'on', true)"))
    return found_page


def parts(session: Session, selection: Selection, *columns: Any) -> Select[Any]:
    """Columns of the selected accounts; for a scoped person the own part by owner, which one index covers, and the shared one.

    The policy joins the two by OR, for which every row would be fetched from the table.
    """
    query = selection.narrow(select(*columns))
    if not db.is_scoped(session):
        return query
    own = Account.owner_id == func.any(literal_column("(SELECT gcrm_visible_owners())::int[]"))
    shared = Account.id == func.any(literal_column("(SELECT gcrm_shared_accounts())::bigint[]"))
    found = candidates(session, "gcrm_search_accounts", selection.get("q"))
    if found is not None:
        query = query.where(Account.id == func.any(cast(found, ARRAY(BigInteger))))
    both = union_all(query.where(own), query.where(shared, func.coalesce(own, false()).is_(False))).subquery()
    return select(*both.c)


def ids_up_to(session: Session, selection: Selection, most: int) -> list[int]:
    """The ids of the selected accounts in their order, no more than that many."""
    return sorted(session.scalars(parts(session, selection, Account.id).limit(most)))


def candidates(session: Session, function: str, words: str | None) -> list[int] | None:
    """What a manager's search may find, by an index that the policies do not let a search use; None: read all own rows."""
    word = max((words or "").split(), key=len, default="")
    principal = getattr(session, "principal", None)
    if principal is None or principal.role != "manager" or len(word) < SHORTEST_TRIGRAM_WORD:
        return None
    found: list[int] | None = session.scalar(select(getattr(func, function)(like(word), MOST_CANDIDATES)))
    return found


def figures(session: Session, selection: Selection) -> Figures:
    """Count, places and sums of a selection."""
    return _kept_figures(session, selection) or _summed(session, parts(session, selection, *_FIGURED))


def _kept_figures(session: Session, selection: Selection) -> Figures | None:
    """The figures from the sums that the database keeps; None where it keeps none, or not by currency."""
    currency = session.scalar(select(Organisation.currency))
    part = sum_queries.part_of(session, selection) if currency else None
    if part is None or currency is None:
        return None
    total, unplaced, outside = sum_queries.total(session, part)
    if total.foreign_accounts:
        return None
    sums = [Sum(currency, total.n, total.value, total.potential)] if total.n else []
    return Figures(total.n, total.n - unplaced, outside, sums)


def figures_up_to(session: Session, selection: Selection, most: int) -> Figures | None:
    """The figures, or None when there are more accounts than that."""
    found = _summed(session, parts(session, selection, *_FIGURED).limit(most + 1))
    return found if found.count <= most else None


_FIGURED = (
    Account.currency, Account.grid_key, Account.placed, Account.annual_value_minor, Account.potential_minor,
)  # fmt: skip


def _summed(session: Session, found: Select[Any]) -> Figures:
    rows_of = found.subquery()
    query = select(
        rows_of.c.currency,
        func.count(),
        func.count(rows_of.c.grid_key),
        func.count().filter(rows_of.c.placed == "outside"),
        func.coalesce(func.sum(rows_of.c.annual_value_minor), 0),
        func.coalesce(func.sum(rows_of.c.potential_minor), 0),
    ).group_by(rows_of.c.currency)
    rows = session.execute(query).all()
    sums = sorted(
        (Sum(row[0], row[1], int(row[4]), int(row[5])) for row in rows), key=lambda s: (-s.accounts, s.currency)
    )
    return Figures(sum(row[1] for row in rows), sum(row[2] for row in rows), sum(row[3] for row in rows), sums)


def account_by_uuid(session: Session, public: uuid.UUID | str, lock: bool = False) -> Account:
    """The account of a public id; unknown and hidden ones alike are not found."""
    query = select(Account).where(Account.uuid == as_uuid(public)).options(joinedload(Account.owner))
    if lock:
        query = query.with_for_update(of=Account).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such account, or none that you may see.")
    return found


def _rows_query() -> Select[Any]:
    parent = aliased(Account)
    levels = {level: aliased(Region) for level in ("state", "county", "municipality")}
    columns: list[Any] = [Account, User.email, User.name, parent.uuid, Territory.uuid]
    columns += [region.country + literal_column("':'") + region.code for region in levels.values()]
    query: Select[Any] = select(*columns)
    query = (
        query.outerjoin(User, User.id == Account.owner_id)
        .outerjoin(parent, parent.id == Account.parent_id)
        .outerjoin(Territory, Territory.id == Account.territory_id)
    )
    for level, region in levels.items():
        query = query.outerjoin(region, region.id == getattr(Account, f"{level}_id"))
    return query


def _row(found: Sequence[Any], distance_metres: float | None = None) -> AccountRow:
    account, email, name, parent, territory, state, county, municipality = found[:8]
    regions = {"state": state, "county": county, "municipality": municipality}
    return AccountRow(account, email, name, parent, territory, regions, distance_metres)


def account_rows(
    session: Session, selection: Selection, sort: str, marker: str | None, per_page: int, is_large: bool | None = None
) -> Page[AccountRow]:
    """Accounts with everything that the API says of them."""
    found = _ids_page(session, selection, sort, marker, per_page, is_large)
    query = _rows_query()
    rows = {row[0].id: _row(row) for row in session.execute(query.where(Account.id.in_(found.rows)))}
    return Page([rows[key] for key in found.rows], found.previous, found.next)


def account_row(session: Session, account: Account) -> AccountRow:
    """One account, as it stands in this transaction, with everything that the API says of it."""
    query = _rows_query()
    return _row(session.execute(query.where(Account.id == account.id)).one())


def accounts_near(
    session: Session, selection: Selection, lon: float, lat: float, radius_metres: float, limit: int = 50
) -> list[AccountRow]:
    """Located accounts within so many metres of a point, the nearest first.

    Whole-number ranges of the grid key narrow the search: the one index that row-level security lets a scoped person
    use, for own rows and shared ones alike; the distance itself is taken on the spheroid.
    """
    tile = func.gcrm_tile_key
    ranges = [
        and_(Account.grid_key >= tile(z, x, y), Account.grid_key < tile(z, x, y) + 4 ** (30 - z))
        for z, x, y in covering_tiles(lon, lat, radius_metres)
    ]
    point = cast(func.ST_GeomFromEWKT(ewkt(lon, lat)), Geography)
    distance = func.ST_Distance(cast(Account.location, Geography), point).label("distance_metres")
    found = (
        select(Account.id, distance)
        .where(or_(*ranges), distance <= radius_metres, *selection.conditions())
        .order_by(distance, Account.id)
        .limit(limit)
        .subquery()
    )
    query = _rows_query()
    query = query.add_columns(found.c.distance_metres).join(found, found.c.id == Account.id)
    rows = session.execute(query.order_by(found.c.distance_metres, Account.id)).all()
    return [_row(row, round(row[8], 1)) for row in rows]


def children_of(session: Session, account: Account, limit: int = 20) -> list[Account]:
    query = select(Account).where(Account.parent_id == account.id).order_by(Account.name, Account.id).limit(limit)
    return list(session.scalars(query))


def parent_of(session: Session, account: Account) -> Account | None:
    """The parent, where the principal sees it."""
    return None if account.parent_id is None else session.scalar(select(Account).where(Account.id == account.parent_id))


def accounts_named(session: Session, words: str, limit: int = 10) -> list[Account]:
    """Accounts to choose from by some words of their name or address."""
    if not words.strip():
        return []
    query = Selection.parse({"q": words}).narrow(select(Account)).order_by(Account.name, Account.id).limit(limit)
    return list(session.scalars(query))


def people_named(session: Session, words: str, limit: int = 10) -> list[User]:
    """Active people whose name or address holds the words."""
    pattern = f"%{words.strip().replace('%', '').replace('_', '')}%"
    query = select(User).where(
        User.active, User.role != "system", or_(User.name.ilike(pattern), User.email.ilike(pattern))
    )
    return list(session.scalars(query.order_by(User.name, User.id).limit(limit)))


@dataclass(frozen=True)
class Names:
    """What the places of an account are called."""

    territory: str | None
    territory_uuid: uuid.UUID | None
    regions: list[tuple[str, str]]
    """Code and name, the finest first."""
    parent: Account | None


def names_round(session: Session, account: Account) -> Names:
    """The names of an account's territory, regions and parent."""
    territory = session.execute(
        select(Territory.name, Territory.uuid).where(Territory.id == account.territory_id)
    ).one_or_none()
    ids = [key for key in (account.municipality_id, account.county_id, account.state_id) if key is not None]
    rows = {
        row.id: row
        for row in session.execute(
            select(Region.id, Region.country, Region.code, Region.name).where(Region.id.in_(ids))
        )
    }
    regions = [(f"{rows[key].country}:{rows[key].code}", rows[key].name) for key in ids if key in rows]
    name, public = (territory.name, territory.uuid) if territory else (None, None)
    return Names(name, public, regions, parent_of(session, account))


def bounds_of_country(session: Session, country: str) -> list[float] | None:
    """West, south, east and north of most of a country, for a map that opens without an account; far islands are left out."""
    middle = func.ST_Centroid(Region.outline)
    low: ColumnElement[float] = literal_column("0.08")
    high: ColumnElement[float] = literal_column("0.92")
    x, y = func.ST_X(middle), func.ST_Y(middle)
    row = session.execute(
        select(
            func.percentile_cont(low).within_group(x), func.percentile_cont(low).within_group(y),
            func.percentile_cont(high).within_group(x), func.percentile_cont(high).within_group(y),
        ).where(Region.country == country, Region.level == "state")
    ).one()  # fmt: skip
    return None if row[0] is None else [row[0] - 1, row[1] - 1, row[2] + 1, row[3] + 1]


def next_due_on(account: Account) -> dt.date | None:
    """The day by which the next visit is due; None without a cadence, or when nobody was ever there."""
    if account.cadence_days is None or account.last_visited_on is None:
        return None
    return account.last_visited_on + dt.timedelta(days=account.cadence_days)


def things_on(session: Session, account: Account) -> list[str]:
    """Names of the tables in which something hangs on the account, found by the foreign keys, so that none is forgotten."""
    target = Account.__table__
    found = []
    for table in Model.metadata.sorted_tables:
        columns = [key.parent for key in table.foreign_keys if key.column.table is target]
        if not columns or table.name in PARTS:
            continue
        if session.scalar(select(exists().where(or_(*(column == account.id for column in columns))))):
            found.append(table.name)
    return found


def out_of_sight(session: Session, account: Account) -> bool:
    """Whether the principal will not see the account any more once this transaction is over."""
    if not db.is_scoped(session):
        return False
    seen = text(
        "SELECT coalesce(:owner = ANY (gcrm_visible_owners()), false) OR EXISTS (SELECT 1 FROM account_shares"
        " WHERE account_id = :account AND user_id = gcrm_principal() AND (until IS NULL OR until >= current_date - 1))"
    )
    return not session.scalar(seen, {"owner": account.owner_id, "account": account.id})


def owner_name(session: Session, account: Account) -> str | None:
    return session.scalar(select(User.name).where(User.id == account.owner_id)) if account.owner_id else None


def shared_with(session: Session, account: Account) -> list[User]:
    """People who see the account beside its owner, by name; whom it was lent to, until the loan is over."""
    query = select(User).join(AccountShare, AccountShare.user_id == User.id)
    query = query.where(or_(AccountShare.until.is_(None), AccountShare.until >= func.current_date() - 1))
    return list(session.scalars(query.where(AccountShare.account_id == account.id).order_by(User.name, User.id)))


def timeline(
    session: Session, account: Account, marker: str | None = None, per_page: int = TIMELINE_PER_PAGE
) -> Page[Touch]:
    """What happened at an account, the newest first."""
    query = select(Touch).where(Touch.account_id == account.id).options(joinedload(Touch.user))
    return page_of(session, query.order_by(Touch.at.desc(), Touch.id.desc()), per_page, marker)
