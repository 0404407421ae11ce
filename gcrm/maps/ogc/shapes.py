"""Shapes in filters: GeoJSON geometries and boxes, checked for what they must have and turned to easting first."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from gcrm.core.errors import Malformed
from gcrm.geography.tiles import Box
from gcrm.maps.ogc.crs import Crs

MOST_VERTICES = 10_000
NESTING = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many lists lie round the positions of each type."""
FEWEST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}
"""Positions in each innermost list."""


@dataclass(frozen=True)
class Shape:
    """A shape in a system of reference, easting or longitude first."""

    geojson: str
    crs: Crs
    reach: Box
    """Its smallest and largest coordinates, in its own system."""


class Reader:
    """Reads the shapes of one filter, which together may have so many vertices."""

    def __init__(self, crs: Crs) -> None:
        self.crs = crs
        self.positions: list[tuple[float, float]] = []
        self.read = 0

    def shape(self, node: dict[str, Any]) -> Shape:
        self.positions = []
        made = self._box(node["bbox"]) if "bbox" in node else self._geometry(node)
        xs, ys = zip(*self.positions, strict=True)
        return Shape(json.dumps(made), self.crs, (min(xs), min(ys), max(xs), max(ys)))

    def _box(self, numbers: Any) -> dict[str, Any]:
        if not isinstance(numbers, list) or len(numbers) not in (4, 6):
            raise Malformed("“filter”: a bbox has 4 numbers, or 6 with heights.")
        if len(numbers) == 6:
            numbers = [numbers[i] for i in (0, 1, 3, 4)]
        (west, south), (east, north) = self._position(numbers[:2]), self._position(numbers[2:])
        if south > north or (west > east and not self.crs.is_geographic):
            raise Malformed("“filter”: the upper corner of a bbox lies below its lower corner.")
        parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        self.positions += [(x, y) for part in parts for x in part for y in (south, north)]
        rings = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in parts]
        if west == east or south == north:
            return {"type": "MultiLineString", "coordinates": [[[w, south], [e, north]] for w, e in parts]}
        return {"type": "MultiPolygon", "coordinates": rings}

    def _geometry(self, node: dict[str, Any]) -> dict[str, Any]:
        kind = node.get("type")
        if kind == "GeometryCollection":
            parts = node.get("geometries")
            if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
                raise Malformed("“filter” holds an empty geometry.")
            if any(part.get("type") == kind for part in parts):
                raise Malformed("“filter”: a GeometryCollection holds no other one.")
            return {"type": kind, "geometries": [self._geometry(part) for part in parts]}
        if kind not in NESTING:
            raise Malformed(f"“filter”: “{str(kind)[:40]}” is no type of geometry.")
        return {"type": kind, "coordinates": self._lists(node.get("coordinates"), NESTING[str(kind)], str(kind))}

    def _lists(self, node: Any, depth: int, kind: str) -> Any:
        if not isinstance(node, list) or not node:
            raise Malformed(f"“filter” holds an empty {kind}.")
        if depth == 0:
            return list(self._position(node))
        found = [self._lists(each, depth - 1, kind) for each in node]
        if depth == 1:
            if len(found) < FEWEST.get(kind, 1):
                raise Malformed(f"“filter”: a {kind} needs {FEWEST[kind]} positions, not {len(found)}.")
            if kind.endswith("Polygon") and found[0] != found[-1]:
                raise Malformed("“filter”: the ring of a polygon ends where it began.")
        return found

    def _position(self, node: Any) -> tuple[float, float]:
        """One position, heights left out, easting first."""
        if not isinstance(node, list) or len(node) < 2 or not all(_is_number(each) for each in node[:2]):
            raise Malformed("“filter”: a position has two numbers.")
        self.read += 1
        if self.read > MOST_VERTICES:
            raise Malformed(f"“filter” holds shapes of more than {MOST_VERTICES:,} positions. Simplify them.")
        x, y = (node[1], node[0]) if self.crs.is_northing_first else (node[0], node[1])
        if self.crs.is_geographic and not (-180 <= x <= 180 and -90 <= y <= 90):
            order = "latitude comes first" if self.crs.is_northing_first else "longitude comes first"
            raise Malformed(f"“filter”: the position {node[0]:g} {node[1]:g} is on no map; {order} in {self.crs.uri}.")
        self.positions.append((float(x), float(y)))
        return float(x), float(y)


def _is_number(node: Any) -> bool:
    return isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node)
