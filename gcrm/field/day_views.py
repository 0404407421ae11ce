"""The day's buttons: running late, another order, which map app, why a check-in was far."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import clock, db, forms, web
from gcrm.core.errors import Invalid, NotFound
from gcrm.field import day_services, queries
from gcrm.people import access
from gcrm.people.labels import MAP_APP_LABELS
from gcrm.people.models import MAP_APPS, User
from gcrm.routing import edit_queries, edits, handover, late, live_queries, plan_pages
from gcrm.routing import live_services as live
from gcrm.routing import queries as plans
from gcrm.routing.edits import Trial
from gcrm.routing.models import DayPlan
from gcrm.visits import labels as visit_labels
from gcrm.visits import services as visits

bp = Blueprint("day", __name__)


def rep() -> User:
    return web.session().get_one(User, current_user.id)


def own_plan(day: dt.date | None) -> DayPlan:
    """The plan that the person works by on a day, or today."""
    found = plan_of(day)
    if found is None:
        raise NotFound(_("There is no plan to change on this day."))
    return found


def plan_of(day: dt.date | None) -> DayPlan | None:
    me = rep()
    return plans.published_plan(web.session(), me.id, day or clock.today(plans.zone_of(web.session(), me)))


@bp.post("/late")
@access.hidden_unless("plan_routes")
def tell_late() -> Response:
    """One tap tells whoever leads; what it does to the rest stands on the page then."""
    minutes = request.form.get("minutes", type=int)
    if minutes is None:
        raise Invalid(_("Say how many minutes late you are."))
    live.tell_late(web.session(), own_plan(forms.day(request.args.get("day"))), minutes)
    return _to_day()


@bp.post("/stops/<uuid:stop_id>/move")
@access.hidden_unless("plan_routes")
def move(stop_id: UUID) -> Response:
    """One place up or down."""
    stop = queries.own_stop(web.session(), rep(), stop_id)
    places = {"up": -1, "down": 1}.get(request.form.get("way", ""))
    if places is None:
        raise Invalid(_("A stop moves up or down."))
    trial = day_services.move(web.session(), stop, places)
    _say_order(stop.day_plan, trial)
    return _to_day(stop.day_plan.day, "order")


@bp.post("/undo")
@access.hidden_unless("plan_routes")
def undo() -> Response:
    """Take the latest change of the day back."""
    plan = own_plan(forms.day(request.args.get("day")))
    edits.undo(web.session(), edit_queries.plan_by_id(web.session(), plan.id))
    return _to_day(plan.day)


@bp.post("/map-app")
@access.hidden_unless("plan_routes")
def choose_map_app() -> Any:
    """Which app the phone navigates with from now on."""
    app = request.form.get("app", "")
    if app not in MAP_APPS:
        raise Invalid(_("“%(app)s” is no map app that we know.", app=app))
    with db.transaction(None) as session:
        session.get_one(User, current_user.id).map_app = app
    return "", 204


@bp.post("/visits/<uuid:visit_id>/far")
@access.hidden_unless("plan_routes")
def explain(visit_id: UUID) -> Response:
    """Why the check-in was made from further away."""
    visit = queries.own_visit(web.session(), rep(), visit_id)
    visits.explain_distance(web.session(), visit, request.form.get("far_reason", ""))
    return redirect(url_for("field.visit", visit_id=visit.uuid))


def _say_order(plan: DayPlan, trial: Trial) -> None:
    session = web.session()
    undo_url = url_for(".undo", day=plan.day.isoformat())
    names = {str(stop.visit_key): stop.account_name for stop in plan.stops}
    shown = plan_pages.shower(session, plan)
    faults = [plan_pages.fault_sentence(fault, names.get(fault.key or "", ""), shown) for fault in trial.faults]
    more = plan_pages.more_or_less(trial.travel_seconds)
    web.say(" ".join([_("The order is changed: %(more)s of driving.", more=more), *faults]), "warning" if faults else "success", undo_url)  # fmt: skip


def _to_day(day: dt.date | None = None, part: str | None = None) -> Response:
    shown = day.isoformat() if day is not None and day != clock.today(plans.zone_of(web.session(), rep())) else None
    return redirect(
        url_for("field.today", day=shown or request.args.get("day") or None if day is None else shown, _anchor=part)
    )


@bp.app_template_global("map_links")
def map_links(where: tuple[float, float], name: str) -> list[tuple[str, str, str]]:
    """The way to a place by each map app: its word, its name and the link; the person's own app alone where one is chosen."""
    spot = handover.Spot(name, *where)
    links = {
        "google": handover.google([spot]), "apple": handover.apple([spot]), "waze": handover.waze(spot),
        "kakao": handover.kakao([spot]), "naver": handover.naver([spot]),
    }  # fmt: skip
    own = getattr(current_user, "map_app", None)
    return [(app, MAP_APP_LABELS[app], url) for app, url in links.items() if own in (None, app)]


@bp.app_template_global("lateness")
def lateness(plan: DayPlan) -> list[tuple[Any, late.Later]]:
    """The stops ahead with what the delay that was told does to them."""
    if not plan.late_minutes:
        return []
    by_key = {str(stop.uuid): stop for stop in plan.stops}
    return [(by_key[one.key], one) for one in late.late(live_queries.ahead_of(plan), plan.late_minutes)]


@bp.app_template_global("no_position")
def no_position(reason: str | None) -> str | None:
    return visit_labels.no_position(reason)


@bp.app_template_global("far_reasons")
def far_reasons() -> list[str]:
    return [str(reason) for reason in visit_labels.FAR_REASONS]
