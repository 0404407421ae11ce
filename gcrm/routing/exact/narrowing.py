"""From all visits and arcs of a day to the few that a better plan could use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gcrm.routing.exact.day import Day, Floats, Ints
from gcrm.routing.exact.grid import Int32s
from gcrm.routing.exact.multipliers import Rule, descend
from gcrm.routing.exact.relaxation import Relaxation, nearest_arcs

# Good multipliers on the short arcs are good ones on all, at a tenth of the work.
NEAREST = 15
FIRST = Rule(passes=160, first_length=1.0, patience=12)
ON_ALL = Rule(passes=60, first_length=0.3, patience=6)
ROUNDS = 6


class Narrowing:
    """Multipliers, and after `run` the day with the visits and arcs left and the sweep at its best multipliers."""

    def __init__(
        self,
        day: Day,
        step: int,
        target: float,
        slack: float,
        share: Callable[[float], Callable[[], bool]],
        tell: Callable[[float, float], None],
    ) -> None:
        self.day, self.step, self.target, self.slack = day, step, target, slack
        self.share, self.tell = share, tell
        self.relaxed = Relaxation(day, step)
        self.multipliers: Floats = np.zeros(self.relaxed.keys)
        self.bound = np.inf

    def run(self) -> float:
        """Narrow until nothing goes out any more; return the bound on every plan."""
        everything = self.relaxed.grid
        few = nearest_arcs(self.day, everything, NEAREST)
        if few.sum() < 0.7 * len(few):
            self.relaxed.use(everything.kept(few))
            self.multipliers = self._descend(FIRST, 0.25)
            self.relaxed.use(everything)
        else:
            self.multipliers = self._descend(FIRST, 0.25)
        self._swept()
        for _ in range(ROUNDS):
            if self.bound <= self.target + self.slack:
                break
            before, left = self.bound, len(self.relaxed.grid.tails)
            self._drop()
            self.multipliers = self._descend(ON_ALL, 0.5)
            self._swept()
            if before - self.bound < 0.02 * (before - self.target) and len(self.relaxed.grid.tails) > 0.9 * left:
                break
        self._drop()
        return max(self.bound, self.target) if np.isfinite(self.target) else self.bound

    def _aim(self) -> float:
        """Return the value to aim at: without a plan to be beaten, little below the bound."""
        if np.isfinite(self.target):
            return self.target
        return 0.9 * self.relaxed.evaluate(self.multipliers).bound

    def _descend(self, rule: Rule, part: float) -> Floats:
        return descend(self.relaxed, self.multipliers, self._aim(), rule, self.share(part)).multipliers

    def _swept(self) -> None:
        """Sweep at the best multipliers; the bound of what is left is one for all that could be better."""
        self.bound = min(self.bound, self.relaxed.evaluate(self.multipliers).bound)
        self.tell(self.target, max(self.bound, self.target))

    def _drop(self) -> None:
        """Take out the arcs and visits that no better plan can use, and sweep what is left."""
        if not np.isfinite(self.target):
            return
        arcs, visits = self.relaxed.values(self.multipliers)
        grid, limit = self.relaxed.grid, self.target + self.slack
        keep = (visits > limit) | self.day.must
        alive = (arcs > limit) & keep[grid.tails] & keep[grid.heads]
        if keep.all():
            self.relaxed.use(grid.kept(alive))
        else:
            self._shrink(np.flatnonzero(keep), grid.tails[alive], grid.heads[alive])
        self.relaxed.evaluate(self.multipliers)

    def _shrink(self, keep: Ints, tails: Int32s, heads: Int32s) -> None:
        index = np.full(len(self.day.ids), -1)
        index[keep] = np.arange(len(keep))
        old_keys = self.day.key[keep]
        self.day = self.day.only(keep)
        multipliers = np.zeros(int(self.day.key.max(initial=-1)) + 1)
        multipliers[self.day.key] = self.multipliers[old_keys]
        self.multipliers = multipliers
        self.relaxed = Relaxation(self.day, self.step)
        alive = np.zeros((len(keep), len(keep)), dtype=bool)
        alive[index[tails], index[heads]] = True
        grid = self.relaxed.grid
        self.relaxed.use(grid.kept(alive[grid.tails, grid.heads]))
