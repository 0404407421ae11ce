"""Periodic routing: the instances p01-p32 and pr01-pr10 as Cordeau, Gendreau and Laporte 1997 have them.

Each customer is visited on one of its patterns of days, the least distance in all. Every leg is rounded to a hundredth, which counts
as a second. A day of a limited length bounds travel and service of a route.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gcrm.routing.problem import MUST, Group, Place, Problem, Shift, Travel, Visit
from tests.benchmarks.instances.legs import rounded, whole

SCALE = 100


@dataclass(frozen=True)
class Customer:
    """A customer's number, service, load and patterns of days."""

    number: int
    service: int
    load: float
    patterns: tuple[tuple[int, ...], ...]

    @property
    def visits(self) -> int:
        """Return how many visits a period has, by the patterns: p11 gives a customer no frequency."""
        return max(map(len, self.patterns))


def read(path: Path) -> Problem:
    """Read an instance in Cordeau's layout."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    _, vehicles, count, days = (int(cell) for cell in rows[0][:4])
    limits, points = rows[1 : days + 1], rows[days + 1 : days + 2 + count]
    customers = [_customer(row, days) for row in points[1:]]
    table = rounded([(row[1], row[2]) for row in points], SCALE)
    # No route is longer than the dearest way to each customer and home again.
    enough = sum(max(row) + one.service for row, one in zip(table[1:], customers, strict=True)) + max(table[0])
    lengths = [whole(limit[0], SCALE) or enough for limit in limits]
    shifts = tuple(
        Shift(
            id=f"day{day}-vehicle{k}",
            day=day,
            start=day * (max(lengths) + 1),
            end=day * (max(lengths) + 1) + lengths[day],
            from_place=0,
            to_place=0,
            capacity=float(limits[day][1]),
        )
        for day in range(days)
        for k in range(1, vehicles + 1)
    )
    visits = tuple(
        Visit(f"{one.number}.{k}", one.number, one.service, rank=MUST, load=one.load, group=str(one.number))
        for one in customers
        for k in range(one.visits)
    )
    groups = tuple(Group(str(one.number), one.visits, day_patterns=one.patterns) for one in customers)
    return Problem(shifts, visits, (Place(),) * len(points), Travel(table), groups=groups, cost_per_travel_second=1.0)


def _customer(row: list[str], days: int) -> Customer:
    """Read a customer; a pattern is a number whose first of `days` bits is the first day."""
    codes = [int(code) for code in row[7 : 7 + int(row[6])]]
    patterns = tuple(tuple(day for day in range(days) if code >> (days - 1 - day) & 1) for code in codes)
    return Customer(int(row[0]), whole(row[3], SCALE), float(row[4]), patterns)


def published(path: Path) -> tuple[list[tuple[int, tuple[int, ...]]], float]:
    """Return the routes of a published solution (.res) as day and customers, and its cost."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    routes = [(int(row[0]) - 1, tuple(int(cell) for cell in row[4:] if cell != "0")) for row in lines[1:]]
    return routes, float(lines[0][0])
