"""Collected problems with a known best value; a short search must come close, and never be better than a proof."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from gcrm.routing import problem as problems
from gcrm.routing.check import check
from gcrm.routing.solution import Solution
from gcrm.routing.solver import solve
from tests.routing.instances import DATA

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the collected problems are not beside the checkout")


def solved(name: str, steps: int) -> tuple[Solution, dict[str, Any]]:
    file = DATA / name
    text = gzip.decompress(file.read_bytes()) if name.endswith(".gz") else file.read_bytes()
    given = problems.parse(json.loads(text))
    solution = solve(given, steps=steps)
    assert check(given, solution) == []
    return solution, json.loads((DATA / "best-known.json").read_text())[name]


@pytest.mark.parametrize(
    ("name", "least"),
    [("day-60", 0.97), ("day-120", 0.96), ("day-200", 0.95), ("day-300", 0.95), ("day-120-lunch", 0.96),
     ("day-200-lunch", 0.95), ("toptw-c101-m1", 0.93), ("toptw-r104-m2", 0.90)],
)  # fmt: skip
def test_a_short_search_comes_close_to_the_best_known_prize(name, least):
    solution, best = solved(f"{name}.json", 10_000)
    assert least * best["prize"] <= solution.prize
    if best["proved"]:
        assert solution.prize <= best["prize"]
        assert solution.prize < best["prize"] or solution.travel_seconds >= best["travel"]


def test_all_visits_of_a_solomon_problem_are_served():
    solution, best = solved("vrptw-C101.json", 3_000)
    assert solution.unserved == ()
    assert best["travel"] <= solution.travel_seconds <= 1.15 * best["travel"]


def test_day_patterns_of_the_small_periodic_problem_are_met():
    solution, best = solved("pvrp-p14.json", 5_000)
    assert solution.unserved == ()
    assert best["travel"] <= solution.travel_seconds <= 1.1 * best["travel"]


@pytest.mark.soak
def test_the_week_of_twelve_reps_holds():
    solution, best = solved("week-12x5-900.json.gz", 50_000)
    assert solution.prize >= 0.9 * best["prize"]
