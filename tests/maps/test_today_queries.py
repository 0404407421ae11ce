"""The team's day: whose plan is seen by whom, how far each is, where each was last."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.maps import today_queries
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make

NOON = dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC)
"""In New York."""
TODAY = dt.date(2026, 3, 2)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session, parent=top)
    return SimpleNamespace(
        north=north, rep=make.make_user(session, "rep", north, name="Ann"), other=make.make_user(session, "rep", south, name="Bob"),
        manager=make.make_user(session, "manager", north), planner=make.make_user(session, "planner"),
    )  # fmt: skip


def make_plan(session, rep, statuses, day=TODAY, status="published", checked_in=None):
    plan = DayPlan(rep_id=rep.id, day=day, status=status, returns_at=NOON + 240 * MINUTE)
    session.add(plan)
    session.flush()
    for number, word in enumerate(statuses, start=1):
        account = make.make_account(session, rep, name=f"Shop {number}")
        visit = None
        if word in ("done", "arrived"):
            finished = NOON - (60 - 10 * number) * MINUTE if word == "done" else None
            visit = make.make_visit(
                session, account, rep, status=word, outcome="order" if finished else None, finished_at=finished,
                arrived_at=NOON - (70 - 10 * number) * MINUTE, arrived_point=ewkt(*checked_in) if checked_in else None,
            )  # fmt: skip
        begins = NOON + (number - 3) * 30 * MINUTE
        session.add(
            Stop(
                day_plan_id=plan.id, position=number, account_id=account.id, account_name=account.name, location=ewkt(number, 40), arrive_at=begins,
                start_at=begins, depart_at=begins + 20 * MINUTE, travel_seconds=0, travel_metres=0, why={}, status=word, visit_id=visit and visit.id,
            )
        )  # fmt: skip
    session.flush()
    return plan


def test_a_day_tells_what_is_done_left_and_missed(session, company):
    plan = make_plan(session, company.rep, ["done", "skipped", "arrived", "ahead", "ahead"])
    (day,) = today_queries.days(session, today_queries.reps(session, NOON))
    assert (day.rep, day.plan, day.name) == (company.rep.uuid, plan.uuid, "Ann")
    assert (day.done, day.missed, day.ahead, day.stops) == (1, 1, 3, 5)
    assert (day.here_start_at, day.here_arrived_at) == (NOON, NOON - 40 * MINUTE)
    assert (day.next_start_at, day.last_finished_at) == (NOON + 30 * MINUTE, NOON - 50 * MINUTE)


def test_only_published_plans_of_the_reps_own_today_count(session, company):
    company.other.timezone = "Asia/Tokyo"
    session.flush()
    make_plan(session, company.rep, ["ahead"], day=TODAY - dt.timedelta(days=1))
    make_plan(session, company.rep, ["ahead"], status="ready")
    make_plan(session, company.other, ["ahead"])
    late = NOON + dt.timedelta(hours=1)
    tokyo = make_plan(session, company.other, ["ahead"], day=dt.date(2026, 3, 3))
    # At 18:00 in London it is three in the morning of the next day in Tokyo.
    found = today_queries.days(session, today_queries.reps(session, late))
    assert [day.plan for day in found] == [tokyo.uuid]


def test_a_manager_sees_the_days_of_the_own_team(session, company, as_user):
    make_plan(session, company.rep, ["ahead"])
    make_plan(session, company.other, ["ahead", "ahead"])
    assert [day.name for day in today_queries.days(session, today_queries.reps(session, NOON))] == ["Ann", "Bob"]
    with as_user(company.manager) as seen:
        reps = today_queries.reps(seen, NOON)
        assert [day.name for day in today_queries.days(seen, reps)] == ["Ann"]
        assert [stop.name for stop in today_queries.stops(seen, reps)] == ["Shop 1"]


def test_a_team_is_chosen_with_those_below_it(session, company):
    assert [rep.id for rep in today_queries.reps(session, NOON, company.north.uuid)] == [company.rep.id]


def test_stops_come_in_their_order_with_their_place(session, company):
    make_plan(session, company.rep, ["done", "ahead"])
    found = today_queries.stops(session, today_queries.reps(session, NOON))
    assert [(stop.number, stop.lon, stop.lat, stop.status) for stop in found] == [
        (1, 1, 40, "done"),
        (2, 2, 40, "ahead"),
    ]


def test_the_last_check_in_of_the_day_is_found_planned_or_not(session, company):
    make_plan(session, company.rep, ["done", "arrived"], checked_in=(-76.0, 40.0))
    somewhere = make.make_account(session, company.rep)
    long_ago = {
        "status": "done",
        "outcome": "order",
        "arrived_at": NOON - dt.timedelta(days=2),
        "finished_at": NOON - dt.timedelta(days=2),
    }
    make.make_visit(session, somewhere, company.other, arrived_point=ewkt(1, 1), **long_ago)
    since = NOON - dt.timedelta(hours=12)
    found = today_queries.last_check_ins(session, [company.rep.id, company.other.id], since)
    assert {rep: (spot.lon, spot.lat, spot.status) for rep, spot in found.items()} == {
        company.rep.id: (-76.0, 40.0, "arrived")
    }
    unplanned = {"status": "arrived", "arrived_at": NOON, "arrived_point": ewkt(-75, 41)}
    make.make_visit(session, somewhere, company.rep, **unplanned)
    assert today_queries.last_check_ins(session, [company.rep.id], since)[company.rep.id].lon == -75.0


def test_nobody_to_look_for_is_no_query(session, company):
    assert (today_queries.days(session, []), today_queries.stops(session, [])) == ([], [])
    assert today_queries.last_check_ins(session, [], clock.now()) == {}
