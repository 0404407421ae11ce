"""The first page, the five first steps, what happened, and what gcrm is made of."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from gcrm.admin import queries, services
from gcrm.admin.labels import OPERATION_LABELS, OPERATION_TONES, TABLE_LABELS
from gcrm.core import web
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.people import access

bp = Blueprint("admin", __name__)

ROWS_SHOWN = 10
"""Of each write in the audit trail."""

SETUP_FIELDS = ("organisation", "country", "currency", "timezone", "name", "email", "password")


@bp.route("/setup", methods=["GET", "POST"])
def setup() -> Any:
    """Founding the organisation; the page is gone once it is founded."""
    if services.is_set_up():
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    given = {name: request.form.get(name, "").strip() for name in (*SETUP_FIELDS, "code")}
    fault = None
    if request.method == "POST":
        try:
            _check_code(given["code"])
            services.set_up(**{name: given[name] for name in SETUP_FIELDS})
        except GcrmError as error:
            fault = error.message
        else:
            flash(_("%(name)s is set up. Sign in to go on.", name=given["organisation"]), "success")
            return redirect(url_for("security.login", next=url_for("admin.start")))
    choices = queries.setup_choices()
    return render_template("admin/setup.html", given=given, fault=fault, choices=choices), 422 if fault else 200


def _check_code(given: str) -> None:
    if not hmac.compare_digest(given.encode(), services.setup_code().encode()):
        raise Invalid(_("The code is not the one that the server printed when it started."))


@bp.get("/")
def home() -> Any:
    """Everybody's first page: the day, the team, or what is left to set up."""
    if current_user.role == "rep":
        return redirect(url_for("field.today"))
    if current_user.may("administer") and not all(step.is_done for step in queries.first_steps(web.session())):
        return redirect(url_for("admin.start"))
    if current_user.may("lead"):
        return redirect(url_for("reports.team"))
    return redirect(url_for("maps.accounts"))


@bp.get("/start")
@access.may("import")
def start() -> Any:
    steps = queries.first_steps(web.session())
    return render_template("admin/start.html", steps=steps, done=sum(step.is_done for step in steps))


@bp.get("/audit")
@access.may("administer")
def audit() -> Any:
    entries, following = queries.audit_entries(
        web.session(), table=request.args.get("table"), before=request.args.get("before", type=int)
    )
    return render_template(
        "admin/audit.html", entries=entries, following=following, tables=TABLE_LABELS, operations=OPERATION_LABELS,
        tones=OPERATION_TONES, shown=ROWS_SHOWN,
    )  # fmt: skip


@bp.get("/about")
def about() -> Any:
    return render_template("admin/about.html", credits=queries.library_credits())
