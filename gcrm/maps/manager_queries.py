"""Reads of the manager's map pages: sums over accounts by region, owner and tier in one statement, and what is behind them.

Each sum is what the list shows under the same selection: the conditions are those of the selection's fields.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, cast, false, func, literal_column, select, union_all
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from gcrm.core import db
from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography.models import Region
from gcrm.maps.manager_pages import Named
from gcrm.maps.standing import Standing, Visits
from gcrm.people.models import User
from gcrm.pipeline.models import Opportunity, Stage
from gcrm.pipeline.queries import WEIGHTED, Sum
from gcrm.territories.models import Territory
from gcrm.visits.models import Visit
from gcrm.visits.queries import of_own_people
from gcrm.visits.selection import DUE_ON, TODAY, has_cadence, is_overdue

SPAN = dt.timedelta(days=30)
REGIONS: dict[str, Any] = {
    "county": Account.county_id,
    "state": Account.state_id,
    "municipality": Account.municipality_id,
    "territory": Account.territory_id,
}


@dataclass(frozen=True)
class Standings:
    """The same accounts by region, and where asked by owner and by tier; None is no region, nobody, no tier."""

    regions: dict[int | None, Standing]
    owners: dict[int | None, Standing]
    tiers: dict[str | None, Standing]

    @property
    def total(self) -> Standing:
        return sum(self.regions.values(), Standing())


@dataclass(frozen=True)
class Waiting:
    """An account whose last visit is long ago."""

    uuid: uuid.UUID
    name: str
    last_visited_on: dt.date


def standings(
    session: Session, selection: Selection, level: str, currency: str, sums: Collection[str], also: Sequence[str] = ()
) -> Standings:
    """The accounts of a selection by region of a level, and by `owner` and `tier` where they are asked for.

    Only the named sums of a `Standing` are made, and grouped by all keys at once: a pass over a million accounts pays for each of
    them. The few rows that come of it are then added up by each key.
    """
    if level not in REGIONS:
        raise Invalid(f"“{level}” is no level. It is one of {', '.join(REGIONS)}.")
    seen = _seen(session, selection, level, currency).subquery("seen")
    names = ("region", *also)
    keys = [seen.c[name] for name in names]
    wanted = [figure.label(name) for name, figure in _sums(seen.c).items() if name in sums]
    parts = select(*keys, *wanted).group_by(*keys).cte("parts").prefix_with("MATERIALIZED")
    again = [parts.c[name] for name in names]
    query = select(func.grouping(*again), *again, *(func.gcrm_sum(parts.c[each.name]) for each in wanted)).group_by(
        func.grouping_sets(*again)
    )
    found = Standings({}, {}, {})
    by_name: dict[str, dict[Any, Standing]] = {"region": found.regions, "owner": found.owners, "tier": found.tiers}
    for mark, *row in session.execute(query):
        # GROUPING has a bit for each key that a row is not grouped by, the first key's the highest.
        (place,) = (number for number in range(len(names)) if not mark >> (len(names) - 1 - number) & 1)
        figures = {each.name: int(figure) for each, figure in zip(wanted, row[len(names) :], strict=True)}
        by_name[names[place]][row[place]] = Standing(**figures)
    return found


def _seen(session: Session, selection: Selection, level: str, currency: str) -> Select[Any]:
    """What the sums ask of each account, all of it in one covering index."""
    query = selection.narrow(
        select(
            REGIONS[level].label("region"), Account.owner_id.label("owner"), Account.tier.label("tier"), Account.status.label("status"),
            Account.annual_value_minor.label("value"), Account.potential_minor.label("potential"), (Account.currency == currency).label("ours"),
            has_cadence().label("promised"), is_overdue().label("overdue"), and_(has_cadence(), DUE_ON >= TODAY).label("in_time"),
            Account.last_visited_on.label("visited_on"),
        )
    )  # fmt: skip
    return _by_owner_and_share(session, query)


def _by_owner_and_share(session: Session, query: Select[Any]) -> Select[Any]:
    """A scoped person's own part read by owner, along the covering index, and the shared one by id.

    The policy joins both by OR, for which every row would be fetched from the table.
    """
    if not db.is_scoped(session):
        return query
    own = Account.owner_id == func.any(literal_column("(SELECT gcrm_visible_owners())::int[]"))
    shared = Account.id == func.any(literal_column("(SELECT gcrm_shared_accounts())::bigint[]"))
    both = union_all(query.where(own), query.where(shared, func.coalesce(own, false()).is_(False))).subquery("both")
    return select(*both.c)


def _sums(row: Any) -> dict[str, Any]:
    """Each field of a `Standing` under its name."""
    is_prospect, is_known = row.status == "prospect", row.potential.is_not(None)
    amount = func.coalesce(row.value, row.potential)
    return {
        "accounts": func.count(),
        "customers": func.count().filter(row.status == "customer"),
        "prospects": func.count().filter(is_prospect),
        "value_minor": func.gcrm_sum(row.value).filter(row.ours),
        "potential_minor": func.gcrm_sum(row.potential).filter(row.ours),
        "sold_minor": func.gcrm_sum(row.value).filter(row.ours, is_known),
        "prospects_minor": func.gcrm_sum(row.potential).filter(row.ours, is_prospect),
        "promised": func.count().filter(row.promised),
        "in_time": func.count().filter(row.in_time),
        "overdue": func.count().filter(row.overdue),
        "never": func.count().filter(row.overdue, row.visited_on.is_(None)),
        "overdue_minor": func.gcrm_sum(row.value).filter(row.overdue, row.ours),
        "other_currencies": func.count(amount).filter(~row.ours),
    }


def pipeline(session: Session, selection: Selection, currency: str) -> Sum:
    """The open opportunities with the accounts of a selection."""
    columns: tuple[Any, ...] = (func.count(), func.sum(Opportunity.amount_minor), func.sum(WEIGHTED))
    query = select(*columns).select_from(Opportunity).join(Opportunity.stage)
    query = query.where(Stage.kind == "open", Opportunity.currency == currency)
    if selection or db.is_scoped(session):
        query = selection.narrow(query.join(Opportunity.account))
    count, amount, weighted = session.execute(query).one()
    return Sum(currency, count, int(amount or 0), int(weighted or 0))


def visits(session: Session, selection: Selection, by: str, now: dt.datetime) -> dict[int | None, Visits]:
    """Visits made by one's people in the last 30 days and the 30 before, by region of the account or by who made them."""
    key = Visit.user_id if by == "owner" else REGIONS[by]
    recent = Visit.finished_at >= now - SPAN
    query: Select[Any] = (
        select(key, func.count().filter(recent), func.count().filter(~recent))
        .select_from(Visit)
        .where(Visit.finished_at >= now - 2 * SPAN, Visit.finished_at <= now, of_own_people(session))
        .group_by(key)
    )
    if by != "owner" or selection:
        query = selection.narrow(query.join(Account, Account.id == Visit.account_id))
    return {row[0]: Visits(row[1], row[2]) for row in session.execute(query)}


def longest_unvisited(session: Session, selection: Selection) -> Waiting | None:
    """The overdue account that was visited once, and longest ago; found along an index alone, then read."""
    last = func.coalesce(Account.last_visited_on, literal_column("'0001-01-01'::date"))
    columns: tuple[Any, ...] = (Account.id, last.label("last"), Account.owner_id.label("owner"))
    once = selection.narrow(select(*columns).where(is_overdue(), last > literal_column("'0001-01-01'::date")))
    found = _by_owner_and_share(session, once).subquery("found")
    first = select(found.c.id).order_by(found.c.last, found.c.id).limit(1).scalar_subquery()
    row = session.execute(
        select(Account.uuid, Account.name, Account.last_visited_on).where(Account.id == first)
    ).one_or_none()
    return Waiting(row.uuid, row.name, row.last_visited_on) if row and row.last_visited_on else None


def named(session: Session, by: str, ids: Collection[int | None]) -> dict[int, Named]:
    """Regions, territories or people by their id."""
    wanted = [each for each in ids if each is not None]
    rows: Sequence[Any]
    if by == "owner":
        rows = session.execute(select(User.id, User.uuid, User.name).where(User.id == func.any(wanted))).all()
        return {row.id: Named("owner", str(row.uuid), row.name) for row in rows}
    if by == "territory":
        columns = (Territory.id, cast(Territory.uuid, Text).label("code"), Territory.name)
        rows = session.execute(select(*columns).where(Territory.id == func.any(wanted))).all()
        return {row.id: Named("territory", row.code, row.name, "territory", row.code) for row in rows}
    rows = session.execute(
        select(Region.id, Region.country, Region.code, Region.name).where(Region.id == func.any(wanted))
    ).all()
    return {row.id: Named("region", f"{row.country}:{row.code}", row.name, row.country, row.code) for row in rows}
