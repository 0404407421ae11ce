"""The problem as arrays and plain lists, the form that the search works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.problem import OPTIONAL, Break, EndOf, Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# No way, never: larger than any time, and sums of several still fit 64 bits.
FAR = 10**12


@dataclass(frozen=True, slots=True)
class Ends:
    """The places where a shift may end; `NOWHERE` stands for a null end."""

    places: tuple[int, ...]
    costs: tuple[float, ...]


@dataclass(slots=True)
class Model:
    """A problem of S shifts and n visits by position; place `nowhere` is reached from anywhere in no time.

    Attributes
    ----------
    tables : travel tables in seconds, one for each travel factor, (P + 1, P + 1)
    opens, closes : (W, n) windows in time order, padded with windows that are never met
    """

    problem: Problem
    nowhere: int
    tables: list[Ints]
    place: list[int]
    duration: list[int]
    durations: Ints
    windows: list[tuple[tuple[int, int], ...]]
    opens: Ints
    closes: Ints
    prize: Floats
    rank: Ints
    load: list[float]
    weight: list[float]
    fits: Bools
    factor: list[int]
    begins: list[int]
    follows: list[int]
    followers: list[list[int]]
    order: list[int]
    ends: list[Ends]
    breaks: list[tuple[Break, ...]]
    group: list[int]
    members: list[list[int]]
    group_most: list[int]
    group_gap: list[int]
    group_patterns: list[list[frozenset[int]] | None]
    rep_of: list[int]
    rank_weights: tuple[float, float] = (0.0, 0.0)
    thrifty: bool = False
    linked: list[bool] = field(default_factory=list)
    rep_bound: list[bool] = field(default_factory=list)

    def way(self, s: int, here: int, there: int) -> int:
        """Return the seconds from a place to another in shift `s`."""
        return int(self.tables[self.factor[s]].item(here, there))

    def ways(self, s: int, path: list[int]) -> list[int]:
        """Return the seconds of each leg along a path of places in shift `s`."""
        table = self.tables[self.factor[s]]
        return [table.item(a, b) for a, b in pairwise(path)]


def model_of(problem: Problem) -> Model:
    """Build the arrays of a problem whose travel is known."""
    assert problem.travel is not None
    index = {shift.id: s for s, shift in enumerate(problem.shifts)}
    group_index = {group.id: g for g, group in enumerate(problem.groups)}
    rep_index = {rep.id: r for r, rep in enumerate(problem.reps)}
    locked = {name for lock in problem.locked for name in lock.stops}
    factors = sorted({shift.travel_factor for shift in problem.shifts})
    base = np.array(
        [[FAR if cell is None else cell for cell in row] for row in problem.travel.seconds], dtype=np.int64
    ).reshape(len(problem.places), len(problem.places))
    tables = [_with_nowhere(base, factor) for factor in factors]
    nowhere = len(problem.places)
    place = [visit.place for visit in problem.visits]
    windows = [_windows(problem, v, group_index) for v in range(len(problem.visits))]
    opens, closes = _padded(windows)
    follows = [index[s.from_place.shift] if isinstance(s.from_place, EndOf) else -1 for s in problem.shifts]
    groups = [-1 if visit.group is None else group_index[visit.group] for visit in problem.visits]
    patterns = [None if g.day_patterns is None else [frozenset(p) for p in g.day_patterns] for g in problem.groups]
    model = Model(
        problem=problem,
        nowhere=nowhere,
        tables=tables,
        place=place,
        duration=[visit.duration for visit in problem.visits],
        durations=np.array([visit.duration for visit in problem.visits], dtype=np.int64),
        windows=windows,
        opens=opens,
        closes=closes,
        prize=np.array([visit.prize for visit in problem.visits], dtype=float),
        rank=np.array([0 if visit.id in locked else visit.rank for visit in problem.visits], dtype=np.int64),
        load=[visit.load for visit in problem.visits],
        weight=[],
        fits=np.array(
            [[v.shifts is None or s.id in v.shifts for v in problem.visits] for s in problem.shifts], dtype=bool
        ).reshape(len(problem.shifts), len(problem.visits)),
        factor=[factors.index(shift.travel_factor) for shift in problem.shifts],
        begins=[s.from_place if isinstance(s.from_place, int) else nowhere for s in problem.shifts],
        follows=follows,
        followers=[[t for t, before in enumerate(follows) if before == s] for s in range(len(problem.shifts))],
        order=_chain_order(follows),
        ends=[_ends(shift.to_place, nowhere) for shift in problem.shifts],
        breaks=[tuple(sorted(s.breaks, key=lambda b: b.window[0] + b.window[1])) for s in problem.shifts],
        group=groups,
        members=[[v for v, g in enumerate(groups) if g == k] for k in range(len(problem.groups))],
        group_most=[len(groups) if g.at_most is None else g.at_most for g in problem.groups],
        group_gap=[g.min_gap_seconds or 0 for g in problem.groups],
        group_patterns=patterns,
        rep_of=[rep_index.get(s.rep, -1) if s.rep is not None else -1 for s in problem.shifts],
    )
    model.linked = [g >= 0 and (model.group_gap[g] > 0 or patterns[g] is not None) for g in groups]
    model.rep_bound = [
        s.max_work_seconds is not None or (r >= 0 and problem.reps[r].max_work_seconds is not None)
        for s, r in zip(problem.shifts, model.rep_of, strict=True)
    ]
    _weigh(model, base)
    return model


def _with_nowhere(base: Ints, factor: float) -> Ints:
    size = len(base)
    table = np.zeros((size + 1, size + 1), dtype=np.int64)
    table[:size, :size] = np.where(base >= FAR, FAR, np.ceil(factor * base).astype(np.int64))
    return table


def _windows(problem: Problem, v: int, groups: dict[str, int]) -> tuple[tuple[int, int], ...]:
    """Return the times when the visit may start, in order, disjoint, without those too near a taken one of its group."""
    visit = problem.visits[v]
    free = merged(list(visit.windows) or [(-FAR, FAR)])
    group = None if visit.group is None else problem.groups[groups[visit.group]]
    if group is not None and group.min_gap_seconds:
        for past in group.taken:
            free = without(free, past - group.min_gap_seconds, past + group.min_gap_seconds)
    return tuple(free)


def merged(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return windows in time order, those that overlap joined."""
    joined: list[tuple[int, int]] = []
    for a, b in sorted(windows):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined


def without(windows: list[tuple[int, int]], low: int, high: int) -> list[tuple[int, int]]:
    """Take the open interval (low, high) out of the windows."""
    parts = []
    for a, b in windows:
        parts += [part for part in ((a, min(b, low)), (max(a, high), b)) if part[0] <= part[1]]
    return sorted(set(parts))


def _padded(windows: list[tuple[tuple[int, int], ...]]) -> tuple[Ints, Ints]:
    most = max((len(each) for each in windows), default=1) or 1
    opens = np.full((most, len(windows)), FAR * 4, dtype=np.int64)
    closes = np.full((most, len(windows)), -FAR * 4, dtype=np.int64)
    for v, each in enumerate(windows):
        for w, (a, b) in enumerate(each):
            opens[w, v], closes[w, v] = a, b
    return opens, closes


def _ends(to: object, nowhere: int) -> Ends:
    if isinstance(to, tuple):
        by_cost = sorted(to, key=lambda end: end.cost)
        return Ends(tuple(end.place for end in by_cost), tuple(end.cost for end in by_cost))
    return Ends((nowhere if to is None else to,), (0.0,))  # type: ignore[arg-type]


def _chain_order(follows: list[int]) -> list[int]:
    """Return the shifts so that each comes after the one whose end it begins at."""
    order: list[int] = []
    while len(order) < len(follows):
        order += [s for s, before in enumerate(follows) if s not in order and (before < 0 or before in order)]
    return order


def _weigh(model: Model, base: Ints) -> None:
    """Set what a visit is worth in the search: ranks so heavy that they rule, and whether costs can outweigh a prize."""
    problem = model.problem
    ways = base[base < FAR]
    longest = float(ways.max()) * max([s.travel_factor for s in problem.shifts], default=1.0) if ways.size else 0.0
    span = sum(shift.end - shift.start for shift in problem.shifts)
    dearest = sum(max(ends.costs) for ends in model.ends) + problem.cost_per_shift * len(problem.shifts)
    costs = dearest + span * (problem.cost_per_travel_second + problem.cost_per_waiting_second)
    must = float(model.prize.sum()) + costs + 1.0
    fixed = must * (1 + int((model.rank == 1).sum()))
    model.rank_weights = (fixed, must)
    model.weight = [
        float(p) + (0.0 if r >= OPTIONAL else model.rank_weights[r])
        for p, r in zip(model.prize, model.rank, strict=True)
    ]
    prizes = model.prize[model.prize > 0]
    least = float(prizes.min()) if prizes.size else 0.0
    detour = problem.cost_per_travel_second * 2 * longest
    model.thrifty = detour + (dearest if problem.shifts else 0) + problem.cost_per_waiting_second * span > least
