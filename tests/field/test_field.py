"""The phone's pages: a day, check-in, the log, and what they change."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.customers.models import Account, Touch
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Task, Visit
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def day(session, rep):
    """A published plan for today with two stops; times do not matter to the phone's acts."""
    from gcrm.core.geo import ewkt

    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=clock.today(ZONE), status="published", published_at=now, solved_at=now, candidates=2,
        travel_source="estimate", travel_seconds=1200, travel_metres=9000, leaves_at=now, returns_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for position, name in enumerate(("Alpha", "Beta"), start=1):
        account = make.make_account(session, rep, name=name, cadence_days=30, tier="A")
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=name, location=ewkt(*HOME),
                arrive_at=now, start_at=now, depart_at=now, travel_seconds=600, travel_metres=4500,
                why={"tier": "A", "days_overdue": 12},
            )
        )  # fmt: skip
    session.flush()
    return plan


def stops(session):
    session.expire_all()
    return list(session.scalars(select(Stop).order_by(Stop.position)))


def test_the_next_stop_comes_first_with_its_reason(login_as, rep, day):
    page = login_as(rep).get("/field/").get_data(as_text=True)
    assert page.index("Alpha") < page.index("Beta")
    assert "Due 12 days ago, tier a" in page or "Due 12 days ago, tier A" in page


def test_check_in_and_log_move_the_list_on_and_what_is_due_next(login_as, session, rep, day):
    client = login_as(rep)
    stop = stops(session)[0]
    arrived = client.post(
        f"/field/stops/{stop.uuid}/arrive", data={"lon": HOME[0], "lat": HOME[1] + 0.001, "accuracy": "8"}
    )
    visit = session.scalar(select(Visit))
    assert arrived.status_code == 302
    assert visit.status == "arrived"
    assert visit.distance_metres == pytest.approx(111.2, abs=0.2)  # a thousandth of a degree of latitude
    answer = client.post(
        f"/field/visits/{visit.uuid}",
        data={"outcome": "order", "note": "Two pallets", "next_step": "Send the offer", "next_step_on": "2030-01-07"},
    )
    assert answer.status_code == 302
    session.expire_all()
    account = session.scalar(select(Account).where(Account.name == "Alpha"))
    assert account.last_visited_on == clock.today(ZONE)
    assert [s.status for s in stops(session)] == ["done", "ahead"]
    assert session.scalar(select(Touch.detail).where(Touch.account_id == account.id)) == "Two pallets"
    assert session.scalar(select(Task.due_on)) == dt.date(2030, 1, 7)
    assert "Beta" in client.get("/field/").get_data(as_text=True)


def test_without_a_position_the_check_in_is_noted_not_refused(login_as, session, rep, day):
    login_as(rep).post(f"/field/stops/{stops(session)[0].uuid}/arrive", data={"reason": "not permitted"})
    visit = session.scalar(select(Visit))
    assert visit.arrived_point is None
    assert visit.no_position_reason == "not permitted"


@pytest.mark.parametrize(
    "position", [{"lon": "NaN", "lat": "1"}, {"lon": "40", "lat": "200"}, {"lon": "x", "lat": "y"}]
)
def test_a_position_on_no_map_is_refused_with_a_sentence(login_as, session, rep, day, position):
    answer = login_as(rep).post(f"/field/stops/{stops(session)[0].uuid}/arrive", data=position)
    assert answer.status_code == 422
    assert session.scalar(select(Visit)) is None


def test_a_log_without_outcome_keeps_what_was_typed(login_as, session, rep, day):
    client = login_as(rep)
    client.post(f"/field/stops/{stops(session)[0].uuid}/arrive", data={})
    visit = session.scalar(select(Visit))
    answer = client.post(f"/field/visits/{visit.uuid}", data={"note": "long talk about shelves"})
    assert answer.status_code == 422
    assert "long talk about shelves" in answer.get_data(as_text=True)


def test_a_skipped_stop_can_be_visited_after_all(login_as, session, rep, day):
    client = login_as(rep)
    stop = stops(session)[0]
    client.post(f"/field/stops/{stop.uuid}/skip")
    assert stops(session)[0].status == "skipped"
    client.post(f"/field/stops/{stop.uuid}/unskip")
    assert stops(session)[0].status == "ahead"


def test_the_visit_of_a_planned_account_is_kept_after_it_went_to_somebody_else(login_as, session, rep, day):
    client = login_as(rep)
    stop = stops(session)[0]
    account = session.get(Account, stop.account_id)
    account.owner_id = make.make_user(session).id
    session.flush()
    assert client.get(f"/accounts/{account.uuid}").status_code == 404
    client.post(f"/field/stops/{stop.uuid}/arrive", data={})
    visit = session.scalar(select(Visit))
    assert client.post(f"/field/visits/{visit.uuid}", data={"outcome": "order"}).status_code == 302
    session.expire_all()
    assert session.get(Account, account.id).last_visited_on == clock.today(ZONE)


def test_after_fourteen_days_it_is_refused(login_as, session, rep, day):
    stop = stops(session)[0]
    session.get(Account, stop.account_id).owner_id = make.make_user(session).id
    session.get(DayPlan, day.id).published_at = clock.now() - dt.timedelta(days=15)
    session.flush()
    assert login_as(rep).post(f"/field/stops/{stop.uuid}/arrive", data={}).status_code == 404


def test_another_reps_stop_is_nowhere(login_as, session, rep, day):
    client = login_as(make.make_user(session, "rep"))
    assert client.get(f"/field/stops/{stops(session)[0].uuid}").status_code == 404
    assert client.post(f"/field/stops/{stops(session)[0].uuid}/arrive", data={}).status_code == 404


def test_without_a_plan_the_rep_asks_for_one(login_as, session, rep):
    client = login_as(rep)
    assert "Plan my day" in client.get("/field/").get_data(as_text=True)
    assert client.post("/field/plan").status_code == 302
    assert plans.unfinished_plan(session, rep.id, clock.today(ZONE)).status == "queued"


def test_the_strip_of_days_says_where_stops_wait(login_as, session, rep, day):
    page = login_as(rep).get("/field/").get_data(as_text=True)
    assert page.count('class="visually-hidden">2 stops') == 1


def test_a_visit_of_another_days_plan_leads_back_to_that_day(login_as, session, rep, day):
    tomorrow = clock.today(ZONE) + dt.timedelta(days=1)
    session.get(DayPlan, day.id).day = tomorrow
    session.flush()
    client = login_as(rep)
    assert f"day={tomorrow}" in client.get("/field/").get_data(as_text=True)
    client.post(f"/field/stops/{stops(session)[0].uuid}/arrive", data={})
    logged = client.post(f"/field/visits/{session.scalar(select(Visit)).uuid}", data={"outcome": "order"})
    assert logged.location == f"/field/?day={tomorrow}"


def test_a_log_without_outcome_says_what_is_missing(login_as, session, rep, day):
    client = login_as(rep)
    client.post(f"/field/stops/{stops(session)[0].uuid}/arrive", data={})
    answer = client.post(f"/field/visits/{session.scalar(select(Visit)).uuid}", data={"note": "x"})
    assert "Choose what came of it." in answer.get_data(as_text=True)
