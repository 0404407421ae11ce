"""What people change in plans: tried first, checked before it is kept, recorded with what it cost, and undone again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.core.geo import ewkt, lon_lat
from gcrm.customers import queries as customers
from gcrm.customers.models import Account
from gcrm.routing import check, cutting, edit_queries, editing, queries, services, travel_services
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, WorkDay, visit_of
from gcrm.routing.editing import Attempt, Change, Draft, Fault
from gcrm.routing.models import DayPlan, LeftOut, PlanEdit, Stop
from gcrm.routing.problem import Place, Problem, Visit
from gcrm.routing.solution import Solution, Unserved

EDITABLE = ("ready", "published")
MOST_ADDABLE = 12
MOST_LEFT_OUT = 400
"""Of those left out, so many are put into order."""


@dataclass(frozen=True)
class Trial:
    """A day before and after a change."""

    before: Attempt
    after: Attempt
    draft: Draft

    @property
    def travel_seconds(self) -> int:
        """More (or less) driving."""
        return self.after.travel_seconds - self.before.travel_seconds

    @property
    def end_seconds(self) -> int:
        """How much later (or earlier) the day ends."""
        ends = [each.times.return_at if each.times else None for each in (self.before, self.after)]
        return 0 if ends[0] is None or ends[1] is None else ends[1] - ends[0]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Rules that the change breaks; one that was broken before is not its fault."""
        known = {(fault.rule, fault.key) for fault in self.before.faults}
        return tuple(fault for fault in self.after.faults if (fault.rule, fault.key) not in known)


class BrokenRule(Invalid):
    """The day cannot be kept as it would be; `trial` says why."""

    title = "This does not fit"

    def __init__(self, trial: Trial) -> None:
        super().__init__("The day cannot be kept this way. Nothing was saved.")
        self.trial = trial


@dataclass(frozen=True)
class Wanted:
    """A change as it is asked for: a stop by its key, or an account that is to come into the day."""

    kind: str
    key: str | None = None
    account: uuid.UUID | None = None
    to: int | None = None
    at: int | None = None


# -- reads -----------------------------------------------------------------------------------------------------------


def editable(session: Session, plan: DayPlan) -> bool:
    """Whether people can change the plan: it stands, its day is not over, and it knows what it was made from."""
    today = clock.today(queries.zone_of(session, plan.rep))
    return (
        plan.status in EDITABLE and plan.day >= today and plan.problem is not None and len(plan.problem["shifts"]) == 1
    )


def draft_of(plan: DayPlan) -> Draft:
    """The plan's stops that its problem knows, as they stand."""
    assert plan.problem is not None
    known = {visit["id"] for visit in plan.problem["visits"]}
    stops = [stop for stop in plan.stops if stop.visit_key in known]
    order = tuple(str(stop.visit_key) for stop in stops)
    done = [number for number, stop in enumerate(stops, start=1) if stop.status != "ahead"]
    return Draft(
        order,
        {str(stop.visit_key): second(plan, stop.pinned_at) for stop in stops if stop.pinned_at is not None},
        frozenset(str(stop.visit_key) for stop in stops if stop.is_locked),
        max(done, default=0),
    )


def second(plan: DayPlan, moment: dt.datetime) -> int:
    """The second of the plan's day."""
    assert plan.starts_at is not None
    return int((moment - plan.starts_at).total_seconds())


def standing(plan: DayPlan) -> Attempt:
    """The day as it stands, its timetable recomputed."""
    draft = draft_of(plan)
    assert plan.problem is not None
    return editing.attempt(editing.part(plan.problem, draft.order), draft)


def addable(session: Session, plan: DayPlan, words: str) -> list[tuple[Account, LeftOut | None]]:
    """Accounts that could come into the day: those left out first, then the rep's own, by name or town."""
    left = {entry.account_id: entry for entry in plan.left_out}
    found = edit_queries.accounts_for(session, plan, words, MOST_ADDABLE if words else MOST_LEFT_OUT)
    rows = [(account, left.get(account.id)) for account in found]
    # Without words the ones that cost least come first.
    if not words:
        rows.sort(
            key=lambda row: (row[1] is None or row[1].added_seconds is None, row[1].added_seconds or 0 if row[1] else 0)
        )
    return rows[:MOST_ADDABLE]


# -- trying ----------------------------------------------------------------------------------------------------------


def tried(session: Session, plan: DayPlan, wanted: Wanted) -> Trial:
    """What a change would make of the day; nothing is written."""
    trial, _ = _tried(session, plan, wanted)
    return trial


@dataclass(frozen=True)
class _New:
    """A visit that the plan's problem does not know yet."""

    visit: Visit
    place: Place
    candidate: Candidate


def _tried(session: Session, plan: DayPlan, wanted: Wanted) -> tuple[Trial, _New | None]:
    _must_be_editable(session, plan)
    assert plan.problem is not None
    draft = draft_of(plan)
    key, new = wanted.key, None
    if wanted.account is not None:
        key, new = _visit_for(session, plan, wanted.account)
    if key is None:
        raise Invalid("Say which stop is meant.")
    if wanted.kind in ("dropped", "given"):
        _must_be_free(_stop(plan, key))
    keys = list(draft.order)
    if new is None and key not in keys:
        keys.append(key)
    problem = editing.part(plan.problem, keys)
    if new is not None:
        problem = editing.joined(problem, new.visit, new.place, services.travel_source())
    before = editing.attempt(problem, draft)
    change = Change(wanted.kind, key, _place(problem, draft, before, wanted, key), wanted.at)
    after = editing.changed(draft, change)
    return Trial(before, editing.attempt(problem, after), after), new


def _place(problem: Problem, draft: Draft, before: Attempt, wanted: Wanted, key: str) -> int | None:
    """Where the stop goes: as said, by its time, or where it costs least."""
    if wanted.to is not None:
        return wanted.to
    if wanted.at is not None and wanted.kind in ("timed", "moved"):
        return editing.place_at(draft, before, key, wanted.at)
    if wanted.kind in ("added", "taken"):
        return editing.best_place(problem, draft, key, wanted.at)
    return None


def _must_be_free(stop: Stop) -> None:
    if stop.is_fixed:
        raise Invalid(f"The appointment with {stop.account_name} is agreed for this day. Cancel or move it first.")


def _must_be_editable(session: Session, plan: DayPlan) -> None:
    if not editable(session, plan):
        raise Conflict(
            "This plan cannot be changed: it is no longer the newest, its day is over, or it is still being made."
        )


def _visit_for(session: Session, plan: DayPlan, public: uuid.UUID) -> tuple[str, _New | None]:
    """The visit to an account: one that the plan left out, or a new one."""
    account = customers.account_by_uuid(session, public)
    assert plan.problem is not None
    known = {visit["id"] for visit in plan.problem["visits"]}
    known_rows: list[Stop | LeftOut] = [*plan.left_out, *plan.stops]
    for entry in known_rows:
        if entry.account_id == account.id and entry.visit_key in known:
            return str(entry.visit_key), None
    if account.location is None:
        raise Invalid(f"{account.name} has no place on the map.")
    candidate = _candidate(session, plan, account)
    key = f"x{account.id}"
    while key in known:
        key += "x"
    work = queries.work_day(session, plan.rep, plan.day)
    return key, _New(visit_of(work, key, 0, candidate), Place(lat=candidate.lat, lon=candidate.lon), candidate)


def _candidate(session: Session, plan: DayPlan, account: Account) -> Candidate:
    """The account as a candidate of the plan's day, an appointment of that day included."""
    zone = queries.zone_of(session, plan.rep)
    found = queries.candidate_of(
        account, queries.weights_of(session, plan.rep), queries.due_of(account, plan.day),
        queries.open_deals(session, [account.id]).get(account.id, 0.0),
    )  # fmt: skip
    for visit, other in queries.appointments(session, plan.rep, plan.day, plan.day, zone):
        if other.id == account.id:
            return queries.appointed(found, visit, zone)
    return found


# -- keeping ---------------------------------------------------------------------------------------------------------


def change(session: PrincipalSession, plan: DayPlan, wanted: Wanted) -> tuple[PlanEdit, Trial]:
    """Change a plan; one that breaks a rule by it is refused as `BrokenRule` with what it would have been."""
    plan = edit_queries.locked_plan(session, plan.id)
    trial, new = _tried(session, plan, wanted)
    if trial.faults:
        raise BrokenRule(trial)
    edit = _record(session, plan, wanted.kind, _key_of(trial, wanted, new), trial)
    _keep(session, plan, trial.draft, new)
    edit.account_id = edit.account_id or next(
        (s.account_id for s in plan.stops if s.visit_key == edit.before["key"]), None
    )
    session.flush()
    return edit, trial


def reorder(session: PrincipalSession, plan: DayPlan, wanted: Sequence[uuid.UUID]) -> Trial:
    """Put what lies ahead into another order, as the rep drives it; times follow.

    Stops that are over, gone or not named are no fault: they keep their places, or come last. An order that breaks a rule is
    kept too, with its late times, since the rep is on the road and decides; the trial says which.
    """
    plan = edit_queries.locked_plan(session, plan.id)
    _must_be_editable(session, plan)
    before = draft_of(plan)
    order = _with_order(plan, before, wanted)
    if order == before.order:
        return Trial(standing(plan), standing(plan), before)
    draft = replace(before, order=order)
    assert plan.problem is not None
    problem = editing.part(plan.problem, order)
    trial = Trial(editing.attempt(problem, before), editing.attempt(problem, draft), draft)
    moved = next(key for key, was in zip(order, before.order, strict=True) if key != was)
    _record(session, plan, "moved", moved, trial)
    if trial.after.faults:
        _write_late(session, plan, trial.after)
    else:
        _keep(session, plan, draft, None)
    return trial


def _with_order(plan: DayPlan, draft: Draft, wanted: Sequence[uuid.UUID]) -> tuple[str, ...]:
    """The keys of the day with those ahead as they are named."""
    ahead = {stop.uuid: str(stop.visit_key) for stop in plan.stops if stop.status == "ahead" and stop.visit_key}
    named = list(dict.fromkeys(ahead[public] for public in wanted if public in ahead))
    if not named:
        raise Conflict("None of these stops lies ahead any more.")
    rest = [key for key in ahead.values() if key not in named]
    over = [key for key in draft.order if key not in ahead.values()]
    return (*over, *named, *rest)


def _write_late(session: Session, plan: DayPlan, made: Attempt) -> None:
    """Write the times of a day that breaks a rule; what the plan was solved to stays as it was."""
    route = editing.route_of(made)
    if route is None:
        raise Conflict("No times can be found for this order.")
    work = queries.work_day(session, plan.rep, plan.day)
    stops = [stop for stop in plan.stops if stop.visit_key in made.order]
    before = len(plan.stops) - len(stops)
    services.time_stops(work, made.problem, route, stops)
    for stop in stops:
        stop.position += before
    plan.leaves_at, plan.returns_at = work.instant(route.leave), work.instant(route.return_at)
    plan.travel_seconds = made.travel_seconds
    session.flush()
    travel_services.draw_later(session, plan)
    session.expire(plan, ["stops"])


def _key_of(trial: Trial, wanted: Wanted, new: _New | None) -> str:
    if wanted.key is not None:
        return wanted.key
    if new is not None:
        return new.visit.id
    return next(key for key in trial.draft.order if key not in trial.before.order)


def hand_over(session: PrincipalSession, plan: DayPlan, key: str, other: DayPlan) -> tuple[Trial, Trial]:
    """Move a stop from one day of a rep to another, where it costs least; both days change, or none."""
    trials = tried_hand_over(session, plan, key, other)
    for trial in trials:
        if trial.faults:
            raise BrokenRule(trial)
    together = uuid.uuid4()
    stop = _stop(plan, key)
    public = _account_uuid(session, stop)
    for day, wanted in ((plan, Wanted("given", key)), (other, Wanted("taken", account=public))):
        edit, _ = change(session, day, wanted)
        edit.goes_with = together
    session.flush()
    return trials


def tried_hand_over(session: Session, plan: DayPlan, key: str, other: DayPlan) -> tuple[Trial, Trial]:
    """What moving a stop to another day would make of both days."""
    if plan.rep_id != other.rep_id:
        raise Invalid("A stop moves between days of one rep.")
    if plan.id == other.id:
        raise Invalid("The stop stands on this day already.")
    public = _account_uuid(session, _stop(plan, key))
    return tried(session, plan, Wanted("given", key)), tried(session, other, Wanted("taken", account=public))


def _stop(plan: DayPlan, key: str) -> Stop:
    found = next((stop for stop in plan.stops if stop.visit_key == key), None)
    if found is None:
        raise Conflict("This stop is not in the day any more.")
    return found


def _account_uuid(session: Session, stop: Stop) -> uuid.UUID:
    found = queries.account_uuids(session, [stop.account_id])
    if stop.account_id not in found:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found[stop.account_id]


def undo(session: PrincipalSession, plan: DayPlan) -> PlanEdit:
    """Take the latest change back, on both days where it was a move between two."""
    plan = edit_queries.locked_plan(session, plan.id)
    edit = edit_queries.latest_edit(session, plan)
    if edit is None:
        raise Conflict("There is nothing to undo.")
    edits = [edit]
    if edit.goes_with is not None:
        edits = edit_queries.edits_made_together(session, edit.goes_with)
    plans = []
    for each in edits:
        day = plan if each.day_plan_id == plan.id else edit_queries.locked_plan(session, each.day_plan_id)
        newest = edit_queries.latest_edit(session, day)
        if newest is None or newest.id != each.id:
            raise Conflict("The other day was changed since. Undo its changes first.")
        plans.append((day, each))
    for day, each in plans:
        _put_back(session, day, each)
    return edit


def _put_back(session: PrincipalSession, plan: DayPlan, edit: PlanEdit) -> None:
    _must_be_editable(session, plan)
    old = edit.before
    now = draft_of(plan)
    draft = Draft(tuple(old["order"]), old["pins"], frozenset(old["locked"]), now.done)
    if draft.order[: now.done] != now.order[: now.done]:
        raise Conflict("A stop was made since; this change can no longer be undone.")
    assert plan.problem is not None
    found = editing.attempt(editing.part(plan.problem, draft.order), draft)
    if found.faults:
        raise BrokenRule(Trial(standing(plan), found, draft))
    _keep(session, plan, draft, None)
    edit.undone_at = clock.now()
    session.flush()


def _record(session: PrincipalSession, plan: DayPlan, kind: str, key: str, trial: Trial) -> PlanEdit:
    draft = draft_of(plan)
    rows: list[Stop | LeftOut] = [*plan.stops, *plan.left_out]
    stop = next((each for each in rows if each.visit_key == key), None)
    edit = PlanEdit(
        day_plan_id=plan.id, made_by_id=session.principal.id if session.principal else None, kind=kind,
        account_id=stop.account_id if stop is not None else None,
        said={"travel_seconds": trial.travel_seconds, "end_seconds": trial.end_seconds},
        before={"key": key, "order": list(draft.order), "pins": dict(draft.pins), "locked": sorted(draft.locked)},
        was_published=plan.status == "published",
    )  # fmt: skip
    session.add(edit)
    session.flush()
    return edit


def _keep(session: Session, plan: DayPlan, draft: Draft, new: _New | None) -> None:
    """Write a draft that holds: the checker judges the whole day before anything is written."""
    assert plan.problem is not None
    assert plan.solution is not None
    problem, like = problems.parse(plan.problem), solutions.parse(plan.solution)
    if new is not None:
        problem = editing.joined(problem, new.visit, new.place, services.travel_source())
        plan.problem = problems.dump(problem)
    made = editing.attempt(problem, draft)
    solution = _solution(problem, made, like)
    check.must_hold(problem, solution)
    plan.solution = solutions.dump(solution)
    plan.candidates = len(problem.visits)
    plan.travel_seconds, plan.travel_metres = solution.travel_seconds, solution.travel_metres
    services.note_nights(plan, plan.morning, plan.evening, problem, solution)
    work = queries.work_day(session, plan.rep, plan.day)
    # A stop that comes into the day has no times before they are written below.
    with session.no_autoflush:
        _exchange(session, plan, draft, solution, new)
        _write_times(plan, work, problem, solution, draft)
    session.flush()
    travel_services.draw_later(session, plan)
    session.expire(plan, ["stops", "left_out"])


def _write_times(plan: DayPlan, work: WorkDay, problem: Problem, solution: Solution, draft: Draft) -> None:
    stops = [stop for stop in plan.stops if stop.visit_key in draft.order]
    before = len(plan.stops) - len(stops)
    for route in solution.routes:
        services.time_stops(work, problem, route, stops)
        plan.leaves_at, plan.returns_at = work.instant(route.leave), work.instant(route.return_at)
    for stop in stops:
        stop.position += before
        stop.is_locked = stop.visit_key in draft.locked
        pin = draft.pins.get(str(stop.visit_key))
        stop.pinned_at = None if pin is None else work.instant(pin)


def _solution(problem: Problem, made: Attempt, like: Solution) -> Solution:
    route = editing.route_of(made)
    known: Mapping[str, Unserved] = {one.visit: one for one in like.unserved}
    rebuilt = cutting.rebuilt(problem, () if route is None else (route,), known, like)
    return replace(rebuilt, engine=f"{like.engine.removesuffix(', changed by hand')}, changed by hand")


def _exchange(session: Session, plan: DayPlan, draft: Draft, solution: Solution, new: _New | None) -> None:
    """Stops that left the day go among those left out, and the other way round."""
    unserved = {one.visit: one for one in solution.unserved}
    for stop in list(plan.stops):
        if stop.visit_key in unserved:
            session.add(_entry(plan, stop, unserved[stop.visit_key]))
            plan.stops.remove(stop)
            session.delete(stop)
    standing_there = {stop.visit_key for stop in plan.stops}
    for entry in list(plan.left_out):
        if entry.visit_key in draft.order and entry.visit_key not in standing_there:
            plan.stops.append(_stop_of(session, plan, entry))
            plan.left_out.remove(entry)
            session.delete(entry)
        elif entry.visit_key in unserved:
            one = unserved[entry.visit_key]
            entry.added_seconds = one.added_seconds
    if new is not None:
        fresh = services.stop_of(plan, new.visit.id, new.candidate)
        for entry in plan.left_out:
            if entry.account_id == fresh.account_id:
                entry.visit_key = None
        plan.stops.append(fresh)


def _entry(plan: DayPlan, stop: Stop, one: Unserved) -> LeftOut:
    return LeftOut(
        day_plan_id=plan.id, account_id=stop.account_id, account_name=stop.account_name, why=stop.why, reason="dropped",
        detail="Somebody took it out of the day.", added_seconds=one.added_seconds, visit_key=stop.visit_key,
    )  # fmt: skip


def _stop_of(session: Session, plan: DayPlan, entry: LeftOut) -> Stop:
    account = queries.visible_account(session, entry.account_id)
    if account is None or account.location is None:
        raise NotFound(f"{entry.account_name} is no longer to be seen, or has lost its place on the map.")
    lon, lat = lon_lat(account.location)
    candidate = _candidate(session, plan, account)
    return Stop(
        account_id=account.id, account_name=account.name, address=queries.address_of(account), location=ewkt(lon, lat),
        why=entry.why, visit_key=entry.visit_key, visit_id=candidate.visit_id, is_fixed=candidate.starts_at is not None,
    )  # fmt: skip
