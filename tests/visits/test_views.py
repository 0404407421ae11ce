"""Tasks, appointments and activities as people use them."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from gcrm.core import clock
from gcrm.visits import services
from gcrm.visits.models import Activity, Task, Visit
from tests import factories as make
from tests.visits.conftest import ZONE

DAY = dt.timedelta(days=1)


@pytest.fixture
def rep(company, login_as):
    return login_as(company.rep)


def said(answer) -> str:
    return re.sub(r"\s+", " ", answer.text)


def today() -> dt.date:
    return clock.today(ZONE)


def undo_of(page: str) -> str:
    return re.search(
        r'<form method="post" action="([^"]+)">\s*<input[^>]+>\s*<button class="btn btn-sm btn-quiet">Undo', page
    )[1]


# -- tasks


def test_tasks_stand_under_when_they_are_due(rep, company, session):
    for title, due in (("Late one", -1), ("Todays one", 0), ("Later one", 30)):
        make.make_task(session, company.account, company.rep, title=title, due_on=today() + due * DAY)
    page = said(rep.get("/tasks"))
    assert "3 open, 1 overdue" in page
    assert page.index("Late one") < page.index("Todays one") < page.index("Later one")


def test_an_empty_list_says_where_tasks_come_from(rep, company):
    assert "Nothing to do" in rep.get("/tasks").text


def test_a_tick_can_be_undone(rep, company, session):
    task = make.make_task(session, company.account, company.rep)
    assert rep.post(f"/tasks/{task.uuid}/done").headers["Location"] == "/tasks"
    session.refresh(task)
    assert task.done_at is not None
    assert rep.post(undo_of(rep.get("/tasks").text)).status_code == 302
    session.refresh(task)
    assert task.done_at is None


def test_a_task_is_added_and_changed(rep, company, session):
    assert "Which account" in rep.get("/tasks/new").text
    fields = {
        "account": str(company.account.uuid),
        "title": "Send it",
        "due_on": "2026-12-01",
        "needs_visit": "y",
        "person": str(company.rep.uuid),
    }
    assert rep.get(f"/tasks/new?account={company.account.uuid}").status_code == 200
    assert rep.post("/tasks/new", data=fields).headers["Location"] == "/tasks"
    task = session.query(Task).one()
    assert (task.title, task.due_on, task.needs_visit, task.user_id) == (
        "Send it",
        dt.date(2026, 12, 1),
        True,
        company.rep.id,
    )
    page = rep.get(f"/tasks/{task.uuid}").text
    assert 'value="2026-12-01"' in page
    changed = {"title": "Send it again", "due_on": "", "person": str(company.rep.uuid)}
    assert rep.post(f"/tasks/{task.uuid}", data=changed).status_code == 302
    session.refresh(task)
    assert (task.title, task.due_on, task.needs_visit) == ("Send it again", None, False)


def test_a_task_without_a_word_is_refused_at_its_field(rep, company):
    answer = rep.post(
        "/tasks/new",
        data={"account": str(company.account.uuid), "title": " ", "person": str(company.rep.uuid), "note": "kept"},
    )
    assert answer.status_code == 422
    assert "Say in a line" in answer.text
    assert "kept" in answer.text


def test_a_manager_looks_at_the_tasks_of_the_own_people(company, login_as, session):
    make.make_task(session, company.account, company.rep, title="Of Ann")
    make.make_task(session, company.hidden, company.other, title="Of Bob")
    client = login_as(company.manager)
    page = client.get("/tasks").text
    assert ("Ann Rep" in page, "Bob Other" in page) == (True, False)
    assert "Of Ann" in client.get(f"/tasks?person={company.rep.uuid}").text
    assert client.get(f"/tasks?person={company.other.uuid}").status_code == 404
    assert client.get("/tasks?person=nobody").status_code == 404
    task = {"account": str(company.account.uuid), "title": "For Ann", "person": str(company.rep.uuid)}
    assert client.post("/tasks/new", data=task).headers["Location"] == f"/tasks?person={company.rep.uuid}"


def test_a_rep_looks_at_nobody_elses_tasks(rep, company):
    assert rep.get(f"/tasks?person={company.other.uuid}").status_code == 403


# -- appointments and visits


def appointment(company, **fields):
    return {
        "account": str(company.account.uuid), "day": (today() + DAY).isoformat(), "time": "10:00", "minutes": "45",
        "person": str(company.rep.uuid), "purpose": "Demo", "contact": "",
    } | fields  # fmt: skip


def test_an_appointment_is_made_in_the_accounts_own_time(rep, company, session):
    company.account.timezone = "Asia/Seoul"
    session.flush()
    assert "Asia/Seoul" in rep.get(f"/visits/new?account={company.account.uuid}").text
    answer = rep.post("/visits/new", data=appointment(company, day="2027-01-04", time="10:00"))
    made = session.query(Visit).one()
    assert answer.headers["Location"] == f"/visits/{made.uuid}"
    assert made.starts_at == dt.datetime(2027, 1, 4, 1, tzinfo=dt.UTC)
    page = said(rep.get(answer.headers["Location"]))
    assert "10:00" in page
    assert "Demo" in page


def test_two_appointments_at_once_are_refused_with_what_was_typed_kept(rep, company):
    rep.post("/visits/new", data=appointment(company))
    answer = rep.post("/visits/new", data=appointment(company, time="10:30", purpose="Second thing"))
    assert answer.status_code == 422
    assert "has an appointment already from 10:00" in answer.text
    assert "Second thing" in answer.text


def test_an_appointment_is_cancelled_and_stands_again(rep, company, session):
    url = rep.post("/visits/new", data=appointment(company)).headers["Location"]
    rep.post(f"{url}/cancel")
    page = rep.get(url).text
    assert "Cancelled" in page
    rep.post(undo_of(page))
    assert session.query(Visit).one().status == "planned"


def test_what_came_of_an_appointment_is_logged_at_the_desk(rep, company, session):
    url = rep.post("/visits/new", data=appointment(company)).headers["Location"]
    refused = rep.post(url, data={"note": "kept"})
    assert refused.status_code == 422
    assert "Choose what came of it" in refused.text
    assert "kept" in refused.text
    assert rep.post(url, data={"outcome": "order", "note": "Ten boxes", "next_step": "Invoice"}).status_code == 302
    page = said(rep.get(url))
    assert "Order" in page
    assert "Ten boxes" in page
    assert session.query(Task).one().title == "Invoice"


def test_a_visit_made_without_an_appointment_is_logged(rep, company, session):
    fields = {
        "account": str(company.account.uuid),
        "outcome": "interested",
        "day": (today() - DAY).isoformat(),
        "time": "14:30",
    }
    answer = rep.post("/visits/log", data=fields)
    assert answer.headers["Location"] == f"/accounts/{company.account.uuid}"
    visit = session.query(Visit).one()
    assert visit.finished_at == clock.at(today() - DAY, dt.time(14, 30), ZONE)
    assert rep.post("/visits/log", data=fields | {"day": "2099-01-01"}).status_code == 422


def test_an_own_visit_shows_without_the_account_that_went_away(rep, company, session):
    url = rep.post("/visits/new", data=appointment(company)).headers["Location"]
    company.account.owner_id = company.other.id
    session.flush()
    session.expire_all()
    page = said(rep.get(url))
    assert "with somebody else now" in page
    assert "Mine" not in page.replace("Mine</option>", "")


# -- activities


def test_a_call_is_logged_in_one_step_from_the_account(rep, company, session):
    page = rep.get(f"/accounts/{company.account.uuid}").text
    assert 'id="quick-log"' in page
    answer = rep.post(
        "/activities/new", data={"account": str(company.account.uuid), "kind": "call", "subject": "Asked about stock"}
    )
    assert answer.headers["Location"] == f"/accounts/{company.account.uuid}"
    made = session.query(Activity).one()
    assert (made.kind, made.subject, made.user_id) == ("call", "Asked about stock", company.rep.id)
    assert "Asked about stock" in rep.get(answer.headers["Location"]).text


def test_an_activity_knows_its_contact_and_its_time(rep, company, session):
    contact = make.make_contact(session, company.account, name="Kim")
    assert "Kim" in rep.get(f"/activities/new?account={company.account.uuid}&kind=meeting").text
    fields = {
        "account": str(company.account.uuid), "kind": "meeting", "subject": "x", "contact": str(contact.uuid),
        "day": (today() - DAY).isoformat(), "time": "09:15",
    }  # fmt: skip
    rep.post("/activities/new", data=fields)
    made = session.query(Activity).one()
    assert (made.contact_id, made.at) == (contact.id, clock.at(today() - DAY, dt.time(9, 15), ZONE))


@pytest.mark.parametrize("fields", [{"kind": "fax"}, {"subject": ""}, {"subject": "x" * 301}, {"day": "someday"}])
def test_what_is_no_activity_is_refused(rep, company, session, fields):
    usual = {"account": str(company.account.uuid), "kind": "call", "subject": "x"}
    assert rep.post("/activities/new", data=usual | fields).status_code == 422
    assert session.query(Activity).count() == 0


# -- the account's page


def test_the_accounts_page_shows_what_is_planned_what_was_and_what_is_to_do(rep, company, session):
    make.make_task(session, company.account, company.rep, title="Send the offer")
    make.make_visit(
        session,
        company.account,
        company.rep,
        status="planned",
        starts_at=clock.now() + DAY,
        minutes=30,
        purpose="Yearly talk",
    )
    services.log_activity(
        session, account_id=company.account.id, user_id=company.rep.id, kind="call", subject="Asked about stock"
    )
    make.make_opportunity(session, company.account, company.rep, name="Forklifts", amount_minor=990_000)
    page = said(rep.get(f"/accounts/{company.account.uuid}"))
    for text in ("Send the offer", "Yearly talk", "Asked about stock", "Forklifts", "$9,900.00", "Log a visit"):
        assert text in page


def test_the_timeline_says_outcomes_in_words(rep, company, session):
    make.make_touch(session, company.account, company.rep, kind="visit", summary="not_met", detail="Closed")
    page = said(rep.get(f"/accounts/{company.account.uuid}"))
    assert "Nobody met" in page
    assert "not_met" not in page


# -- who may what


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_other_half_is_neither_seen_nor_written(company, login_as, session, role):
    client = login_as(getattr(company, role))
    visit = make.make_visit(
        session, company.hidden, company.other, status="planned", starts_at=clock.now() + DAY, minutes=30
    )
    task = make.make_task(session, company.hidden, company.other, title="Secret task")
    hidden = str(company.hidden.uuid)
    for path in (f"/visits/{visit.uuid}", f"/tasks/{task.uuid}", f"/visits/new?account={hidden}", f"/visits/log?account={hidden}",
                 f"/activities/new?account={hidden}", f"/tasks/new?account={hidden}"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "Theirs" not in answer.text
    for path in (f"/visits/{visit.uuid}", f"/visits/{visit.uuid}/cancel", f"/visits/{visit.uuid}/restore", f"/tasks/{task.uuid}",
                 f"/tasks/{task.uuid}/done", f"/tasks/{task.uuid}/reopen"):  # fmt: skip
        assert client.post(path, data={"title": "x", "outcome": "order"}).status_code == 404, path
    for path in ("/visits/new", "/visits/log", "/activities/new", "/tasks/new"):
        assert client.post(path, data={"account": hidden, "title": "x", "subject": "x"}).status_code == 404, path


def test_no_foreign_address_is_followed(rep, company, session):
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
        task = make.make_task(session, company.account, company.rep)
        assert rep.post(f"/tasks/{task.uuid}/done", data={"next": wanted}).headers["Location"] == "/tasks"


def test_what_people_type_is_never_markup(rep, company, session):
    evil = '<script>alert("x")</script>'
    account = make.make_account(session, company.rep, name=f"{evil}account")
    task = make.make_task(session, account, company.rep, title=f"{evil}task", note=f"{evil}note")
    done = make.make_visit(
        session, account, company.rep, status="done", outcome="order", finished_at=clock.now(), note=f"{evil}note",
        next_step=f"{evil}step", purpose=f"{evil}purpose", no_position_reason=f"{evil}reason",
    )  # fmt: skip
    services.log_activity(
        session,
        account_id=account.id,
        user_id=company.rep.id,
        kind="note",
        subject=f"{evil}subject",
        note=f"{evil}note",
    )
    for path in ("/tasks", f"/tasks/{task.uuid}", f"/visits/{done.uuid}", f"/accounts/{account.uuid}",
                 f"/activities/new?account={account.uuid}", f"/visits/new?account={account.uuid}"):  # fmt: skip
        assert "<script>alert" not in rep.get(path).text, path


def test_the_task_list_asks_as_much_for_many_as_for_one(rep, company, session, count_queries):
    make.make_task(session, company.account, company.rep)
    rep.get("/tasks")
    count_queries.clear()
    rep.get("/tasks")
    few = len(count_queries)
    for _ in range(12):
        make.make_task(session, make.make_account(session, company.rep), company.rep)
    session.expire_all()
    count_queries.clear()
    rep.get("/tasks")
    assert len(count_queries) == few


def test_the_form_of_a_task_shows_that_it_needs_a_visit(login_as, company, session):
    task = make.make_task(session, company.account, company.rep, needs_visit=True)
    assert "checked" in login_as(company.rep).get(f"/tasks/{task.uuid}").text
