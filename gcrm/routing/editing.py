"""Changing a day by hand: what an order of stops makes of the day, what it costs, and which rules it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from gcrm.core.errors import Conflict, Invalid
from gcrm.routing import problem as problems
from gcrm.routing.legs import leg, leg_metres, path
from gcrm.routing.problem import FIXED, Break, Place, Problem, Visit
from gcrm.routing.schedule import Run, Timetable, timetable
from gcrm.routing.solution import Route, Stop, TakenBreak
from gcrm.routing.travel import TravelTimes

KINDS = ("moved", "timed", "untimed", "locked", "unlocked", "dropped", "added", "given", "taken")
"""What a person changes: `given` to another day of the same rep, `taken` there from it."""
FAR = 10**9
LATER_SECONDS = 86_400
"""How much longer a day may get while it is shown which rule it breaks."""


@dataclass(frozen=True)
class Draft:
    """A day's stops in order, by their visit's id, the times somebody said, and what is locked."""

    order: tuple[str, ...]
    pins: Mapping[str, int] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    done: int = 0
    """How many of the first stops are over or begun and stay where they are."""


@dataclass(frozen=True)
class Change:
    """One thing that a person wants other: `to` is a place in the order without the stop, `at` a second of the day."""

    kind: str
    key: str
    to: int | None = None
    at: int | None = None


@dataclass(frozen=True)
class Fault:
    """A rule that the day breaks: `closed`, `appointment`, `late_home`, `lunch`, `no_way` or `no_time`."""

    rule: str
    key: str | None = None
    at: int | None = None
    """When it would be."""
    due: int | None = None
    """When it would have to be."""


@dataclass(frozen=True)
class Attempt:
    """A day as it would be: its timetable where there is one, and every rule it breaks."""

    problem: Problem
    order: tuple[str, ...]
    times: Timetable | None
    travel: tuple[int, ...]
    """Seconds of each drive, one more than stops."""
    metres: tuple[int, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def travel_seconds(self) -> int:
        return sum(self.travel)

    @property
    def value(self) -> float:
        """The objective of the day, so far as its rules hold."""
        if self.times is None:
            return 0.0
        prizes = {visit.id: visit.prize for visit in self.problem.visits}
        cost = self.problem.cost_per_travel_second * self.travel_seconds
        cost += self.problem.cost_per_waiting_second * self.times.waiting_seconds
        return sum(prizes[key] for key in self.order) - cost


def changed(draft: Draft, change: Change) -> Draft:
    """The draft after a change; raise `Invalid` or `Conflict` where it makes no sense."""
    if change.kind not in KINDS:
        raise Invalid(f"“{change.kind}” is no change. It is one of {', '.join(KINDS)}.")
    brings = change.kind in ("added", "taken")
    if brings == (change.key in draft.order):
        raise Conflict("This stop stands in the day already." if brings else "This stop is not in the day any more.")
    if not brings and draft.order.index(change.key) < draft.done:
        raise Conflict("This stop is over or begun; it stays where it is.")
    rest = tuple(key for key in draft.order if key != change.key)
    pins = {key: at for key, at in draft.pins.items() if key != change.key}
    if change.kind in ("locked", "unlocked"):
        locked = draft.locked | {change.key} if change.kind == "locked" else draft.locked - {change.key}
        return replace(draft, locked=locked)
    if change.kind in ("dropped", "given"):
        return replace(draft, order=rest, pins=pins, locked=draft.locked - {change.key})
    if change.kind == "untimed":
        return replace(draft, pins=pins)
    if change.kind == "timed" and change.at is None:
        raise Invalid("Say when the visit is to begin.")
    if change.at is not None:
        pins[change.key] = change.at
    elif change.key in draft.pins:
        pins[change.key] = draft.pins[change.key]
    place = draft.order.index(change.key) if change.to is None and not brings else change.to
    if place is None or not draft.done <= place <= len(rest):
        raise Invalid("There is no such place in the order.")
    return replace(draft, order=(*rest[:place], change.key, *rest[place:]), pins=pins)


def part(document: Mapping[str, Any], keys: Iterable[str]) -> Problem:
    """The stored problem of a day with only some of its visits, in this order, and their places."""
    known = {visit["id"]: visit for visit in document["visits"]}
    missing = [key for key in keys if key not in known]
    if missing:
        raise Conflict("The plan does not know one of its stops any more. Plan the day again.")
    (shift,) = document["shifts"]
    visits = [known[key] for key in keys]
    ends = [place for place in (shift["from"], shift["to"]) if isinstance(place, int)]
    places = list(dict.fromkeys([*ends, *(visit["place"] for visit in visits)]))
    index = {place: number for number, place in enumerate(places)}
    travel = {
        name: [[table[a][b] for b in places] for a in places]
        for name, table in document["travel"].items()
        if table is not None
    }
    own = {name: index.get(shift[name]) if isinstance(shift[name], int) else None for name in ("from", "to")}
    kept = {
        name: document[name] for name in document if name.startswith("cost_per") or name in ("version", "starts_at")
    }
    return problems.parse(
        kept
        | {
            "places": [document["places"][place] for place in places],
            "travel": travel,
            "shifts": [shift | own],
            "visits": [visit | {"place": index[visit["place"]], "shifts": None, "group": None} for visit in visits],
        }
    )


def joined(problem: Problem, visit: Visit, place: Place, source: TravelTimes) -> Problem:
    """The problem with one more visit at a place of its own, the new drives from `source`."""
    places = (*problem.places, place)
    travel, fresh = problem.travel, source.travel(places)
    if travel is not None:
        metres = None
        if travel.metres is not None and fresh.metres is not None:
            metres = _bordered(travel.metres, fresh.metres)
        fresh = replace(fresh, seconds=_bordered(travel.seconds, fresh.seconds), metres=metres)
    visits = (*problem.visits, replace(visit, place=len(problem.places)))
    return replace(problem, places=places, travel=fresh, visits=visits)


def _bordered(old: problems.Matrix, new: problems.Matrix) -> problems.Matrix:
    rows = tuple((*row, new[i][-1]) for i, row in enumerate(old))
    return (*rows, tuple(new[-1]))


def attempt(problem: Problem, draft: Draft) -> Attempt:
    """What a day becomes with these stops in this order.

    The exact timetable where every rule holds. Otherwise the earliest one that lets visits begin after their last
    window, lunch late and the day end late, with each of these said.
    """
    shift = problem.shifts[0]
    places = path(problem, list(draft.order))
    drives = [leg(problem, a, b, shift.travel_factor) for a, b in pairwise(places)]
    metres = tuple(leg_metres(problem, a, b) or 0 for a, b in pairwise(places))
    travel = tuple(seconds or 0 for seconds in drives)
    faults = [
        Fault("no_way", draft.order[min(number, len(draft.order) - 1)])
        for number, seconds in enumerate(drives)
        if seconds is None
    ]
    visits = {visit.id: visit for visit in problem.visits}
    stops = [visits[key] for key in draft.order]
    faults += [
        Fault("closed", visit.id, draft.pins[visit.id])
        for visit in stops
        if visit.id in draft.pins and not _within(visit.windows, draft.pins[visit.id])
    ]
    shut = {v.id for v in stops if v.id not in draft.pins and v.windows and not _meets(v.windows, shift)}
    faults += [Fault("closed", key) for key in draft.order if key in shut]
    if not stops:
        return Attempt(problem, (), None, (), ())
    run = Run(
        shift.start, shift.end, travel, [(v.duration, () if v.id in shut else _windows(v, draft.pins)) for v in stops],
        shift.breaks,
        shift.max_work_seconds, cost_per_waiting_second=problem.cost_per_waiting_second,
    )  # fmt: skip
    times = timetable(run)
    if times is None:
        times, broken = _late(run, stops, draft.pins, shut)
        faults += broken
    return Attempt(problem, draft.order, times, travel, metres, tuple(faults))


def _windows(visit: Visit, pins: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    at = pins.get(visit.id)
    return visit.windows if at is None else ((at, at),)


def _within(windows: Sequence[tuple[int, int]], at: int) -> bool:
    return not windows or any(a <= at <= b for a, b in windows)


def _meets(windows: Sequence[tuple[int, int]], shift: problems.Shift) -> bool:
    return any(a <= shift.end and shift.start <= b for a, b in windows)


def _late(
    run: Run, stops: Sequence[Visit], pins: Mapping[str, int], shut: set[str]
) -> tuple[Timetable | None, list[Fault]]:
    """The earliest timetable that may be late, and what is late in it: lunch only where that makes less late."""
    open_ended = [
        (duration, (*windows[:-1], (windows[-1][0], FAR)) if windows else ()) for duration, windows in run.stops
    ]
    loose = replace(
        run, end=run.end + LATER_SECONDS, stops=open_ended, max_work_seconds=None, cost_per_waiting_second=0.0
    )
    late_breaks = [Break(pause.duration, (pause.window[0], pause.window[1] + LATER_SECONDS)) for pause in run.breaks]
    found = [
        (made, _lateness(run, made, stops, pins, shut))
        for made in (timetable(loose), timetable(replace(loose, breaks=late_breaks)))
        if made is not None
    ]
    if not found:
        return None, [Fault("no_time")]
    return min(found, key=lambda one: (len(one[1]), late_seconds(one[1])))


def late_seconds(faults: Iterable[Fault]) -> int:
    """By how much things are late, all together."""
    return sum(max(0, fault.at - fault.due) for fault in faults if fault.at is not None and fault.due is not None)


def _lateness(
    run: Run, made: Timetable, stops: Sequence[Visit], pins: Mapping[str, int], shut: set[str]
) -> list[Fault]:
    faults = []
    for visit, times in zip(stops, made.stops, strict=True):
        windows = _windows(visit, pins)
        if visit.id not in shut and not _within(windows, times.start):
            rule = "appointment" if visit.rank == FIXED or visit.id in pins else "closed"
            faults.append(Fault(rule, visit.id, times.start, windows[-1][1]))
    latest = max((pause.window[1] for pause in run.breaks), default=FAR)
    faults += [Fault("lunch", None, begin, latest) for begin, _end in made.breaks if begin > latest]
    if made.return_at > run.end:
        faults.append(Fault("late_home", None, made.return_at, run.end))
    return faults or ([] if shut else [Fault("no_time")])


def best_place(problem: Problem, draft: Draft, key: str, pin: int | None = None) -> int:
    """Where a further visit costs least: a place without any broken rule first, then the least driving."""
    pins = dict(draft.pins) | ({} if pin is None else {key: pin})
    ranked = []
    for place in range(draft.done, len(draft.order) + 1):
        order = (*draft.order[:place], key, *draft.order[place:])
        found = attempt(problem, replace(draft, order=order, pins=pins))
        ranked.append((len(found.faults), late_seconds(found.faults), found.travel_seconds, place))
    return min(ranked)[3]


def place_at(draft: Draft, current: Attempt, key: str, at: int) -> int:
    """The place in the order for a stop that is to begin at a time: before the first other stop whose middle is later."""
    rest = [other for other in draft.order if other != key]
    if current.times is None:
        return len(rest)
    middle = {name: (t.start + t.depart) // 2 for name, t in zip(current.order, current.times.stops, strict=True)}
    for place, other in enumerate(rest):
        if place >= draft.done and middle.get(other, 0) > at:
            return place
    return len(rest)


def route_of(tried: Attempt) -> Route | None:
    """The attempt as a route of its problem; None for a day without stops."""
    if tried.times is None:
        return None
    places = path(tried.problem, list(tried.order))
    end = places[-1] if places[-1] is not None else places[-2]
    has_metres = tried.problem.travel is not None and tried.problem.travel.metres is not None
    return Route(
        shift=tried.problem.shifts[0].id,
        leave=tried.times.leave,
        return_at=tried.times.return_at,
        end_place=end,
        travel_seconds=tried.travel_seconds,
        travel_metres=sum(tried.metres) if has_metres else None,
        stops=tuple(
            Stop(key, t.arrive, t.start, t.depart, t.waiting_seconds)
            for key, t in zip(tried.order, tried.times.stops, strict=True)
        ),
        breaks=tuple(TakenBreak(begin, end_) for begin, end_ in tried.times.breaks),
    )
