"""The role matrix: for every route of the app, who gets what, and that nothing of the other half ever shows.

A route for which `EXAMPLES` has no entry fails the first test.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from gcrm.people.roles import may
from tests.company import MARK, ROLES, Company, Half, make_company, make_half

Values = Callable[[Half], dict[str, Any]]
SCOPED_ROLES = ("rep", "manager")


@dataclass(frozen=True)
class Example:
    """How to call a route.

    `values` fills the address from a half of the company: ours is seen by its rep and manager, theirs is not. `act` is
    what the role must be allowed; others get `refusal`. `form` and `json` are a write that would succeed.
    """

    values: Values | None = None
    query: dict[str, str] = field(default_factory=dict)
    act: str | None = None
    write_act: str | None = None
    """For methods other than GET, where reading is for more roles."""
    delete_act: str | None = None
    refusal: int = 403
    form: Callable[[Half], dict[str, Any]] | None = None
    json: Callable[[Half], Any] | None = None
    is_public: bool = False
    is_common: bool = False
    """The address names something that is no secret: a region, a tile, a territory, a person."""
    only: tuple[str, ...] | None = None
    """Roles for whom the thing itself exists, where it is somebody's own."""
    reads: tuple[int, ...] = (200, 302)

    def act_for(self, method: str) -> str | None:
        if method == "DELETE" and self.delete_act:
            return self.delete_act
        return (self.write_act or self.act) if method != "GET" else self.act


def of(name: str, attribute: str) -> Values:
    """The UUID of something of a half, as the address names it."""
    return lambda half: {name: getattr(half, attribute).uuid}


def phone_of(half: Half) -> dict[str, Any]:
    """A phone of the half's rep, which nobody has."""
    return {"user_id": half.rep.uuid, "phone_id": uuid.UUID(int=5)}


NEAR = {"near": "-76.88,40.27,2000"}
AROUND = "near=-76.88%2C40.27%2C2000"
PLAN = {"act": "plan_routes", "refusal": 404}
OWN_STOP = Example(of("stop_id", "stop"), form=lambda half: {}, only=("rep",), **PLAN)
EDIT = {"act": "edit_customers"}
LOG = {"act": "log_activities"}
SELL = {"act": "edit_pipeline"}
DRAW = {"act": "edit_territories"}
NOBODYS_LOAD = {"values": lambda half: {"load_id": uuid.UUID(int=5)}, "reads": (404,), "is_common": True}
NOBODYS = {"values": lambda half: {"placing_id": uuid.UUID(int=5)}, "reads": (404,), "is_common": True}
ACCOUNT = of("account_id", "account")
BATCH = of("batch_id", "batch")
NO_EXPORT = {"values": lambda half: {"export_id": uuid.UUID(int=5)}, "reads": (404,), "is_common": True}
QUERY_ACCOUNT = of("account", "account")
PEOPLE = Example(lambda half: {"user_id": half.rep.uuid}, act="administer", is_common=True)
DEAL = of("opportunity_id", "opportunity")


def product_of(half: Half) -> dict[str, Any]:
    return {"product_id": half.order.lines[0].product.uuid}


EXAMPLES: dict[str, Example] = {
    "static": Example(lambda half: {"filename": "css/tokens.css"}, is_public=True),
    "core.healthz": Example(is_public=True),
    "core.readyz": Example(is_public=True),
    "core.metrics": Example(is_public=True),
    "security.login": Example(is_public=True),
    "security.logout": Example(is_public=True),
    "security.forgot_password": Example(is_public=True),
    "security.reset_password": Example(lambda half: {"token": "x"}, is_public=True),
    "security.change_password": Example(),
    "security.verify": Example(),
    "api-docs.openapi_json": Example(),
    "admin.setup": Example(is_public=True, reads=(404,)),
    "admin.home": Example(),
    "admin.about": Example(),
    "admin.start": Example(act="import"),
    "admin.audit": Example(act="administer"),
    "people.join": Example(lambda half: {"token": "unknown"}, is_public=True, reads=(404,)),
    "people.me": Example(),
    "people.make_token": Example(form=lambda half: {"name": "x"}),
    "people.index": Example(act="administer"),
    "people.new": Example(act="administer"),
    "people.add_team": Example(act="administer", form=lambda half: {"name": "New team"}),
    "people.edit": PEOPLE,
    "people.invite": PEOPLE,
    "people.activate": PEOPLE,
    "people.deactivate": PEOPLE,
    "field.today": Example(**PLAN),
    "field.acts.hello": Example(is_public=True, reads=(410, 422)),
    "field.acts.send": Example(json=lambda half: {"acts": [], "phone": str(uuid.UUID(int=5)), "schema": 1}, only=(), **PLAN),
    "field.acts.ask": Example(query={"ids": str(uuid.UUID(int=5))}, **PLAN),
    "field.shell.shell": Example(**PLAN),
    "field.shell.worker": Example(**PLAN),
    "field.shell.manifest": Example(**PLAN),
    "field.shell.picture": Example(lambda half: {"size": 192}, is_common=True, **PLAN),
    "field.shell.outbox": Example(**PLAN),
    "field.map_of_day": Example(**PLAN),
    "field.snapshot.day": Example(**PLAN),
    "field.phones.index": Example(**PLAN),
    "field.phones.of_person": Example(lambda half: {"user_id": half.rep.uuid}, only=("rep", "manager", "admin"), **PLAN),
    "field.phones.lost": Example(phone_of, form=lambda half: {}, only=("rep", "manager", "admin"), **PLAN),
    "field.phones.found": Example(phone_of, form=lambda half: {}, only=("rep", "manager", "admin"), **PLAN),
    "field.plan": Example(form=lambda half: {}, only=("rep",), **PLAN),
    "field.stop": OWN_STOP,
    "field.arrive": OWN_STOP,
    "field.skip": OWN_STOP,
    "field.unskip": OWN_STOP,
    "field.day.tell_late": Example(form=lambda half: {"minutes": "15"}, only=("rep",), **PLAN),
    "field.day.move": Example(of("stop_id", "stop"), form=lambda half: {"way": "up"}, only=(), **PLAN),
    "field.day.undo": Example(form=lambda half: {}, only=(), **PLAN),
    "field.day.choose_map_app": Example(form=lambda half: {"app": "waze"}, **PLAN),
    "field.day.explain": Example(of("visit_id", "arrived"), form=lambda half: {"reason": "The pin is wrong"}, only=("rep",), **PLAN),
    "field.near.near": Example(**PLAN),
    "field.near.add": Example(ACCOUNT, form=lambda half: {}, only=(), **PLAN),
    "field.near.new": Example(form=lambda half: {"name": "Brand new"}, **PLAN),
    "field.evening.evening": Example(form=lambda half: {"note": "x"}, **PLAN),
    "field.evening.accept": Example(form=lambda half: {"day": "2030-01-07"}, **PLAN),
    "field.evening.month": Example(query={"team": "1"}, **PLAN),
    "field.evening.month_file": Example(lambda half: {"month": "2026-11", "ext": "csv"}, is_common=True, **PLAN),
    "field.about.about_me": Example(**PLAN),
    "field.about.about_me_file": Example(**PLAN),
    "visits.pins.index": Example(act="move_pins", refusal=404),
    "visits.pins.accept": Example(of("move_id", "pin"), form=lambda half: {}, act="move_pins", refusal=404),
    "visits.pins.dismiss": Example(of("move_id", "pin"), form=lambda half: {}, act="move_pins", refusal=404),
    "visits.pins.reopen": Example(of("move_id", "pin"), form=lambda half: {}, only=(), act="move_pins", refusal=404),
    "visits.pins.radius": Example(form=lambda half: {"metres": "200"}, act="administer"),
    "field.unplanned": Example(of("account_id", "account"), form=lambda half: {}, **PLAN),
    "field.visit": Example(of("visit_id", "arrived"), form=lambda half: {"outcome": "order"}, only=("rep",), **PLAN),
    "routing.index": Example(**PLAN),
    "routing.make": Example(form=lambda half: {"rep": str(half.rep.uuid), "day": "2030-01-07"}, **PLAN),
    "routing.show": Example(of("plan_id", "plan"), **PLAN),
    "routing.progress": Example(of("plan_id", "plan"), **PLAN),
    "routing.publish": Example(of("plan_id", "ready"), form=lambda half: {}, **PLAN),
    "routing.again": Example(of("plan_id", "plan"), form=lambda half: {}, **PLAN),
    "routing.live.replan": Example(of("plan_id", "plan"), form=lambda half: {}, **PLAN),
    "routing.live.receipt": Example(of("plan_id", "plan"), **PLAN),
    "routing.live.problem": Example(of("plan_id", "plan"), reads=(200, 404), **PLAN),
    "routing.live.price": Example(of("plan_id", "plan"), query={"account": str(uuid.UUID(int=5))}, reads=(404,), **PLAN),
    "routing.live.compare": Example(of("plan_id", "plan"), **PLAN),
    "routing.live.along": Example(of("plan_id", "plan"), **PLAN),
    "routing.live.promises": Example(**PLAN),
    "routing.live.hand_over": Example(of("plan_id", "plan"), **PLAN),
    "routing.live.file": Example(lambda half: {"plan_id": half.plan.uuid, "ext": "csv"}, **PLAN),
    "routing.live.sheet_of_paper": Example(of("plan_id", "plan"), **PLAN),
    "routing.live.own_feed": Example(form=lambda half: {}, **PLAN),
    "routing.live.join_calendar": Example(form=lambda half: {"end": "1"}, **PLAN),
    "routing.live.sync_calendar": Example(form=lambda half: {}, **PLAN),
    "routing.live.feed": Example(lambda half: {"secret": "unknown"}, is_public=True, reads=(404,)),
    "routing.live.offer_slots": Example(ACCOUNT, **PLAN),
    "routing.live.book_slot": Example(ACCOUNT, form=lambda half: {"rep": str(half.rep.uuid), "starts_at": "2030-01-07T15:00:00Z"}, **PLAN),
    "field.replan": Example(form=lambda half: {}, only=("rep",), **PLAN),
    "live_plans.DayPlanReplan": Example(of("plan_id", "plan"), json=lambda half: {"cause": "late"}, **PLAN),
    "live_slots.AccountSlots": Example(ACCOUNT, json=lambda half: {"rep": str(half.rep.uuid), "starts_at": "2030-01-08T15:00:00Z"}, **PLAN),
    "day_plans.DayPlans": Example(
        query={"from": "2026-01-01", "to": "2026-01-31"},
        json=lambda half: {"rep": half.rep.email, "date": "2030-01-08"}, **PLAN,
    ),
    "day_plans.DayPlan": Example(of("plan_id", "plan"), **PLAN),
    "day_plans.PlanRuns": Example(json=lambda half: {"reps": [half.rep.email], "date": "2030-01-08", "days": 2}, **PLAN),
    "day_plans.PlanRun": Example(of("run_id", "run"), **PLAN),
    "routing.plan.attempt": Example(of("plan_id", "ready"), json=lambda half: {"kind": "locked", "key": "0"}, **PLAN),
    "routing.plan.change": Example(of("plan_id", "ready"), json=lambda half: {"kind": "locked", "key": "0"}, **PLAN),
    "routing.plan.undo": Example(of("plan_id", "edited"), json=lambda half: {}, **PLAN),
    "routing.plan.addable": Example(of("plan_id", "plan"), **PLAN),
    "routing.plan.give": Example(of("plan_id", "ready"), json=lambda half: {"key": "0", "to": str(half.edited.uuid)}, **PLAN),
    "routing.plan.week": Example(query={"from": "2030-01-07"}, **PLAN),
    "routing.plan.team": Example(**PLAN),
    "routing.plan.run": Example(of("run_id", "run"), **PLAN),
    "routing.plan.run_progress": Example(of("run_id", "run"), **PLAN),
    "routing.plan.cancel_run": Example(of("run_id", "run"), form=lambda half: {}, **PLAN),
    "routing.plan.publish_run": Example(of("run_id", "run"), form=lambda half: {}, **PLAN),
    "routing.plan.what_counts": Example(form=lambda half: {"tier_a": "90"}, act="lead", refusal=404),
    "routing.plan.try_weights": Example(
        form=lambda half: {"rep": str(half.rep.uuid), "day": "2030-01-08", "tier_a": "90"}, act="lead", refusal=404
    ),
    "routing.plan.trial": Example(of("run_id", "trial"), **PLAN),
    "routing.nights.index": Example(**PLAN),
    "routing.nights.new_hotel": Example(form=lambda half: {"name": "Inn", "lon": "-76", "lat": "40", "owner": str(half.rep.uuid)}, **PLAN),
    "routing.nights.hotel": Example(
        of("hotel_id", "hotel"), form=lambda half: {"name": "Inn", "lon": "-76", "lat": "40", "owner": str(half.rep.uuid)}, **PLAN
    ),
    "routing.nights.remove_hotel": Example(of("hotel_id", "hotel"), form=lambda half: {}, **PLAN),
    "routing.nights.restore_hotel": Example(of("hotel_id", "hotel"), form=lambda half: {}, **PLAN),
    "routing.nights.rule": Example(lambda half: {"user_id": half.rep.uuid}, form=lambda half: {"weekdays": "1", "saving_minutes": "60"}, **PLAN),
    "routing.nights.rule_of_everybody": Example(
        form=lambda half: {"weekdays": "1", "saving_minutes": "60"}, only=("planner", "admin"), **PLAN
    ),
    "accounts.Accounts": Example(write_act="edit_customers", json=lambda half: {"name": "Matrix"}),
    "accounts.AccountsNear": Example(query={"lon": "-76.88", "lat": "40.27", "radius_metres": "50000"}),
    "accounts.AccountTimeline": Example(of("public_id", "account")),
    "accounts.OneAccount": Example(
        of("public_id", "account"), write_act="edit_customers", delete_act="delete_customers",
        json=lambda half: {"name": "Changed"},
    ),
    "contacts.Contacts": Example(
        write_act="edit_customers", json=lambda half: {"account": str(half.account.uuid), "name": "New"}
    ),
    "contacts.OneContact": Example(
        of("public_id", "contact"), write_act="edit_customers", json=lambda half: {"name": "Changed"}
    ),
    "opportunities.Opportunities": Example(
        write_act="edit_pipeline", json=lambda half: {"account": str(half.account.uuid), "name": "New", "amount": "10"}
    ),
    "opportunities.OneOpportunity": Example(
        of("public_id", "opportunity"), write_act="edit_pipeline", json=lambda half: {"name": "Changed"}
    ),
    "activities.Activities": Example(
        write_act="log_activities", json=lambda half: {"account": str(half.account.uuid), "kind": "call", "subject": "x"}
    ),
    "activities.OneActivity": Example(of("public_id", "activity")),
    "visits_api.Visits": Example(
        write_act="log_activities",
        json=lambda half: {"account": str(half.account.uuid), "outcome": "order", "finished_at": "2026-01-05T10:00:00Z"},
    ),
    "visits_api.OneVisit": Example(of("public_id", "visit")),
    "tasks.Tasks": Example(
        write_act="log_activities", json=lambda half: {"account": str(half.account.uuid), "title": "x"}
    ),
    "tasks.OneTask": Example(of("public_id", "task"), write_act="log_activities", json=lambda half: {"done": True}),
    "customers.index": Example(),
    "customers.figures": Example(),
    "customers.contacts": Example(),
    "customers.choices": Example(lambda half: {"name": "status"}, is_common=True),
    "customers.account_options": Example(query={"parent_name": "Shop"}),
    "customers.people_options": Example(query={"owner": "Person"}),
    "customers.new": Example(form=lambda half: {"name": "Matrix"}, **EDIT),
    "customers.twins": Example(query={"name": "Shop"}, **EDIT),
    "customers.show": Example(ACCOUNT),
    "customers.timeline": Example(ACCOUNT),
    "customers.edit": Example(ACCOUNT, form=lambda half: {"name": "Changed", "version": "1"}, **EDIT),
    "customers.owner": Example(ACCOUNT, form=lambda half: {"release": "1"}, **EDIT),
    "customers.share": Example(ACCOUNT, form=lambda half: {"person": half.rep.email}, **EDIT),
    "customers.unshare": Example(ACCOUNT, form=lambda half: {"person": str(half.rep.uuid)}, **EDIT),
    "customers.delete": Example(ACCOUNT, form=lambda half: {}, act="delete_customers"),
    "customers.new_contact": Example(ACCOUNT, form=lambda half: {"name": "New"}, **EDIT),
    "customers.edit_contact": Example(of("contact_id", "contact"), form=lambda half: {"name": "Changed"}, **EDIT),
    "customers.delete_contact": Example(of("contact_id", "contact"), form=lambda half: {}, **EDIT),
    "customers.restore_contact": Example(form=lambda half: {}, **EDIT),
    "geography.loaded": Example(act="edit_regions"),
    "geography.load": Example(act="edit_regions", form=lambda half: {"country": "us"}),
    "geography.attributes.index": Example(act="edit_regions"),
    "geography.attributes.upload": Example(act="edit_regions", form=lambda half: {"regions": "us:county"}),
    "geography.attributes.preview": Example(act="edit_regions", **NOBODYS_LOAD),
    "geography.attributes.use": Example(act="edit_regions", **NOBODYS_LOAD),
    "geography.attributes.take_back": Example(act="edit_regions", **NOBODYS_LOAD),
    "geography.placing": Example(act="edit_regions", **NOBODYS),
    "geography.region_tile": Example(lambda half: {"level": "county", "z": 5, "x": 9, "y": 12}, reads=(200, 204), is_common=True),
    "regions.Regions": Example(query={"level": "county"}),
    "regions.Region": Example(lambda half: {"code": "us:42043"}, is_common=True),
    "region_stats.RegionStats": Example(query={"level": "county", "metric": "accounts"}),
    "maps.account_tile": Example(lambda half: {"z": 5, "x": 9, "y": 12}, is_common=True),
    "maps.accounts": Example(),
    "maps.layers.tile": Example(lambda half: {"layer": "opportunities", "z": 5, "x": 9, "y": 12}, is_common=True),
    "maps.layers.features": Example(lambda half: {"layer": "plans"}, is_common=True, act="plan_routes", refusal=404),
    "maps.layers.switched": Example(query={"layers": "coverage,opportunities", "colour": "owner"}),
    "maps.layers.counted": Example(query={"layers": "coverage,opportunities,visits", "colour": "owner"}),
    "maps.summary": Example(),
    "maps.card": Example(ACCOUNT),
    "maps.found": Example(query={"q": "Shop"}),
    "maps.here": Example(query={"z": "5", "x": "9", "y": "12"}),
    "maps.ogc.landing": Example(),
    "maps.ogc.conformance": Example(),
    "maps.ogc.api": Example(),
    "maps.ogc.collections": Example(),
    "maps.ogc.collection": Example(lambda half: {"name": "accounts"}, is_common=True),
    "maps.ogc.queryables": Example(lambda half: {"name": "accounts"}, is_common=True),
    "maps.ogc.items": Example(lambda half: {"name": "accounts"}, is_common=True),
    "maps.ogc.item": Example(lambda half: {"name": "accounts", "feature_id": half.account.uuid}),
    **{f"maps.manager.{name}": Example(act="lead", refusal=404) for name in ("region", "whitespace", "coverage", "today", "today_part")},
    "maps.tools.selected": Example(query=NEAR),
    "maps.tools.shape": Example(query=NEAR),
    "maps.tools.tag_form": Example(query=NEAR, act="edit_customers"),
    "maps.tools.tag": Example(form=lambda half: {"selection": AROUND, "tag": "fair"}, act="edit_customers"),
    "maps.tools.assign_form": Example(query=NEAR, act="assign_customers"),
    "maps.tools.assign": Example(
        form=lambda half: {"selection": AROUND, "owner": half.rep.email}, act="assign_customers"
    ),
    "maps.tools.plan_form": Example(query=NEAR, **PLAN),
    "maps.tools.plan": Example(
        form=lambda half: {"selection": AROUND, "rep": str(half.rep.uuid), "day": "2030-01-08"}, **PLAN
    ),
    "maps.tools.undo": Example(lambda half: {"change_id": half.account.uuid}, act="edit_customers"),
    "maps.tools.areas": Example(),
    "maps.tools.keep": Example(json=lambda half: {"name": "South", "area": ["_ibE?_seK??_seK"]}),
    "maps.tools.change": Example(lambda half: {"area_id": half.account.uuid}, form=lambda half: {"name": "North"}),
    "maps.tools.delete": Example(lambda half: {"area_id": half.account.uuid}, form=lambda half: {}),
    "maps.tools.reached": Example(
        form=lambda half: {"lon": "-76.88", "lat": "40.27", "minutes": "5", "mode": "foot"}
    ),
    "maps.tools.along": Example(query={"minutes": "10"}, **PLAN),
    "maps.tools.call_on_the_way": Example(
        lambda half: {"plan_id": half.ready.uuid, "account_id": half.parent.uuid}, form=lambda half: {}, **PLAN
    ),
    "maps.regions.choropleth": Example(query={"level": "county"}),
    "maps.regions.choropleth_part": Example(query={"level": "county"}),
    "maps.regions.folium_regions": Example(query={"level": "county"}),
    "maps.regions.table": Example(query={"level": "county"}),
    "maps.regions.print_regions": Example(query={"level": "county"}),
    "maps.sheets.print_accounts": Example(),
    "maps.sheets.folium_accounts": Example(),
    "maps.sheets.account_sheet": Example(lambda half: {"form": "pdf"}, is_common=True),
    "maps.sheets.region_sheet": Example(lambda half: {"form": "pdf"}, query={"level": "county"}, is_common=True),
    "maps.take.export_regions": Example(lambda half: {"ext": "csv"}, query={"level": "county"}, is_common=True),
    "maps.background.pmtiles": Example(is_common=True, reads=(404,)),
    "maps.shares.background_archive": Example(lambda half: {"secret": "unknown"}, is_public=True, reads=(404,)),
    "maps.shares.index": Example(form=lambda half: {"page": "accounts", "query": "status=prospect", "days": "7"}),
    "maps.shares.end": Example(lambda half: {"view_id": uuid.UUID(int=5)}, form=lambda half: {}, is_common=True, reads=(404,)),
    "maps.shares.show": Example(lambda half: {"secret": "unknown"}, is_public=True, reads=(404,)),
    "maps.shares.layer_tile": Example(
        lambda half: {"secret": "unknown", "layer": "accounts", "z": 5, "x": 9, "y": 12}, is_public=True, reads=(404,)
    ),
    "maps.shares.region_tile": Example(
        lambda half: {"secret": "unknown", "level": "county", "z": 5, "x": 9, "y": 12}, is_public=True, reads=(404,)
    ),
    "maps.shares.territory_tile": Example(
        lambda half: {"secret": "unknown", "z": 5, "x": 9, "y": 12}, is_public=True, reads=(404,)
    ),
    "pipeline.board": Example(),
    "pipeline.cards": Example(lambda half: {"stage": half.opportunity.stage.uuid, "after": "0.0,0"}, is_common=True),
    "pipeline.index": Example(),
    "pipeline.ahead": Example(act="see_forecast", refusal=404),
    "pipeline.new": Example(QUERY_ACCOUNT, form=lambda half: {"name": "New", "amount": "10"}, **SELL),
    "pipeline.show": Example(DEAL),
    "pipeline.edit": Example(DEAL, form=lambda half: {"name": "Changed", "amount": "10"}, **SELL),
    "pipeline.move": Example(DEAL, form=lambda half: {"stage": "Won"}, **SELL),
    "pipeline.win": Example(DEAL, form=lambda half: {}, **SELL),
    "pipeline.lose": Example(DEAL, form=lambda half: {"reason": "price"}, **SELL),
    "pipeline.reopen": Example(DEAL, form=lambda half: {}, **SELL),
    "field.photos.keep": Example(of("photo_id", "photo"), form=lambda half: {}, is_common=True, **PLAN),
    "field.orders.new": Example(query={}, form=lambda half: {}, reads=(404, 422), **PLAN),
    "visits.photos.show": Example(of("photo_id", "photo")),
    "visits.questions.index": Example(act="edit_questions", form=lambda half: {"name": "Matrix"}),
    "visits.questions.edit_type": Example(lambda half: {"type_id": half.question.visit_type.uuid}, act="edit_questions", is_common=True),
    "visits.questions.new": Example(act="edit_questions", form=lambda half: {"label": "Matrix?", "kind": "text"}),
    "visits.questions.edit": Example(of("question_id", "question"), act="edit_questions", is_common=True, form=lambda half: {"label": "?"}),
    "orders.index": Example(),
    "orders.show": Example(of("order_id", "order")),
    "orders.cancel": Example(of("order_id", "order"), form=lambda half: {}, act="place_orders"),
    "orders.restore": Example(of("order_id", "order"), form=lambda half: {}, act="place_orders"),
    "orders.products": Example(write_act="edit_products", form=lambda half: {"code": "M", "name": "Matrix"}),
    "orders.product": Example(product_of, write_act="edit_products", form=lambda half: {"code": "M", "name": "Matrix"}, is_common=True),
    "orders.price": Example(product_of, act="edit_products", form=lambda half: {"price": "1"}, is_common=True),
    "products.Products": Example(write_act="edit_products", json=lambda half: {"code": "M", "name": "Matrix"}),
    "products.OneProduct": Example(
        lambda half: {"public_id": half.order.lines[0].product.uuid}, write_act="edit_products", json=lambda half: {"name": "Changed"}, is_common=True
    ),
    "products.ProductPrices": Example(
        lambda half: {"public_id": half.order.lines[0].product.uuid}, write_act="edit_products", is_common=True,
        json=lambda half: {"price": "1", "currency": "USD", "valid_from": "2026-11-01"},
    ),
    "orders_api.Orders": Example(
        write_act="place_orders",
        json=lambda half: {"account": str(half.account.uuid), "lines": [{"product": str(half.order.lines[0].product.uuid), "quantity": "1"}]},
    ),
    "orders_api.OneOrder": Example(of("public_id", "order"), write_act="place_orders", json=lambda half: {"status": "cancelled"}),
    "reports.team": Example(act="lead"),
    "territories.index": Example(),
    "territories.new": Example(form=lambda half: {"name": "Matrix"}, **DRAW),
    "territories.preview": Example(form=lambda half: {"name": "Matrix"}, **DRAW),
    "territories.edit": Example(of("territory_id", "territory"), write_act="edit_territories", is_common=True),
    "territories.delete": Example(of("territory_id", "territory"), form=lambda half: {}, is_common=True, **DRAW),
    "territories.undo": Example(NOBODYS["values"], is_common=True, form=lambda half: {}, **DRAW),
    "territories.placing": Example(act="edit_territories", **NOBODYS),
    "territories.territory_tile": Example(lambda half: {"z": 5, "x": 9, "y": 12}, reads=(200, 204), is_common=True),
    "territories_api.Territories": Example(write_act="edit_territories", json=lambda half: {"name": "Matrix"}),
    "territories_api.TerritoryItem": Example(
        of("territory_id", "territory"), write_act="edit_territories", json=lambda half: {"name": "Changed"}, is_common=True,
    ),
    "exchange.index": Example(act="import"),
    "exchange.new": Example(act="import"),
    "exchange.mapping": Example(BATCH, act="import", is_common=True, reads=(200, 302, 404)),
    "exchange.show": Example(BATCH, act="import", is_common=True),
    "exchange.progress": Example(BATCH, act="import", is_common=True),
    "exchange.cancel": Example(BATCH, form=lambda half: {}, act="import", is_common=True),
    "exchange.discard": Example(BATCH, form=lambda half: {}, act="import", is_common=True),
    "exchange.undo": Example(BATCH, form=lambda half: {}, act="import", is_common=True),
    "exchange.rejected_rows": Example(BATCH, act="import", is_common=True),
    "exchange.export_accounts": Example(lambda half: {"ext": "csv"}, is_common=True),
    "exchange.ask_for_export": Example(lambda half: {"ext": "gpkg"}, form=lambda half: {}, is_common=True),
    "exchange.show_export": Example(**NO_EXPORT),
    "exchange.export_progress": Example(**NO_EXPORT),
    "exchange.export_file": Example(**NO_EXPORT),
    "exchange.cancel_export": Example(form=lambda half: {}, **NO_EXPORT),
    "imports.Imports": Example(act="import"),
    "imports.OneImport": Example(BATCH, act="import", is_common=True),
    "imports.ImportedRows": Example(BATCH, act="import", is_common=True),
    "visits.tasks": Example(),
    "visits.show": Example(of("visit_id", "visit"), write_act="log_activities", form=lambda half: {"outcome": "order"}),
    "visits.new": Example(QUERY_ACCOUNT, form=lambda half: {"day": "2030-01-07", "time": "10:00", "minutes": "30"}, **LOG),
    "visits.log": Example(QUERY_ACCOUNT, form=lambda half: {"outcome": "order", "day": "2026-01-05"}, **LOG),
    "visits.cancel": Example(of("visit_id", "visit"), form=lambda half: {}, **LOG),
    "visits.restore": Example(of("visit_id", "visit"), form=lambda half: {}, **LOG),
    "visits.new_activity": Example(QUERY_ACCOUNT, form=lambda half: {"kind": "call", "subject": "x"}, **LOG),
    "visits.new_task": Example(QUERY_ACCOUNT, form=lambda half: {"title": "x"}, **LOG),
    "visits.edit_task": Example(of("task_id", "task"), write_act="log_activities", form=lambda half: {"title": "Changed"}),
    "visits.finish_task": Example(of("task_id", "task"), form=lambda half: {}, **LOG),
    "visits.reopen_task": Example(of("task_id", "task"), form=lambda half: {}, **LOG),
}  # fmt: skip


@pytest.fixture
def company(session) -> Company:
    return make_company(session)


@pytest.fixture(autouse=True)
def sheets_as_text(monkeypatch):
    """What would be on paper, to be searched: drawing it takes seconds and hides every text."""
    from gcrm.maps import paper

    monkeypatch.setattr(paper, "made_apart", lambda sheet, *_rest: json.dumps(sheet).encode())


def routes(app) -> list[tuple[str, str]]:
    """Every endpoint with every method, HEAD and OPTIONS aside; the first test sees that none lacks its example."""
    return [
        (rule.endpoint, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
        if rule.endpoint in EXAMPLES
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def call(app, client, endpoint: str, method: str, half: Half, **headers: str):
    example = EXAMPLES[endpoint]
    with app.test_request_context():
        from flask import url_for

        values = example.values(half) if example.values else {}
        address = url_for(endpoint, **values, **(example.query if method == "GET" else {}))
    options: dict[str, Any] = {"headers": headers}
    if method != "GET":
        if example.json:
            options["json"] = example.json(half)
        elif example.form:
            options["data"] = example.form(half)
    return client.open(address, method=method, buffered=True, **options)


BINARY = ("image/png", "image/jpeg", "application/vnd.mapbox-vector-tile")


def text_of(answer) -> str:
    """The answer without what differs each time: nonces, form tokens, request ids."""
    body = repr(answer.data) if answer.mimetype.startswith(BINARY) else answer.get_data(as_text=True)
    body = re.sub(r'(nonce|csrf[-_]token|name="csrf_token" value|content)="[^"]*"', "", body)
    body = re.sub(r'"(as_of|timeStamp|now|taken_at)": ?"[^"]*"|_[0-9a-f]{32}', "", body)
    body = re.sub(r"Bearer [\w.-]+|\d+ (seconds?|min(utes?)?)( ago| late)?|\d+:\d\d\s[AP]M|gcrm_\w+", "", body)
    return body + str(answer.headers.get("ETag", "")) * (answer.mimetype != "text/html")


def test_every_route_has_an_example(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(EXAMPLES) == set(), "routes without an example in the matrix"
    assert set(EXAMPLES) - endpoints == set(), "examples of routes that are gone"


def test_a_stranger_gets_no_byte_of_data(app, client, company):
    faults = []
    for endpoint, method in routes(app):
        answer = call(app, client, endpoint, method, company.ours)
        allowed = {200, 302, 404, 422} if EXAMPLES[endpoint].is_public else {401}
        if answer.status_code not in allowed or company.ours.account.name in text_of(answer) or MARK in text_of(answer):
            faults.append((endpoint, method, answer.status_code))
    assert not faults, "\n".join(map(str, faults))


def test_a_forged_token_is_a_stranger(app, client, company):
    for endpoint, method in routes(app):
        if not EXAMPLES[endpoint].is_public:
            answer = call(app, client, endpoint, method, company.ours, Authorization="Bearer gcrm_deadbeef_forged")
            assert answer.status_code == 401, (endpoint, method)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reads_what_it_may_and_is_refused_the_rest(app, login_as, company, role):
    client = login_as(company.user(role))
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        if method != "GET":
            continue
        answer = call(app, client, endpoint, method, company.ours)
        if example.act_for("GET") and not may(role, example.act_for("GET")):
            wanted = (example.refusal,)
        elif example.only and role not in example.only:
            wanted = (404,)
        else:
            wanted = example.reads
        if answer.status_code not in wanted:
            faults.append((endpoint, answer.status_code, wanted))
    assert not faults, "\n".join(map(str, faults))


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_the_other_half_never_shows(app, login_as, company, role):
    client = login_as(company.user(role))
    shown = [
        endpoint
        for endpoint, method in routes(app)
        if method == "GET" and MARK in text_of(call(app, client, endpoint, method, company.ours))
    ]
    assert not shown, str(shown)


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_more_hidden_rows_change_nothing_that_is_answered(app, login_as, company, role):
    """Neither counts nor totals nor ETags tell of them."""
    client = login_as(company.user(role))
    readable = [
        endpoint
        for endpoint, method in routes(app)
        if method == "GET" and endpoint not in ("core.metrics", "admin.setup")
    ]
    before = {endpoint: text_of(call(app, client, endpoint, "GET", company.ours)) for endpoint in readable}
    make_half(company.session, MARK, people_of=company.theirs)
    company.session.flush()
    changed = {}
    for endpoint in readable:
        after = text_of(call(app, client, endpoint, "GET", company.ours))
        if after != before[endpoint]:
            changed[endpoint] = _difference(before[endpoint], after)
    assert not changed, "\n".join(map(str, changed.items()))


def _difference(before: str, after: str) -> list[str]:
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line[:200] for line in lines][2:8]


def addressed(app) -> list[tuple[str, str]]:
    """Routes whose address names a row that the other half has too."""
    return [
        (endpoint, method)
        for endpoint, method in routes(app)
        if EXAMPLES[endpoint].values is not None
        and not EXAMPLES[endpoint].is_public
        and not EXAMPLES[endpoint].is_common
    ]


class Forged:
    """A half in which every id is one that nobody has."""

    def __init__(self, half: Half) -> None:
        self._half = half

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._half, name)

        class Unknown:
            uuid = uuid.UUID(int=4711)

            def __getattr__(self, attribute: str) -> Any:
                return getattr(thing, attribute)

        return Unknown()


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_hidden_and_unknown_ids_answer_alike_with_the_same_statements(app, login_as, company, role, count_queries):
    client = login_as(company.user(role))
    faults = []
    for endpoint, method in addressed(app):
        told = []
        for half in (company.theirs, Forged(company.theirs)):
            count_queries.clear()
            answer = call(app, client, endpoint, method, half)
            told.append((answer.status_code, len(count_queries), MARK in text_of(answer)))
        if told[0] != told[1] or told[0][0] not in (403, 404) or told[0][2]:
            faults.append((endpoint, method, told))
    assert not faults, "\n".join(map(str, faults))


def rows_of(connection) -> dict[str, str]:
    tables = ("accounts", "contacts", "opportunities", "orders", "order_lines", "products", "prices", "visit_photos", "visit_questions", "visits", "activities", "tasks", "touches", "day_plans", "stops",
              "left_out", "territories", "territory_regions", "import_batches", "import_rows", "users", "teams")  # fmt: skip
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        return {
            table: session.scalar(
                text(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM (SELECT {_columns(table)} FROM {table}) AS t"
                )
            )
            for table in tables
        }


def _columns(table: str) -> str:
    return "id, email, name, role, team_id, active" if table == "users" else "*"


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_the_other_half_cannot_be_written(app, login_as, company, connection, role):
    client = login_as(company.user(role))
    before = rows_of(connection)
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        if method == "GET" or example.is_public or endpoint in ("people.make_token", "people.me"):
            continue
        if example.is_common or (example.values is None and not _names_theirs(example, company)):
            continue
        answer = call(app, client, endpoint, method, company.theirs, **{"If-Match": "*"})
        if answer.status_code < 400:
            faults.append((endpoint, method, answer.status_code))
        after = rows_of(connection)
        if after != before:
            faults.append((endpoint, method, [t for t in after if after[t] != before[t]]))
            before = after
    assert not faults, "\n".join(map(str, faults))


def _names_theirs(example: Example, company: Company) -> bool:
    """Whether the body names something that the other half alone has."""
    said = str(example.json(company.theirs) if example.json else example.form(company.theirs) if example.form else "")
    ours = str(example.json(company.ours) if example.json else example.form(company.ours) if example.form else "")
    return said != ours


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_act_cannot_write(app, login_as, company, connection, role):
    client = login_as(company.user(role))
    before = rows_of(connection)
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        act = example.act_for(method)
        if method == "GET" or not act or may(role, act):
            continue
        answer = call(app, client, endpoint, method, company.ours, **{"If-Match": "*"})
        if answer.status_code != example.refusal:
            faults.append((endpoint, method, answer.status_code))
    assert not faults, "\n".join(map(str, faults))
    assert rows_of(connection) == before


def test_factories_and_matrix_agree_on_who_sees_what(company, as_user):
    """The halves are what the tests above believe: our rep sees ours alone."""
    from sqlalchemy import select

    from gcrm.customers.models import Account

    with as_user(company.ours.rep) as session:
        names = set(session.scalars(select(Account.name)))
    assert names == {company.ours.account.name, company.ours.parent.name}
