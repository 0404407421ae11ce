"""Working days of the year that the demo tells, public holidays and each rep's own days off."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gcrm.demo import seeds

DAYS_TOLD = 365


@dataclass(frozen=True)
class Calendar:
    """The year that ends yesterday, in the company's time zone."""

    today: dt.date
    timezone: str
    holidays: frozenset[dt.date]

    @property
    def first(self) -> dt.date:
        return self.today - dt.timedelta(days=DAYS_TOLD)

    @property
    def yesterday(self) -> dt.date:
        return self.today - dt.timedelta(days=1)

    def is_working(self, day: dt.date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def working_days(self, first: dt.date, last: dt.date) -> list[dt.date]:
        days = (first + dt.timedelta(days=i) for i in range((last - first).days + 1))
        return [day for day in days if self.is_working(day)]

    def past(self) -> list[dt.date]:
        """The working days of the year, yesterday's the last."""
        return self.working_days(self.first, self.yesterday)

    def next_working_days(self, count: int) -> list[dt.date]:
        """From tomorrow on."""
        days = self.working_days(self.today + dt.timedelta(days=1), self.today + dt.timedelta(days=3 * count + 21))
        return days[:count]

    def at(self, day: dt.date, minutes: float) -> dt.datetime:
        """The instant so many minutes after midnight by the clocks there."""
        local = dt.datetime.combine(day, dt.time(), ZoneInfo(self.timezone)) + dt.timedelta(minutes=round(minutes))
        return local.astimezone(dt.UTC)

    def some_moment(self, day: dt.date, source: random.Random) -> dt.datetime:
        """Some moment of the office day."""
        return self.at(day, source.triangular(8.25 * 60, 17.5 * 60, 10 * 60))


def make_calendar(today: dt.date, timezone: str, country: str, subdivision: str | None) -> Calendar:
    import holidays

    years = range(today.year - 2, today.year + 2)
    known = holidays.country_holidays(country.upper(), subdiv=subdivision, years=years)
    return Calendar(today, timezone, frozenset(known))


def days_off(calendar: Calendar, work_days: list[int], seed: int, person: str) -> set[dt.date]:
    """Two weeks away in summer, one in winter, and some days ill."""
    source = seeds.stream(seed, "days off", person)
    found = set()
    for month, length in ((source.choice((7, 8)), 11), (source.choice((12, 2, 3)), 4)):
        for year in (calendar.first.year, calendar.today.year):
            start = dt.date(year, month, source.randint(1, 18))
            found |= {start + dt.timedelta(days=i) for i in range(length)}
    past = calendar.past()
    found |= set(source.sample(past, k=min(len(past), 5)))
    return found | {day for day in past if day.isoweekday() not in work_days}
