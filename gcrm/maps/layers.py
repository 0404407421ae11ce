"""What maps show and say: the ground, the levels and figures by their names, a choropleth ready to be drawn."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
from typing import Any

from babel.dates import format_skeleton
from flask import url_for
from flask_babel import format_decimal, format_percent, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gcrm.core import money
from gcrm.core.config import settings
from gcrm.core.formats import day, number
from gcrm.customers.selecting import Selection
from gcrm.exchange.writing import write_cells
from gcrm.geography import queries as geography
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import palette
from gcrm.maps.background import chosen
from gcrm.maps.classes import METHODS, Classes, classify
from gcrm.maps.hotspots import Spots
from gcrm.maps.metrics import METRICS, PER_AREA, PER_HEADS, RELIABLE_FROM, Metric
from gcrm.maps.periods import month_named, months_up_to
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
    "white_space_share": _l("Share not yet sold"),
    "in_time": _l("Visited in time"),
    "overdue_value": _l("Value overdue"),
    "pipeline": _l("Pipeline"),
    "revenue": _l("Revenue"),
    "revenue_change": _l("Revenue change"),
    "win_rate": _l("Win rate"),
}
METRIC_NOTES = {
    "white_space_share": _l("Of the potential that is known, what is not sold yet."),
    "in_time": _l(
        "Of the accounts that are visited in a cadence, those whose last visit is no longer ago than it says."
    ),
    "overdue_value": _l("The annual value of accounts whose next visit is overdue by their cadence."),
    "pipeline": _l("The amounts of all open opportunities."),
    "revenue": _l("The amounts of the opportunities that were won."),
    "revenue_change": _l("How much more or less was won than in as many months before."),
    "win_rate": _l("Of the opportunities that were settled, those that were won."),
}
"""What a figure is, where its name does not say it."""
CASES_LABELS = {
    "accounts": _l("Accounts"), "customers": _l("Customers"), "prospects": _l("Prospects"),
    "white_space_share": _l("Potential known"), "in_time": _l("With a cadence"), "overdue_value": _l("Overdue"),
    "pipeline": _l("Open"), "revenue": _l("Won"), "revenue_change": _l("Won"), "win_rate": _l("Settled"),
}  # fmt: skip
"""What the count beside a figure counts."""
LEVEL_LABELS = {
    "country": _l("Countries"),
    "state": _l("States"),
    "county": _l("Counties"),
    "municipality": _l("Municipalities"),
    "postcode": _l("Postcodes"),
    "hex1000": _l("1,000 km² hexagons"),
    "hex100": _l("100 km² hexagons"),
    "hex10": _l("10 km² hexagons"),
    "territory": _l("Territories"),
}
BY_LABELS = {
    "country": _l("country"), "postcode": _l("postcode"), "state": _l("state"), "county": _l("county"), "municipality": _l("municipality"),
    "hex1000": _l("hexagon of 1,000 km²"), "hex100": _l("hexagon of 100 km²"), "hex10": _l("hexagon of 10 km²"),
    "territory": _l("territory"),
}  # fmt: skip
METHOD_LABELS = {
    "quantile": _l("Equal numbers"), "natural": _l("Natural"), "equal": _l("Equal steps"), "given": _l("Own limits"),
}  # fmt: skip
ATTRIBUTE_LABELS = {"inhabitants": _l("inhabitants"), "businesses": _l("businesses"), "households": _l("households")}
"""Names of regions' attributes that are said in the person's language; others as the file calls them."""

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
        **chosen(settings()).for_map(url_for("maps.background.pmtiles")),
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
        if level in HEXAGON_AREAS_KM2
        or level in present
        or (level == "country" and "state" in present)
        or (level == "territory" and has_territories)
    ]


def below(loaded: Sequence[LoadedLevel], level: str) -> dict[str, str]:
    """For each country the next finer level that it has: where a click on a region leads."""
    order = ["country", "state", "county", "municipality"]
    if level not in order:
        return {}
    finer = order[order.index(level) + 1 :]
    found: dict[str, str] = {}
    for each in loaded:
        if each.level in finer:
            found[each.country] = min(found.get(each.country, each.level), each.level, key=finer.index)
    return found


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
    if not states:
        return None
    every = [row.id for row in states]
    return geography.bounds(session, geography.lying_together(session, every) or every)


# -- how figures are written -------------------------------------------------------------------------------------------


def writing(metric: Metric, currency: str, per: str = "") -> Callable[[float], str]:
    """How a figure of the metric reads in the person's language, its unit apart."""
    if metric.is_share:
        return _change if metric.is_change else _share
    if metric.shows_money and currency:
        return lambda value: _short_money(value, currency)
    return significant if metric.per(per) else number


def _share(value: float) -> str:
    return format_percent(value / 100, format="#,##0.#%")


def _change(value: float) -> str:
    return format_percent(value / 100, format="+#,##0%;-#,##0%") if round(value) else format_percent(0)


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


def attribute_label(name: str) -> str:
    return str(ATTRIBUTE_LABELS.get(name) or name.replace("_", " "))


def unit(metric: Metric, per: str = "") -> str:
    """What a figure is taken per; money and shares carry their own sign."""
    divisor = metric.per(per)
    if not divisor:
        return ""
    if divisor == PER_AREA:
        return _("per km²")
    return _("per %(n)s %(what)s", n=number(PER_HEADS), what=attribute_label(divisor))


def ending(metric: Metric, per: str = "") -> str:
    """The unit behind a single figure."""
    return "/km²" if metric.per(per) == PER_AREA else unit(metric, per)


def per_choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """What a figure can be divided by."""
    whole = [("", _("whole region")), (PER_AREA, _("km²"))]
    return whole + [(name, f"{number(PER_HEADS)} {attribute_label(name)}") for name in names]


def month_label(month: str) -> str:
    """A month as “Sep 2026”."""
    return str(format_skeleton("yMMM", month_named(month).first, locale=get_locale()))


def month_choices(today: dt.date) -> list[tuple[str, str]]:
    """The months that a slider goes through, and the months up to today at its end."""
    return [(month, month_label(month)) for month in months_up_to(today)] + [("", _("Up to today"))]


def period_text(stats: RegionStats) -> str:
    """The days that a timed figure is about; empty for others."""
    if stats.period is None:
        return ""
    if stats.metric == "in_time":
        return _("On %(day)s", day=day(min(stats.period.last, stats.as_of.date())))
    return _("%(first)s to %(last)s", first=day(stats.period.first), last=day(stats.period.last))


def script_format(metric: Metric, currency: str, per: str = "") -> dict[str, Any]:
    """The same for scripts, as options of Intl.NumberFormat."""
    if metric.is_share:
        sign = {"signDisplay": "exceptZero"} if metric.is_change else {}
        return {"style": "unit", "unit": "percent", "maximumSignificantDigits": 3, **sign}
    if metric.shows_money and currency:
        return {"style": "currency", "currency": currency, "notation": "compact", "maximumSignificantDigits": 4}
    # Counts are written to the last digit, densities to four that matter.
    return {} if metric.per(per) else {"maximumSignificantDigits": 21}


# -- a choropleth ------------------------------------------------------------------------------------------------------


def classes_of(
    stats: RegionStats, n: int, method: str, limits: Sequence[float] = (), beside: RegionStats | None = None
) -> Classes:
    """The classes of the figures; of two maps that show the same figure, those of both together."""
    metric = METRICS[stats.metric]
    values = [region.value for one in (stats, beside) if one and one.metric == stats.metric for region in one.regions]
    return classify(
        values, n, method if method in METHODS else METHODS[0], limits or None,
        write=writing(metric, stats.currency, stats.per), around_zero=metric.is_change,
    )  # fmt: skip


def colours(stats: RegionStats, classes: Classes) -> dict[str, list[str]]:
    """A colour for each class, for light and dark: changes run both ways from zero, all else from little to much."""
    n = len(classes.labels)
    if not METRICS[stats.metric].is_change:
        return {side: palette.ramp(n, side == "dark") if n else [] for side in ("light", "dark")}
    below = sum(1 for limit in classes.limits if limit <= 0)
    values = [region.value for region in stats.regions if region.value is not None]
    if below == len(classes.limits) and all(value < 0 for value in values):
        below = n
    mixed = int(0 not in classes.limits and below < n and any(value < 0 for value in values))
    return {side: palette.diverging(below, mixed, n - below - mixed, side == "dark") for side in ("light", "dark")}


def choropleth(
    stats: RegionStats, classes: Classes, selection: Selection, finer: dict[str, str], shapes: dict[str, Any] | None,
    spots: Spots | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The figures as static/js/core/choropleth.js draws them."""
    metric = METRICS[stats.metric]
    return {
        "level": stats.level,
        "label": str(METRIC_LABELS[stats.metric]),
        "unit": unit(metric, stats.per),
        "suffix": ending(metric, stats.per),
        "period": period_text(stats),
        "format": script_format(metric, stats.currency, stats.per),
        "counted": cases_label(metric) if shows_cases(stats) else None,
        "none_label": _("No accounts") if metric.of == "accounts" and not metric.is_share else _("Nothing to show"),
        "unreliable_label": unreliable_label(stats),
        "below": finer,
        "list_url": region_url("customers.index", stats.level, selection),
        "map_url": region_url("maps.accounts", stats.level, selection),
        **_where(stats, shapes),
        **(_spotted(stats, spots) if spots else _classed(stats, classes)),
    }


def _classed(stats: RegionStats, classes: Classes) -> dict[str, Any]:
    def class_of(region: RegionFigure) -> int | None:
        return None if region.value is None else classes.class_of(region.value)

    return {
        "limits": list(classes.limits),
        "labels": list(classes.labels),
        "colours": colours(stats, classes),
        "regions": [_drawn(region, class_of(region)) for region in stats.regions],
    }


def _spotted(stats: RegionStats, spots: Spots) -> dict[str, Any]:
    """Hot and cold spots have a colour, all else that has a figure the grey of what may be chance."""
    classes = {"cold": 0, "hot": 1}
    sides = (("light", palette.SPOTS_LIGHT), ("dark", palette.SPOTS_DARK))
    return {
        "limits": [],
        "labels": [_("Low among low"), _("High among high")],
        "none_label": _("Not significant"),
        "colours": {side: [found[word] for word in classes] for side, found in sides},
        "regions": [_drawn(region, classes.get(spots.kinds.get(region.key, ""))) for region in stats.regions],
    }


def _drawn(region: RegionFigure, number_of_class: int | None) -> dict[str, Any]:
    return {
        "country": region.country,
        "code": region.code,
        "name": region.name,
        "count": region.count,
        "value": region.value,
        "area_km2": region.area_km2,
        "class": number_of_class,
        **({} if region.is_reliable else {"unreliable": True}),
    }


def unreliable_label(stats: RegionStats) -> str | None:
    """What is said of regions whose figure rests on few cases; None where there are none."""
    if all(region.is_reliable or region.value is None for region in stats.regions):
        return None
    return _("Fewer than %(n)s cases", n=RELIABLE_FROM)


def heading(stats: RegionStats) -> str:
    """A figure's name with what it is taken per, for a column."""
    label, behind = str(METRIC_LABELS[stats.metric]), ending(METRICS[stats.metric], stats.per)
    return f"{label} {behind}".strip()


def compare_choices() -> list[tuple[str, str]]:
    """What a second map can show."""
    before = [("", _("Nothing")), ("before", _("Time before"))]
    return before + [(word, str(label)) for word, label in METRIC_LABELS.items()]


def counted(metric: Metric) -> str:
    """The word of CASES_LABELS for what the count beside a figure counts."""
    if metric.word in CASES_LABELS:
        return metric.word
    return {"prospect": "prospects", "customer": "customers"}.get(metric.status or "", "accounts")


def cases_label(metric: Metric) -> str:
    return str(CASES_LABELS[counted(metric)])


def shows_cases(stats: RegionStats) -> bool:
    """Whether the count says something beside the figure: a plain count is its own."""
    return METRICS[stats.metric].amount is not None or bool(stats.per)


def region_url(endpoint: str, level: str, selection: Selection) -> str:
    """The list or map of a region's accounts, up to the region's word."""
    word = level if level in ("territory", "postcode", "country") else "region"
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


# -- a table -----------------------------------------------------------------------------------------------------------

CSV = "text/csv; charset=utf-8"


def table_csv(stats: RegionStats, rows: Sequence[RegionFigure], beside: RegionStats | None) -> bytes:
    """The table for a spreadsheet: plain numbers, each column with its unit."""
    names = sorted({name for region in stats.regions for name in region.attributes})
    others = {region.key: region.value for region in beside.regions} if beside else {}
    headers = ["country", "code", "name", "area_km2", "count", _csv_column(stats)]
    headers += [_csv_column(beside, stats)] if beside else []

    def cells(region: RegionFigure) -> list[str]:
        figures = [region.area_km2, region.count, region.value, *([others.get(region.key)] if beside else [])]
        known = [region.attributes.get(name) for name in names]
        return [region.country, region.code, region.name, *(_plain(value) for value in (*figures, *known))]

    file = io.BytesIO()
    write_cells([*headers, *names], (cells(region) for region in rows), file)
    return file.getvalue()


def _csv_column(stats: RegionStats, first: RegionStats | None = None) -> str:
    before = " before" if first is not None and first.metric == stats.metric else ""
    return f"{stats.metric}{before} ({stats.unit})"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


# -- a drawing ---------------------------------------------------------------------------------------------------------


def drawing(stats: RegionStats, classes: Classes, shapes: Shapes | None) -> dict[str, Any]:
    """The same figures for gcrm.maps.draw: shapes with their colour and their words, and the legend."""
    metric = METRICS[stats.metric]
    write, ramp = writing(metric, stats.currency, stats.per), colours(stats, classes)["light"]
    label = str(METRIC_LABELS[stats.metric])
    behind = f" {ending(metric, stats.per)}" if metric.shows_money and stats.per else ""

    def feature(region: RegionFigure, shape: dict[str, Any]) -> dict[str, Any]:
        rows = [[label, "–" if region.value is None else write(region.value) + behind]]
        if shows_cases(stats):
            rows.append([cases_label(metric), number(region.count)])
        if region.area_km2:
            rows.append([_("Area"), f"{significant(region.area_km2)} km²"])
        colour = palette.MAP_LIGHT["none"] if region.value is None else ramp[classes.class_of(region.value)]
        is_few = not region.is_reliable and region.value is not None
        return {"shape": shape, "name": region.name, "rows": rows, "colour": colour, "is_few": is_few}

    filled = shapes.filled if shapes else {}
    nowhere = []
    if stats.outside:
        nowhere.append(_("%(n)s of %(m)s lie in no region shown.", n=number(stats.outside), m=number(stats.total)))
    few = sum(1 for region in stats.regions if not region.is_reliable and region.value is not None)
    if few:
        nowhere.append(_("%(n)s regions rest on fewer than %(m)s cases.", n=number(few), m=RELIABLE_FROM))
    return {
        "language": str(get_locale() or "en"),
        "legend": {
            "title": label,
            "unit": unit(metric, stats.per),
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
