"""Numbers about regions: read from files, kept beside what was there, taken back."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from gcrm.core.errors import Invalid
from gcrm.geography import attribute_queries, attribute_services
from gcrm.geography.attribute_file import name_of, numbers_of, read
from gcrm.geography.cli import regions
from gcrm.geography.models import AttributeLoad
from tests import factories as make

REGIONS = {"01001": 1, "01003": 2, "42043": 3}


def table(text: str, encoding: str = "utf-8"):
    return read(text.encode(encoding), "people.csv")


# -- files -------------------------------------------------------------------------------------------------------------


def test_the_code_and_the_numbers_are_found_by_themselves() -> None:
    found = numbers_of(table('Name,GEOID,Inhabitants 2020,Businesses\nA,01001,100,7\nB,42043,"2,500",8.5\n'), REGIONS)
    assert found.names == ["inhabitants_2020", "businesses"]
    assert found.rows == {
        1: {"inhabitants_2020": 100, "businesses": 7},
        3: {"inhabitants_2020": 2500, "businesses": 8.5},
    }
    assert found.faults == []


def test_zeros_that_a_spreadsheet_took_away_are_put_back() -> None:
    assert numbers_of(table("code;n\n1001;5\n1003;6\n"), REGIONS).rows == {1: {"n": 5}, 2: {"n": 6}}


def test_bad_rows_are_named_and_the_rest_is_read() -> None:
    text = "code,n\n01001,5\n99999,1\n01001,6\n42043,many\n,3\n\n01003,7\n"
    found = numbers_of(table(text), REGIONS)
    assert found.rows == {1: {"n": 5}, 2: {"n": 7}}
    assert [(fault.row, fault.why) for fault in found.faults] == [
        (3, "“99999” is no region of this level."),
        (4, "“01001” stands in row 2 already."),
        (5, "“many” under n is not a number."),
        (6, "It names no region."),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_headers_in_any_usual_encoding(encoding: str) -> None:
    assert numbers_of(table("코드,인구\n01001,5\n", encoding), REGIONS).names == ["인구"]


def test_columns_can_be_named() -> None:
    text = "fips,n,state\n01001,5,1\n42043,6,42\n"
    assert numbers_of(table(text), REGIONS).names == ["n", "state"]
    assert numbers_of(table(text), REGIONS, "FIPS", ["n"]).names == ["n"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [("code,n\n", "rows below"), ("code,n\nx,1\n", "in no column do codes"), ("code,name\n01001,Dauphin\n", "no column of numbers"),
     ("code,n,N\n01001,1,2\n", "a name of its own"), ("PK\x03\x04", "Save the sheet as CSV"), ("code,n\n01001,nan\n", "no column of numbers"),
     ("code,n\n01001,1e999\n", "no column of numbers")],
)  # fmt: skip
def test_a_file_that_tells_nothing_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        numbers_of(table(text), REGIONS)


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(Invalid, match=r"no column “id”\. Its columns are: code, n"):
        numbers_of(table("code,n\n01001,1\n"), REGIONS, "id")


def test_headers_become_words() -> None:
    assert [name_of(text) for text in ("Inhabitants", " Per-capita income ($) ", "인구 수")] == [
        "inhabitants", "per_capita_income", "인구_수",
    ]  # fmt: skip


# -- loads -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counties(session):
    make.make_organisation(session)
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4)
    return [state, *(make.make_region(session, f"4200{i}", west=-80 + i, parent=state) for i in range(2))]


def load(session, text: str, **more) -> AttributeLoad:
    return attribute_services.load_attributes(session, table(text), "us", "county", in_use=True, **more)


def known(session, regions, level: str = "county"):
    return attribute_queries.of_regions(session, level, [region.id for region in regions])


def test_the_newest_number_holds_until_it_is_taken_back(session, counties) -> None:
    _state, one, two = counties
    load(session, "code,inhabitants\n42000,100\n42001,200\n")
    newer = load(session, "code,inhabitants,shops\n42000,150,3\n")
    assert known(session, [one, two]) == {
        one.id: {"inhabitants": 150, "shops": 3}, two.id: {"inhabitants": 200},
    }  # fmt: skip
    attribute_services.take_back(session, newer)
    assert known(session, [one, two]) == {one.id: {"inhabitants": 100}, two.id: {"inhabitants": 200}}


def test_a_state_is_the_sum_of_its_counties_where_each_has_a_number(session, counties) -> None:
    state, _one, _two = counties
    load(session, "code,inhabitants,shops\n42000,100,3\n42001,200,\n")
    assert known(session, [state], "state") == {state.id: {"inhabitants": 300}}


def test_a_territory_is_the_sum_of_its_regions(session, counties) -> None:
    _state, one, two = counties
    load(session, "code,inhabitants,shops\n42000,100,3\n42001,200,\n")
    territory = make.make_territory(session, None, (one, two))
    assert known(session, [territory], "territory") == {territory.id: {"inhabitants": 300}}


def test_a_country_is_the_sum_of_its_states(session, counties) -> None:
    attribute_services.load_attributes(session, table("code,inhabitants\n42,7\n"), "us", "state", in_use=True)
    assert attribute_queries.of_regions(session, "country", ["us"]) == {"us": {"inhabitants": 7}}


def test_what_was_only_looked_at_holds_nowhere_and_makes_room(session, counties) -> None:
    _state, one, _two = counties
    first = attribute_services.load_attributes(session, table("code,n\n42000,1\n"), "us", "county")
    assert known(session, [one]) == {}
    second = attribute_services.load_attributes(session, table("code,n,m\n42000,1,2\n"), "us", "county")
    assert session.get(AttributeLoad, first.id, populate_existing=True) is None
    attribute_services.use(session, second, ["m"])
    assert known(session, [one]) == {one.id: {"m": 2}}


def test_numbers_of_what_is_not_loaded_have_no_place(session, counties) -> None:
    with pytest.raises(Invalid, match="are loaded for “kr”"):
        attribute_services.load_attributes(session, table("code,n\n1,1\n"), "kr", "county")


# -- page and command --------------------------------------------------------------------------------------------------


def upload(client, text: str, regions: str = "us:county"):
    from io import BytesIO

    form = {"regions": regions, "file": (BytesIO(text.encode()), "people.csv")}
    return client.post("/regions/attributes", data=form, content_type="multipart/form-data")


def test_a_planner_looks_uses_and_takes_back(session, counties, login_as) -> None:
    client = login_as(make.make_user(session, "planner"))
    answer = upload(client, "code,inhabitants\n42000,100\n42009,9\n")
    assert answer.status_code == 302
    seen = client.get(answer.location).text
    for said in ("“42009” is no region of this level.", "Region 42000", "Use these numbers"):
        assert said in seen
    assert client.post(answer.location, data={"name": "inhabitants"}).status_code == 302
    assert "inhabitants" in client.get("/regions/attributes").text
    assert "1,000 inhabitants" in client.get("/regions?level=county").text
    assert client.post(f"{answer.location}/take-back").status_code == 302
    assert "1,000 inhabitants" not in client.get("/regions?level=county").text


def test_a_bad_file_gets_a_sentence(session, counties, login_as) -> None:
    client = login_as(make.make_user(session, "admin"))
    answer = upload(client, "code,inhabitants\n1,2\n")
    assert answer.status_code == 422
    assert "in no column do codes of this level stand" in answer.text
    assert client.post("/regions/attributes", data={"regions": "us:county"}).status_code == 422


def test_a_rep_may_not(session, counties, login_as) -> None:
    assert login_as(make.make_user(session, "rep")).get("/regions/attributes").status_code == 403


def test_figures_are_taken_per_thousand_inhabitants(session, counties, login_as) -> None:
    load(session, "code,inhabitants\n42000,500\n42001,0\n")
    for at in ((-79.5, 40.5), (-79.4, 40.5), (-78.5, 40.5)):
        make.make_account(session, at=at, status="prospect", annual_value_minor=10_000)
    client = login_as(make.make_user(session, "admin"))
    url = "/api/v1/regions/stats?level=county&per=inhabitants&metric="
    body = client.get(f"{url}prospects").json
    assert (body["unit"], body["per"], body["total_value"]) == ("accounts/1,000 inhabitants", "inhabitants", None)
    assert [(each["value"], each["attributes"]) for each in body["regions"]] == [
        (4.0, {"inhabitants": 500}), (None, {"inhabitants": 0}),
    ]  # fmt: skip
    assert client.get(f"{url}value").json["regions"][0]["value"] == 400
    assert client.get(f"{url}win_rate").status_code == 422
    unknown = client.get("/api/v1/regions/stats?level=county&metric=value&per=cows")
    assert (unknown.status_code, "It is one of km2, inhabitants" in unknown.json["detail"]) == (422, True)


@pytest.mark.usefixtures("own_database")
def test_the_command_prints_what_it_did(tmp_path) -> None:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        make.make_region(session, "42000")
    file = tmp_path / "people.csv"
    file.write_text("code,inhabitants\n42000,100\n1,2\n")
    arguments = ["attributes", str(file), "--level", "county", "--country", "us"]
    answer = CliRunner().invoke(regions, [*arguments, "--json"])
    assert answer.exit_code == 0, answer.output
    figures = json.loads(answer.stdout)
    assert (figures["regions"], figures["left_out"], figures["names"]) == (1, 1, ["inhabitants"])
    assert figures["faults"] == [{"row": 3, "why": "“00001” is no region of this level."}]
    assert "Row 3 is left out." in CliRunner().invoke(regions, arguments).output
