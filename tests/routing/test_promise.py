"""Promised intervals against the hours."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import clock
from gcrm.routing import live_queries, promise
from gcrm.visits import services as visits
from tests import factories as make


def test_hours_that_suffice_allow_what_is_promised():
    # 10 accounts every 30 days: 10.1 visits a month of 45 minutes with the drive are 7.6 hours of 100.
    month = promise.DAYS_A_MONTH
    found = promise.meter(promise.Hours(6000, 15), [promise.Tier("A", 10, 10 * month / 30, 10 * month / 30 * 30, 0)])
    assert found.promises[0].promised == pytest.approx(30) == pytest.approx(found.promises[0].allowed)
    assert found.load == pytest.approx(10 * month / 30 * 45 / 6000)
    assert found.promises[0].kept is None


def test_hours_that_do_not_suffice_stretch_every_interval_alike():
    tiers = [promise.Tier("A", 60, 120, 3600, 60), promise.Tier("B", 100, 100, 3000, 20)]
    found = promise.meter(promise.Hours(4200, 10), tiers)
    # (3600 + 1200) + (3000 + 1000) = 8800 minutes of 4200.
    assert found.load == pytest.approx(8800 / 4200)
    for row in found.promises:
        assert row.allowed / row.promised == pytest.approx(8800 / 4200)
    # 60 visits to 60 accounts in 180 days: each once.
    assert found.promises[0].kept == 180
    assert found.promises[1].kept == 900


def test_intervals_of_unlike_accounts_are_joined_by_the_visits_they_want():
    # One account every 10 days and one every 30 want 4 visits in 30 days: 2 accounts, 15 days each.
    month = promise.DAYS_A_MONTH
    found = promise.meter(promise.Hours(6000), [promise.Tier("A", 2, month / 10 + month / 30, 60, 0)])
    assert found.promises[0].promised == pytest.approx(15)


def test_a_month_has_its_weeks_less_the_holidays():
    assert promise.month_of(2400) == pytest.approx(365.25 / 7 / 12 * 2400)
    assert promise.month_of(2400) - promise.month_of(2400, holidays_a_year=12) == pytest.approx(480)


def test_nobody_with_hours_has_no_finite_load():
    assert promise.meter(promise.Hours(0), [promise.Tier("A", 1, 1, 30, 0)]).load == float("inf")


def test_the_page_counts_own_visits_of_the_last_half_year(login_as, session):
    make.make_organisation(session)
    rep, other = make.make_user(session, "rep", name="Rita"), make.make_user(session, "rep", name="Otto")
    for number in range(4):
        account = make.make_account(session, rep, tier="A", cadence_days=30, visit_minutes=60)
        if number < 3:
            visits.log_visit(session, account=account, user_id=rep.id, outcome="order", zone="America/New_York",
                             at=clock.now() - dt.timedelta(days=20 + number))  # fmt: skip
        visits.log_visit(session, account=account, user_id=other.id, outcome="order", zone="America/New_York",
                         at=clock.now() - dt.timedelta(days=5))  # fmt: skip
    make.make_account(session, rep, tier="B")
    make.make_account(session, rep, tier="B", status="former", cadence_days=10)
    (found,) = live_queries.meters(session, [rep, other])
    assert found[0].id == rep.id
    assert [row.tier for row in found[1].promises] == ["A"]
    row = found[1].promises[0]
    assert (row.accounts, round(row.promised), row.kept) == (4, 30, 4 * 180 / 3)
    # Half past eight to half past five less half an hour of lunch, five days a week.
    assert found[1].hours.minutes_a_month == pytest.approx(promise.month_of(5 * 510))
    page = login_as(rep).get("/plans/promises").text
    assert "Rita" in page
    assert "30 days" in page
    assert "Otto" not in page
