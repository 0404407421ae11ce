"""What can be reached within a time, as an area.

The parts of roads within the time are gathered into square cells; cells that hold one, and those beside them, are the area.
A straight line's reach is a circle. Neither asks how far from a road a place may lie: beyond a cell or two it is not reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gcrm.core.errors import Invalid

if TYPE_CHECKING:
    from gcrm.routing.roads.graph import RoadGraph

MOST_MINUTES = {"car": 90, "bicycle": 120, "foot": 120}
METRES_PER_DEGREE = 111_195.0
CELLS_ACROSS = 160
FINEST_METRES, COARSEST_METRES = 60.0, 500.0
CIRCLE_CORNERS = 72
STEEPEST_METRES_PER_SECOND = {"car": 33.0, "bicycle": 6.0, "foot": 1.6}
"""Nobody is faster as the crow flies: it sets the size of the cells."""

Shape = Any
"""A polygon or multipolygon of shapely, in degrees."""


@dataclass(frozen=True)
class Reach:
    """An area, what its times come from, and whether they are only an estimate."""

    shape: Shape
    source: str
    is_estimate: bool


def checked(mode: str, minutes: float) -> float:
    """Return the seconds, or refuse the mode or the minutes."""
    if mode not in MOST_MINUTES:
        raise Invalid(f"“{mode}” is no way to travel. It is one of {', '.join(MOST_MINUTES)}.")
    if not math.isfinite(minutes) or not 1 <= minutes <= MOST_MINUTES[mode]:
        raise Invalid(f"The time is between 1 and {MOST_MINUTES[mode]} minutes.")
    return minutes * 60


def cell_metres(mode: str, seconds: float) -> float:
    """Return how wide a cell is for so long a way."""
    return min(COARSEST_METRES, max(FINEST_METRES, seconds * STEEPEST_METRES_PER_SECOND[mode] / CELLS_ACROSS))


def by_road(graph: RoadGraph, lon: float, lat: float, seconds: float, snap_metres: float, cell: float) -> Shape | None:
    """Return the area along roads; None where no road is near the place."""
    import numpy as np

    from gcrm.routing.roads.reach import reached_points

    points = reached_points(graph, (lat, lon), seconds, snap_metres, 0.5 * cell / METRES_PER_DEGREE)
    if points is None:
        return None
    high, wide = cell / METRES_PER_DEGREE, cell / METRES_PER_DEGREE / math.cos(math.radians(lat))
    rows = np.floor((np.append(points[:, 0], lat) - lat) / high).astype(np.int64)
    columns = np.floor((np.append(points[:, 1], lon) - lon) / wide).astype(np.int64)
    south, west = rows.min() - 3, columns.min() - 3
    cells = np.zeros((rows.max() - south + 4, columns.max() - west + 4), bool)
    cells[rows - south, columns - west] = True
    # Twice larger, once smaller: roads of one quarter become one area, single roads keep one cell on either side.
    grown = _grown(_grown(cells))
    grown = ~_grown(~grown)
    return _outline(grown, lon + west * wide, lat + south * high, wide, high)


def _grown(cells: Any) -> Any:
    """Return the cells and their eight neighbours."""
    import numpy as np

    across = cells.copy()
    across[:, 1:] |= cells[:, :-1]
    across[:, :-1] |= cells[:, 1:]
    grown = np.copy(across)
    grown[1:] |= across[:-1]
    grown[:-1] |= across[1:]
    return grown


def _outline(cells: Any, west: float, south: float, wide: float, high: float) -> Shape:
    """Return the outline of the cells, its steps smoothed away within half a cell, small holes closed."""
    import numpy as np
    import shapely

    padded = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    padded[:, 1:-1] = cells
    row, begins = np.nonzero(np.diff(padded, axis=1) == 1)
    _row, ends = np.nonzero(np.diff(padded, axis=1) == -1)
    boxes = shapely.box(west + begins * wide, south + row * high, west + ends * wide, south + (row + 1) * high)
    # Snapped to one grid, so that rounding leaves no seam between rows.
    whole = shapely.union_all(shapely.set_precision(boxes, 1e-9))
    whole = shapely.simplify(whole, 0.6 * max(wide, high))
    parts = [
        shapely.Polygon(
            part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area > 16 * wide * high]
        )
        for part in shapely.get_parts(shapely.make_valid(whole))
        if part.geom_type == "Polygon"
    ]
    return shapely.make_valid(shapely.MultiPolygon(parts), method="structure", keep_collapsed=False)


def round_about(lon: float, lat: float, metres: float) -> Shape:
    """Return the circle of a straight line's reach, on the mean sphere."""
    import shapely

    reach, turn = math.radians(metres / METRES_PER_DEGREE), 2 * math.pi / CIRCLE_CORNERS
    ring = []
    for number in range(CIRCLE_CORNERS):
        north = math.degrees(reach * math.cos(number * turn))
        east = math.degrees(reach * math.sin(number * turn)) / math.cos(math.radians(lat))
        ring.append((lon + east, lat + north))
    return shapely.Polygon(ring)
