"""The checker: it accepts right plans and catches every kind of tampering."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.check import WrongSolution, check, must_hold
from gcrm.routing.solution import MalformedSolution
from gcrm.routing.solver import solve
from tests.routing.instances import document, random_problem, shift, visit
from tests.routing.test_problem import SPEC

# The format's own example, worked out by hand: v2 is closed, v1 takes the first window.
RIGHT = {
    "version": 1,
    "status": "feasible",
    "objective": 52.3, "bound": None, "prize": 70.0, "travel_seconds": 1770, "travel_metres": 16000,
    "solve_seconds": 0.8, "steps": 120000, "seed": 1, "engine": "by hand",
    "routes": [
        {"shift": "rep7-2026-11-23", "leave": 35100, "return": 38670, "end_place": 0, "travel_seconds": 1770,
         "travel_metres": 16000,
         "stops": [{"visit": "v1", "arrive": 36000, "start": 36000, "depart": 37800, "waiting_seconds": 0}],
         "breaks": [{"start": 43200, "end": 45000}]}
    ],
    "unserved": [{"visit": "v2", "reason": "closed", "detail": "It opens too early.", "added_seconds": 1800}],
}  # fmt: skip


def faults(claimed: dict[str, Any], given: dict[str, Any] = SPEC) -> list[str]:
    return check(problems.parse(given), solutions.parse(claimed))


def changed(path: str, value: Any, base: dict[str, Any] = RIGHT) -> dict[str, Any]:
    made: Any = copy.deepcopy(base)
    place = made
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    place[last] = value
    return made


def test_the_formats_own_example_is_right():
    assert faults(RIGHT) == []
    assert faults(changed("bound", 52.3) | {"status": "optimal"}) == []


def test_it_may_leave_its_added_seconds_and_bound_unsaid():
    assert faults(changed("unserved.0.added_seconds", None)) == []


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("status", "infeasible", "every visit that must be served is"),
        ("status", "optimal", "bound"),
        ("status", "perfect", "none of"),
        ("bound", 52.2, "below the objective"),
        ("objective", 52.31, "recomputed 52.3"),
        ("prize", 71, "recomputed 70"),
        ("travel_seconds", 1771, "recomputed 1770"),
        ("travel_metres", 16001, "recomputed 16000"),
        ("routes.0.shift", "nobody", "no such shift"),
        ("routes.0.leave", 35101, "arrive is 36000, recomputed 36001"),
        ("routes.0.leave", 30000, "before the shift's start"),
        ("routes.0.return", 38671, "return is 38671, recomputed 38670"),
        ("routes.0.end_place", 1, "end_place is 1, recomputed 0"),
        ("routes.0.travel_seconds", 1700, "recomputed 1770"),
        ("routes.0.travel_metres", None, "recomputed 16000"),
        ("routes.0.stops.0.visit", "v9", "not in the problem"),
        ("routes.0.stops.0.visit", "v2", "among the unserved"),
        ("routes.0.stops.0.arrive", 35999, "recomputed 36000"),
        ("routes.0.stops.0.start", 35999, "before it arrives"),
        ("routes.0.stops.0.start", 41401, "inside none of its windows"),
        ("routes.0.stops.0.depart", 37801, "recomputed 37800"),
        ("routes.0.stops.0.waiting_seconds", 1, "recomputed 0"),
        ("routes.0.stops", [], "has no stops"),
        ("routes.0.breaks", [], "takes 0 breaks"),
        ("routes.0.breaks.0", {"start": 43199, "end": 44999}, "not the shift's"),
        ("routes.0.breaks.0", {"start": 50401, "end": 52201}, "not the shift's"),
        ("routes.0.breaks.0.end", 45001, "not the shift's"),
        ("routes.0.breaks.0", {"start": 36000, "end": 37800}, "overlaps the visit"),
        ("routes.0.breaks.0", {"start": 34200, "end": 36000}, "during the break"),
        ("routes.0.breaks.0", {"start": 63001, "end": 64801}, "outside the shift"),
        ("routes", [], "neither served nor among"),
        ("unserved", [], "neither served nor among"),
        ("unserved.0.visit", "v9", "not in the problem"),
        ("unserved.0.reason", "rain", "none of"),
        ("unserved.0.reason", "no_time", "closed holds before"),
        ("unserved.0.reason", "not_allowed", "does not hold"),
        ("unserved.0.reason", "unreachable", "does not hold"),
        ("unserved.0.added_seconds", 1799, "recomputed 1800"),
    ],
)
def test_each_tampered_figure_is_caught(path, value, says):
    found = faults(changed(path, value))
    assert any(says in fault for fault in found), found


def test_a_route_twice_and_an_unserved_visit_twice_are_caught():
    twice = changed("routes", RIGHT["routes"] * 2)
    assert any("2 routes" in fault for fault in faults(twice))
    assert any("served 2 times" in fault for fault in faults(twice))
    assert any("listed 2 times" in fault for fault in faults(changed("unserved", RIGHT["unserved"] * 2)))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("cost_per_shift", 1.0, "objective"),
        ("shifts.0.end", 38669, "after the shift's end"),
        ("shifts.0.max_work_seconds", 3569, "works 3570 s, at most 3569"),
        ("shifts.0.max_travel_seconds", 1769, "travels 1770 s, at most 1769"),
        ("shifts.0.max_visits", 0, "makes 1 visits, at most 0"),
        ("shifts.0.capacity", 1.5, "loads 2, at most 1.5"),
        ("shifts.0.travel_factor", 1.01, "recomputed 36009"),
        ("shifts.0.to", [{"place": 1}], "none of its choices"),
        ("shifts.0.to", None, "end_place is 0, recomputed 1"),
        ("reps.0.max_work_seconds", 3569, "rep 'rep7' works 3570 s"),
        ("reps.0.max_visits", 0, "rep 'rep7' makes 1 visits"),
        ("reps.0.max_prize", 69.5, "rep 'rep7' collects a prize of 70"),
        ("visits.0.shifts", [], "may not serve it"),
        ("visits.1.rank", 1, "must be served and is not"),
        ("groups.0.at_most", 0, "at most 0 allowed"),
        ("groups.0.day_patterns", [[1]], "none of its day patterns"),
        ("locked.0.stops", ["v2", "v1"], "must be served and is not"),
        ("travel.seconds.0.1", None, "no way from place 0 to place 1"),
    ],
)
def test_each_broken_rule_is_caught(path, value, says):
    given = changed(path, value, changed("visits.0.load", 2, SPEC))
    found = faults(RIGHT, given)
    assert any(says in fault for fault in found), found


def plan(*stops: tuple[str, int, int, int], unserved: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return a plan of shift s over (visit, arrive, start, waiting) of 300 s each, its figures left wrong."""
    return {
        "version": 1, "status": "feasible", "objective": 0, "prize": 0, "travel_seconds": 0,
        "routes": [{
            "shift": "s", "leave": 0, "return": 0, "end_place": 0, "travel_seconds": 0,
            "stops": [
                {"visit": v, "arrive": a, "start": s, "depart": s + 300, "waiting_seconds": w} for v, a, s, w in stops
            ],
        } | more],
        "unserved": [{"visit": name, "reason": "no_time"} for name in unserved],
    }  # fmt: skip


def test_two_visits_of_a_group_too_close_are_caught():
    group = {"id": "g", "min_gap_seconds": 301, "taken": [-1, 5000]}
    given = document(visit("a", 1, group="g"), visit("b", 1, group="g"), groups=[group])
    found = faults(plan(("a", 100, 100, 0), ("b", 400, 400, 0)), given)
    assert any("'a' and 'b' start 300 s apart, at least 301" in fault for fault in found)
    assert any("'a' starts 101 s from one taken at -1" in fault for fault in found)
    assert not any("'b' starts" in fault for fault in found)


def test_locked_stops_out_of_order_are_caught():
    given = document(visit("a", 1), visit("b", 1), locked=[{"shift": "s", "stops": ["b", "a"]}])
    found = faults(plan(("a", 100, 100, 0), ("b", 400, 400, 0)), given)
    assert any("must begin with ['b', 'a'] (locked), but begins with ['a', 'b']" in fault for fault in found)


def test_a_break_on_the_way_delays_the_arrival():
    given = document(visit("a", 5), shifts=[shift(breaks=[{"duration": 60, "window": [200, 200]}])])
    late = plan(("a", 560, 560, 0), breaks=[{"start": 200, "end": 260}])
    assert not any("arrive" in fault for fault in faults(late, given))
    early = plan(("a", 500, 500, 0), breaks=[{"start": 200, "end": 260}])
    assert any("arrive is 500, recomputed 560" in fault for fault in faults(early, given))


def test_a_break_in_a_wait_is_no_waiting():
    given = document(visit("a", 1), shifts=[shift(breaks=[{"duration": 60, "window": [200, 200]}])])
    waited = plan(("a", 100, 300, 140), breaks=[{"start": 200, "end": 260}])
    assert not any("waiting" in fault for fault in faults(waited, given))
    assert any(
        "waiting_seconds is 200, recomputed 140" in fault
        for fault in faults(plan(("a", 100, 300, 200), breaks=[{"start": 200, "end": 260}]), given)
    )


def test_nobody_waits_on_the_road_for_a_break():
    # Whoever leaves at 0 is there at 100; a break at 150 cannot have delayed that.
    given = document(visit("a", 1), shifts=[shift(breaks=[{"duration": 60, "window": [150, 150]}])])
    found = faults(plan(("a", 160, 210, 0), breaks=[{"start": 150, "end": 210}]), given)
    assert any("arrive is 160, recomputed 100" in fault for fault in found)


def test_a_chained_start_is_where_the_shift_before_ended():
    shifts = [shift("s", to=None), shift("t", **{"from": {"end_of": "s"}})]
    given = document(visit("a", 2), visit("b", 3), shifts=shifts)
    claimed = plan(("a", 200, 200, 0), end_place=2) | {}
    second = copy.deepcopy(claimed["routes"][0]) | {"shift": "t", "end_place": 0}
    second["stops"][0] |= {"visit": "b", "arrive": 100, "start": 100, "depart": 400}
    claimed["routes"].append(second)
    assert not any("arrive" in fault for fault in faults(claimed, given))
    second["stops"][0]["arrive"] = 300
    assert any("arrive is 300, recomputed 100" in fault for fault in faults(claimed, given))


@pytest.mark.parametrize("seed", range(5))
def test_every_whole_number_of_a_right_plan_matters(seed):
    """Add one to each figure of a plan in turn: the checker must object each time."""
    given = random_problem(seed, 8, 2)
    right = solutions.dump(solve(given, steps=2000))
    assert check(given, solutions.parse(right)) == []
    free = {"bound", "solve_seconds", "steps", "seed", "version"}
    spots = [(key,) for key in right if isinstance(right[key], int | float) and key not in free]
    for r, route in enumerate(right["routes"]):
        spots += [("routes", r, key) for key, value in route.items() if isinstance(value, int)]
        for k, stop in enumerate(route["stops"]):
            spots += [("routes", r, "stops", k, key) for key, value in stop.items() if isinstance(value, int)]
    spots += [("unserved", u, "added_seconds") for u, one in enumerate(right["unserved"]) if one["added_seconds"]]
    assert spots
    for spot in spots:
        wrong: Any = json.loads(json.dumps(right))
        place = wrong
        for step in spot[:-1]:
            place = place[step]
        place[spot[-1]] += 1
        assert check(given, solutions.parse(wrong)), spot


def test_a_wrong_plan_raises_with_all_its_faults():
    with pytest.raises(WrongSolution) as caught:
        must_hold(problems.parse(SPEC), solutions.parse(changed("prize", 1)))
    assert caught.value.faults == ["prize is 1.0, recomputed 70.0"]
    must_hold(problems.parse(SPEC), solutions.parse(RIGHT))


def test_a_solution_written_and_read_again_is_equal():
    read = solutions.parse(RIGHT)
    assert solutions.parse(json.loads(json.dumps(solutions.dump(read)))) == read


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("version", 2, "$.version"),
        ("surprise", 1, "$.surprise"),
        ("objective", float("nan"), "$.objective"),
        ("objective", None, "$.objective"),
        ("routes", {}, "$.routes"),
        ("routes.0.leave", "early", "$.routes[0].leave"),
        ("routes.0.stops.0.start", True, "$.routes[0].stops[0].start"),
        ("routes.0.stops.0.start", 36000.5, "$.routes[0].stops[0].start"),
        ("routes.0.breaks.0", [43200, 45000], "$.routes[0].breaks[0]"),
        ("unserved.0.visit", 2, "$.unserved[0].visit"),
    ],
)
def test_a_malformed_solution_is_refused_by_path(path, value, named):
    with pytest.raises(MalformedSolution) as caught:
        solutions.parse(changed(path, value))
    assert any(fault.startswith(f"{named}: ") for fault in caught.value.faults)
