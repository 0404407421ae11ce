"""The steps of one solve of the days of one or more reps: begin, progress, save, cancel, end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.people.models import User
from gcrm.routing import (
    check,
    cutting,
    fair_services,
    fair_shares,
    run_queries,
    runs,
    services,
)
from gcrm.routing.models import PlanRun
from gcrm.routing.problem import Problem
from gcrm.routing.run_queries import Gathered
from gcrm.routing.solution import Solution


def begin(session: Session, run: PlanRun) -> Gathered:
    """Gather the span and write its one problem."""
    run.status, run.started_at = "solving", clock.now()
    plans = run_queries.plans_of(session, run.id)
    for plan in plans:
        plan.status = "solving"
    session.flush()
    days: dict[int, list[dt.date]] = {}
    for plan in plans:
        days.setdefault(plan.rep_id, []).append(plan.day)
    reps = [session.get_one(User, rep_id) for rep_id in run.rep_ids if rep_id in days]
    wanted = fair_shares.read(run.options)
    return run_queries.gather(session, [(rep, sorted(days[rep.id])) for rep in reps], run.first_day, run.days, wanted)


def save(
    session: Session, run: PlanRun, gathered: Gathered, problem: Problem, solution: Solution,
    shares: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Keep each day of a checked solution as a plan that is checked by itself too; `shares` are the prices of fair ones."""
    plans = {(plan.rep.email, plan.day): plan for plan in run_queries.plans_of(session, run.id)}
    first: set[str] = set()
    for day in cutting.days(gathered.span, gathered.built, problem, solution):
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
    run.figures = runs.figures(problem, solution) | {"shares": shares, "is_shared": gathered.wanted.is_shared}
    run.figures["candidates"] = len({wish.key for wish in gathered.built.wishes.values()})
    run.figures |= fair_shares.measured(gathered.built.problem, solution, run.figures["reps"])
    session.flush()


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
    for plan in run_queries.plans_of(session, run.id):
        if status == "cancelled":
            plan.status, plan.fault = "replaced", sentence
        else:
            services.fail(session, plan, sentence)
    session.flush()
