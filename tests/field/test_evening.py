"""The end of the day: done and missed, mileage, tomorrow's plan, a month's file."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.geo import metres_between
from gcrm.routing import driven_queries
from gcrm.visits import mileage_services
from gcrm.visits.models import MileageDay
from tests import factories as make
from tests.field.walked import HOME, ZONE, make_walked_day


@pytest.fixture
def day(session, rep):
    """A is done, B skipped, C and D lie ahead."""
    plan = make_walked_day(session, rep)
    a, b = plan.stops[0], plan.stops[1]
    from gcrm.customers.models import Account

    now = clock.now()
    visit = make.make_visit(
        session,
        session.get(Account, a.account_id),
        rep,
        status="done",
        outcome="order",
        arrived_at=now - dt.timedelta(minutes=30),
        finished_at=now,
    )
    a.status, a.visit_id = "done", visit.id
    b.status, b.skip_reason = "skipped", "closed"
    session.flush()
    return plan


def told(session):
    session.expire_all()
    return session.scalar(select(MileageDay))


def test_the_page_says_what_was_done_and_missed(login_as, rep, day):
    page = login_as(rep).get("/field/evening").get_data(as_text=True)
    assert "Closed today" in page
    assert page.count("Still ahead") == 2
    assert "0:30" in page or "30 min" in page


def test_driven_is_the_way_along_the_stops_visited(session, rep, day):
    """Home, A two kilometres north, and home again: the road is the straight line times the detour of the estimate."""
    made = driven_queries.visits_made(session, rep, clock.today(ZONE))
    line = 2 * metres_between(HOME, (HOME[0], HOME[1] + 0.018))
    driven = driven_queries.driven_metres(session, rep, day, made)
    assert line < driven < 1.6 * line
    assert driven_queries.driven_metres(session, rep, day, []) == 0


def test_the_odometer_counts_where_both_ends_are_told(login_as, session, rep, day):
    client = login_as(rep)
    given = {
        "odometer_start_km": "52 100",
        "odometer_end_km": "52180,5",
        "private_km": "10.5",
        "note": "Detour for fuel",
    }
    assert client.post("/field/evening", data=given).status_code == 302
    found = told(session)
    assert (found.driven_metres, found.private_metres, found.business_metres, found.is_by_odometer) == (
        80_500,
        10_500,
        70_000,
        True,
    )
    assert (found.planned_metres, found.visits, found.note) == (day.travel_metres, 1, "Detour for fuel")
    assert (
        client.post("/field/evening", data={"odometer_start_km": "52100", "odometer_end_km": "52200"}).status_code
        == 302
    )
    assert told(session).driven_metres == 100_000


def test_without_the_odometer_the_stops_count(login_as, session, rep, day):
    login_as(rep).post("/field/evening", data={"odometer_start_km": "52100"})
    found = told(session)
    assert not found.is_by_odometer
    assert 4_000 < found.driven_metres < 7_000


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"odometer_start_km": "200", "odometer_end_km": "100"}, "stands lower"),
        ({"odometer_start_km": "0", "odometer_end_km": "9000"}, "more than anybody drives"),
        ({"odometer_start_km": "100", "odometer_end_km": "110", "private_km": "11"}, "only 10 km were driven"),
        ({"odometer_end_km": "many"}, "is no number"),
        ({"odometer_end_km": "NaN"}, "not what an odometer shows"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_on_the_page(login_as, session, rep, day, given, said):
    answer = login_as(rep).post("/field/evening", data=given | {"note": "keep me"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert "keep me" in page
    assert told(session) is None


def test_only_days_of_two_weeks_are_closed(login_as, rep, day):
    client = login_as(rep)
    today = clock.today(ZONE)
    assert client.get(f"/field/evening?day={today - dt.timedelta(days=14)}").status_code == 200
    assert client.get(f"/field/evening?day={today - dt.timedelta(days=15)}").status_code == 404
    assert client.get(f"/field/evening?day={today + dt.timedelta(days=1)}").status_code == 404


def test_tomorrows_plan_is_taken_and_the_manager_sees_it(login_as, session, rep, day):
    tomorrow = make_walked_day(session, rep, names="XY", day=clock.today(ZONE) + dt.timedelta(days=1))
    client = login_as(rep)
    page = client.get("/field/evening").get_data(as_text=True)
    assert "Take this plan" in page
    assert client.post("/field/evening/accept", data={"day": tomorrow.day.isoformat()}).status_code == 302
    session.refresh(tomorrow)
    assert tomorrow.accepted_at is not None
    assert "Take this plan" not in client.get("/field/evening").get_data(as_text=True)
    planner = login_as(make.make_user(session, "planner"))
    assert "taken by the rep" in planner.get(f"/plans/{tomorrow.uuid}").get_data(as_text=True)


def test_the_manager_sees_who_runs_late(login_as, session, rep, day):
    day.late_minutes, day.late_at = 15, clock.now()
    session.flush()
    planner = login_as(make.make_user(session, "planner"))
    assert "15 min late" in planner.get(f"/plans/{day.uuid}").get_data(as_text=True)


def test_a_day_is_closed_from_the_phone(session, phone, rep, day):
    act = phone.act("day_closed", day=day.day, odometer_start_km=100.0, odometer_end_km=142.0, private_km=2.0, note="x")
    assert phone.states(act) == ["applied"]
    assert told(session).business_metres == 40_000
    wrong = phone.act("day_closed", day=day.day, odometer_start_km=100.0, odometer_end_km=42.0)
    answer = phone.send(wrong)[0]
    assert (answer["state"], answer["fault"]) == ("refused", "body.odometer_end_km")


@pytest.fixture
def november(session, rep):
    team = make.make_team(session)
    rep.team_id = team.id
    manager = make.make_user(session, "manager", team)
    other = make.make_user(session, "rep", name="=Other")
    for user, metres in ((rep, 42_500), (other, 10_000)):
        session.add(
            MileageDay(user_id=user.id, day=dt.date(2026, 11, 23), driven_metres=metres, private_metres=2_500, planned_metres=40_000,
                       is_by_odometer=False, visits=4, note="=1+1", closed_at=clock.now())
        )  # fmt: skip
    session.flush()
    return manager


def test_the_month_comes_as_csv_with_its_sum(login_as, rep, november):
    file = login_as(rep).get("/field/mileage/2026-11.csv").get_data(as_text=True)
    lines = file.strip().splitlines()
    assert len(lines) == 3
    assert "2026-11-23,,,40.0,42.5,40.0,2.5,stops visited,4,'=1+1" in lines[1]
    assert lines[2].startswith("Sum,,,,40.0,42.5,40.0,2.5,,4")


def test_the_month_comes_as_a_workbook(login_as, rep, november):
    answer = login_as(rep).get("/field/mileage/2026-11.xlsx")
    sheet = zipfile.ZipFile(io.BytesIO(answer.get_data())).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>42.5</v>" in sheet


def test_a_manager_gets_the_team_and_nobody_else(login_as, session, rep, november):
    client = login_as(november)
    file = client.get("/field/mileage/2026-11.csv?team=1").get_data(as_text=True)
    assert rep.name in file
    assert "Other" not in file
    assert login_as(rep).get("/field/mileage/2026-11.csv?team=1").status_code == 403
    assert "'=Other" in login_as(make.make_user(session, "admin")).get("/field/mileage/2026-11.csv?team=1").get_data(
        as_text=True
    )


@pytest.mark.parametrize(("path", "status"), [("2026-13.csv", 422), ("x.csv", 422), ("2026-11.pdf", 404)])
def test_other_words_are_refused(login_as, rep, path, status):
    assert login_as(rep).get(f"/field/mileage/{path}").status_code == status


def test_the_page_of_the_month_links_back_and_forth(login_as, rep, november):
    page = login_as(rep).get("/field/mileage?month=2026-11").get_data(as_text=True)
    assert "November 2026" in page
    assert "month=2026-10" in page
    assert "month=2026-12" in page
    assert "42.5 km" in page


def test_a_rep_cannot_write_anothers_mileage(session, as_user, rep, november):
    from sqlalchemy.exc import ProgrammingError

    other = make.make_user(session, "rep")
    with pytest.raises(ProgrammingError, match="row-level security"), as_user(rep) as own:
        mileage_services.close_day(own, other.id, dt.date(2026, 11, 24), visits=0, planned_metres=None, stops_metres=1)
