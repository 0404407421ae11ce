"""Signing in, with real commits and a real hash."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from geoalchemy2.shape import from_shape, to_shape
from shapely import Point
from sqlalchemy import delete, func, select

from gcrm.admin.services import set_up, setup_code
from gcrm.app import create_app
from gcrm.core import db, jobs, mail
from gcrm.core.config import settings
from gcrm.core.models import SignInAttempt
from gcrm.people import queries, services, tokens
from gcrm.people.models import ApiToken
from tests import factories as make

PASSWORD = "a long enough secret"


@pytest.fixture
def site(own_database):
    set_up(
        organisation="Acme", country="us", currency="USD", timezone="America/New_York", name="Ann",
        email="Ann@Acme.example", password=PASSWORD,
    )  # fmt: skip
    return create_app(TESTING=True)


def sign_in(client, password=PASSWORD, email="ann@acme.example", **more):
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return client.post("/login", data={"email": email, "password": password, "csrf_token": token}, **more)


def test_the_right_password_opens_the_house(site):
    client = site.test_client()
    assert sign_in(client).status_code == 302
    assert client.get("/about").status_code == 200


def test_a_wrong_one_does_not_and_is_counted_for_address_and_account(site):
    client = site.test_client()
    sign_in(client, "wrong")
    assert client.get("/about").status_code == 401
    with db.transaction(None) as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 2


def test_after_ten_failures_even_the_right_password_has_to_wait_in_every_process(site):
    for _attempt in range(10):
        sign_in(site.test_client(), "wrong")
    other_process = create_app(TESTING=True)
    answer = sign_in(other_process.test_client())
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_a_form_without_its_token_is_refused(site):
    assert (
        site.test_client().post("/login", data={"email": "ann@acme.example", "password": PASSWORD}).status_code == 400
    )


def test_an_invitation_works_once(site):
    with db.transaction(jobs.system_principal()) as session:
        person = services.add_user(session, email="kim@acme.example", role="rep", name="Kim")
        link = services.invite(session, person)
    client = site.test_client()
    page = client.get(f"/join/{link}").get_data(as_text=True)
    assert "kim@acme.example" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    form = {"csrf_token": token, "name": "Kim Lee", "password": "short"}
    assert client.post(f"/join/{link}", data=form).status_code == 422
    assert client.post(f"/join/{link}", data=form | {"password": PASSWORD}).status_code == 302
    assert site.test_client().get(f"/join/{link}").status_code == 404
    assert sign_in(client, email="kim@acme.example").status_code == 302


def test_somebody_deactivated_is_out_at_once(site):
    with db.transaction(jobs.system_principal()) as session:
        services.add_user(session, email="second@acme.example", role="admin", name="Second")
    client = site.test_client()
    sign_in(client)
    with db.transaction(jobs.system_principal()) as session:
        services.deactivate(session, queries.user_by_email(session, "ann@acme.example"))
    assert client.get("/about").status_code == 401


def test_a_token_opens_the_api_until_its_person_is_gone(site):
    with db.transaction(None) as session:
        token = tokens.make(session, queries.user_by_email(session, "ann@acme.example"), "test")
    client = site.test_client()
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/openapi.json", headers=header).status_code == 200
    assert client.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {token}x"}).status_code == 401


def test_another_role_and_a_deleted_token_count_from_the_next_request_on(site):
    with db.transaction(jobs.system_principal()) as session:
        services.add_user(session, email="second@acme.example", role="admin", name="Second")
    with db.transaction(None) as session:
        token = tokens.make(session, queries.user_by_email(session, "ann@acme.example"), "test")
    by_token, by_cookie, header = site.test_client(), site.test_client(), {"Authorization": f"Bearer {token}"}
    sign_in(by_cookie)
    assert [by_token.get("/people", headers=header).status_code, by_cookie.get("/people").status_code] == [200, 200]
    with db.transaction(jobs.system_principal()) as session:
        queries.user_by_email(session, "ann@acme.example").role = "rep"
    assert [by_token.get("/people", headers=header).status_code, by_cookie.get("/people").status_code] == [403, 403]
    with db.transaction(None) as session:
        session.execute(delete(ApiToken))
    assert by_token.get("/people", headers=header).status_code == 401


def test_who_is_signed_in_is_whom_the_orm_would_load(site):
    with db.transaction(jobs.system_principal()) as session:
        ann = queries.user_by_email(session, "ann@acme.example")
        ann.team, ann.home = make.make_team(session), from_shape(Point(-77.03, 38.9), srid=4326)
    with db.transaction(None) as session:
        loaded = queries.user_to_sign_in(session, {"email": "ann@acme.example"})
    found = queries.person_marked(loaded.fs_uniquifier)
    assert to_shape(found.home) == to_shape(loaded.home)
    assert found.team.name == loaded.team.name
    same = [name for name in queries.PERSON if name != "home"]
    assert [getattr(found, name) for name in same] == [getattr(loaded, name) for name in same]
    assert queries.person_marked("no such mark") is None


def test_a_token_tells_when_it_was_last_used(site):
    with db.transaction(None) as session:
        token = tokens.make(session, queries.user_by_email(session, "ann@acme.example"), "test")
    assert tokens.person_of(token).name == "Ann"
    with db.transaction(None) as session:
        assert session.scalar(select(ApiToken.last_used_at)) is not None


def test_the_set_up_page_is_gone_once_it_was_used(site):
    assert site.test_client().get("/setup").status_code == 404


def test_a_new_organisation_is_set_up_with_the_code(own_database):
    client = create_app(TESTING=True).test_client()
    page = client.get("/setup").get_data(as_text=True)
    form = {
        "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page).group(1), "code": "guess",
        "organisation": "Acme", "country": "kr", "currency": "KRW", "timezone": "Asia/Seoul", "name": "Ann",
        "email": "ann@acme.example", "password": PASSWORD,
    }  # fmt: skip
    wrong = client.post("/setup", data=form)
    assert wrong.status_code == 422
    assert "Acme" in wrong.get_data(as_text=True)
    assert client.post("/setup", data=form | {"code": setup_code()}).status_code == 302
    with db.transaction(None) as session:
        assert queries.the_organisation(session).currency == "KRW"


def test_a_forgotten_password_is_replaced_by_the_link_in_the_letter(site, monkeypatch, tmp_path):
    monkeypatch.setattr(mail, "settings", lambda: replace(settings(), data=str(tmp_path), smtp_url=""))
    client = site.test_client()
    asked = post(client, "/reset", email="ann@acme.example")
    assert asked.status_code in (200, 302)
    (file,) = (tmp_path / "mail").glob("*.eml")
    letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (letter["To"], letter["Subject"]) == ("ann@acme.example", "Choose a new password")
    link = urlsplit(re.search(r"http\S+/reset/\S+", letter.get_content()).group(0)).path
    other = "quite another secret"
    assert post(client, link, password=other, password_confirm=other).status_code == 302
    assert sign_in(site.test_client()).status_code != 302
    assert sign_in(site.test_client(), other).status_code == 302


def post(client, path, **fields):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).get_data(as_text=True)).group(1)
    return client.post(path, data={**fields, "csrf_token": token})
