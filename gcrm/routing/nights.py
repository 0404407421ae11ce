"""Nights away: the hotels that make sense, the evenings on which a rep may stay in one, and what a night saves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.core.geo import metres_between
from gcrm.routing.legs import leg, path
from gcrm.routing.problem import OPTIONAL, End, EndOf, Place, Problem, Shift, Visit
from gcrm.routing.solution import FEASIBLE, OPTIMAL, Route, Solution

USUAL_SAVING_MINUTES = 60
MOST_SAVING_MINUTES = 600
MOST_HOTELS = 5
"""Of one rep in a problem: each is one more place and one more choice on every evening."""
SLOW_METRES_PER_MINUTE = 300.0
"""18 km/h as the crow flies: no drive is slower for long, so a hotel that cannot save enough at that pace never can."""
Point = tuple[float, float]
"""(lon, lat)."""


@dataclass(frozen=True)
class Hotel:
    """A place to sleep; a night there must save `extra_minutes` more than the least saving."""

    uuid: str
    name: str
    lon: float
    lat: float
    address: str | None = None
    phone: str | None = None
    extra_minutes: int = 0


@dataclass(frozen=True)
class Rule:
    """The evenings (1 is Monday) on which a rep may stay away, and the minutes of driving that a night must save."""

    weekdays: tuple[int, ...] = ()
    saving_minutes: int = USUAL_SAVING_MINUTES

    def __post_init__(self) -> None:
        if not all(1 <= day <= 7 for day in self.weekdays):
            raise Invalid("A weekday is a number from 1, Monday, to 7, Sunday.")
        if not 0 <= self.saving_minutes <= MOST_SAVING_MINUTES:
            raise Invalid(f"A night saves between 0 and {MOST_SAVING_MINUTES} minutes of driving.")

    def evenings(self, days: Collection[dt.date]) -> frozenset[dt.date]:
        """Those of the working days whose evening may be spent away: the next calendar day is one of work too."""
        return frozenset(
            day for day in days if day.isoweekday() in self.weekdays and day + dt.timedelta(days=1) in days
        )


@dataclass(frozen=True)
class Away:
    """Where and when a rep may stay away in some days."""

    hotels: tuple[Hotel, ...]
    evenings: frozenset[dt.date]
    saving_minutes: int

    def least_seconds(self, hotel: Hotel) -> int:
        """What a night at the hotel must save."""
        return 60 * (self.saving_minutes + hotel.extra_minutes)


@dataclass(frozen=True)
class Night:
    """A night away as one of its two days knows it."""

    hotel: str
    """Its UUID; the hotel itself may be gone since."""
    name: str
    lon: float
    lat: float
    home: Point
    """Where the night would have been spent otherwise."""
    address: str | None = None
    phone: str | None = None
    saved_seconds: int = 0
    """Driving that it saves this day, less than 0 where only the other day gains."""

    @property
    def point(self) -> Point:
        return self.lon, self.lat

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def night_at(hotel: Hotel, home: Point) -> Night:
    return Night(hotel.uuid, hotel.name, hotel.lon, hotel.lat, home, hotel.address, hotel.phone)


def read(row: dict[str, Any] | None) -> Night | None:
    """A night as it was kept with a plan."""
    return None if row is None else Night(**(row | {"home": tuple(row["home"])}))


# -- which hotels ----------------------------------------------------------------------------------------------------


def sensible(
    hotels: Sequence[Hotel], home: Point, spots: Sequence[tuple[float, float, float]], saving_minutes: int,
    most: int = MOST_HOTELS,
) -> tuple[Hotel, ...]:  # fmt: skip
    """The few hotels worth a look: those much nearer than home to the most valuable customers.

    Parameters
    ----------
    spots : customers as (lon, lat, prize)
    saving_minutes : a hotel from which even a slow driver saves less than half of it to every customer is left out

    Greedy for the sum over customers of prize times metres nearer by the nearest hotel chosen, which is within 1 - 1/e
    of the best choice (Nemhauser, Wolsey, Fisher 1978).
    """
    from_home = [metres_between(home, spot[:2]) for spot in spots]
    gains: dict[Hotel, list[float]] = {}
    for hotel in hotels:
        least = (saving_minutes + hotel.extra_minutes) / 2 * SLOW_METRES_PER_MINUTE
        nearer = [
            far - metres_between((hotel.lon, hotel.lat), spot[:2]) for far, spot in zip(from_home, spots, strict=True)
        ]
        if any(metres > 0 and metres >= least for metres in nearer):
            gains[hotel] = [max(0.0, metres) * (1.0 + spot[2]) for metres, spot in zip(nearer, spots, strict=True)]
    chosen: list[Hotel] = []
    reached = [0.0] * len(spots)
    while gains and len(chosen) < most:
        best = max(gains, key=lambda h: (_more(reached, gains[h]), h.uuid))
        if _more(reached, gains[best]) <= 0:
            break
        reached = [max(pair) for pair in zip(reached, gains.pop(best), strict=True)]
        chosen.append(best)
    return tuple(chosen)


def _more(reached: Sequence[float], gains: Sequence[float]) -> float:
    return sum(max(0.0, gain - have) for have, gain in zip(reached, gains, strict=True))


# -- in a problem ----------------------------------------------------------------------------------------------------


def ends_of(
    home: int, hotels: Sequence[tuple[int, Hotel]], away: Away, cost_per_travel_second: float
) -> tuple[End, ...]:
    """Where a day may end whose evening may be spent away; a night costs what it must save."""
    return (
        End(home),
        *(End(place, round(away.least_seconds(hotel) * cost_per_travel_second, 9)) for place, hotel in hotels),
    )


def at_home(problem: Problem, evenings: Collection[str]) -> Problem:
    """The problem with the nights after these shifts spent at home."""
    homes = {
        shift.id: shift.to_place[0].place
        for shift in problem.shifts
        if shift.id in evenings and isinstance(shift.to_place, tuple)
    }

    def slept(shift: Shift) -> Shift:
        if shift.id in homes:
            shift = replace(shift, to_place=homes[shift.id])
        if isinstance(shift.from_place, EndOf) and shift.from_place.shift in homes:
            shift = replace(shift, from_place=homes[shift.from_place.shift])
        return shift

    return replace(problem, shifts=tuple(slept(shift) for shift in problem.shifts))


# -- and home again --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Departure:
    """A morning on which somebody leaves a hotel: the visit that stands for it, and the drive home paid the evening before."""

    visit: Visit
    evening: str
    paid: float


def with_departures(problem: Problem) -> tuple[Problem, list[Departure]]:
    """The problem in which a night pays for the drive home at once, and gets it back when the next day leaves the hotel.

    An unused shift ends where it began, so a search would sleep at a hotel and never come home. Here an evening's end at a
    hotel costs the drive home on top, and a visit of no time at the hotel, worth as much, is there for the next day only,
    at its very beginning, when nobody can come from home. Whoever goes on from the hotel gets it before anything else; who
    does not has paid the drive home.
    """
    shifts = {shift.id: shift for shift in problem.shifts}
    departures: list[Departure] = []
    price = problem.cost_per_travel_second
    for shift in problem.shifts:
        evening = shifts[shift.from_place.shift] if isinstance(shift.from_place, EndOf) else None
        if evening is None or not isinstance(evening.to_place, tuple):
            continue
        home, ends = evening.to_place[0], [evening.to_place[0]]
        for end in evening.to_place[1:]:
            back = leg(problem, end.place, home.place, shift.travel_factor)
            if not back or not leg(problem, home.place, end.place, shift.travel_factor):
                continue
            paid, at_once = round(price * back, 9), ((shift.start, shift.start),)
            visit = Visit(f"from {end.place} {shift.id}", end.place, 0, at_once, paid, OPTIONAL, (shift.id,))
            departures.append(Departure(visit, evening.id, paid))
            ends.append(replace(end, cost=end.cost + paid))
        shifts[evening.id] = replace(evening, to_place=tuple(ends))
    visits = (*problem.visits, *(departure.visit for departure in departures))
    return replace(problem, shifts=tuple(shifts.values()), visits=visits), departures


def without_departures(problem: Problem, solution: Solution, departures: Sequence[Departure]) -> Solution:
    """The solution as one of the problem itself, without the visits that stand for departures."""
    if not departures:
        return solution
    prizes = {departure.visit.id: departure.paid for departure in departures}
    nights = {(departure.evening, departure.visit.place): departure.paid for departure in departures}
    got = sum(prizes.get(stop.visit, 0.0) for route in solution.routes for stop in route.stops)
    cut = [_without(route, prizes) for route in solution.routes]
    kept = [route for route, _ in cut]
    rested = problem.cost_per_waiting_second * sum(seconds for _, seconds in cut)
    empty = [one for one, route in zip(solution.routes, kept, strict=True) if not route.stops]
    paid = sum(nights.get((route.shift, route.end_place or 0), 0.0) for route in solution.routes)
    saved = problem.cost_per_travel_second * sum(route.travel_seconds for route in empty)
    saved += problem.cost_per_shift * len(empty)
    routes = tuple(route for route in kept if route.stops)
    metres = [route.travel_metres for route in routes]
    return replace(
        solution, status=FEASIBLE if solution.status == OPTIMAL else solution.status, bound=None,
        objective=solution.objective - got + paid + saved + rested, prize=solution.prize - got, routes=routes,
        travel_seconds=sum(route.travel_seconds for route in routes),
        travel_metres=None if solution.travel_metres is None or None in metres else sum(each or 0 for each in metres),
        unserved=tuple(one for one in solution.unserved if one.visit not in prizes),
    )  # fmt: skip


def _without(route: Route, names: Collection[str]) -> tuple[Route, int]:
    """A route without its departure, if it has one: it leaves so much later that it need not wait at its first stop."""
    if not route.stops or route.stops[0].visit not in names:
        return route, 0
    left, stops = route.stops[0].depart, route.stops[1:]
    if not stops or any(taken.start < stops[0].start for taken in route.breaks):
        return replace(route, leave=left, stops=stops), 0
    first = stops[0]
    later = first.waiting_seconds
    first = replace(first, arrive=first.arrive + later, waiting_seconds=0)
    return replace(route, leave=left + later, stops=(first, *stops[1:])), later


# -- what it saves ---------------------------------------------------------------------------------------------------


def saved(problem: Problem, order: Sequence[str], home: int) -> tuple[int, int]:
    """Driving that a day's two ends save against beginning, and against ending, at the place `home`.

    The problem has one shift with whole places as its ends, the visits come in `order`. What is driven less is above 0.
    """
    factor = problem.shifts[0].travel_factor
    places = path(problem, list(order))

    def drive(here: int | None, there: int | None) -> int:
        return leg(problem, here, there, factor) or 0

    morning = drive(home, places[1]) - drive(places[0], places[1])
    evening = drive(places[-2], home) - drive(places[-2], places[-1])
    return morning, evening


def renewed(
    before: Night | None, after: Night | None, problem: Problem, order: Sequence[str]
) -> tuple[Night | None, Night | None]:
    """A day's two nights with what each saves it now; as they were where the day does not begin or end there."""
    shift = problem.shifts[0]
    home = home_place(problem, before or after)
    if home is None:
        return before, after
    morning, evening = saved(problem, order, home)
    if before is not None and _is_at(problem, shift.from_place, before):
        before = replace(before, saved_seconds=morning)
    if after is not None and _is_at(problem, shift.to_place, after):
        after = replace(after, saved_seconds=evening)
    return before, after


def home_place(problem: Problem, night: Night | None) -> int | None:
    """The place of a problem that is the home of a night's rep."""
    if night is None:
        return None
    home = Place(lon=night.home[0], lat=night.home[1])
    return next((number for number, place in enumerate(problem.places) if place == home), None)


def _is_at(problem: Problem, end: Any, night: Night) -> bool:
    return isinstance(end, int) and problem.places[end] == Place(lon=night.lon, lat=night.lat)
