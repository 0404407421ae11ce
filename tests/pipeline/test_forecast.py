"""Amounts weighted, months counted, ranks between neighbours."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gcrm.pipeline import forecast


def test_an_amount_is_weighted_to_the_nearest_minor_unit_a_half_upwards():
    assert forecast.weighted(1000, 25) == 250
    assert forecast.weighted(1, 50) == 1
    assert forecast.weighted(1, 49) == 0
    assert forecast.weighted(333, 10) == 33
    assert forecast.weighted(9_000_000_000_000_000, 100) == 9_000_000_000_000_000


def test_months_run_over_the_turn_of_the_year():
    assert forecast.months_from(dt.date(2026, 11, 30), 3) == [
        dt.date(2026, 11, 1),
        dt.date(2026, 12, 1),
        dt.date(2027, 1, 1),
    ]


def test_a_forecast_goes_on_for_six_months_and_for_a_year_when_something_closes_later():
    first = dt.date(2026, 11, 1)
    assert forecast.months_until(first, first)[-1] == dt.date(2027, 4, 1)
    assert forecast.months_until(first, dt.date(2027, 8, 31))[-1] == dt.date(2027, 8, 1)
    assert len(forecast.months_until(first, dt.date(2030, 1, 1))) == 12


def test_there_is_no_win_rate_while_nothing_is_settled():
    assert forecast.win_rate(0, 0) is None
    assert forecast.win_rate(3, 1) == 0.75


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_rank_between_two_lies_strictly_between_them_or_is_none(a, b):
    above, below = min(a, b), max(a, b)
    rank = forecast.between(above, below)
    assert rank is None or above < rank < below


def test_ranks_at_the_ends_leave_a_whole_step():
    assert forecast.between(None, 5.0) == 5.0 - 1024
    assert forecast.between(5.0, None) == 5.0 + 1024
    assert forecast.between(None, None) == 0.0


def test_two_cards_of_one_rank_leave_no_room():
    assert forecast.between(1.0, 1.0) is None
