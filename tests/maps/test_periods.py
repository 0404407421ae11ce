"""Months and what lies before them, with the ends of short months."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core.errors import Invalid
from gcrm.maps.periods import Period, month_named, months_to, months_up_to

D = dt.date


def test_a_month_is_named_by_its_number() -> None:
    assert month_named("2028-02") == Period(D(2028, 2, 1), D(2028, 2, 29), 1)
    assert month_named("2028-03").before == month_named("2028-02")
    assert month_named("2026-01").before == month_named("2025-12")


@pytest.mark.parametrize("word", ["2026-13", "2026-00", "26-01", "2026-1", "x", "0001-01", "２０２６-01", "2026-01-01"])
def test_what_is_no_month_is_named(word: str) -> None:
    with pytest.raises(Invalid, match="is no month"):
        month_named(word)


@pytest.mark.parametrize("today", [D(2026, 11, 22), D(2028, 2, 29), D(2027, 8, 31), D(2026, 12, 31), D(2027, 3, 1)])
@pytest.mark.parametrize("months", [1, 6, 12])
def test_months_follow_each_other_without_a_gap(today: dt.date, months: int) -> None:
    period = months_to(today, months)
    assert period.last == today
    assert period.before.last + dt.timedelta(days=1) == period.first
    assert abs((period.last - period.first).days - (period.before.last - period.before.first).days) <= 4


def test_a_year_up_to_a_day_begins_on_the_next_day_a_year_before() -> None:
    assert months_to(D(2026, 11, 22), 12).first == D(2025, 11, 23)


def test_a_day_begins_and_ends_where_the_organisation_is() -> None:
    begin, end = month_named("2026-03").instants("America/New_York")
    assert (begin.astimezone(dt.UTC).hour, end.astimezone(dt.UTC).hour) == (5, 4)


def test_the_months_offered_end_with_this_one() -> None:
    assert months_up_to(D(2026, 1, 31), 2) == ["2025-11", "2025-12", "2026-01"]
