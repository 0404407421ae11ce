"""Near me: who lies beside today's route, by the minutes that a call adds, and a new prospect from where one stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gcrm.core import catalogs, web
from gcrm.core.errors import GcrmError, Invalid
from gcrm.customers import services as customers
from gcrm.customers.selecting import Selection
from gcrm.customers.services import AlreadyThere
from gcrm.customers.values import TIERS, Faulty
from gcrm.field import day_services, near_queries, queries, services
from gcrm.field.day_views import plan_of, rep
from gcrm.people import access
from gcrm.routing import plan_pages
from gcrm.routing.edits import BrokenRule

bp = Blueprint("near", __name__)

PROSPECT_FIELDS = ("name", "street", "postcode", "city", "phone", "note", "lon", "lat")


@bp.get("/near")
@access.hidden_unless("plan_routes")
def near() -> Any:
    """Accounts round the route of today, or round the position without one."""
    me, session = rep(), web.session()
    plan = plan_of(None)
    position, _accuracy = services.position_of(request.args.get("lon"), request.args.get("lat"), None)
    selection = Selection.parse(request.args)
    found = near_queries.near(session, me, plan, position, selection)
    return render_template(
        "field/near.html", found=found, plan=plan, selection=selection, tiers=TIERS, position=position,
    )  # fmt: skip


@bp.post("/near/<uuid:account_id>/add")
@access.hidden_unless("plan_routes")
def add(account_id: UUID) -> Any:
    """Take the account into today; where it does not fit, say why and offer to plan the rest anew round it."""
    session, account = web.session(), queries.account_by_uuid(web.session(), account_id)
    plan = plan_of(None)
    if plan is None:
        raise Invalid(_("There is no plan for today. Check in there, or have the day planned first."))
    try:
        with session.begin_nested():
            day_services.add(session, plan, account, insist="insist" in request.form)
    except BrokenRule as refused:
        shown = plan_pages.shower(session, plan)
        names = {str(stop.visit_key): stop.account_name for stop in plan.stops}
        faults = [
            plan_pages.fault_sentence(each, names.get(each.key or "", account.name), shown)
            for each in refused.trial.faults
        ]
        return render_template("field/no_room.html", account=account, faults=faults), 422
    flash(_("%(name)s is on today’s plan.", name=account.name), "success")
    return redirect(url_for("field.today"))


@bp.route("/near/new", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def new() -> Any:
    """A new prospect, with the place from the position; who may be there already is said first."""
    given = {name: request.values.get(name, "") for name in PROSPECT_FIELDS}
    faults: dict[str, list[str]] = {}
    twins: AlreadyThere | None = None
    if request.method == "POST":
        try:
            account = customers.create_account(
                web.session(), {name: value or None for name, value in given.items()}, entered_by=rep(),
                insist="insist" in request.form, location_source="phone",
            )  # fmt: skip
        except Faulty as error:
            faults = error.faults
        except AlreadyThere as error:
            twins = error
        except GcrmError as error:
            faults = {"name": [catalogs.said(error)]}
        else:
            flash(_("%(name)s is there as a prospect.", name=account.name), "success")
            return redirect(url_for("field.unplanned", account_id=account.uuid))
        web.session().rollback()
    page = render_template("field/prospect.html", given=given, faults=faults, twins=twins, near=_around(given))
    return page, 409 if twins else 422 if faults else 200


def _around(given: dict[str, str]) -> list[dict[str, object]]:
    """Whom the phone compares a new name with while it is typed: those in sight round the place."""
    try:
        position, _accuracy = services.position_of(given["lon"], given["lat"], None)
        return near_queries.around(web.session(), position) if position is not None else []
    except Invalid:
        return []  # What is wrong with the place stands at the form.
