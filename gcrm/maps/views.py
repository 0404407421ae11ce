"""The map of accounts and the tiles below it."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.config import settings
from gcrm.core.geo import lon_lat
from gcrm.customers import picture_queries as pictures
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import (
    background_views,
    forms,
    layer_views,
    layers,
    manager_views,
    panel_layers,
    place_queries,
    region_views,
    share_views,
    sheet_views,
    take_views,
    tile_queries,
    tool_views,
)
from gcrm.maps.coordinates import coordinates
from gcrm.maps.kept_tiles import KeptTiles, Tile
from gcrm.maps.layer_forms import MapWanted
from gcrm.maps.ogc import views as ogc_views

bp = Blueprint("maps", __name__)
for part in (
    background_views,
    layer_views,
    manager_views,
    ogc_views,
    region_views,
    share_views,
    sheet_views,
    take_views,
    tool_views,
):
    bp.register_blueprint(part.bp)

MVT = "application/vnd.mapbox-vector-tile"
FOUND = 6
FOUND_REGIONS = 30
"""So many are looked through: namesakes in which there is no account come last."""
LISTED = 50


@bp.get("/tiles/accounts/<int:z>/<int:x>/<int:y>.mvt")
def account_tile(z: int, x: int, y: int) -> Response:
    """From what was drawn before where nothing was written since; the picture is read first, lest a tile be older than it says."""
    selection, by = Selection.parse(request.args), request.args.get("by", "status")
    kept = _kept_tiles()
    address = tile_queries.kept_address(g.principal, z, x, y, selection, by) if kept.most_bytes else None
    picture = pictures.picture() if address else None
    tile = kept.find(address, picture) if picture else None
    if tile is None:
        tile = Tile.of(tile_queries.account_tile(web.session(), z, x, y, selection, by))
        if picture:
            kept.keep(address, picture, tile)
    return web.etag_answer(tile.body, MVT, tile.mark)


@lru_cache(maxsize=1)
def _kept_tiles() -> KeptTiles:
    """This process's."""
    return KeptTiles(settings().tile_megabytes * 1_000_000)


# -- accounts ----------------------------------------------------------------------------------------------------------


@bp.get("/map")
def accounts() -> Any:
    """The accounts of a selection on a map, with the layers that the address names."""
    session, wanted = web.session(), layer_views.wanted_map()
    loaded = geography.loaded(session)
    nobody = uuid.UUID(int=0)
    on = layer_views.layers_on(wanted)
    settings = {
        **layers.ground(loaded, _where(wanted)),
        "card": url_for(".card", account_id=nobody).replace(str(nobody), "{id}"),
        "here": url_for(".here"),
        "found": url_for(".found"),
        "summary": url_for(".summary"),
        "switched": url_for(".layers.switched"),
        "counted": url_for(".layers.counted"),
    }
    shown, more = forms.filter_fields(wanted.selection)
    return render_template(
        "maps/accounts.html", map_settings=settings, fields=shown, more_fields=more, loaded=loaded,
        page=customers.accounts_page(session, wanted.shown, per_page=LISTED), credits=layers.credit_text(loaded),
        choices=panel_layers.choices(wanted), **on, **_summary(wanted),
    )  # fmt: skip


def _where(wanted: MapWanted) -> tuple[float, float, float, float] | None:
    """Where the map opens: on what is selected, else on all accounts, else on the organisation's country."""
    session = web.session()
    found = place_queries.bounds(session, wanted.shown)
    if found is None and wanted.shown:
        found = place_queries.bounds(session, Selection())
    return found or layers.home(session)


@bp.get("/map/summary")
def summary() -> Any:
    """How many of the selection the map shows, and why; for the page's script."""
    wanted = layer_views.wanted_map()
    found = place_queries.bounds(web.session(), wanted.shown)
    return render_template("maps/_summary.html", bounds=found and layers.roomy(found), **_summary(wanted))


def _summary(wanted: MapWanted) -> dict[str, Any]:
    return {
        "selection": wanted.selection,
        "figures": customers.figures(web.session(), wanted.shown),
        "chips": layers.chips(wanted.selection),
        "unplaced_url": layers.list_url(wanted.shown.with_value("place", "unplaced")),
        "outside_url": layers.list_url(wanted.shown.with_value("place", "outside")),
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
