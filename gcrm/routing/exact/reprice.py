"""New multipliers in the middle of the search, for the labels that wait: what suited the morning is loose in the afternoon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.exact.day import Floats, Ints
from gcrm.routing.exact.relaxation import MOST_STOPS, Relaxation
from gcrm.routing.exact.sweep import follow
from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)

SAMPLE = 300
PASSES = 30
FIRST_LENGTH = 0.6
SHORTER = 0.9


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sample of labels: visit, state, step, value, and for each key whether it is gone."""

    at: Ints
    state: Ints
    step: Ints
    value: Floats
    gone: NDArray[np.uint8]


def repriced(relaxed: Relaxation, multipliers: Floats, labels: Waiting, needed: float) -> Floats:
    """Return multipliers that bring the bounds of labels, together, closer to the value to be beaten.

    The sum of how far each bound is above `needed` falls along its subgradient.
    """
    best, best_at, length = np.inf, multipliers, FIRST_LENGTH
    slope = np.zeros(relaxed.keys)
    for _ in range(PASSES):
        relaxed.sweep_from(multipliers, int(labels.step.min()))
        slope[:] = 0.0
        above = slopes(
            relaxed.packed, relaxed.rewards, relaxed.leave, relaxed.arrive, relaxed.grid.scale, relaxed.day.key,
            multipliers, labels.at, labels.state, labels.step, labels.value, labels.gone, needed, slope,
        )  # fmt: skip
        if above < best:
            best, best_at = above, multipliers
        size = float(slope @ slope)
        if above <= 0.0 or size == 0.0:
            break
        multipliers = relaxed.within(multipliers + length * above / size * slope)
        length *= SHORTER
    return best_at


@compiled
def slopes(grid, rewards, leave, arrive, scale, key, multipliers, at, state, step, value, gone, needed, slope):
    """Return how far all bounds together are above `needed`, and add the visits made too often or not at all to `slope`."""
    path = np.zeros(MOST_STOPS, dtype=np.int64)
    total = 0.0
    for n in range(len(at)):
        above = value[n] + leave[state[n], 0, at[n], step[n]] / scale - needed
        for e in range(len(multipliers)):
            if not gone[n, e]:
                above += multipliers[e]
        if above <= 0.0:
            continue
        total += above
        count = follow(grid, rewards, leave, arrive, state[n], at[n], step[n], path)
        for p in range(1, count):
            slope[key[path[p]]] += 1.0
        for e in range(len(multipliers)):
            if not gone[n, e]:
                slope[e] -= 1.0
    return total
