"""A person's own calendar on a real CalDAV server, in step with the days planned."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import sys
import time

import pytest

from gcrm.core import clock, config, jobs
from gcrm.core.errors import Invalid, Unavailable
from gcrm.routing import caldav, calendar_sync, queries, services, tasks
from gcrm.visits import services as visits
from tests import factories as make

radicale = pytest.importorskip("radicale", reason="no CalDAV server to test against")
import httpx  # noqa: E402 - it comes with the server
from icalendar import Calendar  # noqa: E402

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A calendar server of the module's own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").write_text("rita:herons wade\n")
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\n"
        f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {folder}/collections\n[logging]\nlevel = error\n"
    )
    with subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(folder / "config")]) as process:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield address
        process.terminate()


def _wait_for(address):
    for _ in range(100):
        try:
            httpx.get(address, timeout=1)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("Radicale did not start.")


class Person:
    """What a person does in their own calendar program."""

    def __init__(self, address: str, name: str) -> None:
        self.url = f"{address}/rita/{name}/"
        self.client = httpx.Client(auth=("rita", "herons wade"))
        assert self.client.request("MKCALENDAR", self.url).status_code == 201

    def events(self):
        """Name to (address, event)."""
        found = {}
        hrefs = list(self.client.request("PROPFIND", self.url, headers={"Depth": "1"}).text.split("<href>")[1:])
        for href in (line.split("</href>")[0] for line in hrefs):
            if href.endswith(".ics"):
                calendar = Calendar.from_ical(self.client.get(httpx.URL(self.url).join(href)).text)
                found[str(calendar.walk("VEVENT")[0]["summary"])] = (href, calendar)
        return found

    def move(self, name: str, by: dt.timedelta) -> None:
        href, calendar = self.events()[name]
        event = calendar.walk("VEVENT")[0]
        for word in ("dtstart", "dtend"):
            moved = event.decoded(word) + by
            del event[word]
            event.add(word, moved)
        answer = self.client.put(
            httpx.URL(self.url).join(href), content=calendar.to_ical(), headers={"Content-Type": "text/calendar"}
        )
        assert answer.status_code in (201, 204)


@pytest.fixture
def rep(session, monkeypatch, server):
    monkeypatch.setenv("GCRM_CALDAV_HOSTS", server.removeprefix("http://"))
    config.settings.cache_clear()
    make.make_organisation(session)
    yield make.make_user(session, "rep", home=HOME)
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.fixture
def person(server, request, rep):
    made = Person(server, request.node.name[:40].replace("[", "").replace("]", ""))
    calendar_sync.join(rep, made.url, "rita", "herons wade")
    return made


DAY = clock.today(ZONE) + dt.timedelta(days=3)


def worked_by(session, rep, count=4, day=DAY):
    for number in range(count):
        make.make_account(
            session, rep, name=f"Shop {number}", at=(HOME[0] + 0.01 * number, HOME[1]), tier="A", cadence_days=7
        )
    plan = services.request_plan(session, rep, day, queue=False)
    tasks.plan_day(session.principal, plan_id=plan.id)
    session.expire_all()
    services.publish(session, plan)
    session.commit()
    return queries.plan_by_uuid(session, plan.uuid)


def stop_named(session, rep, name, day=DAY):
    session.expire_all()
    return next(stop for stop in queries.published_plan(session, rep.id, day).stops if stop.account_name == name)


def test_published_stops_go_into_the_calendar_and_a_second_round_writes_nothing(session, rep, person):
    worked_by(session, rep)
    assert calendar_sync.sync(rep) == calendar_sync.Synced(written=4)
    assert set(person.events()) == {f"Shop {number}" for number in range(4)}
    assert calendar_sync.sync(rep) == calendar_sync.Synced()


def test_a_move_in_the_calendar_retimes_the_stop_once_and_echoes_nothing(session, rep, person):
    plan = worked_by(session, rep)
    name, stood = plan.stops[-1].account_name, plan.stops[-1].start_at
    calendar_sync.sync(rep)
    person.move(name, dt.timedelta(minutes=45))
    first = calendar_sync.sync(rep)
    assert (first.moved, first.refused) == (1, 0)
    assert stop_named(session, rep, name).start_at == stood + dt.timedelta(minutes=45)
    assert [calendar_sync.sync(rep) for _ in range(2)] == [calendar_sync.Synced()] * 2
    event = person.events()[name][1].walk("VEVENT")[0]
    assert event.decoded("dtstart") == stood + dt.timedelta(minutes=45)


def test_a_move_that_breaks_the_day_is_put_back(session, rep, person):
    plan = worked_by(session, rep)
    name, stood = plan.stops[-1].account_name, plan.stops[-1].start_at
    calendar_sync.sync(rep)
    person.move(name, dt.timedelta(hours=12))
    assert calendar_sync.sync(rep).refused == 1
    assert stop_named(session, rep, name).start_at == stood
    assert person.events()[name][1].walk("VEVENT")[0].decoded("dtstart") == stood
    assert calendar_sync.sync(rep) == calendar_sync.Synced()


def test_an_appointment_moves_with_its_event_and_the_day_is_planned_around_it(session, rep, person):
    met = make.make_account(session, rep, name="Met", at=HOME)
    visit = visits.schedule_visit(
        session, account=met, user=rep, starts_at=clock.at(DAY, dt.time(10), ZONE), minutes=30
    )
    worked_by(session, rep)
    calendar_sync.sync(rep)
    person.move("Met", dt.timedelta(hours=4))
    assert calendar_sync.sync(rep).moved == 1
    session.expire_all()
    assert visit.starts_at == clock.at(DAY, dt.time(14), ZONE) == stop_named(session, rep, "Met").start_at
    calendar_sync.sync(rep)
    assert calendar_sync.sync(rep) == calendar_sync.Synced()


def test_an_appointment_may_go_to_a_day_without_a_plan(session, rep, person):
    met = make.make_account(session, rep, name="Met", at=HOME)
    visit = visits.schedule_visit(
        session, account=met, user=rep, starts_at=clock.at(DAY, dt.time(10), ZONE), minutes=30
    )
    worked_by(session, rep)
    calendar_sync.sync(rep)
    person.move("Met", dt.timedelta(days=1))
    assert calendar_sync.sync(rep).moved == 1
    session.expire_all()
    assert visit.starts_at == clock.at(DAY + dt.timedelta(days=1), dt.time(10), ZONE)
    assert "Met" not in [stop.account_name for stop in queries.published_plan(session, rep.id, DAY).stops]


def test_a_stop_that_leaves_the_day_leaves_the_calendar(session, rep, person):
    plan = worked_by(session, rep)
    calendar_sync.sync(rep)
    stop_named(session, rep, plan.stops[0].account_name).status = "skipped"
    session.commit()
    assert calendar_sync.sync(rep).taken_away == 1
    assert plan.stops[0].account_name not in person.events()


def test_events_of_the_persons_own_are_left_alone(session, rep, person):
    worked_by(session, rep, 1)
    text = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:dentist\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20300101T090000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert (
        person.client.put(
            person.url + "dentist.ics", content=text, headers={"Content-Type": "text/calendar"}
        ).status_code
        == 201
    )
    assert calendar_sync.sync(rep).moved == 0
    assert set(person.events()) == {"Dentist", "Shop 0"}


def test_an_event_deleted_there_comes_back_since_the_stop_still_stands(session, rep, person):
    worked_by(session, rep, 1)
    calendar_sync.sync(rep)
    person.client.delete(httpx.URL(person.url).join(person.events()["Shop 0"][0]))
    assert calendar_sync.sync(rep).written == 1
    assert "Shop 0" in person.events()


def test_only_servers_that_the_installation_names_are_asked(rep, server):
    for url in ("http://169.254.169.254/", "file:///etc/passwd", server.replace("http://", "http://x@") + "/rita/x/"):
        with pytest.raises(Invalid, match="not on a calendar server"):
            calendar_sync.join(rep, url, "rita", "x")


def test_a_wrong_password_and_a_place_that_is_no_calendar_are_refused(rep, server):
    with pytest.raises(Invalid, match="name and password"):
        calendar_sync.join(rep, f"{server}/rita/none/", "rita", "wrong")
    with pytest.raises((Invalid, Unavailable)):
        calendar_sync.join(rep, f"{server}/rita/none/", "rita", "herons wade")


def test_the_password_is_sealed_in_the_database(session, rep, person):
    link = calendar_sync.link_of(rep.id)
    assert "herons" not in link.sealed_password
    from gcrm.core import secrets

    assert secrets.unseal(link.sealed_password) == "herons wade"


def test_every_joined_calendar_is_compared_in_its_persons_name(session, rep, person, monkeypatch):
    asked = []
    monkeypatch.setattr(
        jobs, "defer", lambda opened, name, **ids: asked.append((opened.principal, name, ids["user_id"]))
    )
    tasks.sync_calendars(timestamp=0)
    assert asked == [(rep.principal, "routing.sync_calendar", rep.id)]


def test_an_answer_with_a_document_type_is_not_read():
    class Answer:
        content = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'

    with pytest.raises(Unavailable, match="document type"):
        caldav._parsed(Answer())


def test_a_calendar_is_joined_compared_and_left_on_the_page(login_as, session, rep, server):
    made = Person(server, "by-the-page")
    client = login_as(rep)
    assert "Both ways" in client.get("/plans/calendar").text
    refused = client.post(
        "/plans/calendar/link", data={"url": made.url, "username": "rita", "password": "wrong"}, follow_redirects=True
    )
    assert "refuses this name and password" in refused.text
    client.post("/plans/calendar/link", data={"url": made.url, "username": "rita", "password": "herons wade"})
    page = client.get("/plans/calendar").text
    assert made.url in page
    assert "herons wade" not in page
    jobs.run_now("routing.sync_calendar", rep.principal, user_id=rep.id)
    assert calendar_sync.link_of(rep.id).synced_at is not None
    client.post("/plans/calendar/link", data={"end": "1"})
    assert calendar_sync.link_of(rep.id) is None
