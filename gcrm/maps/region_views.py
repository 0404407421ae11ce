"""The map of regions and its drawing to take away."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gcrm.core import clock, web
from gcrm.core.formats import day
from gcrm.geography import attribute_queries
from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import draw, forms, layers, place_queries, region_queries, shape_queries, sheet_layers
from gcrm.maps.classes import Classes
from gcrm.maps.forms import RegionsWanted
from gcrm.maps.hotspots import Spots
from gcrm.maps.metrics import METRICS, is_above
from gcrm.maps.periods import months_to
from gcrm.maps.region_queries import RegionFigure, RegionStats
from gcrm.maps.sheet import Paper
from gcrm.people.queries import organisation, today

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
    return render_template(
        "maps/choropleth.html", map_settings=settings, fields=shown, more_fields=more, **part, **_choices(part)
    )


@bp.get("/regions/part")
def choropleth_part() -> Any:
    """The panel's figures and the map's, for the page's script."""
    return render_template("maps/_regions.html", **_part(RegionsWanted.parse(request.args)))


def _part(wanted: RegionsWanted) -> dict[str, Any]:
    session, selection = web.session(), wanted.selection
    loaded, path, stats = _read(wanted)
    beside = _beside(wanted, stats, path)
    spots = shape_queries.spots(session, stats) if wanted.significant else None
    figures = _figures(wanted, stats, beside, loaded, spots)
    if beside is not None:
        figures["beside"] = _figures(
            wanted, beside, stats, loaded, shape_queries.spots(session, beside) if spots else None
        )
    rows = _sorted(stats, wanted.sort, beside)
    metric = METRICS[stats.metric]
    return {
        "wanted": wanted,
        "words": wanted.words | _understood(stats, path),
        "loaded": loaded,
        "credits": layers.credit_text(loaded),
        "path": path,
        "level_labels": layers.LEVEL_LABELS,
        "metrics": layers.METRIC_LABELS,
        "notes": layers.METRIC_NOTES,
        "stats": stats,
        "beside": beside,
        "metric": metric,
        "write": layers.writing(metric, stats.currency, stats.per),
        "heading": layers.heading(stats),
        "cases": layers.cases_label(metric),
        "attribute_label": layers.attribute_label,
        "list_word": _list_word,
        "column": _column(beside, wanted) if beside else None,
        "attributes": sorted({name for region in stats.regions for name in region.attributes}),
        "rows": rows if wanted.all else rows[:TOP],
        "figures": figures,
        "bounds": geography.bounds(session, [path[-1].id]) if path else None,
        "chips": layers.chips(selection),
        "outside_url": layers.list_url(selection.with_value("place", "outside")),
        "unplaced_url": layers.list_url(selection.with_value("place", "unplaced")),
        "spots": spots,
    }


def _choices(part: dict[str, Any]) -> dict[str, Any]:
    """What the page's form offers besides the part that changes."""
    session, stats = web.session(), part["stats"]
    return {
        "levels": layers.level_choices(part["loaded"], region_queries.has_territories(session), stats.level),
        "methods": layers.METHOD_LABELS,
        "per_choices": layers.per_choices(attribute_queries.names_in_use(session)),
        "months": layers.month_choices(today(session)),
        "compared": layers.compare_choices(),
        "usual": forms.USUAL,
    }


def _understood(stats: RegionStats, path: list[Region]) -> dict[str, str]:
    """The words as they were understood, for the form's own fields."""
    parent = f"{path[-1].country}:{path[-1].code}" if path else ""
    return {"level": stats.level, "parent": parent, "per": stats.per}


def _figures(
    wanted: RegionsWanted, stats: RegionStats, other: RegionStats | None, loaded: list[LoadedLevel],
    spots: Spots | None,
) -> dict[str, Any]:  # fmt: skip
    """A map's figures for its script; limits that a person gave are those of the first map's figure."""
    session = web.session()
    limits = wanted.limits if stats.metric == wanted.metric else ()
    classes = layers.classes_of(stats, wanted.classes, wanted.method, limits, other)
    shapes = shape_queries.own_shapes(session, stats, layers.MOST_SHAPES)
    finer = layers.below(loaded, stats.level)
    return layers.choropleth(stats, classes, wanted.selection, finer, shapes, spots)


def _beside(wanted: RegionsWanted, stats: RegionStats, path: list[Region]) -> RegionStats | None:
    """The figures of the second map: another metric, or the same of the time before."""
    if not wanted.compare:
        return None
    session, parent = web.session(), path[-1] if path else None
    if wanted.compare == forms.BEFORE:
        period = (wanted.period or months_to(today(session), METRICS[stats.metric].months)).before
        return region_queries.region_stats(
            session, stats.level, stats.metric, wanted.selection, parent, wanted.per, period
        )
    per = "" if METRICS[wanted.compare].is_share else wanted.per
    return region_queries.region_stats(
        session, stats.level, wanted.compare, wanted.selection, parent, per, wanted.period
    )


def _list_word(region: RegionFigure) -> str:
    """What the list's address calls a region."""
    return {"territory": region.code}.get(region.country, region.key)


def _column(beside: RegionStats, wanted: RegionsWanted) -> dict[str, Any]:
    """The table's column of the second map."""
    return {
        "label": _("Before") if wanted.compare == forms.BEFORE else layers.heading(beside),
        "values": {region.key: region.value for region in beside.regions},
        "write": layers.writing(METRICS[beside.metric], beside.currency, beside.per),
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
        return loaded, path, _stats(wanted, wanted.level, parent)
    level = _usual_level(loaded, parent)
    stats = _stats(wanted, level, parent)
    largest = sorted((region.count for region in stats.regions), reverse=True)[:FEW_STATES]
    is_local = sum(largest) >= NEARLY_ALL * (stats.total - stats.outside)
    if level == "state" and is_local and "county" in {each.level for each in loaded}:
        stats = _stats(wanted, "county", None)
    return loaded, path, stats


def _stats(wanted: RegionsWanted, level: str, parent: Region | None) -> RegionStats:
    return region_queries.region_stats(
        web.session(), level, wanted.metric, wanted.selection, parent, wanted.per, wanted.period
    )


def _usual_level(loaded: list[LoadedLevel], parent: Region | None) -> str:
    present = [level for level in layers.OUTLINES_FROM_ZOOM if level in {each.level for each in loaded}]
    if parent is not None:
        finer = layers.below(loaded, parent.level).get(parent.country)
        return finer or next(iter(HEXAGON_AREAS_KM2))
    return present[0] if present else "hex100"


def _sorted(stats: RegionStats, sort: str, beside: RegionStats | None = None) -> list[RegionFigure]:
    """The regions in the order of the table, those without a figure last."""
    word, is_down = sort.removeprefix("-"), sort.startswith("-")
    if word == "name":
        return sorted(stats.regions, key=lambda region: (region.name.casefold(), region.code), reverse=is_down)
    others = {region.key: region.value for region in beside.regions} if beside else {}

    def key(region: RegionFigure) -> float | None:
        if word.startswith(forms.ATTRIBUTE):
            return region.attributes.get(word.removeprefix(forms.ATTRIBUTE))
        return {
            "value": region.value,
            "count": region.count,
            "area": region.area_km2,
            "beside": others.get(region.key),
        }[word]

    known = [(value, region) for region in stats.regions if (value := key(region)) is not None]
    rest = [region for region in stats.regions if key(region) is None]
    return [region for _value, region in sorted(known, key=lambda pair: pair[0], reverse=is_down)] + rest


@bp.get("/regions/table.csv")
def table() -> Response:
    """The table as a file, every region and every figure of it."""
    wanted = RegionsWanted.parse(request.args)
    _loaded, path, stats = _read(wanted)
    beside = _beside(wanted, stats, path)
    answer = Response(layers.table_csv(stats, _sorted(stats, wanted.sort, beside), beside), content_type=layers.CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="{stats.metric}-by-{stats.level}.csv"'
    return answer


@bp.get("/regions/print")
def print_regions() -> Any:
    """The drawing in a frame, with ways to keep it."""
    wanted = RegionsWanted.parse(request.args)
    _loaded, path, stats = _read(wanted)
    query = wanted.query(level=stats.level)
    return render_template(
        "maps/print.html", page="regions", title=layers.title(stats, path), chosen=request.args, paper=Paper.parse(request.args),
        words=parse_qsl(query), query=query, map_url=url_for(".choropleth") + "?" + query,
        chips=layers.chips(wanted.selection), **sheet_layers.choices(),
    )  # fmt: skip


@bp.get("/regions/folium.html")
def folium_regions() -> Response:
    """The region map as one file that opens without a network."""
    wanted = RegionsWanted.parse(request.args)
    loaded, path, stats = _read(wanted)
    session = web.session()
    classes = layers.classes_of(stats, wanted.classes, wanted.method, wanted.limits)
    drawing = layers.drawing(stats, classes, shape_queries.shapes(session, stats))
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


def to_draw(wanted: RegionsWanted) -> tuple[list[LoadedLevel], str, RegionStats, Classes]:
    """What a drawing of the region map is made of: what is loaded, its title, figures and classes."""
    loaded, path, stats = _read(wanted)
    classes = layers.classes_of(stats, wanted.classes, wanted.method, wanted.limits)
    return loaded, layers.title(stats, path), stats, classes
