"""Acts of a phone: kept, applied once, answered one by one."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select

from gcrm.core import clock
from gcrm.customers.models import Account, Touch
from gcrm.field.models import FieldAct
from gcrm.visits.models import Activity, Task, Visit
from tests import factories as make
from tests.field.phone import Phone, ident

HERE = {"lon": -76.88, "lat": 40.271, "accuracy": 8.0, "taken_at": None}


def count(session, model) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(model))


def visit_of(session) -> Visit:
    session.expire_all()
    return session.scalars(select(Visit)).one()


@pytest.fixture
def alpha(accounts):
    return accounts[0].uuid


def test_a_visit_from_arrival_to_log_is_applied_and_moves_the_list_on(phone, session, stops, alpha):
    visit, stop = ident(), stops()[0].uuid
    answers = phone.send(
        phone.act("arrived", visit=visit, account=alpha, stop=stop, place=HERE),
        phone.act("finished", visit=visit, account=alpha, stop=stop, outcome="order", note="Two pallets", next_step="Send the offer", next_step_on="2030-01-07"),
    )  # fmt: skip
    assert [answer["state"] for answer in answers] == ["applied", "applied"]
    assert answers[0]["result"] == {"visit": visit}
    made = visit_of(session)
    assert (str(made.uuid), made.status, made.note) == (visit, "done", "Two pallets")
    assert made.distance_metres == pytest.approx(111.2, abs=0.2)  # a thousandth of a degree of latitude
    assert [each.status for each in stops()] == ["done", "ahead"]
    assert session.scalar(select(Task.due_on)) == dt.date(2030, 1, 7)
    assert session.scalar(select(Touch.detail).where(Touch.kind == "visit")) == "Two pallets"


def test_the_same_batch_twice_is_applied_once_and_answered_alike(phone, session, alpha):
    batch = [phone.act("noted", activity=ident(), account=alpha, subject="Asked about stock")]
    first, second = phone.send(*batch), phone.send(*batch)
    assert first == second
    assert count(session, Activity) == 1


def test_an_act_twice_in_one_batch_is_applied_once(phone, session, alpha):
    act = phone.act("noted", activity=ident(), account=alpha, subject="Asked about stock")
    assert phone.states(act, act) == ["applied", "applied"]
    assert count(session, Activity) == 1


def test_the_same_id_with_another_body_says_that_the_first_counts(phone, session, alpha):
    act = phone.act("noted", activity=ident(), account=alpha, subject="First")
    phone.send(act)
    act["body"]["subject"] = "Second"
    (answer,) = phone.send(act)
    assert answer["state"] == "applied"
    assert "what came first counts" in answer["why"]
    assert session.scalar(select(Activity.subject)) == "First"


def test_a_log_before_its_arrival_makes_the_visit_and_the_arrival_joins_it(phone, session, alpha):
    visit = ident()
    arrived = phone.act("arrived", at=phone.now - dt.timedelta(minutes=40), visit=visit, account=alpha, place=HERE)
    finished = phone.act("finished", visit=visit, account=alpha, outcome="order")
    assert phone.states(finished) == ["applied"]
    (answer,) = phone.send(arrived)
    assert answer["state"] == "merged"
    made = visit_of(session)
    assert (made.finished_at - made.arrived_at).total_seconds() == pytest.approx(2400, abs=5)
    assert made.distance_metres is not None
    assert made.no_position_reason is None


def test_an_arrival_that_is_heard_of_late_tells_when_its_position_was_measured_and_why_it_is_far(phone, session, alpha):
    visit, at = ident(), phone.now - dt.timedelta(minutes=40)
    place = HERE | {"lat": 40.29, "taken_at": (at - dt.timedelta(seconds=50)).isoformat()}
    arrived = phone.act("arrived", at=at, visit=visit, account=alpha, place=place, far_reason="The back gate")
    assert phone.states(phone.act("finished", visit=visit, account=alpha, outcome="order")) == ["applied"]
    (answer,) = phone.send(arrived)
    assert (answer["state"], answer["result"]) == ("merged", {"visit": visit})
    made = visit_of(session)
    assert (made.far_reason, made.is_far, made.radius_metres) == ("The back gate", True, 150)
    assert made.arrived_at - made.position_at == dt.timedelta(seconds=50)


def test_an_arrival_that_is_heard_of_late_with_an_old_position_has_none(phone, session, alpha):
    visit, at = ident(), phone.now - dt.timedelta(minutes=40)
    place = HERE | {"taken_at": (at - dt.timedelta(minutes=7)).isoformat()}
    phone.send(phone.act("finished", visit=visit, account=alpha, outcome="order"))
    assert phone.states(phone.act("arrived", at=at, visit=visit, account=alpha, place=place)) == ["merged"]
    made = visit_of(session)
    assert (made.arrived_point, made.position_at, made.no_position_reason) == (None, None, "old 7")


def test_an_arrival_told_again_adds_the_reason_and_keeps_the_first_position(phone, session, alpha):
    visit = ident()
    first = phone.act("arrived", visit=visit, account=alpha, place=HERE | {"taken_at": phone.now.isoformat()})
    phone.send(first)
    before = visit_of(session)
    known = (before.position_at, before.distance_metres)
    further = HERE | {"lat": 40.4, "taken_at": phone.now.isoformat()}
    again = phone.act("arrived", visit=visit, account=alpha, place=further, far_reason="The depot")
    assert phone.states(again, phone.act("arrived", visit=visit, account=alpha, far_reason="Other")) == ["merged"] * 2
    made = visit_of(session)
    assert (made.far_reason, (made.position_at, made.distance_metres)) == ("The depot", known)


def test_the_same_log_from_another_phone_is_merged_another_one_is_a_conflict(phone, session, stops, alpha):
    stop = stops()[0].uuid
    other = Phone(phone.client, phone.person)
    log = {"account": alpha, "stop": stop, "outcome": "order", "note": "Two pallets"}
    phone.send(phone.act("finished", visit=ident(), **log))
    assert other.states(other.act("finished", visit=ident(), **log)) == ["merged"]
    (answer,) = other.send(other.act("finished", visit=ident(), **(log | {"outcome": "not_met"})))
    assert answer["state"] == "conflict"
    assert answer["current"]["outcome"] == "order"
    assert count(session, Visit) == 1


def test_an_act_that_amends_a_conflict_takes_its_place(phone, session, stops, alpha):
    stop = stops()[0].uuid
    log = {"visit": ident(), "account": alpha, "stop": stop}
    phone.send(phone.act("finished", **log, outcome="order", note="First", next_step="Call"))
    again = phone.act("finished", **log, outcome="interested", note="Second", next_step="Call")
    phone.send(again)
    assert phone.states(phone.act("finished", amends=again["id"], **again["body"])) == ["applied"]
    made = visit_of(session)
    assert (made.outcome, made.note) == ("interested", "Second")
    assert session.scalars(select(Touch.summary).where(Touch.kind == "visit")).all() == ["interested"]
    assert count(session, Task) == 1


def test_a_done_stop_cannot_be_skipped(phone, stops, alpha):
    stop = stops()[0].uuid
    phone.send(phone.act("finished", visit=ident(), account=alpha, stop=stop, outcome="order"))
    (answer,) = phone.send(phone.act("skipped", stop=stop))
    assert (answer["state"], answer["why"]) == ("refused", "This stop is finished already.")


def test_skipping_twice_is_merged_and_can_be_undone(phone, stops):
    stop = stops()[0].uuid
    assert phone.states(phone.act("skipped", stop=stop), phone.act("skipped", stop=stop)) == ["applied", "merged"]
    assert phone.states(phone.act("unskipped", stop=stop), phone.act("unskipped", stop=stop)) == ["applied", "merged"]
    assert stops()[0].status == "ahead"


def test_a_task_added_done_and_reopened_on_the_phone(phone, session, alpha):
    task = ident()
    added = phone.act("task_added", task=task, account=alpha, title="Send samples", due_on="2030-01-07")
    done = [phone.act("task_done", task=task), phone.act("task_done", task=task)]
    assert phone.states(added, *done) == ["applied", "applied", "merged"]
    assert session.scalar(select(Task.done_at)) is not None
    assert phone.states(phone.act("task_reopened", task=task)) == ["applied"]
    session.expire_all()
    assert session.scalar(select(Task.done_at)) is None


def test_what_came_too_early_waits_for_what_it_needs(phone, session, alpha):
    task = ident()
    added = phone.act("task_added", task=task, account=alpha, title="Send samples")
    done = phone.act("task_done", task=task)
    assert phone.states(done) == ["kept"]
    assert phone.states(added) == ["applied"]
    assert phone.ask(done["id"])[0]["state"] == "applied"
    assert session.scalar(select(Task.done_at)) is not None


def test_what_can_come_no_more_is_refused_with_its_reason(phone):
    (answer,) = phone.send(phone.act("task_done", task=ident()))
    assert (answer["state"], answer["why"]) == ("refused", "There is no such task.")


def test_after_a_day_of_waiting_an_act_is_refused(phone, session):
    phone.seq = 5  # Acts 1 to 5 never came.
    act = phone.act("task_done", task=ident())
    assert phone.states(act) == ["kept"]
    kept = session.get(FieldAct, uuid.UUID(act["id"]))
    kept.received_at -= dt.timedelta(hours=25)
    session.flush()
    assert phone.ask(act["id"])[0]["state"] == "refused"


def test_an_account_that_went_to_somebody_else_is_accepted_for_who_stood_before_it(phone, session, stops, accounts):
    alpha, beta = accounts
    for account in accounts:
        account.owner_id = make.make_user(session).id
    session.flush()
    assert phone.states(
        phone.act("finished", visit=ident(), account=alpha.uuid, stop=stops()[0].uuid, outcome="order"),
        phone.act("called", activity=ident(), account=beta.uuid, subject="Nobody there"),
    ) == ["applied", "applied"]
    session.expire_all()
    assert session.get(Account, alpha.id).last_visited_on is not None


def test_an_account_that_never_was_ones_own_is_refused(phone, session):
    hidden = make.make_account(session, make.make_user(session))
    (answer,) = phone.send(phone.act("called", activity=ident(), account=hidden.uuid, subject="Who is there"))
    assert answer["state"] == "refused"
    assert count(session, Activity) == 0


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_wrong_by_days_is_corrected(phone, session, alpha, days):
    phone.behind = dt.timedelta(days=days)
    phone.send(phone.act("noted", activity=ident(), account=alpha, subject="x"))
    assert abs((session.scalar(select(Activity.at)) - clock.now()).total_seconds()) < 60
    kept = session.scalar(select(FieldAct))
    assert abs((kept.at - kept.said_at) - phone.behind) < dt.timedelta(seconds=5)


def test_a_clock_that_is_right_within_two_minutes_is_left_alone(phone, session, alpha):
    phone.behind = dt.timedelta(seconds=100)
    act = phone.act("noted", activity=ident(), account=alpha, subject="x")
    phone.send(act)
    assert session.scalar(select(FieldAct.at)).isoformat() == act["at"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"place": {"lon": float("nan"), "lat": 40.0}}, "place.lon"),
        ({"place": {"lon": -76.9, "lat": 400}}, "place.lat"),
        ({"place": "here"}, "place"),
        ({"kind": "danced"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": 7}, "kind"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-23T09:30:00"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": None}, "at"),
        ({"seq": -1}, "seq"),
        ({"seq": 1e400}, "seq"),
        ({"seq": 10**40}, "seq"),
        ({"seq": True}, "seq"),
        ({"amends": "x"}, "amends"),
        ({"body": []}, "body"),
        ({"body": {"visit": "x"}}, "body.visit"),
        ({"body": {}}, "body.visit"),
    ],
)
def test_what_is_wrong_in_one_act_refuses_that_act_alone(phone, session, alpha, change, fault):
    wrong = phone.act("arrived", visit=ident(), account=alpha) | change
    right = phone.act("noted", activity=ident(), account=alpha, subject="x")
    answers = phone.send(wrong, right)
    assert [answer["state"] for answer in answers] == ["refused", "applied"]
    assert answers[0]["fault"] == fault
    assert answers[0]["why"].endswith(".")
    assert count(session, Visit) == 0
    assert phone.send(wrong)[0] == answers[0]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"outcome": "danced"}, "body.outcome"),
        ({"outcome": "order", "note": "x" * 1_000_000}, "body"),
        ({"outcome": "order", "note": "x" * 50_000}, "body.note"),
        ({"outcome": "order", "next_step_on": "someday"}, "body.next_step_on"),
        ({"outcome": "order", "satisfaction": 9}, "body.satisfaction"),
        ({"outcome": "order", "colour": "red"}, "body.colour"),
    ],
)
def test_a_log_that_cannot_be_is_refused_at_its_field(phone, session, alpha, body, fault):
    (answer,) = phone.send(phone.act("finished", visit=ident(), account=alpha, **body))
    assert (answer["state"], answer["fault"]) == ("refused", fault)
    assert count(session, Visit) == 0


def test_signs_that_no_database_takes_are_left_out(phone, session, alpha):
    assert phone.states(phone.act("noted", activity=ident(), account=alpha, subject="a\0b\ud800c")) == ["applied"]
    assert session.scalar(select(Activity.subject)) == "ab?c"


@pytest.mark.parametrize("schema", [0, 2])
def test_an_act_of_another_schema_is_refused_and_can_come_again(phone, session, alpha, schema):
    act = phone.act("noted", activity=ident(), account=alpha, subject="x")
    (answer,) = phone.send(act, schema=schema)
    assert (answer["state"], answer["fault"]) == ("refused", "schema")
    assert phone.states(act) == ["applied"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"acts": 1}', b"\xff", b"[" * 100_000, b'{"acts": [], "phone": "x", "schema": 1}']
)
def test_what_is_no_batch_is_refused_whole(phone, raw):
    answer = phone.client.post("/field/acts", data=raw, headers=phone.headers)
    assert answer.status_code in (400, 422)
    assert answer.json["detail"]


def test_more_than_two_hundred_acts_are_no_batch(phone, session, alpha):
    batch = [phone.act("noted", activity=ident(), account=alpha, subject="x") for _ in range(201)]
    assert phone.post(batch).status_code == 422
    assert count(session, FieldAct) == 0


def test_acts_without_an_id_are_refused_and_the_others_kept(phone, alpha):
    right = phone.act("noted", activity=ident(), account=alpha, subject="x")
    assert phone.states(7, {"id": "x"}, {}, right) == ["refused", "refused", "refused", "applied"]


def test_somebody_elses_acts_are_not_taken(phone, session, login_as, alpha):
    other = make.make_user(session, "rep")
    act = phone.act("noted", activity=ident(), account=alpha, subject="x")
    theirs = Phone(login_as(other), phone.person)
    assert theirs.post([act]).status_code == 409
    assert count(session, FieldAct) == 0


def test_an_id_of_somebody_elses_act_is_refused(phone, session, login_as, alpha):
    act = phone.act("noted", activity=ident(), account=alpha, subject="x")
    phone.send(act)
    other = make.make_user(session, "rep")
    theirs = Phone(login_as(other), other)
    (answer,) = theirs.send(act)
    assert (answer["state"], answer["fault"]) == ("refused", "id")
    assert theirs.ask(act["id"]) == []


def test_another_persons_visit_is_not_taken_over(phone, session, alpha):
    theirs = make.make_visit(session, session.scalars(select(Account)).first(), make.make_user(session))
    (answer,) = phone.send(phone.act("arrived", visit=theirs.uuid, account=alpha))
    assert (answer["state"], answer["fault"]) == ("refused", "body.visit")


def test_who_may_not_plan_routes_finds_nothing_here(session, login_as):
    make.make_organisation(session)
    marketer = make.make_user(session, "marketer")
    assert Phone(login_as(marketer), marketer).post([]).status_code == 404


def test_a_cancelled_appointment_that_was_made_all_the_same_counts(phone, session, rep, accounts):
    visit = make.make_visit(session, accounts[0], rep, status="cancelled", starts_at=clock.now(), minutes=30)
    (answer,) = phone.send(phone.act("finished", visit=visit.uuid, account=accounts[0].uuid, outcome="order"))
    assert answer["state"] == "merged"
    assert visit_of(session).status == "done"


# -- prospects and added stops -------------------------------------------------------------------------------------------


def prospect(**more):
    return {"account": ident(), "name": "Corner Shop", "lon": -76.88, "lat": 40.27, "city": "Harrisburg"} | more


def test_a_prospect_from_here_can_be_visited_at_once(phone, session, rep, day):
    given = prospect(contact="Ms Ames", phone="+1 717 555 0100")
    assert phone.states(
        phone.act("prospect_added", **given),
        phone.act("finished", visit=ident(), account=given["account"], outcome="interested"),
    ) == ["applied", "applied"]
    made = session.scalar(select(Account).where(Account.name == "Corner Shop"))
    assert (str(made.uuid), made.status, made.owner_id, made.location_source) == (
        given["account"],
        "prospect",
        rep.id,
        "phone",
    )


def test_a_visit_to_a_prospect_waits_for_the_prospect(phone, session, rep, day):
    given = prospect()
    added = phone.act("prospect_added", **given)
    finished = phone.act("finished", visit=ident(), account=given["account"], outcome="interested")
    assert phone.states(finished) == ["kept"]
    assert phone.states(added) == ["applied"]
    assert phone.ask(finished["id"])[0]["state"] == "applied"


def test_a_prospect_that_is_there_already_is_refused_until_the_rep_insists(phone, session, rep, accounts):
    first = phone.act("prospect_added", **prospect(name="Alpha"))
    visit = phone.act("finished", visit=ident(), account=first["body"]["account"], outcome="order")
    refused, waiting = phone.send(first, visit)
    assert (refused["state"], refused["fault"]) == ("refused", "body.name")
    assert refused["current"]["accounts"][0]["id"] == str(accounts[0].uuid)
    assert refused["current"]["may_insist"] is True
    assert waiting["state"] == "kept"
    assert phone.states(phone.act("prospect_added", amends=first["id"], **(first["body"] | {"insist": True}))) == [
        "applied"
    ]
    assert phone.ask(visit["id"])[0]["state"] == "applied"


def test_a_prospect_in_somebody_elses_territory_is_lent_to_who_found_it(phone, session, rep, day):
    other = make.make_user(session, "rep", name="Other Rep")
    make.make_territory(session, other, (make.make_region(session, west=-77, south=40),))
    given = prospect()
    made, visit = phone.send(
        phone.act("prospect_added", **given),
        phone.act("finished", visit=ident(), account=given["account"], outcome="interested"),
    )
    assert (made["state"], made["result"]["owner"]) == ("applied", "Other Rep")
    assert visit["state"] == "applied"
    (later,) = phone.send(phone.act("noted", activity=ident(), account=given["account"], subject="Asked for a list"))
    assert later["state"] == "applied"


@pytest.mark.parametrize(
    ("more", "fault"), [({"name": ""}, "body.name"), ({"lon": 200}, "body.lon"), ({"phone": "x" * 301}, "body.phone")]
)
def test_a_prospect_that_cannot_be_is_refused_at_its_field(phone, day, more, fault):
    (answer,) = phone.send(phone.act("prospect_added", **prospect(**more)))
    assert (answer["state"], answer["fault"]) == ("refused", fault)


def test_what_stands_on_the_day_already_is_merged_and_a_skipped_one_lies_ahead_again(phone, stops, alpha, day):
    stop = stops()[0]
    phone.send(phone.act("skipped", stop=stop.uuid))
    (answer,) = phone.send(phone.act("added", day=day.day, account=alpha, stop=ident()))
    assert (answer["state"], answer["result"]) == ("merged", {"stop": str(stop.uuid)})
    assert stops()[0].status == "ahead"


def test_without_a_plan_nothing_can_be_added_to_the_day(phone, accounts):
    (answer,) = phone.send(phone.act("added", day="2030-01-07", account=accounts[0].uuid, stop=ident()))
    assert (answer["state"], answer["fault"]) == ("refused", "body.day")
