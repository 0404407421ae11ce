"""Writes of day plans: asked for, solved and checked, published, walked along."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gcrm.core import clock, jobs
from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt
from gcrm.people.models import User
from gcrm.routing import queries
from gcrm.routing.day import Candidate, problem_of
from gcrm.routing.models import DayPlan, LeftOut, Stop
from gcrm.routing.problem import Problem
from gcrm.routing.queries import DayInput
from gcrm.routing.solution import Solution

FURTHEST_AHEAD = dt.timedelta(days=400)
MOST_DAYS = 31


def request_plan(
    session: PrincipalSession, rep: User, day: dt.date, publish: bool = False, queue: bool = True
) -> DayPlan:
    """Ask for a plan; a job makes it, and publishes it where the rep asked for the own day."""
    if rep.role != "rep":
        raise Invalid(f"{rep.name} is no rep, so there are no days to plan.")
    today = clock.today(queries.zone_of(session, rep))
    if not today <= day <= today + FURTHEST_AHEAD:
        raise Invalid(f"{day.isoformat()} is past, or more than a year ahead. Choose a day from today on.")
    plan = DayPlan(rep_id=rep.id, day=day, made_by_id=session.principal.id if session.principal else None)
    session.add(plan)
    session.flush()
    if queue:
        jobs.defer(session, "routing.plan_day", plan_id=plan.id, publish=publish, lock=f"plan of {rep.id}")
    return plan


def begin(session: Session, plan: DayPlan) -> tuple[DayInput, Problem]:
    """Gather the day and write its problem."""
    rep = session.get_one(User, plan.rep_id)
    given = queries.day_input(session, rep, plan.day)
    plan.status = "solving"
    session.flush()
    return given, problem_of(given.work, given.candidates)


def solve(problem: Problem) -> tuple[Problem, Solution]:
    """Solve and check; no transaction is open meanwhile."""
    from gcrm.routing import check, solver, travel

    source = travel.StraightLine(settings().travel_detour, settings().travel_kmh)
    full = travel.filled(problem, source)
    solution = solver.solve(full, time_limit=settings().plan_seconds)
    check.must_hold(full, solution)
    return full, solution


def save_plan(session: Session, plan: DayPlan, given: DayInput, problem: Problem, solution: Solution) -> None:
    """Keep a checked solution; the day's older plan that nobody published yet is replaced."""
    from gcrm.routing import problem as problems
    from gcrm.routing import solution as solutions

    work = given.work
    plan.status = "ready"
    plan.solved_at = clock.now()
    plan.candidates = len(given.candidates)
    plan.travel_source = "estimate"
    plan.starts_at = work.midnight
    plan.problem = problems.dump(problem)
    plan.solution = solutions.dump(solution)
    plan.travel_seconds, plan.travel_metres = solution.travel_seconds, solution.travel_metres
    for route in solution.routes:
        plan.leaves_at, plan.returns_at = work.instant(route.leave), work.instant(route.return_at)
        _save_stops(session, plan, given, problem, route)
    _save_left_out(session, plan, given, solution)
    session.execute(
        update(DayPlan)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day == plan.day, DayPlan.id < plan.id)
        .where(DayPlan.status.in_(("ready", "failed")))
        .values(status="replaced")
    )
    session.flush()


def _save_stops(session: Session, plan: DayPlan, given: DayInput, problem: Problem, route: Any) -> None:
    before = len(given.candidates) if given.work.home is not None else None
    for position, stop in enumerate(route.stops, start=1):
        number = int(stop.visit)
        candidate = given.candidates[number]
        seconds, metres = _leg(problem, before, number)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=candidate.account_id, visit_id=candidate.visit_id,
                account_name=candidate.name, address=candidate.address, location=ewkt(candidate.lon, candidate.lat),
                arrive_at=given.work.instant(stop.arrive), start_at=given.work.instant(stop.start),
                depart_at=given.work.instant(stop.depart), travel_seconds=seconds, travel_metres=metres,
                why=candidate.why, is_fixed=candidate.starts_at is not None,
            )
        )  # fmt: skip
        before = number
    session.flush()


def _leg(problem: Problem, before: int | None, after: int) -> tuple[int, int]:
    if before is None or problem.travel is None or problem.travel.metres is None:
        return 0, 0
    return problem.travel.seconds[before][after] or 0, problem.travel.metres[before][after] or 0


def _save_left_out(session: Session, plan: DayPlan, given: DayInput, solution: Solution) -> None:
    def entry(candidate: Candidate, reason: str, detail: str, added: int | None = None) -> LeftOut:
        return LeftOut(
            day_plan_id=plan.id, account_id=candidate.account_id, account_name=candidate.name, why=candidate.why,
            reason=reason, detail=detail, added_seconds=added,
        )  # fmt: skip

    session.add_all(
        entry(given.candidates[int(left.visit)], left.reason, left.detail, left.added_seconds) for left in solution.unserved
    )
    session.add_all(entry(c, "unplaced", "The account has no place on the map.") for c in given.unplaced)
    session.add_all(entry(c, "over_limit", "Others were more urgent.") for c in given.over_limit)
    session.flush()


def fail(session: Session, plan: DayPlan, fault: str) -> None:
    plan.status, plan.fault, plan.solved_at = "failed", fault, clock.now()
    session.flush()


def publish(session: Session, plan: DayPlan) -> None:
    """The rep works by this plan from now on; the day's older one steps back."""
    if plan.status == "published":
        return
    if plan.status != "ready":
        raise Conflict("Only a plan that is ready can be published.")
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"publish {plan.rep_id} {plan.day}", 0))
    session.execute(select(lock))
    session.execute(
        update(DayPlan)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day == plan.day, DayPlan.status == "published")
        .values(status="replaced")
    )
    plan.status, plan.published_at = "published", clock.now()
    session.flush()


def mark_stop(session: Session, stop: Stop, status: str) -> None:
    stop.status = status
    session.flush()


