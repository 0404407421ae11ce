"""Sums by region over HTTP."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from gcrm.core import api, web
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import region_queries
from gcrm.maps.metrics import METRICS, STATS_LEVELS

blp = Blueprint(
    "region_stats", __name__, url_prefix=f"{api.PREFIX}/regions",
    description="Figures by region. The words of a selection narrow them, as they narrow a list: q, status, tier, owner,"
    " team, territory, region, industry, tag, source, value_from, place and more.",
)  # fmt: skip


class StatsQuery(ma.Schema):
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(STATS_LEVELS))
    metric = ma.fields.String(required=True, validate=ma.validate.OneOf(tuple(METRICS)))
    parent = ma.fields.String(
        load_default=None,
        metadata={
            "description": "A region's code, as us:42: only its accounts count, and regions in it that hold none are there"
            " with 0. Without it, regions without accounts are left out."
        },
    )


class RegionFigureItem(ma.Schema):
    country = ma.fields.String(metadata={"description": "For a hexagon its level, for a territory the word territory."})
    code = ma.fields.String(metadata={"description": "With country and a colon before it, the word of a selection."})
    name = ma.fields.String()
    area_km2 = ma.fields.Float(allow_none=True)
    count = ma.fields.Integer(metadata={"description": "Accounts that the metric counts."})
    value = ma.fields.Float(allow_none=True)


class RegionStatsBody(ma.Schema):
    level = ma.fields.String()
    metric = ma.fields.String()
    unit = ma.fields.String(
        metadata={"description": "accounts, or the currency in whole units (USD, not cents); each perhaps /km²."}
    )
    as_of = ma.fields.DateTime()
    total = ma.fields.Integer(metadata={"description": "The counts of all regions and outside together."})
    outside = ma.fields.Integer(
        metadata={"description": "Accounts in no region of the level, unplaced ones among them."}
    )
    unplaced = ma.fields.Integer(metadata={"description": "Accounts without a place."})
    other_currencies = ma.fields.Integer(metadata={"description": "Amounts that are in no sum: the unit is another."})
    total_value = ma.fields.Float(allow_none=True, metadata={"description": "None for a density."})
    outside_value = ma.fields.Float(allow_none=True)
    regions = ma.fields.List(ma.fields.Nested(RegionFigureItem))


@blp.route("/stats")
class RegionStats(MethodView):
    @blp.arguments(StatsQuery, location="query")
    @blp.alt_response(200, schema=RegionStatsBody)
    def get(self, wanted: dict[str, Any]) -> Any:
        """A metric by region for the accounts of a selection; the parts always add up to the total."""
        session = web.session()
        parent = geography.parse_region(session, wanted["parent"]) if wanted["parent"] else None
        stats = region_queries.region_stats(
            session, wanted["level"], wanted["metric"], Selection.parse(request.args), parent
        )
        body = asdict(stats)
        del body["currency"]
        return api.answer({**body, "as_of": stats.as_of.isoformat()}, etag=_mark(body))


def _mark(body: dict[str, Any]) -> int:
    """The figures' ETag: when they were read does not make them other figures."""
    said = json.dumps({**body, "as_of": None}, default=str)
    return int(hashlib.sha256(said.encode()).hexdigest()[:16], 16)
