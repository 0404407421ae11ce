"""A map on a sheet of paper: where things lie on it, and its drawing as one SVG.

Lengths are millimetres. The map is Web Mercator, so north is up everywhere and a shape is true, but the scale grows away
from the equator: the bar says at which place it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from gcrm.core.errors import Invalid

Bounds = tuple[float, float, float, float]
"""West, south, east and north in degrees; east is beyond 180 across the antimeridian."""

SIZES = {"a4": (210, 297), "a3": (297, 420)}
TURNS = ("landscape", "portrait")
MARGIN = 10.0
HEADER = {"a4": 19.0, "a3": 24.0}
FOOTER = 11.0
LEGEND_WIDTH = {"a4": 50.0, "a3": 62.0}
LEGEND_HEIGHT = 40.0

UNITS = 20
"""Drawing units to a millimetre: finer than any printer's dot."""
EDGE = 0.04
"""So much ground is left round what is fitted, as a share of its size."""
NARROWEST = 0.02
"""Degrees that a sheet shows at least, so that a single account has a town round it."""
EARTH_METRES = 40_075_016.686
NORTHERNMOST = 85.0511287
PIXELS = 96 / 25.4
TILE_PIXELS = 512

LARGEST_DISC = 4.2
SMALLEST_DISC = 0.55
NAME = 2.3
COUNT = 2.1
HATCH = 34
"""Drawing units from one line of a hatching to the next."""


@dataclass(frozen=True)
class Paper:
    """A sheet of paper and the box on it that the map fills."""

    size: str
    turn: str

    @classmethod
    def parse(cls, words: Mapping[str, str]) -> Paper:
        size, turn = words.get("paper") or "a4", words.get("turn") or TURNS[0]
        if size not in SIZES:
            raise Invalid(f"“{size[:20]}” is no paper. It is one of {', '.join(SIZES)}.")
        if turn not in TURNS:
            raise Invalid(f"“{turn[:20]}” is no way to turn paper. It is one of {', '.join(TURNS)}.")
        return cls(size, turn)

    @property
    def is_wide(self) -> bool:
        return self.turn == "landscape"

    @property
    def width(self) -> int:
        return SIZES[self.size][self.is_wide]

    @property
    def height(self) -> int:
        return SIZES[self.size][not self.is_wide]

    @property
    def map_width(self) -> float:
        return self.width - 2 * MARGIN - (LEGEND_WIDTH[self.size] if self.is_wide else 0)

    @property
    def map_height(self) -> float:
        return self.height - 2 * MARGIN - HEADER[self.size] - FOOTER - (0 if self.is_wide else LEGEND_HEIGHT)


def across(lon: float) -> float:
    """How far east in the Web Mercator square, of which the whole world is 1; not cut at the antimeridian."""
    return (lon + 180) / 360


def down(lat: float) -> float:
    latitude = math.radians(max(-NORTHERNMOST, min(NORTHERNMOST, lat)))
    return (1 - math.asinh(math.tan(latitude)) / math.pi) / 2


def latitude_at(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


@dataclass(frozen=True)
class Frame:
    """The part of the world that a box shows."""

    west: float
    """The left edge in the Mercator square."""
    top: float
    scale: float
    """Millimetres that the whole square would be wide."""
    width: float
    height: float

    @classmethod
    def fitted(cls, bounds: Bounds, width: float, height: float, edge: float = EDGE) -> Frame:
        """The smallest part that holds the bounds with some ground round them, in the shape of the box."""
        west, south, east, north = bounds
        left, right, top, bottom = across(west), across(east), down(north), down(south)
        wide = max((right - left) * (1 + 2 * edge), NARROWEST / 360)
        high = max((bottom - top) * (1 + 2 * edge), NARROWEST / 360)
        scale = min(width / wide, height / high)
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        return cls(middle_x - width / scale / 2, middle_y - height / scale / 2, scale, width, height)

    @property
    def bounds(self) -> Bounds:
        """In degrees; east is beyond 180 where the frame lies astride the antimeridian."""
        east, bottom = self.west + self.width / self.scale, self.top + self.height / self.scale
        south, north = latitude_at(min(1.0, bottom)), latitude_at(max(0.0, self.top))
        return self.west * 360 - 180, south, east * 360 - 180, north

    @property
    def zoom(self) -> float:
        """The zoom at which a screen shows as much on as many millimetres."""
        return math.log2(self.scale * PIXELS / TILE_PIXELS)

    @property
    def middle_latitude(self) -> float:
        return latitude_at(min(1.0, max(0.0, self.top + self.height / self.scale / 2)))

    @property
    def metres_per_mm(self) -> float:
        """On the ground, at the middle of the frame."""
        return EARTH_METRES * math.cos(math.radians(self.middle_latitude)) / self.scale

    def units(self, lon: float, lat: float) -> tuple[int, int]:
        """A place in drawing units, from the top left corner."""
        x, y = (across(lon) - self.west) * self.scale, (down(lat) - self.top) * self.scale
        return round(x * UNITS), round(y * UNITS)

    def cell_zoom(self, widest: float) -> int:
        """The zoom of the tiles that are at most so many millimetres wide here."""
        return max(0, min(30, math.ceil(math.log2(self.scale / widest))))

    def tiles(self, most: int = 16) -> tuple[int, list[tuple[int, int]]]:
        """A zoom and the tiles of it that cover the frame, at most so many: x wraps round the world."""
        z = 0
        found: list[tuple[int, int]] = [(0, 0)]
        while z < 30:
            finer = self._covering(z + 1)
            if len(finer) > most:
                break
            z, found = z + 1, finer
        return z, found

    def _covering(self, z: int) -> list[tuple[int, int]]:
        n = 2**z
        first, last = math.floor(self.west * n), math.floor((self.west + self.width / self.scale) * n)
        top = max(0, math.floor(self.top * n))
        bottom = min(n - 1, math.floor((self.top + self.height / self.scale) * n))
        columns = sorted({x % n for x in range(first, min(last, first + n - 1) + 1)})
        return [(x, y) for x in columns for y in range(top, bottom + 1)]


def parse_bounds(text: str | None) -> Bounds | None:
    """The part of the world that an address names, as `bounds=west,south,east,north`; None where it names none."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid(f"“{text[:60]}” are no bounds. Write them as bounds=west,south,east,north.") from None
    if not all(map(math.isfinite, (west, south, east, north))):
        raise Invalid("The bounds hold something that is no number.")
    if not (-180 <= west <= 180 and west <= east <= west + 360 and -90 <= south <= north <= 90):
        raise Invalid("The bounds lie on no map: write them as bounds=west,south,east,north in degrees.")
    return west, south, east, north


@dataclass(frozen=True)
class ScaleBar:
    """A round length and how long it is on the sheet."""

    metres: float
    mm: float


def scale_bar(frame: Frame, longest: float = 45.0) -> ScaleBar:
    """The longest bar of 1, 2 or 5 times a power of ten that fits."""
    most = frame.metres_per_mm * longest
    power = 10 ** math.floor(math.log10(most))
    metres = next(step * power for step in (5, 2, 1) if step * power <= most)
    return ScaleBar(metres, metres / frame.metres_per_mm)


def radius(value: float, largest: float, biggest: float = LARGEST_DISC) -> float:
    """A disc whose area is its value."""
    return max(SMALLEST_DISC, biggest * math.sqrt(max(0.0, value) / largest)) if largest > 0 else SMALLEST_DISC


# -- the drawing -------------------------------------------------------------------------------------------------------


def path(frame: Frame, geometry: Mapping[str, Any]) -> str:
    """An area's or line's outline as SVG, in relative whole units; steps that are no unit long fall away."""
    kind, coordinates = geometry["type"], geometry.get("coordinates", ())
    rings: Iterable[Any] = ()
    if kind in ("Polygon", "MultiLineString"):
        rings = coordinates
    elif kind == "MultiPolygon":
        rings = (ring for polygon in coordinates for ring in polygon)
    elif kind == "LineString":
        rings = (coordinates,)
    elif kind == "GeometryCollection":
        return "".join(path(frame, part) for part in geometry["geometries"])
    is_area = "Polygon" in kind
    return "".join(_ring(frame, ring, is_area) for ring in rings)


def _ring(frame: Frame, ring: Sequence[Sequence[float]], is_closed: bool) -> str:
    spots = [frame.units(point[0], point[1]) for point in ring]
    steps = [
        f"{x - before_x} {y - before_y}"
        for (before_x, before_y), (x, y) in pairwise(spots)
        if (x, y) != (before_x, before_y)
    ]
    if len(steps) < (3 if is_closed else 1):
        return ""
    return f"M{spots[0][0]} {spots[0][1]}l{' '.join(steps)}{'z' if is_closed else ''}"


def drawing(sheet: Mapping[str, Any], frame: Frame) -> str:
    """The map as SVG.

    Parameters
    ----------
    sheet
        `colours`: what palette.MAP_LIGHT names; `ground`: geometries of land; `lines`: lists of outlines from fine to
        coarse; `areas`: pairs of geometry and colour; `hatched`: geometries with lines over them; `tinted`: pairs of
        geometry and colour that the ground shows through; `squares`: lon, lat of north-west and south-east corner and a
        colour; `borders`: outlines drawn over the others; `discs`: mappings of lon, lat, `radius` in mm, `colour`,
        `hollow`, `count`, `shape`; `ways`: pairs of a line and a colour; `stops`: discs over the ways; `names`: name,
        lon, lat, most important first; `bar`: the scale bar's metres, mm and words; `north`: the letter of the arrow.
    """
    colours = sheet["colours"]
    width, height = round(frame.width * UNITS), round(frame.height * UNITS)
    parts = [
        f'<rect width="{width}" height="{height}" fill="{colours["water"]}"/>',
        _areas(frame, [(shape, colours["land"]) for shape in sheet["ground"]], None),
        _areas(frame, sheet["areas"], colours["land"] if len(sheet["areas"]) < 600 else None),
        _hatching(frame, sheet.get("hatched", ()), colours["land"]),
        *(_square(frame, *square) for square in sheet["squares"]),
        *_outlines(frame, sheet["lines"], colours),
        *(_tint(frame, *tinted) for tinted in sheet.get("tinted", ())),
        _borders(frame, sheet.get("borders", ()), colours["ink"]),
        *(_disc(frame, disc, colours) for disc in sheet["discs"]),
        *(_way(frame, line, colour, colours["paper"]) for line, colour in sheet.get("ways", ())),
        *(_disc(frame, stop, colours) for stop in sheet.get("stops", ())),
        *_names(frame, sheet["names"], colours),
    ]
    return (
        f'<svg class="drawn" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{frame.width}mm" height="{frame.height}mm">'
        f'<clipPath id="frame"><rect width="{width}" height="{height}"/></clipPath>'
        f'<g clip-path="url(#frame)">{"".join(parts)}</g>'
        f"{_bar(frame, sheet['bar'], colours)}{_north(frame, sheet['north'], colours)}"
        f'<rect width="{width}" height="{height}" fill="none" stroke="{colours["line_strong"]}" stroke-width="6"/></svg>'
    )


def _areas(frame: Frame, areas: Iterable[tuple[Mapping[str, Any], str]], line: str | None) -> str:
    """Areas of one colour are one path: a few paths are drawn faster than thousands."""
    by_colour: dict[str, list[str]] = {}
    for shape, colour in areas:
        by_colour.setdefault(colour, []).append(path(frame, shape))
    edge = f'stroke="{line}" stroke-width="5" stroke-linejoin="round"' if line else 'stroke="none"'
    return "".join(
        f'<path d="{"".join(paths)}" fill="{colour}" fill-rule="evenodd" {edge}/>'
        for colour, paths in by_colour.items()
    )


def _hatching(frame: Frame, shapes: Sequence[Mapping[str, Any]], colour: str) -> str:
    """Slanted lines over areas, as on the screen: what they show rests on few cases."""
    if not shapes:
        return ""
    steps = "".join(path(frame, shape) for shape in shapes)
    width, height = round(frame.width * UNITS), round(frame.height * UNITS)
    slanted = "".join(f"M{x} {height}l{height} -{height}" for x in range(-height, width, HATCH))
    return (
        f'<clipPath id="few"><path d="{steps}" clip-rule="evenodd"/></clipPath>'
        f'<path d="{slanted}" clip-path="url(#few)" fill="none" stroke="{colour}" stroke-width="9"/>'
    )


def _tint(frame: Frame, shape: Mapping[str, Any], colour: str) -> str:
    return (
        f'<path d="{path(frame, shape)}" fill="{colour}" fill-opacity="0.28" fill-rule="evenodd" '
        f'stroke="{colour}" stroke-width="10" stroke-linejoin="round"/>'
    )


def _borders(frame: Frame, shapes: Sequence[Mapping[str, Any]], colour: str) -> str:
    if not shapes:
        return ""
    steps = "".join(path(frame, shape) for shape in shapes)
    return f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="5" stroke-opacity="0.6" stroke-linejoin="round"/>'


def _way(frame: Frame, line: Mapping[str, Any], colour: str, edge: str) -> str:
    steps = path(frame, line)
    look = 'fill="none" stroke-linejoin="round" stroke-linecap="round"'
    return f'<path d="{steps}" {look} stroke="{edge}" stroke-width="20"/><path d="{steps}" {look} stroke="{colour}" stroke-width="11"/>'


def _square(frame: Frame, west: float, north: float, east: float, south: float, colour: str) -> str:
    left, top = frame.units(west, north)
    right, bottom = frame.units(east, south)
    return f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="{colour}" fill-opacity="0.85"/>'


def _outlines(frame: Frame, lines: Sequence[Sequence[Mapping[str, Any]]], colours: Mapping[str, str]) -> Iterable[str]:
    for i, shapes in enumerate(lines):
        is_coarsest = i == len(lines) - 1
        colour, width = (colours["line_strong"], 6) if is_coarsest else (colours["line"], 3)
        steps = "".join(path(frame, shape) for shape in shapes)
        yield f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _disc(frame: Frame, disc: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    x, y = frame.units(disc["lon"], disc["lat"])
    r = round(disc["radius"] * UNITS)
    if disc.get("hollow"):
        look = f'fill="{colours["paper"]}" stroke="{disc["colour"]}" stroke-width="8"'
    else:
        look = f'fill="{disc["colour"]}" fill-opacity="0.9" stroke="{colours["paper"]}" stroke-width="4"'
    shape = disc.get("shape", "circle")
    if shape == "square":
        drawn = f'<rect x="{x - r}" y="{y - r}" width="{2 * r}" height="{2 * r}" {look}/>'
    elif shape == "diamond":
        wide = round(1.3 * r)
        drawn = f'<path d="M{x - wide} {y}l{wide} -{wide}l{wide} {wide}l-{wide} {wide}z" {look}/>'
    else:
        drawn = f'<circle cx="{x}" cy="{y}" r="{r}" {look}/>'
    written = disc.get("count", "")
    # A number stands in a disc that has room for it.
    if written and _text_width(written, COUNT) < 1.8 * disc["radius"]:
        ink = colours["ink"] if disc.get("hollow") else colours["mark_ink"]
        drawn += _text(written, x, y + round(0.36 * COUNT * UNITS), COUNT, ink, "middle")
    return drawn


def _names(frame: Frame, names: Sequence[Sequence[Any]], colours: Mapping[str, str]) -> Iterable[str]:
    """Names where they have room; each that would lie over another is left out."""
    taken: list[tuple[float, float, float, float]] = []
    for name, lon, lat in names:
        x, y = frame.units(lon, lat)
        half, high = _text_width(name, NAME) * UNITS / 2, NAME * UNITS * 0.75
        box = (x - half, y - high, x + half, y + high)
        is_inside = box[0] > 0 and box[1] > 0 and box[2] < frame.width * UNITS and box[3] < frame.height * UNITS
        if not is_inside or any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        halo = f'stroke="{colours["halo"]}" stroke-width="12" stroke-linejoin="round" stroke-opacity="0.85"'
        yield _text(name, x, y, NAME, colours["halo"], "middle", halo) + _text(
            name, x, y, NAME, colours["ink"], "middle"
        )


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _text_width(text: str, size: float) -> float:
    """About how long a text is; letters of Hangul and Han are as wide as they are high."""
    return sum(size if ord(letter) > 0x2E7F else 0.56 * size for letter in text)


def _text(text: str, x: float, y: float, size: float, colour: str, anchor: str = "start", more: str = "") -> str:
    return (
        f'<text x="{round(x)}" y="{round(y)}" font-size="{round(size * UNITS)}" fill={quoteattr(colour)} '
        f'text-anchor="{anchor}" {more}>{escape(text)}</text>'
    )


def _bar(frame: Frame, bar: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    """The scale bar at the bottom left, on a plate of paper so that it reads over anything."""
    x, y = 4 * UNITS, round((frame.height - 4) * UNITS)
    length = round(bar["mm"] * UNITS)
    plate_width = max(length, round(_text_width(bar["words"], COUNT) * UNITS)) + 3 * UNITS
    plate = (
        f'<rect x="{round(x - 1.5 * UNITS)}" y="{y - 5 * UNITS}" width="{plate_width}" height="{round(6.5 * UNITS)}" '
        f'rx="16" fill="{colours["paper"]}" fill-opacity="0.85"/>'
    )
    line = (
        f'<path d="M{x} {y - UNITS}v{UNITS}h{length}v-{UNITS}" fill="none" stroke="{colours["ink"]}" stroke-width="7"/>'
    )
    return plate + line + _text(bar["words"], x, y - 2 * UNITS, COUNT, colours["ink"])


def _north(frame: Frame, letter: str, colours: Mapping[str, str]) -> str:
    x, y = round((frame.width - 7) * UNITS), 4 * UNITS
    plate = (
        f'<rect x="{x - 3 * UNITS}" y="{y - 2 * UNITS}" width="{6 * UNITS}" height="{13 * UNITS}" rx="16" '
        f'fill="{colours["paper"]}" fill-opacity="0.85"/>'
    )
    arrow = f'<path d="M{x} {y}l{2 * UNITS} {6 * UNITS}l-{2 * UNITS} -{UNITS}l-{2 * UNITS} {UNITS}z" fill="{colours["ink"]}"/>'
    return plate + arrow + _text(letter, x, y + 9.6 * UNITS, 3, colours["ink"], "middle")
