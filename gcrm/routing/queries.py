"""Reads for planning: candidates of a rep's day, plans, the day on the phone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, cast, func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core import clock
from gcrm.core.errors import NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing.day import MOST_CANDIDATES, Candidate, WorkDay
from gcrm.routing.models import DayPlan, LeftOut, Stop
from gcrm.visits import cadence
from gcrm.visits.models import Task, Visit

LIVE = ("ready", "published")


@dataclass(frozen=True)
class DayInput:
    """What one day's plan is made from."""

    work: WorkDay
    candidates: list[Candidate]
    unplaced: list[Candidate]
    """Due, but on no map."""
    over_limit: list[Candidate]
    """Due, but less urgent than as many as the planner looks at."""


def zone_of(session: Session, rep: User) -> str:
    return rep.timezone or people.the_organisation(session).timezone


def work_day(session: Session, rep: User, day: dt.date) -> WorkDay:
    zone = zone_of(session, rep)
    now = clock.now()
    is_today = now.astimezone(ZoneInfo(zone)).date() == day
    return WorkDay(
        rep=rep.email, day=day, zone=zone, starts=rep.work_starts, ends=rep.work_ends, lunch_from=rep.lunch_from,
        lunch_until=rep.lunch_until, lunch_minutes=rep.lunch_minutes,
        home=lon_lat(rep.home) if rep.home is not None else None, not_before=now if is_today else None,
    )  # fmt: skip


def day_input(session: Session, rep: User, day: dt.date) -> DayInput:
    """Everything that could be visited: appointments of the day, tasks due that need a visit, and what is due by cadence."""
    work = work_day(session, rep, day)
    found: dict[int, Candidate] = {}
    for account, due in _due_accounts(session, rep, day):
        found[account.id] = _candidate(account, cadence.prize(account.tier, due.factor), _why_due(account, due))
    for task, account in _tasks(session, rep, day):
        known = found.get(account.id) or _candidate(account, cadence.tier_value(account.tier), {"tier": account.tier})
        found[account.id] = replace(known, is_must=True, why={**known.why, "task": task.title})
    for visit, account in _appointments(session, rep, work):
        known = found.get(account.id) or _candidate(account, cadence.tier_value(account.tier), {"tier": account.tier})
        shown = visit.starts_at.astimezone(ZoneInfo(work.zone)).strftime("%H:%M")
        found[account.id] = replace(
            known, visit_id=visit.id, starts_at=visit.starts_at, minutes=visit.minutes or known.minutes,
            why={**known.why, "appointment": shown},
        )  # fmt: skip
    for account_id in _settled(session, rep, day, work):
        if account_id in found and found[account_id].starts_at is None:
            del found[account_id]
    placed = [c for c in found.values() if c.lon == c.lon]  # NaN marks an account without a place
    unplaced = [c for c in found.values() if c.lon != c.lon]
    placed.sort(key=lambda c: (c.starts_at is None, not c.is_must, -c.prize, c.account_id))
    return DayInput(work, placed[:MOST_CANDIDATES], unplaced, placed[MOST_CANDIDATES:])


def _due_accounts(session: Session, rep: User, day: dt.date) -> list[tuple[Account, cadence.Due]]:
    """Own accounts whose cadence makes a visit worth something on the day; the index on owner and last visit drives it."""
    lead = cast(func.ceil(Account.cadence_days * cadence.EARLY_SHARE), Integer)
    query = select(Account).where(
        Account.owner_id == rep.id,
        Account.status != "former",
        Account.cadence_days.is_not(None),
        or_(Account.last_visited_on.is_(None), Account.last_visited_on + Account.cadence_days - lead < day),
    )
    dues = [(a, cadence.due(a.last_visited_on, a.cadence_days or 1, day)) for a in session.scalars(query)]
    return [(account, due) for account, due in dues if due.factor > 0]


def _tasks(session: Session, rep: User, day: dt.date) -> Sequence[Any]:
    query = (
        select(Task, Account)
        .join(Account, Account.id == Task.account_id)
        .where(Task.user_id == rep.id, Task.done_at.is_(None), Task.needs_visit, Task.due_on <= day)
    )
    return session.execute(query).all()


def _appointments(session: Session, rep: User, work: WorkDay) -> Sequence[Any]:
    begin, end = clock.at(work.day, dt.time(), work.zone), clock.at(work.day + dt.timedelta(days=1), dt.time(), work.zone)
    query = (
        select(Visit, Account)
        .join(Account, Account.id == Visit.account_id)
        .where(Visit.user_id == rep.id, Visit.status == "planned", Visit.starts_at >= begin, Visit.starts_at < end)
        .order_by(Visit.starts_at)
    )
    return session.execute(query).all()


def _settled(session: Session, rep: User, day: dt.date, work: WorkDay) -> set[int]:
    """Accounts visited on the day already, or standing on a live plan of the rep for another day ahead."""
    begin = clock.at(day, dt.time(), work.zone)
    visited = select(Visit.account_id).where(
        Visit.user_id == rep.id, Visit.status.in_(("arrived", "done")), Visit.arrived_at >= begin
    )
    today = clock.today(work.zone)
    planned = (
        select(Stop.account_id)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == rep.id, DayPlan.day != day, DayPlan.day >= today, DayPlan.status.in_(LIVE))
        .where(Stop.status == "ahead")
    )
    return set(session.scalars(visited)) | set(session.scalars(planned))


def _candidate(account: Account, prize: float, why: dict[str, Any]) -> Candidate:
    lon, lat = lon_lat(account.location) if account.location is not None else (float("nan"), float("nan"))
    return Candidate(
        account_id=account.id, name=account.name, lon=lon, lat=lat,
        minutes=account.visit_minutes or cadence.DEFAULT_MINUTES, prize=prize, why=why, address=address_of(account),
        opening_hours=account.opening_hours,
    )  # fmt: skip


def _why_due(account: Account, due: cadence.Due) -> dict[str, Any]:
    said: dict[str, Any] = {"tier": account.tier}
    return said | ({"never": True} if due.due_on is None else {"days_overdue": due.days_overdue})


def address_of(account: Account) -> str | None:
    return ", ".join(part for part in (account.street, account.city) if part) or None


# -- plans -----------------------------------------------------------------------------------------------------------


def plan_by_uuid(session: Session, public: uuid.UUID, with_problem: bool = False) -> DayPlan:
    query = (
        select(DayPlan)
        .where(DayPlan.uuid == public)
        .options(selectinload(DayPlan.stops), selectinload(DayPlan.left_out), selectinload(DayPlan.rep))
    )
    if with_problem:
        query = query.options(undefer(DayPlan.problem), undefer(DayPlan.solution))
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def plans(session: Session, since: dt.date, until: dt.date) -> list[DayPlan]:
    """The newest plan of each rep and day, by day and rep."""
    newest = (
        select(func.max(DayPlan.id))
        .where(DayPlan.day.between(since, until), DayPlan.status.not_in(("replaced",)))
        .group_by(DayPlan.rep_id, DayPlan.day)
    )
    query = (
        select(DayPlan)
        .join(User, User.id == DayPlan.rep_id)
        .where(DayPlan.id.in_(newest))
        .options(selectinload(DayPlan.rep), selectinload(DayPlan.stops))
        .order_by(DayPlan.day, User.name, DayPlan.id)
    )
    return list(session.scalars(query))


def published_plan(session: Session, rep_id: int, day: dt.date) -> DayPlan | None:
    """The plan that a rep works by on a day."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep_id, DayPlan.day == day, DayPlan.status == "published")
        .options(selectinload(DayPlan.stops).selectinload(Stop.visit), selectinload(DayPlan.rep))
    )
    return session.scalar(query)


def unfinished_plan(session: Session, rep_id: int, day: dt.date) -> DayPlan | None:
    """A plan of the rep and day that is still being made, or failed last."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep_id, DayPlan.day == day)
        .order_by(DayPlan.id.desc())
        .limit(1)
    )
    found = session.scalar(query)
    return found if found is not None and found.status in ("queued", "solving", "failed") else None


def stop_by_uuid(session: Session, public: uuid.UUID) -> Stop:
    found = session.scalar(
        select(Stop).where(Stop.uuid == public).options(selectinload(Stop.day_plan), selectinload(Stop.visit))
    )
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def visible_account(session: Session, account_id: int) -> Account | None:
    return session.scalar(select(Account).where(Account.id == account_id))


def account_uuids(session: Session, account_ids: Sequence[int]) -> dict[int, uuid.UUID]:
    """Public ids of those accounts that the principal still sees."""
    rows = session.execute(select(Account.id, Account.uuid).where(Account.id.in_(account_ids)))
    return {row.id: row.uuid for row in rows}



def left_out_by_reason(plan: DayPlan) -> dict[str, list[LeftOut]]:
    groups: dict[str, list[LeftOut]] = {}
    for entry in plan.left_out:
        groups.setdefault(entry.reason, []).append(entry)
    return groups


def route_geojson(plan: DayPlan) -> dict[str, Any]:
    """The day as GeoJSON: numbered stops, home, and straight legs, since no road geometry is known."""
    home = [list(lon_lat(plan.rep.home))] if plan.rep.home is not None else []
    points = [list(lon_lat(stop.location)) for stop in plan.stops]
    line = [*home, *points, *home]
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": point},
            "properties": {"kind": "stop", "number": number, "name": stop.account_name, "status": stop.status},
        }
        for number, (point, stop) in enumerate(zip(points, plan.stops, strict=True), start=1)
    ]
    if home:
        features.append(
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": home[0]}, "properties": {"kind": "home"}}
        )
    if len(line) > 1:
        features.append(
            {"type": "Feature", "geometry": {"type": "LineString", "coordinates": line}, "properties": {"kind": "route"}}
        )
    return {"type": "FeatureCollection", "features": features}
