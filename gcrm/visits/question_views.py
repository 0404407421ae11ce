"""What is asked at a visit: the types of visits and their questions, for planners and admins to edit."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import Form

from gcrm.core import catalogs, web
from gcrm.core.errors import GcrmError
from gcrm.people import access
from gcrm.visits import forms, question_services
from gcrm.visits import question_queries as queries
from gcrm.visits.labels import QUESTION_KIND_LABELS

bp = Blueprint("questions", __name__, url_prefix="/visit-form")


@bp.route("", methods=["GET", "POST"])
@access.may("edit_questions")
def index() -> Any:
    """All types with their questions; posting adds a type."""
    session = web.session()
    form = forms.VisitTypeForm(request.form)
    if _sent(form) and _kept(form, lambda: question_services.save_type(session, name=form.name.data)):
        flash(_("The visit type is there."), "success")
        return redirect(url_for(".index"))
    answer = render_template(
        "visits/questions.html", form=form, types=queries.visit_types(session, with_former=True),
        questions=queries.questions(session, with_former=True), kinds=QUESTION_KIND_LABELS,
    )  # fmt: skip
    return answer, 422 if form.errors else 200


@bp.route("/types/<uuid:type_id>", methods=["GET", "POST"])
@access.may("edit_questions")
def edit_type(type_id: uuid.UUID) -> Any:
    session = web.session()
    found = queries.visit_type(session, type_id)
    form = forms.VisitTypeForm(_given(), obj=found)
    if _sent(form) and _kept(
        form, lambda: question_services.save_type(session, found, name=form.name.data, is_active=form.is_active.data)
    ):
        flash(_("Saved."), "success")
        return redirect(url_for(".index"))
    answer = render_template("visits/visit_type.html", form=form, visit_type=found)
    return answer, 422 if form.errors else 200


@bp.route("/questions/new", methods=["GET", "POST"])
@access.may("edit_questions")
def new() -> Any:
    """A question for every visit, or for those of one type."""
    session = web.session()
    form = forms.QuestionForm(_given(), visit_type=request.args.get("type", ""), is_active=True)
    types = queries.visit_types(session)
    form.offer([(str(each.uuid), each.name) for each in types])
    if _sent(form):
        chosen = next((each for each in types if str(each.uuid) == form.visit_type.data), None)
        if _kept(
            form,
            lambda: question_services.save_question(session, visit_type=chosen, kind=form.kind.data, **form.fields()),
        ):
            flash(_("The question is asked from now on."), "success")
            return redirect(url_for(".index"))
    return render_template("visits/question.html", form=form, question=None), 422 if form.errors else 200


@bp.route("/questions/<uuid:question_id>", methods=["GET", "POST"])
@access.may("edit_questions")
def edit(question_id: uuid.UUID) -> Any:
    session = web.session()
    found = queries.question(session, question_id)
    form = forms.QuestionForm(
        _given(), obj=found, choices="\n".join(found.choices),
        visit_type=str(found.visit_type.uuid) if found.visit_type else "",
    )  # fmt: skip
    form.offer([(str(found.visit_type.uuid), found.visit_type.name)] if found.visit_type else [])
    form.kind.data, form.visit_type.data = found.kind, str(found.visit_type.uuid) if found.visit_type else ""
    if _sent(form) and _kept(form, lambda: question_services.save_question(session, found, **form.fields())):
        flash(_("Saved."), "success")
        return redirect(url_for(".index"))
    return render_template("visits/question.html", form=form, question=found), 422 if form.errors else 200


def _given() -> Any:
    """What was sent; nothing at all before that, so that ticks show what is kept."""
    return request.form if request.method == "POST" else None


def _sent(form: Form) -> bool:
    return request.method == "POST" and bool(form.validate())


def _kept(form: Form, write: Any) -> Any:
    """Do the write in a savepoint; what a rule refuses is said at the top of the form."""
    try:
        with web.session().begin_nested():
            return write()
    except GcrmError as error:
        if error.status >= 500:
            raise
        form.form_errors.append(catalogs.said(error))
        return None
