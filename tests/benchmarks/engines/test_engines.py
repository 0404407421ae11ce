from __future__ import annotations

import pytest

from gcrm.routing.model import model_of
from gcrm.routing.problem import Problem
from tests.benchmarks.engines import kernel, ortools_alone, pyvrp_alone
from tests.benchmarks.engines.run import Engine, WrongAnswer, judged
from tests.benchmarks.instances import generated
from tests.routing import instances


@pytest.fixture(scope="module")
def week() -> Problem:
    return generated.week(reps=2, customers=20)


# OR-Tools has no answer before its first whole plan, which takes longer on a busy machine.
@pytest.mark.parametrize(
    ("answer", "seconds"), [(kernel.answer, 0.3), (pyvrp_alone.answer, 1.0), (ortools_alone.answer, 5.0)]
)
def test_each_engine_answers_a_team_and_is_checked(answer: Engine, seconds: float, week: Problem) -> None:
    run = answer(week, seconds, 1, 600.0)
    assert run is not None
    assert run.prize > 0
    assert run.is_whole
    assert run.megabytes > 10


def test_pyvrp_says_that_it_has_no_breaks() -> None:
    assert pyvrp_alone.answer(generated.day("day-60-1-lunch"), 0.1, 1) is None


def test_a_plan_that_breaks_a_rule_ends_the_run() -> None:
    closed = instances.problem(instances.visit("a", 1, windows=[[0, 50]]))
    with pytest.raises(WrongAnswer):
        judged("anyone", closed, model_of(closed), [(0,)], [0], {})


def test_the_kernel_notes_when_every_required_visit_was_served() -> None:
    given = instances.problem(instances.visit("a", 1, required=True), instances.visit("b", 3))
    run = kernel.answer(given, 0.1, 1)
    assert run.is_whole
    assert run.first is not None
    assert run.first <= run.seconds
