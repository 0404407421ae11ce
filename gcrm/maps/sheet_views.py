"""Maps on paper: the page that offers them, and the sheets as PDF and PNG."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gcrm.core import clock, web
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import draw, layer_views, layers, paper, place_queries, region_views, shape_queries, sheet_layers
from gcrm.maps.forms import RegionsWanted
from gcrm.maps.sheet import Paper, parse_bounds

bp = Blueprint("sheets", __name__)

TYPES = {"pdf": "application/pdf", "png": "image/png"}


@bp.get("/map/print")
def print_accounts() -> Any:
    """Ways to take the map of accounts away, with how it looks on paper."""
    wanted, view = layer_views.wanted_map(), parse_bounds(request.args.get("bounds"))
    selection, back = wanted.selection, [*wanted.selection.pairs(), *wanted.words()]
    words = [*back, ("bounds", request.args["bounds"])] if view else back
    return render_template(
        "maps/print.html", page="accounts", title=_("Map of the accounts"), chosen=request.args,
        paper=Paper.parse(request.args), words=words, query=urlencode(words), is_part=view is not None,
        all_query=urlencode(back), map_url=url_for("maps.accounts") + ("?" + urlencode(back) if back else ""),
        chips=layers.chips(selection), **sheet_layers.choices(),
    )  # fmt: skip


@bp.get("/map/sheet.<any(pdf, png):form>")
def account_sheet(form: str) -> Response:
    """The map of accounts on paper."""
    session, wanted = web.session(), layer_views.wanted_map()
    sheet = sheet_layers.account_sheet(
        session, wanted, Paper.parse(request.args), parse_bounds(request.args.get("bounds")),
        place_queries.bounds(session, wanted.shown), geography.loaded(session), customers.figures(session, wanted.shown),
    )  # fmt: skip
    return _answer(sheet, form, "accounts")


@bp.get("/map/folium.html")
def folium_accounts() -> Response:
    """The map of accounts as one file that opens without a network."""
    session, selection = web.session(), Selection.parse(request.args)
    page = draw.draw_apart(
        sheet_layers.account_drawing(
            session, selection, place_queries.bounds(session, selection), geography.loaded(session),
            customers.figures(session, selection),
        )
    )  # fmt: skip
    answer = Response(page, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = region_views.SANDBOX
    if request.args.get("download") == "1":
        answer.headers["Content-Disposition"] = f'attachment; filename="accounts-{clock.now():%Y-%m-%d}.html"'
    return answer


@bp.get("/regions/sheet.<any(pdf, png):form>")
def region_sheet(form: str) -> Response:
    """The map of regions on paper."""
    wanted = RegionsWanted.parse(request.args)
    chosen = Paper.parse(request.args)
    session = web.session()
    loaded, title, stats, classes = region_views.to_draw(wanted)
    shapes = shape_queries.shapes(session, stats)
    sheet = sheet_layers.region_sheet(session, stats, classes, shapes, chosen, loaded, title, wanted.selection)
    return _answer(sheet, form, f"{stats.metric}-by-{stats.level}")


def _answer(sheet: dict[str, Any], form: str, name: str) -> Response:
    dots = paper.resolution_of(request.args.get("dots"))
    answer = Response(paper.made_apart(sheet, form, dots), mimetype=TYPES[form])
    answer.headers["Vary"] = "Cookie, Authorization"
    if request.args.get("download") == "1":
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.{form}"'
    return answer
