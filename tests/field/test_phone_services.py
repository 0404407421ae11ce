"""Which phone is whose, and when its store is wiped."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import select

from gcrm.field.models import FieldPhone
from tests import factories as make
from tests.field.phone import Phone, ident


def hello(client, phone: str, key: str | None = None, person=None):
    headers = {"X-Field-Phone": phone, "X-Field-Key": key, "X-Field-Person": person and str(person)}
    return client.get("/field/hello", headers={name: value for name, value in headers.items() if value})


@pytest.fixture
def phone_id():
    return ident()


def test_the_first_contact_gets_a_secret_and_later_ones_none(login_as, rep, phone_id):
    client = login_as(rep)
    first = hello(client, phone_id).json
    assert first["person"] == {"id": str(rep.uuid), "name": rep.name, "locale": rep.locale}
    assert len(base64.b64decode(first["seal"])) == 32
    again = hello(client, phone_id, first["phone"]["key"], rep.uuid).json
    assert "key" not in again["phone"]
    assert again["seal"] == first["seal"]


def test_a_phone_that_lost_the_answer_gets_another_secret(login_as, rep, phone_id):
    client = login_as(rep)
    lost = hello(client, phone_id).json["phone"]["key"]
    key = hello(client, phone_id, None, rep.uuid).json["phone"]["key"]
    assert key != lost
    assert "key" not in hello(client, phone_id, key, rep.uuid).json["phone"]


def test_a_stranger_is_told_to_sign_in(client, session, rep):
    answer = hello(client, ident())
    assert (answer.status_code, answer.json) == (401, {"signed_in": False})


def test_a_phone_that_does_not_say_which_one_it_is_is_refused(login_as, rep):
    assert login_as(rep).get("/field/hello").status_code == 422
    assert hello(login_as(rep), "x").status_code == 422


def lose(session, phone_id):
    from gcrm.field import phone_services

    session.expire_all()
    phone_services.report_lost(session, session.scalar(select(FieldPhone).where(FieldPhone.phone == phone_id)))
    session.flush()


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_lost_phone_is_wiped_signed_in_or_not(login_as, client, session, rep, phone_id, signed_in):
    mine = login_as(rep)
    key = hello(mine, phone_id).json["phone"]["key"]
    lose(session, phone_id)
    answer = hello(mine if signed_in else client, phone_id, key, rep.uuid)
    assert answer.status_code == 410
    assert answer.json == {"wipe": True, "why": "This phone was reported lost.", "person": str(rep.uuid)}
    session.expire_all()
    assert session.scalar(select(FieldPhone.wiped_at)) is not None


def test_a_lost_phone_takes_no_acts(login_as, session, rep, day):
    phone = Phone(login_as(rep), rep)
    hello(phone.client, phone.id)
    lose(session, phone.id)
    assert phone.post([phone.act("task_done", task=ident())]).status_code == 410


def test_the_phone_of_who_left_is_wiped(login_as, client, session, rep, phone_id):
    key = hello(login_as(rep), phone_id).json["phone"]["key"]
    rep.active = False
    session.flush()
    answer = hello(client, phone_id, key, rep.uuid)
    assert (answer.status_code, answer.json["why"]) == (410, "Your access has ended.")


def test_the_phone_of_who_lost_the_role_is_wiped(login_as, session, rep, phone_id):
    client = login_as(rep)
    key = hello(client, phone_id).json["phone"]["key"]
    rep.role = "marketer"
    session.flush()
    assert hello(client, phone_id, key, rep.uuid).status_code == 410


def test_without_the_secret_a_stranger_learns_nothing(login_as, client, session, rep, phone_id):
    hello(login_as(rep), phone_id)
    lose(session, phone_id)
    assert hello(client, phone_id, "guessed", rep.uuid).status_code == 401


def test_each_person_of_a_phone_has_a_secret_and_a_seal_of_the_own(login_as, session, rep, phone_id):
    other = make.make_user(session, "rep")
    first = hello(login_as(rep), phone_id).json
    # The other one opens the phone while the first one's store is open: that one's secret is not replaced.
    assert "key" not in hello(login_as(other), phone_id, first["phone"]["key"], rep.uuid).json["phone"]
    second = hello(login_as(other), phone_id).json
    assert second["phone"]["key"] != first["phone"]["key"]
    assert second["seal"] != first["seal"]
    lose_mine = session.scalar(select(FieldPhone).where(FieldPhone.user_id == rep.id))
    lose_mine.lost_at = lose_mine.last_seen_at
    session.flush()
    assert hello(login_as(other), phone_id, second["phone"]["key"], other.uuid).status_code == 200


# -- the page ------------------------------------------------------------------------------------------------------------

ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"


def meet(client, phone_id):
    client.get("/field/hello", headers={"X-Field-Phone": phone_id, "User-Agent": ANDROID})


def test_own_phones_are_listed_and_can_be_reported_lost_and_found(login_as, rep, phone_id):
    client = login_as(rep)
    meet(client, phone_id)
    assert "Android · Chrome" in client.get("/field/phones").get_data(as_text=True)
    answer = client.post(f"/field/phones/{rep.uuid}/{phone_id}/lost")
    assert answer.location == "/field/phones"
    page = client.get("/field/phones").get_data(as_text=True)
    assert "Lost, not wiped yet" in page
    assert hello(client, phone_id).status_code == 410
    assert "Wiped" in client.get("/field/phones").get_data(as_text=True)
    client.post(f"/field/phones/{rep.uuid}/{phone_id}/found")
    assert hello(client, phone_id).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("manager", 302), ("admin", 302), ("planner", 404), ("rep", 404)])
def test_who_leads_the_person_and_admins_may_report_it_too(login_as, session, role, status):
    make.make_organisation(session)
    team = make.make_team(session)
    rep = make.make_user(session, "rep", team)
    other = make.make_user(session, role, team if role == "manager" else None)
    phone_id = ident()
    meet(login_as(rep), phone_id)
    client = login_as(other)
    assert client.post(f"/field/phones/{rep.uuid}/{phone_id}/lost").status_code == status
    if role == "manager":
        assert rep.name in client.get("/field/phones").get_data(as_text=True)


def test_a_manager_of_others_sees_no_phone_of_theirs(login_as, session):
    make.make_organisation(session)
    rep = make.make_user(session, "rep", make.make_team(session))
    meet(login_as(rep), ident())
    client = login_as(make.make_user(session, "manager", make.make_team(session)))
    assert rep.name not in client.get("/field/phones").get_data(as_text=True)
    assert client.get(f"/field/phones/{rep.uuid}").status_code == 404
