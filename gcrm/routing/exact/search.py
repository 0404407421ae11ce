"""The labels of a day: their memory, and the loop that extends them in slices so that a limit can stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.exact import labels
from gcrm.routing.exact.day import Day, Floats
from gcrm.routing.exact.penalties import penalties
from gcrm.routing.exact.relaxation import Relaxation
from gcrm.routing.exact.reprice import SAMPLE, Waiting, repriced

Array = NDArray[Any]

SLICE = 2_000
FIRST_ROOM = 60_000
# The multipliers are fitted anew so often in a day, when at least so many labels wait.
STRETCHES = 12
FEW = 1_000
# In billionths: more than any plan earns.
NO_LOSS = 2**62
NO_LIMIT = 2**40


class Facts(NamedTuple):
    """The day as the compiled labels read it; `labels` names the columns."""

    visits: Array
    prize: Array
    load: Array
    windows: Array
    ways: Array
    nearest: Array
    first_ways: Array
    last_ways: Array
    last_costs: Array
    starts: Array
    start_values: Array
    must: Array
    penalty: Array
    wholes: Array
    reals: Array


class Bound(NamedTuple):
    """The completion bound: the last sweep of a relaxation and the arcs that are left."""

    multipliers: Array
    leave: Array
    starts: Array
    heads: Array


class Pool(NamedTuple):
    """All labels by row, the first that waits at each step, the first at each visit, and the numbers of the search."""

    rows: Array
    values: Array
    heads: Array
    at_node: Array
    search: Array
    reals: Array


def facts_of(relaxed: Relaxation) -> Facts:
    """Write a day for the labels."""
    day, grid = relaxed.day, relaxed.grid
    counts = np.bincount(day.key, minlength=relaxed.keys)
    flat = np.array([window for windows in day.windows for window in windows], dtype=np.int64).reshape(-1, 2)
    ends = np.cumsum([len(windows) for windows in day.windows], dtype=np.int64)
    first = [windows[0][0] for windows in day.windows]
    last = [windows[-1][1] for windows in day.windows]
    begins = np.concatenate([[0], ends[:-1]])
    visits = np.array([day.duration, day.key, counts[day.key] == 1, first, last, begins, ends], dtype=np.int64).T
    losses = np.minimum(penalties(day, relaxed.keys) * labels.UNITS, NO_LOSS)
    limits = [min(limit, NO_LIMIT) for limit in (day.most_visits, day.most_travel)]
    is_limited = min(limits) < NO_LIMIT or bool(np.isfinite(day.capacity))
    rate = int(np.ceil(day.waiting_price * labels.UNITS))
    wholes = [day.end, *(day.rest or (0, 0, -1)), *limits, rate, int(losses.min(initial=NO_LOSS)), is_limited]
    return Facts(
        visits=np.ascontiguousarray(visits),
        prize=day.prize,
        load=day.load,
        windows=flat,
        ways=day.ways,
        nearest=labels.nearest(day.ways, grid.tails, grid.heads, day.duration),
        first_ways=day.first_ways,
        last_ways=day.last_ways,
        last_costs=day.last_costs,
        starts=np.array([(s.early, s.late, s.state) for s in day.starts], dtype=np.int64),
        start_values=np.array([s.value for s in day.starts], dtype=float),
        must=_must(day, relaxed.keys),
        penalty=np.ceil(losses).astype(np.int64),
        wholes=np.array(wholes, dtype=np.int64),
        reals=np.array([day.price, day.waiting_price, day.capacity], dtype=float),
    )


def _must(day: Day, keys: int) -> Array:
    words = np.zeros(words_of(keys), dtype=np.uint64)
    for key in day.key[day.must].tolist():
        words[key >> 6] |= np.uint64(1) << np.uint64(key & 63)
    return words


def words_of(keys: int) -> int:
    """Return how many words of 64 bits hold a set of keys."""
    return max(1, (keys + 63) // 64)


def bound_of(relaxed: Relaxation, multipliers: Floats) -> Bound:
    """Return the completion bound of the last sweep."""
    grid = relaxed.grid
    starts = np.searchsorted(grid.tails, np.arange(len(grid.first) + 1)).astype(np.int64)
    return Bound(multipliers, relaxed.leave, starts, grid.heads.astype(np.int64))


class Labels:
    """A search for every route better than `value`, by at least `slack`, that makes at most about `most` labels."""

    def __init__(self, relaxed: Relaxation, multipliers: Floats, value: float, slack: float, most: int) -> None:
        self.day, self.relaxed, self.most = relaxed.day, relaxed, most
        self.facts, self.bound = facts_of(relaxed), bound_of(relaxed, multipliers)
        words = words_of(relaxed.keys)
        self.pool = Pool(
            rows=np.zeros((FIRST_ROOM, labels.SETS + 2 * words), dtype=np.int64),
            values=np.zeros((FIRST_ROOM, 3)),
            heads=np.full(relaxed.grid.steps + 1, -1),
            at_node=np.full(2 * len(self.day.ids), -1),
            search=np.array([0, 0, -1, relaxed.step, relaxed.keys, words], dtype=np.int64),
            reals=np.array([relaxed.grid.scale, multipliers.sum(), value - self.day.constant, slack], dtype=float),
        )

    def begin(self) -> None:
        """Make the labels of the first visits."""
        labels.begin(self.facts, self.bound, self.pool)

    def run(self, go_on: Callable[[], bool]) -> bool:
        """Extend labels until none is left; return False where the limits come first."""
        self.begin()
        stretch = max(1, len(self.pool.heads) // STRETCHES)
        pause = stretch
        while go_on():
            code = labels.run(self.facts, self.bound, self.pool, SLICE, pause)
            if code == labels.EMPTY:
                return True
            if code == labels.PAUSED:
                pause = int(self.pool.search[labels.REACHED]) + stretch
                self.reprice(FEW)
            if code == labels.OUT_OF_ROOM:
                if self.made >= self.most:
                    return False
                self._enlarge()
        return False

    def _enlarge(self) -> None:
        rows, values = self.pool.rows, self.pool.values
        self.pool = self.pool._replace(
            rows=np.concatenate([rows, np.zeros_like(rows)]), values=np.concatenate([values, np.zeros_like(values)])
        )

    def reprice(self, least: int) -> None:
        """Fit the multipliers to the labels that wait, where these are at least so many."""
        waiting = labels.waiting(self.pool)
        if len(waiting) < least:
            return
        sample = waiting[:: max(1, len(waiting) // SAMPLE)]
        rows, keys = self.pool.rows[sample], np.arange(self.relaxed.keys)
        chosen = Waiting(
            at=rows[:, labels.NODE].copy(),
            state=rows[:, labels.STATE].copy(),
            step=rows[:, labels.EARLY] // self.relaxed.step,
            value=self.pool.values[sample, labels.VALUE].copy(),
            # The sign of a shifted word does not matter: only its lowest bit is looked at.
            gone=((rows[:, labels.SETS + (keys >> 6)] >> (keys & 63)) & 1).astype(np.uint8),
        )
        reals = self.pool.reals
        needed = float(reals[labels.BEST] + reals[labels.SLACK])
        multipliers = repriced(self.relaxed, self.bound.multipliers, chosen, needed)
        self.relaxed.sweep_from(multipliers, int(self.pool.search[labels.REACHED]))
        self.bound = bound_of(self.relaxed, multipliers)
        reals[labels.PAID] = multipliers.sum()
        labels.reprice(self.pool, waiting, multipliers)

    def open_bound(self) -> float:
        """Return a bound on every route: the best found, or the best that could grow from a label that still waits."""
        rest = labels.open_bound(self.bound, self.pool, labels.waiting(self.pool))
        return max(self.value, float(rest) + self.day.constant)

    @property
    def made(self) -> int:
        """How many labels there are."""
        return int(self.pool.search[labels.MADE])

    @property
    def value(self) -> float:
        """The value of the best route known."""
        return float(self.pool.reals[labels.BEST]) + self.day.constant

    @property
    def route(self) -> tuple[str, ...] | None:
        """The visits of a better route, the locked ones first; None where none was found."""
        label = int(self.pool.search[labels.BEST_LABEL])
        if label < 0:
            return None
        visits: list[str] = []
        while label >= 0:
            visits.append(self.day.ids[int(self.pool.rows[label, labels.NODE])])
            label = int(self.pool.rows[label, labels.PARENT])
        return (*self.day.prefix, *visits[::-1])
