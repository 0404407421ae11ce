from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gcrm.routing import problem as problems
from gcrm.routing.problem import Problem
from gcrm.routing.replan import Rest, rest_of_day
from tests.benchmarks.instances import generated, orienteering, periodic, required
from tests.benchmarks.instances.best import DISTANCES, SCORES
from tests.benchmarks.instances.legs import rounded, truncated
from tests.routing.instances import DATA

SOLOMON = """T1

VEHICLE
NUMBER     CAPACITY
  2         50

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME

    0      0      0      0      0      230      0
    1      3      4     10      5       60     10
    2      1      1      7     50       60     10
"""
VRPLIB = """NAME : T1
TYPE : VRPTW
DIMENSION : 3
VEHICLES : 2
CAPACITY : 50
SERVICE_TIME : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 10
3 7
TIME_WINDOW_SECTION
1 0 230
2 5 60
3 50 60
DEPOT_SECTION
1
-1
EOF
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_legs_are_cut_or_rounded_without_a_float() -> None:
    # 1.41421..., and 5 exactly.
    points = [("0", "0"), ("1", "1"), ("3", "4.000")]
    assert truncated(points, 10)[0] == (0, 14, 50)
    assert truncated(points, 100)[0] == (0, 141, 500)
    assert rounded(points, 1000)[0] == (0, 1414, 5000)
    # 0.605 lies on the grid: to two decimals it is cut to 0.60, rounded to 0.61.
    assert truncated([("0", "0"), ("0.605", "0")], 100)[0][1] == 60
    assert rounded([("0", "0"), ("0.605", "0")], 100)[0][1] == 61


def test_both_layouts_of_a_problem_with_windows_read_alike(tmp_path: Path) -> None:
    read = required.read(written(tmp_path, "T1.txt", SOLOMON))
    assert read == required.read(written(tmp_path, "T1.vrp", VRPLIB))
    assert [shift.capacity for shift in read.shifts] == [50.0, 50.0]
    assert (read.shifts[0].end, read.visits[1].windows, read.visits[1].duration) == (2300, ((500, 600),), 100)
    assert read.travel is not None
    assert read.travel.seconds[1] == (50, 0, 36)


def test_a_published_solution_is_read_in_tenths(tmp_path: Path) -> None:
    path = written(tmp_path, "T1.sol", "Route #1: 2 1\nRoute #2: 3\nCost 12.5\n")
    assert required.published(path) == ([("2", "1"), ("3",)], 125)


def test_orienteering_takes_the_score_and_closes_with_the_start(tmp_path: Path) -> None:
    text = "4 1 1 1\n0 200\n 0 40.00 50.00 0 0 0 0 0 1236\n 1 45.00 68.00 90 10 1 1 1 912 967\n"
    read = orienteering.read(written(tmp_path, "c101.txt", text), 2)
    assert (len(read.shifts), read.shifts[0].end) == (2, 12360)
    assert (read.visits[0].prize, read.visits[0].duration, read.visits[0].windows) == (10.0, 900, ((9120, 9670),))
    # All the time there is costs less than one point.
    assert read.cost_per_travel_second * 2 * 12360 < 1


def test_a_pattern_of_days_is_read_from_the_first_bit(tmp_path: Path) -> None:
    text = "1 1 1 3\n" + "0 20\n" * 3 + "0 0.0 0.0 0 0 0 0\n1 10.0 0.0 2 5 2 2 6 5\n"
    read = periodic.read(written(tmp_path, "p99", text))
    # 110 and 101: the first two days, or the first and the last.
    assert read.groups[0].day_patterns == ((0, 1), (0, 2))
    assert [(visit.place, visit.duration, visit.load) for visit in read.visits] == [(1, 200, 5.0)] * 2
    assert [shift.day for shift in read.shifts] == [0, 1, 2]


def test_a_limited_day_bounds_travel_and_service(tmp_path: Path) -> None:
    text = "1 1 1 1\n500 20\n0 0.0 0.0 0 0 0 0\n1 10.0 0.0 2 5 1 1 1\n"
    shift = periodic.read(written(tmp_path, "p99", text)).shifts[0]
    assert shift.end - shift.start == 50_000


@pytest.mark.skipif(not DATA.is_dir(), reason="the collected problems are not there")
def test_the_collected_values_agree_with_the_tables() -> None:
    known = json.loads((DATA / "best-known.json").read_text())
    assert SCORES["r104"][1] == known["toptw-r104-m2.json"]["published"]
    assert SCORES["pr04"][1] == known["toptw-pr04-m2.json"]["published"]
    assert DISTANCES["p02"] == known["pvrp-p02.json"]["published"]
    assert DISTANCES["p14"] == known["pvrp-p14.json"]["published"]


def test_a_generated_day_is_the_same_every_time_and_keeps_to_the_format() -> None:
    names = generated.names_of_days()
    assert len(names) == len(set(names)) == 40
    day = generated.day("day-60-1-lunch")
    assert day == generated.day("day-60-1-lunch") != generated.day("day-60-3-lunch")
    assert problems.parse(problems.dump(day)) == day
    assert sum(bool(generated.day(name).shifts[0].breaks) for name in names[::10] + names[1::10]) == 4


def test_a_week_sees_a_customer_that_is_due_twice_on_disjoint_days() -> None:
    week = generated.week(reps=2, customers=50)
    assert (len(week.shifts), len(week.visits)) == (10, 60)
    days = {shift.id: shift.day for shift in week.shifts}
    twice = [visit for visit in week.visits if visit.id.endswith(".1")]
    assert len(twice) == 10
    for later in twice:
        first = next(visit for visit in week.visits if visit.id == later.id.removesuffix("1") + "0")
        assert {days[name] for name in first.shifts or ()} == {0, 1}
        assert {days[name] for name in later.shifts or ()} == {3, 4}
    assert problems.parse(problems.dump(week)) == week


def test_a_generated_day_can_be_gone_on_with() -> None:
    day: Problem = generated.day("day-60-2")
    rest = rest_of_day(day, Rest(None, 40_000))
    assert replace(rest.shifts[0], from_place=0, start=day.shifts[0].start) == day.shifts[0]
