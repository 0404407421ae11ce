"""Writes of visits, activities and tasks; each leaves its line on the account's timeline."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt, lon_lat, metres_between
from gcrm.customers import services as customers
from gcrm.customers import values
from gcrm.customers.models import Account, Contact
from gcrm.orders import queries as orders
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.visits import proof
from gcrm.visits import question_queries as questions
from gcrm.visits.answers import SCALE, checked
from gcrm.visits.models import ACTIVITY_KINDS, OUTCOMES, Activity, Task, Visit

LONGEST_LINE = 300
USUAL_MINUTES = 30
LATEST_CLOCK_AHEAD = dt.timedelta(minutes=10)
"""A phone's clock may run this far ahead of ours."""
LONGEST_PAST = dt.timedelta(days=1)
FURTHEST_AHEAD = dt.timedelta(days=5 * 366)
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class OverlappingVisit(Conflict):
    title = "Two appointments at once"


def schedule_visit(
    session: Session, *, account: Account, user: User, starts_at: dt.datetime, minutes: int, purpose: str | None = None,
    contact_id: int | None = None, public_id: uuid.UUID | None = None,
) -> Visit:  # fmt: skip
    """Make a fixed appointment; a person cannot be at two places at once."""
    if not 5 <= minutes <= 600:
        raise Invalid("An appointment lasts between 5 minutes and 10 hours.")
    if not user.active or user.role == "system":
        raise Invalid(f"{user.name} makes no visits.")
    if starts_at.tzinfo is None:
        raise Invalid("A time needs its offset, as 2026-11-23T09:30:00+09:00.")
    if not clock.now() - LONGEST_PAST <= starts_at <= clock.now() + FURTHEST_AHEAD:
        raise Invalid(
            "An appointment lies between yesterday and five years from now. Log what has happened already as a visit."
        )
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    others = select(Visit).where(
        Visit.user_id == user.id,
        Visit.status == "planned",
        Visit.starts_at < ends_at,
        Visit.starts_at > starts_at - dt.timedelta(hours=10),
    )
    for other in session.scalars(others):
        if other.starts_at and other.starts_at + dt.timedelta(minutes=other.minutes or 0) > starts_at:
            shown = other.starts_at.astimezone(ZoneInfo(zone_of(session, account)))
            raise OverlappingVisit(f"{user.name} has an appointment already from {shown:%H:%M} on that day.")
    visit = Visit(
        uuid=public_id or uuid.uuid4(), account_id=account.id, user_id=user.id, status="planned", starts_at=starts_at,
        minutes=minutes, purpose=_line(purpose, "purpose"), contact_id=contact_id,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return visit


def cancel_visit(session: Session, visit: Visit) -> None:
    if visit.status not in ("planned", "missed"):
        raise Conflict("This visit was made already; it cannot be cancelled.")
    visit.status = "cancelled"
    session.flush()


def restore_visit(session: Session, visit: Visit) -> None:
    """Undo: the cancelled appointment stands again."""
    if visit.status != "cancelled":
        raise Conflict("This appointment stands already.")
    visit.status = "planned"
    session.flush()


def log_visit(
    session: Session, *, account: Account, user_id: int, outcome: str, zone: str, at: dt.datetime | None = None,
    public_id: uuid.UUID | None = None, **form: Any,
) -> Visit:  # fmt: skip
    """Write down a visit that was made, without a check-in: at the desk, or by another program."""
    moment = _moment(at)
    visit = Visit(
        uuid=public_id or uuid.uuid4(), account_id=account.id, user_id=user_id, status="arrived", arrived_at=moment
    )
    session.add(visit)
    session.flush()
    return finish_visit(session, visit, outcome=outcome, zone=zone, at=moment, **form)


def check_in(
    session: Session,
    *,
    account_id: int,
    account: Account | None,
    user_id: int,
    at: dt.datetime | None = None,
    position: tuple[float, float] | None = None,
    accuracy_metres: float | None = None,
    taken_at: dt.datetime | None = None,
    no_position_reason: str | None = None,
    far_reason: str | None = None,
    visit: Visit | None = None,
    public_id: uuid.UUID | None = None,
) -> Visit:
    """Begin a visit, with the distance to the account where the position is known; without one it begins all the same.

    A position that is too old or that nobody can believe is noted, not taken. `account` is None for an account that is out
    of sight by now but stood on a plan published to the person.
    """
    arrived = _moment(at)
    if visit is None:
        visit = Visit(account_id=account_id, user_id=user_id, uuid=public_id or uuid.uuid4())
        session.add(visit)
    elif visit.status == "done":
        raise Conflict("This visit is finished already.")
    visit.status = "arrived"
    visit.arrived_at = visit.arrived_at or arrived
    visit.radius_metres = check_in_radius(session, account)
    visit.far_reason = _line(far_reason, "reason") or visit.far_reason
    if position is None:
        visit.no_position_reason = _line(no_position_reason, "reason")
    else:
        _place(visit, proof.Position(position, _accuracy(accuracy_metres), taken_at), arrived, account)
    session.flush()
    return visit


def _place(visit: Visit, position: proof.Position, arrived: dt.datetime, account: Account | None) -> None:
    """Write where a check-in was made, or why its position says nothing."""
    point = ewkt(*position.point)
    there = lon_lat(account.location) if account is not None and account.location is not None else None
    visit.no_position_reason = proof.doubt(position, arrived, there)
    if visit.no_position_reason is not None:
        return
    visit.arrived_point = point  # type: ignore[assignment]
    visit.accuracy_metres = position.accuracy_metres
    visit.position_at = position.taken_at or arrived
    if there is not None:
        visit.distance_metres = round(metres_between(position.point, there), 1)


def check_in_radius(session: Session, account: Account | None) -> int:
    """How far from an account a check-in counts as there, in metres."""
    own = account.check_in_metres if account is not None else None
    return own or people.the_organisation(session).check_in_metres


def explain_distance(session: Session, visit: Visit, reason: str) -> None:
    """Say why a check-in was made from further away than the account's radius."""
    if visit.arrived_at is None:
        raise Conflict("Nobody has checked in for this visit yet.")
    visit.far_reason = _line(reason, "reason")
    if visit.far_reason is None:
        raise Invalid("Say why you checked in from there.")
    session.flush()


def finish_visit(
    session: Session,
    visit: Visit,
    *,
    outcome: str,
    zone: str,
    at: dt.datetime | None = None,
    note: str | None = None,
    next_step: str | None = None,
    next_step_on: dt.date | None = None,
    next_visit_on: dt.date | None = None,
    **form: Any,
) -> Visit:
    """Log what came of a visit: it shows on the timeline and moves what is due next; a next step becomes a task.

    `form` is what `tell` takes.
    """
    if outcome not in OUTCOMES:
        raise Invalid(
            "“%(word)s” is no outcome. It is one of %(words)s.",
            word=outcome,
            words=", ".join(OUTCOMES),
            field="outcome",
        )
    if visit.status == "done":
        raise Conflict("This visit is finished already.")
    if visit.status == "cancelled":
        raise Conflict("This visit was cancelled.")
    finished = _moment(at)
    visit.outcome = outcome
    tell(session, visit, **form)
    visit.status = "done"
    visit.arrived_at = min(visit.arrived_at or finished, finished)
    visit.finished_at = finished
    visit.note = values.note(note)
    _set_next(visit, next_step, next_step_on, next_visit_on)
    session.flush()
    day = finished.astimezone(ZoneInfo(zone)).date()
    if outcome != "not_met":
        customers.note_visit(session, visit.account_id, day)
    customers.write_touch(
        session, account_id=visit.account_id, user_id=visit.user_id, at=finished, kind="visit",
        summary=outcome, detail=visit.note, subject=visit.uuid,
    )  # fmt: skip
    if visit.next_step or visit.next_visit_on:
        _add_next(session, visit)
    return visit


def _set_next(visit: Visit, step: str | None, step_on: dt.date | None, visit_on: dt.date | None) -> None:
    visit.next_step = _line(step, "next step")
    visit.next_step_on, visit.next_visit_on = _due_on(step_on), _due_on(visit_on)


def _add_next(session: Session, visit: Visit) -> None:
    """The next step as a task; one for the next visit's day needs a visit, so that a plan takes it along."""
    add_task(session, account_id=visit.account_id, user_id=visit.user_id, **_next_of(visit))


def _next_of(visit: Visit) -> dict[str, Any]:
    return {
        "title": visit.next_step or _("Visit again"), "due_on": visit.next_visit_on or visit.next_step_on,
        "needs_visit": visit.next_visit_on is not None,
    }  # fmt: skip


def tell(
    session: Session,
    visit: Visit,
    *,
    contact: uuid.UUID | None = None,
    visit_type: uuid.UUID | None = None,
    answers: Mapping[str, Any] | None = None,
    products: Collection[uuid.UUID] = (),
    competitor: str | None = None,
    satisfaction: int | None = None,
) -> None:
    """Write what the form asks of a visit beside its outcome.

    `answers` names every question that was put, with null for one left open; None says that nobody was asked. Where
    nobody was met, nothing is demanded.
    """
    if contact is not None:
        visit.contact_id = _contact_id(session, visit, contact)
    if visit_type is not None:
        visit.visit_type = questions.known_type(session, visit_type)
        if visit.visit_type is None:
            raise Invalid("This visit type is not known here.", field="visit_type")
    if answers:
        asked = questions.plain(questions.asked(session, visit.visit_type))
        put = {question.id for question in asked if str(question.id) in answers}
        visit.answers = checked(asked, answers, () if visit.outcome == "not_met" else put)
    if products:
        found = orders.products_by_uuid(session, products)
        strange = next((each for each in products if each not in found), None)
        if strange is not None:
            raise Invalid("There is no product %(id)s.", id=strange, field="products")
        visit.products = list(found.values())
    visit.competitor = _line(competitor, "competitor")
    if satisfaction is not None and satisfaction not in SCALE:
        raise Invalid("Satisfaction is a whole number from 1 to 5.", field="satisfaction")
    visit.satisfaction = satisfaction


def _contact_id(session: Session, visit: Visit, public: uuid.UUID) -> int | None:
    """Whom the rep met; contacts of an account that is out of sight by now cannot be looked up, so nobody is named."""
    found = session.scalar(select(Contact.id).where(Contact.uuid == public, Contact.account_id == visit.account_id))
    if found is None and session.get(Account, visit.account_id) is not None:
        raise Invalid("Whom you met is no contact of this account.", field="contact")
    return found


def log_activity(
    session: Session, *, account_id: int, user_id: int, kind: str, subject: str, note: str | None = None,
    at: dt.datetime | None = None, contact_id: int | None = None, public_id: uuid.UUID | None = None,
) -> Activity:  # fmt: skip
    """Write down a call, mail, meeting or note."""
    if kind not in ACTIVITY_KINDS:
        raise Invalid(f"“{kind}” is no activity. It is one of {', '.join(ACTIVITY_KINDS)}.")
    line = _line(subject, "subject")
    if not line:
        raise Invalid("An activity needs a line on what it was about.")
    activity = Activity(
        uuid=public_id or uuid.uuid4(), account_id=account_id, user_id=user_id, kind=kind, subject=line, note=values.note(note), at=_moment(at),
        contact_id=contact_id,
    )  # fmt: skip
    session.add(activity)
    session.flush()
    customers.write_touch(
        session, account_id=account_id, user_id=user_id, at=activity.at, kind=kind, summary=line,
        detail=activity.note, subject=activity.uuid,
    )  # fmt: skip
    return activity


def add_task(
    session: Session, *, account_id: int, user_id: int, title: str, due_on: dt.date | None = None,
    needs_visit: bool = False, note: str | None = None, public_id: uuid.UUID | None = None,
) -> Task:  # fmt: skip
    task = Task(uuid=public_id or uuid.uuid4(), account_id=account_id, user_id=user_id, needs_visit=needs_visit)
    change_task(session, task, title=title, due_on=due_on, note=note)
    session.add(task)
    session.flush()
    return task


def change_task(session: Session, task: Task, **fields: Any) -> None:
    """Write what a person edited of a task: title, due_on, needs_visit, note."""
    for name, value in fields.items():
        setattr(task, name, _TASK_CHECKS[name](value))
    session.flush()


def finish_task(session: Session, task: Task, user_id: int | None = None, at: dt.datetime | None = None) -> None:
    """Tick a task off, by whoever did it; by itself the person whose it is."""
    if task.done_at is not None:
        return
    task.done_at = _moment(at)
    session.flush()
    customers.write_touch(
        session, account_id=task.account_id, user_id=user_id or task.user_id, at=task.done_at, kind="task", summary=task.title,
        detail=None, subject=task.uuid,
    )  # fmt: skip


def reopen_task(session: Session, task: Task) -> None:
    """Undo: the task is open again and its line leaves the timeline."""
    if task.done_at is None:
        return
    task.done_at = None
    session.flush()
    customers.drop_touches(session, task.uuid)


# -- the same visit, told again ----------------------------------------------------------------------------------------


def add_arrival(
    session: Session, visit: Visit, account: Account | None, *, at: dt.datetime,
    position: tuple[float, float] | None = None, accuracy_metres: float | None = None,
    taken_at: dt.datetime | None = None, no_position_reason: str | None = None, far_reason: str | None = None,
) -> None:  # fmt: skip
    """An arrival that is heard of after the visit itself: the earlier moment counts, and the first known position."""
    visit.arrived_at = min(visit.arrived_at or at, _moment(at))
    visit.radius_metres = visit.radius_metres or check_in_radius(session, account)
    visit.far_reason = visit.far_reason or _line(far_reason, "reason")
    if position is not None and visit.arrived_point is None:
        _place(visit, proof.Position(position, _accuracy(accuracy_metres), taken_at), at, account)
    elif visit.arrived_point is None:
        visit.no_position_reason = visit.no_position_reason or _line(no_position_reason, "reason")
    session.flush()


def log_of(visit: Visit) -> dict[str, Any]:
    """What a finished visit's log says, as programs read it."""
    return _written(visit) | {"finished_at": visit.finished_at.isoformat() if visit.finished_at else None}


def _written(visit: Visit) -> dict[str, Any]:
    return {
        "outcome": visit.outcome, "note": visit.note, "next_step": visit.next_step,
        "next_step_on": visit.next_step_on.isoformat() if visit.next_step_on else None,
        "next_visit_on": visit.next_visit_on.isoformat() if visit.next_visit_on else None,
        "contact": str(visit.contact.uuid) if visit.contact else None,
        "visit_type": str(visit.visit_type.uuid) if visit.visit_type else None, "answers": visit.answers,
        "products": sorted(str(each.uuid) for each in visit.products), "competitor": visit.competitor,
        "satisfaction": visit.satisfaction,
    }  # fmt: skip


def says_the_same(session: Session, visit: Visit, *, outcome: str, **log: Any) -> bool:
    """Whether a finished visit was logged with this very content; takes what `finish_visit` does."""
    try:
        asked = questions.plain(questions.asked(session, visit.visit_type))
        answers = checked(asked, log.get("answers") or {})
        # Whom the log names may be out of sight: then the visit was written without a name too.
        met = log.get("contact") and _contact_id(session, visit, log["contact"])
    except Invalid:
        return False
    days = {name: log[name].isoformat() if log.get(name) else None for name in ("next_step_on", "next_visit_on")}
    return met == visit.contact_id and _written(visit) | {"contact": None} == days | {
        "outcome": outcome, "note": values.note(log.get("note")), "next_step": _line(log.get("next_step"), "next step"),
        "contact": None, "visit_type": str(log["visit_type"]) if log.get("visit_type") else None, "answers": answers,
        "products": sorted({str(each) for each in log.get("products") or ()}),
        "competitor": _line(log.get("competitor"), "competitor"), "satisfaction": log.get("satisfaction"),
    }  # fmt: skip


def log_anew(session: Session, visit: Visit, *, outcome: str, zone: str, **log: Any) -> None:
    """Log a finished visit otherwise: its line on the timeline is written anew, and the task of its next step changed.

    A next step that had no task, or whose task is done, becomes one.
    """
    if visit.status != "done" or visit.finished_at is None:
        raise Conflict("This visit is not finished yet.")
    next_step, next_step_on, next_visit_on = (
        log.pop(name, None) for name in ("next_step", "next_step_on", "next_visit_on")
    )
    finished, before, task = visit.finished_at, _next_of(visit), _task_of_next(session, visit)
    customers.drop_touches(session, visit.uuid)
    visit.status = "arrived"
    visit.contact_id = visit.visit_type_id = None
    visit.answers, visit.products = {}, []
    session.flush()
    session.expire(visit, ["contact", "visit_type"])
    finish_visit(session, visit, outcome=outcome, zone=zone, at=finished, **log)
    _set_next(visit, next_step, next_step_on, next_visit_on)
    if _next_of(visit) != before and (visit.next_step or visit.next_visit_on):
        if task is not None:
            change_task(session, task, **_next_of(visit))
        else:
            _add_next(session, visit)
    session.flush()


def _task_of_next(session: Session, visit: Visit) -> Task | None:
    """The open task that a visit's next step became, as long as nobody edited it."""
    if not visit.next_step and not visit.next_visit_on:
        return None
    said = _next_of(visit)
    same = select(Task).filter_by(account_id=visit.account_id, user_id=visit.user_id, done_at=None, **said)
    return session.scalar(same.order_by(Task.id.desc()).limit(1))


def zone_of(session: Session, account: Account | None) -> str:
    """The time zone in which an account's days are counted."""
    if account is not None and account.timezone:
        return account.timezone
    return people.the_organisation(session).timezone


def _moment(at: dt.datetime | None) -> dt.datetime:
    now = clock.now()
    if at is None:
        return now
    if at.tzinfo is None:
        raise Invalid("A time needs its offset, as 2026-11-23T09:30:00+09:00.")
    if at > now + LATEST_CLOCK_AHEAD:
        raise Invalid("The time lies in the future; check the clock of the phone.")
    if at < EARLIEST:
        raise Invalid("%(day)s is too long ago.", day=at.date().isoformat())
    return at


def _title(text: Any) -> str:
    line = _line(text, "task")
    if not line:
        raise Invalid("A task needs a line on what is to be done.")
    return line


def _due_on(day: dt.date | None) -> dt.date | None:
    if day is not None and not EARLIEST.date() <= day <= (clock.now() + 2 * FURTHEST_AHEAD).date():
        raise Invalid("%(day)s is no day by which a task could be due.", day=day.isoformat())
    return day


def _accuracy(metres: float | None) -> float | None:
    if metres is None:
        return None
    if not math.isfinite(metres) or metres < 0:
        raise Invalid("The accuracy of the position is not a number of metres.")
    return min(metres, 1e7)


def _line(text: Any, name: str) -> str | None:
    return values.line(text, name, LONGEST_LINE)


_TASK_CHECKS: dict[str, Callable[[Any], Any]] = {
    "title": _title, "due_on": _due_on, "needs_visit": bool, "note": values.note,
}  # fmt: skip
