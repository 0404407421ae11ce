"""Selection among a pool of routes: against every subset of tiny pools, against the checker, and for what it may cost."""

from __future__ import annotations

import time
from itertools import combinations
from random import Random

import pytest

from gcrm.routing import check, solver
from gcrm.routing import problem as problems
from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.assign.pool import MalformedPool, PoolRoute, Selection, best_selection, recombined, routes_of
from gcrm.routing.model import model_of
from gcrm.routing.problem import Problem
from gcrm.routing.track import Tracks
from tests.routing.instances import problem, random_problem, shift, visit


def holds(given: Problem, routes: list[PoolRoute]) -> bool:
    """Judge a set of routes by the rules as they are written down, apart from times."""
    served = [v for route in routes for v in route.visits]
    if len({route.shift for route in routes}) < len(routes) or len(set(served)) < len(served):
        return False
    day = {v: given.shifts[route.shift].day for route in routes for v in route.visits}
    for group in given.groups:
        own = [v for v in served if given.visits[v].group == group.id]
        if group.at_most is not None and len(own) > group.at_most:
            return False
        if (
            group.day_patterns is not None
            and own
            and sorted(day[v] for v in own) not in [sorted(p) for p in group.day_patterns]
        ):
            return False
    for rep in given.reps:
        own = [v for route in routes if given.shifts[route.shift].rep == rep.id for v in route.visits]
        if rep.max_visits is not None and len(own) > rep.max_visits:
            return False
        if rep.max_prize is not None and sum(given.visits[v].prize for v in own) > rep.max_prize:
            return False
    return True


def worth(given: Problem, routes: list[PoolRoute]) -> tuple[int, int, float]:
    ranks = [given.visits[v].rank for route in routes for v in route.visits]
    return ranks.count(0), ranks.count(1), sum(route.value for route in routes)


def best_of_all(given: Problem, pool: list[PoolRoute]) -> tuple[int, int, float]:
    """The best of every subset, judged alone."""
    sets = (list(some) for size in range(len(pool) + 1) for some in combinations(pool, size))
    return max(worth(given, some) for some in sets if holds(given, some))


def world(seed: int) -> tuple[Problem, list[PoolRoute]]:
    """A made-up problem with groups, patterns and bounds of reps, and 11 routes of any value."""
    random = Random(seed)
    shifts = [shift(f"s{s}", rep=f"r{s % 2}", day=s // 2) for s in range(4)]
    visits = [
        visit(f"v{v}", random.randrange(6), prize=random.randint(1, 9), rank=random.choice([0, 1, 2, 2, 2, 2]),
              group=random.choice([None, None, "few", "days"]))
        for v in range(9)
    ]  # fmt: skip
    groups = [{"id": "few", "at_most": random.choice([1, 2])}, {"id": "days", "day_patterns": [[0], [0, 1]]}]
    reps = [{"id": "r0", "max_visits": random.choice([None, 2, 4]), "max_prize": random.choice([None, 12.5])}]
    given = problem(*visits, shifts=shifts, groups=groups, reps=reps)
    pool = [
        PoolRoute(random.randrange(4), tuple(random.sample(range(9), random.randint(1, 4))), random.uniform(-2, 10))
        for _ in range(11)
    ]  # fmt: skip
    return given, pool


@pytest.mark.parametrize("seed", range(12))
def test_nothing_in_a_tiny_pool_is_better_than_what_is_chosen(seed):
    given, pool = world(seed)
    found = best_selection(given, pool)
    chosen = [pool[number] for number in found.chosen]
    assert holds(given, chosen)
    assert found.is_best
    assert (*found.served, found.value) == pytest.approx(best_of_all(given, pool))
    assert (*found.served, found.value) == pytest.approx(worth(given, chosen))


def test_nothing_to_choose_from_is_an_empty_plan_that_is_best():
    assert best_selection(problem(visit("v", 1)), []) == Selection((), (0, 0), 0.0, True)


def test_a_route_that_costs_more_than_it_brings_is_left_out_unless_somebody_must_be_visited():
    given = problem(visit("a", 1), visit("b", 2, rank=1), shifts=[shift("s"), shift("t")])
    assert best_selection(given, [PoolRoute(0, (0,), -1.0)]).chosen == ()
    assert best_selection(given, [PoolRoute(0, (0,), -1.0), PoolRoute(1, (1,), -5.0)]).chosen == (1,)


def test_of_two_orders_of_the_same_visits_the_cheaper_one_is_taken():
    given = problem(visit("a", 1), visit("b", 2))
    assert best_selection(given, [PoolRoute(0, (0, 1), 3.0), PoolRoute(0, (1, 0), 4.0)]).chosen == (1,)


def test_visits_that_must_lie_further_apart_than_their_shifts_can_are_not_chosen_together():
    days = [shift("s", day=0), shift("t", day=1, start=86_400, end=96_400)]
    given = problem(
        visit("a", 1, group="g"),
        visit("b", 1, group="g"),
        shifts=days,
        groups=[{"id": "g", "min_gap_seconds": 200_000}],
    )
    pool = [PoolRoute(0, (0,), 3.0), PoolRoute(1, (1,), 4.0)]
    assert best_selection(given, pool).chosen == (1,)
    assert best_selection(problem(visit("a", 1), visit("b", 1), shifts=days), pool).chosen == (0, 1)


def test_a_hint_is_never_made_worse_however_little_work_is_allowed():
    given, pool, hint = large(300, 20, 150)
    best = best_selection(given, pool, hint, steps=0.0)
    assert best.value >= sum(pool[number].value for number in hint) - 1e-6


def test_the_same_pool_steps_and_seed_give_the_same_selection():
    given, pool, hint = large(400, 20, 150)
    assert best_selection(given, pool, hint, steps=0.2, seed=5) == best_selection(given, pool, hint, steps=0.2, seed=5)


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        (PoolRoute(7, (0,), 1.0), "of shift 7, which does not exist"),
        (PoolRoute(0, (3,), 1.0), "a visit that does not exist"),
        (PoolRoute(0, (0, 0), 1.0), "serves a visit twice"),
        (PoolRoute(0, (0,), float("nan")), "is no number"),
    ],
)
def test_a_route_that_cannot_be_is_refused_by_its_number(route, fault):
    with pytest.raises(MalformedPool, match=f"Route 1.*{fault}|The value of route 1.*{fault}"):
        best_selection(problem(visit("a", 1)), [PoolRoute(0, (0,), 1.0), route])


def test_a_hint_whose_routes_share_a_visit_is_refused():
    given = problem(visit("a", 1), shifts=[shift("s"), shift("t")])
    with pytest.raises(MalformedPool, match="share a shift or a visit"):
        best_selection(given, [PoolRoute(0, (0,), 1.0), PoolRoute(1, (0,), 1.0)], hint=(0, 1))


@pytest.mark.parametrize("seed", range(6))
def test_routes_of_a_solution_are_worth_its_objective_together(seed):
    given = random_problem(seed, 6, 2)
    solution = solver.solve(given, steps=2000, seed=1)
    pool = routes_of(given, solution)
    assert sum(route.value for route in pool) == pytest.approx(solution.objective)


@pytest.mark.parametrize("seed", range(3))
def test_routes_of_several_runs_make_a_plan_that_holds_and_is_as_good_as_the_best_of_them(seed):
    given = scattered(seed)
    runs = [solver.solve(given, steps=500, seed=number) for number in range(1, 6)]
    pool = [route for run in runs for route in routes_of(given, run)]
    found = best_selection(given, pool)
    assert found.value >= max(run.objective for run in runs) - 1e-6
    model = model_of(given)
    stops = [()] * len(given.shifts)
    for number in found.chosen:
        stops[pool[number].shift] = pool[number].visits
    plan = plan_of(Tracks(model), stops, [0] * len(stops), {})
    assert plan is not None
    solution = solution_of(plan, 0.0, 0, 1, "pool")
    assert check.check(given, solution) == []
    assert solution.objective == pytest.approx(found.value)


def test_ten_thousand_routes_of_a_hundred_shifts_are_chosen_from_within_seconds():
    given, pool, hint = large(10_000, 100, 1500)
    began = time.process_time()
    found = best_selection(given, pool, hint, steps=1.0)
    assert time.process_time() - began < 10  # about 2 s on a quiet machine; others share this one
    assert found.value >= sum(pool[number].value for number in hint) - 1e-6
    served = [v for number in found.chosen for v in pool[number].visits]
    assert len(served) == len(set(served))


def scattered(seed: int) -> Problem:
    random = Random(seed)
    points = [(random.uniform(0, 60), random.uniform(0, 60)) for _ in range(61)]
    seconds = [[round(60 * ((a - c) ** 2 + (b - d) ** 2) ** 0.5) for c, d in points] for a, b in points]
    visits = [visit(f"v{v}", v, duration=1500, prize=random.randint(1, 10)) for v in range(1, 61)]
    shifts = [shift(f"s{s}", rep=f"r{s}", start=0, end=28_800) for s in range(3)]
    return problems.parse(
        {
            "version": 1,
            "travel": {"seconds": seconds},
            "shifts": shifts,
            "visits": visits,
            "cost_per_travel_second": 0.0001,
        }
    )


def large(routes: int, shifts: int, visits: int) -> tuple[Problem, list[PoolRoute], list[int]]:
    """A pool in which every shift has a route of a plan that fits together, and many variations of it."""
    random = Random(1)
    given = problem(
        *(visit(f"v{v}", v % 6, prize=random.randint(1, 9)) for v in range(visits)),
        shifts=[shift(f"s{s}") for s in range(shifts)],
    )
    own = {s: list(range(s, visits, shifts)) for s in range(shifts)}
    pool = [_worth_its_prizes(given, s, own[s], random) for s in range(shifts)]
    while len(pool) < routes:
        s = random.randrange(shifts)
        some = set(random.sample(own[s], len(own[s]) // 2))
        near = own[(s + random.randint(1, 3)) % shifts]
        some |= set(random.sample(near, min(len(near), len(own[s]) - len(some) + 1)))
        pool.append(_worth_its_prizes(given, s, sorted(some), random))
    return given, pool, list(range(shifts))


def _worth_its_prizes(given: Problem, s: int, visits: list[int], random: Random) -> PoolRoute:
    return PoolRoute(s, tuple(visits), sum(given.visits[v].prize for v in visits) - random.uniform(0, 3))


def test_the_best_routes_of_two_plans_make_one_better_than_both():
    visits = [visit("a", 1), visit("b", 2), visit("c", 4), visit("d", 5)]
    days = [shift("mon", day=0), shift("tue", day=1, start=86_400, end=96_400)]
    given = problem(*visits, shifts=days)
    halves = [
        solver.solve(problem(*(one | {"shifts": [day]} for one in some), shifts=days), steps=2_000)
        for day, some in (("mon", visits[:2]), ("tue", visits[2:]))
    ]
    found = recombined(given, halves)
    assert found is not None
    assert check.check(given, found) == []
    assert {stop.visit for route in found.routes for stop in route.stops} == {"a", "b", "c", "d"}
    assert recombined(given, [found, *halves]) is None
