"""What counts, set by whoever leads; and a day planned with other weights beside the ones that stand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from gcrm.core import clock, jobs
from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.people.models import User
from gcrm.routing import queries, services, weights
from gcrm.routing.models import PlanRun, PlanWeights
from gcrm.routing.problem import Problem
from gcrm.routing.queries import DayInput
from gcrm.routing.solution import Solution
from gcrm.routing.weights import Weights


def team_of(person: User) -> int | None:
    """Whose weights the person sets: a manager the own team's, anybody else the organisation's."""
    return person.team_id if person.role == "manager" else None


def own_weights(session: Session, person: User) -> Weights:
    """The weights that the person would change."""
    if person.role == "manager":
        return queries.weights_of(session, person)
    row = queries.weights_row(session, None)
    base = queries.usual_weights(session)
    return weights.read(row.values, base) if row is not None else base


def set_weights(session: PrincipalSession, person: User, wanted: Weights) -> None:
    """From the next plan on these count, for the manager's team or for the organisation."""
    if person.role == "manager" and person.team_id is None:
        raise Invalid("You lead no team, so there is nobody to plan with these weights.")
    team_id = team_of(person)
    row = queries.weights_row(session, team_id)
    if row is None:
        row = PlanWeights(team_id=team_id, values={})
        session.add(row)
    row.values, row.changed_by_id = weights.dump(wanted), person.id
    session.flush()


def request_trial(session: PrincipalSession, rep: User, day: dt.date, wanted: Weights, queue: bool = True) -> PlanRun:
    """Ask for a rep's day with other weights; a job plans it twice and keeps no plan."""
    services.must_be_plannable(session, rep, day)
    run = PlanRun(
        kind="trial", asked_by_id=session.principal.id if session.principal else None, rep_ids=[rep.id], first_day=day,
        days=1, seconds=2 * settings().plan_seconds, options={"weights": weights.dump(wanted)},
    )  # fmt: skip
    session.add(run)
    session.flush()
    if queue:
        jobs.defer(session, "routing.try_weights", run_id=run.id)
    return run


def inputs(session: Session, run: PlanRun) -> tuple[DayInput, DayInput]:
    """The day's candidates as they count now and as they would."""
    run.status, run.started_at = "solving", clock.now()
    session.flush()
    (rep_id,) = run.rep_ids
    rep = session.get_one(User, rep_id)
    wanted = weights.read(run.options["weights"], queries.usual_weights(session))
    return queries.day_input(session, rep, run.first_day), queries.day_input(session, rep, run.first_day, wanted)


def compare(sides: list[tuple[DayInput, Problem, Solution]]) -> dict[str, Any]:
    """Both days in figures, and which stops come in and go out."""
    (before, after) = [_side(*side) for side in sides]
    names = {account: name for side in (before, after) for account, name in side["names"].items()}
    came = [names[account] for account in after["names"] if account not in before["names"]]
    went = [names[account] for account in before["names"] if account not in after["names"]]
    for side in (before, after):
        del side["names"]
    return {"before": before, "after": after, "came": came, "went": went}


def _side(given: DayInput, problem: Problem, solution: Solution) -> dict[str, Any]:
    stops = [given.candidates[int(stop.visit)] for route in solution.routes for stop in route.stops]
    return {
        "visits": len(stops), "travel_seconds": solution.travel_seconds, "travel_metres": solution.travel_metres,
        "tiers": {tier: sum((one.why.get("tier") or "") == tier for one in stops) for tier in ("A", "B", "C", "D")},
        "names": {one.account_id: one.name for one in stops}, "candidates": len(problem.visits),
        "back": next((given.work.instant(route.return_at).isoformat() for route in solution.routes), None),
    }  # fmt: skip


def end_trial(session: Session, run: PlanRun, figures: dict[str, Any] | None, fault: str | None = None) -> None:
    run.status, run.fault, run.finished_at = "done" if fault is None else "failed", fault, clock.now()
    run.figures = figures
    session.flush()
