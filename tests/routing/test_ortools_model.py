"""OR-Tools as the judge: it accepts right plans, rejects wrong ones, and never makes an answer worse."""

from __future__ import annotations

import pytest

from gcrm.routing.answer import plan_of
from gcrm.routing.kernel.search import search
from gcrm.routing.locked import locked_plan
from gcrm.routing.model import model_of
from gcrm.routing.ortools_model import from_nothing, improve_plan
from gcrm.routing.problem import Problem
from gcrm.routing.track import Tracks
from tests.routing.instances import problem, random_problem, shift, visit


def searched(given: Problem, steps: int):
    model = model_of(given)
    tracks = Tracks(model)
    found = search(model, locked_plan(tracks), steps, lambda _: True, 1)
    plan = plan_of(tracks, found.stops, found.ends, found.narrow)
    assert plan is not None
    return plan


@pytest.mark.parametrize("seed", range(20))
def test_it_accepts_the_plans_of_the_search(seed):
    proposal = improve_plan(searched(random_problem(seed, 10, 2), 20), None, 3)
    assert proposal is not None
    assert proposal.accepted


def test_it_accepts_a_plan_with_a_break_on_the_way():
    given = problem(
        visit("a", 5, windows=[[500, 500]]),
        shifts=[shift(end=1400, breaks=[{"duration": 100, "window": [1000, 1000]}])],
    )
    proposal = improve_plan(searched(given, 5), None, 3)
    assert proposal.accepted
    assert proposal.stops == ((0,),)


def test_it_rejects_a_plan_that_misses_a_window():
    given = problem(visit("a", 1), visit("b", 5))
    plan = searched(given, 5)
    plan.model.windows[0] = ((0, 50),)
    assert not improve_plan(plan, None, 3).accepted


def test_it_improves_a_poor_plan():
    given = problem(visit("a", 1), visit("b", 2), visit("c", 3))
    plan = searched(given, 0)
    assert plan.put(0, (1,))
    proposal = improve_plan(plan, None, 50)
    assert sorted(proposal.stops[0]) == [0, 1, 2]


def test_the_number_of_solutions_replays_its_best():
    plan = searched(random_problem(3, 20, 2), 0)
    assert plan.put(0, ())
    proposal = improve_plan(plan, None, 60)
    assert improve_plan(plan, None, proposal.solutions).stops == proposal.stops


def test_it_finds_a_plan_from_nothing():
    assert sorted(from_nothing(model_of(problem(visit("a", 1), visit("b", 2))), 0.3)[0]) == [0, 1]
