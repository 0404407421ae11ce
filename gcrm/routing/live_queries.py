"""Reads for the day that runs, its versions, slots, and what calendars are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core import clock
from gcrm.core.errors import Conflict, NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import late, promise, queries, replan
from gcrm.routing import price as pricing
from gcrm.routing import problem as problems
from gcrm.routing import receipt as receipts
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, WorkDay
from gcrm.routing.models import DayPlan, LeftOut, Stop
from gcrm.routing.problem import Problem
from gcrm.routing.queries import DayInput
from gcrm.routing.solution import Solution
from gcrm.routing.weights import Weights
from gcrm.visits import cadence
from gcrm.visits.models import Visit

PRICE_SECONDS = 0.4
OVER = ("done", "skipped")


def locked_plan(session: Session, plan: DayPlan) -> DayPlan:
    """The plan that is worked by on the plan's day, held until the transaction ends: replans of one day wait for each other."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"publish {plan.rep_id} {plan.day}", 0))
    session.execute(select(lock))
    found = session.scalar(
        select(DayPlan)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day == plan.day, DayPlan.status == "published")
        .options(
            selectinload(DayPlan.stops).selectinload(Stop.visit), selectinload(DayPlan.rep), undefer(DayPlan.solution)
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Conflict("This plan is not worked by. Publish it first.")
    # Whoever changes the plan by hand holds this one.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"edit {found.id}", 0))))
    session.refresh(found, ["stops"])
    return found


def current_stop(session: Session, stop: Stop) -> Stop:
    """The stop for the same account on the version that is worked by now; the given one where there is none."""
    if stop.day_plan.status != "replaced":
        return stop
    query = (
        select(Stop)
        .join(DayPlan, DayPlan.id == Stop.day_plan_id)
        .where(DayPlan.rep_id == stop.day_plan.rep_id, DayPlan.day == stop.day_plan.day, DayPlan.status == "published")
        .where(Stop.account_id == stop.account_id)
        .options(selectinload(Stop.day_plan), selectinload(Stop.visit))
        .limit(1)
    )
    return session.scalar(query) or stop


def latest_starts(plan: DayPlan) -> dict[int, dt.datetime | None]:
    """When each stop must have begun at the latest, by its id; None: at any time."""
    windows = {visit["id"]: visit["windows"] for visit in (plan.problem or {}).get("visits", [])}
    found: dict[int, dt.datetime | None] = {}
    for stop in plan.stops:
        fixed = stop.pinned_at or (stop.start_at if stop.is_fixed else None)
        open_ = windows.get(stop.visit_key)
        known = plan.starts_at + dt.timedelta(seconds=max(last for _first, last in open_)) if open_ and plan.starts_at else None  # fmt: skip
        found[stop.id] = fixed or known
    return found


def ahead_of(plan: DayPlan) -> list[late.Ahead]:
    """What lies ahead of a plan, as `late.late` takes it."""
    latest = latest_starts(plan)
    return [
        late.Ahead(str(stop.uuid), stop.arrive_at, stop.start_at, latest[stop.id])
        for stop in plan.stops
        if stop.status == "ahead"
    ]


def rest_input(session: Session, plan: DayPlan, urgent: Account | None) -> DayInput:
    """What the rest of the day can be made from: its candidates without what is over, with every stop ahead among them."""
    given = replace(queries.day_input(session, plan.rep, plan.day), work=queries.work_of(session, plan))
    over = {stop.account_id for stop in plan.stops if stop.status != "ahead"}
    if urgent is not None:
        over.discard(urgent.id)
    found = {c.account_id: c for c in (*given.candidates, *given.over_limit) if c.account_id not in over}
    ahead = [stop for stop in plan.stops if stop.status == "ahead" and not _is_called_off(stop, given.work)]
    for stop in ahead:
        found.setdefault(stop.account_id, candidate_of(stop))
    if urgent is not None:
        known = found.pop(urgent.id, None) or candidate_for(urgent, given.weights)
        found = {urgent.id: replace(known, is_must=True, why={**known.why, "urgent": True}), **found}
    wanted = {stop.account_id for stop in ahead} | ({urgent.id} if urgent is not None else set())
    ranked = sorted(found.values(), key=lambda c: c.account_id not in wanted)
    most = max(len(wanted), len(given.candidates))
    unplaced = [c for c in given.unplaced if c.account_id not in over]
    return DayInput(given.work, ranked[:most], unplaced, ranked[most:], given.weights)


def _is_called_off(stop: Stop, work: WorkDay) -> bool:
    """Whether a stop is an appointment that was cancelled, or moved to another day."""
    visit = stop.visit
    if not stop.is_fixed or visit is None or visit.status == "arrived":
        return False
    seconds = (visit.starts_at - work.midnight).total_seconds() if visit.starts_at is not None else -1.0
    return visit.status != "planned" or not 0 <= seconds < 90_000


def candidate_of(stop: Stop) -> Candidate:
    """A stop of the plan as a candidate: what was promised stays possible, also where nothing makes it due."""
    lon, lat = lon_lat(stop.location)
    seconds = (stop.depart_at - stop.start_at).total_seconds()
    found = Candidate(
        account_id=stop.account_id, name=stop.account_name, lon=lon, lat=lat, minutes=max(1, round(seconds / 60)),
        prize=cadence.tier_value(stop.why.get("tier")), why=stop.why, address=stop.address, visit_id=stop.visit_id,
        starts_at=stop.start_at if stop.is_fixed else None,
    )  # fmt: skip
    return queries.kept(found, stop) if stop.is_locked or stop.pinned_at is not None else found


def candidate_for(account: Account, weights: Weights) -> Candidate:
    """An account as a candidate whether it is due or not; it must have a place."""
    if account.location is None:
        raise Conflict(f"{account.name} has no place on the map yet, so nothing can be planned there.")
    return queries.candidate_of(account, weights)


def versions(session: Session, plan: DayPlan) -> list[DayPlan]:
    """Every plan of the same rep and day that came to something, the newest first."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == plan.rep_id, DayPlan.day == plan.day)
        .where(DayPlan.status.in_(("ready", "published", "replaced")), DayPlan.solved_at.is_not(None))
        .order_by(DayPlan.id.desc())
    )
    return list(session.scalars(query))


def phones(session: Session, plan: DayPlan) -> dict[int, str]:
    """The phone numbers of those accounts of a plan that the principal still sees."""
    ids = [stop.account_id for stop in plan.stops]
    rows = session.execute(select(Account.id, Account.phone).where(Account.id.in_(ids), Account.phone.is_not(None)))
    return {row.id: row.phone for row in rows}


def compared_with(session: Session, plan: DayPlan, known: list[DayPlan], asked: str | None) -> DayPlan | None:
    """The version that a plan is held against: the one asked for, else the one that it was made from, else the latest before."""
    others = [one for one in known if one.id != plan.id]
    if asked:
        found = next((one for one in others if str(one.uuid) == asked), None)
        if found is None:
            raise NotFound("There is no such version of this day.")
    else:
        found = next((one for one in others if one.id == plan.replaces_id), None)
        found = found or next((one for one in others if one.id < plan.id), None)
    return queries.plan_by_uuid(session, found.uuid) if found is not None else None


def differences(before: DayPlan, after: DayPlan) -> list[dict[str, Any]]:
    """What differs between the stops of two versions, skipped ones left aside."""
    return [change.as_row() for change in replan.changes(_seen(before), _seen(after))]


def _seen(plan: DayPlan) -> list[replan.Seen]:
    return [replan.Seen(s.account_id, s.account_name, s.start_at) for s in plan.stops if s.status != "skipped"]


def compared_geojson(before: DayPlan, after: DayPlan, changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Both versions as features: two ways and every stop once, with what became of it."""
    kinds = {change["account_id"]: change["kind"] for change in changes}
    features: list[dict[str, Any]] = []
    for version, plan in (("before", before), ("after", after)):
        stops = [stop for stop in plan.stops if stop.status != "skipped"]
        points = [plan.begin, *(lon_lat(stop.location) for stop in stops), plan.end]
        line = [list(point) for point in points if point is not None]
        if len(line) > 1:
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "LineString", "coordinates": line},
                    "properties": {"version": version},
                }
            )
        for number, stop in enumerate(stops, start=1):
            kind = kinds.get(stop.account_id, "stays")
            if version == "after" or kind == "dropped":
                point = {"type": "Point", "coordinates": list(lon_lat(stop.location))}
                said = {"number": number, "name": stop.account_name, "kind": kind}
                features.append({"type": "Feature", "geometry": point, "properties": said})
    return {"type": "FeatureCollection", "features": features}


# -- the receipt and prices --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receipt:
    """What a plan was made from, and how it compares."""

    solution: Solution
    inputs_hash: str
    command: str
    proof: receipts.Proof
    own: receipts.Measure | None
    others: dict[str, receipts.Measure]
    """Other orders of the same stops: `nearest`, `usual`."""

    def less_than(self, name: str) -> float | None:
        """The share of driving that the plan saves against another order."""
        other = self.others.get(name)
        if other is None or self.own is None or not other.travel_seconds:
            return None
        return 1 - self.own.travel_seconds / other.travel_seconds


def receipt_of(session: Session, plan: DayPlan) -> Receipt | None:
    """The receipt of a plan that was solved; None for one whose problem was not kept."""
    if plan.problem is None or plan.solution is None:
        return None
    problem, solution = problems.parse(plan.problem), solutions.parse(plan.solution)
    keys = [stop.visit_key for stop in plan.stops if stop.visit_key is not None]
    route = receipts.route_of(solution, keys)
    own, others = None, {}
    if route is not None:
        shift = next(shift for shift in problem.shifts if shift.id == route.shift)
        order = [stop.visit for stop in route.stops]
        own = receipts.measure(problem, shift, order)
        others["nearest"] = receipts.measure(problem, shift, receipts.nearest_neighbour(problem, shift, order))
        usual = receipts.usual_order(problem, shift, order, _hours(session, plan))
        if usual is not None:
            others["usual"] = receipts.measure(problem, shift, usual)
    return Receipt(
        solution, receipts.inputs_hash(problems.dump(problem)), receipts.command(solution, "problem.json"),
        receipts.proof(solution), own, others,
    )  # fmt: skip


def stored_problem(plan: DayPlan) -> bytes:
    """The problem that a plan was made from, as the bytes whose hash the receipt tells."""
    if plan.problem is None:
        raise NotFound("What this plan was made from was not kept.")
    return receipts.canonical(problems.dump(problems.parse(plan.problem)))


def _hours(session: Session, plan: DayPlan) -> dict[str, list[int]]:
    """When, in seconds of the day, the rep was at the accounts of a plan's stops in the year before it."""
    keys = {stop.account_id: stop.visit_key for stop in plan.stops if stop.visit_key is not None}
    zone = ZoneInfo(queries.zone_of(session, plan.rep))
    until = clock.at(plan.day, dt.time(), zone.key)
    came = func.coalesce(Visit.arrived_at, Visit.finished_at)
    query = select(Visit.account_id, came.label("at")).where(
        Visit.user_id == plan.rep_id, Visit.status == "done", Visit.account_id.in_(keys),
        came >= until - dt.timedelta(days=365), came < until,
    )  # fmt: skip
    found: dict[str, list[int]] = {}
    for row in session.execute(query):
        local = row.at.astimezone(zone)
        found.setdefault(keys[row.account_id], []).append(local.hour * 3600 + local.minute * 60 + local.second)
    return found


@dataclass(frozen=True)
class Priced:
    """The price of one visit with the names of those it concerns."""

    name: str
    is_planned: bool
    price: pricing.Price
    pushed_out: list[str]
    taken_in: list[str]


def price_of(plan: DayPlan, account_id: int) -> Priced:
    """What the visit to an account costs the plan: one that it makes, or one that it left out. Solves once, half a second."""
    rows: list[Stop | LeftOut] = [*plan.stops, *plan.left_out]
    names = {row.visit_key: row.account_name for row in rows if row.visit_key is not None}
    row = next((row for row in rows if row.account_id == account_id), None)
    if row is None:
        raise NotFound("This account is neither on the plan nor among those left out.")
    if row.visit_key is None or plan.problem is None or plan.solution is None:
        raise Conflict(f"{row.account_name} was not looked at when this day was planned, so its price is not known.")
    problem, solution = problems.parse(plan.problem), solutions.parse(plan.solution)
    is_planned = isinstance(row, Stop)
    found = (pricing.of_planned if is_planned else pricing.of_left_out)(problem, solution, row.visit_key, _solved)
    return Priced(
        row.account_name, is_planned, found, [names[key] for key in found.pushed_out if key in names],
        [names[key] for key in found.taken_in if key in names],
    )  # fmt: skip


def _solved(problem: Problem) -> Solution:
    from gcrm.routing import beside

    return beside.solve(problem, PRICE_SECONDS)


# -- promises ----------------------------------------------------------------------------------------------------------


def meters(session: Session, reps: Sequence[User]) -> list[tuple[User, promise.Meter]]:
    """For each rep with promises, the intervals promised, allowed and kept by tier."""
    ids = [rep.id for rep in reps]
    tiers, drives = _tiers(session, ids), _drives(session, ids)
    return [
        (rep, promise.meter(_hours_of(rep, drives.get(rep.id)), tiers[rep.id])) for rep in reps if tiers.get(rep.id)
    ]


def _hours_of(rep: User, travel_minutes: float | None) -> promise.Hours:
    day = dt.date(2000, 1, 1)
    span = dt.datetime.combine(day, rep.work_ends) - dt.datetime.combine(day, rep.work_starts)
    minutes = max(0.0, span.total_seconds() / 60 - rep.lunch_minutes)
    month = promise.month_of(minutes * len(rep.work_days), days_a_week=len(rep.work_days))
    if travel_minutes is None:
        return promise.Hours(month)
    return promise.Hours(month, travel_minutes, is_travel_measured=True)


def _tiers(session: Session, rep_ids: Sequence[int]) -> dict[int, list[promise.Tier]]:
    """Accounts with a rhythm by owner and tier, with the owner's visits to them of the last half year."""
    since = clock.now() - dt.timedelta(days=promise.LOOK_BACK_DAYS)
    made = (
        select(Visit.account_id, Visit.user_id, func.count().label("visits"))
        .where(Visit.user_id.in_(rep_ids), Visit.status == "done", Visit.finished_at >= since)
        .group_by(Visit.account_id, Visit.user_id)
        .subquery()
    )
    monthly = promise.DAYS_A_MONTH / Account.cadence_days
    minutes = func.coalesce(Account.visit_minutes, cadence.DEFAULT_MINUTES)
    query = (
        select(
            Account.owner_id, Account.tier, func.count().label("accounts"), func.sum(monthly).label("visits"),
            func.sum(monthly * minutes).label("minutes"), func.coalesce(func.sum(made.c.visits), 0).label("made"),
        )
        .outerjoin(made, (made.c.account_id == Account.id) & (made.c.user_id == Account.owner_id))
        .where(Account.owner_id.in_(rep_ids), Account.cadence_days > 0, Account.status != "former")
        .group_by(Account.owner_id, Account.tier)
        .order_by(Account.owner_id, Account.tier)
    )  # fmt: skip
    found: dict[int, list[promise.Tier]] = {}
    for row in session.execute(query):
        tier = promise.Tier(row.tier, row.accounts, float(row.visits), float(row.minutes), int(row.made))
        found.setdefault(row.owner_id, []).append(tier)
    return found


def _drives(session: Session, rep_ids: Sequence[int]) -> dict[int, float]:
    """The usual drive to a stop in minutes, way home included, on days worked by in the last half year."""
    since = clock.now().date() - dt.timedelta(days=promise.LOOK_BACK_DAYS)
    stops = select(func.count()).where(Stop.day_plan_id == DayPlan.id).scalar_subquery()
    query = (
        select(DayPlan.rep_id, func.sum(DayPlan.travel_seconds) / 60.0 / func.nullif(func.sum(stops), 0))
        .where(DayPlan.rep_id.in_(rep_ids), DayPlan.status == "published", DayPlan.day >= since)
        .group_by(DayPlan.rep_id)
    )
    return {rep_id: float(minutes) for rep_id, minutes in session.execute(query) if minutes is not None}
