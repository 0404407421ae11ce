"""Which visits a cadence counts from, and how many accounts may be overdue."""

from __future__ import annotations

import datetime as dt
import math
from uuid import UUID
from zoneinfo import ZoneInfo

from gcrm.demo import seeds
from gcrm.demo.calendar import Calendar
from gcrm.demo.company import Company
from gcrm.demo.rows import PersonRow, VisitRow

FEWEST_OVERDUE, MOST_OVERDUE = 0.16, 0.24


def counts(visit: VisitRow) -> bool:
    """Whether it is a visit that a cadence counts from."""
    return visit.finished_at is not None and visit.outcome != "not_met"


def settled(company: Company, rep: PersonRow, visits: list[VisitRow]) -> list[VisitRow]:
    """Bring the rep's share of overdue accounts between the bounds.

    Where a rep cannot keep up, the least of the overdue are served by telephone from now on; where hardly anybody is
    overdue, some latest visits have not been made.
    """
    today = company.calendar.today
    days = {b.row.uuid: b for b in company.owned_by(rep.email) if b.row.cadence_days and b.row.lon is not None}
    made: dict[UUID, list[VisitRow]] = {account: [] for account in days}
    for visit in visits:
        if counts(visit) and visit.account in made:
            made[visit.account].append(visit)

    def is_overdue(account: UUID, leaving_out: int = 0) -> bool:
        done = made[account][: len(made[account]) - leaving_out]
        cadence = dt.timedelta(days=days[account].row.cadence_days or 0)
        return not done or day_of(done[-1], company.calendar) + cadence < today

    overdue = [account for account in days if is_overdue(account)]
    overdue.sort(key=lambda account: (days[account].row.tier, days[account].row.external_id))
    while overdue and len(overdue) > MOST_OVERDUE * len(days):
        dropped = overdue.pop()
        days.pop(dropped).row.cadence_days = None
    source = seeds.stream(company.seed, "slipped", rep.email)
    could = [account for account in days if made[account] and not is_overdue(account) and is_overdue(account, 1)]
    source.shuffle(could)
    slipped = could[: max(0, math.ceil(FEWEST_OVERDUE * len(days)) - len(overdue))]
    gone = {id(made[account][-1]) for account in slipped}
    return [visit for visit in visits if id(visit) not in gone]


def day_of(visit: VisitRow, calendar: Calendar) -> dt.date:
    """The day of a finished visit by the company's clocks."""
    if visit.finished_at is None:
        raise ValueError("Only a finished visit has a day.")
    return visit.finished_at.astimezone(ZoneInfo(calendar.timezone)).date()
