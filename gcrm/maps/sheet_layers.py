"""What stands on a sheet of paper: the account map and the region map as gcrm.maps.sheet draws them, in words and colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.config import settings
from gcrm.core.formats import day, number, short_amount
from gcrm.customers.queries import Figures
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import STATUS_LABELS
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import layers, palette, sheet_queries, take_queries
from gcrm.maps.classes import Classes, classify
from gcrm.maps.region_queries import RegionStats
from gcrm.maps.shape_queries import Shapes
from gcrm.maps.share_services import DAYS
from gcrm.maps.sheet import (
    EDGE,
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
from gcrm.maps.sheet_queries import Cell, Outline, Point
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


@dataclass(frozen=True)
class AccountsWanted:
    """What the sheet of accounts is asked for beside the selection."""

    selection: Selection
    by_value: bool
    is_heat: bool


def account_sheet(
    session: Session, wanted: AccountsWanted, paper: Paper, view: Bounds | None, everything: Bounds | None,
    loaded: Sequence[LoadedLevel], figures: Figures,
) -> dict[str, Any]:  # fmt: skip
    """The map of accounts on paper: the part that `view` names, or all of the selection."""
    bounds = view or everything or layers.home(session) or (-180.0, -60.0, 180.0, 75.0)
    edge = 0.0 if view else EDGE
    frame = Frame.fitted(bounds, paper.map_width, paper.map_height, edge)
    found = None if wanted.is_heat else sheet_queries.points(session, wanted.selection, frame)
    if found is not None:
        shown, drawn = len(found), _points(found, wanted.by_value)
    else:
        zoom = frame.cell_zoom(HEAT_MM if wanted.is_heat else CELL_MM)
        cells = sheet_queries.cells(session, wanted.selection, frame, zoom)
        shown = sum(cell.n for cell in cells)
        drawn = _heat(cells, zoom) if wanted.is_heat else _cells(session, cells, wanted.by_value)
    return (
        _sheet(session, paper, bounds, edge, frame, loaded)
        | drawn
        | {
            "title": _("Accounts"),
            "filters": filters(wanted.selection),
            "notes": _shown(shown, figures),
            "empty": "" if shown else _("No account of this selection lies here."),
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
        "squares": [],
        "discs": [],
        "legends": [
            {
                **drawn["legend"],
                "shape": "square",
                "note": _("Behind each class, how many regions are in it."),
            }
        ],
        "notes": _counted(stats),
        "empty": "" if drawn["features"] else drawn["empty"],
    }


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


# -- accounts ----------------------------------------------------------------------------------------------------------


def _points(found: Sequence[Point], by_value: bool) -> dict[str, Any]:
    largest = max((point.value_minor for point in found), default=0)
    discs = [
        {
            "lon": point.lon,
            "lat": point.lat,
            "radius": radius(point.value_minor, largest, LARGEST_POINT) if by_value else POINT_MM[point.tier],
            "colour": palette.STATUS_LIGHT[point.status],
            "hollow": point.status == "prospect",
        }
        # Large discs go below, so that none hides another.
        for point in sorted(found, key=lambda p: -p.value_minor)
    ]
    counts = {word: sum(point.status == word for point in found) for word in STATUS_LABELS}
    note = (
        _("A point is one account; its area is the annual value.")
        if by_value
        else _("A point is one account, larger the better its tier.")
    )
    return _drawn(discs=discs, legends=[_status_legend(counts, note)])


def _status_legend(counts: dict[str, int], note: str, mixed: str = "") -> dict[str, Any]:
    items = [
        {"label": str(label), "colour": palette.STATUS_LIGHT[word], "hollow": word == "prospect", "count": number(counts[word])}
        for word, label in STATUS_LABELS.items()
    ]  # fmt: skip
    if mixed:
        items.append({"label": mixed, "colour": palette.MAP_LIGHT["mark"], "hollow": False, "count": ""})
    return {"title": _("Status"), "unit": "", "shape": "circle", "items": items, "note": note}


def _cells(session: Session, cells: Sequence[Cell], by_value: bool) -> dict[str, Any]:
    company = organisation(session)
    currency = company.currency if company else "USD"
    worths = [cell.value_minor if by_value else cell.n for cell in cells]
    largest = max(worths, default=0)
    discs = [
        {
            "lon": cell.lon,
            "lat": cell.lat,
            "radius": radius(worth, largest),
            "colour": _mostly(cell),
            "hollow": False,
            "count": number(cell.n) if cell.n > 1 else "",
        }
        for worth, cell in sorted(zip(worths, cells, strict=True), key=lambda pair: -pair[0])
    ]
    n = sum(cell.n for cell in cells)
    counts = {"prospect": sum(c.prospects for c in cells), "customer": sum(c.customers for c in cells)}
    counts["former"] = n - counts["prospect"] - counts["customer"]
    said = _("A disc is several accounts, in the colour of most of them; the largest is %(n)s.",
             n=short_amount(largest, currency) if by_value else number(largest))  # fmt: skip
    return _drawn(discs=discs, legends=[_status_legend(counts, said, mixed=_("Several, mixed"))])


def _mostly(cell: Cell) -> str:
    """The colour of what more than half of a cell are, as on the live map."""
    former = cell.n - cell.prospects - cell.customers
    for word, count in (("customer", cell.customers), ("prospect", cell.prospects), ("former", former)):
        if 2 * count > cell.n:
            return palette.STATUS_LIGHT[word]
    return palette.MAP_LIGHT["mark"]


def _heat(cells: Sequence[Cell], zoom: int) -> dict[str, Any]:
    """Squares in the colour of how many accounts are in each."""
    classes = classify(
        [cell.n for cell in cells], limits=heat_limits(max((cell.n for cell in cells), default=1)), write=number
    )
    ramp = palette.ramp(max(1, len(classes.labels)))
    squares = [(*_corners(cell.lon, cell.lat, zoom), ramp[classes.class_of(cell.n)]) for cell in cells]
    items = [
        {"label": label, "colour": colour, "count": number(count)}
        for label, colour, count in zip(classes.labels, ramp, classes.counts, strict=False)
    ]
    legend = {"title": _("Accounts"), "unit": _("per square"), "shape": "square", "items": items,
              "note": _("Behind each class, how many squares are in it.")}  # fmt: skip
    return _drawn(squares=squares, legends=[legend])


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


def _drawn(**parts: Any) -> dict[str, Any]:
    return {"areas": [], "squares": [], "discs": []} | parts


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
