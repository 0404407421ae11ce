"""Links to one view of a map: making and ending them, and what a stranger sees who holds one.

Whoever holds the secret reads in the name of its maker, so the view shows what the maker sees at that moment and dies with the maker's
access. Nothing but the page and its tiles is there, each with the words that were kept: an address takes none.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gcrm.core import clock, db, web
from gcrm.core.config import settings
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.secrets import digest
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.maps import (
    background,
    background_views,
    layer_views,
    layers,
    panel_layers,
    place_queries,
    region_views,
    shape_queries,
    share_queries,
    share_services,
    sheet_layers,
    tile_queries,
)
from gcrm.maps.forms import RegionsWanted
from gcrm.maps.layer_forms import MapWanted
from gcrm.maps.metrics import METRICS
from gcrm.maps.models import SharedView
from gcrm.maps.sheet import parse_bounds
from gcrm.people.models import User
from gcrm.territories import queries as territories

bp = Blueprint("shares", __name__)

MVT = "application/vnd.mapbox-vector-tile"
TOP = 50
LONGEST_SECRET = 100
NOTHING = "This link shows nothing: it has ended, was taken back, or never was. Ask whoever sent it for a new one."
Words = MultiDict[str, str]


# -- for the maker -----------------------------------------------------------------------------------------------------


@bp.route("/map/links", methods=["GET", "POST"])
def index() -> Any:
    """Links to views of maps: one's own, for admins everybody's; a new one's address is shown once, when it is made."""
    address = None
    if request.method == "POST":
        address = _shared(request.form)
    whose = None if current_user.may("administer") else current_user.id
    with db.transaction(None) as session:
        found = share_queries.shared_views(session, whose)
    rows = [(view, name, _said(view)) for view, name in found]
    return render_template("maps/links.html", rows=rows, address=address, now=clock.now())


def _shared(form: Any) -> str:
    """Keep what the form names and answer the address to send."""
    page, given = form.get("page", ""), MultiDict(parse_qsl(form.get("query", "")))
    bounds = given.get("bounds") or None
    parse_bounds(bounds)
    days, query = form.get("days", ""), _kept(page, given)
    with db.transaction(None) as session:
        secret = share_services.share(
            session, current_user.id, page, query, bounds, int(days) if days.isdecimal() else 0
        )
    base = settings().base_url or request.host_url.rstrip("/")
    return base + url_for(".show", secret=secret)


def _kept(page: str, given: Words) -> str:
    """Only words that the page heeds are kept; those that mean nothing are refused now, not when somebody opens the link."""
    if page == "regions":
        figure = RegionsWanted.parse(given)
        figure.selection.conditions()
        return figure.query()
    wanted = layer_views.wanted_map(given)
    wanted.selection.conditions()
    if any(layer.features for layer in wanted.layers):
        raise Invalid(
            _("The plans of reps are not for everybody who gets a link. Switch that layer off, then share the map.")
        )
    return wanted.query()


def _said(view: SharedView) -> str:
    """What a link shows, in words."""
    given = MultiDict(parse_qsl(view.query))
    try:
        filters = " · ".join(sheet_layers.filters(Selection.parse(given)))
    except Invalid:
        filters = view.query
    if view.page == "accounts":
        return f"{_('Map of the accounts')} · {filters}"
    metric = layers.METRIC_LABELS.get(given.get("metric", ""), layers.METRIC_LABELS["customers"])
    return f"{_('Regions')} · {metric} · {filters}"


@bp.post("/map/links/<uuid:view_id>/end")
def end(view_id: uuid.UUID) -> Response:
    """Take a link back; whoever opens it from now on sees nothing."""
    with db.transaction(None) as session:
        whose = None if current_user.may("administer") else current_user.id
        share_services.take_back(session, share_queries.shared_view(session, view_id, whose))
    flash(_("The link is ended; it shows nothing any more."), "success")
    return redirect(url_for(".index"))


# -- for whoever holds the link ----------------------------------------------------------------------------------------


def _enter(secret: str, page: str | None = None) -> tuple[SharedView, User]:
    """The view that the secret opens; from here on the request reads in the name of its maker.

    Unknown, ended, of another page or asked with words of one's own: all the same answer.
    """
    found = None
    if len(secret) <= LONGEST_SECRET and not request.args:
        with db.transaction(None) as session:
            found = share_queries.view_and_maker(session, digest(secret), clock.now())
    if found is None or page not in (None, found.SharedView.page):
        raise NotFound(NOTHING)
    # Somebody who is signed in sees no more through a link than a stranger does.
    web.close_session()
    g.pop("organisation", None)
    g.principal = found.User.principal
    return found.SharedView, found.User


def _unfindable(body: Any) -> Response:
    """Kept by nobody, found by no search engine, and its address told to no other site."""
    answer: Response = make_response(body)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/shared/<secret>")
def show(secret: str) -> Response:
    """The view itself, read-only."""
    view, maker = _enter(secret)
    given: Words = MultiDict(parse_qsl(view.query))
    parts = _accounts(view, given, secret) if view.page == "accounts" else _regions(view, given, secret)
    # The page is the same for everybody: whoever is signed in gets no menu on it.
    page = render_template(
        "maps/shared.html", view=view, maker=maker, current_user=AnonymousUserMixin(), may=lambda _act: False, **parts
    )
    return _unfindable(page)


def _ground(view: SharedView, secret: str, everything: Any) -> dict[str, Any]:
    session = web.session()
    bounds = parse_bounds(view.bounds)
    settings_of = layers.ground(geography.loaded(session), everything or layers.home(session))
    base = url_for(".show", secret=secret)
    return settings_of | {
        "regions": base + "/tiles/regions/{level}/{z}/{x}/{y}.mvt",
        "account_url": "",
        **({"bounds": list(bounds)} if bounds else {}),
        **background.chosen(settings()).for_map(base + "/background.pmtiles"),
    }


def _accounts(view: SharedView, given: Words, secret: str) -> dict[str, Any]:
    """The map with the layers that were on, each read from below the link, and no way to an account or a list."""
    session, wanted = web.session(), layer_views.wanted_map(given)
    on = layer_views.layers_on(wanted)
    below = url_for(".show", secret=secret)
    return {
        "title": _("Map of the accounts"),
        "filters": sheet_layers.filters(wanted.selection),
        "figures": customers.figures(session, wanted.shown),
        "layers": [_below(layer, below) for layer in on["layers"]],
        "legends": [replace(each, items=[replace(item, href=None) for item in each.items]) for each in on["legends"]],
        "query": "",
        "list_query": "",
        "credits": layers.credit_text(geography.loaded(session)),
        "map_settings": _ground(view, secret, place_queries.bounds(session, wanted.shown)),
    }


def _below(layer: dict[str, Any], below: str) -> dict[str, Any]:
    """A layer as the script draws it, its addresses below the link and without words: those are kept."""
    found = {word: value for word, value in layer.items() if word != "page"}
    if "tiles" in found:
        found["tiles"] = below + found["tiles"].partition("?")[0]
    return found


def _layer_names(wanted: MapWanted) -> set[str]:
    """The layers whose rows the view shows, by their names in addresses."""
    shown = layer_views.layers_on(wanted)["layers"]
    return {layer["tiles"].split("/")[2] for layer in shown if "tiles" in layer}


def _regions(view: SharedView, given: Words, secret: str) -> dict[str, Any]:
    session, wanted = web.session(), RegionsWanted.parse(given)
    loaded, title, stats, classes = region_views.to_draw(wanted)
    drawn = layers.choropleth(
        stats, classes, wanted.selection, {}, shape_queries.own_shapes(session, stats, layers.MOST_SHAPES)
    )
    if "tiles" in drawn:
        drawn["tiles"] = drawn["tiles"] | {
            "url": url_for(".show", secret=secret) + "/tiles/territories/{z}/{x}/{y}.mvt"
        }
    # The lists behind the figures are for those who sign in.
    figures = {name: value for name, value in drawn.items() if name not in ("list_url", "map_url", "below")}
    known = sorted(
        (region for region in stats.regions if region.value is not None), key=lambda each: -(each.value or 0)
    )
    return {
        "title": title,
        "filters": sheet_layers.filters(wanted.selection),
        "stats": stats,
        "rows": known[:TOP],
        "value_label": layers.METRIC_LABELS[stats.metric],
        "value_ending": " /km²" if METRICS[stats.metric].is_density else "",
        "write": layers.writing(METRICS[stats.metric], stats.currency),
        "credits": layers.credit_text(loaded),
        "map_settings": _ground(view, secret, place_queries.bounds(session, wanted.selection))
        | {"choropleth": figures},
    }


@bp.get("/shared/<secret>/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def layer_tile(secret: str, layer: str, z: int, x: int, y: int) -> Response:
    """A tile of a layer that the view shows, of exactly its accounts."""
    wanted = _wanted(secret, layer)
    if layer == "accounts":
        tile = tile_queries.account_tile(web.session(), z, x, y, wanted.shown, wanted.colour)
        return web.etag_answer(tile, MVT)
    owners = panel_layers.owners_of(web.session(), wanted)
    shown = replace(wanted, selection=wanted.shown)
    return layer_views.layer_tile(shown, layer, z, x, y, owners)


def _wanted(secret: str, layer: str) -> MapWanted:
    """The map of the view, if the layer is on in it."""
    view, _maker = _enter(secret, "accounts")
    wanted = layer_views.wanted_map(MultiDict(parse_qsl(view.query)))
    if layer not in _layer_names(wanted):
        raise NotFound(NOTHING)
    return wanted


@bp.get("/shared/<secret>/tiles/regions/<level>/<int:z>/<int:x>/<int:y>.mvt")
def region_tile(secret: str, level: str, z: int, x: int, y: int) -> Response:
    """Outlines below the view, and the regions that it fills."""
    view, _maker = _enter(secret)
    given = dict(parse_qsl(view.query))
    if level not in layers.OUTLINES_FROM_ZOOM and (level not in HEXAGON_AREAS_KM2 or given.get("level") != level):
        raise NotFound(NOTHING)
    return web.etag_answer(geography.region_tile(web.session(), level, z, x, y), MVT)


@bp.get("/shared/<secret>/tiles/territories/<int:z>/<int:x>/<int:y>.mvt")
def territory_tile(secret: str, z: int, x: int, y: int) -> Response:
    """Territories, where they are what the view fills."""
    view, _maker = _enter(secret)
    given: Words = MultiDict(parse_qsl(view.query))
    is_shown = (
        "territories" in _layer_names(layer_views.wanted_map(given))
        if view.page == "accounts"
        else given.get("level") == "territory"
    )
    if not is_shown:
        raise NotFound(NOTHING)
    return web.etag_answer(territories.territory_tile(web.session(), z, x, y), MVT)


@bp.get("/shared/<secret>/background.pmtiles")
def background_archive(secret: str) -> Response:
    """What lies below the view."""
    _enter(secret)
    return background_views.archive()
