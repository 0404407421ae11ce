from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select, text

from gcrm.territories.models import Territory
from tests import factories as make


@pytest.fixture
def land(session):
    make.make_organisation(session)
    state = make.make_region(session, "42", "state", west=-77, south=40, size=2, name="Penn")
    made = {"state": state, "kim": make.make_user(session, name="Kim"), "planner": make.make_user(session, "planner")}
    made["west"] = make.make_region(session, "42001", west=-77, south=40, parent=state, name="West County")
    made["east"] = make.make_region(session, "42003", west=-76, south=40, parent=state, name="East County")
    for at in ((-76.5, 40.5), (-76.4, 40.5), (-75.5, 40.5)):
        make.make_account(session, at=at)
    make.make_account(session, make.make_user(session, name="Lee"), at=(-76.3, 40.5))
    return made


@pytest.fixture
def planner(land, login_as):
    return login_as(land["planner"])


def form(land, **more):
    return {"name": "North", "owner": str(land["kim"].uuid), "regions": "us:42001", "parent": "", "version": ""} | more


def words(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def the_one(session):
    session.expire_all()
    return session.scalars(select(Territory)).one()


def test_without_territories_the_page_says_what_to_do(planner):
    assert "Draw a territory" in words(planner.get("/territories"))


def test_saving_says_who_has_the_accounts_now_and_who_keeps_them(planner, land):
    answer = planner.post("/territories/new", data=form(land), follow_redirects=True)
    assert "2 accounts now with Kim; 1 keeps its named owner." in words(answer)
    assert "Undo" in words(answer)


def test_the_page_shows_figures_overlaps_and_what_is_in_none(planner, land):
    planner.post("/territories/new", data=form(land))
    planner.post("/territories/new", data=form(land, name="Second"))
    said = words(planner.get("/territories"))
    assert "North Kim 3" in said
    assert "In no territory 1 account East County 1" in said
    assert "West County North has it, Second claims it too" in said


def test_one_goes_down_the_tree(planner, land, session):
    planner.post("/territories/new", data=form(land, name="Top", regions=""))
    top = the_one(session)
    planner.post("/territories/new", data=form(land, parent=str(top.uuid)))
    assert "1 territory below" in words(planner.get("/territories"))
    below = words(planner.get(f"/territories?under={top.uuid}"))
    assert "All territories" in below
    assert "North Kim 3" in below
    assert planner.get("/territories?under=nonsense").status_code == 404


def test_a_save_can_be_taken_back(planner, land, session):
    page = planner.post("/territories/new", data=form(land), follow_redirects=True).text
    undo = re.search(r"/territories/undo/[0-9a-f-]{36}", page)[0]
    assert "Taken back." in words(planner.post(undo, follow_redirects=True))
    assert session.scalars(select(Territory)).all() == []


def test_changing_starts_from_what_is_there(planner, land, session):
    planner.post("/territories/new", data=form(land))
    territory = the_one(session)
    page = planner.get(f"/territories/{territory.uuid}").text
    assert "us:42001</textarea>" in page
    assert 'value="North"' in page
    planner.post(f"/territories/{territory.uuid}", data=form(land, name="Renamed", version=str(territory.version)))
    assert the_one(session).name == "Renamed"


def test_a_stale_form_is_refused_and_kept(planner, land, session):
    planner.post("/territories/new", data=form(land))
    territory = the_one(session)
    answer = planner.post(f"/territories/{territory.uuid}", data=form(land, name="Mine", version="0"))
    assert answer.status_code == 409
    assert "Somebody else saved this territory meanwhile" in words(answer)
    assert 'value="Mine"' in answer.text


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"regions": "us:1"}, "There is no region us:1"),
        ({"regions": "<script>"}, "There is no region us:<script>"),
        ({"name": " "}, "needs a name"),
        ({"owner": "nonsense"}, "nothing at this address"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(planner, land, session, change, fault):
    answer = planner.post("/territories/new", data=form(land, **change))
    assert answer.status_code in (404, 422)
    assert fault in words(answer)
    assert session.scalars(select(Territory)).all() == []
    if "regions" in change:
        assert html.escape(change["regions"]) in answer.text


def test_a_preview_says_what_a_save_would_change(planner, land):
    seen = words(planner.post("/territories/preview", data=form(land)))
    assert "Accounts 3 1 keep their named owner" in seen
    assert "From no territory +3" in seen
    assert "1 region West County" in seen
    assert "There is no region us:9" in words(planner.post("/territories/preview", data=form(land, regions="9")))


def test_a_deleted_territory_is_gone_and_its_accounts_free(planner, land, session):
    planner.post("/territories/new", data=form(land))
    answer = planner.post(f"/territories/{the_one(session).uuid}/delete", follow_redirects=True)
    assert "“North” is gone; 3 accounts have moved on." in words(answer)


def test_many_accounts_show_their_progress(planner, land, session, monkeypatch):
    from gcrm.territories import services

    monkeypatch.setattr(services, "AT_ONCE", 1)
    page = planner.post("/territories/new", data=form(land), follow_redirects=True).text
    assert "Its accounts are being given their owner" in html.unescape(page)
    url = re.search(r"/territories/placings/[0-9a-f-]{36}", page)[0]
    said = planner.get(url).json
    assert (said["state"], said["done"], said["total"]) == ("running", 0, 3)


@pytest.mark.parametrize("role", ["rep", "manager", "marketer", "service"])
def test_others_look_but_do_not_touch(session, land, login_as, role):
    territory = make.make_territory(session, land["kim"], (land["west"],), name="North")
    client = login_as(make.make_user(session, role))
    page = client.get("/territories")
    assert "North" in page.text
    assert "New territory" not in page.text
    assert client.get(f"/territories/{territory.uuid}").headers["Location"] == f"/territories?under={territory.uuid}"
    for path in (
        f"/territories/{territory.uuid}",
        "/territories/new",
        "/territories/preview",
        f"/territories/{territory.uuid}/delete",
    ):
        assert client.post(path, data=form(land)).status_code == 403


def test_a_rep_reads_the_own_figures(session, land, login_as):
    make.make_territory(session, land["kim"], (land["west"],), name="North")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    assert "North Kim 2" in words(login_as(land["kim"]).get("/territories"))
    assert "North Kim 0" in words(login_as(make.make_user(session)).get("/territories"))
