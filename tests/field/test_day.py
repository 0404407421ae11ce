"""The day's buttons: late, another order, skipped with a reason, which map app."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.people.models import User
from gcrm.routing import late
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Visit
from tests import factories as make
from tests.field.walked import HOME, ZONE, make_walked_day

NINE = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


def ahead(key, arrive, start, latest=None):
    at = lambda minutes: NINE + dt.timedelta(minutes=minutes)  # noqa: E731 - three times in one line
    return late.Ahead(key, at(arrive), at(start), None if latest is None else at(latest))


def test_a_delay_is_carried_on_and_waiting_takes_some_of_it():
    """The same cases as in tests/js/late.test.js."""
    found = late.late([ahead("a", 0, 0), ahead("b", 60, 60)], 15)
    assert [(one.late_seconds, one.breaks) for one in found] == [(900, False), (900, False)]
    assert [one.late_seconds for one in late.late([ahead("a", 0, 10), ahead("b", 60, 60)], 15)] == [300, 300]
    assert [one.breaks for one in late.late([ahead("a", 0, 0, 15), ahead("b", 60, 60, 74)], 15)] == [False, True]
    assert not late.late([ahead("a", 0, 0, -60)], 0)[0].breaks


@pytest.fixture
def day(session, rep):
    return make_walked_day(session, rep)


def order(session):
    session.expire_all()
    return "".join(stop.account_name for stop in session.scalars(select(Stop).order_by(Stop.position)))


def stop_named(session, name):
    return session.scalar(select(Stop).where(Stop.account_name == name))


def test_one_tap_tells_how_late_and_the_page_says_what_it_does(login_as, session, rep, day):
    client = login_as(rep)
    assert client.post("/field/late", data={"minutes": "15"}).status_code == 302
    session.refresh(day)
    assert (day.late_minutes, day.late_at is not None) == (15, True)
    page = client.get("/field/").get_data(as_text=True)
    assert "15 min late, told at" in page
    assert "Every stop can still be kept." in page
    client.post("/field/late", data={"minutes": "0"})
    session.refresh(day)
    assert (day.late_minutes, day.late_at) == (None, None)


def test_who_comes_too_late_for_an_appointment_is_told(login_as, session, rep, day):
    stop_named(session, "B").is_fixed = True
    session.flush()
    client = login_as(rep)
    client.post("/field/late", data={"minutes": "30"})
    page = client.get("/field/").get_data(as_text=True)
    assert "1 stop would be too late." in page
    assert "too late: planned for" in page


@pytest.mark.parametrize("minutes", ["", "x", "-5", "99999"])
def test_no_number_of_minutes_is_refused(login_as, rep, day, minutes):
    assert login_as(rep).post("/field/late", data={"minutes": minutes}).status_code == 422


def test_a_stop_moves_down_and_its_times_follow(login_as, session, rep, day):
    before = stop_named(session, "A").start_at
    client = login_as(rep)
    assert client.post(f"/field/stops/{stop_named(session, 'A').uuid}/move", data={"way": "down"}).status_code == 302
    assert order(session) == "BACD"
    assert stop_named(session, "A").start_at > before
    times = list(session.scalars(select(Stop.start_at).order_by(Stop.position)))
    assert times == sorted(times)
    assert client.post("/field/undo").status_code == 302
    assert order(session) == "ABCD"
    assert stop_named(session, "A").start_at == before


def test_over_the_ends_a_stop_stays(login_as, session, rep, day):
    client = login_as(rep)
    client.post(f"/field/stops/{stop_named(session, 'A').uuid}/move", data={"way": "up"})
    assert order(session) == "ABCD"
    assert (
        client.post(f"/field/stops/{stop_named(session, 'A').uuid}/move", data={"way": "sideways"}).status_code == 422
    )


def test_what_is_over_stays_first(login_as, session, rep, day):
    stop_named(session, "A").status = "done"
    session.flush()
    client = login_as(rep)
    client.post(f"/field/stops/{stop_named(session, 'B').uuid}/move", data={"way": "up"})
    assert order(session) == "ABCD"
    assert client.post(f"/field/stops/{stop_named(session, 'A').uuid}/move", data={"way": "down"}).status_code == 409


def test_an_order_that_comes_too_late_somewhere_is_kept_and_said(login_as, session, rep):
    """A closes at one in the morning: as the second stop it is too late by minutes."""
    make_walked_day(session, rep, hours={"A": "00:00-00:45"})
    client = login_as(rep)
    client.post(f"/field/stops/{stop_named(session, 'A').uuid}/move", data={"way": "down"})
    assert order(session) == "BACD"
    page = client.get("/field/").get_data(as_text=True)
    assert "A is closed then" in page


def test_the_phone_sends_a_whole_order(session, phone, day):
    stops = {stop.account_name: str(stop.uuid) for stop in day.stops}
    act = phone.act("reordered", day=day.day, stops=[stops[name] for name in "DCBA"])
    assert phone.states(act) == ["applied"]
    assert order(session) == "DCBA"
    gone = phone.act("reordered", day=day.day, stops=["00000000-0000-4000-8000-000000000000"])
    assert phone.states(gone) == ["refused"]
    part = phone.act("reordered", day=day.day, stops=[stops["B"], stops["A"]])
    assert phone.states(part) == ["applied"]
    assert order(session) == "BADC"


def test_late_skipped_and_taken_come_from_the_phone(session, phone, day):
    stop = day.stops[0]
    sent = [
        phone.act("late", day=day.day, minutes=30),
        phone.act("skipped", stop=stop.uuid, reason="closed"),
        phone.act("plan_accepted", day=day.day, plan=day.uuid),
        phone.act("plan_accepted", day=day.day, plan=day.uuid),
    ]
    assert phone.states(*sent) == ["applied", "applied", "applied", "merged"]
    session.expire_all()
    assert session.scalar(select(DayPlan.late_minutes)) == 30
    assert session.scalar(select(Stop.skip_reason).where(Stop.id == stop.id)) == "closed"
    assert session.scalar(select(DayPlan.accepted_at)) is not None
    other = phone.act("plan_accepted", day=day.day, plan="00000000-0000-4000-8000-000000000000")
    assert phone.send(other)[0]["state"] == "refused"


def test_a_stop_is_skipped_with_its_reason(login_as, session, rep, day):
    client = login_as(rep)
    stop = stop_named(session, "A")
    assert "Closed today" in client.get(f"/field/stops/{stop.uuid}").get_data(as_text=True)
    client.post(f"/field/stops/{stop.uuid}/skip", data={"reason": "closed"})
    session.refresh(stop)
    assert (stop.status, stop.skip_reason) == ("skipped", "closed")
    assert "Closed today" in client.get(f"/field/stops/{stop.uuid}").get_data(as_text=True)
    client.post(f"/field/stops/{stop.uuid}/unskip")
    session.refresh(stop)
    assert stop.skip_reason is None


def test_one_tap_navigates_once_an_app_is_chosen(login_as, session, rep, day):
    client = login_as(rep)
    page = client.get("/field/").get_data(as_text=True)
    for app in ("google.com/maps", "maps.apple.com", "waze.com", "map.kakao.com", "nmap://"):
        assert app in page
    assert client.post("/field/map-app", data={"app": "kakao"}).status_code == 204
    session.expire_all()
    assert session.scalar(select(User.map_app).where(User.id == rep.id)) == "kakao"
    actions = (
        client.get("/field/").get_data(as_text=True).split('class="field-actions"')[1].split('class="field-tabs"')[0]
    )
    assert "map.kakao.com" in actions
    assert "waze.com" not in actions
    assert client.post("/field/map-app", data={"app": "carrier pigeon"}).status_code == 422


def test_the_next_stop_says_whom_to_ask_for_and_what_to_talk_about(login_as, session, rep, day):
    from gcrm.customers.models import Account

    account = session.scalar(select(Account).where(Account.name == "A"))
    birthday = clock.today(ZONE) + dt.timedelta(days=3)
    make.make_contact(
        session,
        account,
        name="Kim Buyer",
        phone="+1 717 555 0101",
        is_primary=True,
        extra={"Birthday": f"1980-{birthday:%m-%d}"},
    )
    make.make_opportunity(session, account, rep, name="Forklifts", amount_minor=5_000_000)
    past = clock.now() - dt.timedelta(days=20)
    make.make_visit(
        session, account, rep, status="done", outcome="service", note="Pump leaks", arrived_at=past, finished_at=past
    )
    page = login_as(rep).get("/field/").get_data(as_text=True)
    for said in (
        "Ask for Kim Buyer",
        "Forklifts",
        "Last service: Pump leaks",
        "Birthday: Kim Buyer",
        "in 3 days",
        'href="tel:+17175550101"',
        'href="sms:+17175550101"',
    ):
        assert said in page, said


def test_far_away_the_page_asks_why_and_keeps_the_answer(login_as, session, rep, day):
    client = login_as(rep)
    client.post(
        f"/field/stops/{day.stops[0].uuid}/arrive",
        data={"lon": HOME[0], "lat": HOME[1], "accuracy": "10", "age_seconds": "3"},
    )
    visit = session.scalar(select(Visit))
    assert visit.is_far
    page = client.get(f"/field/visits/{visit.uuid}").get_data(as_text=True)
    assert "You are further away than 150 m. Why?" in page
    assert client.post(f"/field/visits/{visit.uuid}/far", data={"far_reason": "The pin is wrong"}).status_code == 302
    page = client.get(f"/field/visits/{visit.uuid}").get_data(as_text=True)
    assert "Why from there: The pin is wrong" in page
    assert client.post(f"/field/visits/{visit.uuid}/far", data={}).status_code == 422


def test_an_old_position_is_noted_on_the_page(login_as, session, rep, day):
    client = login_as(rep)
    client.post(f"/field/stops/{day.stops[0].uuid}/arrive", data={"lon": HOME[0], "lat": HOME[1], "age_seconds": "600"})
    visit = session.scalar(select(Visit))
    assert visit.arrived_point is None
    assert "The position was 10 minutes old" in client.get(f"/field/visits/{visit.uuid}").get_data(as_text=True)


def test_the_phones_act_carries_distance_reason_and_age(session, phone, day):
    stop = day.stops[0]
    taken = phone.now - dt.timedelta(seconds=20)
    place = {"lon": HOME[0], "lat": HOME[1], "accuracy": 10.0, "taken_at": taken.isoformat()}
    visit = "11111111-1111-4111-8111-111111111111"
    assert phone.states(phone.act("arrived", visit=visit, stop=stop.uuid, far_reason="Parking", place=place)) == [
        "applied"
    ]
    found = session.scalar(select(Visit))
    assert (found.is_far, found.far_reason, found.position_at) == (True, "Parking", taken)


def test_a_phone_whose_clock_is_wrong_still_proves_where_it_is(session, phone, day):
    phone.behind = dt.timedelta(hours=5)
    place = {"lon": HOME[0], "lat": HOME[1], "accuracy": 10.0, "taken_at": phone.now.isoformat()}
    phone.states(
        phone.act("arrived", visit="11111111-1111-4111-8111-111111111111", stop=day.stops[0].uuid, place=place)
    )
    found = session.scalar(select(Visit))
    assert found.arrived_point is not None
    assert abs((found.position_at - clock.now()).total_seconds()) < 60


def test_from_the_other_side_of_the_world_the_check_in_counts_and_the_position_does_not(session, phone, day):
    place = {"lon": 103.12, "lat": -40.27, "accuracy": 10.0, "taken_at": phone.now.isoformat()}
    answer = phone.send(
        phone.act("arrived", visit="11111111-1111-4111-8111-111111111111", stop=day.stops[0].uuid, place=place)
    )[0]
    assert (answer["state"], "was not taken" in answer["why"]) == ("merged", True)
    found = session.scalar(select(Visit))
    assert (found.status, found.arrived_point, found.no_position_reason[:3]) == ("arrived", None, "far")
