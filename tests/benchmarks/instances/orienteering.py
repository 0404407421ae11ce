"""Team orienteering with time windows: Righini and Salani 2006, Montemanni and Gambardella 2009, Vansteenwegen et al. 2009.

The customers of Solomon's instances (c, r, rc; the demand is the score) and of Cordeau's with several depots (pr01-20; the first
depot alone). A team of one to four; each route must be back when the start closes. Distances are cut to one decimal (Solomon)
or to two (Cordeau): tenths or hundredths count as seconds. All travel together costs less than one point of score.
"""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.problem import Place, Problem, Shift, Travel, Visit
from tests.benchmarks.instances.legs import truncated, whole


def scale_of(name: str) -> int:
    """Return what a unit of distance counts: 100 for Cordeau's, 10 for Solomon's."""
    return 100 if name.startswith("pr") else 10


def read(path: Path, team: int) -> Problem:
    """Read an instance in the layout of the KU Leuven's page, for a team of so many."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()][2:]
    scale = scale_of(path.name)
    end = whole(rows[0][-1], scale)
    shifts = tuple(Shift(f"rep{k}", 0, end, from_place=0, to_place=0) for k in range(1, team + 1))
    visits = tuple(
        Visit(
            id=row[0],
            place=number,
            duration=whole(row[3], scale),
            windows=((whole(row[-2], scale), whole(row[-1], scale)),),
            prize=float(row[4]),
        )
        for number, row in enumerate(rows[1:], 1)
    )
    travel = Travel(truncated([(row[1], row[2]) for row in rows], scale))
    # A power of ten below one over all the time there is.
    price = 10.0 ** -len(str(team * end))
    return Problem(shifts, visits, (Place(),) * len(rows), travel, cost_per_travel_second=price)
