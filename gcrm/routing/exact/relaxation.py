"""The bound: walks on the grid, priced so that a visit made twice does not pay (Lagrange), and what the bound rules out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.exact import sweep as passes
from gcrm.routing.exact.day import Day, Floats
from gcrm.routing.exact.grid import NOTHING, Grid, arrivals, grid_of, most_reward, reversed_grid

# A walk has at most this many stops before it is cut off; only the direction of a step depends on it.
MOST_STOPS = 400


@dataclass(frozen=True, slots=True)
class Walk:
    """The best walk at some multipliers: the bound it proves, and how often it makes each key's visit."""

    bound: float
    visits: list[int]
    excess: Floats


class Relaxation:
    """A day on a grid. `multipliers` has one number for each key; `evaluate` needs those of the last sweep for the rest."""

    def __init__(self, day: Day, step: int, grid: Grid | None = None) -> None:
        self.day, self.step = day, step
        self.keys = int(day.key.max(initial=-1)) + 1
        self.must = np.zeros(self.keys, dtype=bool)
        self.must[day.key[day.must]] = True
        self.use(grid_of(day, step) if grid is None else grid)

    def use(self, grid: Grid) -> None:
        """Take a grid, of the same day and step, with other arcs."""
        self.grid = grid
        m = len(self.day.ids)
        room = grid.steps + int(grid.rest_legs.max(initial=0)) + passes.LANES + 2
        self.leave = np.full((grid.states, 3, m, grid.steps), NOTHING, dtype=np.int32)
        self.arrive = np.full((grid.states, 3, m, room), NOTHING, dtype=np.int32)
        self.rewards = np.zeros(m, dtype=np.int32)
        self.arrivals = arrivals(self.day, grid, self.step)
        self.packed = _packed(grid)

    def evaluate(self, multipliers: Floats) -> Walk:
        """Return the best walk when each key costs its multiplier, which is paid back once."""
        self.rewards = self.rewards_of(multipliers)
        passes.sweep(self.packed, self.rewards, self.leave, self.arrive, 0)
        best, where = NOTHING, None
        for state, arrive, value in self.arrivals:
            if not len(arrive):
                continue
            values = self.arrive[state, 0, np.arange(len(arrive)), arrive].astype(np.int64) + value
            j = int(values.argmax())
            if values[j] > best:
                best, where = int(values[j]), (state, j, int(arrive[j]))
        paid = float(multipliers.sum())
        if where is None or best < NOTHING // 4:
            return Walk(-np.inf, [], np.zeros(self.keys))
        path = np.zeros(MOST_STOPS, dtype=np.int64)
        count = passes.follow(self.packed, self.rewards, self.leave, self.arrive, *where, path)
        visits = path[:count].tolist()
        excess = np.bincount(self.day.key[path[:count]], minlength=self.keys).astype(float) - 1.0
        return Walk(best / self.grid.scale + paid + self.day.constant, visits, excess)

    def sweep_from(self, multipliers: Floats, step: int) -> None:
        """Sweep the later part of the day only, from this step on."""
        self.rewards = self.rewards_of(multipliers)
        passes.sweep(self.packed, self.rewards, self.leave, self.arrive, step)

    def rewards_of(self, multipliers: Floats) -> NDArray[np.int32]:
        """Return what each visit earns, less its multiplier, rounded up to whole numbers."""
        net = self.day.prize - multipliers[self.day.key]
        return np.ceil(net * self.grid.scale).astype(np.int32)

    def within(self, multipliers: Floats) -> Floats:
        """Return multipliers that keep the rewards in their range."""
        most = most_reward(self.day)
        top = np.zeros(self.keys)
        np.maximum.at(top, self.day.key, self.day.prize)
        low = np.where(self.must, top - most, 0.0)
        return np.clip(multipliers, low, np.where(self.must, most / 2, top + 0.5 * most))

    def values(self, multipliers: Floats) -> tuple[Floats, Floats]:
        """Return the bound on plans that use each arc, and on plans that make each visit, at the multipliers swept last."""
        back = reversed_grid(self.day, self.grid, self.step)
        leave, arrive = np.full_like(self.leave, NOTHING), np.full_like(self.arrive, NOTHING)
        passes.sweep(_packed(back), self.rewards, leave, arrive, 0)
        arcs = np.full(len(self.grid.tails), NOTHING, dtype=np.int32)
        through = passes.arc_values(self.packed, self.rewards, self.leave, self.arrive, leave, arcs)
        rest = float(multipliers.sum()) + self.day.constant
        return arcs / self.grid.scale + rest, through / self.grid.scale + rest


def _packed(grid: Grid) -> tuple[object, ...]:
    starts = np.searchsorted(grid.tails, np.arange(len(grid.first) + 1)).astype(np.int64)
    return (
        grid.steps, grid.block, grid.inside, grid.first, grid.last, starts, grid.heads, grid.legs, grid.rest_legs,
        grid.costs, grid.rest_until, grid.rest_floor, grid.final, grid.states,
    )  # fmt: skip


def nearest_arcs(day: Day, grid: Grid, most: int) -> NDArray[np.bool_]:
    """Say which arcs are among the `most` shortest that leave or reach a visit: a first guess at those that matter."""
    keep = np.zeros(len(grid.tails), dtype=bool)
    for ends in (grid.tails, grid.heads):
        order = np.lexsort((grid.legs, ends))
        sorted_ends = ends[order]
        rank = np.arange(len(order)) - np.searchsorted(sorted_ends, sorted_ends)
        keep[order[rank < most]] = True
    return keep
