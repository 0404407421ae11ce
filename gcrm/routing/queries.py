"""Reads for planning: candidates of a rep's day, plans, the day on the phone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, cast, func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core import clock, money
from gcrm.core.config import settings
from gcrm.core.errors import NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account, AccountShare
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.pipeline.models import Opportunity, Stage
from gcrm.routing import nights_queries, travel, travel_factors, travel_queries
from gcrm.routing import weights as weighing
from gcrm.routing.day import MOST_CANDIDATES, Candidate, WorkDay
from gcrm.routing.models import DayPlan, LeftOut, PlanWeights, Stop
from gcrm.routing.nights import Point
from gcrm.routing.weights import Facts, Weights, prize
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
    weights: Weights = field(default_factory=Weights)
    """What counted."""


def zone_of(session: Session, rep: User) -> str:
    return rep.timezone or people.the_organisation(session).timezone


def work_day(session: Session, rep: User, day: dt.date) -> WorkDay:
    zone = zone_of(session, rep)
    now = clock.now()
    is_today = now.astimezone(ZoneInfo(zone)).date() == day
    factors = travel_queries.factors(session, travel.source_name(settings()))
    slower = travel_factors.of_shift(factors, day, rep.work_starts, rep.work_ends)
    return WorkDay(
        rep=rep.email, day=day, zone=zone, starts=rep.work_starts, ends=rep.work_ends, lunch_from=rep.lunch_from,
        lunch_until=rep.lunch_until, lunch_minutes=rep.lunch_minutes,
        home=lon_lat(rep.home) if rep.home is not None else None, not_before=now if is_today else None,
        travel_factor=slower.factor, travel_trips=slower.trips,
    )  # fmt: skip


def work_of(session: Session, plan: DayPlan) -> WorkDay:
    """A plan's day with the nights that it was planned with."""
    work = work_day(session, plan.rep, plan.day)
    return replace(work, night_before=plan.morning, night_after=plan.evening)


def day_input(session: Session, rep: User, day: dt.date, weights: Weights | None = None) -> DayInput:
    """Everything that could be visited: appointments of the day, tasks due that need a visit, and what is due by cadence.

    What a person locked or gave a time on the day's live plan stays on it. The day begins and ends where the days beside it
    spend the night.
    """
    (work,) = nights_queries.rested(session, rep, [work_day(session, rep, day)])
    counts = weights or weights_of(session, rep)
    due = due_accounts(session, rep, day) + lent_to(session, rep, day)
    known = _Known(session, rep, day, counts, [account.id for account, _ in due])
    found = {account.id: known.candidate(account, stand) for account, stand in due}
    for task, account in tasks_until(session, rep, day):
        one = found.get(account.id) or known.candidate(account)
        found[account.id] = replace(one, is_must=True, why={**one.why, "task": task.title})
    for visit, account in appointments(session, rep, day, day, work.zone):
        one = found.get(account.id) or known.candidate(account)
        found[account.id] = appointed(one, visit, work.zone)
    for account_id in settled(session, rep, day, day, work.zone) | lent_out(session, rep, work.zone, day, day):
        if account_id in found and found[account_id].starts_at is None:
            del found[account_id]
    for stop, account in kept_stops(session, rep, day, day):
        found[account.id] = kept(found.get(account.id) or known.candidate(account), stop)
    placed = [c for c in found.values() if c.lon == c.lon]  # NaN marks an account without a place
    unplaced = [c for c in found.values() if c.lon != c.lon]
    placed.sort(key=lambda c: (c.starts_at is None, not c.is_must, -c.prize, c.account_id))
    return DayInput(work, placed[:MOST_CANDIDATES], unplaced, placed[MOST_CANDIDATES:], counts)


class _Known:
    """What is known of the accounts of a rep's day beside their cadence: open deals, and what was promised."""

    def __init__(self, session: Session, rep: User, day: dt.date, counts: Weights, account_ids: Sequence[int]) -> None:
        self.weights = counts
        self.deals = open_deals(session, account_ids)
        self.promised = {account_id for account_id, on in promised_days(session, rep, day, day) if on == day}

    def candidate(self, account: Account, due: cadence.Due | None = None) -> Candidate:
        return candidate_of(account, self.weights, due, self.deals.get(account.id, 0.0), account.id in self.promised)


def candidate_of(
    account: Account, counts: Weights, due: cadence.Due | None = None, deal: float = 0.0, is_promised: bool = False
) -> Candidate:
    """An account as a candidate, with its prize and why."""
    late = max(0, due.days_overdue) / (account.cadence_days or 1) if due else 0.0
    facts = Facts(account.tier, min(1.0, due.factor) if due else 1.0, late, deal, is_promised)
    why: dict[str, Any] = _why_due(account, due) if due else {"tier": account.tier}
    if deal:
        why["deals"] = round(deal)
    if is_promised:
        why["promised"] = True
    return _candidate(account, prize(counts, facts), why)


def due_of(account: Account, day: dt.date) -> cadence.Due | None:
    """How an account stands against its cadence; None without one, or before a visit is worth anything."""
    if account.cadence_days is None:
        return None
    found = cadence.due(account.last_visited_on, account.cadence_days, day)
    return found if found.factor > 0 else None


def appointed(candidate: Candidate, visit: Visit, zone: str) -> Candidate:
    """A candidate with whom a time is agreed."""
    assert visit.starts_at is not None
    shown = visit.starts_at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    return replace(
        candidate, visit_id=visit.id, starts_at=visit.starts_at, minutes=visit.minutes or candidate.minutes,
        why={**candidate.why, "appointment": shown},
    )  # fmt: skip


def kept(candidate: Candidate, stop: Stop) -> Candidate:
    """A candidate that a person locked, or gave a time; an appointment keeps its own."""
    if candidate.starts_at is not None:
        return replace(candidate, is_locked=stop.is_locked)
    return replace(
        candidate, is_must=True, is_locked=stop.is_locked, starts_at=stop.pinned_at, pinned_at=stop.pinned_at,
        why={**stop.why, **candidate.why, "kept": True},
    )  # fmt: skip


def weights_of(session: Session, rep: User) -> Weights:
    """What counts for a rep: the weights of the nearest team upwards that has some, else the organisation's."""
    found = {row.team_id: row for row in session.scalars(select(PlanWeights))}
    base = usual_weights(session)
    if not found:
        return base
    parents = {team.id: team.parent_id for team in people.teams(session)}
    here = rep.team_id
    while here is not None and here not in found:
        here = parents.get(here)
    row = found.get(here) or found.get(None)
    return weighing.read(row.values, base) if row is not None else base


def weights_row(session: Session, team_id: int | None) -> PlanWeights | None:
    return session.scalar(select(PlanWeights).where(PlanWeights.team_id.is_not_distinct_from(team_id)))


def usual_weights(session: Session) -> Weights:
    return weighing.usual(money.digits(people.the_organisation(session).currency) == 0)


def open_deals(session: Session, account_ids: Sequence[int]) -> dict[int, float]:
    """Amount times chance of the open deals of each account, in whole units; deals in other currencies are left aside."""
    if not account_ids:
        return {}
    currency = people.the_organisation(session).currency
    worth = func.sum(Opportunity.amount_minor * Stage.probability) / 100.0 / 10 ** money.digits(currency)
    query = (
        select(Opportunity.account_id, worth)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(Stage.kind == "open", Opportunity.currency == currency, Opportunity.account_id.in_(account_ids))
        .group_by(Opportunity.account_id)
    )
    return {account_id: float(found) for account_id, found in session.execute(query) if found}


def promised_days(session: Session, rep: User, first: dt.date, last: dt.date) -> list[tuple[int, dt.date]]:
    """Accounts with the days for which the last published plans of a span promised them."""
    query = (
        select(Stop.account_id, DayPlan.day)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == rep.id, DayPlan.day.between(first, last), DayPlan.status == "published")
        .where(Stop.status == "ahead")
    )
    return [(row.account_id, row.day) for row in session.execute(query)]


def kept_stops(session: Session, rep: User, first: dt.date, last: dt.date) -> Sequence[Any]:
    """Stops of the newest live plans of a span's days that a person locked or gave a time, with their accounts."""
    newest = (
        select(func.max(DayPlan.id))
        .where(DayPlan.rep_id == rep.id, DayPlan.day.between(first, last), DayPlan.status.in_(LIVE))
        .group_by(DayPlan.day)
    )
    query = (
        select(Stop, Account)
        .join(Account, Account.id == Stop.account_id)
        .where(Stop.day_plan_id.in_(newest), Stop.status == "ahead")
        .where(or_(Stop.is_locked, Stop.pinned_at.is_not(None)))
        .options(selectinload(Stop.day_plan))
        .order_by(Stop.id)
    )
    return session.execute(query).all()


def due_accounts(session: Session, rep: User, day: dt.date) -> list[tuple[Account, cadence.Due]]:
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


def tasks_until(session: Session, rep: User, day: dt.date) -> Sequence[Any]:
    """Open tasks of a rep that need a visit by a day, with their accounts."""
    query = (
        select(Task, Account)
        .join(Account, Account.id == Task.account_id)
        .where(Task.user_id == rep.id, Task.done_at.is_(None), Task.needs_visit, Task.due_on <= day)
    )
    return session.execute(query).all()


def appointments(session: Session, rep: User, first: dt.date, last: dt.date, zone: str) -> Sequence[Any]:
    """Planned visits of a rep with a fixed time in a span of days, with their accounts."""
    begin, end = clock.at(first, dt.time(), zone), clock.at(last + dt.timedelta(days=1), dt.time(), zone)
    query = (
        select(Visit, Account)
        .join(Account, Account.id == Visit.account_id)
        .where(Visit.user_id == rep.id, Visit.status == "planned", Visit.starts_at >= begin, Visit.starts_at < end)
        .order_by(Visit.starts_at)
    )
    return session.execute(query).all()


def settled(session: Session, rep: User, first: dt.date, last: dt.date, zone: str) -> set[int]:
    """Accounts visited since a span began, or standing on a live plan of the rep for a day ahead outside the span."""
    begin = clock.at(first, dt.time(), zone)
    visited = select(Visit.account_id).where(
        Visit.user_id == rep.id, Visit.status.in_(("arrived", "done")), Visit.arrived_at >= begin
    )
    today = clock.today(zone)
    planned = (
        select(Stop.account_id)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == rep.id, ~DayPlan.day.between(first, last), DayPlan.day >= today)
        .where(DayPlan.status.in_(LIVE), Stop.status == "ahead")
    )
    return set(session.scalars(visited)) | set(session.scalars(planned))


AROUND = dt.timedelta(days=7)
"""A colleague's visit further off than that is no reason not to go."""


def lent_out(
    session: Session, rep: User, zone: str, first: dt.date, last: dt.date, together: Iterable[int] = ()
) -> set[int]:
    """A rep's accounts that colleagues visit within `AROUND` of a span, but for those whose reps are planned together in it."""
    soonest = max(clock.today(zone), first - AROUND)
    here = AccountShare.user_id.in_(together) & AccountShare.until.between(first, last)
    query = (
        select(AccountShare.account_id)
        .join(Account, Account.id == AccountShare.account_id)
        .where(
            Account.owner_id == rep.id,
            AccountShare.user_id != rep.id,
            AccountShare.until.between(soonest, last + AROUND),
            ~here,
        )
    )
    return set(session.scalars(query))


def lent_to(session: Session, rep: User, day: dt.date) -> list[tuple[Account, cadence.Due]]:
    """Colleagues' accounts that a rep was lent for a day and that are still due."""
    query = (
        select(Account)
        .join(AccountShare, AccountShare.account_id == Account.id)
        .where(AccountShare.user_id == rep.id, AccountShare.until == day, Account.status != "former")
    )
    found = [(account, due_of(account, day)) for account in session.scalars(query)]
    return [(account, due) for account, due in found if due is not None]


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


def published_plans(
    session: Session, rep_id: int, since: dt.date, until: dt.date, with_solution: bool = False
) -> list[DayPlan]:
    """The plans that a rep works by in a span, by day."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep_id, DayPlan.status == "published", DayPlan.day.between(since, until))
        .options(selectinload(DayPlan.stops).selectinload(Stop.visit), selectinload(DayPlan.rep))
        .order_by(DayPlan.day)
    )
    if with_solution:
        query = query.options(undefer(DayPlan.solution))
    return list(session.scalars(query))


def unfinished_plan(session: Session, rep_id: int, day: dt.date) -> DayPlan | None:
    """A plan of the rep and day that is still being made, or failed last."""
    query = select(DayPlan).where(DayPlan.rep_id == rep_id, DayPlan.day == day).order_by(DayPlan.id.desc()).limit(1)
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
    """The day as GeoJSON: numbered stops, home or hotels, and the way along roads where its drives are drawn, straight elsewhere."""
    points = [list(lon_lat(stop.location)) for stop in plan.stops]
    line = travel_queries.line_of(plan)
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": point},
            "properties": {"kind": "stop", "number": number, "name": stop.account_name, "status": stop.status},
        }
        for number, (point, stop) in enumerate(zip(points, plan.stops, strict=True), start=1)
    ]
    for kind, name, point in _ends(plan):
        said = {"kind": kind, "name": name}
        features.append(
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(point)}, "properties": said}
        )
    if len(line) > 1:
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {"kind": "route"},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _ends(plan: DayPlan) -> list[tuple[str, str | None, Point]]:
    """Where a day begins and ends, each place once."""
    ends: list[tuple[str, str | None, Point]] = [
        ("hotel", night.name, night.point) for night in (plan.morning, plan.evening) if night is not None
    ]
    if plan.rep.home is not None and not (plan.morning and plan.evening):
        ends.append(("home", None, lon_lat(plan.rep.home)))
    return list(dict.fromkeys(ends))
