"""The ground that the company works on: areas with boundaries, distances on a small plane, and water to keep off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from gcrm.core.errors import Invalid

KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Area:
    """A region as the generator needs it; `boundary` is a shapely polygon in lon, lat."""

    code: str
    name: str
    parent: str
    boundary: Any


@dataclass(frozen=True)
class Plane:
    """Kilometres round a latitude: good to a percent over some hundred kilometres."""

    latitude: float

    @property
    def km_per_lon(self) -> float:
        return KM_PER_DEGREE * math.cos(math.radians(self.latitude))

    def km(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        return lon * self.km_per_lon, lat * KM_PER_DEGREE

    def degrees(self, x: Any, y: Any) -> tuple[Any, Any]:
        return x / self.km_per_lon, y / KM_PER_DEGREE

    def flatten(self, geometry: Any) -> Any:
        """The geometry in kilometres."""
        return shapely.transform(geometry, lambda points: points * np.array([self.km_per_lon, KM_PER_DEGREE]))

    def unflatten(self, geometry: Any) -> Any:
        return shapely.transform(geometry, lambda points: points / np.array([self.km_per_lon, KM_PER_DEGREE]))


@dataclass(frozen=True)
class Shore:
    """A river along the border of two areas: water reaches so far from the border into the first one."""

    inside: str
    border_with: str
    width_km: float


class Finder:
    """Which area holds a point; where two overlap, the lowest code, as in the database."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._areas = sorted(areas, key=lambda area: area.code)
        self._tree = shapely.STRtree([area.boundary for area in self._areas])

    def areas_at(self, lons: Sequence[float], lats: Sequence[float]) -> list[Area | None]:
        found: list[Area | None] = [None] * len(lons)
        points, areas = self._tree.query(shapely.points(lons, lats), predicate="covered_by")
        lowest: dict[int, int] = {}
        for point, area in zip(points.tolist(), areas.tolist(), strict=True):
            lowest[point] = min(area, lowest.get(point, area))
        for point, area in lowest.items():
            found[point] = self._areas[area]
        return found


@dataclass(frozen=True)
class Ground:
    """States, counties and, where the country has them, municipalities, each by its code."""

    states: Mapping[str, Area]
    counties: Mapping[str, Area]
    municipalities: Mapping[str, Area]
    beyond: Mapping[str, Area]
    """Counties across the border, which shores name."""

    def __post_init__(self) -> None:
        if not self.states or not self.counties:
            raise Invalid("The regions that the demo stands on are missing. Run: gcrm regions load us, or kr.")

    @property
    def pieces(self) -> Mapping[str, Area]:
        """The finest areas: municipalities, or counties where there are none."""
        return self.municipalities or self.counties

    def county_of(self, piece: str) -> Area:
        return self.counties[self.municipalities[piece].parent] if self.municipalities else self.counties[piece]

    def state_of(self, piece: str) -> Area:
        return self.states[self.county_of(piece).parent]

    @cached_property
    def plane(self) -> Plane:
        return Plane(float(np.mean([area.boundary.centroid.y for area in self.counties.values()])))

    @cached_property
    def finder(self) -> Finder:
        return Finder(list(self.pieces.values()))

    def water(self, shores: Sequence[Shore]) -> Any:
        """The rivers along the given borders, as one prepared geometry in lon, lat."""
        areas = {**self.beyond, **self.counties}
        strips = [
            self._strip(areas[shore.inside].boundary, areas[shore.border_with].boundary, shore.width_km)
            for shore in shores
            if shore.inside in areas and shore.border_with in areas
        ]
        found = self.plane.unflatten(shapely.union_all(strips)) if strips else shapely.Point()
        shapely.prepare(found)
        return found

    def _strip(self, inside: Any, other: Any, width_km: float) -> Any:
        inside, other = self.plane.flatten(inside), self.plane.flatten(other)
        # Neighbours may meet within metres, not exactly.
        border = shapely.intersection(shapely.boundary(inside), shapely.buffer(other, 0.02, quad_segs=1))
        return shapely.intersection(shapely.buffer(border, width_km, quad_segs=4), inside)
