"""The pages of maps, the tiles over HTTP, the drawing to take away."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re

import pytest

from gcrm.core import clock, vendor
from gcrm.maps.metrics import METRICS
from tests import factories as make
from tests.maps import mvt

TILE = "/tiles/accounts/4/4/6.mvt"
NEAR = "/tiles/accounts/{}/{}/{}.mvt".format(*mvt.tile_of(-76.88, 40.27, 12))


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "admin": make.make_user(session, "admin"),
    }
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    county = make.make_region(
        session, "42043", "county", west=-77, south=40, size=1, name="Dauphin County", parent=state
    )
    make.make_region(session, "42071", "county", west=-78, south=40, size=1, name="Lancaster County", parent=state)
    people["mine"] = make.make_account(session, people["rep"], name="Mine", tier="A", annual_value_minor=123_456)
    people["theirs"] = make.make_account(session, people["other"], name="Theirs", at=(-76.5, 40.5), status="prospect")
    make.make_account(session, people["rep"], name="Nowhere", at=None)
    make.make_account(session, people["rep"], name="At sea", at=(-30.0, 40.0))
    return people | {"county": county}


def accounts_of(tile: bytes) -> list[dict[str, object]]:
    return [feature.properties for layer in mvt.decode(tile).values() for feature in layer.features]


# -- tiles -------------------------------------------------------------------------------------------------------------


def test_a_stranger_gets_401_and_no_byte(client, company):
    for url in (TILE, "/map", "/map/summary", "/map/found?q=Mine", "/map/here?z=0&x=0&y=0", "/regions", "/regions/part",
                "/regions/print", "/regions/folium.html", f"/map/accounts/{company['mine'].uuid}",
                "/api/v1/regions/stats?level=county&metric=accounts"):  # fmt: skip
        answer = client.get(url)
        assert answer.status_code in (302, 401), url
        assert b"Mine" not in answer.data
    assert client.get(TILE).mimetype == "application/problem+json"


def test_a_tile_is_kept_until_it_changes(company, login_as, session):
    client = login_as(company["rep"])
    first = client.get(TILE)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert accounts_of(first.data) == [{"n": 1, "value": 123_456, "prospects": 0, "customers": 1}]
    again = client.get(TILE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    make.make_account(session, company["rep"])
    changed = client.get(TILE, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_rows_out_of_sight_do_not_change_a_tiles_etag(company, login_as, session):
    client = login_as(company["rep"])
    before = client.get(TILE).headers["ETag"]
    make.make_account(session, company["other"], at=(-76.9, 40.2))
    assert client.get(TILE).headers["ETag"] == before


def test_a_near_tile_names_accounts_of_ones_own_only(company, login_as):
    (mine,) = accounts_of(login_as(company["rep"]).get(NEAR).data)
    assert mine["id"] == str(company["mine"].uuid)
    assert mine["tier"] == "A"
    assert accounts_of(login_as(company["other"]).get(NEAR).data) == []


def test_a_tile_obeys_the_selection(company, login_as):
    client = login_as(company["admin"])
    assert [each["n"] for each in accounts_of(client.get(f"{TILE}?status=prospect").data)] == [1]
    assert accounts_of(client.get(f"{TILE}?q=nobody").data) == []


@pytest.mark.parametrize(
    ("url", "status"),
    [("/tiles/accounts/1/2/0.mvt", 400), ("/tiles/accounts/23/0/0.mvt", 400), ("/tiles/accounts/a/0/0.mvt", 400),
     ("/tiles/accounts/-1/0/0.mvt", 400), ("/tiles/accounts/99999999999999999999/0/0.mvt", 400),
     (f"{TILE}?status=happy", 400), (f"{TILE}?region=nowhere", 400), (f"{TILE}?place=located&place=outside", 400)],
)  # fmt: skip
def test_a_bad_tile_is_a_problem_in_a_sentence(url, status, company, login_as):
    answer = login_as(company["admin"]).get(url)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["detail"]


# -- the map of accounts -----------------------------------------------------------------------------------------------


def settings_of(page: str) -> dict[str, object]:
    return json.loads(re.search(r'id="map-settings">(.*?)</script>', page, re.DOTALL)[1])


def layers_on(page: str) -> list[dict[str, object]]:
    return json.loads(re.search(r'id="layers-on">(.*?)</script>', page, re.DOTALL)[1])["layers"]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_map_says_how_many_it_shows_and_why(company, login_as):
    page = login_as(company["admin"]).get("/map").text
    assert "On the map 3 of 4" in text_of(page)
    assert "1 account has no place yet" in page
    assert "/accounts?place=unplaced" in page
    assert "1 of them lies outside every region" in page
    assert "/accounts?place=outside" in page
    assert "U.S. Census Bureau" in page


def test_map_and_list_share_the_query_and_the_count(company, login_as):
    client = login_as(company["admin"])
    page = client.get("/map?status=customer").text
    assert layers_on(page)[0]["tiles"] == "/tiles/accounts/{z}/{x}/{y}.mvt?status=customer"
    assert '/accounts?status=customer"' in page
    assert "On the map 2 of 3" in text_of(page)
    listed = client.get("/api/v1/accounts?status=customer").json
    assert listed["total"] == 3
    assert sum(each["n"] for each in accounts_of(client.get("/tiles/accounts/0/0/0.mvt?status=customer").data)) == 2


def test_the_map_opens_where_ones_accounts_are(company, login_as):
    west, south, east, north = settings_of(login_as(company["rep"]).get("/map").text)["bounds"]
    assert west < -76.88 < -30 < east
    assert south < 40 < 40.27 < north
    west, south, east, north = settings_of(login_as(company["other"]).get("/map").text)["bounds"]
    assert -76.6 < west < -76.5 < east < -76.4
    assert 40.4 < south < 40.5 < north < 40.6


def test_without_accounts_the_map_opens_on_the_country(session, login_as):
    make.make_organisation(session)
    make.make_region(session, "42", "state", west=-80, south=39, size=4)
    assert settings_of(login_as(make.make_user(session, "admin")).get("/map").text)["bounds"][0] < -79


def test_the_summary_alone_is_what_the_map_shows(company, login_as):
    part = login_as(company["rep"]).get("/map/summary?tier=A")
    assert 'id="summary"' in part.text
    assert "data-bounds" in part.text
    assert "On the map 1 all of them" in text_of(part.text)
    assert "Drop Tier: A" in part.text


def test_a_card_is_told_of_what_one_may_see(company, login_as):
    card = login_as(company["rep"]).get(f"/map/accounts/{company['mine'].uuid}")
    assert card.status_code == 200
    for said in ("Mine", "$1,234.56", "Plan a visit", "Log a visit"):
        assert said in card.text
    assert login_as(company["rep"]).get(f"/map/accounts/{company['theirs'].uuid}").status_code == 404


def test_the_search_finds_own_accounts_and_regions(company, login_as):
    client = login_as(company["rep"])
    assert "Mine" in client.get("/map/found?q=min").text
    assert "Theirs" not in client.get("/map/found?q=theirs").text
    county = client.get("/map/found?q=dauphin").text
    assert "Dauphin County" in county
    assert "data-bounds" in county
    assert "Nothing found" in client.get("/map/found?q=zzz").text
    assert client.get("/map/found").text.strip() == ""


def test_of_regions_with_one_name_those_with_accounts_come_first(company, login_as, session):
    make.make_region(session, "31109", "county", west=-97, south=40, size=1, name="Dauphin County")
    page = login_as(company["rep"]).get("/map/found?q=dauphin").text
    assert page.count("Dauphin County") == 2
    assert page.index("Pennsylvania") < page.rindex("Dauphin County")


def test_accounts_that_stand_together_are_listed(company, login_as, session):
    for i in range(3):
        make.make_account(session, company["rep"], name=f"Booth {i}", at=(10.0, 10.0))
    page = login_as(company["rep"]).get("/map/here?z=4&x=8&y=7").text
    assert "3 accounts here" in page
    assert page.count("Booth") == 3
    assert login_as(company["rep"]).get("/map/here?z=99&x=0&y=0").status_code == 400


# -- the map of regions ------------------------------------------------------------------------------------------------


def figures_of(page: str) -> dict[str, object]:
    return json.loads(re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)[1])


def test_the_regions_are_filled_and_listed_alike(company, login_as):
    page = login_as(company["admin"]).get("/regions?level=county&metric=value").text
    drawn = figures_of(page)
    assert [(each["code"], each["count"], each["value"]) for each in drawn["regions"]] == [("42043", 2, 1234.56)]
    assert settings_of(page)["choropleth"] == drawn
    assert "$1.2K" in page
    assert "region=us%3A42043" in page or "region=us:42043" in page
    assert "Accounts 2 of 4" in text_of(page)
    assert "1 has no place yet" in page


def test_a_local_company_sees_counties_first(company, login_as):
    assert figures_of(login_as(company["admin"]).get("/regions").text)["level"] == "county"


def test_within_a_state_every_county_is_there(company, login_as):
    page = login_as(company["admin"]).get("/regions/part?level=county&parent=us:42&metric=prospects").text
    assert [(each["name"], each["value"]) for each in figures_of(page)["regions"]] == [
        ("Dauphin County", 1), ("Lancaster County", 0),
    ]  # fmt: skip
    assert "Pennsylvania" in page
    assert "data-bounds" in page


def test_a_level_that_does_not_lie_below_leads_up_again(company, login_as):
    client = login_as(company["admin"])
    page = client.get("/regions/part?level=county&parent=us:42043").text
    assert [each["code"] for each in figures_of(page)["regions"]] == ["42043", "42071"]
    assert figures_of(client.get("/regions/part?level=state&parent=us:42").text)["level"] == "state"


def test_the_table_is_sorted_as_asked(company, login_as, session):
    make.make_account(session, at=(-77.5, 40.5))
    client = login_as(company["admin"])

    def names(sort: str) -> list[str]:
        page = client.get(f"/regions/part?level=county&metric=accounts&sort={sort}").text
        return re.findall(r">(\w+) County</a>", page)

    assert names("-value") == names("name") == ["Dauphin", "Lancaster"]
    assert names("value") == names("-name") == ["Lancaster", "Dauphin"]


def test_hexagons_come_with_their_shapes(company, login_as):
    drawn = figures_of(login_as(company["rep"]).get("/regions?level=hex100").text)
    keys = {f"{each['country']}:{each['code']}" for each in drawn["regions"]}
    assert {feature["id"] for feature in drawn["shapes"]["features"]} == keys
    assert len(keys) == 2


def test_a_rep_sees_sums_of_the_own_accounts(company, login_as):
    drawn = figures_of(login_as(company["rep"]).get("/regions?level=county&metric=accounts").text)
    assert [each["count"] for each in drawn["regions"]] == [1]


def test_every_figure_of_the_menu_draws_something(company, login_as, session):
    account = company["mine"]
    account.cadence_days, account.potential_minor = 30, 500_000
    for days in (10, 300):
        sell(session, account, days)
    make.make_opportunity(session, account, company["rep"])
    session.flush()
    client = login_as(company["admin"])
    for metric in METRICS:
        page = client.get(f"/regions/part?level=county&metric={metric}").text
        assert [each["value"] is None for each in figures_of(page)["regions"]] == [False], metric
        assert figures_of(page)["labels"], metric


def sell(session, account, days_ago: int) -> None:
    won = make.make_stage(session, "won").id
    closed = clock.now() - dt.timedelta(days=days_ago)
    make.make_opportunity(session, account, stage_id=won, closed_at=closed)


def test_a_second_figure_stands_beside_in_map_table_and_file(company, login_as):
    client = login_as(company["admin"])
    words = "level=county&metric=value&compare=accounts"
    page = client.get(f"/regions?{words}").text
    beside = figures_of(page)["beside"]
    assert (beside["label"], [each["value"] for each in beside["regions"]]) == ("Accounts", [2])
    assert re.search(r"<th[^>]*><a[^>]*>Accounts</a>", page)
    answer = client.get(f"/regions/table.csv?{words}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="value-by-county.csv"'
    header, row = csv.reader(answer.data.decode("utf-8-sig").splitlines())
    assert header == ["country", "code", "name", "area_km2", "count", "value (USD)", "accounts (accounts)"]
    assert (row[1], *row[4:]) == ("42043", "2", "1234.56", "2")


def test_two_times_share_their_classes(company, login_as, session):
    for days in (10, 400, 400):
        sell(session, company["mine"], days)
    figures = figures_of(login_as(company["admin"]).get("/regions?level=county&metric=revenue&compare=before").text)
    assert figures["labels"] == figures["beside"]["labels"] == ["$1K", "$2K"]
    assert [one["regions"][0]["class"] for one in (figures, figures["beside"])] == [0, 1]


def test_a_figure_of_a_month_says_which_days(company, login_as, session):
    won = make.make_stage(session, "won").id
    at = dt.datetime(2026, 3, 15, tzinfo=dt.UTC)
    make.make_opportunity(session, company["mine"], stage_id=won, closed_at=at)
    client = login_as(company["admin"])
    page = client.get("/regions/part?level=county&metric=revenue&month=2026-03").text
    assert [each["value"] for each in figures_of(page)["regions"]] == [1000]
    assert "Mar 1, 2026 to Mar 31, 2026" in page
    assert figures_of(client.get("/regions/part?level=county&metric=revenue&month=2026-04").text)["regions"] == []


def test_own_limits_make_the_classes(company, login_as):
    page = login_as(company["admin"]).get("/regions/part?level=county&metric=value&limits=1000,5000").text
    assert figures_of(page)["labels"] == ["< $1K", "$1K – $5K", "≥ $5K"]
    assert figures_of(page)["regions"][0]["class"] == 1


def test_a_share_of_few_cases_is_said_to_be_one(company, login_as, session):
    sell(session, company["mine"], 10)
    figures = figures_of(login_as(company["admin"]).get("/regions?level=county&metric=win_rate").text)
    assert figures["unreliable_label"] == "Fewer than 5 cases"
    assert figures["regions"][0]["unreliable"] is True


def test_only_what_is_significant_has_a_colour(company, login_as, session):
    for i in range(6):
        for k in range(6):
            make.make_region(session, f"9{i}{k}00", "county", west=10 + i, south=10 + k, size=1)
            for _ in range(9 if i < 2 and k < 2 else 1 + (i * k) % 2):
                make.make_account(session, at=(10.5 + i, 10.5 + k))
    page = login_as(company["admin"]).get("/regions?level=county&metric=accounts&significant=1").text
    figures = figures_of(page)
    hot = {each["code"] for each in figures["regions"] if each["class"] == 1}
    assert "90000" in hot <= {f"9{i}{k}00" for i in range(3) for k in range(3)}
    assert figures["labels"] == ["Low among low", "High among high"]
    assert "of 36 regions tested" in page
    assert "1 without neighbours is not tested." in page


def test_a_country_is_made_of_its_states_and_drawn_whole(company, login_as):
    client = login_as(company["admin"])
    figures = figures_of(client.get("/regions?level=country&metric=accounts").text)
    assert [(each["name"], each["value"]) for each in figures["regions"]] == [("United States", 2)]
    assert [feature["id"] for feature in figures["shapes"]["features"]] == ["us:us"]
    assert figures["below"] == {"us": "state"}
    assert "country=" in figures["list_url"]
    assert client.get("/api/v1/accounts?country=us:us").json["total"] == 2


@pytest.mark.parametrize(
    "words",
    ["level=street", "metric=luck", "parent=us:99", "classes=99", "status=x", "limits=a", "month=x", "compare=y", "per=cows",
     "level=postcode&parent=us:42043&sort=wealth", "country=nowhere"],
)  # fmt: skip
def test_bad_words_of_the_region_map_get_a_sentence(words, company, login_as):
    assert login_as(company["admin"]).get(f"/regions?{words}").status_code in (404, 422)


def test_without_regions_the_page_says_what_to_do(session, login_as):
    make.make_organisation(session)
    planner = login_as(make.make_user(session, "planner"))
    assert "Load the regions of your country" in planner.get("/regions").text
    assert "The map has no outlines yet" in planner.get("/map").text


# -- to take away ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not vendor.manifest_of(), reason="the front-end libraries are not in static/vendor")
def test_the_drawing_is_served_in_its_own_sandbox(company, login_as):
    client = login_as(company["rep"])
    answer = client.get("/regions/folium.html?level=county&metric=accounts&status=customer")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert not re.search(r"\w+://", answer.text)
    for said in ("Accounts by county", "Dauphin County", "Status: Customer", "Acme", "L.map("):
        assert said in answer.text
    assert "Content-Disposition" not in answer.headers
    download = client.get("/regions/folium.html?level=county&download=1")
    assert download.headers["Content-Disposition"] == 'attachment; filename="customers-by-county.html"'


@pytest.mark.skipif(not vendor.manifest_of(), reason="the front-end libraries are not in static/vendor")
@pytest.mark.parametrize("level", ["state", "hex1000", "territory"])
def test_every_kind_of_level_is_drawn(level, company, login_as, session):
    make.make_territory(session, company["rep"], (company["county"],), name="West")
    make.make_account(session, at=(-76.7, 40.4))
    page = login_as(company["admin"]).get(f"/regions/folium.html?level={level}&metric=accounts").text
    assert "L.map(" in page


@pytest.mark.skipif(not vendor.manifest_of(), reason="the front-end libraries are not in static/vendor")
def test_an_empty_drawing_says_so(session, login_as):
    make.make_organisation(session)
    page = login_as(make.make_user(session, "admin")).get("/regions/folium.html?level=state").text
    assert "There is nothing to draw" in page


def test_the_print_page_leads_to_the_drawing(company, login_as):
    page = login_as(company["admin"]).get("/regions/print?level=county&metric=value&status=customer").text
    drawings = re.findall(r'href="(/regions/folium.html[^"]*)"', page)
    assert len(drawings) == 2
    assert all("level=county" in address and "status=customer" in address for address in drawings)
    assert "download=1" in drawings[0]
