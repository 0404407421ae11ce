"""Generated work of field sales: forty days of one rep, and a team's week. Deterministic by name and seed.

Places: a dense centre that two of five customers lie round (2.5 km, standard deviation) and towns that have the rest, each
of its own size and spread, 10 to 60 km out. Minutes of a drive are whole and concave in the distance, 2 + 3.2 d^0.72 for d km,
as fast roads take over; so a town is worth a long drive only with several visits. Visits take 20 to 45 minutes, 30 % have one window
of 30 minutes to four hours, priorities are 1 to 10. A shift is 08:30 to 16:30; a lunch is 30 minutes that begin from 11:30 to
13:30. All travel together costs less than one point: the most priority, then the least driving.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from gcrm.routing.problem import Break, Place, Problem, Shift, Travel, Visit

MINUTE, DAY = 60, 86_400
OPENS, CLOSES = 8 * 60 + 30, 16 * 60 + 30
SIZES = (60, 120, 200, 300)
DAYS_OF_A_SIZE = 10
WORKDAYS = 5
DAY_PAIRS = ((0, 1), (0, 1), (0, 2), (0, 3), (1, 3), (1, 4), (2, 4), (3, 4), (3, 4))
"""The days on which a customer with a cadence may be seen; one that is due twice is seen on the first two and on the last two."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Town:
    """Where a town lies, how far it spreads, how much of the custom it has."""

    at: Point
    spread: float
    share: float


def names_of_days() -> list[str]:
    """Return the names of the forty days: ten of each size, every second one with a lunch."""
    return [f"day-{size}-{k}{'-lunch' * (k % 2)}" for size in SIZES for k in range(1, DAYS_OF_A_SIZE + 1)]


def day(name: str) -> Problem:
    """Return a day of one rep by its name, `day-SIZE-NUMBER` with `-lunch` at the end where there is one."""
    _, size, number, *lunch = name.split("-")
    random = Random(f"day {size} {number}")
    points = _places(random, 1, int(size))
    breaks = (Break(30 * MINUTE, (690 * MINUTE, 810 * MINUTE)),) if lunch else ()
    shift = Shift("day", OPENS * MINUTE, CLOSES * MINUTE, from_place=0, to_place=0, breaks=breaks)
    visits = tuple(_visit(random, f"v{v}", v + 1, (0,), None) for v in range(int(size)))
    return Problem((shift,), visits, (Place(),) * len(points), Travel(_minutes(points)), cost_per_travel_second=1e-5)


def week(reps: int = 20, customers: int = 1500, seed: int = 1) -> Problem:
    """Return a team's week: reps who start from their homes, one customer in five due twice, on disjoint sets of days."""
    random = Random(f"week {reps} {customers} {WORKDAYS} {seed}")
    points = _places(random, reps, customers)
    shifts = tuple(
        Shift(
            id=f"rep{rep}-day{day}",
            rep=f"rep{rep}",
            day=day,
            start=day * DAY + OPENS * MINUTE,
            end=day * DAY + CLOSES * MINUTE,
            from_place=rep,
            to_place=rep,
        )
        for rep in range(reps)
        for day in range(WORKDAYS)
    )
    on = {day: tuple(shift.id for shift in shifts if shift.day == day) for day in range(WORKDAYS)}
    visits: list[Visit] = []
    twice = set(random.sample(range(customers), customers // 5))
    for customer in range(customers):
        chosen = random.choice(DAY_PAIRS)
        sets = [(0, 1), (3, 4)] if customer in twice else [chosen if random.random() < 0.3 else tuple(range(WORKDAYS))]
        for k, some in enumerate(sets):
            allowed = None if len(some) == WORKDAYS else tuple(name for day in some for name in on[day])
            visits.append(_visit(random, f"v{customer}.{k}", reps + customer, some, allowed))
    price = 10.0 ** -len(str(len(shifts) * (CLOSES - OPENS) * MINUTE))
    return Problem(
        shifts, tuple(visits), (Place(),) * len(points), Travel(_minutes(points)), cost_per_travel_second=price
    )


def _places(random: Random, homes: int, customers: int) -> list[Point]:
    """Return the homes of the reps, the first one in the middle, then the customers."""
    towns = []
    for _ in range(6 + customers // 60):
        far, turn = random.uniform(10, 60), random.uniform(0, 2 * math.pi)
        towns.append(Town((far * math.cos(turn), far * math.sin(turn)), random.uniform(1, 4), random.uniform(0.3, 2)))
    centre = Town((0.0, 0.0), 2.5, sum(town.share for town in towns) * 2 / 3)
    rest = [_near(random, [centre, *towns]) for _ in range(homes - 1 + customers)]
    return [(0.0, 0.0), *rest]


def _near(random: Random, towns: list[Town]) -> Point:
    town = random.choices(towns, [town.share for town in towns])[0]
    return random.gauss(town.at[0], town.spread), random.gauss(town.at[1], town.spread)


def _minutes(points: list[Point]) -> tuple[tuple[int, ...], ...]:
    # One object for each number of minutes: a week has millions of legs.
    lengths = [MINUTE * minutes for minutes in range(1000)]
    return tuple(
        tuple(0 if p == q else lengths[round(2 + 3.2 * math.dist(p, q) ** 0.72)] for q in points) for p in points
    )


def _visit(random: Random, name: str, place: int, days: tuple[int, ...], shifts: tuple[str, ...] | None) -> Visit:
    """Return a visit with its priority as prize; its window, if it has one, is the same on each of its days."""
    duration, prize = MINUTE * random.randrange(20, 46, 5), float(random.randint(1, 10))
    windows: tuple[tuple[int, int], ...] = ()
    if random.random() < 0.3:
        length = random.choice((30, 60, 120, 180, 240))
        opens = random.randrange(OPENS, CLOSES - length, 15)
        windows = tuple((d * DAY + opens * MINUTE, d * DAY + (opens + length) * MINUTE) for d in days)
    return Visit(name, place, duration, windows, prize=prize, shifts=shifts)
