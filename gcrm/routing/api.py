"""Day plans over HTTP: ask for them, then read them when they are ready."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import url_for
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.core.errors import NotFound
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.routing import fair_shares, live_api, queries, reports, run_queries, run_services, services

blp = Blueprint("day_plans", __name__, url_prefix=f"{api.PREFIX}/day-plans", description="A rep's planned days.")


class DayPlanRequest(ma.Schema):
    rep = ma.fields.Email(required=True, metadata={"description": "The rep's e-mail address."})
    date = ma.fields.Date(required=True)
    days = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, services.MOST_DAYS))


class DayPlanRange(ma.Schema):
    since = ma.fields.Date(required=True, data_key="from")
    until = ma.fields.Date(required=True, data_key="to")


class DayPlanAnswer(ma.Schema):
    id = ma.fields.UUID()
    rep = ma.fields.Email()
    date = ma.fields.Date()
    status = ma.fields.String()
    fault = ma.fields.String(allow_none=True)
    candidates = ma.fields.Integer(allow_none=True)
    travel_source = ma.fields.String(allow_none=True)
    leaves = ma.fields.DateTime(allow_none=True)
    returns = ma.fields.DateTime(allow_none=True)
    travel_seconds = ma.fields.Integer(allow_none=True)
    travel_metres = ma.fields.Integer(allow_none=True)
    night_before = ma.fields.Dict(allow_none=True, metadata={"description": "The hotel where the day begins."})
    night_after = ma.fields.Dict(allow_none=True, metadata={"description": "The hotel where the day ends."})
    stops = ma.fields.List(ma.fields.Dict())
    left_out = ma.fields.List(ma.fields.Dict())


class DayPlanList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(DayPlanAnswer))
    next = ma.fields.String(allow_none=True)


@blp.route("")
class DayPlans(MethodView):
    @blp.arguments(DayPlanRange, location="query")
    @blp.alt_response(200, schema=DayPlanList)
    @access.hidden_unless("plan_routes")
    def get(self, span: dict[str, Any]) -> Any:
        """The newest plans of a span of at most 62 days."""
        until = min(span["until"], span["since"] + dt.timedelta(days=62))
        session = web.session()
        return api.page_answer(
            [reports.figures(session, plan) for plan in queries.plans(session, span["since"], until)], None
        )

    @blp.arguments(DayPlanRequest)
    @blp.alt_response(202, schema=DayPlanList)
    @access.hidden_unless("plan_routes")
    @api.idempotent
    def post(self, wanted: dict[str, Any]) -> Any:
        """Ask for plans, several days in one solve without the rep's days off; 202 with the plans to look at until they are ready."""
        session = web.session()
        rep = next((r for r in people.visible_reps(session) if r.email == wanted["rep"].lower()), None)
        if rep is None:
            raise NotFound("There is no such rep.")
        if wanted["days"] == 1:
            made = [services.request_plan(session, rep, wanted["date"])]
        else:
            run = services.request_plans(session, [rep], wanted["date"], wanted["days"])
            made = run_queries.run_by_uuid(session, run.uuid).plans
        items = [reports.figures(session, queries.plan_by_uuid(session, plan.uuid)) for plan in made]
        return api.answer(
            {"items": items, "next": None}, status=202, location=url_for("day_plans.DayPlan", plan_id=made[0].uuid)
        )


class PlanRunAnswer(ma.Schema):
    id = ma.fields.UUID()
    status = ma.fields.String()
    fault = ma.fields.String(allow_none=True)
    reps = ma.fields.List(ma.fields.Email())
    date = ma.fields.Date()
    days = ma.fields.Integer()
    steps = ma.fields.Integer(allow_none=True)
    value = ma.fields.Float(allow_none=True)
    seed = ma.fields.Integer()
    figures = ma.fields.Dict(allow_none=True)
    plans = ma.fields.List(ma.fields.UUID())


class PlanRunRequest(ma.Schema):
    reps = ma.fields.List(ma.fields.Email(), required=True, validate=ma.validate.Length(1, 100))
    date = ma.fields.Date(required=True)
    days = ma.fields.Integer(load_default=5, validate=ma.validate.Range(1, services.MOST_DAYS))
    visits_by = ma.fields.String(
        load_default=fair_shares.OWN, validate=ma.validate.OneOf((fair_shares.OWN, fair_shares.TEAM)),
        metadata={"description": "Who makes a visit: the account's own rep, or any rep of the team."},
    )  # fmt: skip
    shares = ma.fields.String(
        load_default=fair_shares.LEFT,
        validate=ma.validate.OneOf(fair_shares.SHARES),
        metadata={"description": "How far apart the reps' hours may lie, in percent; `any` prices closer shares only."},
    )


@blp.route("/runs")
class PlanRuns(MethodView):
    @blp.arguments(PlanRunRequest)
    @blp.alt_response(202, schema=PlanRunAnswer)
    @access.hidden_unless("plan_routes")
    @api.idempotent
    def post(self, wanted: dict[str, Any]) -> Any:
        """Ask for the days of several reps in one solve; 202 with the run to look at until its status is done."""
        session = web.session()
        known = {rep.email: rep for rep in people.visible_reps(session)}
        asked = [known.get(email.lower()) for email in dict.fromkeys(wanted["reps"])]
        reps = [rep for rep in asked if rep is not None]
        if len(reps) < len(asked):
            raise NotFound("There is no such rep.")
        fair = fair_shares.read(wanted)
        run = services.request_plans(session, reps, wanted["date"], wanted["days"], wanted=fair)
        found = run_queries.run_by_uuid(session, run.uuid)
        return api.answer(_run(found), status=202, location=url_for("day_plans.PlanRun", run_id=run.uuid))


@blp.route("/runs/<uuid:run_id>")
class PlanRun(MethodView):
    @blp.alt_response(200, schema=PlanRunAnswer)
    @access.hidden_unless("plan_routes")
    def get(self, run_id: UUID) -> Any:
        """One run: how far it is, and its plans."""
        return api.answer(_run(run_queries.run_by_uuid(web.session(), run_id, "plan")))

    @blp.alt_response(200, schema=PlanRunAnswer)
    @access.hidden_unless("plan_routes")
    def delete(self, run_id: UUID) -> Any:
        """Stop a run; the plans that stood before it stand again."""
        session = web.session()
        run = run_queries.run_by_uuid(session, run_id, "plan")
        run_services.cancel(session, run)
        return api.answer(_run(run))


def _run(run: Any) -> dict[str, Any]:
    emails = dict.fromkeys(plan.rep.email for plan in run.plans)
    return {
        "id": str(run.uuid), "status": run.status, "fault": run.fault, "reps": list(emails),
        "date": run.first_day.isoformat(), "days": run.days, "steps": run.steps, "value": run.value, "seed": run.seed,
        "figures": run.figures, "plans": [str(plan.uuid) for plan in run.plans],
    }  # fmt: skip


@blp.route("/<uuid:plan_id>")
class DayPlan(MethodView):
    @blp.alt_response(200, schema=DayPlanAnswer)
    @access.hidden_unless("plan_routes")
    def get(self, plan_id: UUID) -> Any:
        """One plan with its stops and what was left out."""
        session = web.session()
        return api.answer(reports.figures(session, queries.plan_by_uuid(session, plan_id)))


BLUEPRINTS = (blp, *live_api.BLUEPRINTS)
