"""Visits, activities and tasks over HTTP; each takes a UUID of the sender's own, so that sending twice makes one."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import marshmallow as ma
from flask import g, url_for
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.geo import geojson
from gcrm.customers import contact_queries
from gcrm.customers import queries as customers
from gcrm.customers.models import Account
from gcrm.people import access
from gcrm.people.models import User
from gcrm.visits import queries, services
from gcrm.visits.models import ACTIVITY_KINDS, OUTCOMES, VISIT_STATUSES, Activity, Task, Visit, VisitPhoto

visits = Blueprint(
    "visits_api", __name__, url_prefix=f"{api.PREFIX}/visits",
    description="Appointments ahead, and what came of visits. A visit's account is null once it is out of sight.",
)  # fmt: skip
activities = Blueprint(
    "activities", __name__, url_prefix=f"{api.PREFIX}/activities", description="Calls, mails, meetings and notes."
)
tasks = Blueprint("tasks", __name__, url_prefix=f"{api.PREFIX}/tasks", description="What people have to do.")
BLUEPRINTS = (visits, activities, tasks)
FORM = (
    "note", "next_step", "next_step_on", "next_visit_on", "contact", "visit_type", "answers", "products", "competitor",
    "satisfaction",
)  # fmt: skip
"""What is told of a visit beside its outcome."""


def _own_id() -> ma.fields.UUID:
    return ma.fields.UUID(metadata={"description": "A UUID of the sender's own, so that sending twice makes one."})


def _who() -> ma.fields.Email:
    return ma.fields.Email(
        allow_none=True, metadata={"description": "E-mail of the person; whoever sends it when left out."}
    )


class About(api.Page):
    """What a list is narrowed by."""

    account = ma.fields.UUID()
    user = ma.fields.UUID(metadata={"description": "A person's id."})
    since = ma.fields.AwareDateTime()
    until = ma.fields.AwareDateTime()


class VisitQuery(About):
    status = ma.fields.String(validate=ma.validate.OneOf(VISIT_STATUSES))


class ActivityQuery(About):
    kind = ma.fields.String(validate=ma.validate.OneOf(ACTIVITY_KINDS))


class TaskQuery(api.Page):
    account = ma.fields.UUID()
    user = ma.fields.UUID(metadata={"description": "A person's id."})
    done = ma.fields.Boolean()
    due_until = ma.fields.Date()


class NewVisit(api.Writable):
    """An appointment has `starts_at` and `minutes`; a visit that was made has its `outcome`."""

    READ_ONLY = frozenset(
        "account_name status arrived_at point accuracy_metres distance_metres contact_name photos created_at updated_at version".split()
    )

    id = _own_id()
    account = ma.fields.UUID(required=True)
    user = _who()
    starts_at = ma.fields.AwareDateTime(allow_none=True)
    minutes = ma.fields.Integer(allow_none=True, strict=True)
    purpose = ma.fields.String(allow_none=True)
    outcome = ma.fields.String(allow_none=True, metadata={"description": f"One of {', '.join(OUTCOMES)}."})
    finished_at = ma.fields.AwareDateTime(allow_none=True)
    note = ma.fields.String(allow_none=True)
    next_step = ma.fields.String(allow_none=True, metadata={"description": "It becomes a task."})
    next_step_on = ma.fields.Date(allow_none=True)
    next_visit_on = ma.fields.Date(
        allow_none=True, metadata={"description": "By when to be there again: a task that a day plan takes along."}
    )
    contact = ma.fields.UUID(allow_none=True, metadata={"description": "Whom the rep met."})
    visit_type = ma.fields.UUID(allow_none=True)
    answers = ma.fields.Dict(
        keys=ma.fields.String(), allow_none=True,
        metadata={"description": "By the question's id; null is asked and left open. A required one that is named needs its answer."},
    )  # fmt: skip
    products = ma.fields.List(ma.fields.UUID(), metadata={"description": "What was talked about."})
    competitor = ma.fields.String(allow_none=True)
    satisfaction = ma.fields.Integer(allow_none=True, strict=True, metadata={"description": "1 to 5."})


class VisitItem(NewVisit):
    account = ma.fields.UUID(allow_none=True)
    account_name = ma.fields.String(allow_none=True)
    status = ma.fields.String(metadata={"description": f"One of {', '.join(VISIT_STATUSES)}."})
    arrived_at = ma.fields.DateTime(allow_none=True)
    point = ma.fields.Dict(allow_none=True, metadata={"description": "Where the check-in was, a GeoJSON Point."})
    accuracy_metres = ma.fields.Float(allow_none=True)
    distance_metres = ma.fields.Float(allow_none=True)
    contact_name = ma.fields.String(allow_none=True)
    photos = ma.fields.List(
        ma.fields.Dict(), metadata={"description": "Pictures and signatures as {id, kind, taken_at, signed_by, url}."}
    )
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


class NewActivity(api.Writable):
    READ_ONLY = frozenset("account_name contact_name created_at updated_at version".split())

    id = _own_id()
    account = ma.fields.UUID(required=True)
    user = _who()
    contact = ma.fields.UUID(allow_none=True)
    kind = ma.fields.String(required=True, metadata={"description": f"One of {', '.join(ACTIVITY_KINDS)}."})
    at = ma.fields.AwareDateTime(allow_none=True)
    subject = ma.fields.String(required=True)
    note = ma.fields.String(allow_none=True)


class ActivityItem(NewActivity):
    account = ma.fields.UUID(allow_none=True)
    account_name = ma.fields.String(allow_none=True)
    contact_name = ma.fields.String(allow_none=True)
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


class TaskFields(api.Writable):
    READ_ONLY = frozenset("id account user account_name done_at created_at updated_at version".split())

    title = ma.fields.String()
    due_on = ma.fields.Date(allow_none=True)
    needs_visit = ma.fields.Boolean(
        metadata={"description": "Done at the customer's, so that a day plan takes it along."}
    )
    note = ma.fields.String(allow_none=True)
    done = ma.fields.Boolean()


class NewTask(TaskFields):
    READ_ONLY = TaskFields.READ_ONLY - {"id", "account", "user"}

    id = _own_id()
    account = ma.fields.UUID(required=True)
    user = _who()
    title = ma.fields.String(required=True)


class TaskItem(NewTask):
    account = ma.fields.UUID(allow_none=True)
    account_name = ma.fields.String(allow_none=True)
    done_at = ma.fields.DateTime(allow_none=True)
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


def _list_of(schema: type[ma.Schema]) -> type[ma.Schema]:
    fields = {"items": ma.fields.List(ma.fields.Nested(schema)), "next": ma.fields.String(allow_none=True)}
    return ma.Schema.from_dict(fields, name=schema.__name__.replace("Item", "List"))  # type: ignore[arg-type]


VisitList, ActivityList, TaskList = _list_of(VisitItem), _list_of(ActivityItem), _list_of(TaskItem)


@visits.route("")
class Visits(MethodView):
    @visits.arguments(VisitQuery, location="query")
    @visits.alt_response(200, schema=VisitList)
    def get(self, words: dict[str, Any]) -> Any:
        """Visits as they were written down, a page at a time."""
        page = {"limit": words.pop("limit"), "after": words.pop("after")}
        rows, following = api.keyset(queries.visits_listing(**words), page)
        return api.page_answer([visit_item(row) for row in rows], following)

    @visits.arguments(NewVisit)
    @visits.alt_response(201, schema=VisitItem)
    @access.may("log_activities")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Make an appointment, or write down a visit that was made. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_visit(session, given["id"]) if "id" in given else None
        if known is not None:
            return _visit_answer(known)
        account, user = customers.account_by_uuid(session, given["account"]), _person(given)
        made = _log(account, user, given) if given.get("outcome") else _schedule(account, user, given)
        return _visit_answer(queries.visit(session, made.uuid), 201)


def _log(account: Account, user: User, given: dict[str, Any]) -> Visit:
    session = web.session()
    return services.log_visit(
        session, account=account, user_id=user.id, outcome=given["outcome"], zone=services.zone_of(session, account),
        at=given.get("finished_at"), public_id=given.get("id"),
        **{name: given[name] for name in FORM if given.get(name) is not None},
    )  # fmt: skip


def _schedule(account: Account, user: User, given: dict[str, Any]) -> Visit:
    if given.get("starts_at") is None:
        raise Invalid("Send starts_at for an appointment, or outcome for a visit that was made.")
    return services.schedule_visit(
        web.session(), account=account, user=user, starts_at=given["starts_at"],
        minutes=given.get("minutes") or account.visit_minutes or services.USUAL_MINUTES, purpose=given.get("purpose"),
        public_id=given.get("id"),
    )  # fmt: skip


@visits.route("/<uuid:public_id>")
class OneVisit(MethodView):
    @visits.alt_response(200, schema=VisitItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One visit."""
        return _visit_answer(queries.visit(web.session(), public_id))


@activities.route("")
class Activities(MethodView):
    @activities.arguments(ActivityQuery, location="query")
    @activities.alt_response(200, schema=ActivityList)
    def get(self, words: dict[str, Any]) -> Any:
        """Activities as they were written down, a page at a time."""
        page = {"limit": words.pop("limit"), "after": words.pop("after")}
        rows, following = api.keyset(queries.activities_listing(**words), page)
        return api.page_answer([activity_item(row) for row in rows], following)

    @activities.arguments(NewActivity)
    @activities.alt_response(201, schema=ActivityItem)
    @access.may("log_activities")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Write down a call, mail, meeting or note. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_activity(session, given["id"]) if "id" in given else None
        if known is not None:
            return _activity_answer(known)
        account = customers.account_by_uuid(session, given["account"])
        made = services.log_activity(
            session, account_id=account.id, user_id=_person(given).id, kind=given["kind"], subject=given["subject"],
            note=given.get("note"), at=given.get("at"), contact_id=_contact_id(account, given.get("contact")),
            public_id=given.get("id"),
        )  # fmt: skip
        return _activity_answer(queries.activity(session, made.uuid), 201)


@activities.route("/<uuid:public_id>")
class OneActivity(MethodView):
    @activities.alt_response(200, schema=ActivityItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One activity."""
        return _activity_answer(queries.activity(web.session(), public_id))


@tasks.route("")
class Tasks(MethodView):
    @tasks.arguments(TaskQuery, location="query")
    @tasks.alt_response(200, schema=TaskList)
    def get(self, words: dict[str, Any]) -> Any:
        """Tasks as they were written down, a page at a time."""
        page = {"limit": words.pop("limit"), "after": words.pop("after")}
        rows, following = api.keyset(queries.tasks_listing(**words), page)
        return api.page_answer([task_item(row) for row in rows], following)

    @tasks.arguments(NewTask)
    @tasks.alt_response(201, schema=TaskItem)
    @access.may("log_activities")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Give somebody a task. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_task(session, given["id"]) if "id" in given else None
        if known is not None:
            return _task_answer(known)
        account = customers.account_by_uuid(session, given["account"])
        made = services.add_task(
            session, account_id=account.id, user_id=_person(given).id, title=given["title"],
            due_on=given.get("due_on"), needs_visit=given.get("needs_visit", False), note=given.get("note"),
            public_id=given.get("id"),
        )  # fmt: skip
        if given.get("done"):
            services.finish_task(session, made, g.principal.id)
        return _task_answer(queries.task(session, made.uuid), 201)


@tasks.route("/<uuid:public_id>")
class OneTask(MethodView):
    @tasks.alt_response(200, schema=TaskItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One task."""
        return _task_answer(queries.task(web.session(), public_id))

    @tasks.arguments(TaskFields)
    @tasks.alt_response(200, schema=TaskItem)
    @access.may("log_activities")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Change the fields that are sent; `done` ticks it off or opens it again. Needs If-Match."""
        session = web.session()
        task = queries.task(session, public_id, lock=True)
        api.must_match(task.version, task_item(task))
        done = given.pop("done", task.done_at is not None)
        services.change_task(session, task, **given)
        if done:
            services.finish_task(session, task, g.principal.id)
        else:
            services.reopen_task(session, task)
        return _task_answer(task)


def _person(given: dict[str, Any]) -> User:
    """Whose fact it is: the sender's, or that of somebody in the sender's sight."""
    session = web.session()
    if not given.get("user"):
        return session.get_one(User, g.principal.id)
    wanted = given["user"].strip().lower()
    found = next((user for user in queries.people_in_sight(session) if user.email == wanted), None)
    if found is None:
        raise NotFound(f"There is nobody with the address {wanted}, or nobody for whom you may write.")
    return found


def _contact_id(account: Account, public: uuid.UUID | None) -> int | None:
    if public is None:
        return None
    contact = contact_queries.contact_by_uuid(web.session(), public)
    if contact.account_id != account.id:
        raise Invalid("This contact belongs to another account.")
    return contact.id


def _visit_answer(visit: Visit, status: int = 200) -> Any:
    body = visit_item(visit)
    location = url_for("visits_api.OneVisit", public_id=visit.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(visit.version, body), location=location)


def _activity_answer(activity: Activity, status: int = 200) -> Any:
    body = activity_item(activity)
    location = url_for("activities.OneActivity", public_id=activity.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(activity.version, body), location=location)


def _task_answer(task: Task, status: int = 200) -> Any:
    body = task_item(task)
    location = url_for("tasks.OneTask", public_id=task.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(task.version, body), location=location)


def _common(row: Visit | Activity | Task) -> dict[str, Any]:
    return {
        "id": str(row.uuid), "account": str(row.account.uuid) if row.account else None,
        "account_name": row.account.name if row.account else None, "user": row.user.email, "note": row.note,
        "created_at": _iso(row.created_at), "updated_at": _iso(row.updated_at), "version": row.version,
    }  # fmt: skip


def _iso(value: dt.datetime | dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


def visit_item(visit: Visit) -> dict[str, Any]:
    return _common(visit) | {
        "status": visit.status, "starts_at": _iso(visit.starts_at), "minutes": visit.minutes,
        "purpose": visit.purpose, "arrived_at": _iso(visit.arrived_at), "point": geojson(visit.arrived_point),
        "accuracy_metres": visit.accuracy_metres, "distance_metres": visit.distance_metres,
        "finished_at": _iso(visit.finished_at), "outcome": visit.outcome, "next_step": visit.next_step,
        "next_step_on": _iso(visit.next_step_on), "next_visit_on": _iso(visit.next_visit_on),
        "contact": str(visit.contact.uuid) if visit.contact else None,
        "contact_name": visit.contact.name if visit.contact else None,
        "visit_type": str(visit.visit_type.uuid) if visit.visit_type else None, "answers": visit.answers,
        "products": [str(each.uuid) for each in visit.products], "competitor": visit.competitor,
        "satisfaction": visit.satisfaction, "photos": [_photo(each) for each in visit.photos],
    }  # fmt: skip


def _photo(photo: VisitPhoto) -> dict[str, Any]:
    there = photo.file is not None
    return {
        "id": str(photo.uuid), "kind": photo.kind, "taken_at": _iso(photo.taken_at), "signed_by": photo.signed_by,
        "url": url_for("visits.photos.show", photo_id=photo.uuid) if there else None,
    }  # fmt: skip


def activity_item(activity: Activity) -> dict[str, Any]:
    return _common(activity) | {
        "kind": activity.kind, "at": _iso(activity.at), "subject": activity.subject,
        "contact": str(activity.contact.uuid) if activity.contact else None,
        "contact_name": activity.contact.name if activity.contact else None,
    }  # fmt: skip


def task_item(task: Task) -> dict[str, Any]:
    return _common(task) | {
        "title": task.title, "due_on": _iso(task.due_on), "needs_visit": task.needs_visit,
        "done": task.done_at is not None, "done_at": _iso(task.done_at),
    }  # fmt: skip
