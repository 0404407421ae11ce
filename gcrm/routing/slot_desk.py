"""The slot desk: when could somebody be visited in the next two weeks, and who lies along the way of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import lon_lat, metres_between
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import (
    edit_queries,
    edits,
    live_queries,
    live_services,
    queries,
    replan,
    services,
    slot_queries,
    slots,
)
from gcrm.routing.day import Candidate, WorkDay, problem_of
from gcrm.routing.editing import Draft
from gcrm.routing.models import DayPlan, Stop
from gcrm.routing.problem import Place, Problem
from gcrm.routing.weights import Weights
from gcrm.visits import cadence
from gcrm.visits import services as visits
from gcrm.visits.models import Visit

DAYS_AHEAD = 14
MOST_NEAR = 120
"""Accounts near a route whose detour is computed."""
MOST_TRIED = 20
"""Of those, how many of the least detour are tried exactly."""
MOST_PLACES = 4
"""At how many places of the least detour each is tried."""
NEAR_DEGREES = 0.15


@dataclass(frozen=True)
class Slot:
    """A time that can be offered."""

    day: dt.date
    starts_at: dt.datetime
    minutes: int
    added_seconds: int
    end_seconds: int
    harm: float
    """Intervals of the account's rhythm, 0 when the day suits."""
    score: float
    """Minutes, the harm among them."""
    before: str | None
    after: str | None
    is_planned: bool
    """Whether the day has a published plan."""


@dataclass(frozen=True)
class _Day:
    """A day with what stands on it already, in its order."""

    work: WorkDay
    candidates: list[Candidate]
    rest: replan.Rest
    has_plan: bool


def rep_for(session: Session, account: Account, asked: UUID | None, me: User) -> User:
    """Whose days are looked at: the rep asked for, else the account's owner, else oneself."""
    reps = people.visible_reps(session)
    if asked is not None:
        found = next((rep for rep in reps if rep.uuid == asked), None)
    else:
        found = next((rep for rep in reps if rep.id == account.owner_id), None) or next(
            (rep for rep in reps if rep.id == me.id), None
        )
    if found is None:
        raise Invalid(f"{account.name} has no rep whose days you may see. Choose one.")
    return found


def slots_for(session: Session, account: Account, rep: User, minutes: int | None = None, count: int = 3) -> list[Slot]:
    """The best slots of the next two weeks, at most one a day, by added driving and harm to the account's rhythm."""
    wanted = live_queries.candidate_for(account, queries.weights_of(session, rep))
    wanted = replace(wanted, minutes=minutes or wanted.minutes)
    days = _days(session, rep, account.id)
    best = [slot for slot in _best_of_days(account, days, wanted) if slot is not None]
    return sorted(best, key=lambda slot: (slot.score, slot.starts_at))[:count]


def _best_of_days(account: Account, days: Sequence[_Day], wanted: Candidate) -> list[Slot | None]:
    points = {(wanted.lon, wanted.lat)}
    for day in days:
        points |= {(c.lon, c.lat) for c in day.candidates} | {
            p for p in (day.rest.here, *day.work.points) if p is not None
        }
    known = sorted(points)
    travel = services.travel_source().travel([Place(lon=lon, lat=lat) for lon, lat in known])
    index = {point: number for number, point in enumerate(known)}
    found = []
    for day in days:
        problem = _problem(day, wanted)
        spots = [index[(place.lon, place.lat)] for place in problem.places]  # type: ignore[index] # all have coordinates
        problem = replace(problem, travel=slots.sub_travel(travel, spots))
        found.append(_best(account, day, problem, wanted))
    return found


def _problem(day: _Day, wanted: Candidate) -> Problem:
    problem = problem_of(replace(day.work, not_before=None), [*day.candidates, wanted])
    if day.work.not_before is None:
        return problem
    return replan.rest_of_day(problem, day.rest)


def _draft(day: _Day) -> Draft:
    pins = {
        str(n): int((c.pinned_at - day.work.midnight).total_seconds())
        for n, c in enumerate(day.candidates)
        if c.pinned_at is not None
    }
    return Draft(tuple(str(n) for n in range(len(day.candidates))), pins)


def _best(account: Account, day: _Day, problem: Problem, wanted: Candidate) -> Slot | None:
    found = slots.offers(problem, _draft(day), str(len(day.candidates)))
    if not found:
        return None
    due_on = (
        account.last_visited_on + dt.timedelta(days=account.cadence_days)
        if account.last_visited_on and account.cadence_days
        else None
    )
    harm = slots.harm(day.work.day, due_on, account.cadence_days)
    best = min(found, key=lambda offer: (offer.added_seconds, offer.start))
    names = {str(n): candidate.name for n, candidate in enumerate(day.candidates)}
    return Slot(
        day.work.day, day.work.instant(best.start), wanted.minutes, best.added_seconds, best.end_seconds, harm,
        slots.score(best.added_seconds, harm), names.get(best.before or ""), names.get(best.after or ""), day.has_plan,
    )  # fmt: skip


# -- the days as they stand --------------------------------------------------------------------------------------------


def _days(session: Session, rep: User, account_id: int) -> list[_Day]:
    """The rep's working days of the next two weeks with their stops and appointments, without the account itself."""
    zone = queries.zone_of(session, rep)
    today = clock.today(zone)
    last = today + dt.timedelta(days=DAYS_AHEAD - 1)
    plans = {plan.day: plan for plan in queries.published_plans(session, rep.id, today, last, with_solution=True)}
    met: dict[dt.date, list[tuple[Visit, Account]]] = {}
    for visit, account in queries.appointments(session, rep, today, last, zone):
        met.setdefault(visit.starts_at.astimezone(ZoneInfo(zone)).date(), []).append((visit, account))
    hours = slot_queries.opening_hours(session, [stop.account_id for plan in plans.values() for stop in plan.stops])
    found = []
    for number in range(DAYS_AHEAD):
        day = today + dt.timedelta(days=number)
        work = queries.work_day(session, rep, day)
        if day.isoweekday() not in rep.work_days or (
            work.not_before and work.second(work.ends) <= _second(work, work.not_before)
        ):
            continue
        plan = plans.get(day)
        if plan is not None:
            work = replace(work, night_before=plan.morning, night_after=plan.evening)
        found.append(_day(session, rep, work, plan, met.get(day, []), hours, account_id))
    return found


def _second(work: WorkDay, moment: dt.datetime) -> int:
    return int((moment - work.midnight).total_seconds())


def _day(
    session: Session, rep: User, work: WorkDay, plan: DayPlan | None, met: Sequence[tuple[Visit, Account]],
    hours: dict[int, str], account_id: int,
) -> _Day:  # fmt: skip
    timed: list[tuple[dt.datetime, Candidate]] = []
    rest = replan.Rest(work.begin, work.second(work.starts))
    if plan is not None:
        begun = live_services.as_begun(plan, work, None)
        rest = begun.rest
        timed = [(stop.start_at, _standing(stop, hours)) for stop in begun.ahead]
    elif work.not_before is not None:
        rest = replan.Rest(work.begin, max(rest.start, _second(work, work.not_before)))
    known = {candidate.account_id for _, candidate in timed} | {
        stop.account_id for stop in (plan.stops if plan else [])
    }
    for visit, account in met:
        if account.id not in known and account.location is not None and visit.starts_at is not None:
            made = queries.appointed(live_queries.candidate_for(account, Weights()), visit, work.zone)
            timed.append((visit.starts_at, made))
    timed.sort(key=lambda pair: pair[0])
    return _Day(work, [c for _, c in timed if c.account_id != account_id], rest, plan is not None)


def _standing(stop: Stop, hours: dict[int, str]) -> Candidate:
    """A stop as it stands: open when its account is, where that lets it be at all."""
    found = live_queries.candidate_of(stop)
    return replace(
        found, opening_hours=hours.get(stop.account_id), starts_at=found.starts_at if stop.is_fixed else None
    )


# -- booking -----------------------------------------------------------------------------------------------------------


def book(session: PrincipalSession, account: Account, rep: User, starts_at: dt.datetime, minutes: int) -> Visit:
    """Make the appointment, and put it into the day's published plan where there is one; both or neither."""
    visit = visits.schedule_visit(session, account=account, user=rep, starts_at=starts_at, minutes=minutes)
    day = starts_at.astimezone(ZoneInfo(queries.zone_of(session, rep))).date()
    plan = queries.published_plan(session, rep.id, day)
    if plan is None:
        return visit
    plan = edit_queries.plan_by_id(session, plan.id)
    stop = next((stop for stop in plan.stops if stop.account_id == account.id and stop.status == "ahead"), None)
    if stop is not None:
        edits.change(session, plan, edits.Wanted("timed", stop.visit_key, at=edits.second(plan, starts_at)))
        stop.visit_id = visit.id
    elif plan.problem is not None:
        edits.change(session, plan, edits.Wanted("added", account=account.uuid))
    session.flush()
    return visit


# -- along the way -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Near:
    """An account that costs little on a day."""

    account: Account
    added_seconds: int
    starts_at: dt.datetime
    before: str | None
    after: str | None
    due: cadence.Due | None
    ends_at: dt.datetime | None
    """When the day would end, where that is after hours and so the account does not fit."""


def along(session: Session, plan: DayPlan, count: int = 10) -> list[Near]:
    """The rep's accounts that add least driving to what lies ahead of a plan, the least first, those that fit before those
    with which the day only ends too late."""
    work = queries.work_of(session, plan)
    begun = live_services.as_begun(plan, work, None)
    if plan.day < clock.today(work.zone) or not (begun.ahead or work.end):
        return []
    hours = slot_queries.opening_hours(session, [stop.account_id for stop in begun.ahead])
    day = _Day(work, [_standing(stop, hours) for stop in begun.ahead], begun.rest, True)
    near = _near(session, plan, day)
    counts = queries.weights_of(session, plan.rep)
    wanted = [live_queries.candidate_for(account, counts) for account in near]
    problem = problem_of(replace(work, not_before=None), [*day.candidates, *wanted])
    if work.not_before is not None:
        problem = replan.rest_of_day(problem, day.rest)
    problem = services.with_travel(problem)
    first = len(day.candidates)
    keys = {str(first + n): account for n, account in enumerate(near)}
    found: list[Near] = []
    names = {str(n): candidate.name for n, candidate in enumerate(day.candidates)}
    for _detour, key, places in slots.detours(problem, _draft(day), keys)[:MOST_TRIED]:
        offer = slots.first_fit(problem, _draft(day), key, places[:MOST_PLACES])
        if offer is not None:
            account = keys[key]
            ends_at = (
                plan.returns_at + dt.timedelta(seconds=offer.end_seconds)
                if offer.is_late_home and plan.returns_at
                else None
            )
            found.append(
                Near(account, offer.added_seconds, work.instant(offer.start), names.get(offer.before or ""),
                     names.get(offer.after or ""), queries.due_of(account, plan.day), ends_at)
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.ends_at is not None, one.added_seconds))[:count]


def _near(session: Session, plan: DayPlan, day: _Day) -> list[Account]:
    """The rep's own accounts around the stops that are on no live plan, the nearest to any stop first."""
    points = [(c.lon, c.lat) for c in day.candidates] + ([day.work.end] if day.work.end else [])
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    bbox = min(lons) - NEAR_DEGREES, min(lats) - NEAR_DEGREES, max(lons) + NEAR_DEGREES, max(lats) + NEAR_DEGREES
    around = slot_queries.accounts_around(session, plan, bbox, clock.today(day.work.zone))
    found = [(min(metres_between(lon_lat(a.location), p) for p in points), a.id, a) for a in around]
    return [account for _, _, account in sorted(found, key=lambda row: row[:2])[:MOST_NEAR]]


def take_along(session: PrincipalSession, plan: DayPlan, account: Account) -> None:
    """Put an account into a day where it costs least."""
    plan = edit_queries.plan_by_id(session, plan.id)
    if plan.problem is None:
        raise Conflict("What this plan was made from was not kept, so nothing can be added. Plan the day again.")
    edits.change(session, plan, edits.Wanted("added", account=account.uuid))
