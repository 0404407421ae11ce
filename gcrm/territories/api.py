"""Territories over HTTP: lists, single ones, creating and replacing."""

from __future__ import annotations

import uuid
from typing import Any

import marshmallow as ma
from flask import url_for
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.people import access
from gcrm.territories import forms, queries, services
from gcrm.territories.models import Territory
from gcrm.territories.services import Saved

blp = Blueprint(
    "territories_api", __name__, url_prefix=f"{api.PREFIX}/territories", description="Sets of regions with an owner."
)


class TerritoryWords(ma.Schema):
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, services.LONGEST_NAME))
    parent = ma.fields.UUID(load_default=None, allow_none=True)
    owner = ma.fields.Email(load_default=None, allow_none=True)
    regions = ma.fields.List(ma.fields.String(), load_default=list, metadata={"description": "Codes, as us:48121."})


class TerritoryAnswer(ma.Schema):
    id = ma.fields.UUID()
    name = ma.fields.String()
    parent = ma.fields.UUID(allow_none=True)
    owner = ma.fields.Email(allow_none=True)
    regions = ma.fields.List(ma.fields.String())
    version = ma.fields.Integer()
    assigned = ma.fields.Integer(allow_none=True)
    named_kept = ma.fields.Integer(allow_none=True)


class TerritoryList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(TerritoryAnswer))
    next = ma.fields.String(allow_none=True)


def figures(territory: Territory, codes: list[str]) -> dict[str, Any]:
    return {
        "id": territory.uuid,
        "name": territory.name,
        "parent": territory.parent.uuid if territory.parent else None,
        "owner": territory.owner.email if territory.owner else None,
        "regions": codes,
        "version": territory.version,
    }


def told(saved: Saved, status: int = 200) -> Any:
    """The saved territory and what became of its accounts; `assigned` is null while a job is at work."""
    assert saved.territory is not None
    territory = queries.territory(web.session(), saved.territory.uuid)
    body = figures(territory, queries.codes_of(web.session(), [territory.id]).get(territory.id, [])) | {
        "assigned": None if saved.accounts is None else saved.accounts - (saved.owner_named or 0),
        "named_kept": saved.owner_named,
    }
    location = url_for("territories_api.TerritoryItem", territory_id=territory.uuid) if status == 201 else None
    return api.answer(body, status=status, etag=territory.version, location=location)


@blp.route("")
class Territories(MethodView):
    @blp.arguments(api.Page, location="query")
    @blp.alt_response(200, schema=TerritoryList)
    def get(self, page: dict[str, Any]) -> Any:
        """Territories by name."""
        rows, following = api.keyset(queries.listing(), page)
        codes = queries.codes_of(web.session(), [row.id for row in rows])
        return api.page_answer([figures(row, codes.get(row.id, [])) for row in rows], following)

    @blp.arguments(TerritoryWords)
    @blp.alt_response(201, schema=TerritoryAnswer)
    @access.may("edit_territories")
    @api.idempotent
    def post(self, said: dict[str, Any]) -> Any:
        """Create a territory; its accounts get its owner."""
        session = web.session()
        return told(services.create_territory(session, forms.from_json(session, said)), 201)


@blp.route("/<uuid:territory_id>")
class TerritoryItem(MethodView):
    @blp.alt_response(200, schema=TerritoryAnswer)
    def get(self, territory_id: uuid.UUID) -> Any:
        """One territory."""
        territory = queries.territory(web.session(), territory_id)
        codes = queries.codes_of(web.session(), [territory.id]).get(territory.id, [])
        return api.answer(figures(territory, codes), etag=territory.version)

    @blp.arguments(TerritoryWords)
    @blp.alt_response(200, schema=TerritoryAnswer)
    @access.may("edit_territories")
    def put(self, said: dict[str, Any], territory_id: uuid.UUID) -> Any:
        """Replace a territory; If-Match says which version."""
        session = web.session()
        territory = queries.territory(session, territory_id)
        api.must_match(territory.version)
        return told(services.save_territory(session, territory, forms.from_json(session, said)))

    @blp.response(204)
    @access.may("edit_territories")
    def delete(self, territory_id: uuid.UUID) -> None:
        """Remove a territory; those below it move up."""
        session = web.session()
        territory = queries.territory(session, territory_id)
        api.must_match(territory.version)
        services.delete_territory(session, territory)
