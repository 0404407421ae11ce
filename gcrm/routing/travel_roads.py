"""Travel times from our own road graph; a place with no road near falls back to the line that the graph calibrated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gcrm.routing import reach as reaching
from gcrm.routing.problem import Place, Travel
from gcrm.routing.reach import Reach
from gcrm.routing.roads.calibration import Line
from gcrm.routing.roads.graph import Point, RoadGraph
from gcrm.routing.roads.store import Build
from gcrm.routing.travel import ROADS, Leg, StraightLine, TravelTimes, mended, rows


@dataclass(frozen=True)
class RoadTimes:
    """The road graph of one mode, and what stands in for it."""

    graph: RoadGraph
    otherwise: TravelTimes
    snap_metres: float
    mode: str = "car"
    source: str = ROADS

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return times along roads; places farther from one than the limit are among `estimated`."""
        found = self.graph.matrix(_points(places), self.snap_metres)
        lost = [number for number, is_near in enumerate(found.is_near.tolist()) if not is_near]
        return mended(
            Travel(rows(found.seconds.tolist()), rows(found.metres.tolist()), self.source), lost, self.otherwise, places
        )

    def geometry(self, places: Sequence[Place]) -> list[Leg]:
        """Return the line of each drive along roads."""
        points = _points(places)
        return [self.graph.route(a, b, self.snap_metres) for a, b in itertools.pairwise(points)]

    def reach(self, place: Place, seconds: float) -> Reach:
        """Return the area along roads; the next source's where no road is near."""
        ((lat, lon),) = _points([place])
        cell = reaching.cell_metres(self.mode, seconds)
        shape = reaching.by_road(self.graph, lon, lat, seconds, self.snap_metres, cell)
        return self.otherwise.reach(place, seconds) if shape is None else Reach(shape, self.source, False)


def road_times(build: Build, mode: str, plain: StraightLine, snap_metres: float) -> TravelTimes:
    """Return the source of a build for a mode: its roads, or only its line where it has none for the mode."""
    graph = build.graph(mode)
    if graph is None:
        return plain
    said = build.about["modes"][mode]["line"]
    line = None if said is None else Line(**{name: tuple(values) for name, values in said.items()})
    calibrated = StraightLine(plain.detour_factor, plain.kilometres_per_hour, line=line)
    return RoadTimes(graph, calibrated, snap_metres, mode)


def _points(places: Sequence[Place]) -> list[Point]:
    assert all(place.lat is not None and place.lon is not None for place in places)
    return [(float(place.lat or 0), float(place.lon or 0)) for place in places]
