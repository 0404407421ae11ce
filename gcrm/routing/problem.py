"""The route problem in memory: whole seconds since `starts_at`, whole metres, the words of `route-problem.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gcrm.routing.reading import Malformed

Matrix = Sequence[Sequence[int | None]]

FIXED, MUST, OPTIONAL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map; one without coordinates exists in the matrix only."""

    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Travel:
    """Seconds and metres from place i (row) to place j (column); None means no way."""

    seconds: Matrix
    metres: Matrix | None = None
    source: str = field(default="", compare=False)
    """What made them, as "roads" or "roads + estimate for 2 places"; it is no part of the document."""
    estimated: tuple[int, ...] = field(default=(), compare=False)
    """Places that the source could not reach, whose times are estimates."""

    def said_by(self, whole: Travel, places: Sequence[int]) -> Travel:
        """Return it with the source of the travel that it was cut from; `places` are the numbers there."""
        lost = tuple(number for number, place in enumerate(places) if place in whole.estimated)
        word, some, rest = whole.source.partition(" + ")
        count = f"{len(lost)} place{'s' * (len(lost) > 1)}"
        source = whole.source if not some else (f"{word} + {rest.partition(' for ')[0]} for {count}" if lost else word)
        return replace(self, source=source, estimated=lost)


@dataclass(frozen=True, slots=True)
class EndOf:
    """A shift that begins where another one ended."""

    shift: str


@dataclass(frozen=True, slots=True)
class End:
    """One of the places where a shift may end, and what ending there costs."""

    place: int
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Break:
    """A pause without a place; it begins inside `window`."""

    duration: int
    window: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shift:
    """A rep's day: the literature's vehicle with its two depots."""

    id: str
    start: int
    end: int
    rep: str | None = None
    day: int = 0
    from_place: int | EndOf | None = None
    to_place: int | tuple[End, ...] | None = None
    breaks: tuple[Break, ...] = ()
    travel_factor: float = 1.0
    max_work_seconds: int | None = None
    max_travel_seconds: int | None = None
    max_visits: int | None = None
    capacity: float | None = None


@dataclass(frozen=True, slots=True)
class Rep:
    """Bounds on the sums over all shifts of one rep."""

    id: str
    max_work_seconds: int | None = None
    max_visits: int | None = None
    max_prize: float | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that may be made; it starts inside one of `windows`, at any time when there are none."""

    id: str
    place: int
    duration: int
    windows: tuple[tuple[int, int], ...] = ()
    prize: float = 0.0
    rank: int = OPTIONAL
    shifts: tuple[str, ...] | None = None
    load: float = 0.0
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Visits that know of each other: how many, how far apart in time, on which days."""

    id: str
    at_most: int | None = None
    min_gap_seconds: int | None = None
    taken: tuple[int, ...] = ()
    day_patterns: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Locked:
    """The stops that a shift begins with, in this order."""

    shift: str
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan is made from and checked against."""

    shifts: tuple[Shift, ...]
    visits: tuple[Visit, ...]
    places: tuple[Place, ...]
    travel: Travel | None = None
    reps: tuple[Rep, ...] = ()
    groups: tuple[Group, ...] = ()
    locked: tuple[Locked, ...] = ()
    cost_per_travel_second: float = 0.0
    cost_per_waiting_second: float = 0.0
    cost_per_shift: float = 0.0
    starts_at: str | None = None


class MalformedProblem(Malformed):
    """The problem document does not keep to `route-problem.md`; `faults` lists every fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The problem", faults)


def parse(document: Any) -> Problem:
    """Read a problem document; raise `MalformedProblem` with every fault by its JSON path."""
    from gcrm.routing.problem_reader import read  # the reader needs the classes above

    return read(document)


def dump(problem: Problem) -> dict[str, Any]:
    """Write the problem as a document that `parse` reads back to an equal problem."""
    document: dict[str, Any] = {"version": 1}
    if problem.starts_at is not None:
        document["starts_at"] = problem.starts_at
    document["places"] = [_place(place) for place in problem.places]
    if problem.travel is not None:
        document["travel"] = {"seconds": _rows(problem.travel.seconds)}
        if problem.travel.metres is not None:
            document["travel"]["metres"] = _rows(problem.travel.metres)
    document["shifts"] = [_shift(shift) for shift in problem.shifts]
    document["reps"] = [_plain(rep) for rep in problem.reps]
    document["visits"] = [_plain(visit) for visit in problem.visits]
    document["groups"] = [_plain(group) for group in problem.groups]
    document["cost_per_travel_second"] = problem.cost_per_travel_second
    document["cost_per_waiting_second"] = problem.cost_per_waiting_second
    document["cost_per_shift"] = problem.cost_per_shift
    document["locked"] = [_plain(locked) for locked in problem.locked]
    return document


def _place(place: Place) -> dict[str, Any]:
    return {} if place.lat is None else {"lat": place.lat, "lon": place.lon}


def _rows(matrix: Matrix) -> list[list[int | None]]:
    return [list(row) for row in matrix]


def _shift(shift: Shift) -> dict[str, Any]:
    document = _plain(shift)
    del document["from_place"], document["to_place"]
    document["from"], document["to"] = _end(shift.from_place), _end(shift.to_place)
    document["breaks"] = [_plain(pause) for pause in shift.breaks]
    return document


def _end(end: int | EndOf | tuple[End, ...] | None) -> Any:
    if isinstance(end, EndOf):
        return {"end_of": end.shift}
    if isinstance(end, tuple):
        return [_plain(one) for one in end]
    return end


def _plain(thing: Any) -> dict[str, Any]:
    return {name: _lists(getattr(thing, name)) for name in thing.__slots__}


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value
