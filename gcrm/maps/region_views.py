"""The map of regions and its drawing to take away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gcrm.core import clock, web
from gcrm.core.formats import day
from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import draw, forms, layers, place_queries, region_queries, shape_queries
from gcrm.maps.forms import RegionsWanted
from gcrm.maps.metrics import METRICS, is_above
from gcrm.maps.region_queries import RegionStats
from gcrm.people.queries import organisation

bp = Blueprint("regions", __name__)

TOP = 20
FEW_STATES = 8
"""A company with nearly all of its accounts in so few states sees counties first."""
NEARLY_ALL = 0.95
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)
"""The drawing is a page of scripts of its own: it may run them, and nothing else."""


@bp.get("/regions")
def choropleth() -> Any:
    """A figure by region: the map, the same as a table, and the way down to finer regions."""
    wanted = RegionsWanted.parse(request.args)
    part = _part(wanted)
    session = web.session()
    bounds = part["bounds"] or place_queries.bounds(session, wanted.selection) or layers.home(session)
    settings = layers.ground(part["loaded"], bounds) | {
        "choropleth": part["figures"],
        "part": url_for(".choropleth_part"),
    }
    shown, more = forms.filter_fields(wanted.selection)
    return render_template("maps/choropleth.html", map_settings=settings, fields=shown, more_fields=more, **part)


@bp.get("/regions/part")
def choropleth_part() -> Any:
    """The panel's figures and the map's, for the page's script."""
    return render_template("maps/_regions.html", **_part(RegionsWanted.parse(request.args)))


def _part(wanted: RegionsWanted) -> dict[str, Any]:
    session, selection = web.session(), wanted.selection
    loaded, path, stats = _read(wanted)
    metric = METRICS[stats.metric]
    classes = layers.classes_of(stats, wanted.classes, wanted.method)
    shapes = shape_queries.hexagon_shapes(session, stats, layers.MOST_SHAPES)
    figures = layers.choropleth(stats, classes, selection, layers.below(loaded, stats.level), shapes)
    rows = _sorted(stats, wanted.sort)
    return {
        "wanted": wanted,
        "words": wanted.words | {"level": stats.level, "parent": f"{path[-1].country}:{path[-1].code}" if path else ""},
        "loaded": loaded,
        "credits": layers.credit_text(loaded),
        "path": path,
        "levels": layers.level_choices(loaded, region_queries.has_territories(session), stats.level),
        "level_labels": layers.LEVEL_LABELS,
        "metrics": layers.METRIC_LABELS,
        "methods": layers.METHOD_LABELS,
        "stats": stats,
        "metric": metric,
        "write": layers.writing(metric, stats.currency),
        "counted_label": layers.METRIC_LABELS[layers.counted(metric)],
        "rows": rows if wanted.all else rows[:TOP],
        "figures": figures,
        "bounds": geography.bounds(session, [path[-1].id]) if path else None,
        "chips": layers.chips(selection),
        "outside_url": layers.list_url(selection.with_value("place", "outside")),
        "unplaced_url": layers.list_url(selection.with_value("place", "unplaced")),
    }


def _read(wanted: RegionsWanted) -> tuple[list[LoadedLevel], list[Region], RegionStats]:
    """What is loaded, the way down to the parent, and the figures."""
    session = web.session()
    loaded = geography.loaded(session)
    path = region_queries.path_to(session, geography.parse_region(session, wanted.parent)) if wanted.parent else []
    while path and wanted.level in layers.OUTLINES_FROM_ZOOM and not is_above(path[-1].level, wanted.level):
        path.pop()
    parent = path[-1] if path else None
    if wanted.level:
        return loaded, path, region_queries.region_stats(session, wanted.level, wanted.metric, wanted.selection, parent)
    level = _usual_level(loaded, parent)
    stats = region_queries.region_stats(session, level, wanted.metric, wanted.selection, parent)
    largest = sorted((region.count for region in stats.regions), reverse=True)[:FEW_STATES]
    is_local = sum(largest) >= NEARLY_ALL * (stats.total - stats.outside)
    if level == "state" and is_local and "county" in {each.level for each in loaded}:
        stats = region_queries.region_stats(session, "county", wanted.metric, wanted.selection)
    return loaded, path, stats


def _usual_level(loaded: list[LoadedLevel], parent: Region | None) -> str:
    present = [level for level in layers.OUTLINES_FROM_ZOOM if level in {each.level for each in loaded}]
    if parent is not None:
        finer = layers.below(loaded, parent.level).get(parent.country)
        return finer or next(iter(HEXAGON_AREAS_KM2))
    return present[0] if present else "hex100"


def _sorted(stats: RegionStats, sort: str) -> list[Any]:
    """The regions in the order of the table, those without a figure last."""
    word, is_down = sort.removeprefix("-"), sort.startswith("-")
    if word == "name":
        return sorted(stats.regions, key=lambda region: (region.name.casefold(), region.code), reverse=is_down)
    key = {"value": "value", "count": "count", "area": "area_km2"}[word]
    known = [region for region in stats.regions if getattr(region, key) is not None]
    rest = [region for region in stats.regions if getattr(region, key) is None]
    return sorted(known, key=lambda region: getattr(region, key), reverse=is_down) + rest


@bp.get("/regions/print")
def print_regions() -> Any:
    """The drawing in a frame, with ways to keep it."""
    wanted = RegionsWanted.parse(request.args)
    _loaded, path, stats = _read(wanted)
    return render_template("maps/print.html", query=wanted.query(level=stats.level), title=layers.title(stats, path))


@bp.get("/regions/folium.html")
def folium_regions() -> Response:
    """The region map as one file that opens without a network."""
    wanted = RegionsWanted.parse(request.args)
    loaded, path, stats = _read(wanted)
    session = web.session()
    drawing = layers.drawing(
        stats, layers.classes_of(stats, wanted.classes, wanted.method), shape_queries.shapes(session, stats)
    )
    company = organisation(session)
    said = [f"{chip['label']}: {chip['value']}" for chip in layers.chips(wanted.selection)]
    page = draw.draw_apart(
        drawing
        | {
            "title": layers.title(stats, path),
            "company": company.name if company else "",
            "filters": said,
            "date": _("As of %(day)s", day=day(clock.today(company.timezone if company else "UTC"))),
            "credits": layers.credit_text(loaded),
        }
    )
    answer = Response(page, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = SANDBOX
    if request.args.get("download") == "1":
        answer.headers["Content-Disposition"] = f'attachment; filename="{stats.metric}-by-{stats.level}.html"'
    return answer
