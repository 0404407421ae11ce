"""The lines of the main roads of an extract, each level joined to lines as long as they can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.chains import joined
from gcrm.routing.roads.compiled import frozen
from gcrm.routing.roads.extract import Ways
from gcrm.routing.roads.highways import LEVELS
from gcrm.routing.roads.links import split
from gcrm.routing.roads.network import SCALE

Lines = list[NDArray[np.int32]]
"""Each (points, 2): longitude and latitude in ten millionths of a degree."""


def of(ways: Ways) -> list[Lines]:
    """Return the lines of every level of `highways.LEVEL_OF`, those of the first level first."""
    return [_level(ways, level) for level in range(LEVELS)]


def _level(ways: Ways, level: int) -> Lines:
    # Drawn, a road is a road whatever its speeds and one-ways are: all of one level pass into each other.
    alike = np.repeat((ways.level == level).astype(np.float32)[:, None], 2, axis=1)
    ends, span, way, cost = split(ways.first, ways.point, ways.lat, ways.lon, alike)
    can_stop = frozen(np.ones(len(ways.level), np.bool_))
    *_, first, point = joined(len(ways.lat), ends, span, way, cost, alike, can_stop, ways.point)
    drawn = np.rint(np.column_stack([ways.lon[point], ways.lat[point]]) * SCALE).astype(np.int32)
    return np.split(drawn, first[1:-1]) if len(ends) else []
