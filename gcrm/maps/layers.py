"""What maps show and say: the ground, the levels and figures by their names, a choropleth ready to be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gcrm.core import money
from gcrm.core.formats import number
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import palette
from gcrm.maps.classes import Classes, classify
from gcrm.maps.metrics import METRICS, Metric
from gcrm.maps.region_queries import RegionFigure, RegionStats
from gcrm.maps.shape_queries import Shapes
from gcrm.people.queries import organisation

METRIC_LABELS = {
    "accounts": _l("Accounts"),
    "customers": _l("Customers"),
    "prospects": _l("Prospects"),
    "prospect_density": _l("Prospect density"),
    "value": _l("Annual value"),
    "value_density": _l("Value density"),
    "potential": _l("Potential"),
    "white_space": _l("Potential not yet sold"),
}
LEVEL_LABELS = {
    "state": _l("States"),
    "county": _l("Counties"),
    "municipality": _l("Municipalities"),
    "hex1000": _l("1,000 km² hexagons"),
    "hex100": _l("100 km² hexagons"),
    "hex10": _l("10 km² hexagons"),
    "territory": _l("Territories"),
}
BY_LABELS = {
    "state": _l("state"), "county": _l("county"), "municipality": _l("municipality"),
    "hex1000": _l("hexagon of 1,000 km²"), "hex100": _l("hexagon of 100 km²"), "hex10": _l("hexagon of 10 km²"),
    "territory": _l("territory"),
}  # fmt: skip
METHOD_LABELS = {"quantile": _l("Equal numbers"), "equal": _l("Equal steps")}
STATUS_LABELS = {"customer": _l("Customer"), "prospect": _l("Prospect"), "former": _l("Former")}

OUTLINES_FROM_ZOOM = {"state": 0, "county": 6, "municipality": 10}
"""Where the outlines of a level begin to show on the ground."""

CREDITS = {"us": _l("U.S. Census Bureau"), "kr": _l("National Geographic Information Institute of Korea")}
"""Whose boundaries come with gcrm, by country."""

MOST_SHAPES = 4_000
"""Up to so many hexagons are sent as shapes and show at every zoom; more of them come by tiles, which begin further in."""


def ground(loaded: Sequence[LoadedLevel], bounds: tuple[float, float, float, float] | None) -> dict[str, Any]:
    """The settings that every map of ours shares: colours, outlines, where it opens."""
    present = {each.level for each in loaded}
    levels = [{"level": level, "from": zoom} for level, zoom in OUTLINES_FROM_ZOOM.items() if level in present]
    return {
        "palette": palette.scheme(),
        **({"levels": levels} if levels else {}),
        **({"bounds": list(roomy(bounds))} if bounds else {}),
    }


def roomy(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Bounds with some ground round them: a single point becomes a town's surroundings."""
    west, south, east, north = bounds
    across, down = max(0.05, (east - west) * 0.04), max(0.05, (north - south) * 0.04)
    return west - across, max(-85.0, south - down), east + across, min(85.0, north + down)


def credit_text(loaded: Sequence[LoadedLevel]) -> str:
    """Where the boundaries come from, as plain text."""
    names = [str(CREDITS[country]) for country in sorted({each.country for each in loaded}) if country in CREDITS]
    return _("Boundaries: %(names)s", names=", ".join(names)) if names else ""


def level_choices(loaded: Sequence[LoadedLevel], has_territories: bool, chosen: str = "") -> list[tuple[str, str]]:
    """The levels that there is something of, and the chosen one."""
    present = {each.level for each in loaded} | {chosen}
    return [
        (level, str(label))
        for level, label in LEVEL_LABELS.items()
        if level in HEXAGON_AREAS_KM2 or level in present or (level == "territory" and has_territories)
    ]


def below(loaded: Sequence[LoadedLevel], level: str) -> dict[str, str]:
    """For each country the next finer level that it has: where a click on a region leads."""
    order = ["state", "county", "municipality"]
    if level not in order:
        return {}
    finer = order[order.index(level) + 1 :]
    found: dict[str, str] = {}
    for each in loaded:
        if each.level in finer:
            found[each.country] = min(found.get(each.country, each.level), each.level, key=finer.index)
    return found


def status_items() -> list[dict[str, Any]]:
    """The colour key of accounts, with the discs in which no status has more than half."""
    mixed = {"label": _("Several, mixed"), "light": palette.MAP_LIGHT["mark"], "dark": palette.MAP_DARK["mark"]}
    return [*palette.status_items({word: str(label) for word, label in STATUS_LABELS.items()}), mixed]


# -- what a selection says ----------------------------------------------------------------------------------------------


def chips(selection: Selection) -> list[dict[str, str]]:
    """What the selection says, each word with the form's field that it came from."""
    pairs = zip(selection.chips(), selection.pairs(), strict=True)
    return [{**chip, "name": name, "key": key} for chip, (name, key) in pairs]


def list_url(selection: Selection) -> str:
    return url_for("customers.index") + (f"?{selection.query_string()}" if selection else "")


def home(session: Any) -> tuple[float, float, float, float] | None:
    """Where a map without accounts opens: the organisation's country, if its regions are loaded."""
    company = organisation(session)
    states = geography.regions_of(session, "state", company.country) if company else []
    return geography.bounds(session, [row.id for row in states]) if states else None


# -- how figures are written -------------------------------------------------------------------------------------------


def writing(metric: Metric, currency: str) -> Callable[[float], str]:
    """How a figure of the metric reads in the person's language, its unit apart."""
    if metric.amount and currency:
        return lambda value: _short_money(value, currency)
    return significant if metric.is_density else number


def _short_money(value: float, currency: str) -> str:
    from babel.numbers import format_compact_currency, format_currency

    if abs(value) < 1_000:
        pattern = "¤#,##0.##" if value and abs(value) < 10 and money.digits(currency) else "¤#,##0"
        return str(format_currency(value, currency, format=pattern, locale=get_locale(), currency_digits=False))
    return str(format_compact_currency(value, currency, locale=get_locale(), fraction_digits=1))


def significant(value: float) -> str:
    """A number to three digits, however small."""
    if value == 0:
        return "0"
    if abs(value) >= 1_000:
        return format_decimal(round(value))
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return format_decimal(round(value, digits), format="#,##0." + "#" * digits if digits else "#,##0")


def unit(metric: Metric) -> str:
    """What a figure is taken per; money carries its own sign."""
    return _("per km²") if metric.is_density else ""


def script_format(metric: Metric, currency: str) -> dict[str, Any]:
    """The same for scripts, as options of Intl.NumberFormat."""
    if metric.amount and currency:
        return {"style": "currency", "currency": currency, "notation": "compact", "maximumSignificantDigits": 4}
    # Counts are written to the last digit, densities to four that matter.
    return {} if metric.is_density else {"maximumSignificantDigits": 21}


# -- a choropleth ------------------------------------------------------------------------------------------------------


def classes_of(stats: RegionStats, n: int, method: str) -> Classes:
    write = writing(METRICS[stats.metric], stats.currency)
    return classify((region.value for region in stats.regions), n, method, write=write)


def choropleth(
    stats: RegionStats, classes: Classes, selection: Selection, finer: dict[str, str], shapes: dict[str, Any] | None
) -> dict[str, Any]:
    """The figures as static/js/core/choropleth.js draws them."""
    metric = METRICS[stats.metric]
    return {
        "level": stats.level,
        "label": str(METRIC_LABELS[stats.metric]),
        "unit": unit(metric),
        "suffix": "/km²" if metric.is_density else "",
        "format": script_format(metric, stats.currency),
        "counted": str(METRIC_LABELS[counted(metric)]) if metric.amount or metric.is_density else None,
        "none_label": _("No accounts"),
        "limits": list(classes.limits),
        "labels": list(classes.labels),
        "below": finer,
        "list_url": region_url("customers.index", stats.level, selection),
        "map_url": region_url("maps.accounts", stats.level, selection),
        **_where(stats, shapes),
        "regions": [
            {
                "country": region.country,
                "code": region.code,
                "name": region.name,
                "count": region.count,
                "value": region.value,
                "area_km2": region.area_km2,
            }
            for region in stats.regions
        ],
    }


def counted(metric: Metric) -> str:
    """The metric that says how many accounts another one is about."""
    return {"prospect": "prospects", "customer": "customers"}.get(metric.status or "", "accounts")


def region_url(endpoint: str, level: str, selection: Selection) -> str:
    """The list or map of a region's accounts, up to the region's word."""
    word = "territory" if level == "territory" else "region"
    rest = selection.without(word).query_string()
    return f"{url_for(endpoint)}?{rest + '&' if rest else ''}{word}="


def _where(stats: RegionStats, shapes: dict[str, Any] | None) -> dict[str, Any]:
    if shapes is not None:
        return {"shapes": shapes}
    if stats.level == "territory":
        return {"tiles": {"url": "/tiles/territories/{z}/{x}/{y}.mvt", "layer": "territories", "key": "uuid"}}
    return {}


def title(stats: RegionStats, path: Sequence[Region]) -> str:
    """What a map of regions is called."""
    said = _("%(metric)s by %(level)s", metric=METRIC_LABELS[stats.metric], level=BY_LABELS[stats.level])
    return f"{path[-1].name}: {said}" if path else said


# -- a drawing ---------------------------------------------------------------------------------------------------------


def drawing(stats: RegionStats, classes: Classes, shapes: Shapes | None) -> dict[str, Any]:
    """The same figures for gcrm.maps.draw: shapes with their colour and their words, and the legend."""
    metric = METRICS[stats.metric]
    write, ramp = writing(metric, stats.currency), palette.ramp(max(1, len(classes.labels)))
    label = str(METRIC_LABELS[stats.metric])
    about = str(METRIC_LABELS[counted(metric)])
    ending = " /km²" if metric.amount and metric.is_density else ""

    def feature(region: RegionFigure, shape: dict[str, Any]) -> dict[str, Any]:
        rows = [[label, "–" if region.value is None else write(region.value) + ending]]
        if metric.amount or metric.is_density:
            rows.append([about, number(region.count)])
        if region.area_km2:
            rows.append([_("Area"), f"{significant(region.area_km2)} km²"])
        colour = palette.MAP_LIGHT["none"] if region.value is None else ramp[classes.class_of(region.value)]
        return {"shape": shape, "name": region.name, "rows": rows, "colour": colour}

    filled = shapes.filled if shapes else {}
    nowhere = []
    if stats.outside:
        nowhere.append(_("%(n)s of %(m)s lie in no region shown.", n=number(stats.outside), m=number(stats.total)))
    return {
        "language": str(get_locale() or "en"),
        "legend": {
            "title": label,
            "unit": unit(metric),
            "items": [
                {"label": text, "colour": colour, "count": number(count)}
                for text, colour, count in zip(classes.labels, ramp, classes.counts, strict=False)
            ],
            "counted": _("regions"),
        },
        "notes": nowhere,
        "empty": _("There is nothing to draw: no account of this selection lies in a region."),
        "colours": palette.MAP_LIGHT,
        "bounds": shapes.bounds if shapes else None,
        "around": shapes.around if shapes else [],
        "features": [feature(region, filled[region.key]) for region in stats.regions if region.key in filled],
    }
