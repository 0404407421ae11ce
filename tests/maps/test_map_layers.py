"""The map's address with its layers, and what page, tiles and tables say of them."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.maps.layer_forms import MapWanted
from tests import factories as make
from tests.maps.test_views import accounts_of, layers_on, text_of

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {role: make.make_user(session, role, north, name=f"A {role}") for role in ("rep", "admin", "marketer")}
    other = make.make_user(session, "rep", south, name="Other")
    mine = make.make_account(session, people["rep"], name="Mine", tier="A", cadence_days=30, annual_value_minor=500)
    nowhere = make.make_account(session, people["rep"], name="Nowhere", at=None, status="prospect")
    theirs = make.make_account(session, other, name="Theirs", status="prospect", at=(-76.5, 40.5))
    for account, amount in ((mine, 1000), (nowhere, 2000), (theirs, 4000)):
        make.make_opportunity(session, account, amount_minor=amount)
    return people | {"mine": mine}


@pytest.fixture
def parse(app, session):
    def parsed(words: dict[str, str] | list[tuple[str, str]]) -> MapWanted:
        from flask import g
        from werkzeug.datastructures import MultiDict

        person = make.make_user(session, "admin")
        with app.test_request_context():
            g._login_user = person  # as Flask-Login keeps who is signed in
            return MapWanted.parse(MultiDict(words), TODAY, "America/New_York")

    return parsed


# -- the address -------------------------------------------------------------------------------------------------------


def test_an_address_without_words_is_accounts_by_status(parse):
    wanted = parse({})
    assert (wanted.way, wanted.over, wanted.colour, wanted.size) == ("accounts", (), "status", "count")
    assert (wanted.days.since, wanted.days.until, wanted.days.day) == (dt.date(2026, 10, 24), TODAY, TODAY)
    assert wanted.query() == ""


def test_the_address_says_the_whole_view_and_reads_back(parse):
    words = (
        "tier=A&layers=heat%2Cvisits%2Cplans&colour=owner&size=potential&from=2026-11-01&to=2026-11-05&day=2026-11-03"
    )
    from urllib.parse import parse_qsl

    wanted = parse(parse_qsl(words))
    assert wanted.query() == words
    assert parse(parse_qsl(wanted.query())) == wanted


def test_layers_come_as_one_word_or_as_several(parse):
    assert parse([("layers", "coverage"), ("layers", "visits")]) == parse({"layers": "visits,coverage"})


def test_without_a_way_of_showing_accounts_there_are_none(parse):
    assert parse({"layers": "visits"}).way == "none"
    assert parse({"layers": "none"}).query() == "layers=none"


def test_prospects_only_narrows_what_is_shown(parse):
    wanted = parse({"layers": "prospects", "tier": "A", "status": "customer"})
    assert wanted.shown.pairs() == [("status", "prospect"), ("tier", "A")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"layers": "clouds"}, "“clouds” is no layer. A layer is one of accounts, prospects, heat, coverage"),
        ({"layers": "heat,coverage"}, "Accounts are shown in one way at a time, not as heat and coverage."),
        ({"colour": "mood"}, "“mood” is no colour of the map. It is one of status, tier, coverage, owner."),
        ({"size": "huge"}, "“huge” is no size of the map"),
        ({"from": "yesterday"}, "“yesterday” in “from” is no day. Write it as 2026-11-30."),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "The period begins on 2026-11-02, after its end on 2026-11-01."),
        ({"from": "1990-01-01"}, "A period has at most 3660 days"),
        ({"day": "0001-01-01"}, "“0001-01-01” in “day” is too far away."),
    ],
)
def test_unknown_words_are_answered_with_a_sentence(words, sentence, parse):
    with pytest.raises(Invalid, match=re.escape(sentence)):
        parse(words)


# -- the page ----------------------------------------------------------------------------------------------------------


def test_a_link_opens_with_its_layers_on(company, login_as):
    page = login_as(company["admin"]).get("/map?layers=coverage,opportunities&tier=A").text
    assert [layer["name"] for layer in layers_on(page)] == ["coverage", "opportunities"]
    assert [layer["tiles"].split("?")[1] for layer in layers_on(page)] == ["tier=A", "tier=A"]
    assert re.search(r'value="coverage" checked', page)
    assert re.search(r'value="opportunities" checked', page)
    assert not re.search(r'value="visits" checked', page)


def test_accounts_by_status_or_tier_come_from_tiles_of_accounts(company, login_as):
    client = login_as(company["admin"])
    addresses = {
        words: layers_on(client.get(f"/map?{words}").text)[0]["tiles"]
        for words in ("", "colour=tier", "colour=tier&size=value", "colour=tier&size=potential", "colour=coverage")
    }
    assert addresses == {
        "": "/tiles/accounts/{z}/{x}/{y}.mvt",
        "colour=tier": "/tiles/accounts/{z}/{x}/{y}.mvt?by=tier",
        "colour=tier&size=value": "/tiles/accounts/{z}/{x}/{y}.mvt?by=tier",
        "colour=tier&size=potential": "/tiles/tier/{z}/{x}/{y}.mvt?size=potential",
        "colour=coverage": "/tiles/coverage/{z}/{x}/{y}.mvt",
    }


@pytest.mark.parametrize("words", ["layers=clouds", "colour=mood", "size=huge", "from=x", "layers=heat,coverage"])
def test_bad_words_are_answered_on_every_address(words, company, login_as):
    client = login_as(company["admin"])
    for path in ("/map", "/map/layers", "/map/counted", "/map/summary", "/tiles/coverage/0/0/0.mvt"):
        assert client.get(f"{path}?{words}").status_code == (400 if path.startswith("/tiles/") else 422), path


def test_plans_are_offered_to_those_who_plan(company, login_as):
    assert 'value="plans"' in login_as(company["rep"]).get("/map").text
    client = login_as(company["marketer"])
    assert 'value="plans"' not in client.get("/map").text
    assert client.get("/map?layers=plans").status_code == 422
    assert client.get("/map/features/plans.geojson").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/tiles/clouds/0/0/0.mvt", "/tiles/plans/0/0/0.mvt", "/map/features/visits.geojson"],
)
def test_what_has_no_tiles_is_not_found(path, company, login_as):
    assert login_as(company["admin"]).get(path).status_code == 404


def test_a_layers_tile_is_kept_until_it_changes(company, login_as, session):
    client = login_as(company["rep"])
    first = client.get("/tiles/opportunities/0/0/0.mvt")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert [each["n"] for each in accounts_of(first.data)] == [1]
    marked = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/tiles/opportunities/0/0/0.mvt", headers=marked).status_code == 304
    make.make_opportunity(session, company["mine"])
    assert client.get("/tiles/opportunities/0/0/0.mvt", headers=marked).status_code == 200


def test_legend_and_table_say_the_numbers_of_the_list(company, login_as):
    client = login_as(company["admin"])
    said = text_of(client.get("/map/counted?layers=coverage,opportunities").text)
    assert "2 of 3 accounts are on the map. 1 has no place yet." in said
    assert "2 of 3 opportunities are on the map. 1 belongs to an account without a place." in said
    assert "Never visited 1" in said
    assert "No cadence 2" in said
    assert "Together 3" in said
    assert client.get("/api/v1/accounts?due=never").json["total"] == 1
    assert len(client.get("/api/v1/opportunities").json["items"]) == 3


def test_a_legend_says_why_fewer_are_shown(company, login_as, session):
    make.make_opportunity(session, company["mine"], amount_minor=9, currency="KRW")
    client = login_as(company["rep"])
    said = text_of(client.get("/map/counted?layers=none,opportunities&tier=A").text)
    assert "2 of 2 opportunities are on the map." in said
    assert "1 amount in another currency is not added." in said
    assert "Only what fits the filter." in said


def test_kinds_link_to_their_lists(company, login_as):
    page = login_as(company["admin"]).get("/map/counted?status=prospect&colour=tier").text
    assert '/accounts?status=prospect&amp;tier=none"' in page
    assert "tier=A" not in page  # nobody of that kind is left


def test_the_table_has_the_largest_rows_first_and_leads_to_them(company, login_as):
    page = login_as(company["admin"]).get("/map/counted?layers=none,opportunities").text
    amounts = re.findall(r'<span class="number">([^<]+)</span></li>', page)
    assert amounts == ["$40", "$20", "$10"]
    assert re.search(r'<li><a href="/pipeline/[0-9a-f-]{36}">', page)


def test_hidden_rows_are_in_no_legend(company, login_as):
    said = login_as(company["rep"]).get("/map/counted?layers=accounts,opportunities&colour=owner").text
    assert "Theirs" not in said
    assert "1 of 2 accounts are on the map." in text_of(said)


def test_today_is_the_organisations(company, login_as):
    page = login_as(company["admin"]).get("/map?layers=visits").text
    assert f'name="to" value="{clock.today("America/New_York")}"' in page
