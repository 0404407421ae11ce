"""What the phone shows: the day, the next stop, a visit under way."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, selectinload

from gcrm.core import clock, talking
from gcrm.core.errors import NotFound
from gcrm.core.talking import Point
from gcrm.customers.models import Account, Contact, Touch
from gcrm.people.models import User
from gcrm.pipeline.models import Opportunity, Stage
from gcrm.routing import live_queries as live
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Task, Visit

OVER = ("done", "skipped")
DAYS_SHOWN = 7
MOST_CONTACTS = 3
MOST_LINES = 5
"""Of touches, deals and tasks of an account."""


@dataclass(frozen=True)
class Mark:
    """A day in the strip over the phone's page."""

    day: dt.date
    stops: int | None
    """None: nothing is published for it."""


@dataclass(frozen=True)
class Day:
    """One day of a rep as the phone shows it."""

    day: dt.date
    today: dt.date
    week: list[Mark]
    """Today and the days after it."""
    plan: DayPlan | None
    waiting: DayPlan | None
    """A plan that is being made, or that failed."""
    next_stop: Stop | None
    later: list[Stop]
    over: list[Stop]
    under_way: Visit | None
    """A visit outside the plan that was begun and not finished."""

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def done(self) -> int:
        return sum(stop.status == "done" for stop in self.over)

    @property
    def following(self) -> Mark | None:
        """The next day that has a plan."""
        return next((mark for mark in self.week if mark.day > self.day and mark.stops), None)


@dataclass(frozen=True)
class Briefing:
    """What a rep wants to know at the door."""

    account: Account | None
    contacts: list[Contact]
    touches: list[Touch]
    opportunities: list[Opportunity]
    tasks: list[Task]
    points: list[Point]
    """What else there is to talk about."""

    @classmethod
    def of_stand_in(cls, account: Any) -> Briefing:
        """For a page that a phone keeps for any account: a stand-in with words that the phone replaces, and nothing known."""
        return cls(account, [], [], [], [], [])


def day_of(session: Session, rep: User, day: dt.date | None = None) -> Day:
    today = clock.today(plans.zone_of(session, rep))
    shown = day or today
    plan = plans.published_plan(session, rep.id, shown)
    stops = list(plan.stops) if plan else []
    ahead = [stop for stop in stops if stop.status not in OVER]
    ahead.sort(key=lambda stop: (stop.status != "arrived", stop.position))
    return Day(
        day=shown, today=today, week=week(session, rep, today), plan=plan, waiting=plans.unfinished_plan(session, rep.id, shown), next_stop=ahead[0] if ahead else None,
        later=ahead[1:], over=[stop for stop in stops if stop.status in OVER], under_way=visit_under_way(session, rep, stops),
    )  # fmt: skip


def visit_under_way(session: Session, rep: User, stops: Sequence[Stop]) -> Visit | None:
    """A visit outside the plan that was begun and not finished."""
    return session.scalar(
        select(Visit)
        .where(
            Visit.user_id == rep.id, Visit.status == "arrived", Visit.arrived_at > clock.now() - dt.timedelta(hours=18)
        )
        .where(Visit.id.not_in([stop.visit_id for stop in stops if stop.visit_id]))
        .order_by(Visit.id.desc())
        .limit(1)
    )


def week(session: Session, rep: User, today: dt.date) -> list[Mark]:
    days = [today + dt.timedelta(days=n) for n in range(DAYS_SHOWN)]
    query = (
        select(DayPlan.day, func.count(Stop.id))
        .outerjoin(Stop, Stop.day_plan_id == DayPlan.id)
        .where(DayPlan.rep_id == rep.id, DayPlan.status == "published", DayPlan.day.between(days[0], days[-1]))
        .group_by(DayPlan.day)
    )
    planned = {row[0]: int(row[1]) for row in session.execute(query)}
    return [Mark(day, planned.get(day)) for day in days]


def own_stop(session: Session, rep: User, public: uuid.UUID) -> Stop:
    """A stop of one's own plan, on the version worked by; a manager does not check in for others."""
    stop = plans.stop_by_uuid(session, public)
    if stop.day_plan.rep_id != rep.id:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return live.current_stop(session, stop)


def own_visit(session: Session, rep: User, public: uuid.UUID) -> Visit:
    found = session.scalar(
        select(Visit).where(Visit.uuid == public, Visit.user_id == rep.id).options(selectinload(Visit.account))
    )
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def stop_of_visit(session: Session, visit: Visit) -> Stop | None:
    return session.scalar(select(Stop).where(Stop.visit_id == visit.id).order_by(Stop.id.desc()).limit(1))


def account_of_stop(session: Session, stop: Stop | None) -> uuid.UUID | None:
    """The public id of a stop's account; None where it is out of sight by now."""
    return session.scalar(select(Account.uuid).where(Account.id == stop.account_id)) if stop is not None else None


def account_by_uuid(session: Session, public: uuid.UUID) -> Account:
    found = session.scalar(select(Account).where(Account.uuid == public))
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def briefing(session: Session, account_id: int) -> Briefing:
    """Whom to ask for, what was last, what is open; nothing for an account that is out of sight by now."""
    return briefings(session, [account_id])[account_id]


def briefings(session: Session, account_ids: Sequence[int]) -> dict[int, Briefing]:
    """The same for many accounts, in a fixed number of statements."""
    accounts = {one.id: one for one in session.scalars(select(Account).where(Account.id.in_(account_ids)))}
    contacts = _firsts(session, Contact, accounts, MOST_CONTACTS, Contact.is_primary.desc(), Contact.id)
    touches = _firsts(session, Touch, accounts, MOST_LINES, Touch.at.desc(), Touch.id.desc())
    is_open = Opportunity.stage_id.in_(select(Stage.id).where(Stage.kind == "open"))
    deals = _firsts(
        session, Opportunity, accounts, MOST_LINES, Opportunity.amount_minor.desc(), Opportunity.id, where=is_open
    )
    tasks = _firsts(session, Task, accounts, MOST_LINES, Task.due_on, Task.id, where=Task.done_at.is_(None))
    points = talking.points(session, list(accounts))
    return {
        number: Briefing(
            accounts.get(number),
            contacts[number],
            touches[number],
            deals[number],
            tasks[number],
            points.get(number, []),
        )
        for number in account_ids
    }


def _firsts(
    session: Session, model: Any, account_ids: Collection[int], limit: int, *order: Any, where: Any = None
) -> defaultdict[int, list[Any]]:
    """The first rows of each account in an order."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if not account_ids:
        return found
    place = func.row_number().over(partition_by=model.account_id, order_by=order).label("place")
    ranked = (
        select(model.id, place).where(model.account_id.in_(account_ids), true() if where is None else where).subquery()
    )
    query = select(model).join(ranked, ranked.c.id == model.id).where(ranked.c.place <= limit)
    for row in session.scalars(query.order_by(model.account_id, ranked.c.place)):
        found[row.account_id].append(row)
    return found
