"""The present, in one place, so that tests can set it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def today(zone: str) -> dt.date:
    """The date on the calendar of the given time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


def at(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The instant at which the clocks of a zone show the given date and time."""
    return dt.datetime.combine(day, time, ZoneInfo(zone)).astimezone(dt.UTC)
