"""A person's calendar feed: what it shows, to whom, and until when."""

from __future__ import annotations

import datetime as dt

import pytest
from icalendar import Calendar
from sqlalchemy import text

from gcrm.core import clock, db
from gcrm.core.geo import ewkt
from gcrm.people.models import User
from gcrm.routing import feeds, queries
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make

ZONE = "America/New_York"


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=(-76.88, 40.27))


def published(session, rep, *names, day=None, hour=9):
    day = day or clock.today(ZONE) + dt.timedelta(days=1)
    plan = DayPlan(
        rep_id=rep.id, day=day, status="published", published_at=clock.now(), travel_seconds=0, travel_metres=0
    )
    session.add(plan)
    session.flush()
    for position, name in enumerate(names, start=1):
        account = make.make_account(session, rep, name=name)
        start = clock.at(day, dt.time(hour + position), ZONE)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=name, location=ewkt(-76.9, 40.3),
                arrive_at=start, start_at=start, depart_at=start + dt.timedelta(minutes=30), travel_seconds=60,
                travel_metres=900, why={"tier": "A"},
            )
        )  # fmt: skip
    session.flush()
    session.expire_all()
    return queries.plan_by_uuid(session, plan.uuid)


def events(text_):
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(text_).walk("VEVENT")}


def test_the_feed_shows_published_stops_to_whoever_holds_the_secret(client, session, rep):
    published(session, rep, "First", "Second")
    secret = feeds.make(rep.id)
    answer = client.get(f"/calendar/{secret}.ics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert set(events(answer.data)) == {"First", "Second"}
    assert events(answer.data)["First"]["DTSTART"].params["TZID"] == ZONE
    assert client.get(f"/calendar/{secret}.ics", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_only_a_digest_of_the_secret_is_kept(session, rep):
    secret = feeds.make(rep.id)
    with db.transaction(None) as bare:
        rows = bare.execute(text("SELECT calendar_feeds::text FROM calendar_feeds")).scalars().all()
    assert len(rows) == 1
    assert secret not in rows[0]


def test_a_new_secret_ends_the_old_one_and_the_feed_can_be_ended(client, session, rep):
    old = feeds.make(rep.id)
    new = feeds.make(rep.id)
    assert [client.get(f"/calendar/{secret}.ics").status_code for secret in (old, new)] == [404, 200]
    feeds.end(rep.id)
    assert client.get(f"/calendar/{new}.ics").status_code == 404


@pytest.mark.parametrize("change", ["active = false", "role = 'marketer'"])
def test_the_feed_dies_with_the_persons_access(client, session, rep, change):
    secret = feeds.make(rep.id)
    with db.transaction(None) as bare:
        bare.execute(text(f"UPDATE users SET {change} WHERE id = :id"), {"id": rep.id})
    assert client.get(f"/calendar/{secret}.ics").status_code == 404


def test_a_feed_shows_nothing_of_anybody_elses_day(client, session, rep):
    published(session, rep, "Theirs")
    other = make.make_user(session, "rep")
    session.flush()
    assert events(client.get(f"/calendar/{feeds.make(other.id)}.ics").data) == {}


def test_a_stop_that_moves_keeps_its_uid_and_gets_a_higher_sequence(client, session, rep):
    plan = published(session, rep, "First", "Second")
    secret = feeds.make(rep.id)
    before = events(client.get(f"/calendar/{secret}.ics").data)
    plan.stops[0].start_at += dt.timedelta(minutes=20)
    session.flush()
    after = events(client.get(f"/calendar/{secret}.ics").data)
    again = events(client.get(f"/calendar/{secret}.ics").data)
    assert before["First"]["UID"] == after["First"]["UID"]
    assert [seen["First"]["SEQUENCE"] for seen in (before, after, again)] == [0, 1, 1]
    assert [seen["Second"]["SEQUENCE"] for seen in (before, after)] == [0, 0]


def test_reading_again_writes_nothing(session, rep, count_queries):
    published(session, rep, "First", "Second")
    person = session.get_one(User, rep.id)
    feeds.calls_of(session, person)
    count_queries.clear()
    feeds.calls_of(session, person)
    assert not [statement for statement in count_queries if statement.startswith(("INSERT", "UPDATE"))]


def test_an_appointment_shows_on_a_day_without_a_plan_and_once_on_a_day_with_one(session, rep):
    account = make.make_account(session, rep, name="Met")
    day = clock.today(ZONE) + dt.timedelta(days=3)
    visit = make.make_visit(session, account, rep, starts_at=clock.at(day, dt.time(10), ZONE), minutes=45)
    alone = feeds.calls_of(session, session.get_one(User, rep.id))
    assert [(call.uid, call.depart - call.start) for call in alone] == [(visit.uuid, dt.timedelta(minutes=45))]
    plan = published(session, rep, "Met", day=day)
    plan.stops[0].visit_id, plan.stops[0].is_fixed = visit.id, True
    session.flush()
    session.expire_all()
    assert [call.uid for call in feeds.calls_of(session, session.get_one(User, rep.id))] == [visit.uuid]


def test_a_skipped_stop_leaves_the_calendar(session, rep):
    plan = published(session, rep, "First", "Second")
    plan.stops[0].status = "skipped"
    session.flush()
    assert [call.name for call in feeds.calls_of(session, session.get_one(User, rep.id))] == ["Second"]


def test_the_page_shows_the_address_once(login_as, session, rep):
    client = login_as(rep)
    made = client.post("/plans/calendar").text
    assert ".ics" in made
    assert "webcal://" in made
    assert ".ics" not in client.get("/plans/calendar").text
    client.post("/plans/calendar", data={"end": "1"})
    assert feeds.feed_of(rep.id) is None


@pytest.mark.parametrize(("ext", "mimetype"), [("ics", "text/calendar"), ("gpx", "application/gpx+xml"),
                                               ("kml", "application/vnd.google-earth.kml+xml"), ("csv", "text/csv")])  # fmt: skip
def test_a_day_can_be_taken_as_a_file(login_as, session, rep, ext, mimetype):
    plan = published(session, rep, "First", "Second")
    answer = login_as(rep).get(f"/plans/{plan.uuid}/day.{ext}")
    assert answer.status_code == 200
    assert answer.mimetype == mimetype
    assert b"Second" in answer.data
    assert f"{plan.day.isoformat()}-" in answer.headers["Content-Disposition"]


def test_pages_of_handing_over_name_the_map_apps_and_the_sheet_lists_every_stop(login_as, session, rep):
    plan = published(session, rep, "First", "Second")
    client = login_as(rep)
    page = client.get(f"/plans/{plan.uuid}/handover").text
    assert all(
        host in page
        for host in ("google.com/maps/dir", "maps.apple.com", "waze.com/ul", "map.kakao.com", "nmap://route")
    )
    paper = client.get(f"/plans/{plan.uuid}/print").text
    assert "First" in paper
    assert "Second" in paper
