"""The year of visits."""

import datetime as dt
import math
from collections import Counter, defaultdict
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.demo.conftest import TODAY


def _zone(story):
    return ZoneInfo(story.company.calendar.timezone)


def _finished(story):
    return [visit for visit in story.visits if visit.finished_at]


def test_no_visit_on_a_weekend_a_holiday_or_after_yesterday(story):
    zone, holidays = _zone(story), story.company.calendar.holidays
    days = {visit.finished_at.astimezone(zone).date() for visit in _finished(story)}
    assert max(days) < TODAY
    assert min(days) >= TODAY - dt.timedelta(days=365)
    assert all(day.weekday() < 5 and day not in holidays for day in days)


def test_reps_of_four_days_do_not_drive_on_fridays(story):
    part_time = {rep.email for rep in story.company.staff.reps if rep.work_days == [1, 2, 3, 4]}
    assert part_time
    zone = _zone(story)
    assert not any(v.person in part_time and v.finished_at.astimezone(zone).isoweekday() == 5 for v in _finished(story))


def test_last_visited_on_is_the_latest_visit_where_somebody_was_met(story):
    zone = _zone(story)
    latest = {}
    for visit in _finished(story):
        if visit.outcome != "not_met":
            day = visit.finished_at.astimezone(zone).date()
            latest[visit.account] = max(day, latest.get(visit.account, day))
    for business in story.company.businesses:
        assert business.row.last_visited_on == latest.get(business.row.uuid)


@pytest.mark.parametrize("which", ["us_story", "kr_story", "full_story"])
def test_about_a_fifth_of_the_accounts_is_overdue(request, which):
    made = request.getfixturevalue(which)
    rows = [b.row for b in made.company.businesses if b.row.cadence_days]
    overdue = [
        row for row in rows
        if row.last_visited_on is None or row.last_visited_on + dt.timedelta(days=row.cadence_days) < TODAY
    ]  # fmt: skip
    assert 0.15 <= len(overdue) / len(rows) <= 0.25


def test_visits_of_a_day_follow_each_other_and_lie_near_each_other(full_story):
    company, days = full_story.company, defaultdict(list)
    where = {b.row.uuid: (b.x_km, b.y_km) for b in company.businesses}
    for visit in _finished(full_story):
        days[visit.person, visit.arrived_at.date()].append(visit)
    steps = []
    for visits in days.values():
        visits.sort(key=lambda visit: visit.arrived_at)
        for one, other in pairwise(visits):
            assert one.finished_at < other.arrived_at
            steps.append(math.dist(where[one.account], where[other.account]))
    at_random = [math.dist(where[a], where[b]) for a, b in zip(list(where)[::2], list(where)[1::2], strict=False)]
    assert sum(steps) / len(steps) < 0.2 * sum(at_random) / len(at_random)
    assert 4 <= len(_finished(full_story)) / len(days) <= 11


def test_garden_centres_order_in_spring_and_not_in_winter(full_story):
    trade = {b.row.uuid: b for b in full_story.company.businesses}
    orders, visits = Counter(), Counter()
    for visit in _finished(full_story):
        business = trade[visit.account]
        if business.industry.key in ("garden", "hardware") and business.row.status == "customer":
            season = {3: "spring", 4: "spring", 5: "spring", 11: "winter", 12: "winter", 1: "winter"}.get(
                visit.finished_at.month
            )
            visits[season] += 1
            orders[season] += visit.outcome == "order"
    assert visits["spring"] > 30
    assert orders["spring"] / visits["spring"] > 1.5 * orders["winter"] / max(1, visits["winter"])


def test_some_were_missed_or_called_off_and_say_why(full_story):
    unmade = [v for v in full_story.visits if v.status in ("missed", "cancelled")]
    assert {v.status for v in unmade} == {"missed", "cancelled"}
    assert 0.01 < len(unmade) / len(full_story.visits) < 0.08
    assert all(v.starts_at and v.note and not v.finished_at and not v.outcome for v in unmade)


def test_outcomes_and_notes_vary(full_story):
    counted = Counter(v.outcome for v in _finished(full_story))
    assert set(counted) == {"order", "interested", "no_interest", "not_met", "follow_up", "service"}
    assert len({v.note for v in _finished(full_story)}) > 0.3 * len(_finished(full_story))


def test_check_ins_are_metres_from_the_door_or_say_why_not(story):
    for visit in _finished(story):
        if visit.no_position_reason is None:
            assert 0 <= visit.distance_metres < 600
        else:
            assert visit.arrived_lon is None


def test_nobody_is_visited_before_they_were_known(story):
    known = {b.row.uuid: b.row.created_at for b in story.company.businesses}
    assert all(v.arrived_at > known[v.account] for v in _finished(story))


def test_who_is_shut_on_mondays_is_not_visited_then(full_story):
    shut = {
        b.row.uuid for b in full_story.company.businesses if b.row.opening_hours.startswith("Tu") and b.row.cadence_days
    }
    zone = _zone(full_story)
    assert not any(v.account in shut and v.finished_at.astimezone(zone).weekday() == 0 for v in _finished(full_story))
