"""Tasks by urgency, appointments in their order, and what is due against plain SQL."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, text

from gcrm.core import clock
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.visits import queries
from tests import factories as make

TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 18, 15, tzinfo=dt.UTC)


def test_tasks_are_grouped_by_the_day_they_are_due(session, company):
    for title, due in (("late", -1), ("now", 0), ("tomorrow", 1), ("in a week", 7), ("in eight days", 8)):
        make.make_task(session, company.account, company.rep, title=title, due_on=TODAY + due * DAY)
    make.make_task(session, company.account, company.rep, title="some day")
    make.make_task(session, company.account, company.rep, title="was done", due_on=TODAY - DAY, done_at=NOW)
    make.make_task(session, company.account, company.other, title="of somebody else", due_on=TODAY)
    groups = queries.task_groups(session, company.rep.id, TODAY)
    named = {
        name: [task.title for task in getattr(groups, name)]
        for name in ("overdue", "today", "soon", "later", "undated", "done")
    }
    assert named == {
        "overdue": ["late"], "today": ["now"], "soon": ["tomorrow", "in a week"], "later": ["in eight days"],
        "undated": ["some day"], "done": ["was done"],
    }  # fmt: skip
    assert groups.open == 6


def test_appointments_of_an_account_are_those_that_stand_the_next_first(session, company):
    for hours, status in ((-1, "planned"), (5, "planned"), (2, "planned"), (1, "cancelled")):
        make.make_visit(
            session,
            company.account,
            company.rep,
            status=status,
            starts_at=NOW + hours * dt.timedelta(hours=1),
            minutes=30,
        )
    found = queries.appointments_of(session, company.account.id, NOW)
    assert [visit.starts_at for visit in found] == [NOW + dt.timedelta(hours=hours) for hours in (2, 5)]


def test_visits_of_an_account_are_the_finished_ones_the_latest_first(session, company):
    for days in (5, 1, 9):
        make.make_visit(
            session, company.account, company.rep, status="done", outcome="order", finished_at=NOW - days * DAY
        )
    make.make_visit(session, company.account, company.rep, starts_at=NOW + DAY, minutes=30)
    assert [visit.finished_at for visit in queries.visits_of(session, company.account.id)] == [
        NOW - days * DAY for days in (1, 5, 9)
    ]


def test_what_is_overdue_is_what_plain_sql_says(session, company):
    today = session.scalar(text("SELECT gcrm_today()"))
    for cadence, last, status in (
        (30, 31, "customer"), (30, 30, "customer"), (30, 29, "customer"), (30, None, "prospect"), (None, 99, "customer"),
        (30, 99, "former"),
    ):  # fmt: skip
        make.make_account(
            session, company.rep, cadence_days=cadence, status=status, last_visited_on=last and today - last * DAY
        )
    plain = session.scalar(
        text(
            "SELECT count(*) FROM accounts WHERE cadence_days > 0 AND status <> 'former'"
            " AND (last_visited_on IS NULL OR last_visited_on + cadence_days < gcrm_today())"
        )
    )
    # One 31 days ago, one never visited, and the company's own account, never visited too.
    chosen = Selection.parse({"due": "overdue"}).narrow(select(func.count()).select_from(Account))
    assert session.scalar(chosen) == plain == 3
    never = Selection.parse({"due": "never"}).narrow(select(func.count()).select_from(Account))
    assert session.scalar(never) == 2


def test_today_is_that_of_the_organisations_calendar(session, company):
    session.execute(text("UPDATE organisation SET timezone = 'Pacific/Kiritimati'"))
    assert session.scalar(text("SELECT gcrm_today()")) == clock.today("Pacific/Kiritimati")


def test_the_latest_visits_are_those_in_sight(session, company, as_user):
    for account, user in ((company.account, company.rep), (company.hidden, company.other)):
        make.make_visit(session, account, user, status="done", outcome="order", finished_at=NOW)
    with as_user(company.manager) as acting:
        assert [visit.account.name for visit in queries.latest_visits(acting)] == ["Mine & Co"]
    assert len(queries.latest_visits(session)) == 2


def test_a_manager_looks_at_the_own_people_alone(company, as_user):
    with as_user(company.manager) as acting:
        assert {user.name for user in queries.people_in_sight(acting)} == {"Ann Rep", "Mary Manager"}
    with as_user(company.rep) as acting:
        assert [user.name for user in queries.people_in_sight(acting)] == ["Ann Rep"]
