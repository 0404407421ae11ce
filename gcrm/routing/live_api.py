"""The running day over HTTP: plan its rest anew, offer slots for a visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import url_for
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.customers import queries as customers
from gcrm.people import access
from gcrm.routing import live_services, queries, replan, reports, slot_desk

plans_blp = Blueprint(
    "live_plans", __name__, url_prefix=f"{api.PREFIX}/day-plans", description="A day planned anew while it runs."
)


class Position(ma.Schema):
    lon = ma.fields.Float(required=True, validate=ma.validate.Range(-180, 180))
    lat = ma.fields.Float(required=True, validate=ma.validate.Range(-90, 90))


class ReplanRequest(ma.Schema):
    cause = ma.fields.String(load_default="asked", validate=ma.validate.OneOf(replan.CAUSES))
    position = ma.fields.Nested(Position, load_default=None, metadata={"description": "Where the rep is."})
    keep_next = ma.fields.Boolean(
        load_default=True, metadata={"description": "Whether the next stop stays the next one."}
    )
    missed = ma.fields.UUID(load_default=None, metadata={"description": "A stop where nobody was met."})
    urgent = ma.fields.UUID(load_default=None, metadata={"description": "An account that must be seen on this day."})


class ReplanAnswer(ma.Schema):
    id = ma.fields.UUID()
    replaces = ma.fields.UUID(allow_none=True)
    status = ma.fields.String()
    stops = ma.fields.List(ma.fields.Dict())
    left_out = ma.fields.List(ma.fields.Dict())
    changes = ma.fields.List(ma.fields.Dict())


@plans_blp.route("/<uuid:plan_id>/replan")
class DayPlanReplan(MethodView):
    @plans_blp.arguments(ReplanRequest)
    @plans_blp.alt_response(200, schema=ReplanAnswer)
    @access.hidden_unless("plan_routes")
    @api.idempotent
    def post(self, said: dict[str, Any], plan_id: UUID) -> Any:
        """Plan the rest of the day anew from here; answers the new version and what it changes."""
        session = web.session()
        plan = queries.plan_by_uuid(session, plan_id)
        place = said["position"]
        wanted = live_services.Wanted(
            cause=said["cause"],
            position=(place["lon"], place["lat"]) if place else None,
            keep_next=said["keep_next"],
            missed=queries.stop_by_uuid(session, said["missed"]) if said["missed"] else None,
            urgent=customers.account_by_uuid(session, said["urgent"]) if said["urgent"] else None,
        )
        made = live_services.replan_day(session, plan, wanted)
        return api.answer(_version(session, made, plan.uuid))


def _version(session: Any, made: Any, replaced: UUID) -> dict[str, Any]:
    changes = made.changes or []
    public = queries.account_uuids(session, [change["account_id"] for change in changes])
    shown = [
        {
            "kind": change["kind"], "name": change["name"], "starts": change["starts_at"], "minutes": change["minutes"],
            "account": str(public[change["account_id"]]) if change["account_id"] in public else None,
        }
        for change in changes
    ]  # fmt: skip
    return {
        **reports.figures(session, queries.plan_by_uuid(session, made.uuid)),
        "replaces": str(replaced),
        "changes": shown,
    }


# -- slots -------------------------------------------------------------------------------------------------------------

slots_blp = Blueprint(
    "live_slots", __name__, url_prefix=f"{api.PREFIX}/accounts", description="Times to offer for a visit to an account."
)


class SlotWish(ma.Schema):
    rep = ma.fields.UUID(load_default=None, metadata={"description": "Whose days; by default the account's owner's."})
    minutes = ma.fields.Integer(load_default=None, validate=ma.validate.Range(5, 600))
    count = ma.fields.Integer(load_default=3, validate=ma.validate.Range(1, 14))


class SlotAnswer(ma.Schema):
    date = ma.fields.Date()
    starts = ma.fields.DateTime()
    minutes = ma.fields.Integer()
    added_seconds = ma.fields.Integer()
    end_seconds = ma.fields.Integer()
    harm = ma.fields.Float(metadata={"description": "Intervals off the account's rhythm; early counts half."})
    score = ma.fields.Float(metadata={"description": "Minutes, the harm among them; less is better."})
    before = ma.fields.String(allow_none=True)
    after = ma.fields.String(allow_none=True)
    is_planned = ma.fields.Boolean()


class SlotList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(SlotAnswer))
    next = ma.fields.String(allow_none=True)


class SlotBooking(ma.Schema):
    starts_at = ma.fields.AwareDateTime(required=True)
    minutes = ma.fields.Integer(load_default=30, validate=ma.validate.Range(5, 600))
    rep = ma.fields.UUID(load_default=None)


class Booked(ma.Schema):
    id = ma.fields.UUID()
    starts = ma.fields.DateTime()
    minutes = ma.fields.Integer()


@slots_blp.route("/<uuid:account_id>/slots")
class AccountSlots(MethodView):
    @slots_blp.arguments(SlotWish, location="query")
    @slots_blp.alt_response(200, schema=SlotList)
    @access.hidden_unless("plan_routes")
    def get(self, wish: dict[str, Any], account_id: UUID) -> Any:
        """The best slots of the next two weeks, one a day at most, by added driving and the account's rhythm."""
        session = web.session()
        account = customers.account_by_uuid(session, account_id)
        rep = slot_desk.rep_for(session, account, wish["rep"], current_user)
        found = slot_desk.slots_for(session, account, rep, wish["minutes"], wish["count"])
        zone = ZoneInfo(queries.zone_of(session, rep))
        return api.page_answer([_slot(slot, zone) for slot in found], None)

    @slots_blp.arguments(SlotBooking)
    @slots_blp.alt_response(201, schema=Booked)
    @access.hidden_unless("plan_routes")
    @api.idempotent
    def post(self, said: dict[str, Any], account_id: UUID) -> Any:
        """Book a slot: an appointment, and a stop on the day's published plan where there is one."""
        session = web.session()
        account = customers.account_by_uuid(session, account_id)
        rep = slot_desk.rep_for(session, account, said["rep"], current_user)
        visit = slot_desk.book(session, account, rep, said["starts_at"], said["minutes"])
        starts = said["starts_at"].astimezone(ZoneInfo(queries.zone_of(session, rep))).isoformat()
        location = url_for("visits_api.OneVisit", public_id=visit.uuid)
        return api.answer(
            {"id": str(visit.uuid), "starts": starts, "minutes": visit.minutes}, status=201, location=location
        )


def _slot(slot: slot_desk.Slot, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": slot.day.isoformat(), "starts": slot.starts_at.astimezone(zone).isoformat(), "minutes": slot.minutes,
        "added_seconds": slot.added_seconds, "end_seconds": slot.end_seconds, "harm": round(slot.harm, 3),
        "score": round(slot.score, 2), "before": slot.before, "after": slot.after, "is_planned": slot.is_planned,
    }  # fmt: skip


BLUEPRINTS = (plans_blp, slots_blp)
