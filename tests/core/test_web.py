"""What every answer has in common."""

from __future__ import annotations

import gzip
import re

import pytest

from gcrm.core import web
from tests import factories as make


def test_a_stranger_gets_401_and_the_way_in(client):
    page, program = client.get("/accounts"), client.get("/api/v1/accounts")
    assert page.status_code == 401
    assert b"/login" in page.data
    assert program.status_code == 401
    assert program.mimetype == "application/problem+json"


def test_an_unknown_address_is_a_page_or_a_problem(login_as, session):
    make.make_organisation(session)
    client = login_as(make.make_user(session, "planner"))
    assert client.get("/no/such/page").status_code == 404
    answer = client.get("/api/v1/no-such-thing")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_the_policy_allows_no_inline_script_and_no_outside_host(client):
    policy = client.get("/login").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy).group(1)
    assert nonce not in client.get("/login").headers["Content-Security-Policy"]


def test_health_and_readiness_answer_without_a_sign_in(client):
    assert client.get("/healthz").json == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json["parts"] == {"database": True, "migrated": True, "workers": False}


def test_metrics_are_for_loopback_alone(client):
    assert b"gcrm_requests_total" in client.get("/metrics").data
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404


def test_a_crash_says_nothing_of_its_inside(app_of_run, login_as, session, monkeypatch):
    make.make_organisation(session)
    client = login_as(make.make_user(session, "admin"))

    def broken():
        raise RuntimeError("secret inside")

    monkeypatch.setitem(app_of_run.view_functions, "admin.about", broken)
    monkeypatch.setitem(app_of_run.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(app_of_run, "testing", False)
    answer = client.get("/about")
    assert answer.status_code == 500
    assert b"secret inside" not in answer.data


@pytest.mark.parametrize(("role", "status"), [("rep", 403), ("manager", 403), ("planner", 403), ("admin", 200)])
def test_people_are_for_admins(login_as, session, role, status):
    make.make_organisation(session)
    assert login_as(make.make_user(session, role)).get("/people").status_code == status


def test_changed_words_of_the_query_leave_the_others(app_of_run):
    with app_of_run.test_request_context("/accounts?status=customer&status=former&after=x"):
        assert web.current_url(after=None) == "/accounts?status=customer&status=former"
        assert web.current_url(after="y", status=None) == "/accounts?after=y"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_pages_are_compressed_for_whoever_takes_it(client, encoding):
    plain = client.get("/login")
    assert "Content-Encoding" not in plain.headers
    small = client.get("/login", headers={"Accept-Encoding": encoding})
    assert small.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in small.headers["Vary"]
    assert len(small.data) < len(plain.data) / 2
    if encoding == "gzip":
        assert b"</html>" in gzip.decompress(small.data)


def test_short_answers_and_tiles_stay_as_they_are(client, login_as, session):
    takes = {"Accept-Encoding": "gzip, br"}
    assert "Content-Encoding" not in client.get("/healthz", headers=takes).headers
    admin = login_as(make.make_user(session, "admin"))
    assert "Content-Encoding" not in admin.get("/tiles/accounts/0/0/0.mvt", headers=takes).headers


def test_how_long_a_compressed_page_is_tells_nothing_exactly(client):
    lengths = {
        len(client.get("/login", headers={"Accept-Encoding": "gzip"}).headers["X-Padding"]) for _turn in range(12)
    }
    assert len(lengths) > 1
