"""Region boundaries as shapes: mending them, cutting them at the antimeridian, drawing their outlines.

Shapes are shapely geometries in degrees (EPSG:4326), a level at a time as an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

OUTLINE_DEGREES = {"country": 0.005, "state": 0.005, "county": 0.005, "municipality": 0.002, "postcode": 0.002}
"""Tolerance of an outline: about two pixels at zoom 8, the closest at which outlines are drawn."""

CLEANED_VERTICES = 200_000
"""Shapes with more vertices are not joined edge by edge first: that takes over 20 s for 700,000."""

SPECK = 1e-5
"""Square degrees, about a tenth of a km²: islets and slivers below it are left out of outlines."""

JOINED_GAP = 0.0005
"""Degrees, some 50 m: borders that lie closer are taken for one."""


@dataclass(frozen=True)
class RegionShape:
    """One region on its way into the database; both shapes are WKB of multipolygons."""

    code: str
    name: str
    parent_code: str | None
    boundary: bytes
    outline: bytes


def to_multipolygons(shapes: Any) -> tuple[Any, Any]:
    """Mend what is invalid and keep the areas.

    Parameters
    ----------
    shapes
        Array of geometries that should be areas; None where there is none.

    Returns
    -------
    (multipolygons, mended)
        The same length: multipolygons, empty where no area was left; and which of them were invalid.
    """
    shapes = shapely.force_2d(np.asarray(shapes, dtype=object))
    invalid = ~shapely.is_valid(shapes)
    shapes[invalid] = shapely.make_valid(shapes[invalid])
    parts, owners = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        inner, outer = shapely.get_parts(parts, return_index=True)
        parts, owners = inner, owners[outer]
    flat, flat_owners = shapely.get_parts(parts, return_index=True)
    owners = owners[flat_owners]
    areal = (shapely.get_type_id(flat) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(flat)
    return _collect(flat[areal], owners[areal], len(shapes)), invalid


def _collect(polygons: Any, owners: Any, count: int) -> Any:
    """Multipolygons from polygons and the index of each one's owner."""
    out = np.empty(count, dtype=object)
    out[:] = shapely.MultiPolygon()
    if len(polygons):
        order = np.argsort(owners, kind="stable")
        out[np.unique(owners)] = shapely.multipolygons(polygons[order], indices=_ranks(owners[order]))
    return out


def _ranks(sorted_owners: Any) -> Any:
    """0, 0, 1, 2, 2 ... for owners 3, 3, 5, 8, 8 ..."""
    return np.concatenate(([0], np.cumsum(np.diff(sorted_owners) != 0)))


def cut_at_antimeridian(shapes: Any) -> Any:
    """Bring longitudes into -180 to 180, cutting shapes that cross the 180th meridian.

    A polygon counts as crossing when it runs beyond ±180, or when it is wider than half the world, which a ring
    that jumps from 179 to -179 is.
    """
    shapes = np.asarray(shapes, dtype=object).copy()
    bounds = shapely.bounds(shapes)
    for i in np.flatnonzero((bounds[:, 0] < -180) | (bounds[:, 2] > 180) | (bounds[:, 2] - bounds[:, 0] > 180)):
        parts = [piece for polygon in shapely.get_parts(shapes[i]) for piece in _cut(polygon)]
        shapes[i] = shapely.MultiPolygon(parts)
    return shapes


def _cut(polygon: Any) -> list[Any]:
    west, _, east, _ = polygon.bounds
    inside = west >= -180 and east <= 180
    if inside and east - west <= 180:
        return [polygon]
    if inside:
        polygon = shapely.transform(polygon, lambda xy: np.where(xy[:, :1] < 0, _turned(xy, 1), xy))
    pieces = []
    for turns in (-1, 0, 1):
        world = shapely.box(360 * turns - 180, -90, 360 * turns + 180, 90)
        for piece in shapely.get_parts(shapely.intersection(polygon, world)):
            if shapely.get_type_id(piece) == shapely.GeometryType.POLYGON and not piece.is_empty:
                pieces.append(shapely.transform(piece, lambda xy, by=turns: _turned(xy, -by)) if turns else piece)
    return pieces


def _turned(xy: Any, turns: int) -> Any:
    """Coordinates whole turns round the earth further east."""
    return xy + np.array([360.0 * turns, 0.0])


def without_slivers(shapes: Any, least: float) -> Any:
    """Fill holes smaller than `least` square degrees: what a careless union leaves between its parts."""

    def filled(polygon: Any) -> Any:
        holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= least]
        return shapely.Polygon(polygon.exterior, holes) if len(holes) < len(polygon.interiors) else polygon

    parts, owners = shapely.get_parts(shapes, return_index=True)
    # A filled hole may have held another part of the same shape.
    return to_multipolygons(_collect(np.array([filled(part) for part in parts], dtype=object), owners, len(shapes)))[0]


def without_islets(shapes: Any, least: float) -> Any:
    """Leave out parts smaller than `least` square degrees, but keep the largest of each shape."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, owners, area)
    kept = (area >= least) | (area >= largest[owners])
    return _collect(parts[kept], owners[kept], len(shapes))


def outlines(shapes: Any, tolerance: float) -> Any:
    """Simplify a level's shapes together, so that neighbours go on sharing their borders.

    Visvalingam-Whyatt on the edges of the coverage (Visvalingam and Whyatt 1993; GEOS 3.12). Where borders of
    neighbours don't match vertex by vertex they are joined first, unless that would take too long; then gaps stay
    below `tolerance`. A shape that comes out empty keeps its own.
    """
    if not len(shapes):
        return shapes
    drawn = without_islets(without_slivers(shapes, SPECK), min(SPECK, tolerance**2))
    vertices = int(shapely.get_num_coordinates(drawn).sum())
    if vertices <= CLEANED_VERTICES and not shapely.coverage_is_valid(drawn, JOINED_GAP):
        drawn = shapely.coverage_clean(
            shapely.coverage_simplify(drawn, tolerance / 2), gap_width=JOINED_GAP, snapping_distance=JOINED_GAP / 5
        )
    simple, _ = to_multipolygons(shapely.coverage_simplify(drawn, tolerance))
    return np.where(shapely.is_empty(simple), shapes, simple)


def united(shapes: Any, owners: Sequence[str], wanted: Sequence[str]) -> Any:
    """For each wanted owner the union of its shapes, empty where it has none.

    Shapes that share their borders unite fast and without slivers.
    """
    groups: dict[str, list[int]] = {}
    for index, owner in enumerate(owners):
        groups.setdefault(owner, []).append(index)
    out = np.empty(len(wanted), dtype=object)
    for i, owner in enumerate(wanted):
        members = shapes[groups.get(owner, [])]
        out[i] = shapely.coverage_union_all(members) if len(members) else shapely.MultiPolygon()
    return to_multipolygons(out)[0]


def region_shapes(
    codes: Sequence[str], names: Sequence[str], parents: Sequence[str | None], boundaries: Any, drawn: Any
) -> list[RegionShape]:
    """Put one level's columns together."""
    return [
        RegionShape(code, name, parent, boundary, outline)
        for code, name, parent, boundary, outline in zip(
            codes, names, parents, shapely.to_wkb(boundaries), shapely.to_wkb(drawn), strict=True
        )
    ]
