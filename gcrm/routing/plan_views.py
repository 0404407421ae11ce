"""Pages on which people change plans: the day, a week as columns, a team as rows, runs of many days, and what counts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import clock, forms, web
from gcrm.core.errors import Invalid, NotFound
from gcrm.people import access
from gcrm.people import labels as people_labels
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import (
    edit_queries,
    edits,
    fair_pages,
    plan_pages,
    queries,
    run_queries,
    run_services,
    services,
    weighing_services,
    weights,
)
from gcrm.routing.edits import BrokenRule, Trial, Wanted
from gcrm.routing.models import DayPlan

bp = Blueprint("plan", __name__)

WEEK_DAYS = 7
LONGEST_WORDS = 100


# -- a day -----------------------------------------------------------------------------------------------------------


@bp.post("/plans/<uuid:plan_id>/try")
@access.hidden_unless("plan_routes")
def attempt(plan_id: UUID) -> Response:
    """What a change would cost and break; nothing is written."""
    plan = _plan(plan_id)
    return jsonify(_answer(plan, edits.tried(web.session(), plan, _wanted())))


@bp.post("/plans/<uuid:plan_id>/edits")
@access.hidden_unless("plan_routes")
def change(plan_id: UUID) -> Any:
    """Change a plan; 422 with the broken rules where it cannot be kept."""
    plan, session = _plan(plan_id), web.session()
    try:
        edits.change(session, plan, _wanted())
    except BrokenRule as broken:
        return _refused(plan, broken.trial)
    return _saved(plan)


@bp.post("/plans/<uuid:plan_id>/undo")
@access.hidden_unless("plan_routes")
def undo(plan_id: UUID) -> Any:
    plan, session = _plan(plan_id), web.session()
    try:
        edits.undo(session, plan)
    except BrokenRule as broken:
        return _refused(plan, broken.trial)
    return _saved(plan)


@bp.get("/plans/<uuid:plan_id>/addable")
@access.hidden_unless("plan_routes")
def addable(plan_id: UUID) -> Response:
    """Accounts that could come into the day, those first that the plan left out."""
    words = request.args.get("q", "").strip()[:LONGEST_WORDS]
    found = edits.addable(web.session(), _plan(plan_id), words)
    return jsonify(
        items=[
            {
                "account": str(account.uuid), "name": account.name, "address": queries.address_of(account),
                "added": plan_pages.more_or_less(left.added_seconds) if left and left.added_seconds is not None else None,
            }
            for account, left in found
        ]
    )  # fmt: skip


@bp.post("/plans/<uuid:plan_id>/give")
@access.hidden_unless("plan_routes")
def give(plan_id: UUID) -> Any:
    """Move a stop to another day of the same rep; with `try`, say what it would cost both days."""
    session, plan, said = web.session(), _plan(plan_id), _body()
    key, other = _text(said, "key"), _plan(_uuid(said.get("to")))
    if said.get("try"):
        given, taken = edits.tried_hand_over(session, plan, key, other)
        return jsonify(given=_answer(plan, given), taken=_answer(other, taken))
    try:
        edits.hand_over(session, plan, key, other)
    except BrokenRule as broken:
        return _refused(other, broken.trial)
    return jsonify(days=[_card(_plan(day.uuid)) for day in (plan, other)])


def _answer(plan: DayPlan, trial: Trial) -> dict[str, Any]:
    return plan_pages.answer(web.session(), plan, trial)


def _saved(plan: DayPlan) -> Response:
    session = web.session()
    fresh = edit_queries.plan_by_id(session, plan.id)
    return jsonify(state=plan_pages.state(session, fresh), route=queries.route_geojson(fresh))


def _refused(plan: DayPlan, trial: Trial) -> Any:
    answer = _answer(plan, trial)
    sentences = [fault["text"] for fault in answer["faults"]]
    return jsonify(title=BrokenRule.title, status=422, detail=" ".join(sentences), faults=answer["faults"]), 422


def _plan(public: UUID) -> DayPlan:
    return queries.plan_by_uuid(web.session(), public, with_problem=True)


def _body() -> dict[str, Any]:
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        raise Invalid(_("Send the change as a JSON object."))
    return said


def _wanted() -> Wanted:
    said = _body()
    account = said.get("account")
    return Wanted(
        kind=_text(said, "kind"), key=None if said.get("key") is None else _text(said, "key"),
        account=None if account is None else _uuid(account), to=_whole(said, "to"), at=_whole(said, "at"),
    )  # fmt: skip


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORDS:
        raise Invalid(_("“%(name)s” is missing.", name=name))
    return value


def _whole(said: dict[str, Any], name: str) -> int | None:
    value = said.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not -(10**6) < value < 10**6):
        raise Invalid(_("“%(name)s” is no whole number.", name=name))
    return value


def _uuid(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise NotFound(_("There is nothing at this address, or nothing that you may see.")) from None


# -- a week and a team -----------------------------------------------------------------------------------------------


@bp.get("/plans/week")
@access.hidden_unless("plan_routes")
def week() -> Any:
    """A rep's week as columns of days."""
    session, reps = web.session(), _reps()
    rep = _chosen(reps, request.args.get("rep")) if reps else None
    # Who looks on a Saturday wants to see the week that comes.
    first = _monday(forms.day(request.args.get("from")) or people.today(web.session()) + dt.timedelta(days=2))
    every = [first + dt.timedelta(days=n) for n in range(WEEK_DAYS)]
    plans = edit_queries.plans_of_week(session, rep, first, WEEK_DAYS) if rep else {}
    cards = {day: _card(plan) for day, plan in plans.items()}
    days = [day for day in every if day in cards or (rep and day.isoweekday() in rep.work_days)] or every
    return render_template(
        "routing/week.html", reps=reps, rep=rep, days=days, cards=cards, first=first, today=people.today(web.session()),
        chosen_reps=people_labels.choices(reps), step=dt.timedelta(days=WEEK_DAYS),
    )  # fmt: skip


def _card(plan: DayPlan) -> dict[str, Any]:
    """One day of a week."""
    session = web.session()
    return {
        "id": str(plan.uuid), "day": plan.day.isoformat(), "status": plan.status, "fault": plan.fault,
        "url": url_for("routing.show", plan_id=plan.uuid), "is_editable": edits.editable(session, plan),
        "state": plan_pages.state(session, plan),
    }  # fmt: skip


@bp.get("/plans/team")
@access.hidden_unless("plan_routes")
def team() -> Any:
    """A day of all reps in sight as rows with a timeline each."""
    session, reps = web.session(), _reps()
    day = forms.day(request.args.get("day")) or people.today(web.session())
    plans = {plan.rep_id: plan for plan in queries.plans(session, day, day)}
    lines = {rep_id: line for rep_id, plan in plans.items() if (line := plan_pages.timeline(session, plan)) is not None}
    first = min((line.first for line in lines.values()), default=8 * plan_pages.HOUR)
    last = max((line.last for line in lines.values()), default=18 * plan_pages.HOUR)
    rows = []
    for rep in reps:
        plan, line = plans.get(rep.id), lines.get(rep.id)
        shown = plan_pages.shower(session, plan) if plan is not None and line is not None else str
        names = {plan_pages.key_of(stop): stop.account_name for stop in plan.stops} if plan is not None else {}
        rows.append(
            {
                "rep": rep, "plan": plan, "bars": plan_pages.bars(line, first, last, names, shown) if line else [],
                "line": line, "back": shown(line.back) if line and line.slots else None,
                "night": plan_pages.night(session, plan) if plan is not None and line else "",
            }
        )  # fmt: skip
    hours = [
        (round((at - first) * 1000 / max(1, last - first)), at // plan_pages.HOUR % 24)
        for at in range(first, last + 1, plan_pages.HOUR)
    ]
    return render_template(
        "routing/team.html",
        choices=fair_pages.choices(),
        rows=rows,
        day=day,
        today=people.today(web.session()),
        hours=hours,
        step=dt.timedelta(days=1),
    )


# -- runs ------------------------------------------------------------------------------------------------------------


@bp.get("/plans/runs/<uuid:run_id>")
@access.hidden_unless("plan_routes")
def run(run_id: UUID) -> Any:
    """One solve of many days: how far it is, then what came of it."""
    found = run_queries.run_by_uuid(web.session(), run_id, "plan")
    reps = {plan.rep_id: plan.rep for plan in found.plans}
    days = sorted({plan.day for plan in found.plans})
    by_day = {(plan.rep_id, plan.day): plan for plan in found.plans}
    ready = [plan for plan in found.plans if plan.status == "ready"]
    return render_template(
        "routing/run.html", run=found, reps=list(reps.values()), days=days, by_day=by_day, ready=ready, fair=fair_pages
    )


@bp.get("/plans/runs/<uuid:run_id>/progress")
@access.hidden_unless("plan_routes")
def run_progress(run_id: UUID) -> Response:
    """What the progress bar asks for: seconds searched of those that the search may take, and the best so far."""
    found = run_queries.run_by_uuid(web.session(), run_id)
    over = found.status not in ("queued", "solving")
    passed = 0 if found.started_at is None else (clock.now() - found.started_at).total_seconds()
    words = {"queued": _("Waiting for the planner"), "solving": _("Choosing visits, days and their order")}
    text = words.get(found.status, found.fault or "")
    if found.status == "solving" and found.value is not None:
        text = _(
            "Best so far: %(value)s points after %(steps)s steps",
            value=f"{found.value:,.0f}",
            steps=f"{found.steps or 0:,}",
        )
    states = {"queued": "waiting", "solving": "running", "done": "done", "failed": "failed", "cancelled": "cancelled"}
    return jsonify(
        state=states[found.status], text=text, done=round(min(passed, found.seconds)), total=round(found.seconds),
        result_url=url_for(".run", run_id=found.uuid) if over and found.kind == "plan" else None,
    )  # fmt: skip


@bp.post("/plans/runs/<uuid:run_id>/cancel")
@access.hidden_unless("plan_routes")
def cancel_run(run_id: UUID) -> Response:
    run_services.cancel(web.session(), run_queries.run_by_uuid(web.session(), run_id))
    return redirect(url_for(".run", run_id=run_id))


@bp.post("/plans/runs/<uuid:run_id>/publish")
@access.hidden_unless("plan_routes")
def publish_run(run_id: UUID) -> Response:
    """Every rep works by these plans from now on."""
    session = web.session()
    found = run_queries.run_by_uuid(session, run_id, "plan")
    ready = [plan for plan in found.plans if plan.status == "ready"]
    for plan in ready:
        services.publish(session, plan)
    flash(_("%(count)s plans are published.", count=len(ready)), "success")
    return redirect(url_for(".run", run_id=found.uuid))


# -- what counts -----------------------------------------------------------------------------------------------------


@bp.route("/plans/weights", methods=["GET", "POST"])
@access.hidden_unless("lead")
def what_counts() -> Any:
    """The weights, and beside them what others would make of a day."""
    session = web.session()
    saved = weighing_services.own_weights(session, current_user)
    faults: dict[str, str] = {}
    given: dict[str, Any] = weights.dump(saved)
    if request.method == "POST":
        given |= {name: request.form[name] for name in given if name in request.form}
        try:
            weighing_services.set_weights(session, current_user, weights.read(given, saved))
        except Invalid as refused:
            faults = refused.details.get("faults", {})
        else:
            flash(_("Saved. The next plans count this way."), "success")
            return redirect(url_for(".what_counts"))
    page = render_template(
        "routing/weights.html", values=given, faults=faults, usual=weights.dump(queries.usual_weights(session)),
        reps=_reps(), rep_choices=people_labels.choices(_reps()), tomorrow=people.today(web.session()) + dt.timedelta(days=1), today=people.today(web.session()), for_team=weighing_services.team_of(current_user),
        currency=people.the_organisation(session).currency,
    )  # fmt: skip
    return page, 422 if faults else 200


@bp.post("/plans/weights/trial")
@access.hidden_unless("lead")
def try_weights() -> Response:
    """Ask for a day with other weights; the answer says where to look."""
    session = web.session()
    rep = _chosen(_reps(), request.form.get("rep"))
    day = forms.day(request.form.get("day")) or people.today(web.session()) + dt.timedelta(days=1)
    saved = weighing_services.own_weights(session, current_user)
    names = weights.dump(saved)
    wanted = weights.read({name: request.form[name] for name in names if name in request.form}, saved)
    made = weighing_services.request_trial(session, rep, day, wanted)
    return jsonify(
        progress_url=url_for(".run_progress", run_id=made.uuid), result_url=url_for(".trial", run_id=made.uuid)
    )


@bp.get("/plans/trials/<uuid:run_id>")
@access.hidden_unless("plan_routes")
def trial(run_id: UUID) -> Any:
    """What other weights make of a day, as a part of the page."""
    found = run_queries.run_by_uuid(web.session(), run_id, "trial")
    return render_template("routing/_trial.html", run=found, figures=found.figures or {}, more=plan_pages.more_or_less)


# -- common ----------------------------------------------------------------------------------------------------------


def _reps() -> list[User]:
    return people.visible_reps(web.session())


def _chosen(reps: list[User], public: str | None) -> User:
    if not public and reps:
        return reps[0]
    found = next((rep for rep in reps if str(rep.uuid) == public), None)
    if found is None:
        raise NotFound(_("There is no such rep."))
    return found


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
