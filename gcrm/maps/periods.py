"""Periods of figures: a month, or some months up to a day; each with as many months before it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gcrm.core.errors import Invalid

MONTHS_BACK = 24
"""So many months before this one are offered."""
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both in it: so many months."""

    first: dt.date
    last: dt.date
    months: int

    @property
    def before(self) -> Period:
        """As many months that end where these begin."""
        return Period(_earlier(self.first, self.months), self.first - dt.timedelta(days=1), self.months)

    def instants(self, timezone: str) -> tuple[dt.datetime, dt.datetime]:
        """When the first day begins and the last one is over, where the organisation is."""
        zone = ZoneInfo(timezone)
        after = self.last + dt.timedelta(days=1)
        return dt.datetime.combine(self.first, dt.time(), zone), dt.datetime.combine(after, dt.time(), zone)


def _earlier(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last."""
    number = day.year * 12 + day.month - 1 - months
    year, month = number // 12, number % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def months_to(today: dt.date, months: int) -> Period:
    """So many months that end with the day."""
    return Period(_earlier(today, months) + dt.timedelta(days=1), today, months)


def month_named(word: str) -> Period:
    """The month that a text like 2026-09 names."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", word, re.ASCII)
    if not found or not 1 <= int(found[2]) <= 12 or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise Invalid(f"“{word[:20]}” is no month. Write it as 2026-09.")
    year, month = int(found[1]), int(found[2])
    return Period(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]), 1)


def months_up_to(today: dt.date, back: int = MONTHS_BACK) -> list[str]:
    """The months that are offered, the oldest first, this one last."""
    number = today.year * 12 + today.month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(number - back, number + 1)]
