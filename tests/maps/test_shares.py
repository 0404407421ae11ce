"""A link shows one view and nothing else: every way out of it is shut."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from gcrm.core import clock, db
from gcrm.core.errors import Invalid
from gcrm.maps import share_services
from gcrm.maps.models import SharedView
from gcrm.people.models import User
from tests import factories as make
from tests.maps import mvt

WIDE = "4/4/6"
NEAR = "{}/{}/{}".format(*mvt.tile_of(-76.88, 40.27, 14))


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {"rep": make.make_user(session, "rep", north), "other": make.make_user(session, "rep", south),
              "admin": make.make_user(session, "admin")}  # fmt: skip
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    county = make.make_region(session, "42043", "county", west=-77, south=40, size=1, name="Dauphin", parent=state)
    people["territory"] = make.make_territory(session, regions=(county,))
    people["mine"] = make.make_account(session, people["rep"], name="Mine", status="prospect")
    make.make_account(session, people["rep"], name="Old customer")
    make.make_account(session, people["other"], name="Theirs", status="prospect")
    return people


def make_link(client, page="accounts", query="status=prospect", days="7") -> str:
    """The path of a new link."""
    text_of = client.post("/map/links", data={"page": page, "query": query, "days": days}).get_data(as_text=True)
    return re.search(r'value="http://localhost(/shared/[\w-]+)"', text_of)[1]


def names(answer) -> set[str]:
    return {feature.properties.get("name") for layer in mvt.decode(answer.data).values() for feature in layer.features}


def count(answer) -> int:
    return sum(feature.properties["n"] for layer in mvt.decode(answer.data).values() for feature in layer.features)


def test_a_stranger_sees_the_view_and_its_accounts(client, company, login_as):
    link = make_link(login_as(company["rep"]))
    page = client.get(link)
    assert page.status_code == 200
    text_of = page.get_data(as_text=True)
    assert "Status: Prospect" in text_of
    assert f"Shared by {company['rep'].name}" in text_of
    assert f"{link}/tiles/accounts/{{z}}/{{x}}/{{y}}.mvt" in text_of
    assert names(client.get(f"{link}/tiles/accounts/{NEAR}.mvt")) == {"Mine"}
    assert client.get(f"{link}/tiles/regions/county/{WIDE}.mvt").status_code == 200


def test_the_page_leads_nowhere(client, company, login_as):
    for link in (
        make_link(login_as(company["admin"])),
        make_link(login_as(company["admin"]), "regions", "level=county&metric=accounts"),
        make_link(login_as(company["admin"]), "regions", "level=territory"),
        make_link(login_as(company["admin"]), "regions", "level=hex100"),
    ):
        text_of = client.get(link).get_data(as_text=True)
        assert set(re.findall(r'<a [^>]*href="([^"]*)"', text_of)) == {"#main"}
        assert "<form" not in text_of
        for elsewhere in ("/accounts", "/api/", "/map/", "list_url", "map_url", "/regions/part", '"/tiles/'):
            assert elsewhere not in re.sub(r"/static/\S*|/shared/\S*", "", text_of), elsewhere


def test_nobody_keeps_finds_or_passes_on_the_page(client, company, login_as):
    headers = client.get(make_link(login_as(company["rep"]))).headers
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "way",
    [
        "?status=customer", "?q=Theirs", "?page=regions", "?", "?bounds=1,2,3,4",
        "/tiles/accounts/4/4/6.mvt?status=customer", "/tiles/accounts/4/4/6.mvt?q=", "/tiles/territories/4/4/6.mvt",
        "/tiles/regions/hex10/14/4690/6169.mvt", "/tiles/regions/nonsense/4/4/6.mvt", "/tiles/coverage/4/4/6.mvt", "/tiles/accounts/4/99/6.mvt",
        "/summary", "/card", "/map", "/accounts", "/api/v1/accounts", "/background.pmtiles", "/../map", "/%2e%2e/map",
    ],
)  # fmt: skip
def test_every_other_way_is_not_there(client, company, login_as, way):
    link = make_link(login_as(company["rep"]))
    answer = client.get(link + way)
    if way == "?":
        assert answer.status_code == 200  # It says nothing.
        return
    assert answer.status_code in (400, 401, 404), way
    assert b"Mine" not in answer.data
    assert b"Theirs" not in answer.data


def test_the_rest_of_the_site_stays_shut_for_who_has_a_link(client, company, login_as):
    client.get(make_link(login_as(company["admin"])))
    for url in (f"/map/accounts/{company['mine'].uuid}", f"/accounts/{company['mine'].uuid}", "/map", "/map/print", "/map/links",
                f"/tiles/accounts/{WIDE}.mvt", "/api/v1/accounts", "/map/sheet.pdf", "/regions"):  # fmt: skip
        assert client.get(url).status_code == 401, url
    assert client.post("/map/links", data={"page": "accounts", "days": "7"}).status_code == 401


def test_the_view_is_the_makers_whoever_looks(client, company, login_as):
    link = make_link(login_as(company["rep"]), query="")
    for looking in (client, login_as(company["admin"]), login_as(company["other"])):
        assert count(looking.get(f"{link}/tiles/accounts/{WIDE}.mvt")) == 2
        assert "app-shared" in looking.get(link).get_data(as_text=True)


def test_a_view_of_my_accounts_is_of_its_makers(client, company, login_as):
    link = make_link(login_as(company["rep"]), query="owner=me")
    assert names(login_as(company["other"]).get(f"{link}/tiles/accounts/{NEAR}.mvt")) == {"Mine", "Old customer"}


def test_who_is_signed_in_is_themselves_again_afterwards(company, login_as):
    other = login_as(company["other"])
    other.get(make_link(login_as(company["rep"]), query=""))
    assert names(other.get(f"/tiles/accounts/{NEAR}.mvt")) == {"Theirs"}


def test_an_account_that_leaves_the_makers_sight_leaves_the_view(client, company, login_as, session):
    link = make_link(login_as(company["rep"]))
    company["mine"].owner_id = company["other"].id
    session.flush()
    assert count(client.get(f"{link}/tiles/accounts/{WIDE}.mvt")) == 0


def test_ended_taken_back_and_unknown_look_alike(client, company, login_as, session):
    rep = login_as(company["rep"])
    unknown = client.get("/shared/" + "x" * 43)
    assert unknown.status_code == 404
    links = {way: make_link(rep) for way in ("ended", "taken back", "maker gone")}
    by_way = dict(zip(links, reversed(views(session)[:3]), strict=True))
    change(by_way["ended"].id, until=clock.now() - dt.timedelta(seconds=1))
    assert rep.post(f"/map/links/{by_way['taken back'].uuid}/end").status_code == 302
    assert client.get(links["maker gone"]).status_code == 200
    with db.transaction(None) as bare:
        bare.execute(update(User).where(User.id == company["rep"].id).values(active=False))
    for way, link in links.items():
        answer = client.get(link)
        assert answer.status_code == 404, way
        assert without_marks(answer) == without_marks(unknown), way
        assert client.get(f"{link}/tiles/accounts/{WIDE}.mvt").status_code == 404
    assert client.get("/shared/" + "x" * 5000).status_code == 404
    assert "Ask whoever sent it for a new one." in unknown.get_data(as_text=True)


def without_marks(answer) -> str:
    return re.sub(r'(nonce|content|value)="[^"]*"', "", answer.get_data(as_text=True))


def views(session) -> list[SharedView]:
    with db.transaction(None) as bare:
        return list(bare.scalars(select(SharedView).order_by(SharedView.id.desc())))


def change(view_id: int, **values) -> None:
    with db.transaction(None) as bare:
        bare.execute(update(SharedView).where(SharedView.id == view_id).values(**values))


def test_the_secret_is_not_kept(company, login_as, session):
    secret = make_link(login_as(company["rep"])).rpartition("/")[2]
    (view,) = views(session)
    assert len(secret) >= 43
    assert secret not in str({column.name: getattr(view, column.name) for column in SharedView.__table__.columns})


def test_people_see_and_end_their_own_links_and_admins_all(company, login_as, session):
    make_link(login_as(company["rep"]))
    (view,) = views(session)
    assert "Status: Prospect" not in login_as(company["other"]).get("/map/links").get_data(as_text=True)
    assert login_as(company["other"]).post(f"/map/links/{view.uuid}/end").status_code == 404
    assert "Status: Prospect" in login_as(company["rep"]).get("/map/links").get_data(as_text=True)
    assert company["rep"].name in login_as(company["admin"]).get("/map/links").get_data(as_text=True)
    assert login_as(company["admin"]).post(f"/map/links/{view.uuid}/end").status_code == 302
    assert views(session)[0].revoked_at is not None


def test_no_role_reads_the_links_past_the_bare_login(company, as_user):
    with (
        as_user(company["admin"]) as session,
        pytest.raises(DBAPIError, match="permission denied"),
        session.begin_nested(),
    ):
        session.execute(text("SELECT count(*) FROM shared_views"))


@pytest.mark.parametrize(
    "form",
    [
        {"page": "accounts", "query": "", "days": "3650"}, {"page": "accounts", "query": "", "days": "x"},
        {"page": "secrets", "query": "", "days": "7"}, {"page": "accounts", "query": "status=nonsense", "days": "7"},
        {"page": "regions", "query": "level=nonsense", "days": "7"}, {"page": "regions", "query": "owner=x", "days": "7"},
        {"page": "accounts", "query": "bounds=1,2", "days": "7"}, {},
    ],
)  # fmt: skip
def test_what_means_nothing_becomes_no_link(company, login_as, form, session):
    answer = login_as(company["rep"]).post("/map/links", data=form)
    assert answer.status_code == 422
    assert views(session) == []


def test_only_words_of_the_page_are_kept(company, login_as, session):
    make_link(login_as(company["rep"]), query="status=prospect&size=value&bounds=-77,40,-76,41&evil=1&paper=a4")
    (view,) = views(session)
    assert (view.query, view.bounds) == ("status=prospect&size=value", "-77,40,-76,41")


def test_a_link_of_regions_shows_the_figures_of_its_maker(client, company, login_as):
    link = make_link(login_as(company["rep"]), "regions", "level=territory&metric=prospects")
    text_of = client.get(link).get_data(as_text=True)
    assert company["territory"].name in text_of
    assert client.get(f"{link}/tiles/territories/{WIDE}.mvt").status_code == 200
    assert client.get(f"{link}/tiles/accounts/{WIDE}.mvt").status_code == 404


def test_a_selection_too_long_for_a_link_is_refused(company, session):
    with pytest.raises(Invalid, match="too long"):
        share_services.share(session, company["rep"].id, "accounts", "q=" + "x" * 5000, None, 7)


def test_a_link_shows_the_layers_that_were_on_and_no_others(client, company, login_as):
    link = make_link(login_as(company["rep"]), query="layers=coverage,visits,territories&status=customer")
    page = client.get(link).get_data(as_text=True)
    on = json.loads(re.search(r'id="layers-on">(.+?)</script>', page, re.S)[1])["layers"]
    below = link.removeprefix("http://localhost")
    assert [each.get("tiles") for each in on] == [
        f"{below}/tiles/coverage/{{z}}/{{x}}/{{y}}.mvt", f"{below}/tiles/visits/{{z}}/{{x}}/{{y}}.mvt",
        f"{below}/tiles/territories/{{z}}/{{x}}/{{y}}.mvt",
    ]  # fmt: skip
    assert all("page" not in each for each in on)
    assert not re.search(r'"/(accounts|map|tiles|api)[/"?]', page)
    statuses = {
        name: client.get(f"{link}/tiles/{name}/{WIDE}.mvt").status_code
        for name in ("coverage", "visits", "territories", "accounts", "opportunities", "owner")
    }
    assert statuses == {
        "coverage": 200,
        "visits": 200,
        "territories": 200,
        "accounts": 404,
        "opportunities": 404,
        "owner": 404,
    }
    assert count(client.get(f"{link}/tiles/coverage/{WIDE}.mvt")) == 1


def test_plans_of_reps_are_not_shared(company, login_as, session):
    form = {"page": "accounts", "query": "layers=accounts,plans", "days": "7"}
    answer = login_as(company["rep"]).post("/map/links", data=form)
    assert (answer.status_code, views(session)) == (422, [])
    assert "Switch that layer off" in answer.text
