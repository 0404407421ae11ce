"""Writes while a day runs: plan its rest anew, put a visit into it, book a slot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import lon_lat, metres_between
from gcrm.customers import values
from gcrm.customers.models import Account
from gcrm.routing import late, live_queries, queries, replan, services, travel_services
from gcrm.routing.day import Candidate, WorkDay, problem_of
from gcrm.routing.models import DayPlan, LeftOut, Stop
from gcrm.routing.problem import Problem
from gcrm.routing.queries import DayInput
from gcrm.routing.solution import Route, Solution

REPLAN_SECONDS = 0.4
FURTHEST_FROM_DAY_METRES = 500_000
"""A position further from every stop than this is a mistake, not where the rep is."""
LONGEST_DAY_SECONDS = 90_000
KEPT_COLUMNS = frozenset({"id", "uuid", "day_plan_id", "position"})
"""Columns of a stop that are another version's own."""


@dataclass(frozen=True)
class Wanted:
    """What the rest of the day should look like."""

    cause: str = "asked"
    position: tuple[float, float] | None = None
    """Where the rep is, (lon, lat)."""
    keep_next: bool = True
    """On the day itself; on a day ahead nobody is on the road yet."""
    missed: Stop | None = None
    """Nobody was met there; it is not tried again today."""
    urgent: Account | None = None
    """Somebody who must be seen today."""


@dataclass(frozen=True)
class Begun:
    """What the new version begins with, and where the day goes on."""

    over: list[Stop]
    ahead: list[Stop]
    rest: replan.Rest


def replan_day(session: PrincipalSession, plan: DayPlan, wanted: Wanted) -> DayPlan:
    """Plan the rest of a published day anew, and publish it as its new version.

    What is over keeps its place and status; the next stop stays the next one unless told otherwise. Of two at once, the
    second waits and goes on from what the first one made.
    """
    if wanted.cause not in replan.CAUSES:
        raise Invalid(f"“{wanted.cause}” is no reason to plan anew. It is one of {', '.join(replan.CAUSES)}.")
    plan = live_queries.locked_plan(session, plan)
    work = queries.work_of(session, plan)
    if plan.day < clock.today(work.zone):
        raise Conflict("This day is over; only today and days ahead can be planned anew.")
    if wanted.missed is not None:
        _skip(session, plan, wanted.missed)
    begun = as_begun(plan, work, wanted.position)
    if wanted.cause == "ill":
        return _end_day(session, plan, work, begun)
    given = live_queries.rest_input(session, plan, wanted.urgent)
    problem, solution = _solved(given, begun, wanted.keep_next and work.not_before is not None)
    return _save(session, plan, given, problem, solution, begun, wanted.cause)


def _skip(session: Session, plan: DayPlan, missed: Stop) -> None:
    stop = next((s for s in plan.stops if s.account_id == missed.account_id), None)
    if stop is None or stop.status == "done":
        raise Conflict(f"{missed.account_name} is not ahead on this plan any more.")
    stop.status = "skipped"
    session.flush()


def skip(session: Session, stop: Stop, reason: str | None = None) -> None:
    """Leave a stop out today, with the reason where there is one."""
    if stop.status == "done":
        raise Conflict("This stop is finished already.")
    stop.skip_reason = values.line(reason, "reason")
    services.mark_stop(session, stop, "skipped")


def unskip(session: Session, stop: Stop) -> None:
    """Undo: the stop lies ahead again."""
    if stop.status != "skipped":
        raise Conflict("This stop was not skipped.")
    stop.skip_reason = None
    services.mark_stop(session, stop, "ahead")


def tell_late(session: Session, plan: DayPlan, minutes: int, at: dt.datetime | None = None) -> None:
    """The rep says how late the day runs; 0 takes it back. Whoever leads sees it."""
    if not 0 <= minutes <= late.MOST_MINUTES:
        raise Invalid("Between 0 and %(most)s minutes late can be told.", most=late.MOST_MINUTES)
    plan.late_minutes, plan.late_at = (minutes, at or clock.now()) if minutes else (None, None)
    session.flush()


def accept(session: Session, plan: DayPlan, at: dt.datetime | None = None) -> None:
    """The rep looked at the plan and takes it."""
    if plan.status != "published":
        raise Conflict("This plan is not the one that is worked by any more. Look at the new one.")
    plan.accepted_at = plan.accepted_at or at or clock.now()
    session.flush()


def as_begun(plan: DayPlan, work: WorkDay, position: tuple[float, float] | None) -> Begun:
    """What of a plan is over, what lies ahead, and from where and when it goes on."""
    over = [stop for stop in plan.stops if stop.status != "ahead"]
    ahead = [stop for stop in plan.stops if stop.status == "ahead"]
    if work.not_before is None:
        return Begun(over, ahead, replan.Rest(work.begin, work.second(work.starts)))
    start, here = work.not_before, _here(over, work, position, plan)
    if not any(stop.status in ("arrived", "done") for stop in over):
        start = max(start, work.instant(work.second(work.starts)))
    for stop in over:
        if stop.status == "arrived":
            start, here = max(start, _leaves(stop)), lon_lat(stop.location)
    second = int((start - work.midnight).total_seconds())
    return Begun(over, ahead, replan.Rest(here, second, _had_lunch(plan, work, second)))


def _here(
    over: Sequence[Stop], work: WorkDay, position: tuple[float, float] | None, plan: DayPlan
) -> tuple[float, float] | None:
    """Where the rep is: as said, else where the last visit was, else where the day begins."""
    if position is not None:
        nearest = min((metres_between(position, lon_lat(stop.location)) for stop in plan.stops), default=0.0)
        if nearest > FURTHEST_FROM_DAY_METRES:
            raise Invalid("The position is more than 500 km from every stop of the day.")
        return position
    visited = [stop for stop in over if stop.status in ("done", "arrived")]
    return lon_lat(max(visited, key=_leaves).location) if visited else work.begin


def _leaves(stop: Stop) -> dt.datetime:
    """When the rep left a stop, or will: a visit under way takes the time that was planned for it."""
    visit = stop.visit
    if visit is None or visit.arrived_at is None:
        return stop.depart_at
    return visit.finished_at or visit.arrived_at + (stop.depart_at - stop.start_at)


def _had_lunch(plan: DayPlan, work: WorkDay, second: int) -> bool:
    """Whether the break of the plan so far lies behind; a plan made elsewhere counts from another midnight."""
    routes = (plan.solution or {}).get("routes", [])
    ahead = int((work.midnight - plan.starts_at).total_seconds()) if plan.starts_at else 0
    ends = [pause["end"] - ahead for route in routes for pause in route.get("breaks", [])]
    return bool(routes) and all(end <= second for end in ends if 0 < end < LONGEST_DAY_SECONDS)


def _solved(given: DayInput, begun: Begun, keep_next: bool) -> tuple[Problem, Solution]:
    from gcrm.routing import beside, check

    problem = problem_of(given.work, given.candidates, given.weights.driving_hour / 3600)
    number = {candidate.account_id: str(n) for n, candidate in enumerate(given.candidates)}
    keys = [number[stop.account_id] for stop in begun.ahead if stop.account_id in number]
    problem = services.with_travel(replan.rest_of_day(problem, begun.rest))
    problem = replan.keeping(problem, keys[0] if keep_next and keys else None)
    solution = beside.solve(problem, REPLAN_SECONDS)
    check.must_hold(problem, solution)
    return problem, solution


def _end_day(session: PrincipalSession, plan: DayPlan, work: WorkDay, begun: Begun) -> DayPlan:
    """The rep goes home: nothing lies ahead any more."""
    candidates = [live_queries.candidate_of(stop) for stop in begun.ahead]
    given = DayInput(replace(work, night_after=None), [], [], [])
    problem, solution = _solved(given, begun, keep_next=False)
    made = _save(session, plan, given, problem, solution, begun, "ill")
    session.add_all(_left(made, candidate, "lower_value", "The rep is ill.") for candidate in candidates)
    session.flush()
    return made


# -- a new version -----------------------------------------------------------------------------------------------------


def _save(
    session: PrincipalSession, plan: DayPlan, given: DayInput, problem: Problem, solution: Solution, begun: Begun, cause: str,
) -> DayPlan:  # fmt: skip
    """Publish the new version; the old one stays to be read."""
    from gcrm.routing import problem as problems
    from gcrm.routing import solution as solutions

    plan.status = "replaced"
    session.flush()
    now, work = clock.now(), given.work
    route = next(iter(solution.routes), None)
    made = DayPlan(
        rep_id=plan.rep_id, day=plan.day, status="published", made_by_id=session.principal.id if session.principal else None,
        solved_at=now, published_at=now, candidates=len(given.candidates) + len(begun.over), travel_source=plan.travel_source,
        travel_notes=plan.travel_notes,
        starts_at=work.midnight, replaces_id=plan.id, cause=cause, problem=problems.dump(problem),
        solution=solutions.dump(solution), leaves_at=plan.leaves_at if begun.over else _at(work, route, "leave"),
        returns_at=_at(work, route, "return_at") or _home_at(problem, work, begun.rest),
        travel_seconds=solution.travel_seconds + sum(stop.travel_seconds for stop in begun.over),
        travel_metres=(solution.travel_metres or 0) + sum(stop.travel_metres for stop in begun.over),
    )  # fmt: skip
    services.note_nights(made, work.night_before, work.night_after, problem, solution)
    session.add(made)
    session.flush()
    _copy(session, made, begun.over)
    _add_stops(session, made, given, problem, route, len(begun.over))
    _add_left_out(session, made, given, solution)
    session.refresh(made)
    travel_services.draw_later(session, made)
    made.changes = [change.as_row() for change in replan.changes(seen(begun.ahead), seen(_ahead(made)))]
    session.flush()
    return made


def _at(work: WorkDay, route: Route | None, name: str) -> dt.datetime | None:
    return work.instant(getattr(route, name)) if route is not None else None


def _home_at(problem: Problem, work: WorkDay, rest: replan.Rest) -> dt.datetime:
    shift = problem.shifts[0]
    begin, end = shift.from_place, shift.to_place
    seconds = (
        problem.travel.seconds[begin][end] if problem.travel and isinstance(begin, int) and isinstance(end, int) else 0
    )
    return work.instant(rest.start + (seconds or 0))


def _ahead(plan: DayPlan) -> list[Stop]:
    return [stop for stop in plan.stops if stop.status == "ahead"]


def seen(stops: Sequence[Stop]) -> list[replan.Seen]:
    """Stops as `replan.changes` compares them."""
    return [replan.Seen(stop.account_id, stop.account_name, stop.start_at) for stop in stops]


def _copy(session: Session, made: DayPlan, stops: Sequence[Stop]) -> None:
    """What is over stands on the new version as it was, with the times at which it really happened."""
    for position, stop in enumerate(stops, start=1):
        kept = {c.key: getattr(stop, c.key) for c in Stop.__table__.columns if c.key not in KEPT_COLUMNS}
        copied = Stop(day_plan_id=made.id, position=position, **kept)
        visit = stop.visit
        if stop.status != "skipped" and visit is not None and visit.arrived_at is not None:
            copied.arrive_at = copied.start_at = visit.arrived_at
            copied.depart_at = max(visit.arrived_at, _leaves(stop))
        copied.visit_key = None
        session.add(copied)
    session.flush()


def _add_stops(
    session: Session, made: DayPlan, given: DayInput, problem: Problem, route: Route | None, count: int
) -> None:
    if route is None:
        return
    stops = [services.stop_of(made, times.visit, given.candidates[int(times.visit)]) for times in route.stops]
    services.time_stops(given.work, problem, route, stops)
    for stop in stops:
        stop.position += count
    session.add_all(stops)
    session.flush()


def _add_left_out(session: Session, made: DayPlan, given: DayInput, solution: Solution) -> None:
    for left in solution.unserved:
        entry = _left(made, given.candidates[int(left.visit)], left.reason, left.detail)
        entry.added_seconds, entry.visit_key = left.added_seconds, left.visit
        session.add(entry)
    session.add_all(_left(made, c, "unplaced", "The account has no place on the map.") for c in given.unplaced)
    session.add_all(_left(made, c, "over_limit", "Others were more urgent.") for c in given.over_limit)
    session.flush()


def _left(made: DayPlan, candidate: Candidate, reason: str, detail: str) -> LeftOut:
    return LeftOut(
        day_plan_id=made.id, account_id=candidate.account_id, account_name=candidate.name, why=candidate.why, reason=reason,
        detail=detail,
    )  # fmt: skip
