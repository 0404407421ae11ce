"""Reads of opportunities: the board, the list, and what is to come by month and by region."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session, contains_eager, joinedload

from gcrm.core import db
from gcrm.core.errors import Invalid, NotFound
from gcrm.customers.models import Account, Touch
from gcrm.customers.queries import PER_PAGE, Page, page_of
from gcrm.customers.selecting import FIELDS
from gcrm.customers.selection import like
from gcrm.geography.models import Region
from gcrm.people.models import User
from gcrm.people.roles import ACTS
from gcrm.pipeline import forecast
from gcrm.pipeline.models import Opportunity, Stage

CARDS = 20
"""Cards of a column before “show more”."""
SETTLED_CARDS = 6
SETTLED_DAYS = 30
"""How long the board keeps what was won or lost."""
NONE = "none"
EARLIER = "earlier"
FAR = dt.date(9999, 12, 31)

WEIGHTED = (Opportunity.amount_minor * Stage.probability + 50) // 100
"""`forecast.weighted` in SQL."""


@dataclass(frozen=True)
class Wanted:
    """Which opportunities are meant; with `today` alone, all."""

    today: dt.date
    words: str | None = None
    owner: str | None = None
    """A person's UUID, `me` or `none`."""
    stage: uuid.UUID | None = None
    state: str | None = None
    """`open`, `won` or `lost`."""
    close: str | None = None
    """A month as 2026-12, `earlier` for months past, or `none`."""
    account: uuid.UUID | None = None
    region: str | None = None
    """As selections write it: us:48121."""
    territory: str | None = None
    currency: str | None = None

    @property
    def asks_accounts(self) -> bool:
        """Whether the account's columns are needed; the database itself keeps hidden accounts' sales away."""
        return bool(self.words or self.account or self.region or self.territory)

    def conditions(self) -> list[ColumnElement[bool]]:
        """On opportunities joined with their stage, and with their account where that is asked."""
        found = [
            _words(self.words) if self.words else None,
            _owner(self.owner) if self.owner else None,
            Stage.uuid == self.stage if self.stage else None,
            Stage.kind == self.state if self.state else None,
            _close(self.close, self.today) if self.close else None,
            Account.uuid == self.account if self.account else None,
            FIELDS["region"].compile((self.region,)) if self.region else None,
            FIELDS["territory"].compile((self.territory,)) if self.territory else None,
            Opportunity.currency == self.currency if self.currency else None,
        ]
        return [condition for condition in found if condition is not None]


@dataclass(frozen=True)
class Sum:
    """Sales of one currency together."""

    currency: str
    count: int
    amount_minor: int
    weighted_minor: int


@dataclass(frozen=True)
class Column:
    """A stage of the board: everything in it summed, its first cards."""

    stage: Stage
    sums: tuple[Sum, ...]
    cards: tuple[Opportunity, ...]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.sums)

    @property
    def rest(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True)
class MonthSum:
    """What may close in a month: its first day, or `earlier` for months past, or `none` for sales without a day."""

    month: dt.date | str
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class RegionSum:
    """What is under way in a region; `code` is None for accounts in no region."""

    name: str | None
    code: str | None
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Settled:
    """Sales settled since a day, in one currency."""

    currency: str
    won: int
    lost: int
    won_minor: int
    lost_minor: int

    @property
    def win_rate(self) -> float | None:
        return forecast.win_rate(self.won, self.lost)


def stages(session: Session) -> list[Stage]:
    return list(session.scalars(select(Stage).order_by(Stage.position, Stage.id)))


def stage_by_uuid(session: Session, public: uuid.UUID) -> Stage:
    found = session.scalar(select(Stage).where(Stage.uuid == public))
    if found is None:
        raise Invalid("There is no such stage.")
    return found


def known_opportunity(session: Session, public: uuid.UUID, lock: bool = False) -> Opportunity | None:
    """One opportunity with what its page names, if the principal sees such a one."""
    query = _whole().where(Opportunity.uuid == public)
    if lock:
        query = query.with_for_update(of=Opportunity).execution_options(populate_existing=True)
    return session.scalar(query)


def opportunity(session: Session, public: uuid.UUID, lock: bool = False) -> Opportunity:
    found = known_opportunity(session, public, lock)
    if found is None:
        raise NotFound("There is no such opportunity, or none that you may see.")
    return found


def opportunities_of(session: Session, account_id: int, limit: int = 20) -> list[Opportunity]:
    """An account's sales, those under way first, then the last settled."""
    query = _whole().where(Opportunity.account_id == account_id)
    order = (
        Opportunity.closed_at.is_not(None),
        Opportunity.closed_at.desc(),
        Opportunity.expected_close,
        Opportunity.id,
    )
    return list(session.scalars(query.order_by(*order).limit(limit)))


def accounts_of_late(session: Session, user_id: int, limit: int = 8) -> list[Account]:
    """The accounts at which a person did something last, for choosing from."""
    latest = (
        select(Touch.account_id, Touch.at).where(Touch.user_id == user_id).order_by(Touch.at.desc()).limit(20 * limit)
    ).subquery()
    query = (
        select(Account)
        .join(latest, latest.c.account_id == Account.id)
        .group_by(Account.id)
        .order_by(func.max(latest.c.at).desc(), Account.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def owners(session: Session) -> list[User]:
    """Those who may be named as owner: people who sell or lead, for a rep or manager within their own sight."""
    found = select(User).where(User.active, User.role.in_(ACTS["edit_pipeline"])).order_by(User.name, User.id)
    if db.is_scoped(session):
        found = found.where(User.id == func.any(text("(SELECT gcrm_visible_owners())::int[]")))
    return list(session.scalars(found))


def board(session: Session, wanted: Wanted, settled_since: dt.datetime, cards: int = CARDS) -> list[Column]:
    """Every stage with its sums and first cards; settled sales only of late."""
    sums, ids = _sums_and_first(session, wanted, settled_since, cards)
    first: dict[int, list[Opportunity]] = defaultdict(list)
    for card in sorted(session.scalars(_whole().where(Opportunity.id.in_(ids))), key=mark):
        first[card.stage_id].append(card)
    return [Column(stage, tuple(sums[stage.id]), tuple(first[stage.id])) for stage in stages(session)]


def _sums_and_first(
    session: Session, wanted: Wanted, settled_since: dt.datetime, cards: int
) -> tuple[dict[int, list[Sum]], list[int]]:
    """The sums of each stage and the ids of its first cards from one pass, so that sight is asked once."""
    place = case((Opportunity.closed_at.is_(None), _place("open")), else_=_place("settled")).label("place")
    found = (
        _joined(
            session,
            select(
                Opportunity.id, Opportunity.stage_id, Stage.kind, Opportunity.currency, Opportunity.amount_minor,
                WEIGHTED.label("weighted"), place,
            ),
            wanted,
        )
        .where(*wanted.conditions(), _still_shown(settled_since))
        .cte("found")
        .prefix_with("MATERIALIZED")
    )  # fmt: skip
    number = func.row_number().over(partition_by=found.c.stage_id, order_by=(found.c.place, found.c.id))
    ranked = select(found.c.id, found.c.stage_id, found.c.kind, number.label("number")).subquery()
    most = case((ranked.c.kind == "open", cards), else_=min(cards, SETTLED_CARDS))
    nothing = (null().label("currency"), null().label("count"), null().label("amount"), null().label("weighted"))
    first = select(ranked.c.stage_id, *nothing, ranked.c.id).where(ranked.c.number <= most)
    sums = select(
        found.c.stage_id, found.c.currency, func.count(), func.sum(found.c.amount_minor), func.sum(found.c.weighted),
        cast(null(), BigInteger).label("id"),
    ).group_by(found.c.stage_id, found.c.currency)  # fmt: skip
    parts: dict[int, list[Sum]] = defaultdict(list)
    ids: list[int] = []
    for stage_id, currency, count, amount, weighted, card in session.execute(sums.union_all(first)):
        if card is None:
            parts[stage_id].append(_sum_of((currency, count, amount, weighted)))
        else:
            ids.append(card)
    for stage_id in parts:
        parts[stage_id] = list(merged(parts[stage_id]))
    return parts, ids


def more_cards(
    session: Session,
    wanted: Wanted,
    stage: Stage,
    settled_since: dt.datetime,
    after: tuple[float, int],
    cards: int = CARDS,
) -> list[Opportunity]:
    """The cards of a stage that follow the one of the given mark."""
    place = _place(stage.kind)
    following = tuple_(place, Opportunity.id) > tuple_(literal(after[0], Double), literal(after[1], BigInteger))
    query = _whole().where(
        *wanted.conditions(), Opportunity.stage_id == stage.id, _still_shown(settled_since), following
    )
    return list(session.scalars(query.order_by(place, Opportunity.id).limit(cards)))


def mark(card: Opportunity) -> tuple[float, int]:
    """Where a card stands in its column."""
    return -card.closed_at.timestamp() if card.closed_at else card.rank, card.id


def _place(kind: str) -> ColumnElement[float]:
    """What a column is ordered by: the rank that people gave, or the last settled first."""
    if kind == "open":
        return Opportunity.rank.expression
    return -cast(func.extract("epoch", Opportunity.closed_at), Double)


def _still_shown(settled_since: dt.datetime) -> ColumnElement[bool]:
    return or_(Opportunity.closed_at.is_(None), Opportunity.closed_at >= settled_since)


ORDERS: dict[str, ColumnElement[Any]] = {
    "name": Opportunity.name.expression,
    "account": Account.name.expression,
    "stage": Stage.position.expression,
    "amount": Opportunity.amount_minor.expression,
    "close": func.coalesce(Opportunity.expected_close, FAR),
    "changed": Opportunity.updated_at.expression,
}
"""What the list sorts by, never null, so that pages go on by keyset."""
USUAL_ORDER = "close"


def listing(wanted: Wanted, sort: str | None = None) -> Select[Any]:
    """The list in a total order; `-amount` sorts downwards."""
    word = sort or USUAL_ORDER
    column = ORDERS.get(word.removeprefix("-"))
    if column is None:
        raise Invalid(
            f"“{word}” is no order. It is one of {', '.join(ORDERS)}, with - before it for the other way round."
        )
    order = (column, Opportunity.id)
    return _whole().where(*wanted.conditions()).order_by(*(each.desc() if word[0] == "-" else each for each in order))


def page(
    session: Session, wanted: Wanted, sort: str | None = None, marker: str | None = None, per_page: int = PER_PAGE
) -> Page[Opportunity]:
    return page_of(session, listing(wanted, sort), per_page, marker)


def totals(session: Session, wanted: Wanted) -> list[Sum]:
    """All of a list together, by currency."""
    return [_sum_of(row) for row in session.execute(_sums(session, wanted))]


def by_month(session: Session, wanted: Wanted) -> list[MonthSum]:
    """Open sales by the month of their expected close: earlier ones, months ahead even if empty, later ones, dayless."""
    start = forecast.month_of(wanted.today)
    month = cast(func.date_trunc("month", Opportunity.expected_close), Date)
    query = _sums(session, wanted, month).where(Stage.kind == "open").group_by(month)
    found: dict[dt.date | str, list[Sum]] = defaultdict(list)
    for first, *rest in session.execute(query):
        found[NONE if first is None else EARLIER if first < start else first].append(_sum_of(rest))
    known = {first for first in found if isinstance(first, dt.date)}
    months = sorted({*forecast.months_until(start, max(known, default=start)), *known})
    order: list[dt.date | str] = [*([EARLIER] if EARLIER in found else []), *months, *([NONE] if NONE in found else [])]
    return [MonthSum(month, merged(found[month])) for month in order]


def merged(sums: Sequence[Sum]) -> tuple[Sum, ...]:
    """One sum for each currency, the largest amount first."""
    parts: dict[str, list[Sum]] = defaultdict(list)
    for each in sums:
        parts[each.currency].append(each)
    whole = [
        Sum(
            currency, sum(s.count for s in found), sum(s.amount_minor for s in found),
            sum(s.weighted_minor for s in found),
        )
        for currency, found in parts.items()
    ]  # fmt: skip
    return tuple(sorted(whole, key=lambda each: (-each.weighted_minor, each.currency)))


REGION_COLUMNS = {"state": Account.state_id, "county": Account.county_id}


def by_region(session: Session, wanted: Wanted, level: str = "state", limit: int = 60) -> list[RegionSum]:
    """Open sales by the region in which their account lies, the largest first; those in no region at the end."""
    column = REGION_COLUMNS[level]
    query = (
        _sums(session, wanted, Region.name, func.concat(Region.country, ":", Region.code), column, with_account=True)
        .outerjoin(Region, Region.id == column)
        .where(Stage.kind == "open")
        .group_by(Region.name, Region.country, Region.code, column)
    )
    parts: dict[tuple[str | None, str | None], list[Sum]] = defaultdict(list)
    for name, code, region_id, *rest in session.execute(query):
        parts[(name, code) if region_id is not None else (None, None)].append(_sum_of(rest))
    outside = parts.pop((None, None), None)
    rows = [RegionSum(name, code, merged(sums)) for (name, code), sums in parts.items()]
    rows.sort(key=lambda row: (-row.sums[0].weighted_minor, row.name))
    return rows[:limit] + ([RegionSum(None, None, merged(outside))] if outside else [])


def settled(session: Session, wanted: Wanted, since: dt.datetime) -> list[Settled]:
    """What was won and lost since an instant, by currency."""

    def figures(kind: str) -> tuple[Any, Any]:
        chosen = Stage.kind == kind
        return func.count().filter(chosen), func.coalesce(func.sum(Opportunity.amount_minor).filter(chosen), 0)

    (won, won_minor), (lost, lost_minor) = figures("won"), figures("lost")
    query = (
        _joined(session, select(Opportunity.currency, won, lost, won_minor, lost_minor), wanted)
        .where(*wanted.conditions(), Opportunity.closed_at >= since, Stage.kind != "open")
        .group_by(Opportunity.currency)
        .order_by(won_minor.desc())
    )
    return [Settled(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in session.execute(query)]


def _joined(session: Session, query: Select[Any], wanted: Wanted, with_account: bool = False) -> Select[Any]:
    """Opportunities with their stage; with their account where it is asked, or where own accounts drive the search."""
    query = query.select_from(Opportunity).join(Opportunity.stage)
    needs_account = with_account or wanted.asks_accounts or db.is_scoped(session)
    return query.join(Opportunity.account) if needs_account else query


def _whole() -> Select[Opportunity]:
    """Opportunities with account, stage and owner in one statement."""
    return (
        select(Opportunity)
        .join(Opportunity.account)
        .join(Opportunity.stage)
        .options(
            contains_eager(Opportunity.account).load_only(
                Account.uuid, Account.name, Account.city, Account.status, Account.tier, Account.currency
            ),
            contains_eager(Opportunity.stage),
            joinedload(Opportunity.owner),
        )
    )


def _sums(session: Session, wanted: Wanted, *keys: Any, with_account: bool = False) -> Select[Any]:
    """Sums by currency, and by the keys once the caller groups by them too."""
    columns = (
        Opportunity.currency, func.count(), func.sum(Opportunity.amount_minor), func.sum(WEIGHTED),
    )  # fmt: skip
    query = _joined(session, select(*keys, *columns), wanted, with_account).where(*wanted.conditions())
    return query.group_by(Opportunity.currency).order_by(func.sum(WEIGHTED).desc(), Opportunity.currency)


def _sum_of(row: Sequence[Any]) -> Sum:
    currency, count, amount, weighted = row
    return Sum(currency, count, int(amount), int(weighted))


def _words(words: str) -> ColumnElement[bool]:
    """Every word stands in the name, the next step or the account's name."""
    return and_(
        *(
            or_(
                Opportunity.name.ilike(like(word)),
                Opportunity.next_step.ilike(like(word)),
                Account.name.ilike(like(word)),
            )
            for word in words.split()
        )
    )


def _owner(value: str) -> ColumnElement[bool]:
    if value == NONE:
        return Opportunity.owner_id.is_(None)
    if value == "me":
        return Opportunity.owner_id == func.gcrm_principal()
    try:
        public = uuid.UUID(value)
    except ValueError:
        raise Invalid(f"“{value}” names no owner.") from None
    return Opportunity.owner_id == select(User.id).where(User.uuid == public).scalar_subquery()


def _close(value: str, today: dt.date) -> ColumnElement[bool]:
    if value == NONE:
        return Opportunity.expected_close.is_(None)
    if value == EARLIER:
        return Opportunity.expected_close < forecast.month_of(today)
    try:
        first = dt.date.fromisoformat(f"{value}-01")
    except ValueError:
        raise Invalid(f"“{value}” is no month such as 2026-12.") from None
    return and_(Opportunity.expected_close >= first, Opportunity.expected_close < forecast.months_from(first, 2)[1])
