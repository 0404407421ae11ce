"""A day on a grid of time steps, every time rounded in favour of the route, as one table of arcs for both directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.exact.day import DONE, NEVER, PENDING, Day

Int32s = NDArray[np.int32]
Bools = NDArray[np.uint8]

# Below every value of a walk: values stay within 2^28, and a sum of a few of these within 32 bits.
NOTHING = -(2**30)
MOST_VALUE = 2**28


@dataclass(slots=True)
class Grid:
    """A relaxed day: whoever begins visit i at step k may begin visit j at step k + leg or later, at its cost.

    All costs are whole numbers, `scale` of them one unit of prize; rounded down as costs and up as values, so that a
    bound computed from them holds. `tails`, `heads`, `legs`, `costs` are the arcs sorted by tail.
    """

    steps: int
    scale: float
    block: int
    inside: Bools
    first: Int32s
    last: Int32s
    tails: Int32s
    heads: Int32s
    legs: Int32s
    rest_legs: Int32s
    costs: Int32s
    rest_until: Int32s
    rest_floor: Int32s
    final: Int32s
    states: int

    def kept(self, keep: NDArray[np.bool_]) -> Grid:
        """Return the same grid with these arcs alone."""
        return Grid(
            self.steps, self.scale, self.block, self.inside, self.first, self.last,
            self.tails[keep], self.heads[keep], self.legs[keep], self.rest_legs[keep], self.costs[keep],
            self.rest_until, self.rest_floor, self.final, self.states,
        )  # fmt: skip


def scale_of(day: Day, steps: int, block: int) -> float:
    """Return how many whole numbers make one unit of prize, so that no walk leaves `MOST_VALUE`."""
    stops = steps / block + 2
    costs = 2 * day.price * day.end + float(np.abs(day.last_costs).max(initial=0.0))
    waited = max((abs(start.value) for start in day.starts), default=0.0)
    return MOST_VALUE / (stops * most_reward(day) + costs + waited + 1.0)


def most_reward(day: Day) -> float:
    """Return the most that a visit may be made to earn or cost by its multiplier."""
    largest = float(np.abs(day.prize).max(initial=0.0))
    # A visit that must be made may cost several others.
    return (8 if day.must.any() else 2) * largest + 0.25 * day.price * day.end + 1e-3


def grid_of(day: Day, step: int) -> Grid:
    """Lay a day on a grid; every leg must last at least a step."""
    m = len(day.ids)
    steps = day.end // step + 1
    span = day.duration[:, None] + np.minimum(day.ways, NEVER // 4)
    possible = (day.ways < NEVER) & (day.key[:, None] != day.key[None, :])
    opens = np.array([w[0][0] for w in day.windows], dtype=np.int64).reshape(m)
    closes = np.array([w[-1][1] for w in day.windows], dtype=np.int64).reshape(m)
    possible &= opens[:, None] + span <= closes[None, :]
    tails, heads = np.nonzero(possible)
    legs = span[tails, heads]
    block = max(1, int(legs.min() // step) if len(legs) else steps)
    block = min(block, steps)
    scale = scale_of(day, steps, block)
    inside = np.zeros((m, steps), dtype=np.uint8)
    for v, windows in enumerate(day.windows):
        for low, high in windows:
            inside[v, low // step : high // step + 1] = 1
    states = 1 if day.rest is None else 2
    length, from_, until = day.rest or (0, 0, 0)
    return Grid(
        steps=steps,
        scale=scale,
        block=block,
        inside=inside,
        first=(opens // step).astype(np.int32),
        last=(closes // step).astype(np.int32),
        tails=tails.astype(np.int32),
        heads=heads.astype(np.int32),
        legs=(legs // step).astype(np.int32),
        rest_legs=((legs + length) // step).astype(np.int32),
        costs=np.floor(day.price * day.ways[tails, heads] * scale).astype(np.int32),
        rest_until=np.clip((until - day.duration) // step, -1, steps).astype(np.int32),
        rest_floor=np.full(m, min((from_ + length) // step, steps), dtype=np.int32),
        final=_final(day, step, steps, scale, states),
        states=states,
    )


def _final(day: Day, step: int, steps: int, scale: float, states: int) -> Int32s:
    """Return (states, m, steps): the value of going to the best end from a visit begun at a step."""
    m = len(day.ids)
    final = np.full((states, m, steps), NOTHING, dtype=np.int32)
    begin = np.arange(steps, dtype=np.int64)[None, :] * step
    depart = begin + day.duration[:, None]
    for ways, cost in zip(day.last_ways, day.last_costs, strict=True):
        arrive = depart + np.minimum(ways, NEVER // 4)[:, None]
        value = -np.floor((cost + day.price * np.minimum(ways, day.end)) * scale).astype(np.int32)[:, None]
        final[DONE] = np.maximum(final[DONE], np.where(arrive <= day.end, value, NOTHING))
        if day.rest is not None:
            length, first, last = day.rest
            rested = np.maximum(arrive, first) + length
            fits = (depart <= last) & (rested <= day.end)
            final[PENDING] = np.maximum(final[PENDING], np.where(fits, value, NOTHING))
    return final


def reversed_grid(day: Day, grid: Grid, step: int) -> Grid:
    """Return the grid of the day run backwards: from the end to the start, and what was done is still to come."""
    top = grid.steps - 1
    order = np.lexsort((grid.tails, grid.heads))
    length, from_, _ = day.rest or (0, 0, 0)
    m = len(day.ids)
    return Grid(
        steps=grid.steps,
        scale=grid.scale,
        block=grid.block,
        inside=np.ascontiguousarray(grid.inside[:, ::-1]),
        first=(top - grid.last).astype(np.int32),
        last=(top - grid.first).astype(np.int32),
        tails=grid.heads[order],
        heads=grid.tails[order],
        legs=grid.legs[order],
        rest_legs=grid.rest_legs[order],
        costs=grid.costs[order],
        rest_until=np.full(m, top - (from_ + length) // step, dtype=np.int32),
        rest_floor=(top - grid.rest_until).astype(np.int32),
        final=_reversed_final(day, grid, step),
        states=grid.states,
    )


def _reversed_final(day: Day, grid: Grid, step: int) -> Int32s:
    final = np.full_like(grid.final, NOTHING)
    top = grid.steps - 1
    back = top - np.arange(grid.steps)
    for state, arrive, value in arrivals(day, grid, step):
        here = np.where(back[None, :] >= arrive[:, None], value[:, None], NOTHING)
        mirrored = state if grid.states == 1 else 1 - state
        final[mirrored] = np.maximum(final[mirrored], here)
    return final


def arrivals(day: Day, grid: Grid, step: int) -> list[tuple[int, NDArray[np.int64], Int32s]]:
    """Return (state, first step of arriving at each visit, value so far) of the legs from each start."""
    found = []
    for start, ways in zip(day.starts, day.first_ways, strict=True):
        near = np.minimum(ways, NEVER // 4)
        value = (
            np.ceil(start.value * grid.scale) - np.floor(day.price * np.minimum(ways, day.end) * grid.scale)
        ).astype(np.int32)
        arrive = start.early + near
        found.append((start.state, _steps(arrive, step, grid), value))
        if start.state == PENDING and day.rest is not None and start.early <= day.rest[2]:
            length, first, _ = day.rest
            found.append((DONE, _steps(np.maximum(arrive, first) + length, step, grid), value))
    return found


def _steps(moments: NDArray[np.int64], step: int, grid: Grid) -> NDArray[np.int64]:
    return np.minimum(moments // step, grid.steps)
