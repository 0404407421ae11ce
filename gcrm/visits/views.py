"""Tasks, appointments, visits logged at the desk, and activities."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_date, format_time
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from gcrm.core import clock, web
from gcrm.core.errors import GcrmError, Invalid
from gcrm.customers import contact_queries
from gcrm.customers import queries as customers
from gcrm.customers.models import Account, Contact
from gcrm.orders import queries as orders
from gcrm.people import access
from gcrm.people import labels as people_labels
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.pipeline.labels import short_day
from gcrm.pipeline.queries import accounts_of_late
from gcrm.visits import forms, photo_views, pin_views, queries, question_queries, question_views, services
from gcrm.visits.labels import KIND_ICONS, KIND_LABELS, OUTCOME_LABELS, OUTCOME_TONES, STATUS_LABELS, STATUS_TONES
from gcrm.visits.models import ACTIVITY_KINDS, Task, Visit

bp = Blueprint("visits", __name__)
for part in (photo_views, question_views, pin_views):
    bp.register_blueprint(part.bp)

USUAL_TIME = dt.time(9, 0)


# -- tasks -----------------------------------------------------------------------------------------------------------


@bp.get("/tasks")
def tasks() -> Any:
    """One's own tasks by when they are due; those who lead may look at a person's."""
    session = web.session()
    person = _person(request.args.get("person"))
    groups = queries.task_groups(session, person.id, _today())
    return render_template(
        "visits/tasks.html", groups=groups, person=person, is_mine=person.id == current_user.id, today=_today(),
        people=people_labels.choices(queries.people_in_sight(session)) if current_user.may("lead") else [], short_day=short_day,
    )  # fmt: skip


@bp.route("/tasks/new", methods=["GET", "POST"])
@access.may("log_activities")
def new_task() -> Any:
    if not request.values.get("account"):
        return _choose_account(_("New task"), "visits.new_task", url_for(".tasks"))
    session = web.session()
    account = customers.account_by_uuid(session, request.values["account"])
    form = forms.TaskForm(request.form, person=str(current_user.uuid))
    on_offer = _assignees()
    form.offer(people_labels.choices(on_offer))
    if request.method == "POST" and form.validate():
        person = next(user for user in on_offer if str(user.uuid) == form.person.data)
        if _kept(form, lambda: services.add_task(session, account_id=account.id, user_id=person.id, **form.fields())):
            flash(_("The task is there."), "success")
            return redirect(_back(url_for(".tasks", person=None if person.id == current_user.id else person.uuid)))
    answer = render_template("visits/task.html", form=form, account=account, task=None)
    return answer, 422 if form.errors else 200


@bp.route("/tasks/<uuid:task_id>", methods=["GET", "POST"])
def edit_task(task_id: uuid.UUID) -> Any:
    session = web.session()
    task = queries.task(session, task_id)
    # Without what was sent a tick would read as taken away, whatever the task says.
    given = request.form if request.method == "POST" else None
    form = forms.TaskForm(given, obj=task, person=str(task.user.uuid))
    form.offer([(str(task.user.uuid), task.user.name)])
    if request.method == "POST":
        access.require("log_activities")
        if form.validate() and _kept(form, lambda: services.change_task(session, task, **form.fields())):
            flash(_("Saved."), "success")
            return redirect(_back(_tasks_of(task)))
    return render_template("visits/task.html", form=form, account=task.account, task=task), 422 if form.errors else 200


@bp.post("/tasks/<uuid:task_id>/done")
@access.may("log_activities")
def finish_task(task_id: uuid.UUID) -> Any:
    task = queries.task(web.session(), task_id)
    services.finish_task(web.session(), task, current_user.id)
    web.say(_("“%(title)s” is done.", title=task.title), undo_url=url_for(".reopen_task", task_id=task.uuid))
    return redirect(_back(_tasks_of(task)))


@bp.post("/tasks/<uuid:task_id>/reopen")
@access.may("log_activities")
def reopen_task(task_id: uuid.UUID) -> Any:
    task = queries.task(web.session(), task_id)
    services.reopen_task(web.session(), task)
    flash(_("“%(title)s” is open again.", title=task.title), "success")
    return redirect(_back(_tasks_of(task)))


def _tasks_of(task: Task) -> str:
    return url_for(".tasks", person=None if task.user_id == current_user.id else task.user.uuid)


# -- appointments and visits -----------------------------------------------------------------------------------------


@bp.route("/visits/new", methods=["GET", "POST"])
@access.may("log_activities")
def new() -> Any:
    """A fixed appointment, in the account's own time."""
    if not request.values.get("account"):
        return _choose_account(_("New appointment"), "visits.new", url_for(".tasks"))
    session = web.session()
    account = customers.account_by_uuid(session, request.values["account"])
    zone = services.zone_of(session, account)
    reps = _visitors(account)
    usual = account.owner if account.owner in reps else current_user
    form = forms.AppointmentForm(
        request.form, day=clock.today(zone) + dt.timedelta(days=1), time=USUAL_TIME,
        minutes=account.visit_minutes or services.USUAL_MINUTES, person=str(usual.uuid),
    )  # fmt: skip
    contacts = contact_queries.contacts_of(session, account)
    form.offer(people_labels.choices(reps), [(str(contact.uuid), contact.name) for contact in contacts])
    if request.method == "POST" and form.validate():
        person = next(user for user in reps if str(user.uuid) == form.person.data)
        made = _kept(
            form,
            lambda: services.schedule_visit(
                session, account=account, user=person, starts_at=form.starts_at(zone), minutes=form.minutes.data,
                purpose=form.purpose.data, contact_id=_contact(contacts, form.contact.data),
            ),
        )  # fmt: skip
        if made:
            flash(_("The appointment stands."), "success")
            return redirect(_back(url_for(".show", visit_id=made.uuid)))
    answer = render_template("visits/new.html", form=form, account=account, zone=zone)
    return answer, 422 if form.errors else 200


@bp.route("/visits/log", methods=["GET", "POST"])
@access.may("log_activities")
def log() -> Any:
    """Write down a visit that was made."""
    if not request.values.get("account"):
        return _choose_account(_("Log a visit"), "visits.log", url_for(".tasks"))
    session = web.session()
    account = customers.account_by_uuid(session, request.values["account"])
    zone = services.zone_of(session, account)
    form = forms.OutcomeForm(request.form, day=clock.today(zone))
    if request.method == "POST" and form.validate():
        made = _kept(
            form,
            lambda: services.log_visit(
                session, account=account, user_id=current_user.id, zone=zone, at=form.made_at(zone), **form.fields()
            ),
        )
        if made:
            flash(_("The visit is logged."), "success")
            return redirect(_back(_account_url(account)))
    return render_template("visits/log.html", form=form, account=account, zone=zone), 422 if form.errors else 200


@bp.route("/visits/<uuid:visit_id>", methods=["GET", "POST"])
def show(visit_id: uuid.UUID) -> Any:
    """An appointment, or what came of it; posting says what did."""
    session = web.session()
    visit = queries.visit(session, visit_id)
    zone = services.zone_of(session, visit.account)
    form = forms.OutcomeForm(request.form, **_when(visit, zone))
    if request.method == "POST":
        access.require("log_activities")
        if form.validate() and _kept(
            form, lambda: services.finish_visit(session, visit, zone=zone, at=form.made_at(zone), **form.fields())
        ):
            flash(_("The visit is logged."), "success")
            return redirect(url_for(".show", visit_id=visit.uuid))
    answer = render_template(
        "visits/show.html", visit=visit, account=visit.account, form=form, zone=zone, outcomes=OUTCOME_LABELS,
        outcome_tones=OUTCOME_TONES, statuses=STATUS_LABELS, status_tones=STATUS_TONES,
        is_ahead=visit.status in ("planned", "arrived", "missed"), local=lambda moment: _local(moment, zone),
        answers=question_queries.answered(session, visit), orders=orders.orders_at_visit(session, visit.uuid),
    )  # fmt: skip
    return answer, 422 if form.errors else 200


@bp.post("/visits/<uuid:visit_id>/cancel")
@access.may("log_activities")
def cancel(visit_id: uuid.UUID) -> Any:
    visit = queries.visit(web.session(), visit_id)
    services.cancel_visit(web.session(), visit)
    web.say(_("The appointment is cancelled."), undo_url=url_for(".restore", visit_id=visit.uuid))
    return redirect(_back(url_for(".show", visit_id=visit.uuid)))


@bp.post("/visits/<uuid:visit_id>/restore")
@access.may("log_activities")
def restore(visit_id: uuid.UUID) -> Any:
    visit = queries.visit(web.session(), visit_id)
    services.restore_visit(web.session(), visit)
    flash(_("The appointment stands again."), "success")
    return redirect(url_for(".show", visit_id=visit.uuid))


def _when(visit: Visit, zone: str) -> dict[str, Any]:
    """The day and time that the form offers for an appointment gone by; otherwise it is now."""
    if visit.starts_at is None or visit.starts_at > clock.now():
        return {}
    local = visit.starts_at.astimezone(ZoneInfo(zone))
    return {"day": local.date(), "time": local.time()}


def _local(moment: dt.datetime, zone: str) -> str:
    """An instant as calendar and clock show it where the account is."""
    there = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return f"{format_date(there, 'medium', rebase=False)}, {format_time(there, 'short', rebase=False)}"


# -- activities ------------------------------------------------------------------------------------------------------


@bp.route("/activities/new", methods=["GET", "POST"])
@access.may("log_activities")
def new_activity() -> Any:
    """A call, mail, meeting or note; the account's page posts its short form here too."""
    kind = request.args.get("kind", "call")
    if not request.values.get("account"):
        return _choose_account(_("Log an activity"), "visits.new_activity", url_for(".tasks"), kind=kind)
    session = web.session()
    account = customers.account_by_uuid(session, request.values["account"])
    zone = services.zone_of(session, account)
    form = forms.ActivityForm(request.form, kind=kind if kind in ACTIVITY_KINDS else "call")
    contacts = contact_queries.contacts_of(session, account)
    form.offer([(str(contact.uuid), contact.name) for contact in contacts])
    if request.method == "POST" and form.validate():
        made = _kept(
            form,
            lambda: services.log_activity(
                session, account_id=account.id, user_id=current_user.id, kind=form.kind.data, subject=form.subject.data,
                note=form.note.data, at=form.made_at(zone), contact_id=_contact(contacts, form.contact.data),
            ),
        )  # fmt: skip
        if made:
            flash(_("It is on the timeline."), "success")
            return redirect(_back(_account_url(account)))
    answer = render_template("visits/activity.html", form=form, account=account, kinds=KIND_LABELS, icons=KIND_ICONS)
    return answer, 422 if form.errors else 200


# -- common ----------------------------------------------------------------------------------------------------------


def _kept(form: Form, write: Any) -> Any:
    """Do the write in a savepoint; what a rule refuses is said at the top of the form."""
    try:
        with web.session().begin_nested():
            return write() or True
    except (Invalid, GcrmError) as error:
        if error.status >= 500:
            raise
        form.form_errors.append(error.message)
        return None


def _choose_account(title: str, endpoint: str, back: str, **kept: str) -> Any:
    session, words = web.session(), request.args.get("q", "").strip()
    found = customers.accounts_named(session, words, 20) if words else accounts_of_late(session, current_user.id)
    return render_template(
        "pipeline/choose_account.html",
        words=words,
        accounts=found,
        title=title,
        endpoint=endpoint,
        back=back,
        kept=kept,
    )


def _person(public: str | None) -> User:
    """Whose tasks are looked at: one's own, or those of somebody in sight."""
    session = web.session()
    if not public:
        return people.user_by_uuid(session, current_user.uuid)
    access.require("lead")
    wanted = people.as_uuid(public)
    found = next((user for user in queries.people_in_sight(session) if user.uuid == wanted), None)
    return found or people.user_by_uuid(session, uuid.UUID(int=0))


def _assignees() -> list[User]:
    """Who may be given a task: oneself, and for those who lead, those in sight."""
    session = web.session()
    me = people.user_by_uuid(session, current_user.uuid)
    others = queries.people_in_sight(session) if current_user.may("lead") else []
    return [me, *(user for user in others if user.id != me.id)]


def _visitors(account: Account) -> list[User]:
    """Who may go: the reps in sight, oneself, and the owner."""
    session = web.session()
    found = people.visible_reps(session)
    if all(user.id != current_user.id for user in found):
        found.append(people.user_by_uuid(session, current_user.uuid))
    return found


def _contact(contacts: list[Contact], public: str) -> int | None:
    return next((contact.id for contact in contacts if str(contact.uuid) == public), None)


def _today() -> dt.date:
    return clock.today(current_user.timezone or people.the_organisation(web.session()).timezone)


def _account_url(account: Account) -> str:
    return url_for("customers.show", account_id=account.uuid)


def _back(usual: str) -> str:
    """Where the form says it came from, if that is a page of ours."""
    wanted = request.form.get("next", "")
    is_ours = wanted[:1] == "/" and wanted[1:2] not in ("/", "\\") and wanted.isprintable()
    return wanted if is_ours else usual
