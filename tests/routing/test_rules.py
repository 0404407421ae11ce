"""One tiny problem for each rule of the format, its numbers checkable by hand. A kilometre takes 100 s, a visit 300 s."""

from __future__ import annotations

from typing import Any

import pytest

from gcrm.routing.check import check
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution
from gcrm.routing.solver import solve
from tests.routing.instances import problem, reasons, road, shift, stops, visit


def solved(given: Problem, steps: int = 3000) -> Solution:
    solution = solve(given, steps=steps)
    assert check(given, solution) == []
    return solution


def served(*visits: dict[str, Any], **more: Any) -> dict[str, list[str]]:
    return stops(solved(problem(*visits, **more)))


def test_a_visit_starts_inside_its_window():
    solution = solved(problem(visit("a", 1, windows=[[5000, 6000]])))
    assert solution.routes[0].stops[0].start == 5000
    assert solution.routes[0].leave == 4900


def test_the_second_window_serves_when_the_first_is_taken():
    given = problem(visit("a", 1, windows=[[1000, 1000]]), visit("b", 1, windows=[[1000, 1200], [4000, 4100]], prize=9))
    assert stops(solved(given)) == {"s": ["a", "b"]}


def test_a_window_outside_the_shift_is_closed():
    solution = solved(problem(visit("a", 1, windows=[[20_000, 30_000]])))
    assert reasons(solution) == {"a": "closed"}
    assert solution.status == "optimal"


def test_a_break_is_taken_between_two_visits():
    # Visits from 100 to 400 and from 1,000 on; the break of 500 s must begin in between.
    given = problem(
        visit("a", 1, windows=[[100, 100]]), visit("b", 1, windows=[[1000, 1000]]),
        shifts=[shift(breaks=[{"duration": 500, "window": [350, 600]}])],
    )  # fmt: skip
    solution = solved(given)
    taken = solution.routes[0].breaks[0]
    assert taken.end - taken.start == 500
    assert 400 <= taken.start <= 500
    assert solution.routes[0].stops[1].waiting_seconds == 100


def test_a_break_cuts_a_drive():
    # 500 s out and 500 s back round a visit; a break that must begin at 700 is on the way back or before.
    given = problem(
        visit("a", 5, windows=[[500, 500]]),
        shifts=[shift(end=1400, breaks=[{"duration": 100, "window": [1000, 1000]}])],
    )
    route = solved(given).routes[0]
    assert (route.leave, route.return_at) == (0, 1400)
    assert (route.breaks[0].start, route.breaks[0].end) == (1000, 1100)


def test_a_break_that_cannot_be_taken_leaves_the_shift_unused():
    given = problem(visit("a", 1), shifts=[shift(breaks=[{"duration": 100, "window": [20_000, 20_001]}])])
    assert reasons(solved(given)) == {"a": "too_far"}


def test_an_unused_shift_takes_no_break_and_costs_nothing():
    given = problem(
        visit("a", 1, prize=1), shifts=[shift(breaks=[{"duration": 9, "window": [0, 9]}])], cost_per_shift=5
    )
    solution = solved(given)
    assert solution.routes == ()
    assert solution.objective == 0
    assert reasons(solution) == {"a": "lower_value"}


def test_two_visits_pay_for_a_shift_that_one_does_not():
    given = problem(visit("a", 1, prize=3), visit("b", 1, prize=3), cost_per_shift=5)
    assert sorted(stops(solved(given))["s"]) == ["a", "b"]


def test_a_required_visit_goes_before_any_prize():
    must = visit("must", 1, prize=0, rank=1)
    assert served(must, visit("b", 1, prize=500), shifts=[shift(end=600)]) == {"s": ["must"]}


def test_an_appointment_goes_before_two_required_visits():
    given = problem(
        visit("fixed", 4, rank=0, prize=0), visit("a", 1, rank=1), visit("b", 1, rank=1), shifts=[shift(end=1100)]
    )
    solution = solved(given)
    assert stops(solution) == {"s": ["fixed"]}
    assert solution.status == "infeasible"
    assert reasons(solution) == {"a": "no_time", "b": "no_time"}


def test_the_shift_begins_with_the_locked_stops_in_their_order():
    given = problem(visit("a", 1), visit("b", 5), locked=[{"shift": "s", "stops": ["b", "a"]}])
    assert stops(solved(given)) == {"s": ["b", "a"]}


def test_others_come_after_the_locked_stops():
    given = problem(visit("a", 1), visit("b", 5), locked=[{"shift": "s", "stops": ["b"]}])
    assert stops(solved(given)) == {"s": ["b", "a"]}


def test_a_locked_stop_that_cannot_be_kept_is_reported():
    late = visit("late", 1, windows=[[0, 50]])
    given = problem(late, visit("b", 2), locked=[{"shift": "s", "stops": ["late", "b"]}])
    solution = solved(given)
    assert solution.status == "infeasible"
    assert stops(solution) == {"s": ["b"]}
    assert reasons(solution) == {"late": "too_far"}


def test_only_allowed_shifts_serve_a_visit():
    shifts = [shift("s"), shift("t")]
    assert served(visit("a", 1, shifts=["t"]), shifts=shifts) == {"t": ["a"]}
    assert reasons(solved(problem(visit("a", 1, shifts=[])))) == {"a": "not_allowed"}


def test_a_place_without_a_way_is_unreachable():
    seconds = road(3)["seconds"]
    for i in (0, 1):
        seconds[i][2] = None
    given = problem(visit("a", 2), travel={"seconds": seconds})
    assert reasons(solved(given)) == {"a": "unreachable"}


def test_a_place_with_a_way_round_is_reached_by_it():
    seconds = [[0, 100, None], [100, 0, 100], [None, 100, 0]]
    given = problem(visit("a", 2), visit("b", 1), visit("c", 1), travel={"seconds": seconds})
    assert served(visit("a", 2), travel={"seconds": seconds}) == {}
    assert reasons(solved(problem(visit("a", 2), travel={"seconds": seconds}))) == {"a": "too_far"}
    assert solved(given).prize == 30


def test_a_visit_too_far_for_the_best_shift_is_too_far():
    given = problem(visit("a", 5), shifts=[shift(end=1299), shift("t", end=500)])
    assert reasons(solved(given)) == {"a": "too_far"}
    assert served(visit("a", 5), shifts=[shift(end=1300)]) == {"s": ["a"]}


def test_capacity_bounds_the_load():
    heavy = [visit(name, 1, load=load) for name, load in (("a", 2), ("b", 2), ("c", 1))]
    solution = solved(problem(*heavy, shifts=[shift(capacity=3)]))
    assert solution.prize == 20
    assert set(reasons(solution).values()) == {"no_time"}


def test_the_number_of_visits_is_bounded():
    assert len(served(visit("a", 1), visit("b", 1), shifts=[shift(max_visits=1)])["s"]) == 1


def test_the_travel_of_a_shift_is_bounded():
    assert served(visit("a", 1, prize=1), visit("b", 3), shifts=[shift(max_travel_seconds=599)]) == {"s": ["a"]}


def test_the_work_of_a_shift_is_bounded_with_its_waiting():
    # From 100 to 5,300 is more than 5,000 s, though little of it is busy.
    two = (visit("a", 1, windows=[[100, 100]], prize=1), visit("b", 1, windows=[[5000, 5000]]))
    assert served(*two, shifts=[shift(max_work_seconds=5000)]) == {"s": ["b"]}
    assert served(*two, shifts=[shift(max_work_seconds=5400)]) == {"s": ["a", "b"]}


def test_a_break_after_returning_is_no_work():
    given = problem(
        visit("a", 1), shifts=[shift(max_work_seconds=500, breaks=[{"duration": 100, "window": [0, 9000]}])]
    )
    assert stops(solved(given)) == {"s": ["a"]}


def test_a_rep_is_bounded_over_all_shifts():
    shifts = [shift("s"), shift("t")]
    visits = [visit(name, 1, shifts=[where]) for name, where in (("a", "s"), ("b", "t"))]
    for bound in ({"max_visits": 1}, {"max_work_seconds": 999}, {"max_prize": 19}):
        assert len(served(*visits, shifts=shifts, reps=[{"id": "r"} | bound])) == 1
    for bound in ({"max_visits": 2}, {"max_work_seconds": 1000}, {"max_prize": 20}):
        assert len(served(*visits, shifts=shifts, reps=[{"id": "r"} | bound])) == 2


def test_travel_is_slower_by_the_factor_and_rounded_up():
    given = problem(visit("a", 1), shifts=[shift(travel_factor=1.255)])
    assert solved(given).travel_seconds == 252  # twice the ceiling of 125.5
    assert solved(given).travel_metres == 2000


def test_a_group_serves_at_most_so_many():
    solution = solved(
        problem(visit("a", 1, group="g", prize=5), visit("b", 1, group="g"), groups=[{"id": "g", "at_most": 1}])
    )
    assert stops(solution) == {"s": ["b"]}
    assert reasons(solution) == {"a": "group_limit"}


def test_visits_of_a_group_start_a_gap_apart():
    given = problem(visit("a", 1, group="g"), visit("b", 1, group="g"), groups=[{"id": "g", "min_gap_seconds": 3600}])
    first, second = solved(given).routes[0].stops
    assert second.start - first.start >= 3600


def test_a_gap_that_the_day_has_not_is_a_group_limit():
    given = problem(visit("a", 1, group="g"), visit("b", 1, group="g"), groups=[{"id": "g", "min_gap_seconds": 9999}])
    assert list(reasons(solved(given)).values()) == ["group_limit"]


def test_the_gap_holds_from_day_to_day():
    shifts = [shift("s"), shift("t", day=1, start=10_000, end=20_000)]
    visits = [visit("a", 1, group="g", shifts=["s"]), visit("b", 1, group="g", shifts=["t"])]
    given = problem(*visits, shifts=shifts, groups=[{"id": "g", "min_gap_seconds": 15_000}])
    solution = solved(given)
    starts = sorted(stop.start for route in solution.routes for stop in route.stops)
    assert starts[1] - starts[0] >= 15_000


def test_the_gap_holds_from_what_was_done_before():
    group = {"id": "g", "min_gap_seconds": 6000, "taken": [-1000]}
    solution = solved(problem(visit("a", 1, group="g"), groups=[group]))
    assert solution.routes[0].stops[0].start >= 5000
    solution = solved(problem(visit("a", 1, group="g"), groups=[group | {"min_gap_seconds": 99_999}]))
    assert reasons(solution) == {"a": "group_limit"}


def days(*names: str) -> list[dict[str, Any]]:
    return [shift(name, day=day, start=10_000 * day, end=10_000 * day + 9_000) for day, name in enumerate(names)]


def test_a_group_is_served_on_one_of_its_day_patterns():
    visits = [visit(f"v{i}", 1, group="g") for i in range(2)]
    given = problem(*visits, shifts=days("mon", "tue", "wed"), groups=[{"id": "g", "day_patterns": [[0, 2]]}])
    assert sorted(stops(solved(given))) == ["mon", "wed"]


def test_a_group_whose_pattern_does_not_fit_is_not_served_at_all():
    visits = [visit(f"v{i}", 1, group="g", shifts=["mon", "tue"]) for i in range(2)]
    given = problem(*visits, shifts=days("mon", "tue", "wed"), groups=[{"id": "g", "day_patterns": [[0, 2]]}])
    solution = solved(given)
    assert solution.routes == ()
    assert len(reasons(solution)) == 2


def test_a_pattern_of_one_day_serves_one_visit():
    visits = [visit(f"v{i}", 1, group="g") for i in range(2)]
    given = problem(*visits, shifts=days("mon", "tue"), groups=[{"id": "g", "day_patterns": [[0], [1]]}])
    solution = solved(given)
    assert solution.prize == 10
    assert list(reasons(solution).values()) == ["group_limit"]


def test_a_shift_begins_where_the_one_before_ended():
    # Out to 5 km on the first day, back through 4 km on the second: nothing is driven twice.
    shifts = [shift("mon", to=None), shift("tue", **{"from": {"end_of": "mon"}})]
    given = problem(
        visit("a", 5, shifts=["mon"]), visit("b", 4, shifts=["tue"]), shifts=shifts, cost_per_travel_second=0.01
    )
    solution = solved(given)
    assert solution.travel_seconds == 1000
    assert solution.routes[0].end_place == 5


def test_an_unused_shift_ends_where_it_began():
    shifts = [shift("mon", to=3), shift("tue", **{"from": {"end_of": "mon"}})]
    assert solved(problem(visit("a", 1, shifts=["tue"]), shifts=shifts)).travel_seconds == 200


def test_the_saving_decides_where_the_day_ends():
    # Staying at 5 km saves 500 s, worth 5 at 0.01 a second.
    def ends(cost: float) -> int | None:
        choices = [{"place": 0, "cost": 0}, {"place": 5, "cost": cost}]
        given = problem(visit("a", 5, prize=50), shifts=[shift(to=choices)], cost_per_travel_second=0.01)
        solution = solved(given)
        assert solution.objective == pytest.approx(50 - 5 - min(cost, 5))
        return solution.routes[0].end_place

    assert ends(4.9) == 5
    assert ends(5.1) == 0


def test_a_null_start_and_end_are_met_without_travel():
    solution = solved(problem(visit("a", 2), visit("b", 4), shifts=[shift(to=None, **{"from": None})]))
    assert solution.travel_seconds == 200
    assert solution.travel_metres == 2000


def test_waiting_is_paid():
    given = problem(
        visit("a", 1, windows=[[100, 100]], prize=3), visit("b", 1, windows=[[5000, 5000]]),
        cost_per_waiting_second=0.001,
    )  # fmt: skip
    assert stops(solved(given)) == {"s": ["b"]}


def test_added_seconds_are_extra_travel_and_service():
    # To 3 km and back instead of 1 km: 400 s more, and 300 s of service.
    given = problem(visit("a", 1, rank=0), visit("b", 3, windows=[[20_000, 20_001]]))
    unserved = solved(given).unserved[0]
    assert unserved.added_seconds == 700
    assert unserved.detail


def test_an_asymmetric_way_is_taken_in_the_cheap_direction():
    seconds = [[0, 100, 900], [900, 0, 100], [100, 900, 0]]
    solution = solved(problem(visit("b", 2), visit("a", 1), travel={"seconds": seconds}))
    assert stops(solution) == {"s": ["a", "b"]}
    assert solution.travel_seconds == 300
    assert solution.travel_metres is None


def test_travel_left_out_is_estimated():
    given = problem(visit("a", 1), travel=None, places=[{"lat": 0.0, "lon": 0.0}, {"lat": 0.0, "lon": 0.01}])
    # 1,112 m times 1.5 at 40 km/h is 150 s each way.
    assert solved(given).travel_seconds == 300


def test_everything_served_for_nothing_is_proved_best():
    given = problem(visit("a", 0), visit("b", 0))
    solution = solved(given)
    assert (solution.status, solution.bound) == ("optimal", 20.0)
