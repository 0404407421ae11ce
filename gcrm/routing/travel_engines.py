"""Travel times from an engine elsewhere, by URL: OSRM's table service and Valhalla's matrix.

An engine that does not answer, or answers what cannot be read, is one sentence in the log, and the times come from the
next source, which the plan then says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx
import polyline

from gcrm.core import logs
from gcrm.core.config import Settings
from gcrm.core.errors import Invalid, Unavailable
from gcrm.routing.problem import Place, Travel
from gcrm.routing.reach import Reach
from gcrm.routing.travel import Leg, TravelTimes, mended
from gcrm.routing.travel_cache import NO_ROAD, NO_WAY, Cost, Pair, TravelCache

BLOCK = 50
"""Places on each side of one request: OSRM's usual limit is 100 in all, Valhalla's 2,500 pairs."""

Cells = list[list[int | None]]
Known = Mapping[Pair, Cost]
Answer = TypeVar("Answer")


class NoAnswer(Unavailable):
    """The engine does not answer, or not as its interface says."""


@dataclass(frozen=True)
class Block:
    """Seconds and metres of one part of the matrix."""

    seconds: Cells
    metres: Cells


class Engine(Protocol):
    """One engine's way of asking and answering."""

    @property
    def name(self) -> str:
        """Return what plans call it."""
        ...

    def far(self, client: httpx.Client, places: Sequence[Place], limit_metres: float) -> list[int]:
        """Return the places with no road within the limit."""
        ...

    def block(self, client: httpx.Client, sources: Sequence[Place], targets: Sequence[Place]) -> Block:
        """Return times and distances from every source to every target."""
        ...

    def line(self, client: httpx.Client, start: Place, end: Place) -> Leg:
        """Return the line of a drive."""
        ...

    def area(self, client: httpx.Client, place: Place, seconds: float) -> Any:
        """Return what is reached in time as GeoJSON; None where the engine has no such service."""
        ...


@dataclass(frozen=True)
class EngineTimes:
    """An engine, and what stands in for it."""

    engine: Engine
    otherwise: TravelTimes
    url: str
    timeout_seconds: float
    snap_metres: float
    cache: TravelCache

    @property
    def source(self) -> str:
        """Return the engine's name."""
        return self.engine.name

    def travel(self, places: Sequence[Place]) -> Travel:
        """Return the engine's times; its lost places, or all when it does not answer, come from the next source."""
        known = self.cache.known(places)
        fresh: dict[Pair, Cost] = {}
        try:
            with self._client() as client:
                fresh |= self._roads_near(client, places, known)
                self._times(client, places, known | fresh, fresh)
        except NoAnswer as error:
            logs.get().error("travel times from the next source", fault=error.message)
            other = self.otherwise.travel(places)
            said = f"{other.source} ({self.source} did not answer)"
            return Travel(other.seconds, other.metres, said, other.estimated)
        if fresh:
            self.cache.keep(places, fresh.items())
        known |= fresh
        lost = [number for number in range(len(places)) if known[number, number][0] == NO_ROAD]
        return mended(self._travel(len(places), known), lost, self.otherwise, places)

    def geometry(self, places: Sequence[Place]) -> list[Leg]:
        """Return the engine's line of each drive, the next source's where it does not answer."""
        try:
            with self._client() as client:
                pairs = list(itertools.pairwise(places))
                return [self._asked(lambda a=a, b=b: self.engine.line(client, a, b)) for a, b in pairs]  # type: ignore[misc]
        except NoAnswer as error:
            logs.get().error("lines from the next source", fault=error.message)
            return self.otherwise.geometry(places)

    def reach(self, place: Place, seconds: float) -> Reach:
        """Return the engine's area, the next source's where it has none or does not answer."""
        try:
            with self._client() as client:
                found = self._asked(lambda: _shape(self.engine.area(client, place, seconds)))
        except NoAnswer as error:
            logs.get().error("reach from the next source", fault=error.message)
            found = None
        return self.otherwise.reach(place, seconds) if found is None else Reach(found, self.source, False)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url.rstrip("/"), timeout=self.timeout_seconds)

    def _roads_near(self, client: httpx.Client, places: Sequence[Place], known: Known) -> dict[Pair, Cost]:
        """Ask for each new place whether a road is near; that stands at the place with itself."""
        new = [number for number in range(len(places)) if (number, number) not in known]
        if not new:
            return {}
        lost = self._asked(lambda: self.engine.far(client, [places[number] for number in new], self.snap_metres))
        return {(number, number): (NO_ROAD, NO_ROAD) if at in set(lost) else (0, 0) for at, number in enumerate(new)}

    def _times(self, client: httpx.Client, places: Sequence[Place], known: Known, fresh: dict[Pair, Cost]) -> None:
        """Ask for the pairs that are not known, by blocks: those from new places, then those to them."""
        near = [number for number in range(len(places)) if known[number, number][0] != NO_ROAD]
        new = _incomplete(near, known)
        old = [number for number in near if number not in set(new)]
        for begins, ends in ((new, near), (old, new)):
            for one in _blocks(begins):
                for other in _blocks(ends):
                    asked = [places[i] for i in one], [places[j] for j in other]
                    found = self._asked(lambda asked=asked: self.engine.block(client, *asked))  # type: ignore[misc]
                    for i, seconds, metres in zip(one, *_checked(found, len(one), len(other)), strict=True):
                        for j, cost in zip(other, zip(seconds, metres, strict=True), strict=True):
                            if i != j:
                                fresh[i, j] = _kept(cost[0]), _kept(cost[1])

    def _travel(self, size: int, known: Known) -> Travel:
        def table(which: int) -> tuple[tuple[int | None, ...], ...]:
            cells = [[known.get((i, j), (NO_WAY, NO_WAY))[which] for j in range(size)] for i in range(size)]
            return tuple(tuple(None if cell < 0 else cell for cell in row) for row in cells)

        return Travel(table(0), table(1), self.source)

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except httpx.TimeoutException:
            raise NoAnswer(f"{self.source} at {self.url} did not answer within {self.timeout_seconds:g} s.") from None
        except httpx.HTTPStatusError as error:
            raise NoAnswer(f"{self.source} at {self.url} answered {error.response.status_code}.") from None
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self.source} at {self.url} cannot be reached: {error}.") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise NoAnswer(f"{self.source} at {self.url} gave an answer that cannot be read.") from None


@dataclass(frozen=True)
class Osrm:
    """OSRM's HTTP interface, version 1."""

    profile: str
    name: str = "OSRM"

    def far(self, client: httpx.Client, places: Sequence[Place], limit_metres: float) -> list[int]:
        """Return the places that OSRM snaps farther away than the limit."""
        lost = []
        for part in _blocks(range(len(places))):
            asked = [places[0], *(places[i] for i in part)]
            params = {
                "sources": "0",
                "destinations": ";".join(map(str, range(1, len(asked)))),
                "annotations": "duration",
            }
            snapped = _got(client, f"/table/v1/{self.profile}/{_pairs(asked)}", params)["destinations"]
            if len(snapped) != len(part):
                raise ValueError
            lost += [
                number
                for number, waypoint in zip(part, snapped, strict=True)
                if waypoint.get("distance", 0) > limit_metres
            ]
        return lost

    def block(self, client: httpx.Client, sources: Sequence[Place], targets: Sequence[Place]) -> Block:
        """Ask the table service."""
        params = {
            "sources": ";".join(map(str, range(len(sources)))),
            "destinations": ";".join(str(len(sources) + j) for j in range(len(targets))),
            "annotations": "duration,distance",
        }
        found = _got(client, f"/table/v1/{self.profile}/{_pairs([*sources, *targets])}", params)
        return Block(_whole(found["durations"]), _whole(found["distances"]))

    def line(self, client: httpx.Client, start: Place, end: Place) -> Leg:
        """Ask the route service."""
        params = {"overview": "full", "geometries": "polyline"}
        found = _got(client, f"/route/v1/{self.profile}/{_pairs([start, end])}", params)
        return polyline.decode(found["routes"][0]["geometry"]) if found.get("routes") else None

    def area(self, client: httpx.Client, place: Place, seconds: float) -> Any:
        """OSRM has no such service."""
        return None


@dataclass(frozen=True)
class Valhalla:
    """Valhalla's HTTP interface."""

    costing: str
    name: str = "Valhalla"

    def far(self, client: httpx.Client, places: Sequence[Place], limit_metres: float) -> list[int]:
        """Return the places that Valhalla finds no road for within the limit."""
        lost = []
        for part in _blocks(range(len(places))):
            asked = {"costing": self.costing, "locations": [_location(places[i]) for i in part]}
            found = _posted(client, "/locate", asked)
            if len(found) != len(part):
                raise ValueError
            lost += [
                i for i, located in zip(part, found, strict=True) if not _is_near(places[i], located, limit_metres)
            ]
        return lost

    def block(self, client: httpx.Client, sources: Sequence[Place], targets: Sequence[Place]) -> Block:
        """Ask for a matrix."""
        asked = {
            "costing": self.costing, "sources": [_location(place) for place in sources],
            "targets": [_location(place) for place in targets], "units": "kilometers",
        }  # fmt: skip
        cells = _posted(client, "/sources_to_targets", asked)["sources_to_targets"]
        return Block(
            _whole([[cell["time"] for cell in row] for row in cells]),
            _whole([[None if cell["distance"] is None else cell["distance"] * 1000 for cell in row] for row in cells]),
        )

    def line(self, client: httpx.Client, start: Place, end: Place) -> Leg:
        """Ask for a route."""
        asked = {"costing": self.costing, "locations": [_location(start), _location(end)], "directions_type": "none"}
        legs = _posted(client, "/route", asked)["trip"]["legs"]
        return polyline.decode(legs[0]["shape"], 6) if legs else None

    def area(self, client: httpx.Client, place: Place, seconds: float) -> Any:
        """Ask for an isochrone."""
        asked = {
            "costing": self.costing, "locations": [_location(place)], "contours": [{"time": seconds / 60}],
            "polygons": True,
        }  # fmt: skip
        return _posted(client, "/isochrone", asked)["features"][0]["geometry"]


PROFILES = {
    "car": ("driving", "auto"),
    "bicycle": ("cycling", "bicycle"),
    "foot": ("walking", "pedestrian"),
}


def engine_of(settings: Settings, mode: str, otherwise: TravelTimes) -> EngineTimes:
    """Return the engine that `GCRM_TRAVEL_URL` names, as `osrm+http://…` or `valhalla+https://…`."""
    kind, plus, url = settings.travel_url.partition("+")
    profile, costing = PROFILES[mode]
    engines: dict[str, Engine] = {"osrm": Osrm(profile), "valhalla": Valhalla(costing)}
    if not plus or kind not in engines or not url.startswith(("http://", "https://")):
        raise Invalid(
            f"GCRM_TRAVEL_URL must begin with osrm+http://, osrm+https://, valhalla+http:// or valhalla+https://, "
            f"not “{settings.travel_url}”."
        )
    engine, snap_metres = engines[kind], settings.travel_snap_metres
    cache = TravelCache(settings.data_folder / "engine_times.sqlite", f"{url} {mode} {snap_metres:g}")
    return EngineTimes(engine, otherwise, url, settings.travel_timeout, snap_metres, cache)


def _shape(geometry: Any) -> Any:
    """Return GeoJSON as a valid shape of shapely; None stays None."""
    if geometry is None:
        return None
    import shapely

    shape = shapely.make_valid(shapely.geometry.shape(geometry), method="structure", keep_collapsed=False)
    if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError
    return shape


def _got(client: httpx.Client, path: str, params: dict[str, str]) -> Any:
    answer = client.get(path, params=params)
    answer.raise_for_status()
    return answer.json()


def _posted(client: httpx.Client, path: str, asked: dict[str, Any]) -> Any:
    answer = client.post(path, json=asked)
    answer.raise_for_status()
    return answer.json()


def _pairs(places: Sequence[Place]) -> str:
    return ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)


def _location(place: Place) -> dict[str, Any]:
    return {"lat": place.lat, "lon": place.lon}


def _is_near(place: Place, located: Any, limit_metres: float) -> bool:
    from gcrm.core.geo import metres_between

    here = (float(place.lon or 0), float(place.lat or 0))
    edges = located.get("edges") or []
    return any(metres_between(here, (edge["correlated_lon"], edge["correlated_lat"])) <= limit_metres for edge in edges)


def _whole(cells: Any) -> Cells:
    return [[None if cell is None else round(cell) for cell in row] for row in cells]


def _incomplete(near: Sequence[int], known: Known) -> list[int]:
    """Return few places that take part in every pair that is not known, those with most such pairs first."""
    missing = {i: {j for j in near if j != i and ((i, j) not in known or (j, i) not in known)} for i in near}
    found: list[int] = []
    for i in sorted(near, key=lambda number: -len(missing[number])):
        if missing[i] - set(found):
            found.append(i)
    return list(near) if 2 * len(found) >= len(near) else sorted(found)


def _kept(cell: int | None) -> int:
    return NO_WAY if cell is None else cell


def _checked(block: Block, height: int, width: int) -> tuple[Cells, Cells]:
    for cells in (block.seconds, block.metres):
        if len(cells) != height or any(len(row) != width for row in cells):
            raise NoAnswer("The matrix is not of the size that was asked for.")
    return block.seconds, block.metres


def _blocks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[first : first + BLOCK] for first in range(0, len(numbers), BLOCK))
