"""The proof against brute force, against the best values known, and against itself."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from gcrm.routing import problem as problems
from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.check import must_hold
from gcrm.routing.exact.proof import Proof, prove
from gcrm.routing.model import model_of
from gcrm.routing.problem import Problem
from gcrm.routing.solution import FEASIBLE, Route, Solution, Stop
from gcrm.routing.solver import solve
from gcrm.routing.track import Tracks
from tests.routing.brute import best, rank
from tests.routing.instances import DATA, problem, random_problem, shift, visit

NOTHING = Solution(FEASIBLE, 0.0, 0.0, 0, None, (), ())
COLLECTED = ["day-60", "day-120", "day-120-lunch", "day-200", "day-200-lunch", "day-300"]
ENOUGH = 4000


def small_day(seed: int, visits: int) -> Problem:
    """Return a day with windows, musts, waiting costs, one-way streets and, every second time, a break."""
    random = Random(seed)
    size = visits + 1
    points = [(random.uniform(0, 20), random.uniform(0, 20)) for _ in range(size)]
    seconds = [
        [0 if p == q else round(60 * (abs(p[0] - q[0]) + abs(p[1] - q[1]))) + random.randint(1, 300) for q in points]
        for p in points
    ]
    made: list[dict[str, Any]] = []
    for v in range(visits):
        one: dict[str, Any] = {"id": f"v{v}", "place": v + 1, "duration": random.randrange(300, 1800)}
        one["prize"] = random.randint(1, 40)
        if random.random() < 0.6:
            at = random.randint(0, 9000)
            one["windows"] = [[at, at + random.randint(0, 1800)]]
            if random.random() < 0.4:
                one["windows"].append([at + 3600, at + 5400])
        if random.random() < 0.15:
            one["rank"] = random.choice([0, 1])
        made.append(one)
    day: dict[str, Any] = {"id": "s", "from": random.choice([0, 0, None]), "start": 100, "end": 9_000}
    day["to"] = random.choice([0, 0, None, [{"place": 0, "cost": 0}, {"place": 1, "cost": 2.5}]])
    if seed % 2:
        first = random.randint(1000, 5000)
        day["breaks"] = [{"duration": random.randint(300, 2400), "window": [first, first + random.randint(0, 2400)]}]
    return problems.parse(
        {
            "version": 1,
            "travel": {"seconds": seconds},
            "shifts": [day],
            "visits": made,
            "cost_per_travel_second": random.choice([0, 1e-5, 0.01]),
            "cost_per_waiting_second": random.choice([0, 0.002, 0.02]),
            "cost_per_shift": random.choice([0, 0, 3]),
        }
    )


def plan(given: Problem, stops: tuple[str, ...]) -> Solution:
    """Return the checked solution that makes these stops, with the best end."""
    model = model_of(given)
    index = {v.id: i for i, v in enumerate(given.visits)}
    order = [tuple(index[name] for name in stops)]
    plans = [plan_of(Tracks(model), order, [end], {}) for end in range(len(model.ends[0].places))]
    written = [solution_of(one, 0.0, 0, 0, "") for one in plans if one]
    found = max((one for one in written if one), key=lambda one: one.objective)
    must_hold(given, found)
    return found


def agree(given: Problem, incumbent: Solution) -> Proof:
    """Prove, and hold every claim of the proof against brute force."""
    want = best(given)
    said = prove(given, incumbent, steps=ENOUGH)
    if rank(given, incumbent)[:2] != want[:2]:
        assert not said.is_optimal
        return said
    near = pytest.approx(want[2], rel=1e-6, abs=1e-6)
    assert said.bound is not None
    assert said.bound >= want[2] - 1e-6 or said.bound == near
    if said.is_optimal:
        assert said.bound == near
        assert (incumbent if said.better is None else plan(given, said.better)).objective == near
    elif said.better is not None:
        assert incumbent.objective < plan(given, said.better).objective <= said.bound + 1e-6
    return said


def small_proof(seed: int, visits: int) -> None:
    given = small_day(seed, visits)
    said = agree(given, solve(given, steps=200))
    if said.how != "walks, every visit optional":
        assert said.is_optimal, said
    if all(v.rank == 2 for v in given.visits):
        # The worst plan that keeps the rules: the labels must find the best one on their own.
        said = agree(given, NOTHING)
        assert said.is_optimal
        assert (said.better is None) == (said.bound == 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_proof_of_a_small_day_agrees_with_brute_force(seed):
    small_proof(seed, 5)


@pytest.mark.parametrize("seed", range(4))
def test_the_proof_holds_whatever_rules_a_small_problem_uses(seed):
    given = random_problem(seed, 4)
    agree(given, solve(given, steps=200))


@pytest.mark.soak
def test_two_hundred_small_days_agree_with_brute_force():
    for seed in range(100, 300):
        small_proof(seed, 5)


@pytest.mark.soak
def test_a_hundred_problems_of_all_rules_agree_with_brute_force():
    for seed in range(100, 200):
        given = random_problem(seed, 5)
        agree(given, solve(given, steps=200))


def test_a_better_route_is_found_and_proved():
    given = problem(visit("near", 1), visit("far", 5, windows=[[0, 600]]), shifts=[shift(end=1500)])
    said = prove(given, plan(given, ("near",)), steps=ENOUGH)
    assert (said.is_optimal, said.better) == (True, None)
    said = prove(given, NOTHING, steps=ENOUGH)
    assert (said.is_optimal, said.better) == (True, ("near",))
    assert said.bound == pytest.approx(10 - 0.2)


def test_the_break_is_part_of_the_proof():
    tight = [shift(end=1400, breaks=[{"duration": 600, "window": [0, 1400]}])]
    given = problem(visit("a", 1), visit("b", 2), shifts=tight)
    said = prove(given, NOTHING, steps=ENOUGH)
    assert (said.is_optimal, said.better) == (True, ("a",))


def test_locked_stops_come_first_in_the_proved_route():
    given = problem(visit("a", 1), visit("b", 2), visit("c", 3), locked=[{"shift": "s", "stops": ["c"]}])
    said = prove(given, plan(given, ("c",)), steps=ENOUGH)
    assert said.is_optimal
    assert said.better is not None
    assert said.better[0] == "c"
    assert set(said.better) == {"a", "b", "c"}
    assert plan(given, said.better).objective == pytest.approx(said.bound)


def test_a_plan_worse_than_none_is_beaten_by_none():
    given = problem(visit("a", 5, prize=0.1))
    said = prove(given, plan(given, ("a",)), steps=ENOUGH)
    assert (said.bound, said.is_optimal, said.better) == (0.0, True, ())


def test_a_locked_stop_alone_can_be_the_best():
    given = problem(visit("a", 1), visit("b", 5, prize=0.1), locked=[{"shift": "s", "stops": ["a"]}])
    said = prove(given, plan(given, ("a", "b")), steps=ENOUGH)
    assert (said.is_optimal, said.better) == (True, ("a",))
    assert said.bound == pytest.approx(10 - 0.2)


def test_a_plan_that_misses_a_must_is_bounded_but_not_proved():
    given = problem(visit("a", 1, rank=1), visit("b", 2))
    said = prove(given, plan(given, ("b",)), steps=ENOUGH)
    assert not said.is_optimal
    assert said.bound is not None
    assert said.bound >= 20 - 0.4


def test_visits_of_a_group_of_one_exclude_each_other():
    given = problem(visit("a", 1, group="g"), visit("b", 2, group="g"), groups=[{"id": "g", "at_most": 1}])
    said = prove(given, plan(given, ("b",)), steps=ENOUGH)
    assert (said.is_optimal, said.better) == (True, ("a",))


def test_a_rule_left_out_of_the_proof_never_gives_a_route():
    given = problem(visit("a", 1), visit("b", 2), shifts=[shift(max_work_seconds=600)])
    said = prove(given, plan(given, ("a",)), steps=ENOUGH)
    assert said.better is None
    assert not said.is_optimal
    assert said.bound == pytest.approx(20 - 0.4)


def test_several_shifts_keep_the_bound_they_have():
    given = problem(visit("a", 1), shifts=[shift("s"), shift("t")])
    known = solve(given, steps=200)
    said = prove(given, known)
    assert (said.bound, said.is_optimal, said.better) == (known.bound, False, None)


def test_no_visit_at_all_is_proved():
    given = problem(visit("a", 1, windows=[[20_000, 20_000]]))
    said = prove(given, NOTHING)
    assert (said.bound, said.is_optimal) == (0.0, True)


def test_the_same_steps_give_the_same_proof():
    given = random_day(40)
    first, again = (prove(given, NOTHING, steps=60) for _ in range(2))
    assert (first.bound, first.better, first.how) == (again.bound, again.better, again.how)


def test_what_is_told_on_the_way_never_gets_worse():
    told: list[tuple[float, float]] = []
    prove(random_day(40), NOTHING, steps=ENOUGH, tell=lambda value, bound: told.append((value, bound)))
    bounds = [bound for _, bound in told]
    assert bounds == sorted(bounds, reverse=True)


def random_day(visits: int) -> Problem:
    """Return a day of travel in odd seconds."""
    random = Random(visits)
    points = [(random.uniform(0, 30), random.uniform(0, 30)) for _ in range(visits + 1)]
    seconds = [[round(97 * (abs(p[0] - q[0]) + abs(p[1] - q[1]))) for q in points] for p in points]
    made = [{"id": f"v{v}", "place": v + 1, "duration": 1500, "prize": random.randint(1, 30)} for v in range(visits)]
    day = {"id": "s", "from": 0, "to": 0, "start": 0, "end": 14_000}
    return problems.parse(
        {"version": 1, "travel": {"seconds": seconds}, "shifts": [day], "visits": made, "cost_per_travel_second": 0.001}
    )


def best_known(name: str) -> tuple[Problem, Solution]:
    """Return a collected day and a plan that has its best value, in figures alone."""
    given = problems.parse(json.loads((DATA / f"{name}.json").read_text()))
    known = json.loads((DATA / "best-known.json").read_text())[f"{name}.json"]
    value = known["prize"] - given.cost_per_travel_second * known["travel"]
    stops = tuple(Stop(v.id, 0, 0, 0, 0) for v in given.visits if v.rank < 2)
    routes = (Route("s", 0, 0, None, 0, None, stops),)
    return given, Solution(FEASIBLE, value, known["prize"], known["travel"], None, routes, ())


@pytest.mark.skipif(not DATA.is_dir(), reason="the collected problems are not beside the checkout")
@pytest.mark.parametrize("name", COLLECTED)
def test_the_bound_of_a_collected_day_is_never_below_its_best_value(name):
    given, known = best_known(name)
    said = prove(given, known, steps=30)
    assert said.bound is not None
    assert said.bound >= known.objective - 1e-9
    assert said.better is None


@pytest.mark.skipif(not DATA.is_dir(), reason="the collected problems are not beside the checkout")
@pytest.mark.parametrize("name", ["day-60", "day-120"])
def test_collected_days_are_proved(name):
    given, known = best_known(name)
    said = prove(given, known, steps=ENOUGH)
    assert said.is_optimal
    assert said.bound == pytest.approx(known.objective)


@pytest.mark.soak
@pytest.mark.skipif(not DATA.is_dir(), reason="the collected problems are not beside the checkout")
@pytest.mark.parametrize("name", COLLECTED)
def test_every_collected_day_is_proved(name):
    given, known = best_known(name)
    assert prove(given, known, steps=ENOUGH).is_optimal
