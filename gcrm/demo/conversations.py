"""Calls, mails, meetings and notes between the visits, and the tasks that come of both."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Iterator

from gcrm.demo import seeds
from gcrm.demo.businesses import Business
from gcrm.demo.company import Company
from gcrm.demo.history import fill
from gcrm.demo.rows import ActivityRow, TaskRow, VisitRow
from gcrm.demo.staff import address_of

A_YEAR = {"A": 8.0, "B": 5.0, "C": 2.6, "D": 1.1}
"""How often one talks with an account by telephone and mail."""
STATUS_FACTOR = {"customer": 1.0, "prospect": 0.8, "former": 0.3}
KINDS = (("call", 50), ("mail", 30), ("meeting", 6), ("note", 14))
BACK_OFFICE = 0.12
"""Share of calls and mails that the service agent or the marketer makes."""
KEPT_IN_TIME = 0.94
LONG_AGO_DAYS = 45
"""What is older has been done or dropped, with few exceptions."""
TASKS_PER_ACCOUNT = 0.07


def make_activities(company: Company) -> list[ActivityRow]:
    """The year's activities, oldest first."""
    found = [activity for business in company.businesses for activity in _of(business, company)]
    found.sort(key=lambda activity: (activity.at, activity.uuid))
    return found


def _of(business: Business, company: Company) -> Iterator[ActivityRow]:
    row, calendar, words = business.row, company.calendar, company.country.profile.words
    source = seeds.stream(company.seed, "activities", row.external_id)
    often = A_YEAR[row.tier] * STATUS_FACTOR[row.status]
    if row.owner is None:
        often *= 0.3
    first = max(calendar.first, row.created_at.date())
    for _ in range(_poisson(often * (calendar.today - first).days / 365, source)):
        day = _working_day(company, business, first, source)
        kind = seeds.weighted(source, KINDS)
        subject, note = source.choice(words.activities[kind])
        at = calendar.some_moment(day, source)
        person = row.owner or address_of("planner")
        if kind in ("call", "mail") and source.random() < BACK_OFFICE:
            person = address_of("service" if kind == "call" else "marketer")
        contact = source.choice(business.contacts).uuid if kind != "note" else None
        yield ActivityRow(
            seeds.identifier(source),
            row.uuid,
            contact,
            person,
            kind,
            at,
            subject,
            fill(note, business, words, source),
            at,
            at,
        )


def _poisson(mean: float, source: random.Random) -> int:
    """Knuth's method: fine for small means."""
    limit, product, count = math.exp(-mean), source.random(), 0
    while product > limit:
        product *= source.random()
        count += 1
    return count


def _working_day(company: Company, business: Business, first: dt.date, source: random.Random) -> dt.date:
    """Some working day since then, more likely in the trade's season."""
    calendar = company.calendar
    day = calendar.yesterday
    for _ in range(30):
        day = first + dt.timedelta(days=source.randrange(max(1, (calendar.today - first).days)))
        if calendar.is_working(day) and source.random() < business.industry.season[day.month - 1] / 2.3:
            return day
    while not calendar.is_working(day):
        day -= dt.timedelta(days=1)
    return day


def make_tasks(company: Company, visits: list[VisitRow]) -> list[TaskRow]:
    """Next steps of visits and what else came up; most done, some late, some ahead."""
    by_uuid = {business.row.uuid: business for business in company.businesses}
    found = [_from_visit(company, visit) for visit in visits if visit.next_step and visit.next_step_on]
    for business in company.businesses:
        source = seeds.stream(company.seed, "tasks", business.row.external_id)
        if business.row.owner and source.random() < TASKS_PER_ACCOUNT:
            found.append(_of_its_own(company, by_uuid[business.row.uuid], source))
    found.sort(key=lambda task: (task.created_at, task.uuid))
    return found


def _from_visit(company: Company, visit: VisitRow) -> TaskRow:
    source = seeds.stream(company.seed, "task of", visit.uuid)
    words = company.country.profile.words
    at_place = {step: needs for steps in words.next_steps.values() for step, _, needs in steps}
    task = TaskRow(
        uuid=seeds.identifier(source), account=visit.account, person=visit.person, title=visit.next_step or "",
        due_on=visit.next_step_on or company.calendar.today, needs_visit=at_place.get(visit.next_step or "", False),
        done_at=None, note=None, created_at=visit.updated_at, updated_at=visit.updated_at,
    )  # fmt: skip
    return _perhaps_done(company, task, source)


def _of_its_own(company: Company, business: Business, source: random.Random) -> TaskRow:
    """Something that came up by itself, in the last months, due between then and in some weeks."""
    calendar, words = company.calendar, company.country.profile.words
    title, needs_visit = source.choice(words.tasks)
    written = calendar.today - dt.timedelta(days=source.randint(1, 120))
    while not calendar.is_working(written):
        written -= dt.timedelta(days=1)
    written_at = calendar.some_moment(written, source)
    due = written + dt.timedelta(days=source.randint(2, 30))
    if source.random() < 0.3:
        due = source.choice([calendar.today, *calendar.next_working_days(15)])
    task = TaskRow(
        uuid=seeds.identifier(source), account=business.row.uuid, person=business.row.owner or address_of("planner"),
        title=fill(title, business, words, source), due_on=due, needs_visit=needs_visit, done_at=None,
        note=business.row.note if source.random() < 0.3 else None, created_at=written_at, updated_at=written_at,
    )  # fmt: skip
    return _perhaps_done(company, task, source)


def _perhaps_done(company: Company, task: TaskRow, source: random.Random) -> TaskRow:
    """Due things are done within days of their day, mostly; the rest wait."""
    calendar = company.calendar
    age = (calendar.today - task.due_on).days
    kept = source.random() < (0.995 if age > LONG_AGO_DAYS else KEPT_IN_TIME if age > 0 else 0.06)
    day = min(calendar.yesterday, task.due_on + dt.timedelta(days=source.randint(-2, 2)))
    while not calendar.is_working(day):
        day -= dt.timedelta(days=1)
    done_at = calendar.some_moment(day, source)
    if kept and done_at > task.created_at:
        task.done_at = task.updated_at = done_at
    elif age > LONG_AGO_DAYS:
        task.done_at = task.updated_at = task.created_at + dt.timedelta(minutes=source.randint(5, 90))
    return task
