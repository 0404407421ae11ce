"""Nights away as sentences in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from gcrm.core import formats
from gcrm.routing.models import DayPlan
from gcrm.routing.nights import Night, Rule

SHORTEST_STRETCH = 3
"""So many days in a row are named by the first and the last."""


def evenings(rule: Rule) -> str:
    """The evenings of a rule: “Mon–Wed, Fri”, “never”."""
    if not rule.weekdays:
        return str(_("never"))
    names = get_locale().days["format"]["abbreviated"]
    return ", ".join(_stretch([names[day - 1] for day in run]) for run in _runs(rule.weekdays))


def _stretch(names: list[str]) -> str:
    return ", ".join(names) if len(names) < SHORTEST_STRETCH else f"{names[0]}–{names[-1]}"


def _runs(weekdays: Sequence[int]) -> list[list[int]]:
    """Days that follow each other, together."""
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def slept(night: Night, saved_seconds: int | None) -> str:
    """Where a night is spent and what it saves."""
    if saved_seconds is None or abs(saved_seconds) < 60:
        return str(_("Night at %(name)s", name=night.name))
    time = formats.duration(abs(saved_seconds))
    if saved_seconds < 0:
        return str(_("Night at %(name)s, %(time)s more driving than by way of home", name=night.name, time=time))
    return str(_("Night at %(name)s, saves %(time)s", name=night.name, time=time))


def torn(plan_day: dt.date, day: dt.date, said: Night | None, own: Night | None) -> str:
    """What is wrong where two days disagree about the night between them."""
    other = format_date(day, "EEEE")
    there, here = said.name if said else _("home"), own.name if own else _("home")
    if day < plan_day:
        return str(_("%(day)s ends at %(there)s, but this day begins at %(here)s.", day=other, there=there, here=here))
    return str(_("%(day)s begins at %(there)s, but this day ends at %(here)s.", day=other, there=there, here=here))


def night_said(plan: DayPlan) -> str:
    """Where a plan's rep sleeps after the day; "" at home."""
    return slept(plan.evening, None) if plan.evening is not None else ""
