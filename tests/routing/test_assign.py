"""Which rep and day: every rule of the model against every assignment of tiny problems, and what a good one looks like."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from gcrm.routing import check, solver
from gcrm.routing import problem as problems
from gcrm.routing.assign import days as assigning
from gcrm.routing.assign.days import Assignment, assign, restricted
from gcrm.routing.assign.fairness import available, spread
from gcrm.routing.model import model_of
from gcrm.routing.problem import Problem
from tests.routing.instances import problem, shift, visit


def served(found: Assignment) -> list[int]:
    return [v for v, s in enumerate(found.shift_of) if s is not None]


def holds(given: Problem, shift_of: tuple[int | None, ...]) -> bool:
    """Judge an assignment by the rules as they are written down, time aside."""
    on = {v: s for v, s in enumerate(shift_of) if s is not None}
    for v, s in on.items():
        one, at = given.visits[v], given.shifts[s]
        if one.shifts is not None and at.id not in one.shifts:
            return False
        if one.windows and not any(a <= at.end - one.duration and at.start <= b for a, b in one.windows):
            return False
    for s, at in enumerate(given.shifts):
        own = [v for v, t in on.items() if t == s]
        if at.max_visits is not None and len(own) > at.max_visits:
            return False
        if at.capacity is not None and sum(given.visits[v].load for v in own) > at.capacity:
            return False
    for rep in given.reps:
        own = [v for v, s in on.items() if given.shifts[s].rep == rep.id]
        if rep.max_visits is not None and len(own) > rep.max_visits:
            return False
        if rep.max_prize is not None and sum(given.visits[v].prize for v in own) > rep.max_prize:
            return False
    return all(_group_holds(given, group, on) for group in given.groups)


def _group_holds(given: Problem, group, on: dict[int, int]) -> bool:
    own = [s for v, s in on.items() if given.visits[v].group == group.id]
    if group.at_most is not None and len(own) > group.at_most:
        return False
    on_days = sorted(given.shifts[s].day for s in own)
    if group.day_patterns is not None and own and on_days not in [sorted(pattern) for pattern in group.day_patterns]:
        return False
    if group.min_gap_seconds is not None:
        for n, s in enumerate(own):
            for t in own[n + 1 :]:
                one, other = given.shifts[s], given.shifts[t]
                if max(other.end - one.start, one.end - other.start) < group.min_gap_seconds:
                    return False
    return True


def roomy(seed: int) -> Problem:
    """Five visits at one place, so that no way and no time matters: only rules and prizes."""
    random = Random(seed)
    shifts = [
        shift(f"s{s}", rep=f"r{s % 2}", day=s // 2, start=86_400 * (s // 2), end=86_400 * (s // 2) + 80_000,
              max_visits=random.choice([None, 1, 2]), capacity=random.choice([None, 2]))
        for s in range(3)
    ]  # fmt: skip
    visits = [
        visit(f"v{v}", 0, duration=60, prize=random.randint(1, 20), load=random.choice([0, 1, 2]),
              rank=random.choice([1, 2, 2, 2, 2]), group=random.choice([None, "g", "h", "k"]),
              shifts=random.choice([None, None, ["s0"], ["s1", "s2"]]),
              windows=random.choice([[], [], [[0, 10_000]], [[90_000, 95_000]]]))
        for v in range(5)
    ]  # fmt: skip
    groups = [
        {"id": "g", "at_most": 1}, {"id": "h", "day_patterns": [[0, 1], [1]]}, {"id": "k", "min_gap_seconds": 100_000},
    ]  # fmt: skip
    reps = [{"id": "r0", "max_visits": random.choice([None, 2]), "max_prize": random.choice([None, 15.0])}]
    return problem(*visits, shifts=shifts, groups=groups, reps=reps, cost_per_travel_second=0)


def worth(given: Problem, shift_of) -> tuple[int, float]:
    own = [given.visits[v] for v, s in enumerate(shift_of) if s is not None]
    return sum(one.rank == 1 for one in own), sum(one.prize for one in own)


@pytest.mark.parametrize("seed", range(15))
def test_where_only_rules_matter_nothing_is_better_than_what_is_assigned(seed):
    given = roomy(seed)
    found = assign(given, rounds=1)
    every = product([None, *range(len(given.shifts))], repeat=len(given.visits))
    best = max(worth(given, each) for each in every if holds(given, each))
    assert holds(given, found.shift_of)
    assert found.is_best
    assert worth(given, found.shift_of) == pytest.approx(best)


def test_no_visit_or_no_shift_is_an_assignment_of_nothing():
    assert assign(problem()) == Assignment((), {}, 0.0, True)
    assert assign(problem(visit("v", 1), shifts=[])).shift_of == (None,)


def test_a_locked_stop_stays_in_its_shift_and_an_appointment_on_its_day():
    shifts = [shift("a", rep="ann"), shift("b", rep="bob", **{"from": 5, "to": 5})]
    given = problem(
        visit("near", 1), visit("locked", 1), visit("agreed", 5, rank=0, windows=[[3000, 3000]], shifts=["a"]),
        shifts=shifts, locked=[{"shift": "b", "stops": ["locked"]}],
    )  # fmt: skip
    assert assign(given).shift_of == (0, 1, 0)


def test_two_appointments_at_one_time_go_to_two_reps():
    shifts = [shift("a", rep="ann"), shift("b", rep="bob")]
    both = [visit(name, 1, rank=0, windows=[[3000, 3000]]) for name in ("one", "other")]
    found = assign(problem(*both, shifts=shifts))
    assert sorted(found.shift_of) == [0, 1]


def test_visits_go_to_the_rep_who_is_near():
    shifts = [shift("a", rep="ann", **{"from": 0, "to": 0}), shift("b", rep="bob", **{"from": 5, "to": 5})]
    given = problem(
        *(visit(f"v{place}.{n}", place) for place in (1, 4) for n in range(3)),
        shifts=shifts,
        cost_per_travel_second=0.01,
    )
    found = assign(given)
    assert [found.shift_of[v] for v in range(6)] == [0, 0, 0, 1, 1, 1]


def team(seed: int, count: int = 60, reps: int = 3, days: int = 2) -> Problem:
    """Reps with homes of their own, most visits round the first one's."""
    random = Random(seed)
    homes = [(random.uniform(-20, 20), random.uniform(-20, 20)) for _ in range(reps)]
    points = list(homes)
    visits = []
    for v in range(count):
        home = homes[random.choices(range(reps), range(reps, 0, -1))[0]]
        points.append((random.gauss(home[0], 6), random.gauss(home[1], 6)))
        visits.append(
            visit(f"v{v}", reps + v, duration=random.choice([1800, 2700]), prize=random.choice([30, 50, 70, 100]))
        )
    seconds = [[0 if p is q else round(60 * (3 + 2 * math.dist(p, q))) for q in points] for p in points]
    shifts = [
        shift(f"r{r}-{day}", rep=f"r{r}", day=day, start=86_400 * day, end=86_400 * day + 28_800, **{"from": r, "to": r})
        for r in range(reps) for day in range(days)
    ]  # fmt: skip
    return problems.parse(
        {
            "version": 1,
            "travel": {"seconds": seconds},
            "shifts": shifts,
            "visits": visits,
            "cost_per_travel_second": 0.01,
        }
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_work_is_balanced_between_reps_as_far_as_asked(seed):
    given = team(seed, 24)
    found = assign(given, balance=0.1, steps=2.0)
    assert len(served(found)) >= 20  # and not by leaving everything out
    hours = available(given)
    work = dict.fromkeys(hours, 0)
    for s, seconds in found.work_seconds.items():
        work[given.shifts[s].rep] += seconds
    assert spread([(hours[rep], work[rep]) for rep in hours]) <= 0.1 + 1e-9


def test_the_same_steps_and_seed_assign_the_same():
    given = team(3)
    assert assign(given, steps=0.4, seed=7) == assign(given, steps=0.4, seed=7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_assigned_can_as_good_as_be_driven(seed):
    given = team(seed)
    found = assign(given, steps=2.0)
    narrow = restricted(given, found, by="shift")
    narrow = replace(
        narrow, visits=tuple(v for v, s in zip(narrow.visits, found.shift_of, strict=True) if s is not None)
    )
    solution = solver.solve(narrow, steps=30_000, seed=1)
    check.must_hold(narrow, solution)
    made = sum(len(route.stops) for route in solution.routes)
    assert made >= 0.9 * len(served(found))


def test_visits_keep_to_their_rep_or_their_shift_and_what_must_be_stays_free():
    given = team(1, 12)
    given = replace(given, visits=(replace(given.visits[0], rank=1), *given.visits[1:]))
    found = assign(given)
    by_rep, by_shift = restricted(given, found), restricted(given, found, by="shift")
    assert by_rep.visits[0].shifts is None
    for v, s in enumerate(found.shift_of):
        if s is None:
            assert by_rep.visits[v].shifts is None
        elif v:
            rep = given.shifts[s].rep
            assert by_rep.visits[v].shifts == (f"{rep}-0", f"{rep}-1")
            assert by_shift.visits[v].shifts == (given.shifts[s].id,)


def test_a_visit_is_not_assigned_to_a_shift_that_its_group_leaves_no_time_for():
    # Taken at 2,000 s, and at least a day apart: only the second day is left.
    days = [shift("s", day=0), shift("t", day=1, start=86_400, end=96_400)]
    group = {"id": "g", "min_gap_seconds": 86_400, "taken": [2000]}
    found = assign(problem(visit("v", 1, group="g"), shifts=days, groups=[group]))
    assert found.shift_of == (1,)


def estimated_travel(given, name, visits):
    """What the assignment thinks a shift drives that makes these visits, its seed in their middle."""
    site = assigning._Site(model_of(given))
    s = next(number for number, each in enumerate(given.shifts) if each.id == name)
    own = [v for v, each in enumerate(given.visits) if each.id in visits]
    seed = site.middle(own)
    return given.shifts[s].travel_factor * (
        assigning.TO_SEED * site.ways[site.places[seed], site.places[own]].sum()
        + assigning.TO_NEAREST * site.nearest[own].sum()
        + assigning.OUT_AND_BACK * 2 * site.out(s)[seed]
    )


def test_travel_is_estimated_within_a_sixth_in_the_mean_on_driven_routes():
    errors = []
    for seed in (1, 2, 3, 4):
        given = team(seed)
        solution = solver.solve(given, steps=40_000, seed=1)
        for route in solution.routes:
            if len(route.stops) > 2:
                estimate = estimated_travel(given, route.shift, {stop.visit for stop in route.stops})
                errors.append(estimate / route.travel_seconds - 1)
    assert len(errors) > 15
    assert sum(map(abs, errors)) / len(errors) < 1 / 6


def test_a_van_is_not_given_more_than_it_holds():
    shifts = [shift("a", rep="ann", capacity=3), shift("b", rep="bob", capacity=2)]
    visits = [visit(name, 1, load=2, prize=prize) for name, prize in (("x", 5), ("y", 6), ("z", 7))]
    found = assign(problem(*visits, shifts=shifts))
    assert [found.shift_of[v] is None for v in range(3)] == [True, False, False]
    assert found.shift_of[1] != found.shift_of[2]


def test_of_two_visits_that_exclude_each_other_both_keep_to_the_rep_of_the_chosen_one():
    shifts = [shift("a", rep="ann"), shift("b", rep="bob", **{"from": 5, "to": 5})]
    either = [visit("own", 5, shifts=["a"], group="g"), visit("by a colleague", 5, prize=9.5, shifts=["b"], group="g")]
    given = problem(*either, shifts=shifts, groups=[{"id": "g", "at_most": 1}], cost_per_travel_second=0.01)
    found = assign(given)
    assert found.shift_of == (None, 1)
    assert [v.shifts for v in restricted(given, found).visits] == [(), ("b",)]
