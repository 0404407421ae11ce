"""Writes of day plans: asked for, solved and checked, published, walked along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gcrm.core import clock, jobs
from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt
from gcrm.people.models import User
from gcrm.routing import fair_services, fair_shares, nights, queries, travel_services
from gcrm.routing.day import Candidate, WorkDay, problem_of
from gcrm.routing.fair_shares import AS_USUAL, Wanted
from gcrm.routing.legs import leg, leg_metres, path
from gcrm.routing.models import DayPlan, LeftOut, PlanRun, Stop
from gcrm.routing.nights import Night
from gcrm.routing.problem import Problem
from gcrm.routing.queries import DayInput
from gcrm.routing.solution import Route, Solution
from gcrm.routing.travel import TravelTimes
from gcrm.routing.travel_factors import Factor

FURTHEST_AHEAD = dt.timedelta(days=400)
MOST_DAYS = 31
MOST_SHIFTS = 200
LONGEST_SEARCH_SECONDS = 45.0
"""For one solve of many days."""


def request_plan(
    session: PrincipalSession, rep: User, day: dt.date, publish: bool = False, queue: bool = True
) -> DayPlan:
    """Ask for a plan; a job makes it, and publishes it where the rep asked for the own day."""
    must_be_plannable(session, rep, day)
    plan = DayPlan(rep_id=rep.id, day=day, made_by_id=session.principal.id if session.principal else None)
    session.add(plan)
    session.flush()
    if queue:
        jobs.defer(session, "routing.plan_day", plan_id=plan.id, publish=publish, lock=f"plan of {rep.id}")
    return plan


def request_plans(
    session: PrincipalSession, reps: Sequence[User], first_day: dt.date, days: int, queue: bool = True,
    wanted: Wanted = AS_USUAL,
) -> PlanRun:  # fmt: skip
    """Ask for plans of some reps for a span of days, made together in one solve; days off are left free.

    `wanted` says who may make whose visits and how even their hours shall be, which takes several solves.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Between 1 and {MOST_DAYS} days are planned at once.")
    if not reps:
        raise Invalid("Choose at least one rep.")
    if len(reps) == 1:
        wanted = AS_USUAL
    fair_services.must_be_shareable(wanted, reps)
    asked = [(rep, day) for rep in reps for day in _days_to_plan(session, rep, first_day, days)]
    if len(asked) > MOST_SHIFTS:
        raise Invalid(f"{len(asked)} days of reps are more than the {MOST_SHIFTS} that are planned at once.")
    run = PlanRun(
        asked_by_id=session.principal.id if session.principal else None, rep_ids=[rep.id for rep in reps],
        first_day=first_day, days=days, options=wanted.as_options(),
        seconds=search_seconds(len(asked)) * (fair_shares.LONGER if wanted.is_priced else 1),
    )  # fmt: skip
    session.add(run)
    session.flush()
    session.add_all(DayPlan(rep_id=rep.id, day=day, made_by_id=run.asked_by_id, run_id=run.id) for rep, day in asked)
    session.flush()
    if queue:
        lock = f"plan of {reps[0].id}" if len(reps) == 1 else "plans of teams"
        jobs.defer(session, "routing.plan_run", run_id=run.id, lock=lock)
    return run


def must_be_plannable(session: Session, rep: User, day: dt.date) -> None:
    """Raise `Invalid` for somebody who is no rep and for a day that is past or far ahead."""
    if rep.role != "rep":
        raise Invalid(f"{rep.name} is no rep, so there are no days to plan.")
    today = clock.today(queries.zone_of(session, rep))
    if not today <= day <= today + FURTHEST_AHEAD:
        raise Invalid(f"{day.isoformat()} is past, or more than a year ahead. Choose a day from today on.")


def _days_to_plan(session: Session, rep: User, first_day: dt.date, days: int) -> list[dt.date]:
    """The rep's working days of a span; all of them where the rep is off on each, since they were asked for."""
    every = [first_day + dt.timedelta(days=n) for n in range(days)]
    must_be_plannable(session, rep, every[0])
    must_be_plannable(session, rep, every[-1])
    return [day for day in every if day.isoweekday() in rep.work_days] or every


def search_seconds(shifts: int) -> float:
    """How long the search for so many days of reps takes: as long as a day by itself for each, up to a limit."""
    return min(LONGEST_SEARCH_SECONDS, settings().plan_seconds * (1 + shifts))


def begin(session: Session, plan: DayPlan) -> tuple[DayInput, Problem]:
    """Gather the day and write its problem."""
    rep = session.get_one(User, plan.rep_id)
    given = queries.day_input(session, rep, plan.day)
    plan.status = "solving"
    session.flush()
    return given, problem_of(given.work, given.candidates, given.weights.driving_hour / 3600)


def travel_source() -> TravelTimes:
    """The configured source of travel times."""
    from gcrm.routing import beside

    return beside.source_for(settings())


def with_travel(problem: Problem) -> Problem:
    """The problem with its travel times filled in from the configured source."""
    from gcrm.routing import travel

    return travel.filled(problem, travel_source())


def solve(problem: Problem) -> tuple[Problem, Solution]:
    """Solve and check; no transaction is open meanwhile."""
    from gcrm.routing import check, solver

    full = with_travel(problem)
    solution = solver.solve(full, time_limit=settings().plan_seconds)
    check.must_hold(full, solution)
    return full, solution


def save_plan(session: Session, plan: DayPlan, given: DayInput, problem: Problem, solution: Solution) -> None:
    """Keep a checked solution of a day; its visits carry the numbers of the candidates."""
    candidates = {str(number): candidate for number, candidate in enumerate(given.candidates)}
    keep_plan(session, plan, given.work, problem, solution, candidates, given.unplaced, given.over_limit)


def keep_plan(
    session: Session, plan: DayPlan, work: WorkDay, problem: Problem, solution: Solution,
    candidates: Mapping[str, Candidate], unplaced: Sequence[Candidate] = (), over_limit: Sequence[Candidate] = (),
) -> None:  # fmt: skip
    """Keep a checked solution of one shift; `candidates` stand under their visit's id.

    The day's older plan that nobody published yet is replaced.
    """
    from gcrm.routing import problem as problems
    from gcrm.routing import solution as solutions

    plan.status = "ready"
    plan.solved_at = clock.now()
    plan.candidates = len(problem.visits)
    places = {visit.place: candidates[visit.id].name for visit in problem.visits}
    travel_services.note_source(plan, problem, places, Factor(work.travel_factor, work.travel_trips))
    plan.starts_at = work.midnight
    plan.problem = problems.dump(problem)
    plan.solution = solutions.dump(solution)
    plan.travel_seconds, plan.travel_metres = solution.travel_seconds, solution.travel_metres
    note_nights(plan, work.night_before, work.night_after, problem, solution)
    for route in solution.routes:
        plan.leaves_at, plan.returns_at = work.instant(route.leave), work.instant(route.return_at)
        stops = [stop_of(plan, times.visit, candidates[times.visit]) for times in route.stops]
        time_stops(work, problem, route, stops)
        session.add_all(stops)
    travel_services.draw_later(session, plan)
    _save_left_out(session, plan, solution, candidates, unplaced, over_limit)
    session.execute(
        update(DayPlan)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day == plan.day, DayPlan.id < plan.id)
        .where(DayPlan.status.in_(("ready", "failed")))
        .values(status="replaced")
    )
    session.flush()


def note_nights(plan: DayPlan, before: Night | None, after: Night | None, problem: Problem, solution: Solution) -> None:
    """Write the nights before and after a plan's day with what each saves it."""
    order = [stop.visit for route in solution.routes for stop in route.stops]
    before, after = nights.renewed(before, after, problem, order)
    plan.night_before = before.as_row() if before is not None else None
    plan.night_after = after.as_row() if after is not None else None


def stop_of(plan: DayPlan, key: str, candidate: Candidate) -> Stop:
    """A stop for a candidate, without its times."""
    return Stop(
        day_plan_id=plan.id, account_id=candidate.account_id, visit_id=candidate.visit_id,
        account_name=candidate.name, address=candidate.address, location=ewkt(candidate.lon, candidate.lat),
        why=candidate.why, is_fixed=candidate.starts_at is not None and candidate.pinned_at is None, visit_key=key,
        is_locked=candidate.is_locked, pinned_at=candidate.pinned_at,
    )  # fmt: skip


def time_stops(work: WorkDay, problem: Problem, route: Route, stops: Sequence[Stop]) -> None:
    """Write the times and drives of a route on its stops, which carry its visits' ids."""
    by_key = {stop.visit_key: stop for stop in stops}
    places = path(problem, [times.visit for times in route.stops])
    for position, times in enumerate(route.stops, start=1):
        stop = by_key[times.visit]
        here, there = places[position - 1], places[position]
        stop.position = position
        stop.arrive_at, stop.start_at = work.instant(times.arrive), work.instant(times.start)
        stop.depart_at = work.instant(times.depart)
        stop.travel_seconds = leg(problem, here, there, problem.shifts[0].travel_factor) or 0
        stop.travel_metres = leg_metres(problem, here, there) or 0


def _save_left_out(
    session: Session, plan: DayPlan, solution: Solution, candidates: Mapping[str, Candidate],
    unplaced: Sequence[Candidate], over_limit: Sequence[Candidate],
) -> None:  # fmt: skip
    def entry(
        candidate: Candidate, reason: str, detail: str, added: int | None = None, key: str | None = None
    ) -> LeftOut:
        return LeftOut(
            day_plan_id=plan.id, account_id=candidate.account_id, account_name=candidate.name, why=candidate.why,
            reason=reason, detail=detail, added_seconds=added, visit_key=key,
        )  # fmt: skip

    session.add_all(
        entry(candidates[left.visit], left.reason, left.detail, left.added_seconds, left.visit)
        for left in solution.unserved
    )
    session.add_all(entry(c, "unplaced", "The account has no place on the map.") for c in unplaced)
    session.add_all(entry(c, "over_limit", "Others were more urgent.") for c in over_limit)
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
