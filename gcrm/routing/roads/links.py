"""From ways as drawn to links between junctions: split where ways meet, one mode at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from gcrm.routing.roads.compiled import FAR, compiled

EARTH_RADIUS_METRES = 6_371_008.8
RADIANS = np.pi / 180


@compiled
def metres_between(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the length of a short straight piece, in degrees, on the mean sphere."""
    north = (lat_b - lat_a) * RADIANS
    east = (lon_b - lon_a) * RADIANS * np.cos((lat_a + lat_b) / 2 * RADIANS)
    return EARTH_RADIUS_METRES * np.sqrt(north * north + east * east)  # type: ignore[no-any-return]


@compiled
def _is_junction(first: Any, point: Any, lat: Any, kmh: Any) -> Any:
    """Tell the points where ways that may be travelled meet, end or leave the extract."""
    uses = np.zeros(len(lat), np.int32)
    for way in range(len(first) - 1):
        if kmh[way, 0] <= 0 and kmh[way, 1] <= 0:
            continue
        begin, end = first[way], first[way + 1]
        for at in range(begin, end):
            uses[point[at]] += 1
            is_end = at == begin or at == end - 1 or np.isnan(lat[point[at - 1]]) or np.isnan(lat[point[at + 1]])
            uses[point[at]] += is_end
    return uses > 1


@compiled
def split(first: Any, point: Any, lat: Any, lon: Any, kmh: Any) -> Any:
    """Cut the ways at junctions.

    Returns
    -------
    ends : (links, 2) the points at both ends
    span : (links, 2) where the link's points begin and end, both included, in `point`
    way : (links,) the way each was cut from
    cost : (links, 3) milliseconds along and against it, `FAR` where not allowed, and decimetres
    """
    is_junction = _is_junction(first, point, lat, kmh)
    most = 0
    for at in range(len(point)):
        most += is_junction[point[at]]
    ends, span = np.empty((most, 2), np.int32), np.empty((most, 2), np.int64)
    way_of, cost = np.empty(most, np.int32), np.empty((most, 3), np.int32)
    made = 0
    for way in range(len(first) - 1):
        if kmh[way, 0] <= 0 and kmh[way, 1] <= 0:
            continue
        since, metres = -1, 0.0
        for at in range(first[way], first[way + 1]):
            here = point[at]
            if np.isnan(lat[here]):
                since = -1
                continue
            if since >= 0:
                before = point[at - 1]
                metres += metres_between(lat[before], lon[before], lat[here], lon[here])
                if is_junction[here]:
                    ends[made, 0], ends[made, 1] = point[since], here
                    span[made, 0], span[made, 1] = since, at
                    way_of[made] = way
                    cost[made, 2] = round(metres * 10)
                    for side in range(2):
                        speed = kmh[way, side]
                        cost[made, side] = max(1, round(metres * 3600 / speed)) if speed > 0 else FAR
                    made += 1
                    since = -1
            if since < 0 and is_junction[here]:
                since, metres = at, 0.0
    return ends[:made], span[:made], way_of[:made], cost[:made]
