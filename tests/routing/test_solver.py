"""The solver's answers: right by the checker, as good as every plan tried, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gcrm.routing.check import check
from gcrm.routing.problem import Problem, Travel
from gcrm.routing.solution import Solution
from gcrm.routing.solver import solve
from tests.routing import brute
from tests.routing.instances import problem, random_problem, shift, stops, visit

FEW = 20_000


def plain(solution: Solution) -> Solution:
    """Return the solution without the time it took."""
    return replace(solution, solve_seconds=0.0)


def agrees_with_brute_force(given: Problem, steps: int = FEW) -> None:
    solution = solve(given, steps=steps)
    assert check(given, solution) == []
    found, best = brute.rank(given, solution), brute.best(given)
    assert found[:2] == best[:2]
    assert found[2] == pytest.approx(best[2])


@pytest.mark.parametrize("seed", range(5))
def test_one_day_equals_the_best_of_all_plans(seed):
    agrees_with_brute_force(random_problem(seed, 5))


@pytest.mark.parametrize("seed", range(5))
def test_two_days_equal_the_best_of_all_plans(seed):
    agrees_with_brute_force(random_problem(100 + seed, 4, 2), 60_000)


@pytest.mark.parametrize("seed", range(5))
def test_larger_random_plans_hold(seed):
    given = random_problem(200 + seed, 15, 3)
    assert check(given, solve(given, steps=10_000)) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5, 100))
def test_many_days_equal_the_best_of_all_plans(seed):
    agrees_with_brute_force(random_problem(seed, 5))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(105, 200))
def test_many_pairs_of_days_equal_the_best_of_all_plans(seed):
    agrees_with_brute_force(random_problem(seed, 4, 2), 60_000)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(300, 400))
def test_many_larger_random_plans_hold(seed):
    given = random_problem(seed, 25, 4)
    assert check(given, solve(given, steps=10_000)) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_same_problem_seed_and_steps_give_the_same_answer(seed):
    given = random_problem(seed, 20, 2)
    assert plain(solve(given, steps=5050, seed=seed)) == plain(solve(given, steps=5050, seed=seed))


@pytest.mark.parametrize("seed", range(3))
def test_a_run_by_time_is_replayed_by_its_steps(seed):
    given = random_problem(seed, 20, 2)
    timed = solve(given, time_limit=0.5, seed=seed)
    assert plain(solve(given, steps=timed.steps, seed=seed)) == plain(timed)


@pytest.mark.parametrize("seed", range(5))
def test_relabelling_visits_keeps_the_objective(seed):
    given = random_problem(seed, 6)
    order = list(given.visits)
    Random(seed).shuffle(order)
    one, other = solve(given, steps=FEW), solve(replace(given, visits=tuple(order)), steps=FEW)
    assert other.objective == pytest.approx(one.objective)


@pytest.mark.parametrize("seed", range(5))
def test_relabelling_places_keeps_the_objective(seed):
    given = random_problem(seed, 6)
    size = len(given.places)
    new = list(range(2, size))
    Random(seed).shuffle(new)
    to = [0, 1, *new]
    seconds = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(size):
            seconds[to[i]][to[j]] = given.travel.seconds[i][j]
    moved = replace(given, travel=Travel(seconds), visits=tuple(replace(v, place=to[v.place]) for v in given.visits))
    assert solve(moved, steps=FEW).objective == pytest.approx(solve(given, steps=FEW).objective)


def test_a_time_limit_is_kept():
    given = random_problem(1, 60, 2)
    assert solve(given, time_limit=0.5).solve_seconds < 0.8


def test_no_visits_and_no_shifts_are_problems_too():
    empty = problem()
    assert solve(empty, steps=100).status == "optimal"
    nobody = problem(visit("a", 1), shifts=[])
    solution = solve(nobody, steps=100)
    assert check(nobody, solution) == []
    assert solution.unserved[0].reason == "not_allowed"


def test_the_answer_says_how_it_was_made():
    solution = solve(problem(visit("a", 1)), steps=700, seed=9)
    assert solution.seed == 9
    assert solution.steps <= 700
    assert "ortools" in solution.engine


def test_one_visit_on_the_way_costs_nothing_more():
    # 1 and 2 km out and back: 400 s for both, as for the farther one alone.
    solution = solve(problem(visit("near", 1), visit("far", 2)), steps=500)
    assert solution.travel_seconds == 400
    assert solution.travel_metres == 4000
    assert solution.objective == pytest.approx(20 - 0.4)
    assert sorted(stops(solution)["s"]) == ["far", "near"]


def test_of_two_that_do_not_fit_together_the_dearer_is_served():
    given = problem(visit("a", 1, prize=5), visit("b", 1, prize=6), shifts=[shift(end=600)])
    assert stops(solve(given, steps=500)) == {"s": ["b"]}
