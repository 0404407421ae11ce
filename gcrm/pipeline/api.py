"""Opportunities over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import marshmallow as ma
from flask import g, url_for
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, money, web
from gcrm.core.errors import Invalid
from gcrm.customers import queries as customers
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.pipeline import forms, queries, services
from gcrm.pipeline.models import Opportunity, Stage

blp = Blueprint(
    "opportunities", __name__, url_prefix=f"{api.PREFIX}/opportunities", description="Sales that may come off."
)
TEXTS = ("expected_close", "next_step", "next_step_on", "note")


class OpportunityFields(api.Writable):
    READ_ONLY = frozenset(
        "id account account_name stage_kind probability weighted owner_name closed_at created_at updated_at version".split()
    )

    name = ma.fields.String()
    amount = ma.fields.String(metadata={"description": "A plain decimal text such as “1200.50”."})
    currency = ma.fields.String(metadata={"description": "ISO 4217; the account's when left out."})
    stage = ma.fields.String(metadata={"description": "A stage's name or id; one that wins or loses settles the sale."})
    expected_close = ma.fields.Date(allow_none=True)
    owner = ma.fields.String(allow_none=True, metadata={"description": "E-mail of the owner."})
    next_step = ma.fields.String(allow_none=True)
    next_step_on = ma.fields.Date(allow_none=True)
    note = ma.fields.String(allow_none=True)
    close_reason = ma.fields.String(
        allow_none=True, metadata={"description": "Why it was won or lost; a lost one needs it."}
    )


class NewOpportunity(OpportunityFields):
    READ_ONLY = OpportunityFields.READ_ONLY - {"id", "account"} | {"close_reason"}

    id = ma.fields.UUID(metadata={"description": "A UUID of the sender's own, so that sending twice makes one."})
    account = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    amount = ma.fields.String(required=True)


class OpportunityItem(OpportunityFields):
    id = ma.fields.UUID()
    account = ma.fields.UUID()
    account_name = ma.fields.String()
    stage_kind = ma.fields.String(metadata={"description": "open, won or lost"})
    probability = ma.fields.Integer(metadata={"description": "Percent."})
    owner_name = ma.fields.String(allow_none=True)
    closed_at = ma.fields.DateTime(allow_none=True)
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    version = ma.fields.Integer()


class OpportunityList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(OpportunityItem))
    next = ma.fields.String(allow_none=True)


class OpportunityQuery(api.Page):
    q = ma.fields.String(metadata={"description": "Words of the name, the next step or the account's name."})
    owner = ma.fields.String(metadata={"description": "A person's id, `me` or `none`."})
    stage = ma.fields.UUID()
    state = ma.fields.String(metadata={"description": "open, won or lost"})
    close = ma.fields.String(metadata={"description": "A month as 2026-12, `earlier` or `none`."})
    account = ma.fields.UUID()
    region = ma.fields.String(metadata={"description": "As us:48121."})
    territory = ma.fields.UUID()
    currency = ma.fields.String()
    sort = ma.fields.String(
        load_default="changed",
        metadata={"description": f"One of {', '.join(queries.ORDERS)}; with - before it the other way round."},
    )


@blp.route("")
class Opportunities(MethodView):
    @blp.arguments(OpportunityQuery, location="query")
    @blp.alt_response(200, schema=OpportunityList)
    def get(self, words: dict[str, Any]) -> Any:
        """Opportunities that fit the words, a page at a time."""
        wanted = forms.parse_wanted({name: str(value) for name, value in words.items()}, people.today(web.session()))
        found = queries.page(web.session(), wanted, words["sort"], words["after"], words["limit"])
        return api.page_answer([item(each) for each in found.rows], found.next)

    @blp.arguments(NewOpportunity)
    @blp.alt_response(201, schema=OpportunityItem)
    @access.may("edit_pipeline")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Add a sale at an account, in an open stage. The same `id` again answers what is there."""
        session = web.session()
        known = queries.known_opportunity(session, given["id"]) if "id" in given else None
        if known is not None:
            return _answer(known)
        account = customers.account_by_uuid(session, given["account"])
        currency = given.get("currency") or account.currency
        made = services.open_opportunity(
            session, account=account, name=given["name"], amount_minor=forms.plain_amount(given["amount"], currency),
            user_id=g.principal.id, currency=currency, stage=_stage(given["stage"]) if "stage" in given else None,
            public_id=given.get("id"), **_texts(given), **_owner(given),
        )  # fmt: skip
        return _answer(queries.opportunity(session, made.uuid), 201)


@blp.route("/<uuid:public_id>")
class OneOpportunity(MethodView):
    @blp.alt_response(200, schema=OpportunityItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One opportunity."""
        return _answer(queries.opportunity(web.session(), public_id))

    @blp.arguments(OpportunityFields)
    @blp.alt_response(200, schema=OpportunityItem)
    @access.may("edit_pipeline")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Change the fields that are sent; null clears one. A stage wins, loses or reopens it. Needs If-Match."""
        session = web.session()
        found = queries.opportunity(session, public_id, lock=True)
        api.must_match(found.version, item(found))
        stage = _stage(given["stage"]) if "stage" in given else found.stage
        if found.closed_at is not None and stage.kind == "open":
            services.reopen(session, found, g.principal.id, stage)
        services.change(session, found, **_changes(found, given))
        if stage.id != found.stage_id:
            _move(found, stage, given.get("close_reason"))
        return _answer(found)


def _changes(found: Opportunity, given: dict[str, Any]) -> dict[str, Any]:
    fields = _texts(given) | _owner(given)
    if "name" in given:
        fields["name"] = given["name"]
    if "amount" in given or "currency" in given:
        # An amount that stays is restated when the currency changes: 12.50 stays 12.50, whatever its minor unit.
        fields["currency"] = given.get("currency", found.currency)
        shown = given.get("amount") or money.to_decimal(found.amount_minor, found.currency) or "0"
        fields["amount_minor"] = forms.plain_amount(shown, fields["currency"])
    return fields


def _move(found: Opportunity, stage: Stage, reason: str | None) -> None:
    session, user_id = web.session(), g.principal.id
    if stage.kind == "lost":
        services.lose(session, found, user_id, reason)
    elif stage.kind == "won":
        services.win(session, found, user_id, reason)
    else:
        services.move(session, found, stage, user_id)


def _texts(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in TEXTS if name in given}


def _stage(word: str) -> Stage:
    """A stage by its id or its name."""
    for stage in queries.stages(web.session()):
        if word in (str(stage.uuid), stage.name):
            return stage
    raise Invalid(f"“{word}” is no stage.")


def _owner(given: dict[str, Any]) -> dict[str, User | None]:
    if "owner" not in given:
        return {}
    return {"owner": _person(given["owner"]) if given["owner"] else None}


def _person(email: str) -> User:
    found = people.user_by_email(web.session(), email)
    if found is None:
        raise Invalid(f"There is nobody with the address {email}.")
    return found


def _answer(found: Opportunity, status: int = 200) -> Any:
    body = item(found)
    location = url_for("opportunities.OneOpportunity", public_id=found.uuid) if status == 201 else None
    return api.answer(body, status, etag=api.mark(found.version, body), location=location)


def item(found: Opportunity) -> dict[str, Any]:
    """An opportunity as other programs read it."""
    return {
        "id": str(found.uuid), "account": str(found.account.uuid), "account_name": found.account.name,
        "name": found.name, "stage": found.stage.name, "stage_kind": found.stage.kind,
        "probability": found.stage.probability, "amount": money.to_decimal(found.amount_minor, found.currency),
        "currency": found.currency, "expected_close": found.expected_close and found.expected_close.isoformat(),
        "owner": found.owner and found.owner.email, "owner_name": found.owner and found.owner.name,
        "next_step": found.next_step, "next_step_on": found.next_step_on and found.next_step_on.isoformat(),
        "note": found.note, "closed_at": found.closed_at and found.closed_at.isoformat(),
        "close_reason": found.close_reason, "created_at": found.created_at.isoformat(),
        "updated_at": found.updated_at.isoformat(), "version": found.version,
    }  # fmt: skip
