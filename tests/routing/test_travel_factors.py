"""Hours of the week that are slower: learned from drives, with figures that a hand can check."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.routing.travel_factors import Factor, Trip, learned, of_shift

MONDAY = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def drives(count: int, ratio: float, hour: int = 8, weekday: int = 1) -> list[Trip]:
    left = MONDAY + dt.timedelta(days=weekday - 1, hours=hour, minutes=30)
    return [Trip(left, 600 * ratio, 600) for _ in range(count)]


def test_an_hour_is_drawn_towards_one_by_twenty_drives_as_expected():
    # 60 at 1.4 and 20 at 1: (60 x 1.4 + 20) / 80 = 1.3.
    found = learned(drives(60, 1.4) + drives(200, 1.0, hour=11))
    assert found == {(1, 8): Factor(1.3, 60), (1, 11): Factor(1.0, 200)}


def test_few_drives_in_all_teach_nothing():
    assert learned(drives(199, 1.4)) == {}
    assert learned(drives(200, 1.4)) != {}


def test_an_hour_with_few_drives_has_no_factor():
    found = learned(drives(11, 1.4, hour=7) + drives(12, 1.4) + drives(200, 1.0, hour=11))
    assert set(found) == {(1, 8), (1, 11)}


def test_a_lunch_on_the_way_is_no_traffic():
    """A third of the drives with a long stop moves the median not at all, and stops of hours are left aside."""
    found = learned(drives(130, 1.2) + drives(60, 2.9) + drives(40, 8.0) + drives(50, 1.0, hour=11))
    assert found[1, 8] == Factor(pytest.approx((190 * 1.2 + 20) / 210, abs=1e-3), 190)


def test_days_and_hours_are_apart():
    found = learned(drives(100, 1.5, weekday=5) + drives(100, 1.1, weekday=6))
    assert found[5, 8].factor > found[6, 8].factor
    assert (1, 8) not in found


def test_a_shift_takes_the_mean_of_its_hours_by_their_minutes():
    factors = {(1, 8): Factor(1.4, 60), (1, 9): Factor(1.1, 30), (2, 8): Factor(3.0, 99)}
    # 08:30 to 11:30: half an hour at 1.4, an hour at 1.1, an hour and a half not known.
    found = of_shift(factors, dt.date(2026, 11, 23), dt.time(8, 30), dt.time(11, 30))
    assert found == Factor(pytest.approx((0.5 * 1.4 + 1.1 + 1.5) / 3, abs=0.005), 90)


def test_a_shift_of_unknown_hours_is_as_the_source_says():
    factors = {(1, 8): Factor(1.4, 60)}
    assert of_shift(factors, dt.date(2026, 11, 24), dt.time(8), dt.time(17)) == Factor(1.0, 0)
    assert of_shift(factors, dt.date(2026, 11, 23), dt.time(9), dt.time(17)) == Factor(1.0, 0)
    assert of_shift(factors, dt.date(2026, 11, 23), dt.time(9), dt.time(9)) == Factor(1.0, 0)
