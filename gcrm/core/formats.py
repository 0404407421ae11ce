"""How numbers, money and times are shown, in the person's language and zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_skeleton
from flask import Flask
from flask_babel import (
    format_currency,
    format_date,
    format_datetime,
    format_decimal,
    format_percent,
    format_time,
    format_timedelta,
    get_locale,
    get_timezone,
)

from gcrm.core import clock, money


def amount(minor: int | None, currency: str) -> str:
    if minor is None:
        return "–"
    return format_currency(money.to_decimal(minor, currency), currency)


def short_amount(minor: int | None, currency: str) -> str:
    """Money for figures and tables: whole units, thousands and millions shortened."""
    if minor is None:
        return "–"
    from babel.numbers import format_compact_currency

    return format_compact_currency(
        float(money.to_decimal(minor, currency)), currency, locale=get_locale(), fraction_digits=1
    )


def number(value: Any, digits: int = 0) -> str:
    if value is None:
        return "–"
    return format_decimal(round(value, digits) if digits else round(value))


def percent(share: float | None) -> str:
    return "–" if share is None else format_percent(share)


def day(value: dt.date | None) -> str:
    return "–" if value is None else format_date(value, "medium", rebase=False)


def weekday(value: dt.date | None) -> str:
    """The short name of the day: “Mon”, “월”."""
    return "–" if value is None else format_date(value, "EEE", rebase=False)


def weekday_date(value: dt.date | None) -> str:
    """The day with its weekday and without the year: “Mon, Nov 23”, “11월 23일 (월)”."""
    return "–" if value is None else format_skeleton("MMMEd", value, locale=get_locale())


def month(value: dt.date | None) -> str:
    """The month with its year: “November 2026”, “2026년 11월”."""
    return "–" if value is None else format_skeleton("yMMMM", value, locale=get_locale())


def moment(value: dt.datetime | None) -> str:
    return "–" if value is None else format_datetime(value, "medium")


def clock_time(value: dt.datetime | dt.time | None) -> str:
    if value is None:
        return "–"
    return format_time(value, "short", rebase=isinstance(value, dt.datetime))


def ago(value: dt.datetime | dt.date | None) -> str:
    if value is None:
        return "–"
    if not isinstance(value, dt.datetime):
        today = clock.now().astimezone(get_timezone()).date()
        return format_timedelta(value - today, add_direction=True, granularity="day")
    return format_timedelta(value - clock.now(), add_direction=True)


def duration(seconds: float | None) -> str:
    """Hours and minutes, as 1:05 h."""
    if seconds is None:
        return "–"
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d} h" if minutes >= 60 else f"{minutes} min"


def kilometres(metres: float | None) -> str:
    return "–" if metres is None else f"{format_decimal(round(metres / 1000, 1 if metres < 100_000 else 0))} km"


def sentence_case(text: Any) -> str:
    """With a capital first letter, the rest as it is: names and initials keep theirs."""
    words = str(text)
    return words[:1].upper() + words[1:]


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        money=amount, short_money=short_amount, number=number, percent=percent, date=day, datetime=moment,
        weekday=weekday, weekday_date=weekday_date, month=month, sentence_case=sentence_case,
        time=clock_time, ago=ago, duration=duration, kilometres=kilometres,
    )  # fmt: skip
