"""One shift as arrays: what the proof knows of a problem, read from the problem alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.problem import OPTIONAL, Break, End, Problem, Shift, Visit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Window = tuple[int, int]

# Later than any time, and sums of a few still fit 64 bits.
NEVER = 10**15
# The break is done, or never was; it is still to be taken.
DONE, PENDING = 0, 1


@dataclass(frozen=True, slots=True)
class Start:
    """A state in which the free part of the route can begin: anywhere from `early` to `late` at no waiting cost.

    `late` is the latest departure before waiting begins to cost; `place` is None where the first leg is free.
    """

    place: int | None
    early: int
    late: int
    state: int
    value: float


@dataclass(frozen=True, slots=True)
class Day:
    """A shift and the m visits that may follow its locked stops; seconds count from the start of the shift.

    Attributes
    ----------
    key : visits of one key exclude each other
    must : the visits that every plan of the wanted counts serves
    ways : (m, m) seconds of travel, `NEVER` where there is no way
    first_ways : (starts, m); last_ways, last_costs : (ends, m) and (ends,)
    rest : duration, earliest and latest beginning of the break
    constant : what any used shift earns and costs before its free part
    bare : the value of a plan without any further visit, minus infinity where that is none
    relaxed : names of rules that the proof leaves out, so its bound holds but a route found may break them
    """

    ids: tuple[str, ...]
    prefix: tuple[str, ...]
    prize: Floats
    duration: Ints
    windows: tuple[tuple[Window, ...], ...]
    key: Ints
    must: NDArray[np.bool_]
    load: Floats
    ways: Ints
    starts: tuple[Start, ...]
    first_ways: Ints
    last_ways: Ints
    last_costs: Floats
    end: int
    rest: tuple[int, int, int] | None
    price: float
    waiting_price: float
    constant: float
    bare: float
    most_visits: int
    most_travel: int
    capacity: float
    relaxed: tuple[str, ...] = ()

    def only(self, keep: Ints) -> Day:
        """Return the day with these visits alone."""
        return replace(
            self,
            ids=tuple(self.ids[v] for v in keep),
            prize=self.prize[keep],
            duration=self.duration[keep],
            windows=tuple(self.windows[v] for v in keep),
            key=np.unique(self.key[keep], return_inverse=True)[1].astype(np.int64),
            must=self.must[keep],
            load=self.load[keep],
            ways=np.ascontiguousarray(self.ways[np.ix_(keep, keep)]),
            first_ways=np.ascontiguousarray(self.first_ways[:, keep]),
            last_ways=np.ascontiguousarray(self.last_ways[:, keep]),
        )


@dataclass(slots=True)
class _Reader:
    problem: Problem
    shift: Shift
    table: Ints
    prefix: tuple[str, ...]
    by_id: dict[str, Visit] = field(default_factory=dict)


def day_of(problem: Problem, prefix: tuple[str, ...], is_whole: bool) -> Day | None:
    """Read the only shift of a problem whose travel is known; None where the locked stops cannot be kept.

    With `is_whole` the fixed and must-visits are served by every plan that is asked about; without, none has to be.
    """
    shift = problem.shifts[0]
    reader = _Reader(problem, shift, _table(problem, shift), prefix, {v.id: v for v in problem.visits})
    rest, relaxed = _rest(shift)
    relaxed += _relaxed(problem, shift)
    starts = _starts(reader, rest)
    if not starts:
        return None
    visits = [v for v in problem.visits if _may_follow(reader, v)]
    places = [v.place for v in visits]
    ends = _ends(shift)
    locked = [reader.by_id[name] for name in prefix]
    travelled = _travelled(reader)
    constant = sum(v.prize for v in locked) - problem.cost_per_shift - problem.cost_per_travel_second * travelled
    day = Day(
        ids=tuple(v.id for v in visits),
        prefix=prefix,
        prize=np.array([v.prize for v in visits], dtype=float),
        duration=np.array([v.duration for v in visits], dtype=np.int64),
        windows=tuple(_windows(problem, shift, v) for v in visits),
        key=_keys(problem, visits),
        must=np.array([is_whole and v.rank < OPTIONAL for v in visits], dtype=bool),
        load=np.array([v.load for v in visits], dtype=float),
        ways=np.ascontiguousarray(reader.table[np.ix_(places, places)]),
        starts=starts,
        first_ways=np.array([_row(reader.table, s.place, places) for s in starts], dtype=np.int64),
        last_ways=np.array([_column(reader.table, end, places) for end in ends], dtype=np.int64),
        last_costs=np.array([0.0 if end is None else end.cost for end in ends], dtype=float),
        end=shift.end - shift.start,
        rest=rest,
        price=problem.cost_per_travel_second,
        waiting_price=problem.cost_per_waiting_second,
        constant=constant,
        bare=_bare(reader, starts, rest, constant),
        most_visits=NEVER if shift.max_visits is None else shift.max_visits - len(prefix),
        most_travel=NEVER if shift.max_travel_seconds is None else shift.max_travel_seconds - travelled,
        capacity=np.inf if shift.capacity is None else shift.capacity - sum(v.load for v in locked),
        relaxed=tuple(relaxed),
    )
    if day.must.any():
        day = replace(day, bare=-math.inf)
    return day.only(np.flatnonzero([_can_be(day, v) for v in range(len(visits))]))


def _table(problem: Problem, shift: Shift) -> Ints:
    assert problem.travel is not None
    size = len(problem.places)
    rows = [[-1 if cell is None else cell for cell in row] for row in problem.travel.seconds]
    base = np.array(rows, dtype=np.int64).reshape(size, size)
    return np.where(base < 0, NEVER, np.ceil(shift.travel_factor * base).astype(np.int64))


def _rest(shift: Shift) -> tuple[tuple[int, int, int] | None, list[str]]:
    """Return the break that stays in the relaxation, the longest, and the rules left out for it."""
    if not shift.breaks:
        return None, []
    kept: Break = max(shift.breaks, key=lambda each: (each.duration, -each.window[1]))
    first, last = (max(0, moment - shift.start) for moment in kept.window)
    if kept.window[1] < shift.start:
        last = -1
    return (kept.duration, first, last), ["breaks"] if len(shift.breaks) > 1 else []


def _relaxed(problem: Problem, shift: Shift) -> list[str]:
    names = []
    if shift.max_work_seconds is not None:
        names.append("max_work_seconds")
    if any(rep.id == shift.rep for rep in problem.reps):
        names.append("reps")
    for group in problem.groups:
        if group.day_patterns is not None or (group.at_most != 1 and (group.at_most or group.min_gap_seconds)):
            names.append("groups")
            break
    return names


def _starts(reader: _Reader, rest: tuple[int, int, int] | None) -> tuple[Start, ...]:
    """Return the states after the locked stops, as `labels` reaches any other stop."""
    shift = reader.shift
    span = shift.end - shift.start
    place = shift.from_place if isinstance(shift.from_place, int) else None
    states = [Start(place, 0, span, DONE if rest is None else PENDING, 0.0)]
    if rest is not None and rest[2] >= 0:
        # The break may be over before leaving; after that, leaving late still costs nothing.
        states.append(Start(place, rest[1] + rest[0], span, DONE, 0.0))
    for name in reader.prefix:
        visit = reader.by_id[name]
        windows = _windows(reader.problem, shift, visit)
        price = reader.problem.cost_per_waiting_second
        found = []
        for state in states:
            way = 0 if state.place is None else int(reader.table[state.place, visit.place])
            for early, late, waited, broken in _drives(state, way, rest):
                for opens, closes in windows:
                    if early > closes:
                        continue
                    begin, last = max(early, opens), min(max(late, opens), closes)
                    value = state.value - price * (waited + max(0, opens - late))
                    found.append(Start(visit.place, begin + visit.duration, last + visit.duration, broken, value))
                    if price == 0:
                        break
        states = found
    return tuple(s for s in states if s.early <= span)


def _drives(state: Start, way: int, rest: tuple[int, int, int] | None) -> list[tuple[int, int, int, int]]:
    """Return (earliest, latest free arrival, seconds waited, break) with the break left alone, and taken on the way."""
    ways = [(state.early + way, state.late + way, 0, state.state)]
    if state.state == PENDING and rest is not None and state.early <= rest[2]:
        length, first, last = rest
        late = min(state.late, last)
        ways.append(
            (
                max(state.early + way, first) + length,
                min(max(late + way, first), last + way) + length,
                max(0, first - late - way),
                DONE,
            )
        )
    return ways


def _bare(reader: _Reader, starts: tuple[Start, ...], rest: tuple[int, int, int] | None, constant: float) -> float:
    """Return the value of ending after the locked stops; without any the shift is not used, which is worth nothing."""
    if not reader.prefix:
        return 0.0
    best = -math.inf
    for start in starts:
        for end in _ends(reader.shift):
            way = 0 if end is None or start.place is None else int(reader.table[start.place, end.place])
            homes = [early for early, _, _, state in _drives(start, way, rest) if state == DONE]
            if homes and min(homes) <= reader.shift.end - reader.shift.start:
                cost = reader.problem.cost_per_travel_second * way + (0.0 if end is None else end.cost)
                best = max(best, constant + start.value - cost)
    return best


def _travelled(reader: _Reader) -> int:
    place = reader.shift.from_place if isinstance(reader.shift.from_place, int) else None
    total = 0
    for name in reader.prefix:
        following = reader.by_id[name].place
        total += 0 if place is None else int(reader.table[place, following])
        place = following
    return total


def _may_follow(reader: _Reader, visit: Visit) -> bool:
    if visit.id in reader.prefix or (visit.shifts is not None and reader.shift.id not in visit.shifts):
        return False
    for group in reader.problem.groups:
        if group.id == visit.group and group.at_most is not None:
            return sum(reader.by_id[name].group == group.id for name in reader.prefix) < group.at_most
    return True


def _windows(problem: Problem, shift: Shift, visit: Visit) -> tuple[Window, ...]:
    """Return the disjoint windows within the shift, in order, without what is too near a taken one of the group."""
    free = list(visit.windows) or [(shift.start, shift.end)]
    for group in problem.groups:
        if group.id == visit.group and group.min_gap_seconds:
            for past in group.taken:
                low, high = past - group.min_gap_seconds, past + group.min_gap_seconds
                parts = [part for a, b in free for part in ((a, min(b, low)), (max(a, high), b))]
                free = sorted({part for part in parts if part[0] <= part[1]})
    joined: list[Window] = []
    for opens, closes in sorted(free):
        low, high = max(0, opens - shift.start), min(closes, shift.end) - shift.start
        if low > high:
            continue
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def _keys(problem: Problem, visits: list[Visit]) -> Ints:
    single = {group.id for group in problem.groups if group.at_most == 1}
    names = [("group", v.group) if v.group in single else ("visit", v.id) for v in visits]
    index = {name: k for k, name in enumerate(dict.fromkeys(names))}
    return np.array([index[name] for name in names], dtype=np.int64)


def _ends(shift: Shift) -> tuple[End | None, ...]:
    if isinstance(shift.to_place, tuple):
        return shift.to_place
    return (None,) if shift.to_place is None else (End(shift.to_place),)


def _row(table: Ints, place: int | None, places: list[int]) -> Ints:
    return np.zeros(len(places), dtype=np.int64) if place is None else table[place, places]


def _column(table: Ints, end: End | None, places: list[int]) -> Ints:
    return np.zeros(len(places), dtype=np.int64) if end is None else table[places, end.place]


def _can_be(day: Day, v: int) -> bool:
    """Say whether a visit can be reached and left for an end; another visit on the way may be a short cut."""
    if not day.windows[v]:
        return False
    reached = (day.first_ways[:, v] < NEVER).any() or (np.delete(day.ways[:, v], v) < NEVER).any()
    left = (day.last_ways[:, v] < NEVER).any() or (np.delete(day.ways[v], v) < NEVER).any()
    return bool(reached and left and day.windows[v][0][0] + day.duration[v] <= day.end)
