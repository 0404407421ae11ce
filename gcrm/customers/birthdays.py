"""Birthdays as files bring them: a column of any name that says so, in a few usual spellings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

NAMES = ("birthday", "birth date", "birthdate", "date of birth", "생일", "생년월일")
SOON_DAYS = 14
_DATE = re.compile(r"(?:(\d{4})[-./년]\s?)?(\d{1,2})[-./월]\s?(\d{1,2})")


def of(extra: Mapping[str, object]) -> tuple[int, int] | None:
    """Return month and day of the birthday that a contact's further columns hold."""
    for name, value in extra.items():
        if name.strip().casefold().replace("_", " ") in NAMES and (found := _DATE.search(str(value))):
            month, day = int(found[2]), int(found[3])
            return (month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None
    return None


def days_until(birthday: tuple[int, int], today: dt.date) -> int:
    """Return how many days it is until the next one; somebody of February 29 has it on March 1 in other years."""
    return min(day.toordinal() - today.toordinal() for day in _next(birthday, today.year) if day >= today)


def _next(birthday: tuple[int, int], year: int) -> list[dt.date]:
    month, day = birthday
    return [dt.date(each, month, 1) + dt.timedelta(days=day - 1) for each in (year, year + 1)]
