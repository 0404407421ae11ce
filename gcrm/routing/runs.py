"""One solve for the days of one or more reps: what it is made from, its progress, and the plans that come of it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from gcrm.core import clock
from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import apart, check, fair_services, fair_shares, nights_queries, queries, services, week
from gcrm.routing.apart import GoOn
from gcrm.routing.day import Candidate, WorkDay
from gcrm.routing.fair_shares import AS_USUAL, Chosen, Wanted
from gcrm.routing.models import DayPlan, PlanRun
from gcrm.routing.nights import Away
from gcrm.routing.problem import Group, Problem
from gcrm.routing.solution import Solution
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


def begin(session: Session, run: PlanRun) -> Gathered:
    """Gather the span and write its one problem."""
    run.status, run.started_at = "solving", clock.now()
    plans = session.scalars(select(DayPlan).where(DayPlan.run_id == run.id)).all()
    for plan in plans:
        plan.status = "solving"
    session.flush()
    days: dict[int, list[dt.date]] = {}
    for plan in plans:
        days.setdefault(plan.rep_id, []).append(plan.day)
    reps = [session.get_one(User, rep_id) for rep_id in run.rep_ids if rep_id in days]
    wanted = fair_shares.read(run.options)
    return gather(session, [(rep, sorted(days[rep.id])) for rep in reps], run.first_day, run.days, wanted)


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
        day = visit.starts_at.astimezone(_zone(self.zone)).date()
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


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def solve(gathered: Gathered, seconds: float, seed: int, go_on: GoOn) -> Chosen:
    """Solve in a process of its own and check; no transaction is open meanwhile."""
    full = services.with_travel(gathered.built.problem)
    if not gathered.wanted.is_priced:
        return Chosen(
            *_solved(gathered.built, full, seconds, lambda problem, most: apart.solve(problem, most, seed, go_on)), None
        )
    with apart.planner(_steady(go_on)) as planner:
        each = seconds / fair_shares.SOLVES
        return fair_shares.choose(
            full, gathered.wanted,
            lambda given: _solved(gathered.built, given, each, lambda problem, most: planner.solve(problem, most, seed)),
            planner.balanced,
            planner.recombined,
        )  # fmt: skip


def _solved(
    built: Built, problem: Problem, seconds: float, search: Callable[[Problem, float], Solution]
) -> tuple[Problem, Solution]:
    """Search and check, again where a night away does not pay."""
    narrow, solution = week.worthwhile(built, problem, lambda given, share: search(given, share * seconds))
    check.must_hold(narrow, solution)
    return narrow, solution


def _steady(go_on: GoOn) -> GoOn:
    """Go on telling the best value of one solve while the next has none yet."""
    best: float | None = None

    def told(steps: int, value: float | None) -> bool:
        nonlocal best
        best = value if best is None else best if value is None else max(best, value)
        return go_on(steps, best)

    return told


def save(
    session: Session, run: PlanRun, gathered: Gathered, problem: Problem, solution: Solution,
    shares: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Keep each day of a checked solution as a plan that is checked by itself too; `shares` are the prices of fair ones."""
    plans = {
        (plan.rep.email, plan.day): plan for plan in session.scalars(select(DayPlan).where(DayPlan.run_id == run.id))
    }
    first: set[str] = set()
    for day in week.days(gathered.span, gathered.built, problem, solution):
        check.must_hold(day.problem, day.solution)
        mine = [w for w in gathered.built.wishes.values() if day.work.rep in (w.rep, *w.others)]
        wishes = {wish.key: wish.candidate for wish in mine}
        unplaced = [] if day.work.rep in first else gathered.unplaced.get(day.work.rep, [])
        first.add(day.work.rep)
        plan = plans[day.work.rep, day.work.day]
        services.keep_plan(session, plan, day.work, day.problem, day.solution, wishes, unplaced)
        fair_services.lend(session, plan)
    run.status, run.finished_at = "done", clock.now()
    run.steps, run.value, run.seed = solution.steps, solution.objective, solution.seed
    run.figures = _figures(problem, solution) | {"shares": shares, "is_shared": gathered.wanted.is_shared}
    run.figures["candidates"] = len({wish.key for wish in gathered.built.wishes.values()})
    run.figures |= fair_shares.measured(gathered.built.problem, solution, run.figures["reps"])
    session.flush()


def _figures(problem: Problem, solution: Solution) -> dict[str, Any]:
    shifts = {shift.id: shift for shift in problem.shifts}
    reps: dict[str, dict[str, Any]] = {}
    prizes = {visit.id: visit.prize for visit in problem.visits}
    for shift in problem.shifts:
        reps.setdefault(shift.rep or "", {"visits": 0, "travel_seconds": 0, "prize": 0.0, "work_seconds": 0})
    for route in solution.routes:
        own = reps[shifts[route.shift].rep or ""]
        own["visits"] += len(route.stops)
        own["travel_seconds"] += route.travel_seconds
        own["work_seconds"] += route.return_at - route.leave
        own["prize"] = round(own["prize"] + sum(prizes[stop.visit] for stop in route.stops), 3)
    return {
        "visits": sum(len(route.stops) for route in solution.routes), "candidates": len(problem.visits),
        "shifts": len(problem.shifts), "travel_seconds": solution.travel_seconds, "travel_metres": solution.travel_metres,
        "prize": solution.prize, "objective": solution.objective, "bound": solution.bound, "status": solution.status,
        "engine": solution.engine, "solve_seconds": solution.solve_seconds, "reps": reps,
    }  # fmt: skip


def note_progress(session: Session, run_id: int, steps: int, value: float | None) -> bool:
    """Write down how far a run is; say whether it may go on."""
    run = session.get_one(PlanRun, run_id)
    run.steps, run.value = steps, value
    session.flush()
    return not run.cancel_asked


def cancel(session: Session, run: PlanRun) -> None:
    """Ask a run to stop; one that waits is over at once."""
    if run.status not in ("queued", "solving"):
        return
    run.cancel_asked = True
    if run.status == "queued":
        end(session, run, "cancelled", "It was cancelled before it began.")
    session.flush()


def end(session: Session, run: PlanRun, status: str, sentence: str) -> None:
    """A run is over without plans: the days' older ones stand again, or say why there is none."""
    run.status, run.fault, run.finished_at = status, sentence, clock.now()
    for plan in session.scalars(select(DayPlan).where(DayPlan.run_id == run.id)):
        if status == "cancelled":
            plan.status, plan.fault = "replaced", sentence
        else:
            services.fail(session, plan, sentence)
    session.flush()
