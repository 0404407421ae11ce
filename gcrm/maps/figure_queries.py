"""What each figure of the region map counts and adds up, as parts of one SQL statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    cast,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.customers.models import Account
from gcrm.maps.metrics import Metric
from gcrm.maps.periods import Period, months_to
from gcrm.people import queries as people
from gcrm.pipeline.models import Opportunity, Stage
from gcrm.visits.models import Visit
from gcrm.visits.selection import has_cadence, is_overdue

NOTHING: ColumnElement[Any] = literal_column("0::bigint")
TRUE: ColumnElement[bool] = literal_column("true")
FALSE: ColumnElement[bool] = literal_column("false")

Joined = Callable[[Select[Any]], Select[Any]]


@dataclass(frozen=True)
class Measure:
    """The aggregates of one figure over accounts, or over opportunities joined to their accounts."""

    count: ColumnElement[Any]
    """What the figure is about: accounts of the status, opportunities, the cases of a share."""
    amount: ColumnElement[Any] = NOTHING
    base: ColumnElement[Any] = NOTHING
    unplaced: ColumnElement[Any] = NOTHING
    """Of the count, what has no place."""
    other_currencies: ColumnElement[Any] = NOTHING
    """Amounts that are in no sum."""
    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    joined: Joined = lambda query: query.select_from(Account)
    also: Measure | None = None
    """What is to be added, where it is faster asked beside."""

    @property
    def parts(self) -> list[Measure]:
        return [self, *(self.also.parts if self.also else ())]


def measure(session: Session, metric: Metric, currency: str, period: Period | None) -> Measure:
    """The aggregates of a metric; a timed one is of the period, by default of its months up to today."""
    if metric.of == "opportunities":
        return _of_opportunities(session, metric, currency, period)
    if metric.word == "in_time":
        return _visited_in_time(session, period)
    return _of_accounts(metric, currency)


def _measured(counted: ColumnElement[bool], **more: Any) -> Measure:
    unplaced = func.count().filter(counted, Account.grid_key.is_(None))
    return Measure(count=func.count().filter(counted), unplaced=unplaced, **more)


def _total(amount: Any, *only: Any) -> ColumnElement[Any]:
    """A sum over the rows that fulfil the conditions, 0 over none."""
    return func.coalesce(func.sum(amount).filter(*only), 0)


# -- accounts ----------------------------------------------------------------------------------------------------------


def _of_accounts(metric: Metric, currency: str) -> Measure:
    counted = Account.status == metric.status if metric.status else TRUE
    if not metric.amount:
        return _measured(counted)
    value = func.coalesce(Account.annual_value_minor, 0)
    sums: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "value": (Account.annual_value_minor, counted),
        "potential": (Account.potential_minor, counted),
        "white_space": (Account.potential_minor - value, counted),
        "overdue_value": (Account.annual_value_minor, is_overdue()),
    }
    amount, counted = sums[metric.amount]
    foreign = Account.currency != currency if currency else FALSE
    if metric.base:
        counted = and_(Account.potential_minor.is_not(None), not_(foreign))
    return _measured(
        counted,
        amount=_total(amount, counted, not_(foreign)),
        base=_total(sums[metric.base][0], counted, not_(foreign)) if metric.base else NOTHING,
        other_currencies=func.count(amount).filter(foreign, *([] if metric.base else [counted])),
    )


# -- visits ------------------------------------------------------------------------------------------------------------


def _visited_in_time(session: Session, period: Period | None) -> Measure:
    """Accounts with a cadence that were visited within it, today or on the last day of a period."""
    with_cadence = has_cadence()
    if period is None or period.last >= people.today(session):
        return _in_time(with_cadence, func.count().filter(with_cadence, not_(is_overdue())))
    usual = people.the_organisation(session).timezone
    _begin, end = period.instants(usual)

    def is_due_later(finished: Any) -> ColumnElement[bool]:
        due_on = cast(func.timezone(func.coalesce(Account.timezone, usual), finished), Date) + Account.cadence_days
        return func.coalesce(due_on >= period.last, FALSE)

    if db.is_scoped(session):
        newest, joined = _last_met(end)
        return _in_time(with_cadence, func.count().filter(with_cadence, is_due_later(newest)), joined)
    met = select(Visit.id).where(*_met_before(end), Visit.finished_at >= _longest_before(session, end))
    in_time = met.where(Visit.account_id == Account.id, is_due_later(Visit.finished_at)).exists()
    return replace(
        _in_time(with_cadence, NOTHING), also=Measure(NOTHING, func.count(), conditions=[with_cadence, in_time])
    )


def _in_time(with_cadence: ColumnElement[bool], number: ColumnElement[Any], joined: Joined | None = None) -> Measure:
    """The cases of the share are the accounts with a cadence."""
    more = {"joined": joined} if joined else {}
    return _measured(with_cadence, amount=number, base=func.count().filter(with_cadence), **more)


def _met_before(end: Any) -> list[ColumnElement[bool]]:
    """Visits that count for a cadence; in the words of the index that holds them."""
    return [
        literal_column("visits.status = 'done' AND visits.outcome IS DISTINCT FROM 'not_met'"),
        Visit.finished_at < end,
    ]


def _longest_before(session: Session, end: dt.datetime) -> dt.datetime:
    """No visit before it is in time for any account; read first, so that the planner knows how many visits there are since."""
    longest = session.scalar(select(func.max(Account.cadence_days)).where(Account.cadence_days.is_not(None)))
    return end - dt.timedelta(days=(longest or 0) + 2)


def _last_met(end: Any) -> tuple[ColumnElement[Any], Joined]:
    """When an account was last visited before an instant, looked up for each by its index.

    For who sees few accounts, whose visits a policy guards; for who sees all, a join with the visits of the longest cadence
    is faster.
    """
    newest = select(func.max(Visit.finished_at)).where(Visit.account_id == Account.id, *_met_before(end))
    looked_up = newest.correlate(Account).lateral("looked_up")
    return looked_up.c[0], lambda query: query.select_from(Account).outerjoin(looked_up, TRUE)


# -- opportunities -----------------------------------------------------------------------------------------------------


def _of_opportunities(session: Session, metric: Metric, currency: str, period: Period | None) -> Measure:
    """Open ones as they stand; settled ones of the period, for a change also those of the time before."""
    now, before = _spans(session, period or months_to(people.today(session), metric.months or 1))
    amount = cast(Opportunity.amount_minor, BigInteger)
    foreign = Opportunity.currency != currency if currency else FALSE
    others = func.count().filter(foreign)
    if metric.amount == "open":
        return _sales([Stage.kind == "open"], _total(amount, not_(foreign)), others=others)
    if metric.amount == "won_number":
        won = func.count().filter(Stage.kind == "won")
        return _sales([Stage.kind.in_(("won", "lost")), now], won, func.count())
    if metric.base:
        both = [Stage.kind == "won", now | before]
        return _sales(both, _total(amount, not_(foreign), now), _total(amount, not_(foreign), before), others)
    return _sales([Stage.kind == "won", now], _total(amount, not_(foreign)), others=others)


def _sales(
    conditions: list[ColumnElement[bool]], amount: ColumnElement[Any], base: ColumnElement[Any] = NOTHING,
    others: ColumnElement[Any] = NOTHING,
) -> Measure:  # fmt: skip
    return _measured(
        TRUE, amount=amount, base=base, other_currencies=others, conditions=conditions, joined=_with_accounts
    )


def _with_accounts(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(Opportunity)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .join(Account, Account.id == Opportunity.account_id)
    )


def _spans(session: Session, wanted: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Settled in the period, and in the one before."""
    timezone = people.the_organisation(session).timezone

    def within(span: Period) -> ColumnElement[bool]:
        begin, end = span.instants(timezone)
        return and_(Opportunity.closed_at >= begin, Opportunity.closed_at < end)

    return within(wanted), within(wanted.before)
