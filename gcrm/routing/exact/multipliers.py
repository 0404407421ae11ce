"""The multipliers that make the bound small: subgradient steps of Polyak's length, each shorter after no progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gcrm.routing.exact.day import Floats
from gcrm.routing.exact.relaxation import Relaxation


@dataclass(frozen=True, slots=True)
class Rule:
    """How far and how long the search for multipliers goes."""

    passes: int
    first_length: float
    patience: int
    shorter: float = 0.6
    shortest: float = 0.01


@dataclass(frozen=True, slots=True)
class Found:
    """The smallest bound and its multipliers."""

    bound: float
    multipliers: Floats


def descend(relaxed: Relaxation, start: Floats, target: float, rule: Rule, go_on: Callable[[], bool]) -> Found:
    """Lower the bound from `start` until it meets `target` or the rule or the limits end it."""
    multipliers, best, best_at = start, np.inf, start
    length, idle = rule.first_length, 0
    # A bound a hair above the target would shorten the steps to nothing.
    least_gap = 0.05 * max(1e-9, float(np.abs(relaxed.day.prize).mean()) if len(relaxed.day.prize) else 1.0)
    for _ in range(rule.passes):
        if not go_on():
            break
        walk = relaxed.evaluate(multipliers)
        if walk.bound < best - 1e-9 * max(1.0, abs(best) if np.isfinite(best) else 1.0):
            best, best_at, idle = walk.bound, multipliers, 0
        else:
            idle += 1
        if best <= target or length < rule.shortest:
            break
        if idle >= rule.patience:
            length, idle, multipliers = length * rule.shorter, 0, best_at
            continue
        push = np.where((multipliers <= 0) & (walk.excess < 0) & ~relaxed.must, 0.0, walk.excess)
        if not push.any():
            break
        gap = max(walk.bound - target, least_gap)
        multipliers = relaxed.within(multipliers + length * gap / float(push @ push) * push)
    return Found(best, best_at)
