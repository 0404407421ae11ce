"""The straight line: distances known from elsewhere, and where it fills in."""

from __future__ import annotations

from gcrm.routing import problem as problems
from gcrm.routing.problem import Place
from gcrm.routing.travel import StraightLine, filled
from tests.routing.instances import document, visit


def test_a_degree_of_latitude_is_111_195_metres():
    # 2 pi x 6,371,008.8 m / 360 = 111,195.08 m on the sphere of the Earth's mean radius.
    line = StraightLine(detour_factor=1.0, kilometres_per_hour=36.0)
    made = line.travel([Place(0.0, 0.0), Place(1.0, 0.0)])
    assert made.metres == ((0, 111195), (111195, 0))
    assert made.seconds[0][1] == 11120  # at 10 m/s


def test_a_detour_of_half_and_40_km_an_hour_are_the_defaults():
    made = StraightLine().travel([Place(0.0, 0.0), Place(1.0, 0.0)])
    assert made.metres[0][1] == 166793
    assert made.seconds[0][1] == 15011


def test_the_way_across_the_antimeridian_is_short():
    made = StraightLine(1.0).travel([Place(0.0, 179.5), Place(0.0, -179.5)])
    assert made.metres[0][1] == 111195


def test_the_line_says_that_it_is_an_estimate():
    assert StraightLine().source == "estimate"


def test_only_a_problem_without_travel_is_filled():
    given = problems.parse(document(visit("a", 1), travel=None, places=[{"lat": 0, "lon": 0}, {"lat": 1, "lon": 0}]))
    assert filled(given).travel.seconds[0][1] == 15011
    complete = problems.parse(document(visit("a", 1)))
    assert filled(complete) is complete
