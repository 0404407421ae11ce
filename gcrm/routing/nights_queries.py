"""Reads for nights away: hotels, who may stay in them when, and the nights of the days beside a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from gcrm.core.errors import NotFound
from gcrm.core.geo import lon_lat
from gcrm.people.models import User
from gcrm.routing import nights
from gcrm.routing.day import WorkDay
from gcrm.routing.models import DayPlan, Hotel, NightRule
from gcrm.routing.nights import Away, Night, Rule
from gcrm.routing.week import Wish

DAY = dt.timedelta(days=1)
STANDING = ("ready", "published")
"""Plans that count beside others."""


def hotels(session: Session) -> list[Hotel]:
    """The hotels in sight, everybody's first."""
    query = (
        select(Hotel)
        .where(Hotel.removed_at.is_(None))
        .outerjoin(User, User.id == Hotel.user_id)
        .options(selectinload(Hotel.user))
        .order_by(Hotel.user_id.is_not(None), User.name, Hotel.name, Hotel.id)
    )
    return list(session.scalars(query))


def hotel_by_uuid(session: Session, public: UUID) -> Hotel:
    """A hotel, a removed one too."""
    found = session.scalar(select(Hotel).where(Hotel.uuid == public).options(selectinload(Hotel.user)))
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def hotels_for(session: Session, rep: User) -> list[nights.Hotel]:
    """The hotels that a rep may sleep in: everybody's and the own ones."""
    query = select(Hotel).where(Hotel.removed_at.is_(None), or_(Hotel.user_id.is_(None), Hotel.user_id == rep.id))
    return [
        nights.Hotel(str(h.uuid), h.name, *lon_lat(h.location), h.address, h.phone, h.extra_minutes)
        for h in session.scalars(query.order_by(Hotel.id))
    ]


def rule_row(session: Session, user_id: int | None) -> NightRule | None:
    return session.scalar(select(NightRule).where(NightRule.user_id.is_not_distinct_from(user_id)))


def rules(session: Session) -> dict[int | None, Rule]:
    """The rules in sight by rep; None: everybody's, with no evening where nobody said any."""
    found: dict[int | None, Rule] = {None: Rule()}
    return found | {row.user_id: _rule(row) for row in session.scalars(select(NightRule))}


def rule_of(session: Session, rep: User) -> Rule:
    """What holds for a rep: the own rule, else everybody's."""
    known = or_(NightRule.user_id == rep.id, NightRule.user_id.is_(None))
    row = session.scalar(select(NightRule).where(known).order_by(NightRule.user_id.is_(None)).limit(1))
    return Rule() if row is None else _rule(row)


def _rule(row: NightRule) -> Rule:
    return Rule(tuple(row.weekdays), row.saving_minutes)


def away_of(session: Session, rep: User, days: Collection[dt.date], wishes: Sequence[Wish]) -> Away | None:
    """Where and when a rep may stay away in some working days with these wishes; None: never."""
    rule = rule_of(session, rep)
    evenings = rule.evenings(days)
    if not evenings or rep.home is None:
        return None
    spots = [(wish.candidate.lon, wish.candidate.lat, wish.candidate.prize) for wish in wishes]
    chosen = nights.sensible(hotels_for(session, rep), lon_lat(rep.home), spots, rule.saving_minutes)
    return Away(chosen, evenings, rule.saving_minutes) if chosen else None


# -- the days beside -------------------------------------------------------------------------------------------------


def rested(session: Session, rep: User, works: Sequence[WorkDay]) -> list[WorkDay]:
    """The days with the nights before and after them that the standing plans of the days beside have already."""
    days = {work.day for work in works}
    beside = nights_of(session, rep.id, {day + step for day in days for step in (DAY, -DAY)} - days)

    def rest(work: WorkDay) -> WorkDay:
        before, after = beside.get(work.day - DAY, (None, None))[1], beside.get(work.day + DAY, (None, None))[0]
        if work.home is None or not (before or after):
            return work
        return replace(work, night_before=_from(before, work.home), night_after=_from(after, work.home))

    return [rest(work) for work in works]


def _from(night: Night | None, home: nights.Point) -> Night | None:
    return None if night is None else replace(night, home=home, saved_seconds=0)


def nights_of(
    session: Session, rep_id: int, days: Collection[dt.date], like: str | None = None
) -> dict[dt.date, tuple[Night | None, Night | None]]:
    """The nights before and after each of some days by its newest standing plan, for days that have one.

    A plan of the status `like` goes before a newer one: days that are worked by are compared with each other.
    """
    query = (
        select(DayPlan.day, DayPlan.night_before, DayPlan.night_after)
        .where(DayPlan.rep_id == rep_id, DayPlan.day.in_(days), DayPlan.status.in_(STANDING))
        .order_by(DayPlan.status == (like or ""), DayPlan.id)
    )
    return {row.day: (nights.read(row.night_before), nights.read(row.night_after)) for row in session.execute(query)}


def saved_together(session: Session, plan: DayPlan) -> int | None:
    """What the night after a day saves on both of its days; None where the next day does not begin there."""
    night = plan.evening
    if night is None:
        return None
    next_day = plan.day + DAY
    morning, _ = nights_of(session, plan.rep_id, [next_day], plan.status).get(next_day, (None, None))
    return night.saved_seconds + morning.saved_seconds if morning is not None and morning.hotel == night.hotel else None


def torn(session: Session, plan: DayPlan) -> list[tuple[dt.date, Night | None, Night | None]]:
    """Days beside a plan that disagree with it about the night between: the day, what it says, what the plan says."""
    if plan.status not in STANDING:
        return []
    yesterday, tomorrow = plan.day - DAY, plan.day + DAY
    beside = nights_of(session, plan.rep_id, [yesterday, tomorrow], plan.status)
    pairs = [(yesterday, beside[yesterday][1], plan.morning)] if yesterday in beside else []
    pairs += [(tomorrow, beside[tomorrow][0], plan.evening)] if tomorrow in beside else []
    return [(day, said, own) for day, said, own in pairs if (said and said.hotel) != (own and own.hotel)]
