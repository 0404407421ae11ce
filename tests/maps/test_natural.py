"""Natural breaks: no other classes have values closer together."""

from __future__ import annotations

import itertools
import random

import pytest

from gcrm.maps import natural
from gcrm.maps.natural import natural_limits


def distances(values: list[float], limits: tuple[float, ...] | list[float]) -> float:
    """Squared distances to the means of the classes."""
    edges = [float("-inf"), *limits, float("inf")]
    classes = [[v for v in values if low <= v < high] for low, high in itertools.pairwise(edges)]
    return sum(sum((v - sum(c) / len(c)) ** 2 for v in c) for c in classes if c)


@pytest.mark.parametrize("seed", range(20))
def test_no_other_breaks_are_better(seed: int) -> None:
    draw = random.Random(seed)
    values = sorted(float(draw.choice([0, 1, 2, 5, 9, 10, 11, 40, 42, 90])) for _ in range(14))
    distinct = sorted(set(values))
    for n in range(2, min(5, len(distinct))):
        least = min(distances(values, limits) for limits in itertools.combinations(distinct[1:], n - 1))
        assert distances(values, natural_limits(values, n)) == pytest.approx(least)


def test_gaps_are_where_the_classes_part() -> None:
    assert natural_limits([1, 2, 3, 50, 51, 52, 900], 3) == [50, 900]


def test_very_many_values_are_binned_first(monkeypatch) -> None:
    draw = random.Random(1)
    values = sorted(draw.lognormvariate(5, 1) for _ in range(600))
    exact = distances(values, natural_limits(values, 5))
    monkeypatch.setattr(natural, "MOST_DISTINCT", 200)
    assert distances(values, natural_limits(values, 5)) < 1.01 * exact


@pytest.mark.soak
def test_the_breaks_are_those_of_mapclassify() -> None:
    mapclassify = pytest.importorskip("mapclassify")
    draw = random.Random(2)
    values = sorted(draw.lognormvariate(5, 1) for _ in range(500))
    theirs = [float(limit) for limit in mapclassify.FisherJenks(values, k=5).bins[:-1]]
    # Theirs is the last value of a class, ours the first of the next.
    assert natural_limits(values, 5) == [min(v for v in values if v > limit) for limit in theirs]
