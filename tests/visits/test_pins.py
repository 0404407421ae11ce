"""Pins that check-ins would move."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt, lon_lat
from gcrm.visits import pin_services, pins
from gcrm.visits.models import PinMove
from gcrm.visits.pins import CheckIn
from tests import factories as make

PIN = (-76.88, 40.27)
MONDAY = dt.date(2026, 11, 23)
DEGREE = 111_195  # metres of latitude


def at(metres_north, day, accuracy=10.0, metres_east=0.0):
    lon = PIN[0] + metres_east / (DEGREE * 0.763)  # the cosine of 40.27 degrees
    return CheckIn((lon, PIN[1] + metres_north / DEGREE), MONDAY + dt.timedelta(days=day), accuracy)


def test_three_days_that_agree_away_from_the_pin_propose_their_middle():
    found = pins.agreed(PIN, [at(190, 0), at(200, 1), at(210, 2)])
    assert found.place == pytest.approx((PIN[0], PIN[1] + 200 / DEGREE), abs=1e-6)
    assert (found.check_ins, round(found.moved_metres), round(found.spread_metres)) == (3, 200, 10)
    assert found.last_on == MONDAY + dt.timedelta(days=2)


@pytest.mark.parametrize(
    "check_ins",
    [
        [at(200, 0), at(200, 1)],
        [at(200, 0), at(200, 0), at(200, 1)],
        [at(200, 0), at(200, 1), at(200, 2, accuracy=51)],
        [at(200, 0), at(200, 1), at(200, 2, accuracy=None)],
        [at(50, 0), at(55, 1), at(58, 2)],
        [at(200, 0), at(270, 1), at(340, 2)],
        [],
    ],
    ids=["two", "two days", "inaccurate", "unknown accuracy", "at the pin", "apart", "none"],
)
def test_less_than_that_proposes_nothing(check_ins):
    assert pins.agreed(PIN, check_ins) is None


def test_every_two_must_agree_not_only_neighbours():
    """0, 50 and 100 metres: each is near the next, the ends are not near each other."""
    assert pins.agreed(PIN, [at(200, 0), at(250, 1), at(300, 2)]) is None


def test_as_many_at_the_pin_speak_for_it():
    away = [at(200, 0), at(200, 1), at(200, 2)]
    assert pins.agreed(PIN, [*away, at(0, 3), at(0, 4)]) is not None
    assert pins.agreed(PIN, [*away, at(0, 3), at(0, 4), at(5, 5)]) is None


def test_check_ins_on_both_sides_of_the_date_line_agree():
    points = [CheckIn((179.9999, 0), MONDAY, 5), CheckIn((-179.9999, 0), MONDAY + dt.timedelta(days=1), 5), CheckIn((180.0, 0), MONDAY + dt.timedelta(days=2), 5)]  # fmt: skip
    assert abs(pins.agreed((179.99, 0), points).place[0]) == pytest.approx(180, abs=1e-4)


@pytest.fixture
def visited(session, company):
    """Check-ins on the three last days, 200 metres north of the pin."""

    def made(account=None, metres=200.0, days=(1, 2, 3), **given):
        account = account or company.account
        for day in days:
            place = (PIN[0], PIN[1] + metres / DEGREE)
            given = {
                "status": "arrived",
                "arrived_point": ewkt(*place),
                "accuracy_metres": 9.0,
                "distance_metres": metres,
            } | given
            make.make_visit(session, account, company.rep, arrived_at=clock.now() - dt.timedelta(days=day), **given)

    return made


def move_of(session):
    return session.scalar(select(PinMove).order_by(PinMove.id.desc()))


def test_the_job_proposes_once(session, company, visited):
    company.account.location_source = "geocoder"
    visited()
    assert pin_services.propose(session) == 1
    assert pin_services.propose(session) == 0
    move = move_of(session)
    assert (move.status, move.check_ins, move.moved_metres, move.was_by_hand) == ("open", 3, 200, False)


def test_faded_check_ins_propose_nothing(session, visited):
    visited(faded_at=clock.now())
    assert pin_services.propose(session) == 0


def test_what_was_dismissed_does_not_come_back_another_spot_does(session, company, visited):
    visited()
    pin_services.propose(session)
    pin_services.dismiss(session, move_of(session), company.planner.id)
    assert pin_services.propose(session) == 0
    visited(metres=400.0, days=(4, 5, 6, 7))
    assert pin_services.propose(session) == 1


def test_accepting_moves_the_pin_and_undo_puts_it_back(session, company, visited):
    company.account.location_source = "geocoder"
    visited()
    pin_services.propose(session)
    move = move_of(session)
    pin_services.accept(session, move, company.planner.id)
    session.refresh(company.account)
    assert company.account.location_source == "check_in"
    assert lon_lat(company.account.location)[1] == pytest.approx(PIN[1] + 200 / DEGREE, abs=1e-6)
    with pytest.raises(Conflict):
        pin_services.accept(session, move, company.planner.id)
    pin_services.reopen(session, move)
    session.refresh(company.account)
    assert company.account.location_source == "geocoder"
    assert lon_lat(company.account.location) == pytest.approx(PIN)


def test_a_pin_placed_by_hand_moves_only_where_that_is_said(session, company, visited):
    visited()
    pin_services.propose(session)
    move = move_of(session)
    assert move.was_by_hand
    with pytest.raises(Invalid, match="by hand"):
        pin_services.accept(session, move, company.planner.id)
    pin_services.accept(session, move, company.planner.id, by_hand_too=True)
    assert move.status == "accepted"


def test_a_pin_that_was_moved_meanwhile_stays(session, company, visited):
    visited()
    pin_services.propose(session)
    company.account.location = ewkt(-76.9, 40.3)
    session.flush()
    session.refresh(company.account)
    with pytest.raises(Conflict, match="moved since"):
        pin_services.accept(session, move_of(session), company.planner.id, by_hand_too=True)


def test_the_planner_decides_on_the_page(login_as, session, company, visited):
    visited()
    pin_services.propose(session)
    move = move_of(session)
    client = login_as(company.planner)
    page = client.get("/pins").get_data(as_text=True)
    assert "Mine &amp; Co" in page
    assert "200 m away" in page
    assert "Somebody placed this pin by hand" in page
    assert client.post(f"/pins/{move.uuid}/accept", data={}).status_code == 422
    assert client.post(f"/pins/{move.uuid}/dismiss").status_code == 302
    assert client.post(f"/pins/{move.uuid}/reopen").status_code == 302
    assert client.post(f"/pins/{move.uuid}/accept", data={"by_hand_too": "1"}).status_code == 302
    assert "Every pin agrees" in client.get("/pins").get_data(as_text=True)


def test_only_an_admin_changes_the_radius(login_as, session, company):
    assert login_as(company.planner).post("/pins/radius", data={"metres": "200"}).status_code == 403
    assert login_as(company.admin).post("/pins/radius", data={"metres": "200"}).status_code == 302
    assert 'value="200"' in login_as(company.admin).get("/pins").get_data(as_text=True)
