"""A day drawn as one SVG: the lie of the land around it, the way, the numbered stops; a picture that needs no network.

Colours are the style sheet's (`day-map-*`), so that the picture follows light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float]
"""lon, lat"""
WIDTH = 800
LEAST_HEIGHT, MOST_HEIGHT = 480, 900
MARGIN = 56
"""Around the stops, so that no number is cut."""
LEAST_DEGREES = 0.02
"""A day within one street still shows where that is."""
MOST_DIGITS = 1
FINEST_PIXELS = 0.8
"""Bends of lines that are smaller are left out."""
LEVELS = ("motorway", "primary", "secondary")
"""What the style sheet calls the levels of main roads."""
MOST_TOWNS = 12
TOWN_WIDTH, TOWN_HEIGHT = 110, 28
"""The space that a town's name takes, so that none covers another."""
MOST_BYTES = 60_000


@dataclass(frozen=True)
class Numbered:
    """A stop with the number it has in the list."""

    id: str
    number: int
    point: Point


@dataclass(frozen=True)
class Ground:
    """What lies around: borders, main roads by level, and towns, the larger first."""

    borders: Sequence[Sequence[Point]] = ()
    roads: Sequence[Sequence[Sequence[Point]]] = ()
    towns: Sequence[tuple[str, Point]] = ()


@dataclass(frozen=True)
class View:
    """The part of the world that is drawn, in Mercator, and its size in pixels."""

    west: float
    north: float
    scale: float
    height: int

    def pixel(self, point: Point) -> Point:
        return ((point[0] - self.west) * self.scale, (self.north - _mercator(point[1])) * self.scale)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        south = self.north - self.height / self.scale
        return (self.west, _latitude(south), self.west + WIDTH / self.scale, _latitude(self.north))


def _mercator(lat: float) -> float:
    """Northing in degrees of the equator."""
    bounded = max(-85.0, min(85.0, lat))
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(bounded) / 2)))


def _latitude(northing: float) -> float:
    return math.degrees(2 * math.atan(math.exp(math.radians(northing))) - math.pi / 2)


def view_of(points: Iterable[Point]) -> View | None:
    """The view that shows all of some points; None without any."""
    found = [(lon, _mercator(lat)) for lon, lat in points]
    if not found:
        return None
    west, east = min(x for x, _ in found), max(x for x, _ in found)
    south, north = min(y for _, y in found), max(y for _, y in found)
    wide, tall = max(east - west, LEAST_DEGREES), max(north - south, LEAST_DEGREES / 2)
    height = min(MOST_HEIGHT, max(LEAST_HEIGHT, round(tall / wide * (WIDTH - 2 * MARGIN)) + 2 * MARGIN))
    scale = min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / tall)
    middle = ((west + east) / 2, (south + north) / 2)
    return View(middle[0] - WIDTH / 2 / scale, middle[1] + height / 2 / scale, scale, height)


def draw(
    view: View, label: str, stops: Sequence[Numbered], way: Sequence[Point], ends: Sequence[Point], ground: Ground
) -> str:
    """The SVG; the ground is drawn more coarsely where it would weigh too much."""
    coarse = FINEST_PIXELS
    while True:
        picture = _draw(view, label, stops, way, ends, ground, coarse)
        if len(picture.encode()) <= MOST_BYTES or coarse > 50:
            return picture
        coarse *= 2


def _draw(
    view: View, label: str, stops: Sequence[Numbered], way: Sequence[Point], ends: Sequence[Point], ground: Ground,
    coarse: float,
) -> str:  # fmt: skip
    parts = [
        f'<svg class="day-map" viewBox="0 0 {WIDTH} {view.height}" role="img" aria-label="{escape(label)}">',
        f'<rect class="day-map-ground" width="{WIDTH}" height="{view.height}"/>',
        _path("day-map-border", view, ground.borders, coarse),
        # The larger roads lie over the smaller.
        *(
            _path(f"day-map-road {level}", view, lines, coarse)
            for level, lines in reversed([*zip(LEVELS, ground.roads, strict=False)])
        ),
        *_towns(view, ground.towns, [view.pixel(stop.point) for stop in stops]),
        _path("day-map-way", view, [way], coarse),
    ]
    parts += [f'<circle class="day-map-end" cx="{_n(x)}" cy="{_n(y)}" r="9"/>' for x, y in map(view.pixel, ends)]
    # The next stop is drawn last, over those that come behind it.
    parts += [_stop(view, stop) for stop in reversed(stops)]
    return "".join([*parts, "</svg>"])


def _stop(view: View, stop: Numbered) -> str:
    x, y = view.pixel(stop.point)
    return (
        f'<g class="day-map-stop" data-stop="{escape(stop.id)}" transform="translate({_n(x)} {_n(y)})">'
        f'<circle r="17"/><text dy="7">{stop.number}</text></g>'
    )


def _path(kind: str, view: View, lines: Iterable[Sequence[Point]], coarse: float) -> str:
    drawn = "".join(filter(None, (_line(view, line, coarse) for line in lines)))
    return f'<path class="{kind}" d="{drawn}"/>' if drawn else ""


def _line(view: View, line: Sequence[Point], coarse: float) -> str:
    points = simplified([view.pixel(point) for point in line], coarse)
    if len(points) < 2 or not _is_seen(view, points, coarse):
        return ""
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _is_seen(view: View, points: Sequence[Point], coarse: float) -> bool:
    """Tell whether the box round a line is in the view, and larger than what is left out."""
    (left, right), (top, bottom) = ((min(side), max(side)) for side in zip(*points, strict=True))
    is_large = max(right - left, bottom - top) > coarse
    return bool(is_large and right >= 0 and left <= WIDTH and bottom >= 0 and top <= view.height)


def simplified(points: Sequence[Point], tolerance: float) -> list[Point]:
    """A line without the bends that are smaller than the tolerance (Douglas and Peucker, 1973)."""
    if len(points) < 3:
        return list(points)
    thinned = _thinned(points, tolerance)
    kept = _Kept(thinned, tolerance)
    kept.between(0, len(thinned) - 1)
    return [point for point, stays in zip(thinned, kept.stays, strict=True) if stays]


def _thinned(points: Sequence[Point], tolerance: float) -> list[Point]:
    """Without points that lie closer to the one before than anybody sees, so that a fine line costs little."""
    found = [points[0]]
    for point in points[1:-1]:
        if math.dist(point, found[-1]) > tolerance:
            found.append(point)
    return [*found, points[-1]]


@dataclass
class _Kept:
    points: Sequence[Point]
    tolerance: float
    stays: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.stays = [False] * len(self.points)
        self.stays[0] = self.stays[-1] = True

    def between(self, first: int, last: int) -> None:
        waiting = [(first, last)]
        while waiting:
            a, b = waiting.pop()
            farthest, distance = a, self.tolerance
            for number in range(a + 1, b):
                away = _away(self.points[number], self.points[a], self.points[b])
                if away > distance:
                    farthest, distance = number, away
            if farthest != a:
                self.stays[farthest] = True
                waiting += [(a, farthest), (farthest, b)]


def _away(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from a piece of a line."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length)) if length else 0.0
    return math.hypot(x - ax - share * dx, y - ay - share * dy)


def _towns(view: View, towns: Sequence[tuple[str, Point]], taken: Sequence[Point]) -> list[str]:
    """Names of towns that lie in the view, as many as leave each other and the stops their room."""
    drawn, places = [], list(taken)
    for name, point in towns:
        x, y = view.pixel(point)
        is_inside = TOWN_WIDTH / 2 < x < WIDTH - TOWN_WIDTH / 2 and TOWN_HEIGHT < y < view.height - TOWN_HEIGHT
        is_free = all(abs(x - a) > TOWN_WIDTH or abs(y - b) > TOWN_HEIGHT for a, b in places)
        if is_inside and is_free:
            drawn.append(f'<text class="day-map-town" x="{_n(x)}" y="{_n(y)}">{escape(name)}</text>')
            places.append((x, y))
        if len(drawn) == MOST_TOWNS:
            break
    return drawn


def _n(value: float) -> str:
    """A number of pixels, as short as it can be said."""
    return f"{value:.{MOST_DIGITS}f}".removesuffix(".0")
