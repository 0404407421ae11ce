"""Reads for one solve of the days of one or more reps: what it is made from, and a run with its plans."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import fair_shares, nights_queries, queries, week
from gcrm.routing.day import Candidate, WorkDay
from gcrm.routing.fair_shares import AS_USUAL, Wanted
from gcrm.routing.models import DayPlan, PlanRun
from gcrm.routing.nights import Away
from gcrm.routing.problem import Group
from gcrm.routing.week import Built, Span, Wish
from gcrm.routing.weights import Facts, Weights, prize
from gcrm.visits import cadence

MOST_OF_A_REP = 400
"""Visits of one rep in a problem, the most valuable ones."""


@dataclass(frozen=True)
class Gathered:
    """What a run's plans are made from, and the due accounts that no map shows."""

    span: Span
    built: Built
    unplaced: dict[str, list[Candidate]]
    wanted: Wanted = AS_USUAL
    """Who may make whose visits, and how even the shares shall be."""


def run_by_uuid(session: Session, public: Any, kind: str | None = None) -> PlanRun:
    """A run with its plans."""
    query = (
        select(PlanRun)
        .where(PlanRun.uuid == public)
        .options(
            selectinload(PlanRun.asked_by),
            selectinload(PlanRun.plans).selectinload(DayPlan.stops),
            selectinload(PlanRun.plans).selectinload(DayPlan.rep),
        )
    )
    found = session.scalar(query.where(PlanRun.kind == kind) if kind else query)
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def plans_of(session: Session, run_id: int) -> Sequence[DayPlan]:
    """The days that a run plans."""
    return session.scalars(select(DayPlan).where(DayPlan.run_id == run_id)).all()


def gather(
    session: Session, asked: Sequence[tuple[User, list[dt.date]]], first: dt.date, days: int, wanted: Wanted = AS_USUAL
) -> Gathered:
    """The span of some reps with the days on which each works, and its problem."""
    last = first + dt.timedelta(days=days - 1)
    most = max(1, min(MOST_OF_A_REP, week.MOST_VISITS // max(1, len(asked))))
    works: list[WorkDay] = []
    wishes: list[Wish] = []
    groups: list[Group] = []
    unplaced: dict[str, list[Candidate]] = {}
    costs = []
    away: dict[str, Away] = {}
    for rep, on in asked:
        own = _Wishes(session, rep, on, first, last, {other.id for other, _ in asked})
        works += nights_queries.rested(session, rep, [queries.work_day(session, rep, day) for day in on])
        best = own.best(most)
        wishes += best
        if (stay := nights_queries.away_of(session, rep, on, best)) is not None:
            away[rep.email] = stay
        groups += own.groups.values()
        unplaced[rep.email] = own.unplaced
        costs.append(own.weights.driving_hour)
    wishes = _once(wishes)
    if wanted.is_shared:
        wishes = fair_shares.shared(
            wishes, {rep.email: rep.team_id for rep, _ in asked}, {rep.email: on for rep, on in asked}
        )
    named = {wish.group for wish in wishes}
    span = Span(
        tuple(works), tuple(wishes), tuple(g for g in groups if g.id in named), sum(costs) / len(costs) / 3600, away
    )
    return Gathered(span, week.build(span), unplaced, wanted)


def _once(wishes: list[Wish]) -> list[Wish]:
    """Leave out a visit that is only due where another rep must go to the same account anyway."""
    bound = {w.candidate.account_id: w.rep for w in wishes if w.candidate.is_must or w.candidate.starts_at is not None}
    return [w for w in wishes if bound.get(w.candidate.account_id, w.rep) == w.rep]


class _Wishes:
    """What one rep could visit in a span."""

    def __init__(
        self, session: Session, rep: User, on: list[dt.date], first: dt.date, last: dt.date, together: set[int]
    ) -> None:
        self.session, self.rep, self.on = session, rep, on
        self.zone = queries.zone_of(session, rep)
        self.weights: Weights = queries.weights_of(session, rep)
        self.found: dict[int, list[Wish]] = {}
        self.groups: dict[str, Group] = {}
        due = queries.due_accounts(session, rep, on[-1])
        self.deals = queries.open_deals(session, [account.id for account, _ in due])
        self.promised: dict[int, set[dt.date]] = {}
        for account_id, day in queries.promised_days(session, rep, on[0], on[-1]):
            self.promised.setdefault(account_id, set()).add(day)
        for account, _due in due:
            self.add_due(account)
        for task, account in queries.tasks_until(session, rep, on[-1]):
            self.add_task(task, account)
        elsewhere = queries.lent_out(session, rep, self.zone, first, last, together)
        for account_id in queries.settled(session, rep, first, last, self.zone) | elsewhere:
            self.found.pop(account_id, None)
        for visit, account in queries.appointments(session, rep, on[0], on[-1], self.zone):
            self.add_appointment(visit, account)
        for stop, account in queries.kept_stops(session, rep, on[0], on[-1]):
            self.keep(stop, account)
        every = [wish for each in self.found.values() for wish in each]
        self.placed = [w for w in every if not math.isnan(w.candidate.lon)]
        self.unplaced = [w.candidate for w in every if math.isnan(w.candidate.lon)]

    def best(self, most: int) -> list[Wish]:
        """The wishes that the planner looks at: whatever must be, then the most valuable."""
        order = sorted(
            self.placed,
            key=lambda w: (w.candidate.starts_at is None, not w.candidate.is_must, -w.candidate.prize, w.key),
        )
        return order[:most]

    def add_due(self, account: Account) -> None:
        """One wish for each visit that the cadence asks for in the span."""
        every = account.cadence_days or 1
        dues = {day: cadence.due(account.last_visited_on, every, day) for day in self.on}
        days = tuple(day for day, due in dues.items() if due.factor > 0)
        if not days:
            return
        lead = math.ceil(every * cadence.EARLY_SHARE)
        ago = None if account.last_visited_on is None else (self.on[0] - account.last_visited_on).days
        count, group = week.groups_of(f"a{account.id}", every, (self.on[-1] - self.on[0]).days + 1, ago, lead)
        usual = queries.candidate_of(account, self.weights, dues[days[len(days) // 2]], self.deals.get(account.id, 0.0))
        wishes = [
            Wish(
                f"a{account.id}",
                usual,
                self.rep.email,
                days,
                group.id if group else None,
                self._promises(account, dues),
            )
        ]
        again = replace(
            usual, prize=prize(self.weights, Facts(account.tier, 1.0)), why={"tier": account.tier, "every_days": every}
        )
        for number in range(1, count):
            earliest = days[0] + dt.timedelta(days=number * max(1, every - lead))
            later = tuple(day for day in days if day >= earliest)
            if later and group:
                wishes.append(Wish(f"a{account.id}.{number + 1}", again, self.rep.email, later, group.id))
        if len(wishes) > 1 and group:
            self.groups[group.id] = group
        else:
            wishes[0] = replace(wishes[0], group=None)
        self.found[account.id] = wishes

    def _promises(self, account: Account, dues: dict[dt.date, cadence.Due]) -> dict[dt.date, float] | None:
        """What the account is worth on the days for which its visit was promised."""
        return {
            day: queries.candidate_of(account, self.weights, dues[day], self.deals.get(account.id, 0.0), True).prize
            for day in sorted(self.promised.get(account.id, ()))
            if day in dues and dues[day].factor > 0
        } or None

    def add_task(self, task: Any, account: Account) -> None:
        """Somebody must go there, by the day on which the task is due where the span has one before it."""
        days = tuple(day for day in self.on if task.due_on is None or day <= task.due_on) or tuple(self.on)
        wish = self._wish(account)
        must = replace(wish.candidate, is_must=True, why={**wish.candidate.why, "task": task.title})
        self.found[account.id] = [replace(wish, candidate=must, days=days), *self.found.get(account.id, [])[1:]]

    def add_appointment(self, visit: Any, account: Account) -> None:
        day = visit.starts_at.astimezone(ZoneInfo(self.zone)).date()
        if day not in self.on:
            return
        wish = self._wish(account)
        fixed = replace(
            wish,
            key=f"v{visit.id}",
            candidate=queries.appointed(wish.candidate, visit, self.zone),
            days=(day,),
            prizes=None,
        )
        others = self.found.get(account.id, [])
        agreed = [w for w in others if w.candidate.starts_at is not None]
        self.found[account.id] = [*agreed, fixed, *[w for w in others[1:] if w.candidate.starts_at is None]]

    def keep(self, stop: Any, account: Account) -> None:
        """A person locked it or gave it a time: it stays on its day."""
        day = stop.day_plan.day
        if day not in self.on:
            return
        wish = self._wish(account)
        kept = replace(wish, candidate=queries.kept(wish.candidate, stop), days=(day,), prizes=None)
        self.found[account.id] = [kept, *self.found.get(account.id, [])[1:]]

    def _wish(self, account: Account) -> Wish:
        """The account's first wish; one of no more than its tier where none is due."""
        known = self.found.get(account.id)
        if known:
            return known[0]
        return Wish(f"a{account.id}", queries.candidate_of(account, self.weights), self.rep.email, tuple(self.on))
