"""The problem as arrays that compiled code reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.model import FAR, Model

Array = NDArray[Any]

NEVER = 4 * FAR
# Travel is kept in 32 bits; what is longer than a year is no way.
NO_WAY = 2**30


class Given(NamedTuple):
    """A problem of S shifts, n visits and G groups; times in seconds, places by index, the last place is `nowhere`.

    travel : (F, P + 1, P + 1) seconds for each travel factor, `NO_WAY` where there is none; `travel_to` transposed
    opens, closes : (n, W) windows in time order, `windows` of each visit are real
    worth : prize, with the weight of the rank on top; `rank` 0 fixed, 1 must, 2 optional
    by_worth : the visits, those worth most first
    magnitude : logarithm of the prize
    twin : the shift before that is just like this one, -1 for none
    near : (n, K) the visits nearest to each, -1 where there are no more
    follows : the shift at whose end each begins, -1 for none; `chain` the same number for shifts that hang together, -1 for
        one alone; `order` the shifts so that each comes after the one it follows
    day : by index among the days of shifts; `of_day[day_of[d] : day_of[d + 1]]` are the shifts of day d
    rest_* : (S, B) the breaks of each shift in the order of the middles of their windows
    pattern_of : (G + 1,) where the patterns of each group begin; those of pattern i are `pattern_days[pattern_at[i] : pattern_at[i + 1]]`
    """

    travel: Array
    travel_to: Array
    place: Array
    duration: Array
    opens: Array
    closes: Array
    windows: Array
    prize: Array
    worth: Array
    by_worth: Array
    magnitude: Array
    rank: Array
    load: Array
    fits: Array
    near: Array
    factor: Array
    begin: Array
    follows: Array
    chain: Array
    order: Array
    start: Array
    end: Array
    ends: Array
    end_place: Array
    end_cost: Array
    most_work: Array
    most_travel: Array
    most_visits: Array
    most_load: Array
    twin: Array
    day: Array
    day_of: Array
    of_day: Array
    counts_time: Array
    rests: Array
    rest_first: Array
    rest_last: Array
    rest_seconds: Array
    rep: Array
    rep_work: Array
    rep_visits: Array
    rep_prize: Array
    group: Array
    group_most: Array
    group_gap: Array
    member_of: Array
    members: Array
    patterned: Array
    pattern_of: Array
    pattern_at: Array
    pattern_days: Array
    costs: Array
    """price of a travel second, of a waiting second, of a used shift"""


def given_of(model: Model, neighbours: int = 60) -> Given:
    """Return the arrays of a model."""
    problem = model.problem
    shifts, n = problem.shifts, len(model.place)
    big = float("inf")
    most_rests = max((len(each) for each in model.breaks), default=0)
    most_ends = max((len(each.places) for each in model.ends), default=1)
    size = model.nowhere + 1
    travel = np.minimum(np.array(model.tables, dtype=np.int64).reshape(len(model.tables), size, size), NO_WAY)
    worth = np.array(model.weight, dtype=float)
    members = [v for group in model.members for v in group]
    days = sorted({s.day for s in shifts})
    of_day = [[s for s, shift in enumerate(shifts) if shift.day == day] for day in days]
    patterns = [_servable(each or [], days) for each in model.group_patterns]
    every = [pattern for each in patterns for pattern in each]
    return Given(
        travel=travel.astype(np.int32),
        travel_to=np.ascontiguousarray(travel.transpose(0, 2, 1)).astype(np.int32),
        place=_ints(model.place, np.int64),
        duration=model.durations,
        opens=np.ascontiguousarray(model.opens.T) if n else np.zeros((0, 1), np.int64),
        closes=np.ascontiguousarray(model.closes.T) if n else np.zeros((0, 1), np.int64),
        windows=_ints([len(each) for each in model.windows], np.int64),
        prize=model.prize,
        worth=worth,
        by_worth=np.argsort(-worth, kind="stable").astype(np.int64),
        magnitude=np.log(np.maximum(model.prize, 1e-300)),
        rank=model.rank,
        load=np.array(model.load, dtype=float),
        fits=np.ascontiguousarray(model.fits),
        near=_near(model, neighbours),
        factor=_ints(model.factor, np.int64),
        begin=_ints(model.begins, np.int64),
        follows=_ints(model.follows),
        chain=_chains(model),
        order=_ints(model.order),
        start=_ints([s.start for s in shifts]),
        end=_ints([s.end for s in shifts]),
        ends=_ints([len(each.places) for each in model.ends], np.int64),
        end_place=_table([each.places for each in model.ends], most_ends, model.nowhere, np.int64),
        end_cost=_table([each.costs for each in model.ends], most_ends, 0.0, np.float64),
        most_work=_ints([NEVER if s.max_work_seconds is None else s.max_work_seconds for s in shifts]),
        most_travel=_ints([NO_WAY - 1 if s.max_travel_seconds is None else s.max_travel_seconds for s in shifts]),
        most_visits=_ints([n if s.max_visits is None else s.max_visits for s in shifts]),
        most_load=np.array(
            [big if s.capacity is None else s.capacity * (1 + 1e-9) + 1e-9 for s in shifts], dtype=float
        ),
        twin=_twins(model),
        day=_ints([days.index(s.day) for s in shifts]),
        day_of=_starts(of_day),
        of_day=_ints([s for each in of_day for s in each]),
        counts_time=np.array([b or problem.cost_per_waiting_second > 0 for b in model.rep_bound], dtype=bool),
        rests=_ints([len(each) for each in model.breaks], np.int64),
        rest_first=_table([[b.window[0] for b in each] for each in model.breaks], most_rests, 0, np.int64),
        rest_last=_table([[b.window[1] for b in each] for each in model.breaks], most_rests, 0, np.int64),
        rest_seconds=_table([[b.duration for b in each] for each in model.breaks], most_rests, 0, np.int64),
        rep=_ints(model.rep_of, np.int64),
        rep_work=_ints([NEVER if r.max_work_seconds is None else r.max_work_seconds for r in problem.reps]),
        rep_visits=_ints([n if r.max_visits is None else r.max_visits for r in problem.reps]),
        rep_prize=np.array(
            [big if r.max_prize is None else r.max_prize + 1e-9 * max(1.0, r.max_prize) for r in problem.reps],
            dtype=float,
        ),
        group=_ints(model.group, np.int64),
        group_most=_ints(model.group_most),
        group_gap=_ints(model.group_gap),
        member_of=_starts(model.members),
        members=_ints(members, np.int64),
        patterned=np.array([each is not None for each in model.group_patterns], dtype=bool),
        pattern_of=_starts(patterns),
        pattern_at=_starts(every),
        pattern_days=_ints([day for pattern in every for day in pattern]),
        costs=np.array(
            [problem.cost_per_travel_second, problem.cost_per_waiting_second, problem.cost_per_shift], dtype=float
        ),
    )


def _ints(numbers: object, kind: type = np.int64) -> Array:
    return np.array(numbers, dtype=kind)


def _table(rows: Sequence[Sequence[float]], width: int, padding: float, kind: type) -> Array:
    table: Array = np.full((len(rows), max(width, 1)), padding, dtype=kind)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return table


def _starts(rows: Sequence[Sequence[object]]) -> Array:
    """Return where each row begins when all are laid one after another, and where the last ends."""
    return _ints(np.cumsum([0, *(len(row) for row in rows)]))


def _servable(patterns: Sequence[frozenset[int]], days: list[int]) -> list[list[int]]:
    """Return the patterns, by index of the day, all of whose days have a shift."""
    known = {day: i for i, day in enumerate(days)}
    return sorted(sorted(known[day] for day in pattern) for pattern in patterns if pattern <= known.keys())


def _chains(model: Model) -> Array:
    """Return the first shift of the chain that each shift is in, -1 for a shift alone."""
    first = np.full(len(model.follows), -1, dtype=np.int64)
    for s in model.order:
        before = model.follows[s]
        if before >= 0:
            first[before] = before if first[before] < 0 else first[before]
            first[s] = first[before]
    return first


def _twins(model: Model) -> Array:
    known: dict[object, int] = {}
    found = []
    for s, shift in enumerate(model.problem.shifts):
        looks = (
            model.begins[s], s if model.follows[s] >= 0 or model.followers[s] else -1, model.ends[s], shift.start, shift.end, shift.breaks, model.factor[s], shift.max_work_seconds,
            shift.max_travel_seconds, shift.max_visits, shift.capacity, shift.day, model.rep_of[s], model.fits[s].tobytes(),
        )  # fmt: skip
        found.append(known.get(looks, -1))
        known[looks] = s
    return _ints(found, np.int64)


def _near(model: Model, most: int) -> Array:
    """Return for each visit those nearest by travel, there and back."""
    n = len(model.place)
    count = max(1, min(most, n - 1))
    near = np.full((n, count), -1, dtype=np.int64)
    if n < 2 or not model.tables:
        return near
    table = model.tables[0]
    place = np.array(model.place)
    for v in range(n):
        ways = table[place[v], place] + table[place, place[v]]
        ways[v] = NEVER
        chosen = np.argpartition(ways, count - 1)[:count]
        near[v] = chosen[np.argsort(ways[chosen], kind="stable")]
    return near
