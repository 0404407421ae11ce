"""How late a day runs and when it ends."""

from __future__ import annotations

import datetime as dt
import uuid

from gcrm.maps.running import Day

NINE = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def day(**fields) -> Day:
    usual = {"done": 1, "ahead": 2, "missed": 0, "returns_at": NINE + 480 * MINUTE}
    return Day(1, "Ann", uuid.UUID(int=1), uuid.UUID(int=2), **(usual | fields))


def test_a_day_whose_next_stop_lies_ahead_is_on_time() -> None:
    one = day(next_start_at=NINE + MINUTE)
    assert (one.late(NINE), one.is_late(NINE), one.ends_at(NINE)) == (0 * MINUTE, False, NINE + 480 * MINUTE)


def test_a_stop_that_should_have_begun_makes_the_day_end_later() -> None:
    one = day(next_start_at=NINE - 25 * MINUTE)
    assert (one.late(NINE), one.is_late(NINE), one.ends_at(NINE)) == (25 * MINUTE, True, NINE + 505 * MINUTE)


def test_a_few_minutes_are_not_called_late() -> None:
    assert not day(next_start_at=NINE - 9 * MINUTE).is_late(NINE)
    assert day(next_start_at=NINE - 10 * MINUTE).is_late(NINE)


def test_who_came_late_to_the_stop_under_way_stays_late() -> None:
    here = {
        "here_start_at": NINE - 40 * MINUTE,
        "here_arrived_at": NINE - 20 * MINUTE,
        "here_depart_at": NINE - 10 * MINUTE,
    }
    assert day(**here).late(NINE) == 20 * MINUTE


def test_who_stays_too_long_gets_later_every_minute() -> None:
    here = {
        "here_start_at": NINE - 40 * MINUTE,
        "here_arrived_at": NINE - 40 * MINUTE,
        "here_depart_at": NINE - 10 * MINUTE,
    }
    assert (day(**here).late(NINE), day(**here).late(NINE + 5 * MINUTE)) == (10 * MINUTE, 15 * MINUTE)


def test_the_next_stop_does_not_count_while_one_is_under_way() -> None:
    here = {"here_start_at": NINE, "here_arrived_at": NINE, "here_depart_at": NINE + 30 * MINUTE}
    assert day(**here, next_start_at=NINE - 60 * MINUTE).late(NINE) == 0 * MINUTE


def test_a_day_that_is_done_ended_with_its_last_visit() -> None:
    assert day(ahead=0, last_finished_at=NINE - MINUTE).ends_at(NINE) == NINE - MINUTE


def test_what_the_rep_tells_counts_until_a_stop_is_reached_after_it() -> None:
    told = {"told_minutes": 30, "told_at": NINE + 5 * MINUTE, "next_start_at": NINE + 60 * MINUTE}
    one = day(last_finished_at=NINE, **told)
    assert one.late(NINE + 6 * MINUTE) == 30 * MINUTE
    assert one.ends_at(NINE + 6 * MINUTE) == NINE + 510 * MINUTE
    assert day(last_finished_at=NINE + 50 * MINUTE, **told).late(NINE + 51 * MINUTE) == 0 * MINUTE
