"""Natural breaks: the classes whose values lie closest together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_DISTINCT = 4_000
"""Up to so many different values the breaks are exact; more are first put into about so many bins."""


def natural_limits(values: Sequence[float], n: int) -> list[float]:
    """Return the values at which the second to the n-th class begin, so that squared distances to class means are least.

    The optimum itself (Fisher, 1958; Jenks, 1977), by dynamic programming over sorted distinct values whose best splits
    move only forwards, so that each search halves the next ones (Wu, 1991): O(n k log n), half a second for 4,000
    values and nine classes. `mapclassify.FisherJenks` finds the same, as a test shows, but takes seconds to be
    imported and to compile.

    Parameters
    ----------
    values
        Sorted, with at least `n` different ones.
    """
    import numpy as np

    distinct, weights = np.unique(np.asarray(values, dtype=float), return_counts=True)
    starts, means, weights = _binned(distinct, weights)
    centred = means - means.mean()
    sums = [np.concatenate(([0.0], np.cumsum(weights * centred**power))) for power in (0, 1, 2)]
    costs = _cost(sums, np.zeros(len(means), dtype=int), np.arange(len(means)))
    splits = []
    for _ in range(1, n):
        costs, split = _next_layer(costs, sums)
        splits.append(split)
    last, begins = len(means) - 1, []
    for split in reversed(splits):
        begins.append(float(starts[split[last]]))
        last = split[last] - 1
    return begins[::-1]


def _binned(distinct: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return where each bin begins, its mean and its weight; with few values each is a bin.

    Half of the edges lie equally many values apart and half equally far: the first keep apart what lies close together, the
    second what lies far out, where a bin of many values would be wider than a class.
    """
    import numpy as np

    if len(distinct) <= MOST_DISTINCT:
        return distinct, distinct, weights.astype(float)
    half = MOST_DISTINCT // 2
    by_number = np.linspace(0, len(distinct), half + 1).astype(int)[:-1]
    by_width = np.searchsorted(distinct, np.linspace(distinct[0], distinct[-1], half + 1)[:-1])
    edges = np.union1d(by_number, by_width)
    total = np.add.reduceat(weights, edges).astype(float)
    return distinct[edges], np.add.reduceat(distinct * weights, edges) / total, total


def _cost(sums: Any, first: Any, last: Any) -> Any:
    """Return the squared distances to the mean of the values from `first` to `last`, both included."""
    weight, linear, square = (each[last + 1] - each[first] for each in sums)
    return square - linear * linear / weight


def _next_layer(costs: Any, sums: Any) -> tuple[Any, Any]:
    """Return, for the values up to each, the least cost with one class more, and where the last class then begins."""
    import numpy as np

    n = len(costs)
    found, split = np.full(n, np.inf), np.zeros(n, dtype=int)
    waiting = [(0, n - 1, 1, n - 1)]
    while waiting:
        low, high, first, last = waiting.pop()
        if low > high:
            continue
        middle = (low + high) // 2
        best = first
        begins = np.arange(first, min(last, middle) + 1)
        if len(begins):
            totals = costs[begins - 1] + _cost(sums, begins, middle)
            at = int(totals.argmin())
            best, found[middle], split[middle] = int(begins[at]), totals[at], begins[at]
        waiting += [(low, middle - 1, first, best), (middle + 1, high, best, last)]
    return found, split
