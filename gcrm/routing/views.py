"""Plans of days: the week's overview, one plan with its map, making and publishing."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gcrm.core import forms, web
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.routing import (
    beside,
    edits,
    fair_shares,
    labels,
    live_views,
    nights_labels,
    nights_views,
    plan_pages,
    plan_views,
    queries,
    reasons,
    services,
    travel_labels,
)

bp = Blueprint("routing", __name__)
bp.register_blueprint(live_views.bp)
bp.register_blueprint(plan_views.bp)
bp.register_blueprint(nights_views.bp)

bp.add_app_template_filter(travel_labels.travel_said)
bp.add_app_template_filter(nights_labels.night_said)

DAYS_SHOWN = 7


@bp.get("/plans")
@access.hidden_unless("plan_routes")
def index() -> Any:
    """The week from a day on: which rep has which plan."""
    session = web.session()
    since = forms.day(request.args.get("from")) or people.today(web.session())
    days = [since + dt.timedelta(days=n) for n in range(DAYS_SHOWN)]
    plans = {(plan.rep_id, plan.day): plan for plan in queries.plans(session, days[0], days[-1])}
    return render_template(
        "routing/index.html", reps=_reps(), days=days, plans=plans, since=since, today=people.today(web.session()),
        step=dt.timedelta(days=DAYS_SHOWN), tomorrow=people.today(web.session()) + dt.timedelta(days=1),
    )  # fmt: skip


@bp.post("/plans")
@access.hidden_unless("plan_routes")
def make() -> Response:
    """Ask for a day of one rep, or for more days or reps in one solve."""
    session = web.session()
    day = forms.day(request.form.get("day"))
    if day is None:
        raise Invalid(_("Choose a day."))
    wanted = request.form.get("rep", "")
    reps = _reps()
    if wanted:
        reps = [rep for rep in reps if str(rep.uuid) == wanted]
        if not reps:
            raise NotFound(_("There is no such rep."))
    days = _days(request.form.get("days"))
    if days == 1 and len(reps) == 1:
        return redirect(url_for(".show", plan_id=services.request_plan(session, reps[0], day).uuid))
    fair = fair_shares.read(request.form)
    return redirect(url_for(".plan.run", run_id=services.request_plans(session, reps, day, days, wanted=fair).uuid))


@bp.get("/plans/<uuid:plan_id>")
@access.hidden_unless("plan_routes")
def show(plan_id: UUID) -> Any:
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id, with_problem=True)
    ids = [stop.account_id for stop in plan.stops] + [left.account_id for left in plan.left_out]
    is_editable = edits.editable(session, plan)
    if is_editable:
        beside.wake()
    return render_template(
        "routing/show.html", plan=plan, state=plan_pages.state(session, plan), is_editable=is_editable,
        changes=plan_pages.history(session, plan), groups=queries.left_out_by_reason(plan), sentence=reasons.sentence,
        labels=reasons.LEFT_OUT, accounts=queries.account_uuids(session, ids),
        zone=queries.zone_of(session, plan.rep), local=labels.clock_of(queries.zone_of(session, plan.rep)),
        route=queries.route_geojson(plan), torn=plan_pages.torn(session, plan),
    )  # fmt: skip


@bp.get("/plans/<uuid:plan_id>/progress")
@access.hidden_unless("plan_routes")
def progress(plan_id: UUID) -> Any:
    """What the progress bar asks for."""
    plan = queries.plan_by_uuid(web.session(), plan_id)
    is_done = plan.status not in ("queued", "solving")
    return jsonify(
        state="done" if is_done else "waiting" if plan.status == "queued" else "running",
        result_url=url_for(".show", plan_id=plan.uuid) if is_done else None,
        text=_("Waiting for the planner") if plan.status == "queued" else _("Choosing visits and their order"),
    )  # fmt: skip


@bp.post("/plans/<uuid:plan_id>/publish")
@access.hidden_unless("plan_routes")
def publish(plan_id: UUID) -> Response:
    plan = queries.plan_by_uuid(web.session(), plan_id)
    services.publish(web.session(), plan)
    flash(_("%(name)s works by this plan from now on.", name=plan.rep.name), "success")
    return redirect(url_for(".show", plan_id=plan.uuid))


@bp.post("/plans/<uuid:plan_id>/again")
@access.hidden_unless("plan_routes")
def again(plan_id: UUID) -> Response:
    """A new plan for the same rep and day, from what is known now."""
    plan = queries.plan_by_uuid(web.session(), plan_id)
    try:
        fresh = services.request_plan(web.session(), plan.rep, plan.day)
    except GcrmError as error:
        flash(error.message, "warning")
        return redirect(url_for(".show", plan_id=plan.uuid))
    return redirect(url_for(".show", plan_id=fresh.uuid))


def _reps() -> list[Any]:
    return people.visible_reps(web.session())


def _days(text: str | None) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= services.MOST_DAYS:
        raise Invalid(_("Between 1 and %(most)s days are planned at once.", most=services.MOST_DAYS))
    return int(text)
