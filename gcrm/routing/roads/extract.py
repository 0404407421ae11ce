"""Reading the roads of an OSM extract: the ways in one pass, the coordinates of their nodes in a second.

Memory grows with the roads, not with the file: refs and coordinates lie in packed arrays, and everything else in the
extract (buildings, land use, points) is passed over by libosmium without becoming a Python object.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.core.errors import Invalid
from gcrm.routing.roads.highways import MODES, can_stop, level, speeds

Advance = Callable[[int, int, str], None]


class UnreadableExtract(Invalid):
    """The file holds no roads that can be read."""


@dataclass(frozen=True)
class Ways:
    """Roads as drawn: the points of way i are `point[first[i]:first[i + 1]]`, numbers into `lat` and `lon`."""

    first: NDArray[np.int64]
    point: NDArray[np.int32]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    kmh: dict[str, NDArray[np.float32]]
    """For each mode (ways, 2): along the way and against it."""
    can_stop: NDArray[np.bool_]
    level: NDArray[np.int8]
    """Of main roads, as `highways.LEVEL_OF` has them."""


def read(file: Path, advance: Advance = lambda done, total, what: None) -> Ways:
    """Return the roads of an extract. Raises `UnreadableExtract` with one sentence for a file that is none."""
    if not file.is_file():
        raise UnreadableExtract(f"{file}: there is no such file.")
    if file.stat().st_size == 0:
        raise UnreadableExtract(f"{file}: the file is empty.")
    try:
        advance(0, 3, "Reading roads")
        drawn = _drawn(file)
        if len(drawn.first) == 1:
            raise UnreadableExtract(f"{file}: there are no roads in it (ways with the tag “highway”).")
        advance(1, 3, "Reading coordinates")
        return _placed(file, drawn)
    except UnreadableExtract:
        raise
    except (RuntimeError, ValueError, OSError) as error:
        # libosmium raises plain runtime errors for whatever is wrong with a file.
        raise UnreadableExtract(f"{file}: cannot be read as an OSM extract: {str(error).rstrip('.')}.") from None


@dataclass
class _Drawn:
    first: array[int]
    refs: array[int]
    kmh: array[float]
    can_stop: bytearray
    level: array[int]


def _drawn(file: Path) -> _Drawn:
    import osmium

    drawn = _Drawn(array("q", [0]), array("q"), array("f"), bytearray(), array("b"))
    ways: Any = osmium.FileProcessor(str(file), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
    known: dict[_Tags, _Told] = {}
    for way in ways:
        told = _told(way.tags, known)
        if told is None or len(way.nodes) < 2:
            continue
        drawn.kmh.extend(told[0])
        drawn.can_stop.append(told[1])
        drawn.level.append(told[2])
        drawn.refs.extend(node.ref for node in way.nodes)
        drawn.first.append(len(drawn.refs))
    return drawn


TOLD_BY = {
    "highway", "junction", "access", "vehicle", "motor_vehicle", "motorcar", "bicycle", "foot", "oneway",
    "oneway:bicycle", "oneway:foot", "maxspeed", "maxspeed:forward", "maxspeed:backward", "cycleway", "cycleway:left",
    "cycleway:right", "cycleway:both", "area", "tunnel", "motorroad",
}  # fmt: skip
MOST_KNOWN = 100_000
_Tags = tuple[tuple[str, str], ...]
_Told = tuple[list[float], bool, int]


def _told(tags: Any, known: dict[_Tags, _Told]) -> _Told | None:
    """What the tags mean for every mode; ways with the same tags are read once."""
    key = tuple((tag.k, tag.v) for tag in tags if tag.k in TOLD_BY)
    found = known.get(key)
    if found is None:
        every = dict(key)
        found = [speed for mode in MODES for speed in speeds(mode, every)], can_stop(every), level(every)
        if len(known) < MOST_KNOWN:
            known[key] = found
    return found if any(found[0]) else None


def _placed(file: Path, drawn: _Drawn) -> Ways:
    """Look up the nodes; those outside the extract cut their way short."""
    refs = np.frombuffer(drawn.refs, np.int64)
    ids, point = np.unique(refs, return_inverse=True)
    lat, lon = _coordinates(file, ids)
    first = np.frombuffer(drawn.first, np.int64).copy()
    kmh = np.frombuffer(drawn.kmh, np.float32).reshape(-1, len(MODES), 2)
    if np.isnan(lat).all():
        raise UnreadableExtract(f"{file}: the nodes of its roads are missing.")
    return Ways(
        first, point.astype(np.int32), lat, lon,
        {mode: np.ascontiguousarray(kmh[:, number]) for number, mode in enumerate(MODES)},
        np.frombuffer(bytes(drawn.can_stop), np.bool_), np.frombuffer(drawn.level, np.int8).copy(),
    )  # fmt: skip


def _coordinates(file: Path, ids: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import osmium

    lat, lon = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
    wanted = osmium.filter.IdFilter(ids.tolist())
    found, places = array("q"), array("d")
    nodes: Any = osmium.FileProcessor(str(file), osmium.osm.NODE).with_filter(wanted)
    for node in nodes:
        if node.location.valid():
            found.append(node.id)
            places.extend((node.lat, node.lon))
    if found:
        at = np.searchsorted(ids, np.frombuffer(found, np.int64))
        lat[at], lon[at] = np.frombuffer(places, np.float64).reshape(-1, 2).T
    return lat, lon
