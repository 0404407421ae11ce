"""Where accounts lie: round the centres of real towns, thinner outwards, on land and inside the town's own area."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gcrm.demo import seeds
from gcrm.demo.ground import Ground, Plane

ROUNDS = 40
SUBURBAN = 0.12
"""Share of accounts that lie well outside the centre: shopping roads, farms, industrial estates."""
CANDIDATES = 16


@dataclass(frozen=True)
class Town:
    """A settlement within one piece of ground; `weight` says how much business there is."""

    name: str
    lon: float
    lat: float
    weight: float
    radius_km: float
    """How far the built-up area reaches."""
    piece: str
    is_rural: bool


@dataclass(frozen=True)
class Place:
    lon: float
    lat: float
    piece: str
    """Code of the finest area that holds the point."""
    town: str
    is_rural: bool


@dataclass(frozen=True)
class Village:
    """The centre of a small settled area, for judging where in a large one people live."""

    lon: float
    lat: float
    spread_km: float


def radius_km(population: int) -> float:
    """Of a disc that holds the people: denser the larger the town is."""
    return math.sqrt(population / (900 * (population / 1000) ** 0.18) / math.pi)


def near_towns(towns: Sequence[Town], ground: Ground, water: Any, count: int, seed: int) -> list[Place]:
    """Scatter places round the towns' centres, with the density of an exponential disc.

    A place that falls into water or out of its town's area is drawn again, nearer to the centre each time; where even
    that fails it is the centre itself.
    """
    draw = seeds.arrays(seed, "places")
    weights = np.array([town.weight for town in towns])
    chosen = draw.choice(len(towns), size=count, p=weights / weights.sum())
    centre = np.array([(town.lon, town.lat) for town in towns])
    scale = np.array([town.radius_km for town in towns]) / 2.1
    far = np.where(draw.random(count) < SUBURBAN, 2.6, 1.0)
    pieces = np.array([town.piece for town in towns])
    points = np.zeros((count, 2))
    missing = np.arange(count)
    for turn in range(ROUNDS):
        # The distance in an exponential disc is the sum of two exponential steps.
        reach = scale[chosen[missing]] * far[missing] * (0.92**turn)
        distance = draw.gamma(2.0, reach / 1.35) + 0.03
        angle = draw.random(len(missing)) * 2 * np.pi
        dx, dy = ground.plane.degrees(distance * np.cos(angle), distance * np.sin(angle))
        points[missing] = (centre[chosen[missing]] + np.column_stack((dx, dy))).round(6)
        missing = missing[~_on_land(points[missing], pieces[chosen[missing]], ground, water)]
        if not len(missing):
            break
    points[missing] = centre[chosen[missing]].round(6)
    return [
        Place(float(lon), float(lat), towns[town].piece, towns[town].name, towns[town].is_rural)
        for (lon, lat), town in zip(points, chosen.tolist(), strict=True)
    ]


def _on_land(points: Any, pieces: Any, ground: Ground, water: Any) -> Any:
    """Which points lie inside their piece and off the water."""
    found = np.zeros(len(points), dtype=bool)
    for code in np.unique(pieces):
        members = pieces == code
        boundary = ground.pieces[str(code)].boundary
        shapely.prepare(boundary)
        found[members] = shapely.contains_xy(boundary, points[members, 0], points[members, 1])
    return found & ~shapely.intersects_xy(water, points[:, 0], points[:, 1])


def in_neighbourhoods(
    towns: Sequence[Town], villages: Sequence[Village], ground: Ground, water: Any, count: int, seed: int
) -> list[Place]:
    """Scatter places within neighbourhoods, more of them where villages lie close together.

    Each of several points drawn evenly over a neighbourhood is taken with a chance in proportion to the settlement
    round it, so that the hillside half of a large neighbourhood stays nearly empty.
    """
    draw = seeds.arrays(seed, "places")
    weights = np.array([town.weight for town in towns])
    counts = draw.multinomial(count, weights / weights.sum())
    settlement = Settlement(villages, ground.plane)
    found: list[Place] = []
    for town, wanted in zip(towns, counts.tolist(), strict=True):
        if wanted:
            points = _even_points(ground.pieces[town.piece].boundary, water, wanted * CANDIDATES, draw)
            chance = settlement.density(points) + 1e-12
            picked = draw.choice(len(points), size=wanted, replace=len(points) < wanted, p=chance / chance.sum())
            found += [
                Place(float(points[i, 0]), float(points[i, 1]), town.piece, town.name, town.is_rural) for i in picked
            ]
    return _in_lowest_piece(found, towns, ground)


def _even_points(boundary: Any, water: Any, wanted: int, draw: np.random.Generator) -> Any:
    """Points spread evenly over a polygon's dry part; its inner point when hardly any is dry."""
    shapely.prepare(boundary)
    west, south, east, north = boundary.bounds
    kept = np.zeros((0, 2))
    for _ in range(ROUNDS):
        points = draw.uniform((west, south), (east, north), size=(wanted * 2, 2)).round(6)
        points = points[shapely.contains_xy(boundary, points[:, 0], points[:, 1])]
        points = points[~shapely.intersects_xy(water, points[:, 0], points[:, 1])]
        kept = np.concatenate((kept, points))
        if len(kept) >= wanted:
            return kept[:wanted]
    if len(kept):
        return kept
    inner = shapely.point_on_surface(boundary)
    return np.array([[inner.x, inner.y]]).round(6)


def _in_lowest_piece(places: list[Place], towns: Sequence[Town], ground: Ground) -> list[Place]:
    """Name the piece that the database will find, where two overlap by a sliver."""
    names: Mapping[str, str] = {town.piece: town.name for town in towns}
    areas = ground.finder.areas_at([place.lon for place in places], [place.lat for place in places])
    return [
        Place(place.lon, place.lat, area.code, names.get(area.code, place.town), place.is_rural) if area else place
        for place, area in zip(places, areas, strict=True)
    ]


class Settlement:
    """How densely settled the ground is: every village spreads the same number of people round its centre."""

    REACH_KM = 5.0

    def __init__(self, villages: Sequence[Village], plane: Plane) -> None:
        self._plane = plane
        self._centres = np.column_stack(
            plane.km(np.array([v.lon for v in villages]), np.array([v.lat for v in villages]))
        )
        self._spread = np.array([v.spread_km for v in villages])

    def density(self, points: Any) -> Any:
        """People per km², up to a factor, at points in lon, lat."""
        at = np.column_stack(self._plane.km(points[:, 0], points[:, 1]))
        low, high = at.min(axis=0) - self.REACH_KM, at.max(axis=0) + self.REACH_KM
        near = np.all((self._centres >= low) & (self._centres <= high), axis=1)
        centres, spread = self._centres[near], self._spread[near]
        if not len(centres):
            return np.ones(len(points))
        squared = ((at[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        return (np.exp(-squared / (2 * spread**2)) / spread**2).sum(axis=1)
