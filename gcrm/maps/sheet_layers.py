"""What stands on a sheet of paper: the account map and the region map as gcrm.maps.sheet draws them, in words and colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.config import settings
from gcrm.core.formats import day, number, short_amount
from gcrm.core.map_layers import LayerRows, MapLayer
from gcrm.customers.queries import Figures
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import STATUS_LABELS
from gcrm.geography import queries as geography
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import layer_queries, layers, palette, panel_layers, sheet_queries, take_queries
from gcrm.maps.classes import Classes, classify
from gcrm.maps.layer_forms import MapWanted
from gcrm.maps.panel_layers import Legend
from gcrm.maps.region_queries import RegionStats
from gcrm.maps.shape_queries import Shapes
from gcrm.maps.share_services import DAYS
from gcrm.maps.sheet import (
    EDGE,
    LARGEST_DISC,
    PIXELS,
    Bounds,
    Frame,
    Paper,
    across,
    down,
    latitude_at,
    radius,
    scale_bar,
)
from gcrm.maps.sheet_queries import Cell, Marks, Outline
from gcrm.people.queries import organisation

CELL_MM = 8.0
HEAT_MM = 4.0
HEAT_CLASSES = 6
MOST_NAMES = 60
MOST_IN_FILE = 5_000
"""Accounts that a file to send holds one by one; more are cells."""
SCREEN_MM = 300.0
POINT_MM = {"A": 1.35, "B": 1.15, "C": 1.0, "D": 0.85, None: 0.85}
LARGEST_POINT = 3.2
"""Millimetres, where the area is the value."""
MARK_MM, SEVERAL_MM, STOP_MM = 1.1, 1.9, 1.7
"""Half as wide are a visit, several of them together, and a stop with its number."""
MOST_POINTS = 2_000
"""More accounts than that are drawn as cells."""
MOST_MARKS = 400
"""Of what lies over accounts fewer can be told apart."""
MOST_NAMED_AREAS = 12
BORDERS_FROM_ZOOM = {"state": 0, "county": 5, "municipality": 9}
"""As static/js/maps/layers/areas.js draws the layer of regions."""
MOST_LINES, LINES_OF_A_TITLE = 26, 4
"""So many lines have the legends of a sheet before they are written smaller; a title and its note take as many as four."""


def account_sheet(
    session: Session, wanted: MapWanted, paper: Paper, view: Bounds | None, everything: Bounds | None,
    loaded: Sequence[LoadedLevel], figures: Figures,
) -> dict[str, Any]:  # fmt: skip
    """The map of accounts on paper with the layers that are on: the part that `view` names, or all of the selection."""
    bounds = view or everything or layers.home(session) or (-180.0, -60.0, 180.0, 75.0)
    edge = 0.0 if view else EDGE
    frame = Frame.fitted(bounds, paper.map_width, paper.map_height, edge)
    parts = Parts()
    shown = sum(_add(session, layer, wanted, frame, parts) for layer in wanted.layers)
    has_ways = any(layer.is_way for layer in wanted.layers)
    return (
        _sheet(session, paper, bounds, edge, frame, loaded)
        | parts.drawn()
        | {
            "title": _("Accounts") if has_ways else ", ".join(str(layer.label) for layer in wanted.layers),
            "filters": filters(wanted.selection),
            "notes": _shown(shown, figures) if has_ways else [],
            "empty": _("No account of this selection lies here.") if has_ways and not shown else "",
        }
    )


def region_sheet(
    session: Session, stats: RegionStats, classes: Classes, shapes: Shapes | None, paper: Paper,
    loaded: Sequence[LoadedLevel], title: str, selection: Selection,
) -> dict[str, Any]:  # fmt: skip
    """The region map on paper."""
    bounds = shapes.bounds if shapes else layers.home(session) or (-180.0, -60.0, 180.0, 75.0)
    frame = Frame.fitted(bounds, paper.map_width, paper.map_height)
    drawn = layers.drawing(stats, classes, shapes)
    return _sheet(session, paper, bounds, EDGE, frame, loaded) | {
        "title": title,
        "filters": filters(selection),
        "areas": [(each["shape"], each["colour"]) for each in drawn["features"]],
        "hatched": [each["shape"] for each in drawn["features"] if each["is_few"]],
        "squares": [],
        "discs": [],
        "legends": [
            {
                **drawn["legend"],
                "items": drawn["legend"]["items"] + _few(stats),
                "shape": "square",
                "note": _("Behind each class, how many regions are in it."),
            }
        ],
        "notes": _counted(stats),
        "empty": "" if drawn["features"] else drawn["empty"],
    }


def _few(stats: RegionStats) -> list[dict[str, Any]]:
    """What is hatched, where anything is."""
    label = layers.unreliable_label(stats)
    few = sum(1 for region in stats.regions if not region.is_reliable and region.value is not None)
    if label is None:
        return []
    return [{"label": label, "colour": palette.MAP_LIGHT["mark"], "is_hatched": True, "count": number(few)}]


def _sheet(
    session: Session, paper: Paper, bounds: Bounds, edge: float, frame: Frame, loaded: Sequence[LoadedLevel]
) -> dict[str, Any]:
    """What every sheet has: the ground, the scale, whose it is and of when."""
    present = {each.level for each in loaded}
    wanted = [level for level, zoom in layers.OUTLINES_FROM_ZOOM.items() if level in present and zoom <= frame.zoom]
    outlines = sheet_queries.outlines(session, wanted, frame)
    coarsest = outlines[wanted[0]] if wanted else []
    company = organisation(session)
    bar = scale_bar(frame)
    return {
        "paper": {"size": paper.size, "turn": paper.turn},
        "bounds": list(bounds),
        "edge": edge,
        "language": str(get_locale() or "en"),
        "company": company.name if company else "",
        "date": _("As of %(day)s", day=day(clock.today(company.timezone if company else "UTC"))),
        "credits": " · ".join(filter(None, (layers.credit_text(loaded), settings().map_attribution, _accuracy(frame)))),
        "colours": palette.MAP_LIGHT,
        "ground": [each.shape for each in coarsest],
        "lines": [[each.shape for each in outlines[level]] for level in reversed(wanted)],
        "names": _names(outlines),
        "bar": {"metres": bar.metres, "mm": bar.mm, "words": _length(bar.metres)},
        "north": _("N"),
    }


def _names(outlines: dict[str, list[Outline]]) -> list[list[Any]]:
    """The names of the finest level that has few enough, the largest region first."""
    fitting = [found for found in outlines.values() if len(found) <= MOST_NAMES]
    return [[each.name, each.lon, each.lat] for each in (fitting[-1] if fitting else [])]


def _length(metres: float) -> str:
    return f"{number(metres / 1000)} km" if metres >= 1000 else f"{number(metres)} m"


def _accuracy(frame: Frame) -> str:
    """Where the scale holds, on sheets so high that it differs from place to place."""
    south, north = frame.bounds[1], frame.bounds[3]
    longest, shortest = (math.cos(math.radians(latitude)) for latitude in (south, north))
    if abs(longest / max(shortest, 0.01) - 1) < 0.02:
        return ""
    return _("Web Mercator; the scale holds at the middle of the map.")


def filters(selection: Selection) -> list[str]:
    """A selection in words."""
    said = [f"{chip['label']}: {chip['value']}" for chip in layers.chips(selection)]
    return said or [_("All accounts that I may see")]


def _shown(shown: int, figures: Figures) -> list[str]:
    """How many of the selection are on the sheet, and where the others are."""
    said = [_("%(n)s of %(m)s accounts shown.", n=number(shown), m=number(figures.count))]
    if figures.unplaced:
        said.append(_("%(n)s have no place yet.", n=number(figures.unplaced)))
    elsewhere = figures.located - shown
    if elsewhere > 0:
        said.append(_("%(n)s lie outside this part of the map.", n=number(elsewhere)))
    return said


def _counted(stats: RegionStats) -> list[str]:
    said = [_("%(n)s of %(m)s accounts shown.", n=number(stats.total - stats.outside), m=number(stats.total))]
    if stats.unplaced:
        said.append(_("%(n)s have no place yet.", n=number(stats.unplaced)))
    elsewhere = stats.outside - stats.unplaced
    if elsewhere:
        said.append(_("%(n)s lie in none of these regions.", n=number(elsewhere)))
    if stats.other_currencies:
        said.append(_("%(n)s amounts in other currencies are left out.", n=number(stats.other_currencies)))
    return said


# -- layers ------------------------------------------------------------------------------------------------------------


@dataclass
class Parts:
    """What the layers add to a sheet, from below to above."""

    tinted: list[Any] = field(default_factory=list)
    squares: list[Any] = field(default_factory=list)
    borders: list[Any] = field(default_factory=list)
    discs: list[dict[str, Any]] = field(default_factory=list)
    ways: list[Any] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)
    legends: list[dict[str, Any]] = field(default_factory=list)

    def drawn(self) -> dict[str, Any]:
        lines = sum(len(legend["items"]) + LINES_OF_A_TITLE for legend in self.legends)
        return vars(self) | {"areas": [], "is_dense": lines > MOST_LINES}


def _add(session: Session, layer: MapLayer, wanted: MapWanted, frame: Frame, parts: Parts) -> int:
    """Put a layer on the sheet; returns how many accounts it shows, where it is a way of showing them."""
    if layer.drawn == "heat":
        return _heat(session, wanted, frame, parts)
    if layer.drawn == "territories":
        _territories(session, layer, frame, parts)
    elif layer.drawn == "outlines":
        parts.borders += _borders(session, frame)
        parts.legends.append(_key(layer, [("", palette.MAP_LIGHT["ink"], "")], "line", str(layer.label)))
    elif layer.features is not None:
        _plans(session, layer, wanted, parts)
    else:
        return _rows(session, layer, wanted, frame, parts)
    return 0


def _rows(session: Session, layer: MapLayer, wanted: MapWanted, frame: Frame, parts: Parts) -> int:
    """Marks at accounts: the accounts themselves, or visits and opportunities over them."""
    company = organisation(session)
    currency = company.currency if company else "USD"
    rows = panel_layers.rows_of(session, layer, wanted, panel_layers.owners_of(session, wanted))
    if rows is None:
        return 0
    chosen, most = (wanted.shown, MOST_POINTS) if layer.is_way else (wanted.selection, MOST_MARKS)
    found = sheet_queries.marks(session, rows, chosen, frame, most, CELL_MM)
    said = panel_layers.legend_of(wanted, layer, rows, None, currency)
    looks = {kind.word: item.light for kind, item in zip(rows.kinds, said.items, strict=False)}
    by_worth = layer.is_way and wanted.size != "count"
    parts.discs += _way_discs(found, looks, by_worth) if layer.is_way else _over_discs(found, looks, layer.shape)
    items = [
        {"label": item.label, "colour": item.light, "hollow": item.hollow, "count": number(found.counts.get(kind.word, 0))}
        for kind, item in zip(rows.kinds, said.items, strict=False)
        if found.counts.get(kind.word) or len(rows.kinds) <= panel_layers.FEW_KINDS
    ]  # fmt: skip
    if found.are_cells:
        items.append({"label": said.items[-1].label, "colour": palette.MAP_LIGHT["mark"], "hollow": False, "count": ""})
    n = sum(found.counts.values())
    note = _way_note(found, wanted, currency) if layer.is_way else _over_note(session, layer, wanted, rows, said, n)
    parts.legends.append(
        {
            "title": said.title,
            "unit": said.unit or _when(layer, said),
            "shape": layer.shape,
            "items": items,
            "note": note,
        }
    )
    return n if layer.is_way else 0


def _way_discs(found: Marks, looks: Mapping[str, str], by_worth: bool) -> list[dict[str, Any]]:
    """Large discs go below, so that none hides another."""
    worths = [mark.worth_minor if by_worth else mark.n for mark in found.found]
    largest = max(worths, default=0)
    biggest = LARGEST_DISC if found.are_cells else LARGEST_POINT
    is_sized = by_worth or found.are_cells
    return [
        {
            "lon": mark.lon,
            "lat": mark.lat,
            "radius": radius(worth, largest, biggest) if is_sized else POINT_MM[mark.tier],
            "colour": looks.get(mark.kind, palette.MAP_LIGHT["mark"]),
            "hollow": mark.is_prospect,
            "count": number(mark.n) if mark.n > 1 else "",
        }
        for worth, mark in sorted(
            zip(worths, found.found, strict=True), key=lambda pair: (-pair[0], -pair[1].worth_minor)
        )
    ]  # fmt: skip


def _over_discs(found: Marks, looks: Mapping[str, str], shape: str) -> list[dict[str, Any]]:
    return [
        {
            "lon": mark.lon,
            "lat": mark.lat,
            "radius": MARK_MM if mark.n == 1 else SEVERAL_MM,
            "colour": looks.get(mark.kind, palette.MAP_LIGHT["mark"]),
            "count": number(mark.n) if mark.n > 1 else "",
            "shape": shape,
        }
        for mark in sorted(found.found, key=lambda mark: -mark.n)
    ]


def _way_note(found: Marks, wanted: MapWanted, currency: str) -> str:
    if found.are_cells:
        by_worth = wanted.size != "count"
        largest = max(mark.worth_minor if by_worth else mark.n for mark in found.found)
        return _("A disc is several accounts, in the colour of most of them; the largest is %(n)s.",
                 n=short_amount(largest, currency) if by_worth else number(largest))  # fmt: skip
    return {
        "count": _("A point is one account, larger the better its tier."),
        "value": _("A point is one account; its area is the annual value."),
        "potential": _("A point is one account; its area is the potential."),
    }[wanted.size]


def _over_note(session: Session, layer: MapLayer, wanted: MapWanted, rows: LayerRows, said: Legend, n: int) -> str:
    total = sum(kind.count for kind in layer_queries.kind_counts(session, rows, wanted.selection).values())
    shown = _(
        "%(shown)s of %(total)s %(things)s are shown.", shown=number(n), total=number(total), things=layer.counted
    )
    return " ".join([*said.notes[: 1 if layer.asks else None], shown])


def _plans(session: Session, layer: MapLayer, wanted: MapWanted, parts: Parts) -> None:
    """Each rep's way in a colour of its own, the stops in their order."""
    if layer.features is None:
        return
    whole = layer.features(session, wanted.days)
    colours = palette.categories(max(1, len(whole["groups"])))
    for feature in whole["features"]:
        shape, about = feature["geometry"], feature["properties"]
        colour = colours[about["place"]]
        if shape["type"] == "Point":
            lon, lat = shape["coordinates"]
            parts.stops.append({"lon": lon, "lat": lat, "radius": STOP_MM, "colour": colour, "hollow": True, "count": str(about["number"])})  # fmt: skip
        else:
            parts.ways.append((shape, colour))
    said = panel_layers.grouped_legend(wanted, layer, whole)
    items = [{"label": item.label, "colour": item.light, "count": number(item.count or 0)} for item in said.items]
    parts.legends.append(
        {
            "title": said.title,
            "unit": _when(layer, said),
            "shape": "line",
            "items": items,
            "note": " ".join([*said.notes[:1], *said.notes[2:]]),
        }
    )


def _when(layer: MapLayer, said: Legend) -> str:
    """The day or the period that a layer is about, which its key says after what it is."""
    return said.notes[1].rstrip(".") if layer.asks else ""


def _territories(session: Session, layer: MapLayer, frame: Frame, parts: Parts) -> None:
    found = sheet_queries.territories(session, frame)
    colours = palette.categories(max((area.colour for area in found), default=0) + 1)
    parts.tinted += [(area.shape, colours[area.colour]) for area in found]
    named = [(area.name, colours[area.colour], "") for area in found[:MOST_NAMED_AREAS]]
    rest = len(found) - len(named)
    parts.legends.append(_key(layer, named, "tint", _("and %(n)s more", n=number(rest)) if rest else ""))


def _key(layer: MapLayer, lines: Sequence[tuple[str, str, str]], shape: str, note: str) -> dict[str, Any]:
    items = [
        {"label": label or str(layer.note), "colour": colour, "hollow": False, "count": count}
        for label, colour, count in lines
    ]
    return {"title": str(layer.label), "unit": "", "shape": shape, "items": items, "note": note}


def _borders(session: Session, frame: Frame) -> list[dict[str, Any]]:
    present = {each.level for each in geography.loaded(session)}
    wanted = [level for level, zoom in BORDERS_FROM_ZOOM.items() if level in present and zoom <= frame.zoom]
    return [each.shape for level in sheet_queries.outlines(session, wanted, frame).values() for each in level]


def _heat(session: Session, wanted: MapWanted, frame: Frame, parts: Parts) -> int:
    """Squares in the colour of how many accounts are in each."""
    zoom = frame.cell_zoom(HEAT_MM)
    cells = sheet_queries.cells(session, wanted.selection, frame, zoom)
    classes = classify(
        [cell.n for cell in cells], limits=heat_limits(max((cell.n for cell in cells), default=1)), write=number
    )
    ramp = palette.ramp(max(1, len(classes.labels)))
    parts.squares += [(*_corners(cell.lon, cell.lat, zoom), ramp[classes.class_of(cell.n)]) for cell in cells]
    items = [
        {"label": label, "colour": colour, "count": number(count)}
        for label, colour, count in zip(classes.labels, ramp, classes.counts, strict=False)
    ]
    parts.legends.append(
        {"title": _("Accounts"), "unit": _("per square"), "shape": "square", "items": items,
         "note": _("Behind each class, how many squares are in it.")}
    )  # fmt: skip
    return sum(cell.n for cell in cells)


def heat_limits(largest: int) -> list[float]:
    """Round limits up to the fullest square, each a like factor above the one before: heat has a long tail."""
    round_numbers = [
        step * 10.0**power for power in range(9) for step in (1, 2, 5) if 1 < step * 10.0**power <= largest
    ]
    every = math.ceil(len(round_numbers) / (HEAT_CLASSES - 1)) or 1
    return round_numbers[::every] or [2.0]


def _corners(lon: float, lat: float, zoom: int) -> tuple[float, float, float, float]:
    """West, north, east and south of the tile that holds a place."""
    n = 2**zoom
    x, y = math.floor(across(lon) * n), math.floor(down(lat) * n)
    return x / n * 360 - 180, latitude_at(y / n), (x + 1) / n * 360 - 180, latitude_at((y + 1) / n)


def _mostly(cell: Cell) -> str:
    """The colour of what more than half of a cell are, as on the live map."""
    former = cell.n - cell.prospects - cell.customers
    for word, count in (("customer", cell.customers), ("prospect", cell.prospects), ("former", former)):
        if 2 * count > cell.n:
            return palette.STATUS_LIGHT[word]
    return palette.MAP_LIGHT["mark"]


# -- one file to send --------------------------------------------------------------------------------------------------


def account_drawing(
    session: Session, selection: Selection, bounds: Bounds | None, loaded: Sequence[LoadedLevel], figures: Figures
) -> dict[str, Any]:
    """The map of accounts for gcrm.maps.draw: each account up to a number of them, cells above."""
    company = organisation(session)
    shown = bounds or layers.home(session) or (-180.0, -60.0, 180.0, 75.0)
    frame = Frame.fitted(shown, SCREEN_MM, SCREEN_MM * 0.7)
    # Whoever moves the map finds land round what it opens with.
    wider = Frame.fitted(shown, SCREEN_MM, SCREEN_MM * 0.7, edge=0.8)
    around = sheet_queries.outlines(session, ["state"], wider)["state"] if loaded else []
    found = take_queries.named_points(session, selection, MOST_IN_FILE)
    looks = {word: (str(label), palette.STATUS_LIGHT[word]) for word, label in STATUS_LABELS.items()}
    points: list[list[Any]] = [
        [
            row[0],
            row[1] + 360 if shown[2] > 180 and row[1] < 0 else row[1],
            row[2],
            *looks[row[3]],
            row[3] == "prospect",
        ]
        for row in found or []
    ]
    cells = [] if found is not None else sheet_queries.cells(session, selection, frame, frame.cell_zoom(CELL_MM))
    notes = _shown(figures.located, figures)
    if found is None:
        notes.append(_("More than %(n)s accounts: drawn as discs of several, not one by one.", n=number(MOST_IN_FILE)))
    return {
        "language": str(get_locale() or "en"),
        "title": _("Map of the accounts"),
        "company": company.name if company else "",
        "date": _("As of %(day)s", day=day(clock.today(company.timezone if company else "UTC"))),
        "filters": filters(selection),
        "notes": notes,
        "credits": layers.credit_text(loaded),
        "empty": _("No account of this selection has a place."),
        "colours": palette.MAP_LIGHT,
        "legend": {"title": _("Status"), "unit": "", "counted": "",
                   "items": [{"label": label, "colour": colour, "count": ""} for label, colour in looks.values()]},
        "bounds": list(shown) if bounds else None,
        "around": [each.shape for each in around],
        "features": [],
        "points": points,
        "discs": _file_discs(cells),
    }  # fmt: skip


def _file_discs(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    largest = max((cell.n for cell in cells), default=0)
    return [
        {
            "lon": cell.lon,
            "lat": cell.lat,
            "radius": round(radius(cell.n, largest) * PIXELS, 1),
            "colour": _mostly(cell),
            "name": ngettext("%(n)s account", "%(n)s accounts", cell.n, n=number(cell.n)),
            "rows": [[str(STATUS_LABELS["customer"]), number(cell.customers)],
                     [str(STATUS_LABELS["prospect"]), number(cell.prospects)]],
        }
        for cell in sorted(cells, key=lambda each: -each.n)
    ]  # fmt: skip


# -- what the page offers ----------------------------------------------------------------------------------------------


def choices() -> dict[str, Any]:
    """What can be chosen of paper and of links, for the page."""
    return {
        "papers": [("a4", "A4"), ("a3", "A3")],
        "turns": [("landscape", _("Landscape")), ("portrait", _("Portrait"))],
        "lifetimes": [(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in DAYS],
    }
