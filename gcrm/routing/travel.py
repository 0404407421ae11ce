"""Travel times: what a source of them must offer, and the calibrated straight line that needs no road network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gcrm.routing.problem import Place, Problem, Travel

EARTH_RADIUS_METRES = 6_371_008.8


class TravelTimes(Protocol):
    """A source of travel times; `source` is said on the plan."""

    source: str

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return whole seconds and metres between all places, row = from, diagonal 0."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLine:
    """The great circle times a detour factor, driven at one speed."""

    detour_factor: float = 1.5
    kilometres_per_hour: float = 40.0
    source: str = "estimate"

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return the estimate between all places, which must have coordinates."""
        import numpy as np

        lat = np.radians(np.array([place.lat for place in places], dtype=float))
        lon = np.radians(np.array([place.lon for place in places], dtype=float))
        # Haversine: exact for close points, where the cosine rule loses its digits (Sinnott 1984).
        half = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        half += np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
        metres = 2 * EARTH_RADIUS_METRES * np.arcsin(np.sqrt(np.minimum(half, 1.0))) * self.detour_factor
        seconds = metres * 3.6 / self.kilometres_per_hour
        return Travel(_rows(np.rint(seconds).astype(int).tolist()), _rows(np.rint(metres).astype(int).tolist()))


def filled(problem: Problem, source: TravelTimes | None = None) -> Problem:
    """Return the problem with its travel filled in by `source` where it was left out."""
    if problem.travel is not None:
        return problem
    return replace(problem, travel=(source or StraightLine()).travel(problem.places))


def _rows(matrix: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in matrix)
