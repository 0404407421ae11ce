"""Drawn areas and circles as shapes: read from an address or a file, refused with a sentence, split at the antimeridian.

Coordinates are degrees (WGS 84), lon before lat. An edge is straight in degrees. A shape that crosses the antimeridian goes
on counting beyond 180 while it is drawn, and is two parts afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.customers.near import LARGEST_RADIUS_METRES

MOST_CORNERS = 200
"""Of an area that stands in an address; a larger one is saved and named by its id."""
MOST_STORED_CORNERS = 20_000
LONGEST_TEXT = 2_400
"""Characters of a drawn area: 200 corners far apart; a request's line has room for it."""
PRECISION = 5
"""Decimals of a degree in an address, about a metre."""
METRES_PER_DEGREE = 111_195.0
CIRCLE_CORNERS = 64
CIRCLE_SLACK = 1.012
"""A sphere's circle of so many corners, made larger or smaller by this, lies outside or inside the spheroid's."""

Ring = list[tuple[float, float]]
Shape = Any
"""A polygon or multipolygon of shapely, valid, between -180 and 180."""


@dataclass(frozen=True)
class Circle:
    """Everything within so many metres of a point."""

    lon: float
    lat: float
    metres: float


def drawn(text: str) -> Shape:
    """The area of an encoded polyline (latitude first, as the format has it), its end joined to its beginning."""
    ring = _ring(text)
    if len(ring) > MOST_CORNERS:
        raise Invalid(
            f"A drawn area in an address has at most {MOST_CORNERS} corners; this one has {len(ring)}. Save it first."
        )
    _refuse_odd(ring)
    shape = _polygon(ring)
    _refuse_crossing(shape)
    return wrapped(shape)


def _ring(text: str) -> Ring:
    import polyline

    fault = Invalid("The drawn area is cut short, or holds signs that no area has.")
    if len(text) > LONGEST_TEXT or not all("?" <= sign <= "~" for sign in text):
        raise fault
    try:
        points = polyline.decode(text, PRECISION)
    except (IndexError, ValueError, OverflowError):
        raise fault from None
    ring = [(float(lon), float(lat)) for lat, lon in points]
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def encoded(ring: Sequence[tuple[float, float]]) -> str:
    """The ring as it stands in an address."""
    import polyline

    text: str = polyline.encode([(lat, lon) for lon, lat in ring], PRECISION)
    return text


def _refuse_odd(ring: Ring) -> None:
    for lon, lat in ring:
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise Invalid("A corner of the area is not a number.")
        if abs(lon) > 540 or abs(lat) > 90:
            raise Invalid(f"A corner of the area is on no map: longitude {lon:g}, latitude {lat:g}.")
    if len(set(ring)) < 3:
        raise Invalid(f"An area has at least three corners; this one has {len(set(ring))}.")
    if any(abs(a[0] - b[0]) > 180 for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)):
        raise Invalid(
            "An edge of the area runs more than half round the world."
            " Across the antimeridian go on counting: 181 rather than -179."
        )


def _polygon(ring: Ring) -> Shape:
    import shapely

    return shapely.Polygon(ring)


def _refuse_crossing(shape: Shape) -> None:
    import shapely

    said = shapely.is_valid_reason(shape)
    if said != "Valid Geometry":
        place = said.partition("[")[2].rstrip("]").split()
        where = f" near longitude {float(place[0]):.4f}, latitude {float(place[1]):.4f}" if len(place) > 1 else ""
        raise Invalid(f"The edges of the area cross{where}. Draw it so that they do not.")


def wrapped(shape: Shape) -> Shape:
    """The shape between -180 and 180; what lies beyond comes in again at the other side."""
    import shapely
    from shapely.affinity import translate

    west, _south, east, _north = shape.bounds
    if west >= -180 and east <= 180:
        return shape
    parts = []
    for turn in (-1, 0, 1):
        frame = shapely.box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        parts.append(translate(shape.intersection(frame), -360 * turn))
    return shapely.union_all([part for part in parts if part.area > 0])


@dataclass(frozen=True)
class Stored:
    """A shape ready to be saved."""

    shape: Shape
    """A multipolygon."""
    is_repaired: bool
    """Its edges crossed, or it held what is no area; what it encloses is kept."""


def stored(geometry: Any) -> Stored:
    """A GeoJSON Polygon or MultiPolygon, repaired where its edges cross: what a loop encloses is kept."""
    import shapely

    rings = _rings(geometry)
    shape = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in rings])
    is_valid = bool(shape.is_valid)
    if not is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = shapely.get_parts(wrapped(shape))
    parts = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        raise Invalid("The area encloses nothing.")
    return Stored(shapely.MultiPolygon(parts), not is_valid)


def _rings(geometry: Any) -> list[list[Ring]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise Invalid("An area is a GeoJSON Polygon or MultiPolygon.")
    listed = geometry.get("coordinates")
    polygons = [listed] if kind == "Polygon" else listed
    try:
        count = sum(len(ring) for polygon in polygons for ring in polygon)
    except TypeError:
        raise Invalid("The coordinates of the area are no rings of points.") from None
    if count > MOST_STORED_CORNERS:
        raise Invalid(
            f"An area has at most {MOST_STORED_CORNERS:,} corners; this one has {count:,}. Simplify it first."
        )
    try:
        read = [[[(float(p[0]), float(p[1])) for p in ring] for ring in polygon] for polygon in polygons]
    except (TypeError, ValueError, IndexError, OverflowError):
        raise Invalid("The coordinates of the area are no rings of points.") from None
    if not read or not all(read):
        raise Invalid("The area encloses nothing.")
    for ring in (ring for polygon in read for ring in polygon):
        _refuse_odd(ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring)
    return read


def circle(text: str) -> Circle:
    """Read `lon,lat,metres`."""
    parts = text.split(",")
    try:
        lon, lat, metres = (float(part) for part in parts)
    except ValueError:
        raise Invalid(f"“{text[:40]}” is no place with a distance. Write it as lon,lat,metres.") from None
    if not (math.isfinite(lon) and math.isfinite(lat) and math.isfinite(metres)):
        raise Invalid(f"“{text[:40]}” holds what is not a number.")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Invalid(f"Longitude {lon:g} and latitude {lat:g} are on no map.")
    if not 1 <= metres <= LARGEST_RADIUS_METRES:
        raise Invalid(f"The distance is between 1 and {LARGEST_RADIUS_METRES:,} metres, not {metres:g}.")
    return Circle(lon, lat, metres)


def round_of(around: Circle, slack: float = 1.0) -> Shape | None:
    """The circle on a sphere as a shape, its distance times `slack`; None where it reaches a pole."""
    import shapely

    reach = math.radians(around.metres * slack / METRES_PER_DEGREE)
    if abs(math.radians(around.lat)) + reach >= math.radians(88):
        return None
    lat, lon = math.radians(around.lat), math.radians(around.lon)
    ring = []
    for number in range(CIRCLE_CORNERS):
        bearing = 2 * math.pi * number / CIRCLE_CORNERS
        south = math.sin(lat) * math.cos(reach) + math.cos(lat) * math.sin(reach) * math.cos(bearing)
        east = math.atan2(math.sin(bearing) * math.sin(reach) * math.cos(lat), math.cos(reach) - math.sin(lat) * south)
        ring.append((math.degrees(lon + east), math.degrees(math.asin(south))))
    return wrapped(shapely.Polygon(ring))


def many(shape: Shape) -> Shape:
    """The shape as a multipolygon between -180 and 180."""
    import shapely

    return shapely.MultiPolygon([part for part in shapely.get_parts(wrapped(shape)) if part.geom_type == "Polygon"])


def geojson(shape: Shape) -> dict[str, Any]:
    """The shape as a GeoJSON geometry."""
    import json

    import shapely

    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found
