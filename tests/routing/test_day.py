"""From a rep's day to numbers of the route problem."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.routing.day import CLOSED_ALL_DAY, Candidate, WorkDay, opening_windows, problem_of

HOUR = 3600
MONDAY = dt.date(2026, 11, 23)


def work(day=MONDAY, zone="America/New_York", **fields):
    usual = {
        "rep": "kim@acme.example", "starts": dt.time(8, 30), "ends": dt.time(17, 30), "lunch_from": dt.time(11, 30),
        "lunch_until": dt.time(13, 30), "lunch_minutes": 30, "home": (-76.9, 40.3),
    }  # fmt: skip
    return WorkDay(day=day, zone=zone, **(usual | fields))


def candidate(**fields):
    return Candidate(
        **({"account_id": 1, "name": "A", "lon": -76.8, "lat": 40.2, "minutes": 30, "prize": 10.0} | fields)
    )


def test_a_window_is_for_the_begin_of_a_visit_that_ends_before_closing():
    assert opening_windows("Mo-Fr 09:00-12:00,13:00-18:00", work(), 30 * 60) == (
        (9 * HOUR, 11.5 * HOUR),
        (13 * HOUR, 17.5 * HOUR),
    )


@pytest.mark.parametrize("text", ["Tu-Fr 09:00-12:00", "Mo 09:00-09:20", "off"])
def test_closed_all_day_meets_no_shift(text):
    assert opening_windows(text, work(), 30 * 60) == CLOSED_ALL_DAY


@pytest.mark.parametrize("text", [None, "", "call first!!"])
def test_no_or_unreadable_hours_do_not_stop_the_day(text):
    assert opening_windows(text, work(), 1800) == ()


def test_open_round_the_clock_is_the_whole_day():
    assert opening_windows("24/7", work(), 1800) == ((0, 86_400 - 1800),)


def test_seconds_are_elapsed_ones_on_the_day_the_clocks_change():
    # On 2026-11-01 New York's clocks go back at 2: at 9 on the clock ten hours have passed.
    assert work(dt.date(2026, 11, 1)).second(dt.time(9)) == 10 * HOUR
    assert work().second(dt.time(9)) == 9 * HOUR


def test_an_appointment_is_fixed_to_its_minute():
    at = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)  # 10:00 in New York
    (visit,) = problem_of(work(), [candidate(starts_at=at)]).visits
    assert visit.rank == 0
    assert visit.windows == ((10 * HOUR, 10 * HOUR),)


def test_a_must_that_is_closed_does_not_make_the_day_impossible():
    (visit,) = problem_of(work(), [candidate(is_must=True, opening_hours="Su 09:00-12:00")]).visits
    assert visit.rank == 2
    assert visit.windows == CLOSED_ALL_DAY


def test_a_day_that_has_begun_starts_now_and_skips_a_lunch_that_is_over():
    at_three = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)
    (shift,) = problem_of(work(not_before=at_three), [candidate()]).shifts
    assert shift.start == 15 * HOUR
    assert shift.breaks == ()


def test_without_a_home_the_day_begins_and_ends_at_a_stop():
    (shift,) = problem_of(work(home=None), [candidate()]).shifts
    assert shift.from_place is None
    assert shift.to_place is None
