"""The verbs of visits, activities and tasks: what they write, refuse, and leave on the timeline."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.customers import queries as customers
from gcrm.customers.models import Account, Touch
from gcrm.visits import services
from gcrm.visits.models import Task, Visit
from tests import factories as make
from tests.visits.conftest import ZONE

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def tomorrow(hour: int = 10) -> dt.datetime:
    return clock.at(clock.today(ZONE) + DAY, dt.time(hour), ZONE)


def lines(session, account):
    return [(touch.kind, touch.summary, touch.detail) for touch in customers.timeline(session, account).rows]


def finish(session, company, outcome="order", **fields):
    visit = services.check_in(session, account_id=company.account.id, account=company.account, user_id=company.rep.id)
    return services.finish_visit(session, visit, outcome=outcome, zone=ZONE, **fields)


# -- appointments


def test_two_appointments_of_one_person_do_not_overlap(session, company):
    def schedule(starts_at, user=company.rep):
        return services.schedule_visit(session, account=company.account, user=user, starts_at=starts_at, minutes=60)

    schedule(tomorrow(10))
    for minutes in (-59, 0, 59):
        with pytest.raises(services.OverlappingVisit, match="from 10:00"):
            schedule(tomorrow(10) + minutes * HOUR / 60)
    schedule(tomorrow(11))
    schedule(tomorrow(9))
    schedule(tomorrow(10), company.other)


def test_a_cancelled_appointment_makes_room_and_can_stand_again(session, company):
    first = services.schedule_visit(
        session, account=company.account, user=company.rep, starts_at=tomorrow(), minutes=30
    )
    services.cancel_visit(session, first)
    services.restore_visit(session, first)
    assert first.status == "planned"
    with pytest.raises(Conflict, match="stands"):
        services.restore_visit(session, first)


@pytest.mark.parametrize(
    ("starts_at", "minutes", "word"),
    [
        (tomorrow(), 4, "5 minutes"), (tomorrow(), 601, "10 hours"), (dt.datetime(2026, 1, 1, 9), 30, "offset"),  # noqa: DTZ001
        (clock.now() - 3 * DAY, 30, "yesterday"), (clock.now() + 4000 * DAY, 30, "five years"),
    ],
)  # fmt: skip
def test_an_appointment_that_cannot_be_is_refused(session, company, starts_at, minutes, word):
    with pytest.raises(Invalid, match=word):
        services.schedule_visit(
            session, account=company.account, user=company.rep, starts_at=starts_at, minutes=minutes
        )


def test_who_left_gets_no_appointment(session, company):
    company.rep.active = False
    with pytest.raises(Invalid, match="makes no visits"):
        services.schedule_visit(session, account=company.account, user=company.rep, starts_at=tomorrow(), minutes=30)


# -- visits


def test_checking_in_measures_the_distance_to_the_account(session, company):
    visit = services.check_in(
        session,
        account_id=company.account.id,
        account=company.account,
        user_id=company.rep.id,
        position=(-76.88, 40.28),
    )
    # A hundredth of a degree of latitude on the mean sphere: 6,371,008.8 m * pi / 180 / 100.
    assert visit.distance_metres == pytest.approx(1111.95, abs=0.1)
    assert visit.status == "arrived"


def test_a_finished_visit_stands_on_the_timeline_and_moves_what_is_due(session, company):
    finish(session, company, note="Wants ten more")
    assert lines(session, company.account) == [("visit", "order", "Wants ten more")]
    session.refresh(company.account)
    assert company.account.last_visited_on == clock.today(ZONE)
    assert customers.next_due_on(company.account) == clock.today(ZONE) + 30 * DAY


def test_the_day_of_a_visit_is_that_of_the_accounts_clock(session, company):
    """Two in the morning UTC is still the evening before in New York, and already eleven in Seoul."""
    at = dt.datetime(2026, 11, 10, 2, tzinfo=dt.UTC)
    for zone, day in (("America/New_York", 9), ("Asia/Seoul", 10)):
        account = make.make_account(session, company.rep)
        services.log_visit(session, account=account, user_id=company.rep.id, outcome="order", zone=zone, at=at)
        session.refresh(account)
        assert account.last_visited_on == dt.date(2026, 11, day)


def test_when_nobody_was_met_the_visit_stays_due(session, company):
    finish(session, company, "not_met")
    session.refresh(company.account)
    assert company.account.last_visited_on is None
    assert lines(session, company.account) == [("visit", "not_met", None)]


def test_an_earlier_visit_logged_later_does_not_move_the_day_back(session, company):
    for days in (1, 9):
        services.log_visit(
            session,
            account=company.account,
            user_id=company.rep.id,
            outcome="order",
            zone=ZONE,
            at=clock.now() - days * DAY,
        )
    session.refresh(company.account)
    assert company.account.last_visited_on == (clock.now() - DAY).astimezone(ZoneInfo(ZONE)).date()


def test_a_next_step_becomes_a_task(session, company):
    finish(session, company, next_step="Send the offer", next_step_on=dt.date(2026, 12, 1))
    task = session.scalar(select(Task))
    assert (task.title, task.due_on, task.user_id, task.account_id) == (
        "Send the offer", dt.date(2026, 12, 1), company.rep.id, company.account.id,
    )  # fmt: skip


def test_a_visit_is_finished_once(session, company):
    visit = finish(session, company)
    with pytest.raises(Conflict, match="finished already"):
        services.finish_visit(session, visit, outcome="order", zone=ZONE)
    with pytest.raises(Conflict, match="made already"):
        services.cancel_visit(session, visit)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"outcome": "great"}, "no outcome"), ({"at": clock.now() + HOUR}, "future"), ({"at": dt.datetime(1999, 1, 1, tzinfo=dt.UTC)}, "long ago"),
        ({"at": dt.datetime(2026, 1, 1)}, "offset"), ({"note": "x" * 20_001}, "note"), ({"next_step": "x" * 301}, "next step"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_fits_no_visit_is_refused(session, company, fields, word):
    with pytest.raises(Invalid, match=word):
        finish(session, company, **fields)


# -- facts over the line


def test_a_fact_for_an_account_that_stood_on_a_published_plan_is_accepted_for_14_days(
    session, company, as_user, publish
):
    publish(company.rep, company.hidden, clock.now() - 13 * DAY)
    with as_user(company.rep) as acting:
        visit = services.check_in(acting, account_id=company.hidden.id, account=None, user_id=company.rep.id)
        services.finish_visit(acting, visit, outcome="order", zone=ZONE, next_step="Send the offer")
        assert acting.scalar(select(Account).where(Account.id == company.hidden.id)) is None
    session.expire_all()
    assert session.get(Account, company.hidden.id).last_visited_on == clock.today(ZONE)
    assert lines(session, company.hidden) == [("visit", "order", None)]


def test_after_14_days_it_is_refused(company, as_user, publish):
    publish(company.rep, company.hidden, clock.now() - 15 * DAY)
    with as_user(company.rep) as acting, pytest.raises(DBAPIError, match="row-level security"), acting.begin_nested():
        services.check_in(acting, account_id=company.hidden.id, account=None, user_id=company.rep.id)


def test_a_plan_published_to_somebody_else_opens_nothing(company, as_user, publish):
    publish(company.other, company.hidden)
    with as_user(company.rep) as acting, pytest.raises(DBAPIError, match="row-level security"), acting.begin_nested():
        services.add_task(acting, account_id=company.hidden.id, user_id=company.rep.id, title="Spy")


def test_own_visits_stay_visible_when_the_account_goes_to_somebody_else(session, company, as_user):
    visit = finish(session, company, note="Mine")
    company.account.owner_id = company.other.id
    session.flush()
    with as_user(company.rep) as acting:
        found = acting.scalar(select(Visit).where(Visit.id == visit.id))
        assert (found.note, found.account) == ("Mine", None)
        assert acting.scalar(select(Touch.summary)) == "order"
    with as_user(company.manager) as acting:
        assert acting.scalar(select(Visit).where(Visit.id == visit.id)) is None


def test_nobody_writes_a_visit_in_the_name_of_somebody_out_of_sight(company, as_user):
    with as_user(company.rep) as acting, pytest.raises(DBAPIError, match="row-level security"), acting.begin_nested():
        services.check_in(acting, account_id=company.account.id, account=None, user_id=company.other.id)


# -- activities and tasks


@pytest.mark.parametrize("kind", ["call", "mail", "meeting", "note"])
def test_an_activity_stands_on_the_timeline_under_its_kind(session, company, kind):
    services.log_activity(
        session, account_id=company.account.id, user_id=company.rep.id, kind=kind, subject=" Asked \n twice ", note="n"
    )
    assert lines(session, company.account) == [(kind, "Asked twice", "n")]


def test_an_activity_needs_a_known_kind_and_a_line(session, company):
    for fields, word in (({"kind": "fax"}, "no activity"), ({"subject": " "}, "needs a line")):
        with pytest.raises(Invalid, match=word):
            services.log_activity(
                session,
                account_id=company.account.id,
                user_id=company.rep.id,
                **({"kind": "call", "subject": "x"} | fields),
            )


def test_the_timeline_is_in_the_order_of_what_happened(session, company):
    def log(subject, hours):
        services.log_activity(
            session,
            account_id=company.account.id,
            user_id=company.rep.id,
            kind="call",
            subject=subject,
            at=clock.now() - hours * HOUR,
        )

    log("second", 5)
    log("first", 9)
    finish(session, company)
    log("third", 1)
    assert [summary for _kind, summary, _detail in lines(session, company.account)] == [
        "order",
        "third",
        "second",
        "first",
    ]


def test_ticking_a_task_off_is_undone_without_a_trace_on_the_timeline(session, company):
    task = services.add_task(session, account_id=company.account.id, user_id=company.rep.id, title="Send the offer")
    services.finish_task(session, task)
    services.finish_task(session, task)
    assert lines(session, company.account) == [("task", "Send the offer", None)]
    services.reopen_task(session, task)
    assert task.done_at is None
    assert lines(session, company.account) == []


def test_a_rep_may_undo_the_own_tick(company, as_user, session):
    task = services.add_task(session, account_id=company.account.id, user_id=company.rep.id, title="Send the offer")
    with as_user(company.rep) as acting:
        own = acting.get(Task, task.id)
        services.finish_task(acting, own, company.rep.id)
        services.reopen_task(acting, own)
        assert acting.scalar(select(Touch)) is None


def test_a_managers_tick_is_told_as_the_managers(session, company):
    task = services.add_task(session, account_id=company.account.id, user_id=company.rep.id, title="Send the offer")
    services.finish_task(session, task, company.manager.id)
    assert session.scalar(select(Touch.user_id)) == company.manager.id


@pytest.mark.parametrize(
    "fields", [{"title": " "}, {"title": "x" * 301}, {"due_on": dt.date(1, 1, 1)}, {"note": "x" * 20_001}]
)
def test_what_fits_no_task_is_refused(session, company, fields):
    with pytest.raises(Invalid):
        services.add_task(session, account_id=company.account.id, user_id=company.rep.id, **({"title": "x"} | fields))
