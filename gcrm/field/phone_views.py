"""The phones that hold somebody's day: a list of them, and the word that one is lost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.errors import NotFound
from gcrm.field import labels, phone_queries, phone_services
from gcrm.field.models import FieldPhone
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User

bp = Blueprint("phones", __name__)


@bp.get("/phones")
@access.hidden_unless("plan_routes")
def index() -> Any:
    """One's own phones; who leads a team sees the team's below."""
    session = web.session()
    me = session.get_one(User, current_user.id)
    return render_template(
        "field/phones.html", person=me, phones=phone_queries.phones_of(session, me), is_own=True, agent=labels.agent,
        team=phone_queries.phones_of_team(session, me) if me.role == "manager" else [],
    )  # fmt: skip


@bp.get("/phones/<uuid:user_id>")
@access.hidden_unless("plan_routes")
def of_person(user_id: UUID) -> Any:
    session = web.session()
    person = _person(user_id)
    return render_template(
        "field/phones.html", person=person, phones=phone_queries.phones_of(session, person), team=[], agent=labels.agent,
        is_own=person.id == current_user.id,
    )  # fmt: skip


@bp.post("/phones/<uuid:user_id>/<uuid:phone_id>/lost")
@access.hidden_unless("plan_routes")
def lost(user_id: UUID, phone_id: UUID) -> Response:
    """What it holds is wiped at its next contact."""
    phone = _phone(user_id, phone_id)
    phone_services.report_lost(web.session(), phone)
    undo = url_for(".found", user_id=user_id, phone_id=phone_id)
    web.say(_("Reported lost. Whatever it holds is wiped as soon as it comes online."), "success", undo)
    return _back(user_id)


@bp.post("/phones/<uuid:user_id>/<uuid:phone_id>/found")
@access.hidden_unless("plan_routes")
def found(user_id: UUID, phone_id: UUID) -> Response:
    """It was not lost after all."""
    phone_services.report_found(web.session(), _phone(user_id, phone_id))
    web.say(_("The phone may be used again."))
    return _back(user_id)


def _person(public: UUID) -> User:
    """Oneself, one of the own team, or for an admin anybody."""
    session = web.session()
    if current_user.may("administer"):
        return people.user_by_uuid(session, public)
    if current_user.role == "manager":
        found = people.user_in_sight(session, public)
    else:
        found = session.get_one(User, current_user.id) if public == current_user.uuid else None
    if found is None:
        raise NotFound(_("There is nothing at this address, or nothing that you may see."))
    return found


def _phone(user_id: UUID, phone_id: UUID) -> FieldPhone:
    return phone_queries.phone_of(web.session(), _person(user_id), phone_id)


def _back(user_id: UUID) -> Response:
    is_own = user_id == current_user.uuid or request.form.get("from") == "own"
    return redirect(url_for(".index") if is_own else url_for(".of_person", user_id=user_id))
