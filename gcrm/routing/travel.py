"""Travel times: what a source of them must offer, which one is used, and the straight line that needs no road network."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gcrm.core.config import Settings
from gcrm.core.errors import Invalid
from gcrm.routing.problem import Place, Problem, Travel
from gcrm.routing.roads.folder import current

if TYPE_CHECKING:
    from gcrm.routing.reach import Reach
    from gcrm.routing.roads.calibration import Line

EARTH_RADIUS_METRES = 6_371_008.8
ESTIMATE, ROADS = "estimate", "roads"
MODES = ("car", "bicycle", "foot")

Leg = list[tuple[float, float]] | None
"""The line of a drive as (lat, lon); None where it is not known."""


class TravelTimes(Protocol):
    """A source of travel times by one mode of travel.

    What a plan says about it is the `source` of each `Travel` that it made, since single places may have fallen back.
    """

    @property
    def source(self) -> str:
        """Return the source's name."""
        ...

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return whole seconds and metres between all places, row = from, diagonal 0."""
        ...

    def geometry(self, places: Sequence[Place]) -> list[Leg]:
        """Return the line of each drive from one place to the next."""
        ...

    def reach(self, place: Place, seconds: float) -> Reach:
        """Return the area that is reached from a place within so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLine:
    """The great circle times a detour factor, driven at one speed; or as the road graph nearby taught it."""

    detour_factor: float = 1.5
    kilometres_per_hour: float = 40.0
    source: str = ESTIMATE
    line: Line | None = None
    """Detour and speed by distance, fitted to a road graph; it then counts instead of the two numbers."""

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return the estimate between all places, which must have coordinates."""
        import numpy as np

        lat = np.radians(np.array([place.lat for place in places], dtype=float))
        lon = np.radians(np.array([place.lon for place in places], dtype=float))
        # Haversine: exact for close points, where the cosine rule loses its digits (Sinnott 1984).
        half = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        half += np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
        straight = 2 * EARTH_RADIUS_METRES * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
        if self.line is not None:
            seconds, metres = self.line.road(straight)
        else:
            metres = straight * self.detour_factor
            seconds = metres * 3.6 / self.kilometres_per_hour
        return Travel(
            rows(np.rint(seconds).astype(int).tolist()), rows(np.rint(metres).astype(int).tolist()), self.source,
            tuple(range(len(places))),
        )  # fmt: skip

    def geometry(self, places: Sequence[Place]) -> list[Leg]:
        """No line is known."""
        return [None] * max(0, len(places) - 1)

    def reach(self, place: Place, seconds: float) -> Reach:
        """Return a circle."""
        from gcrm.routing.reach import Reach, round_about

        return Reach(
            round_about(float(place.lon or 0), float(place.lat or 0), self.straight_metres(seconds)), self.source, True
        )

    def straight_metres(self, seconds: float) -> float:
        """Return how far a straight line leads within so many seconds."""
        if self.line is None:
            return seconds * self.kilometres_per_hour / 3.6 / self.detour_factor
        import numpy as np

        low, high = 0.0, 1e6
        for _ in range(40):
            middle = (low + high) / 2
            if float(self.line.road(np.array([middle]))[0][0]) <= seconds:
                low = middle
            else:
                high = middle
        return low


def filled(problem: Problem, source: TravelTimes | None = None) -> Problem:
    """Return the problem with its travel filled in by `source` where it was left out."""
    if problem.travel is not None:
        return problem
    return replace(problem, travel=(source or StraightLine()).travel(problem.places))


def mended(travel: Travel, lost: Sequence[int], otherwise: TravelTimes, places: Sequence[Place]) -> Travel:
    """Return travel whose rows and columns of the lost places come from another source, and say so."""
    if not lost:
        return travel
    other = otherwise.travel(places)
    if len(lost) == len(places):
        return other
    missing = set(lost)

    def mixed(own: Any, theirs: Any) -> tuple[tuple[int | None, ...], ...]:
        return tuple(
            tuple(theirs[i][j] if i in missing or j in missing else own[i][j] for j in range(len(places)))
            for i in range(len(places))
        )

    metres = None if travel.metres is None or other.metres is None else mixed(travel.metres, other.metres)
    lost_again = tuple(sorted(missing.intersection(other.estimated)))
    word = ESTIMATE if len(lost_again) == len(missing) else other.source.partition(" + ")[0]
    said = f"{travel.source} + {word} for {len(missing)} place{'s' * (len(missing) > 1)}"
    return Travel(mixed(travel.seconds, other.seconds), metres, said, lost_again)


def source_for(settings: Settings, mode: str | None = None) -> TravelTimes:
    """Return the source that the settings name: an engine by URL, else the road graph, else the straight line.

    Each falls back to the next for what it cannot answer. The road graph is opened once in a process and again when
    another was built. `mode` is car, bicycle or foot; by default the settings'.
    """
    wanted = mode or settings.travel_mode
    if wanted not in MODES:
        raise Invalid(f"GCRM_TRAVEL_MODE must be car, bicycle or foot, not “{wanted}”.")
    with _lock:
        near = _roads_or_line(settings, wanted)
    if not settings.travel_url:
        return near
    from gcrm.routing.travel_engines import engine_of

    return engine_of(settings, wanted, near)


def source_name(settings: Settings) -> str:
    """Return what the source of the settings is called, without opening it."""
    if settings.travel_url:
        return {"osrm": "OSRM", "valhalla": "Valhalla"}.get(settings.travel_url.partition("+")[0], ESTIMATE)
    return ROADS if current(roads_folder(settings)) is not None else ESTIMATE


def roads_folder(settings: Settings) -> Path:
    """Where builds of the roads lie."""
    return settings.data_folder / "roads"


def encoded(legs: Sequence[Leg]) -> list[str | None]:
    """Return lines as encoded polylines of five decimals, None where a line is not known."""
    import polyline

    return [None if leg is None else polyline.encode(leg) for leg in legs]


def rows(matrix: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    """Return a matrix that nobody changes."""
    return tuple(tuple(row) for row in matrix)


WITHOUT_ENGINE_KMH = {"bicycle": 15.0, "foot": 5.0}
_lock = threading.Lock()
_opened: dict[tuple[str, str], TravelTimes] = {}


def _roads_or_line(settings: Settings, mode: str) -> TravelTimes:
    plain = StraightLine(settings.travel_detour, WITHOUT_ENGINE_KMH.get(mode, settings.travel_kmh))
    folder = roads_folder(settings)
    if current(folder) is None:
        return plain
    from gcrm.core import logs
    from gcrm.routing.roads import store
    from gcrm.routing.travel_roads import road_times

    try:
        build = store.current(folder)
        if build is None:
            return plain
        key = (str(build.folder), mode)
        if key not in _opened:
            for old in [old for old in _opened if old[0] != key[0]]:
                del _opened[old]
            _opened[key] = road_times(build, mode, plain, settings.travel_snap_metres)
        return _opened[key]
    except store.UnusableBuild as error:
        logs.get().error("roads not used", fault=error.message)
        return plain
