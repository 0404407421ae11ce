import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours

from tests.demo.conftest import TODAY


def _ahead(story):
    return [visit for visit in story.visits if visit.status == "planned"]


def test_there_are_appointments_from_tomorrow_on(story):
    days = Counter(
        visit.starts_at.astimezone(ZoneInfo(story.company.calendar.timezone)).date() for visit in _ahead(story)
    )
    assert min(days) == TODAY + dt.timedelta(days=1)
    assert all(story.company.calendar.is_working(day) for day in days)


def test_the_business_is_open_then_and_belongs_to_the_rep(story):
    rows = {b.row.uuid: b.row for b in story.company.businesses}
    zone = ZoneInfo(story.company.calendar.timezone)
    for visit in _ahead(story):
        row = rows[visit.account]
        assert row.owner == visit.person
        assert OpeningHours(row.opening_hours).is_open(visit.starts_at.astimezone(zone).replace(tzinfo=None))


def test_no_rep_is_at_two_places_at_once(full_story):
    ends = {}
    for visit in sorted(_ahead(full_story), key=lambda visit: visit.starts_at):
        assert visit.starts_at >= ends.get(visit.person, visit.starts_at)
        ends[visit.person] = visit.starts_at + dt.timedelta(minutes=visit.minutes)
