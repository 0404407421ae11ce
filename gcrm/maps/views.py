"""The map of accounts and the tiles below it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.geo import lon_lat
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import forms, layers, manager_views, ogc_views, place_queries, region_views, share_views, sheet_views, take_views, tile_queries, tool_views
from gcrm.maps import (
    background_views,
    forms,
    layers,
    place_queries,
    region_views,
    share_views,
    sheet_views,
    take_views,
    tile_queries,
)

bp = Blueprint("maps", __name__)
bp.register_blueprint(region_views.bp)
bp.register_blueprint(ogc_views.bp)
bp.register_blueprint(manager_views.bp)
bp.register_blueprint(sheet_views.bp)
bp.register_blueprint(share_views.bp)
bp.register_blueprint(take_views.bp)
bp.register_blueprint(background_views.bp)
from gcrm.maps.coordinates import coordinates

bp.register_blueprint(tool_views.bp)

MVT = "application/vnd.mapbox-vector-tile"
FOUND = 6
FOUND_REGIONS = 30
"""So many are looked through: namesakes in which there is no account come last."""
LISTED = 50


@bp.get("/tiles/accounts/<int:z>/<int:x>/<int:y>.mvt")
def account_tile(z: int, x: int, y: int) -> Response:
    selection, by = Selection.parse(request.args), request.args.get("by", "status")
    return web.etag_answer(tile_queries.account_tile(web.session(), z, x, y, selection, by), MVT)


# -- accounts ----------------------------------------------------------------------------------------------------------


@bp.get("/map")
def accounts() -> Any:
    """The accounts of a selection on a map."""
    session, selection = web.session(), Selection.parse(request.args)
    loaded = geography.loaded(session)
    nobody = uuid.UUID(int=0)
    settings = {
        **layers.ground(loaded, place_queries.bounds(session, selection) or layers.home(session)),
        "accounts": "/tiles/accounts/{z}/{x}/{y}.mvt?" + selection.query_string(),
        "card": url_for(".card", account_id=nobody).replace(str(nobody), "{id}"),
        "here": url_for(".here"),
        "found": url_for(".found"),
        "summary": url_for(".summary"),
        "size": "value" if request.args.get("size") == "value" else "count",
    }
    shown, more = forms.filter_fields(selection)
    return render_template(
        "maps/accounts.html", map_settings=settings, fields=shown, more_fields=more, loaded=loaded,
        page=customers.accounts_page(session, selection, per_page=LISTED), credits=layers.credit_text(loaded),
        status_items=layers.status_items(),
        **_summary(selection),
    )  # fmt: skip


@bp.get("/map/summary")
def summary() -> Any:
    """How many of the selection the map shows, and why; for the page's script."""
    selection = Selection.parse(request.args)
    found = place_queries.bounds(web.session(), selection)
    return render_template("maps/_summary.html", bounds=found and layers.roomy(found), **_summary(selection))


def _summary(selection: Selection) -> dict[str, Any]:
    return {
        "selection": selection,
        "figures": customers.figures(web.session(), selection),
        "chips": layers.chips(selection),
        "unplaced_url": layers.list_url(selection.with_value("place", "unplaced")),
        "outside_url": layers.list_url(selection.with_value("place", "outside")),
    }


@bp.get("/map/found")
def found() -> Any:
    """Accounts and regions that hold the words, to fly to."""
    session, words = web.session(), request.args.get("q", "").strip()
    selection, place = Selection.parse({"q": words}), coordinates(words)
    rows = customers.accounts_page(session, selection, per_page=FOUND).rows if words else []
    regions = geography.search(session, words, layers.OUTLINES_FROM_ZOOM, limit=FOUND_REGIONS) if words else []
    held = place_queries.holding(session, [region.id for region in regions])
    regions = sorted(regions, key=lambda region: region.id not in held)[:FOUND]
    return render_template(
        "maps/_found.html", words=words, rows=rows, place=place and layers.roomy((*place, *place)), spots=place_queries.spots(session, [row.id for row, _owner in rows]),
        regions=[(region, geography.bounds(session, [region.id])) for region in regions],
        above={each.id: each.name for each in geography.regions_by_id(session, {region.parent_id or 0 for region in regions})},
    )  # fmt: skip


@bp.get("/map/accounts/<uuid:account_id>")
def card(account_id: uuid.UUID) -> Any:
    """What a click on a point tells."""
    account = customers.account_by_uuid(web.session(), account_id)
    place = lon_lat(account.location) if account.location is not None else None
    return render_template("maps/_card.html", account=account, place=place)


@bp.get("/map/here")
def here() -> Any:
    """The accounts in one cell, for those that no zoom takes apart."""
    z, x, y = (request.args.get(name, -1, type=int) for name in ("z", "x", "y"))
    found_here, count = tile_queries.accounts_in_tile(web.session(), z, x, y, Selection.parse(request.args), LISTED)
    return render_template("maps/_here.html", accounts=found_here, count=count)
