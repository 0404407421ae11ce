"""The compiled search: a cache that sees every change, the same plan for the same seed, and no rule broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from gcrm.routing import problem as problems
from gcrm.routing.answer import plan_of
from gcrm.routing.check import check
from gcrm.routing.kernel import jit
from gcrm.routing.kernel import search as kernel_search
from gcrm.routing.kernel.search import search
from gcrm.routing.locked import locked_plan
from gcrm.routing.model import model_of
from gcrm.routing.solver import solve
from gcrm.routing.track import Tracks
from tests.routing import brute
from tests.routing.instances import problem, random_document, random_problem, reasons, shift, stops, visit

CALLER = """
from pathlib import Path
from gcrm.routing.kernel.jit import compiler
from callee import answer
compiled = compiler(Path(__file__).parent)

@compiled
def ask():
    return answer() + 1

print(ask())
"""
CALLEE = """
from pathlib import Path
from gcrm.routing.kernel.jit import compiler
compiled = compiler(Path(__file__).parent)

@compiled
def answer():
    return {number}
"""


def asked(folder: Path, number: int) -> int:
    """What a function says whose callee in another file returns a number."""
    (folder / "callee.py").write_text(CALLEE.format(number=number))
    (folder / "caller.py").write_text(CALLER)
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, str(folder / "caller.py")], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def test_an_edited_callee_is_seen_by_its_caller(tmp_path):
    assert asked(tmp_path, 1) == 2
    assert list((tmp_path / "cache").rglob("caller.ask*.nbc"))
    assert asked(tmp_path, 41) == 42
    assert asked(tmp_path, 1) == 2


def test_without_a_place_to_write_it_compiles_in_memory(tmp_path, monkeypatch):
    (tmp_path / "gcrm").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jit.cache_folder([tmp_path]) is None
    assert asked_in_memory(monkeypatch) == 7


def asked_in_memory(monkeypatch) -> int:
    compiled = jit.compiler(Path(__file__).parent)
    return compiled(lambda: 7)()


def test_the_key_names_the_sources(tmp_path):
    (tmp_path / "a.py").write_text("1")
    before = jit.key([tmp_path])
    (tmp_path / "a.py").write_text("2")
    assert jit.key([tmp_path]) != before


def found(given, steps, seed=1):
    model = model_of(given)
    return search(model, locked_plan(Tracks(model)), steps, lambda _: True, seed)


def in_single_steps(given, steps, seed, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(kernel_search, "FIRST_CHUNK", 1)
        patch.setattr(kernel_search, "CHUNK_SECONDS", 0.0)
        return found(given, steps, seed)


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5])
def test_the_same_seed_and_steps_give_the_same_plan_however_it_is_cut(seed, monkeypatch):
    given = random_problem(seed, 12, 2)
    whole = found(given, 400, seed)
    assert whole == found(given, 400, seed)
    assert whole.steps <= 400
    assert in_single_steps(given, whole.steps, seed, monkeypatch) == whole


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(s, marks=pytest.mark.soak) for s in range(5, 200))])
def test_every_plan_passes_the_checker(seed):
    given = random_problem(300 + seed, 14, 1 + seed % 4)
    assert check(given, solve(given, steps=20_000)) == []


def nights(seed):
    """A random problem of three days, most of which begin where the day before ended and may end at two places."""
    document = random_document(900 + seed, 5, 3)
    random = Random(seed)
    for s, day in enumerate(document["shifts"]):
        day["to"] = random.choice([[{"place": 0}, {"place": 1, "cost": 1}], None, 0])
        if s and random.random() < 0.8:
            day["from"] = {"end_of": f"s{random.randrange(s)}"}
    return problems.parse(document)


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(s, marks=pytest.mark.soak) for s in range(5, 100))])
def test_days_that_begin_where_others_end_hold_and_equal_the_best(seed):
    given = nights(seed)
    solution = solve(given, steps=500_000)
    assert check(given, solution) == []
    assert brute.rank(given, solution) == pytest.approx(brute.best(given))


def test_a_walk_goes_on_from_a_plan_and_never_below_it():
    given = random_problem(5, 14, 2)
    model = model_of(given)
    tracks = Tracks(model)
    first = search(model, locked_plan(tracks), 300, lambda _: True, 1)
    start = plan_of(tracks, first.stops, first.ends, first.narrow)
    second = search(model, locked_plan(tracks), 0, lambda _: True, 2, start=start)
    assert plan_of(tracks, second.stops, second.ends, second.narrow).value >= start.value


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(s, marks=pytest.mark.soak) for s in range(5, 100))])
def test_one_day_equals_the_best_of_all_plans(seed):
    given = random_problem(700 + seed, 5, 1)
    assert brute.rank(given, solve(given, steps=50_000)) == pytest.approx(brute.best(given))


def test_visits_of_a_group_keep_their_distance_in_one_route():
    given = problem(
        visit("a", 1, group="g", duration=60), visit("b", 1, group="g", duration=60),
        groups=[{"id": "g", "min_gap_seconds": 5000}],
    )  # fmt: skip
    solution = solve(given, steps=20_000)
    (route,) = solution.routes
    assert check(given, solution) == []
    assert route.stops[1].start - route.stops[0].start >= 5000


def test_a_gap_longer_than_the_day_serves_one_of_the_group():
    given = problem(
        visit("a", 1, group="g"), visit("b", 2, group="g", prize=11), groups=[{"id": "g", "min_gap_seconds": 50_000}]
    )
    solution = solve(given, steps=20_000)
    assert stops(solution) == {"s": ["b"]}
    assert "a" in reasons(solution)


def test_a_group_is_served_on_one_of_its_patterns_or_not_at_all():
    given = problem(
        *(visit(f"v{n}", 1, group="g") for n in range(2)),
        shifts=[shift(f"d{day}", day=day) for day in range(4)],
        groups=[{"id": "g", "day_patterns": [[0, 2], [1, 3]]}],
    )
    solution = solve(given, steps=20_000)
    days = {int(route.shift[1]) for route in solution.routes}
    assert days in ({0, 2}, {1, 3})


def test_patterns_of_days_far_away_are_planned_too():
    given = problem(
        visit("a", 1, group="g"), visit("b", 2), groups=[{"id": "g", "day_patterns": [[100], [0]]}],
    )  # fmt: skip
    assert sorted(stops(solve(given, steps=2_000))["s"]) == ["a", "b"]
