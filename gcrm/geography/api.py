"""Regions over HTTP: lists by level as GeoJSON, and single ones by code."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.geography import queries
from gcrm.geography.levels import LEVELS

blp = Blueprint("regions", __name__, url_prefix=f"{api.PREFIX}/regions", description="Regions and their codes.")

MOST_DIGITS = 6


class RegionQuery(api.Page):
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(LEVELS))
    country = ma.fields.String(load_default=None, validate=ma.validate.Regexp(r"^[A-Za-z]{2}$"))
    parent = ma.fields.String(load_default=None, metadata={"description": "A region's code, as us:48."})
    q = ma.fields.String(load_default=None, metadata={"description": "Part of the name."})
    geometry = ma.fields.Boolean(load_default=True, metadata={"description": "Outlines too; false leaves them out."})
    digits = ma.fields.Integer(load_default=4, validate=ma.validate.Range(0, MOST_DIGITS))


class RegionShapeQuery(ma.Schema):
    digits = ma.fields.Integer(load_default=5, validate=ma.validate.Range(0, MOST_DIGITS))


class RegionProperties(ma.Schema):
    country = ma.fields.String()
    level = ma.fields.String()
    code = ma.fields.String()
    name = ma.fields.String()
    parent = ma.fields.String(allow_none=True)
    area_km2 = ma.fields.Float()


class RegionFeature(ma.Schema):
    type = ma.fields.String()
    id = ma.fields.String()
    geometry = ma.fields.Dict(allow_none=True)
    properties = ma.fields.Nested(RegionProperties)


class RegionCollection(ma.Schema):
    type = ma.fields.String()
    features = ma.fields.List(ma.fields.Nested(RegionFeature))
    next = ma.fields.String(allow_none=True)


@blp.route("")
class Regions(MethodView):
    @blp.arguments(RegionQuery, location="query")
    @blp.alt_response(200, schema=RegionCollection)
    def get(self, wanted: dict[str, Any]) -> Any:
        """The regions of a level by country and code, a page at a time, as a GeoJSON FeatureCollection."""
        session = web.session()
        parent = queries.parse_region(session, wanted["parent"], wanted["country"]) if wanted["parent"] else None
        query = queries.listing(wanted["level"], wanted["country"], parent, wanted["q"])
        rows, following = api.keyset(query, wanted)
        shapes = queries.outlines(session, [row.id for row in rows], wanted["digits"]) if wanted["geometry"] else {}
        features = [queries.feature(row, shapes.get(row.id)) for row in rows]
        return api.answer({"type": "FeatureCollection", "features": features, "next": following})


@blp.route("/<code>")
class Region(MethodView):
    @blp.arguments(RegionShapeQuery, location="query")
    @blp.alt_response(200, schema=RegionFeature)
    def get(self, wanted: dict[str, Any], code: str) -> Any:
        """One region by its code, as us:48121, with its outline."""
        session = web.session()
        found = queries.parse_region(session, code)
        row = queries.listed(session, found)
        return api.answer(queries.feature(row, queries.outlines(session, [found.id], wanted["digits"]).get(found.id)))
