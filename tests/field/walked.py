"""A day that can be changed: a published plan with the problem that it was made from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gcrm.core import clock
from gcrm.core.geo import ewkt, lon_lat
from gcrm.routing import cutting, editing, queries, services
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, problem_of
from gcrm.routing.models import DayPlan, Stop
from gcrm.routing.solution import Solution
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


def make_walked_day(
    session: Any, rep: Any, names: str = "ABCD", day: dt.date | None = None, hours: dict[str, str] | None = None
) -> DayPlan:
    """Stops two kilometres apart to the north in the order of their names, half an hour each, on a day from 8:30 on."""
    day = day or clock.today(ZONE)
    rep.work_days, rep.work_starts, rep.work_ends, rep.lunch_minutes = (
        [1, 2, 3, 4, 5, 6, 7],
        dt.time(0, 5),
        dt.time(23, 50),
        0,
    )
    accounts = [
        make.make_account(
            session, rep, at=(HOME[0], HOME[1] + 0.018 * n), name=name, cadence_days=30, tier="B", opening_hours=(hours or {}).get(name),
        )
        for n, name in enumerate(names, start=1)
    ]  # fmt: skip
    work = queries.work_day(session, rep, day)
    candidates = [
        Candidate(a.id, a.name, *lon_lat(a.location), 30, 100.0, {"tier": "B"}, opening_hours=a.opening_hours)
        for a in accounts
    ]
    problem = services.with_travel(problem_of(_unhurried(work), candidates))
    keys = tuple(str(n) for n in range(len(accounts)))
    route = editing.route_of(editing.attempt(problem, editing.Draft(keys)))
    solution = cutting.rebuilt(problem, (route,), {}, Solution("feasible", 0.0, 0.0, 0, 0, (), ()))
    plan = DayPlan(
        rep_id=rep.id, day=day, status="published", published_at=clock.now(), solved_at=clock.now(), candidates=len(accounts), travel_source="estimate",
        problem=problems.dump(problem), solution=solutions.dump(solution), starts_at=work.midnight, travel_seconds=solution.travel_seconds,
        travel_metres=solution.travel_metres, leaves_at=work.instant(route.leave), returns_at=work.instant(route.return_at),
    )  # fmt: skip
    session.add(plan)
    session.flush()
    stops = [
        Stop(
            day_plan_id=plan.id, account_id=a.id, account_name=a.name, location=ewkt(*lon_lat(a.location)), why={"tier": "B"}, visit_key=key,
        )
        for key, a in zip(keys, accounts, strict=True)
    ]  # fmt: skip
    services.time_stops(work, problem, solution.routes[0], stops)
    session.add_all(stops)
    session.flush()
    session.refresh(plan)
    return plan


def _unhurried(work: Any) -> Any:
    """The day as it was planned the evening before."""
    from dataclasses import replace

    return replace(work, not_before=None)
