"""Sums over accounts: what follows from them."""

from __future__ import annotations

from gcrm.maps.standing import Standing, Visits


def test_white_space_is_what_is_not_sold_of_a_known_potential() -> None:
    one = Standing(potential_minor=1_000, sold_minor=250, value_minor=900)
    assert (one.white_minor, one.sold_share) == (750, 0.25)


def test_nothing_known_is_no_share() -> None:
    assert (Standing().sold_share, Standing().in_time_share) == (None, None)


def test_four_of_five_in_time_are_eighty_percent() -> None:
    assert Standing(accounts=9, promised=5, in_time=4).in_time_share == 0.8


def test_standings_add_up_field_by_field() -> None:
    assert Standing(1, 1, value_minor=10) + Standing(2, 0, overdue=3) == Standing(3, 1, value_minor=10, overdue=3)


def test_a_change_is_more_or_less_than_before() -> None:
    assert (Visits(5, 3).change, Visits(0, 2).change) == (2, -2)
