"""What sales under way are worth: amounts weighted by their chance, the months they may close in, the share won."""

from __future__ import annotations

import datetime as dt

MONTHS_AHEAD = 12
FEWEST_MONTHS = 6
"""A forecast shows so many months, and up to a year of them when something closes later."""


def weighted(amount_minor: int, probability: int) -> int:
    """The amount times its chance in percent, to the nearest minor unit, a half upwards.

    `queries.WEIGHTED` says the same in SQL, so that sums of rows and sums by the database agree to the cent.
    """
    return (amount_minor * probability + 50) // 100


def month_of(day: dt.date) -> dt.date:
    """The first day of the month."""
    return day.replace(day=1)


def months_from(first: dt.date, count: int = MONTHS_AHEAD) -> list[dt.date]:
    """The first days of so many months on end, beginning with that of the given day."""
    start = first.year * 12 + first.month - 1
    return [dt.date((start + step) // 12, (start + step) % 12 + 1, 1) for step in range(count)]


def months_until(first: dt.date, last: dt.date) -> list[dt.date]:
    """The months of a forecast that goes until the given day: six at the least, a year at the most."""
    year = months_from(first)
    return year[: max(FEWEST_MONTHS, sum(month <= last for month in year))]


def win_rate(won: int, lost: int) -> float | None:
    """The share of settled sales that were won; None while nothing is settled."""
    return won / (won + lost) if won + lost else None


def between(above: float | None, below: float | None, step: float = 1024.0) -> float | None:
    """A rank between two neighbours, either of which may be missing; None where floats leave no room."""
    if above is None and below is None:
        return 0.0
    if above is None:
        return (below or 0.0) - step
    if below is None:
        return above + step
    middle = above + (below - above) / 2
    return middle if above < middle < below else None
