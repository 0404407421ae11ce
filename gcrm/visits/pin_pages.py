"""Proposed moves of pins as the map of a route draws them: the pin as a stop that is over, the new place as one ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gcrm.core.geo import lon_lat
from gcrm.visits.models import PinMove


def geojson(moves: Sequence[PinMove]) -> dict[str, Any]:
    """For each move the pin as it is, the proposed place, and the line between."""
    return {
        "type": "FeatureCollection",
        "features": [each for n, move in enumerate(moves, 1) for each in _features(n, move)],
    }


def _features(number: int, move: PinMove) -> list[dict[str, Any]]:
    ends = [list(lon_lat(move.place_before)), list(lon_lat(move.place))]
    said = {"kind": "stop", "number": number, "name": move.account.name}
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": point},
            "properties": {**said, "status": status},
        }
        for point, status in zip(ends, ("done", "ahead"), strict=True)
    ]
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": ends}, "properties": {"kind": "route"}}
    return [*points, line]
