"""What a straight line says about the road: detour and speed by distance, fitted to pairs of places on the road graph.

Pairs are drawn at several scales, so that short hops in a town and long drives across the country both count. For every
band of straight distance the medians of detour and of pace (seconds a straight metre) are kept; between the bands' middles
both are interpolated, so a longer line never takes a jump.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.graph import Point, RoadGraph
from gcrm.routing.roads.grid import METRES_PER_DEGREE
from gcrm.routing.roads.network import SCALE

Floats = NDArray[np.float64]

BANDS_METRES = (300, 700, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000, 200_000, 400_000)
SCALES_METRES = (1_500, 5_000, 15_000, 50_000, 150_000, 500_000)
CENTRES, PLACES = 12, 24
LEAST_PAIRS = 30


@dataclass(frozen=True)
class Line:
    """Detour factor and seconds a straight metre at each distance in metres; constant before the first and after the last."""

    metres: tuple[float, ...]
    detour: tuple[float, ...]
    pace: tuple[float, ...]

    def road(self, straight: Floats) -> tuple[Floats, Floats]:
        """Return seconds and metres of road for straight metres."""
        return straight * np.interp(straight, self.metres, self.pace), straight * np.interp(
            straight, self.metres, self.detour
        )


@dataclass(frozen=True)
class Pairs:
    """Straight metres of pairs of places, and what the road makes of them."""

    straight: Floats
    seconds: Floats
    metres: Floats


def line_of(pairs: Pairs) -> Line | None:
    """Fit the line; None where there are too few pairs for any band."""
    knots = []
    for low, high in itertools.pairwise(BANDS_METRES):
        within = (pairs.straight >= low) & (pairs.straight < high)
        if within.sum() < LEAST_PAIRS:
            continue
        straight = pairs.straight[within]
        knots.append(
            (
                float(np.median(straight)),
                float(np.median(pairs.metres[within] / straight)),
                float(np.median(pairs.seconds[within] / straight)),
            )
        )
    if not knots:
        return None
    metres, detour, pace = zip(*knots, strict=True)
    return Line(metres, detour, pace)


def error_of(line: Line, pairs: Pairs) -> dict[str, float]:
    """Return the median and the 90th percentile of the absolute error of the line's times, as shares of the road's."""
    off = np.abs(line.road(pairs.straight)[0] / pairs.seconds - 1)
    return {"median": round(float(np.median(off)), 4), "p90": round(float(np.quantile(off, 0.9)), 4)}


def sampled(graph: RoadGraph, seed: int) -> Pairs:
    """Draw pairs of junctions at every scale that the graph has, and ask the graph."""
    random = np.random.default_rng(seed)
    starts = graph.network.shape[:-1][graph.network.can_stop]
    lat, lon = graph.network.lat[starts] / SCALE, graph.network.lon[starts] / SCALE
    parts = []
    for scale in SCALES_METRES if len(starts) else ():
        for _ in range(CENTRES):
            centre = random.integers(len(starts))
            near = np.flatnonzero(_straight(lat[centre], lon[centre], lat, lon) <= scale)
            chosen = random.choice(near, min(PLACES, len(near)), replace=False)
            parts.append(_asked(graph, list(zip(lat[chosen].tolist(), lon[chosen].tolist(), strict=True))))
        if len(near) == len(starts):
            break
    straight, seconds, metres = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _NOTHING
    is_fit = (seconds > 0) & (straight >= BANDS_METRES[0])
    return Pairs(straight[is_fit], seconds[is_fit].astype(float), metres[is_fit].astype(float))


_NOTHING: Any = (np.empty(0), np.empty(0), np.empty(0))


def _asked(graph: RoadGraph, places: list[Point]) -> tuple[Any, Any, Any]:
    found = graph.matrix(places, limit_metres=10.0)
    lat, lon = np.array(places).T
    straight = _straight(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    return straight.ravel(), found.seconds.ravel(), found.metres.ravel()


def _straight(lat_a: Any, lon_a: Any, lat_b: Any, lon_b: Any) -> Any:
    """Great-circle metres (haversine)."""
    half = np.sin(np.radians(lat_b - lat_a) / 2) ** 2
    half = half + np.cos(np.radians(lat_a)) * np.cos(np.radians(lat_b)) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return 2 * METRES_PER_DEGREE * 180 / np.pi * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
