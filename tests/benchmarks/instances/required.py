"""Problems with windows where every visit is required: Solomon 1987, Gehring and Homberger 1999.

As the DIMACS challenge of 2022 compares them: the least total distance within the fleet and the loads, every distance cut to
one decimal. All numbers are tenths; one tenth counts as a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gcrm.routing.problem import MUST, Place, Problem, Shift, Travel, Visit
from tests.benchmarks.instances.legs import Point, truncated, whole

SCALE = 10


@dataclass(frozen=True)
class Customer:
    """A line of an instance, its numbers as they are written; the first one is the depot."""

    point: Point
    demand: str
    opens: str
    closes: str
    service: str


def read(path: Path) -> Problem:
    """Read an instance in Solomon's layout (.txt) or in that of VRPLIB (.vrp)."""
    customers, vehicles, capacity = _vrplib(path) if path.suffix == ".vrp" else _solomon(path)
    depot, end = customers[0], whole(customers[0].closes, SCALE)
    shifts = tuple(
        Shift(f"vehicle{k}", whole(depot.opens, SCALE), end, from_place=0, to_place=0, capacity=float(capacity))
        for k in range(1, vehicles + 1)
    )
    visits = tuple(
        Visit(
            id=str(number),
            place=number,
            duration=whole(one.service, SCALE),
            windows=((whole(one.opens, SCALE), whole(one.closes, SCALE)),),
            rank=MUST,
            load=float(one.demand),
        )
        for number, one in enumerate(customers[1:], 1)
    )
    travel = Travel(truncated([one.point for one in customers], SCALE))
    return Problem(shifts, visits, (Place(),) * len(customers), travel, cost_per_travel_second=1.0)


def _solomon(path: Path) -> tuple[list[Customer], int, int]:
    rows = [line.split() for line in path.read_text().splitlines()]
    numbers = [row for row in rows if row and all(_is_number(cell) for cell in row)]
    vehicles, capacity = next(row for row in numbers if len(row) == 2)
    customers = [Customer((x, y), q, a, b, s) for _, x, y, q, a, b, s in (row for row in numbers if len(row) == 7)]
    return customers, int(vehicles), int(capacity)


def _vrplib(path: Path) -> tuple[list[Customer], int, int]:
    heads: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        if line.strip().endswith("_SECTION"):
            rows = sections.setdefault(line.strip(), [])
        elif value:
            heads[name.strip()] = value.strip()
        elif line.strip() and line.strip() != "EOF":
            rows.append(line.split())
    points, demands = sections["NODE_COORD_SECTION"], sections["DEMAND_SECTION"]
    windows, services = sections["TIME_WINDOW_SECTION"], sections.get("SERVICE_TIME_SECTION")
    customers = [
        Customer(
            point=(points[k][1], points[k][2]),
            demand=demands[k][1],
            opens=windows[k][1],
            closes=windows[k][2],
            service=services[k][1] if services else heads["SERVICE_TIME"] if k else "0",
        )
        for k in range(len(points))
    ]
    return customers, int(heads["VEHICLES"]), int(heads["CAPACITY"])


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()


def published(path: Path) -> tuple[list[tuple[str, ...]], int]:
    """Return the routes of a published solution (.sol) as visits, and its cost in tenths."""
    lines = path.read_text().splitlines()
    routes = [tuple(line.partition(":")[2].split()) for line in lines if line.startswith("Route")]
    cost = next(line.split()[1] for line in lines if line.startswith("Cost"))
    return routes, whole(cost, SCALE)
