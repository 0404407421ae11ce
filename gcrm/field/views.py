"""The phone: today, a stop, check-in, the visit log."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import catalogs, clock, forms, pictures, web
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.core.geo import lon_lat
from gcrm.field import (
    about_views,
    act_views,
    day_views,
    evening_views,
    form_queries,
    near_views,
    order_views,
    page_views,
    phone_views,
    photo_views,
    queries,
    services,
    shell_views,
    snapshot_views,
)  # fmt: skip
from gcrm.orders import queries as orders
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import beside, labels, reasons
from gcrm.routing import live_services as live
from gcrm.routing import queries as plans
from gcrm.routing import services as planning
from gcrm.routing.models import Stop
from gcrm.visits import photo_services, question_queries, told
from gcrm.visits.labels import OUTCOME_LABELS
from gcrm.visits.models import Visit

bp = Blueprint("field", __name__, url_prefix="/field")
for part in (
    act_views, shell_views, snapshot_views, phone_views, photo_views, order_views, day_views, near_views, evening_views, about_views,
):  # fmt: skip
    bp.register_blueprint(part.bp)


def _rep() -> User:
    return web.session().get_one(User, current_user.id)


@bp.get("/")
@access.hidden_unless("plan_routes")
def today() -> Any:
    """Today's route, the next stop first."""
    rep = _rep()
    day = queries.day_of(web.session(), rep, forms.day(request.args.get("day")))
    if day.plan:
        beside.wake()
    zone = plans.zone_of(web.session(), rep)
    return render_template(
        "field/today.html", day=day, sentence=reasons.sentence, picture=snapshot_views.picture(day.plan, []) if day.plan else None,
        where=lon_lat(day.next_stop.location) if day.next_stop else None, account=queries.account_of_stop(web.session(), day.next_stop),
        briefing=queries.briefing(web.session(), day.next_stop.account_id) if day.next_stop else None,
        **page_views.day_context(web.session(), day.plan, zone),
    )  # fmt: skip


@bp.get("/map")
@access.hidden_unless("plan_routes")
def map_of_day() -> Any:
    """The day on a live map; the page of the day has its picture."""
    rep = _rep()
    day = forms.day(request.args.get("day")) or clock.today(plans.zone_of(web.session(), rep))
    plan = plans.published_plan(web.session(), rep.id, day)
    if plan is None:
        return redirect(url_for(".today", day=request.args.get("day")))
    return render_template(
        "field/map.html", day=day, route=plans.route_geojson(plan), back=url_for(".today", day=request.args.get("day"))
    )


@bp.post("/plan")
@access.hidden_unless("plan_routes")
def plan() -> Response:
    """Plan the own day; it is published as soon as it is ready, since its rep asked."""
    rep = _rep()
    day = forms.day(request.args.get("day")) or clock.today(plans.zone_of(web.session(), rep))
    planning.request_plan(web.session(), rep, day, publish=True)
    return redirect(url_for(".today", day=request.args.get("day")))


@bp.post("/replan")
@access.hidden_unless("plan_routes")
def replan() -> Response:
    """Plan the rest of the own day anew, from where the phone is."""
    rep = _rep()
    session = web.session()
    day = forms.day(request.args.get("day")) or clock.today(plans.zone_of(session, rep))
    plan = plans.published_plan(session, rep.id, day)
    if plan is None:
        raise NotFound(_("There is no plan to change on this day."))
    cause = request.form.get("cause", "asked")
    missed = (
        next((stop for stop in plan.stops if stop.status in ("arrived", "ahead")), None) if cause == "missed" else None
    )
    wanted = live.Wanted(cause, _position()["position"], keep_next="may_change" not in request.form, missed=missed)
    made = live.replan_day(session, plan, wanted)
    flash(_("Planned anew. %(changes)s", changes=labels.summary(made.changes or [])), "success")
    return redirect(url_for(".today", day=request.args.get("day")))


@bp.get("/stops/<uuid:stop_id>")
@access.hidden_unless("plan_routes")
def stop(stop_id: UUID) -> Any:
    session = web.session()
    shown = queries.own_stop(session, _rep(), stop_id)
    if shown.status == "arrived" and shown.visit is not None:
        return redirect(url_for(".visit", visit_id=shown.visit.uuid))
    return render_template(
        "field/stop.html",
        **page_views.stop_context(shown, queries.briefing(session, shown.account_id), _page_of(shown)),
    )


@bp.post("/stops/<uuid:stop_id>/arrive")
@access.hidden_unless("plan_routes")
def arrive(stop_id: UUID) -> Response:
    rep = _rep()
    shown = queries.own_stop(web.session(), rep, stop_id)
    made = services.arrive(web.session(), shown, rep.id, **_position())
    return redirect(url_for(".visit", visit_id=made.uuid))


@bp.post("/stops/<uuid:stop_id>/skip")
@access.hidden_unless("plan_routes")
def skip(stop_id: UUID) -> Response:
    shown = queries.own_stop(web.session(), _rep(), stop_id)
    live.skip(web.session(), shown, request.form.get("reason"))
    undo = url_for(".unskip", stop_id=shown.uuid)
    web.say(_("%(name)s is skipped.", name=shown.account_name), "info", undo)
    return redirect(_page_of(shown))


@bp.post("/stops/<uuid:stop_id>/unskip")
@access.hidden_unless("plan_routes")
def unskip(stop_id: UUID) -> Response:
    shown = queries.own_stop(web.session(), _rep(), stop_id)
    live.unskip(web.session(), shown)
    return redirect(_page_of(shown))


@bp.route("/accounts/<uuid:account_id>", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def unplanned(account_id: UUID) -> Any:
    """A visit that is on no plan: a look at the account, then check in."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    if request.method == "POST":
        made = services.arrive_unplanned(session, account, current_user.id, **_position())
        return redirect(url_for(".visit", visit_id=made.uuid))
    return render_template(
        "field/unplanned.html", account=account, briefing=queries.briefing(session, account.id),
        outcomes=OUTCOME_LABELS, where=lon_lat(account.location) if account.location is not None else None,
    )  # fmt: skip


@bp.route("/visits/<uuid:visit_id>", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def visit(visit_id: UUID) -> Any:
    """The visit under way: what came of it, and what is next."""
    session = web.session()
    shown = queries.own_visit(session, _rep(), visit_id)
    planned = queries.stop_of_visit(session, shown)
    today = clock.today(plans.zone_of(session, _rep()))
    fault = None
    if request.method == "POST":
        try:
            services.finish(session, shown, planned, **_log())
            _keep_pictures(shown)
        except GcrmError as error:
            session.rollback()
            fault = catalogs.said(error)
            shown = queries.own_visit(session, _rep(), visit_id)
        else:
            flash(_("Logged. %(name)s is done.", name=_name(shown, planned)), "success")
            return redirect(_page_of(planned))
    briefing = queries.briefing(session, shown.account_id)
    context = page_views.visit_context(
        shown, _name(shown, planned), briefing, today, _page_of(planned), planned, form=_offered(shown, today),
        ordered=orders.orders_at_visit(session, shown.uuid),
    )  # fmt: skip
    return render_template("field/visit.html", **context, fault=fault, given=request.form), 422 if fault else 200


def _page_of(stop: Stop | None) -> str:
    """The page of the day on whose plan a stop stands; today's says no date."""
    if stop is None:
        return url_for(".today")
    day = stop.day_plan.day
    is_today = day == clock.today(plans.zone_of(web.session(), _rep()))
    return url_for(".today", day=None if is_today else day.isoformat())


def _name(visit: Any, planned: Any) -> str:
    return str(planned.account_name if planned is not None else visit.account.name)


def _position() -> dict[str, Any]:
    form = request.form
    position, accuracy = services.position_of(form.get("lon"), form.get("lat"), form.get("accuracy"))
    return {
        "position": position, "accuracy": accuracy, "taken_at": services.taken_at(form.get("age_seconds")),
        "reason": form.get("reason") or None,
    }  # fmt: skip


def _log() -> dict[str, Any]:
    if not request.form.get("outcome"):
        raise Invalid(_("Choose what came of it."))
    wanted = told.chosen_type(request.form)
    put = [
        each
        for each in question_queries.questions(web.session())
        if each.visit_type is None or each.visit_type.uuid == wanted
    ]
    return {
        "outcome": request.form.get("outcome", ""),
        "note": request.form.get("note"),
        "next_step": request.form.get("next_step"),
        "next_step_on": forms.day(request.form.get("next_step_on")),
    } | told.read(request.form, question_queries.plain(put))


def _keep_pictures(visit: Visit) -> None:
    """What a form without scripts carries itself: pictures, and the name that somebody signed with."""
    session = web.session()
    for file in request.files.getlist("photos"):
        if file.filename:
            photo_services.take(session, visit, current_user.id, file.stream.read(pictures.LARGEST_BYTES + 1))
    if request.form.get("_signed_by", "").strip():
        photo_services.add_photo(
            session, visit, user_id=current_user.id, kind="signature", signed_by=request.form["_signed_by"]
        )


def _offered(visit: Visit, today: date) -> form_queries.VisitForm:
    session = web.session()
    account = plans.visible_account(session, visit.account_id)
    currency = account.currency if account is not None else people.the_organisation(session).currency
    return form_queries.visit_form(session, currency, today)
