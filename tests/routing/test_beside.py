"""The planner beside a web process: its answers are the solver's, and the web process stays small."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gcrm.core.errors import GcrmError, Unavailable
from gcrm.routing import beside, solver
from gcrm.routing.check import check
from tests.routing.instances import problem, stops, visit

SERVING = """
import sys
from gcrm.app import create_app
from gcrm.routing import beside
from tests.routing.test_beside import DAY
with create_app().test_request_context():
    solution = beside.solve(DAY, 0.3)
print(len(solution.routes[0].stops), sorted({"numba", "ortools"} & sys.modules.keys()))
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024)
"""
DAY = problem(visit("a", 1), visit("b", 3), visit("c", 5))


@pytest.fixture
def request_context(app):
    with app.test_request_context():
        yield
    beside._forget()


def test_an_answer_is_the_solvers(request_context):
    solution = beside.solve(DAY, 0.3)
    assert check(DAY, solution) == []
    assert stops(solution) == stops(solver.solve(DAY, time_limit=0.3))


def test_who_only_looks_wakes_a_planner_that_then_answers(request_context):
    beside.wake()
    woken = beside._planners[0].process
    beside.wake()
    assert check(DAY, beside.solve(DAY, 0.3)) == []
    assert beside._planners[0].process is woken


def test_nobody_is_woken_outside_of_a_request():
    beside.wake()
    assert beside._planners == []


def test_one_process_answers_all_questions_and_another_takes_over_when_it_died(request_context):
    beside.solve(DAY, 0.3)
    first = beside._planners[0].process
    beside.solve(DAY, 0.3)
    assert beside._planners[0].process is first
    first.kill()
    first.join()
    assert beside.solve(DAY, 0.3).routes
    assert beside._planners[0].process.pid != first.pid


def test_a_late_answer_is_not_taken_for_the_next_ones(request_context, monkeypatch):
    beside.solve(DAY, 0.3)
    with monkeypatch.context() as patch:
        patch.setattr(beside, "PATIENCE_SECONDS", -1.0)
        with pytest.raises(Unavailable, match="not ready yet"):
            beside.solve(DAY, 1.0)
    other = problem(visit("z", 2))
    assert stops(beside.solve(other, 0.3)) == {"s": ["z"]}


def test_a_fault_over_there_is_raised_here(request_context):
    with pytest.raises(GcrmError, match="AttributeError"):
        beside.solve(None, 0.3)  # type: ignore[arg-type] # what no caller does
    assert beside.solve(DAY, 0.3).routes


def test_outside_of_a_request_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(beside, "_ask", None)
    assert beside.solve(DAY, 0.1).routes


def test_a_web_process_that_had_a_day_replanned_holds_no_solver_and_stays_under_200_mb():
    run = subprocess.run([sys.executable, "-c", SERVING], capture_output=True, text=True, check=True)
    said, megabytes = run.stdout.splitlines()
    assert said == "3 []"
    assert int(megabytes) < 200
