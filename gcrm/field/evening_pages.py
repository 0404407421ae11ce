"""A month's mileage in words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from flask_babel import gettext as _

from gcrm.core.errors import Invalid
from gcrm.visits.mileage import Cell, Table
from gcrm.visits.models import MileageDay


def month_word(day: dt.date) -> str:
    return day.strftime("%Y-%m")


def month_of(word: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a month written as 2026-11."""
    if not re.fullmatch(r"(19|20|21)\d\d-(0[1-9]|1[0-2])", word):
        raise Invalid(_("“%(word)s” is no month such as 2026-11.", word=word))
    first = dt.date.fromisoformat(f"{word}-01")
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def table(days: Sequence[MileageDay], month: str) -> Table:
    """The days with their sum below."""
    headers = [
        _("Rep"), _("Day"), _("Odometer at the start (km)"), _("Odometer at the end (km)"), _("Planned (km)"), _("Driven (km)"),
        _("Business (km)"), _("Private (km)"), _("Measured by"), _("Visits"), _("Note"),
    ]  # fmt: skip
    rows = [_row(day) for day in days]
    sums: list[Cell] = [
        _km(sum(metres or 0 for metres in column))
        for column in (
            [d.planned_metres for d in days], [d.driven_metres for d in days], [d.business_metres for d in days], [d.private_metres for d in days],
        )
    ]  # fmt: skip
    total: list[Cell] = [_("Sum"), "", None, None, *sums, "", sum(day.visits for day in days), ""]
    return Table(month, headers, [*rows, total])


def _row(day: MileageDay) -> list[Cell]:
    return [
        day.user.name, day.day.isoformat(), day.odometer_start_km, day.odometer_end_km, _km(day.planned_metres), _km(day.driven_metres),
        _km(day.business_metres), _km(day.private_metres), _("odometer") if day.is_by_odometer else _("stops visited"), day.visits,
        day.note or "",
    ]  # fmt: skip


def _km(metres: int | None) -> float | None:
    return None if metres is None else round(metres / 1000, 1)
