import datetime as dt

from gcrm.demo import calendar


def _calendar(country="us", zone="America/New_York", subdivision="PA", today=dt.date(2026, 11, 18)):
    return calendar.make_calendar(today, zone, country, subdivision)


def test_the_year_ends_yesterday_and_has_no_weekend_and_no_holiday():
    days = _calendar().past()
    assert days[-1] == dt.date(2026, 11, 17)
    assert days[0] >= dt.date(2025, 11, 18)
    assert all(day.weekday() < 5 for day in days)
    assert dt.date(2026, 7, 3) not in days  # Independence Day of 2026 is kept on the Friday.
    assert 245 <= len(days) <= 255


def test_korean_lunar_holidays_are_kept():
    days = _calendar("kr", "Asia/Seoul", None).past()
    assert dt.date(2026, 9, 25) not in days  # 추석


def test_on_a_monday_the_last_day_told_is_friday():
    assert _calendar(today=dt.date(2026, 11, 16)).past()[-1] == dt.date(2026, 11, 13)


def test_next_working_days_skip_thanksgiving_and_the_weekend():
    found = _calendar(today=dt.date(2026, 11, 25)).next_working_days(2)
    assert found[0] >= dt.date(2026, 11, 27)
    assert dt.date(2026, 11, 28) not in found


def test_minutes_of_the_day_are_by_the_clocks_there():
    assert _calendar().at(dt.date(2026, 7, 1), 510) == dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.UTC)
    assert _calendar().at(dt.date(2026, 12, 1), 510) == dt.datetime(2026, 12, 1, 13, 30, tzinfo=dt.UTC)


def test_a_rep_of_four_days_is_off_on_fridays():
    off = calendar.days_off(_calendar(), [1, 2, 3, 4], seed=1, person="rep1")
    assert all(day in off for day in _calendar().past() if day.weekday() == 4)


def test_everybody_takes_some_weeks_off():
    off = calendar.days_off(_calendar(), [1, 2, 3, 4, 5], seed=1, person="rep1")
    assert 10 <= len([day for day in _calendar().past() if day in off]) <= 25
