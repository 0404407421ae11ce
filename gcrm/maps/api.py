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
from gcrm.core.errors import Invalid
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import region_queries, shape_queries
from gcrm.maps.metrics import METRICS, STATS_LEVELS
from gcrm.maps.periods import month_named

blp = Blueprint(
    "region_stats", __name__, url_prefix=f"{api.PREFIX}/regions",
    description="Figures by region. The words of a selection narrow them, as they narrow a list: q, status, tier, owner,"
    " team, territory, region, industry, tag, source, value_from, place and more.",
)  # fmt: skip


class StatsQuery(ma.Schema):
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(STATS_LEVELS))
    metric = ma.fields.String(required=True, validate=ma.validate.OneOf(tuple(METRICS)))
    per = ma.fields.String(
        load_default="",
        metadata={
            "description": "Divide by km2, or by 1,000 of an attribute that is loaded for the regions, as inhabitants."
            " Densities are per km² unless this says otherwise; shares are divided by nothing."
        },
    )
    month = ma.fields.String(
        load_default="",
        metadata={
            "description": "A month as 2026-09, for in_time (on its last day), revenue, revenue_change and win_rate;"
            " without it the months up to today that period says. Other metrics are as of now."
        },
    )
    spots = ma.fields.Boolean(
        load_default=False,
        metadata={
            "description": "Also tell hot and cold spots: local Getis-Ord Gi* with 9,999 permutations of a fixed seed, both"
            " sides, 5 % false discoveries by Benjamini and Hochberg."
        },
    )
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
    count = ma.fields.Integer(
        metadata={"description": "Accounts that the metric counts, or opportunities; of a share the cases it is of."}
    )
    value = ma.fields.Float(allow_none=True, metadata={"description": "None where there is nothing to divide by."})
    is_reliable = ma.fields.Boolean(metadata={"description": "False for a share of fewer than 5 cases."})
    attributes = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Float(), metadata={"description": "What is loaded about the region."}
    )
    spot = ma.fields.String(
        allow_none=True, metadata={"description": "hot, cold or null; there when spots were asked for."}
    )


class PeriodItem(ma.Schema):
    first = ma.fields.Date()
    last = ma.fields.Date()


class RegionStatsBody(ma.Schema):
    level = ma.fields.String()
    metric = ma.fields.String()
    unit = ma.fields.String(
        metadata={
            "description": "accounts, opportunities, the currency in whole units (USD, not cents), or %; perhaps /km² or"
            " /1,000 of an attribute."
        }
    )
    as_of = ma.fields.DateTime()
    total = ma.fields.Integer(metadata={"description": "The counts of all regions and outside together."})
    outside = ma.fields.Integer(
        metadata={"description": "Accounts in no region of the level, unplaced ones among them."}
    )
    unplaced = ma.fields.Integer(metadata={"description": "Accounts without a place."})
    other_currencies = ma.fields.Integer(metadata={"description": "Amounts that are in no sum: the unit is another."})
    total_value = ma.fields.Float(
        allow_none=True, metadata={"description": "None for what is divided by something of the regions."}
    )
    outside_value = ma.fields.Float(allow_none=True)
    per = ma.fields.String(metadata={"description": "What each figure is divided by; empty for nothing."})
    period = ma.fields.Nested(
        PeriodItem, allow_none=True, metadata={"description": "The days that a timed metric is about, both in it."}
    )
    regions = ma.fields.List(ma.fields.Nested(RegionFigureItem))


@blp.route("/stats")
class RegionStats(MethodView):
    @blp.arguments(StatsQuery, location="query")
    @blp.alt_response(200, schema=RegionStatsBody)
    def get(self, wanted: dict[str, Any]) -> Any:
        """A metric by region for the accounts of a selection; the parts always add up to the total."""
        session = web.session()
        parent = geography.parse_region(session, wanted["parent"]) if wanted["parent"] else None
        month = wanted["month"]
        if wanted["per"] and METRICS[wanted["metric"]].is_share:
            raise Invalid(f"“{wanted['metric']}” is a share in percent: it is divided by nothing more.")
        stats = region_queries.region_stats(
            session, wanted["level"], wanted["metric"], Selection.parse(request.args), parent, wanted["per"],
            month_named(month) if month else None,
        )  # fmt: skip
        body = asdict(stats)
        del body["currency"]
        if wanted["spots"]:
            spots = shape_queries.spots(session, stats)
            for region, written in zip(stats.regions, body["regions"], strict=True):
                written["spot"] = spots.kinds.get(region.key)
        if stats.period:
            body["period"] = {"first": stats.period.first.isoformat(), "last": stats.period.last.isoformat()}
        return api.answer({**body, "as_of": stats.as_of.isoformat()}, etag=_mark(body))


def _mark(body: dict[str, Any]) -> int:
    """The figures' ETag: when they were read does not make them other figures."""
    said = json.dumps({**body, "as_of": None}, default=str)
    return int(hashlib.sha256(said.encode()).hexdigest()[:16], 16)
