"""What each act does: one small function an act, which calls the verbs of the domain that it is about.

An action gets the session and the act, and says what came of it; None means applied. A `GcrmError` refuses the act, `Waits`
leaves it until what it needs is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.customers import services as customers
from gcrm.customers.models import Account
from gcrm.field import act_queries as queries
from gcrm.field import acts, day_services, services
from gcrm.field.acts import Outcome, Place, Waits
from gcrm.orders import basket
from gcrm.orders import queries as orders
from gcrm.orders import services as ordering
from gcrm.orders.basket import Wish
from gcrm.people.models import User
from gcrm.routing import live_services as live
from gcrm.routing import queries as plans
from gcrm.routing import slot_desk
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits import photo_services
from gcrm.visits import services as visits
from gcrm.visits.models import Task, Visit


@dataclass(frozen=True)
class Given:
    """An act as an action gets it: its body's values read, its person loaded."""

    id: UUID
    user: User
    at: dt.datetime
    seq: int
    place: Place | None
    no_place: str | None
    amends: UUID | None
    body: dict[str, Any]

    @property
    def position(self) -> tuple[float, float] | None:
        return (self.place.lon, self.place.lat) if self.place is not None else None


Action = Callable[[PrincipalSession, Given], Outcome | None]


@dataclass(frozen=True)
class About:
    """The account and the stop that an act is about."""

    account_id: int
    account: Account | None
    """None: out of sight by now, but on a plan of the last 14 days."""
    stop: Stop | None
    is_stop_gone: bool


def about(session: PrincipalSession, given: Given) -> About:
    """What an act is about; raise `Waits` for an account that is not here."""
    wanted, public = given.body.get("stop"), given.body.get("account")
    stop = queries.stop_of(session, given.user.id, wanted)
    if stop is None and public is None:
        if wanted is None:
            raise Invalid("“body.account” is missing.", fault="body.account")
        raise Waits("This stop is no longer on any plan of yours.", wanted)
    number, account = queries.account_id_of(session, public, stop)
    if number is None:
        raise Waits("There is no such account, or it is with somebody else by now.", public)
    return About(number, account, stop, wanted is not None and stop is None)


def visit_there(session: PrincipalSession, given: Given, subject: About) -> Visit | None:
    """The visit that an act is about: by the phone's UUID, else the one that its stop has."""
    found = queries.visit_of(session, given.user, given.body["visit"])
    if found is None and queries.is_taken(session, given.body["visit"]):
        raise Conflict("This id belongs to something else.", fault="body.visit")
    if found is not None and found.account_id != subject.account_id:
        raise Invalid("The visit is one to another account.", fault="body.account")
    stop = subject.stop
    return found or (stop.visit if stop is not None and stop.visit is not None else None)


# -- visits --------------------------------------------------------------------------------------------------------------


def arrived(session: PrincipalSession, given: Given) -> Outcome | None:
    subject = about(session, given)
    account = subject.account
    visit = visit_there(session, given, subject)
    known = visit.status if visit is not None else None
    if visit is not None and known in ("arrived", "done"):
        visits.add_arrival(session, visit, account, **_arrival(given))
    else:
        visit = visits.check_in(
            session, account_id=subject.account_id, account=account, user_id=given.user.id, visit=visit,
            public_id=given.body["visit"], **_arrival(given),
        )  # fmt: skip
    if subject.stop is not None and not queries.is_overtaken(session, given, "stop", ("skipped",)):
        services.follow(session, subject.stop, visit)
    doubted = "place_doubted" if given.place is not None and visit.no_position_reason else None
    known_why = {"arrived": "arrived_already", "done": "arrival_added", "cancelled": "was_cancelled"}.get(known or "")
    return _about_visit(visit, subject, known_why or doubted)


def _arrival(given: Given) -> dict[str, Any]:
    return {
        "at": given.at, "position": given.position, "accuracy_metres": given.place.accuracy if given.place else None,
        "taken_at": given.place.taken_at if given.place else None, "no_position_reason": given.no_place,
        "far_reason": given.body.get("far_reason"),
    }  # fmt: skip


def _about_visit(visit: Visit, subject: About, why: str | None) -> Outcome | None:
    why = why or ("stop_gone" if subject.is_stop_gone else None)
    return Outcome("merged" if why else "applied", why, {"visit": str(visit.uuid)})


LOG = (
    "outcome", "note", "next_step", "next_step_on", "next_visit_on", "contact", "visit_type", "answers", "products", "competitor",
    "satisfaction",
)  # fmt: skip
"""What a log says; one that says the same is the same."""


def finished(session: PrincipalSession, given: Given) -> Outcome | None:
    subject = about(session, given)
    visit = visit_there(session, given, subject)
    log: dict[str, Any] = {name: given.body[name] for name in LOG if name in given.body}
    if visit is not None and visit.status == "done":
        return _finished_again(session, given, visit, subject, log)
    known = visit.status if visit is not None else None
    if visit is None or known != "arrived":
        # The arrival may come later; it then takes its place.
        visit = visits.check_in(
            session, account_id=subject.account_id, account=subject.account, user_id=given.user.id, visit=visit,
            public_id=given.body["visit"], at=given.at,
        )  # fmt: skip
    zone = visits.zone_of(session, subject.account)
    visits.finish_visit(session, visit, zone=zone, at=max(given.at, visit.arrived_at or given.at), **log)
    if subject.stop is not None:
        services.follow(session, subject.stop, visit)
    return _about_visit(visit, subject, "was_cancelled" if known == "cancelled" else None)


def _finished_again(
    session: PrincipalSession, given: Given, visit: Visit, subject: About, log: dict[str, Any]
) -> Outcome:
    same = visits.says_the_same(session, visit, **log)
    if not same and given.amends is not None:
        visits.log_anew(session, visit, zone=visits.zone_of(session, subject.account), **log)
    if subject.stop is not None:
        services.follow(session, subject.stop, visit)
    result = {"visit": str(visit.uuid)}
    if not same and given.amends is None:
        current = visits.log_of(visit) | {"names": queries.names_said(session, visit, log)}
        return Outcome("conflict", "logged_otherwise", result, current)
    return Outcome("merged" if same else "applied", "finished_already" if same else None, result)


# -- what is written down at the customer's ------------------------------------------------------------------------------


def ordered(session: PrincipalSession, given: Given) -> Outcome | None:
    """Take the order at the prices that were shown; what costs something else by now is said."""
    body = given.body
    if orders.known_order(session, body["order"]) is not None:
        return Outcome("merged", "there_already")
    account_id = about(session, given).account_id
    visit = _visit_of_order(session, given, account_id)
    wishes = [
        Wish(line["product"], basket.quantity(line["quantity"]), line["price_minor"], line.get("name"))
        for line in body["lines"]
    ]
    placed = ordering.place_order(
        session, account_id=account_id, user_id=given.user.id, currency=body["currency"], wishes=wishes,
        price_day=body["price_day"], at=given.at, visit=visit.uuid if visit else None, note=body.get("note"),
        public_id=body["order"],
    )  # fmt: skip
    if not placed.changed:
        return None
    now = {each.name: {"shown": each.shown_minor, "now": each.now_minor} for each in placed.changed}
    return Outcome("applied", "prices_changed", {"prices": now}, words={"names": ", ".join(now)})


def _visit_of_order(session: PrincipalSession, given: Given, account_id: int) -> Visit | None:
    """The visit at which it was taken; who sends it again after that could not be found has it taken without."""
    public = given.body.get("visit")
    if public is None:
        return None
    found = queries.visit_of(session, given.user, public)
    if found is None and given.amends is None:
        raise Waits("The visit of this order is not here. Send it again to have it taken all the same.", public)
    if found is not None and found.account_id != account_id:
        raise Invalid("The visit is one to another account.", fault="body.account")
    return found


def _pictured(session: PrincipalSession, given: Given, kind: str) -> Outcome | None:
    body = given.body
    visit = queries.visit_of(session, given.user, body["visit"])
    if visit is None:
        raise Waits("The visit of this picture is not here.", body["visit"])
    photo_services.add_photo(
        session, visit, user_id=given.user.id, public_id=body["photo"], kind=kind, taken_at=body.get("taken_at") or given.at,
        keeps_place=body.get("keeps_place", False), place=given.position, signed_by=body.get("name"),
    )  # fmt: skip
    return None


def photo_added(session: PrincipalSession, given: Given) -> Outcome | None:
    return _pictured(session, given, "photo")


def signed(session: PrincipalSession, given: Given) -> Outcome | None:
    return _pictured(session, given, "signature")


# -- the day -------------------------------------------------------------------------------------------------------------


def _own_stop(session: PrincipalSession, given: Given) -> Stop:
    found = queries.stop_of(session, given.user.id, given.body["stop"])
    if found is None:
        raise Waits("This stop is no longer on any plan of yours.", given.body["stop"])
    return found


def skipped(session: PrincipalSession, given: Given) -> Outcome | None:
    stop = _own_stop(session, given)
    if queries.is_overtaken(session, given, "stop", ("unskipped", "arrived", "finished")):
        return Outcome("merged", "overtaken")
    if stop.status == "skipped":
        return Outcome("merged", "skipped_already")
    live.skip(session, stop, given.body.get("reason"))
    return None


def unskipped(session: PrincipalSession, given: Given) -> Outcome | None:
    stop = _own_stop(session, given)
    if queries.is_overtaken(session, given, "stop", ("skipped", "arrived", "finished")):
        return Outcome("merged", "overtaken")
    if stop.status == "ahead":
        return Outcome("merged", "ahead_already")
    live.unskip(session, stop)
    return None


def added(session: PrincipalSession, given: Given) -> Outcome | None:
    body = given.body
    plan = plans.published_plan(session, given.user.id, body["day"])
    if plan is None:
        raise Conflict("There is no plan for this day.", field="day")
    account = queries.account_of(session, body["account"])
    if account is None:
        raise Waits("There is no such account, or it is with somebody else by now.", body["account"])
    known = queries.stop_for(session, plan, account)
    if known is not None:
        if known.status == "skipped":
            live.unskip(session, known)
        return Outcome("merged", "on_plan_already", {"stop": str(known.uuid)})
    # Who says it again after it did not fit has the rest of the day planned anew round it.
    if given.amends is None:
        slot_desk.take_along(session, plan, account)
    else:
        plan = live.replan_day(session, plan, live.Wanted("added", given.position, urgent=account))
    made = queries.stop_for(session, plan, account)
    if made is None:
        raise Conflict("The day has no room for this account.", field="account")
    made.uuid = body["stop"]
    session.flush()
    return None


def _own_plan(session: PrincipalSession, given: Given) -> DayPlan:
    found = plans.published_plan(session, given.user.id, given.body["day"])
    if found is None:
        raise Conflict("There is no plan for this day any more.", fault="body.day")
    return found


def reordered(session: PrincipalSession, given: Given) -> Outcome | None:
    plan = _own_plan(session, given)
    if queries.is_overtaken(session, given, "day", ("reordered",)):
        return Outcome("merged", "overtaken")
    stops = [queries.stop_of(session, given.user.id, public) for public in given.body["stops"]]
    trial = day_services.reorder(session, plan, [stop.uuid for stop in stops if stop is not None])
    late = [fault.rule for fault in trial.faults]
    return Outcome(result={"breaks": late}) if late else None


def late(session: PrincipalSession, given: Given) -> Outcome | None:
    plan = _own_plan(session, given)
    if queries.is_overtaken(session, given, "day", ("late",)):
        return Outcome("merged", "overtaken")
    live.tell_late(session, plan, given.body["minutes"], given.at)
    return None


def plan_accepted(session: PrincipalSession, given: Given) -> Outcome | None:
    plan = _own_plan(session, given)
    if plan.uuid != given.body["plan"]:
        raise Conflict("This plan is not the one that is worked by any more. Look at the new one.", fault="body.plan")
    if plan.accepted_at is not None:
        return Outcome("merged", "there_already")
    live.accept(session, plan, given.at)
    return None


def day_closed(session: PrincipalSession, given: Given) -> Outcome | None:
    if queries.is_overtaken(session, given, "day", ("day_closed",)):
        return Outcome("merged", "overtaken")
    told = {name: given.body.get(name) for name in ("odometer_start_km", "odometer_end_km", "private_km", "note")}
    day_services.close_day(session, given.user, given.body["day"], **told)
    return None


# -- activities and tasks ------------------------------------------------------------------------------------------------


def _activity(session: PrincipalSession, given: Given, kind: str) -> Outcome | None:
    body = given.body
    if queries.activity_of(session, body["activity"]) is not None:
        return Outcome("merged", "there_already")
    visits.log_activity(
        session, account_id=about(session, given).account_id, user_id=given.user.id, kind=kind, subject=body["subject"],
        note=body.get("note"), at=given.at, public_id=body["activity"],
    )  # fmt: skip
    return None


def called(session: PrincipalSession, given: Given) -> Outcome | None:
    return _activity(session, given, "call")


def noted(session: PrincipalSession, given: Given) -> Outcome | None:
    return _activity(session, given, "note")


def task_added(session: PrincipalSession, given: Given) -> Outcome | None:
    body = given.body
    if queries.task_of(session, body["task"]) is not None:
        return Outcome("merged", "there_already")
    visits.add_task(
        session, account_id=about(session, given).account_id, user_id=given.user.id, title=body["title"],
        due_on=body.get("due_on"), public_id=body["task"],
    )  # fmt: skip
    return None


def _task(session: PrincipalSession, given: Given) -> Task:
    found = queries.task_of(session, given.body["task"])
    if found is None:
        raise Waits("There is no such task.", given.body["task"])
    return found


def task_done(session: PrincipalSession, given: Given) -> Outcome | None:
    task = _task(session, given)
    if queries.is_overtaken(session, given, "task", ("task_reopened",)):
        return Outcome("merged", "overtaken")
    if task.done_at is not None:
        return Outcome("merged", "done_already")
    visits.finish_task(session, task, given.user.id, at=given.at)
    return None


def task_reopened(session: PrincipalSession, given: Given) -> Outcome | None:
    task = _task(session, given)
    if queries.is_overtaken(session, given, "task", ("task_done",)):
        return Outcome("merged", "overtaken")
    if task.done_at is None:
        return Outcome("merged", "open_already")
    visits.reopen_task(session, task)
    return None


# -- accounts ------------------------------------------------------------------------------------------------------------

OF_PROSPECT = ("name", "lon", "lat", "street", "city", "postcode", "phone", "note")
LENT = dt.timedelta(days=14)
"""How long a rep may go on with a prospect that lies in somebody else's territory."""


def prospect_added(session: PrincipalSession, given: Given) -> Outcome | None:
    body = given.body
    if queries.account_of(session, body["account"]) is not None:
        return Outcome("merged", "there_already")
    fields = {name: body[name] for name in OF_PROSPECT if name in body}
    try:
        made = customers.create_account(
            session, fields | {"status": "prospect"}, entered_by=given.user, insist=body.get("insist", False),
            location_source="phone", public_id=body["account"],
        )  # fmt: skip
    except customers.AlreadyThere as found:
        return _there_already(found)
    is_lent = customers.lend_if_out_of_sight(session, made, given.user, given.at.date() + LENT)
    if body.get("contact"):
        customers.create_contact(session, made, {"name": body["contact"]})
    owner = queries.name_of(session, made.owner_id) if is_lent else None
    return Outcome("applied", "with_somebody_else" if is_lent else None, {"account": str(made.uuid), "owner": owner})


def _there_already(found: customers.AlreadyThere) -> Outcome:
    """Who has it: of accounts in sight what tells them apart, of others name, town and owner alone."""
    current = {
        "accounts": [{"id": str(one.uuid), "name": one.name, "city": one.city} for one in found.accounts],
        "holders": [{"name": one.name, "town": one.town, "owner": one.owner} for one in found.holders],
        "may_insist": found.may_insist,
    }
    return Outcome("refused", found.template, None, current, acts.words_of(found), "body.name")


ACTIONS: dict[str, Action] = {
    "arrived": arrived,
    "finished": finished,
    "ordered": ordered,
    "photo_added": photo_added,
    "signed": signed,
    "skipped": skipped,
    "unskipped": unskipped,
    "added": added,
    "reordered": reordered,
    "late": late,
    "plan_accepted": plan_accepted,
    "day_closed": day_closed,
    "called": called,
    "noted": noted,
    "task_added": task_added,
    "task_done": task_done,
    "task_reopened": task_reopened,
    "prospect_added": prospect_added,
}
"""What is done for each kind of act."""
