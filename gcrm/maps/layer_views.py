"""The layers of the map: their tiles, what is sent whole, and what page and script are told of those that are on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, json, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gcrm.core import clock, map_layers, web
from gcrm.core.errors import NotFound
from gcrm.customers.selecting import Selection
from gcrm.maps import layer_queries, panel_layers
from gcrm.maps.layer_forms import MapWanted
from gcrm.people import queries as people

bp = Blueprint("layers", __name__)

MVT = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"
LISTED = 12
"""Rows of a layer in its table."""


def wanted_map(words: Any = None) -> MapWanted:
    """The map as the request's address asks for it, or as other words do."""
    zone = people.the_organisation(web.session()).timezone
    return MapWanted.parse(request.args if words is None else words, clock.today(zone), zone)


@bp.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """A layer's rows: accounts by `coverage`, `owner`, `status` or `tier`, or rows of a domain, as `visits`."""
    owners = [owner for owner in request.args.get("owners", "").split(",") if owner]
    return layer_tile(wanted_map(), layer, z, x, y, owners)


def layer_tile(wanted: MapWanted, layer: str, z: int, x: int, y: int, owners: Sequence[str]) -> Response:
    """A tile of a layer, of the accounts that are meant."""
    rows = _rows(wanted, layer, owners)
    # Accounts have one name in tiles, whatever colours them, so that a map changes colour without new layers.
    name = "accounts" if layer in layer_queries.COLOURS else layer
    return web.etag_answer(layer_queries.rows_tile(web.session(), name, rows, z, x, y, wanted.selection), MVT)


def _rows(wanted: MapWanted, name: str, owners: Sequence[str]) -> map_layers.LayerRows:
    session = web.session()
    if name in layer_queries.COLOURS:
        return layer_queries.account_rows(session, name, wanted.size == "potential", owners)
    layer = map_layers.named(name)
    if layer is None or layer.rows is None or not layer.offered():
        raise NotFound(f"There are no tiles of “{name[:40]}”.")
    return layer.rows(session, wanted.days)


@bp.get("/map/features/<layer>.geojson")
def features(layer: str) -> Response:
    """A layer that is sent whole, such as the plans of a day."""
    found = map_layers.named(layer)
    if found is None or found.features is None or not found.offered():
        raise NotFound(f"There is no layer “{layer[:40]}” to be had whole.")
    return web.etag_answer(json.dumps(found.features(web.session(), wanted_map().days)).encode(), GEOJSON)


# -- the page's parts --------------------------------------------------------------------------------------------------


@bp.get("/map/layers")
def switched() -> Any:
    """What the script draws of the layers that are on, with their legends; nothing is counted yet."""
    return render_template("maps/_layers_on.html", **layers_on(wanted_map()))


def layers_on(wanted: MapWanted) -> dict[str, Any]:
    """Settings and legends of the layers that are on."""
    session = web.session()
    owners, currency = panel_layers.owners_of(session, wanted), people.the_organisation(session).currency
    rows = {layer.name: panel_layers.rows_of(session, layer, wanted, owners) for layer in wanted.layers}
    return {
        "layers": [panel_layers.drawn(wanted, layer, rows[layer.name], owners, currency) for layer in wanted.layers],
        "legends": [panel_layers.legend_of(wanted, layer, rows[layer.name], None, currency) for layer in wanted.layers],
        "query": wanted.query(),
        "list_query": wanted.shown.query_string(),
    }


def accounts_look(selection: Selection, way: str) -> dict[str, Any]:
    """How a page's script shows the accounts of a selection in one of the map's ways."""
    look: dict[str, Any] = layers_on(wanted_map(MultiDict([*selection.pairs(), ("layers", way)])))["layers"][0]
    return look


@bp.get("/map/counted")
def counted() -> Any:
    """Legends with numbers, and tables of the first rows: what takes longer at a million accounts."""
    return render_template("maps/_counted.html", **counted_layers(wanted_map()))


def counted_layers(wanted: MapWanted) -> dict[str, Any]:
    told = [_counted(layer, wanted) for layer in wanted.layers]
    return {"legends": [legend for legend, _table in told], "tables": [table for _legend, table in told if table]}


def _counted(layer: map_layers.MapLayer, wanted: MapWanted) -> tuple[panel_layers.Legend, panel_layers.Table | None]:
    """One layer's legend with its numbers, and its table where it has rows."""
    session = web.session()
    currency = people.the_organisation(session).currency
    if layer.features is not None:
        whole = layer.features(session, wanted.days)
        return panel_layers.grouped_legend(wanted, layer, whole), panel_layers.grouped_table(layer, whole)
    rows = panel_layers.rows_of(session, layer, wanted, panel_layers.owners_of(session, wanted))
    if rows is None:
        return panel_layers.legend_of(wanted, layer, None, None, currency), None
    counts = layer_queries.kind_counts(session, rows, wanted.shown)
    legend = panel_layers.legend_of(wanted, layer, rows, counts, currency)
    first = layer_queries.first_rows(session, rows, wanted.shown, LISTED)
    return legend, panel_layers.table_of(layer, rows, counts, first, legend.items, currency)
