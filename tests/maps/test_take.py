"""The map of regions as data: the figures of the API, with the regions' own shapes."""

from __future__ import annotations

import csv
import io

import pyogrio
import pytest

from tests import factories as make

WAYS = ("csv", "geojson", "gpkg", "fgb")


@pytest.fixture
def company(session):
    make.make_organisation(session)
    people = {"rep": make.make_user(session, "rep", make.make_team(session)), "admin": make.make_user(session, "admin")}
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    county = make.make_region(session, "42043", west=-77, south=40, name='=CMD("Dauphin")', parent=state)
    make.make_territory(session, regions=(county,), name="Middle")
    make.make_account(session, people["rep"], annual_value_minor=123_400)
    make.make_account(session, annual_value_minor=50_000)
    return people


def rows_of(answer, ext: str, tmp_path) -> list[dict[str, object]]:
    if ext == "csv":
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    path = tmp_path / f"regions.{ext}"
    path.write_bytes(answer.data)
    return pyogrio.read_dataframe(path).to_dict("records")


@pytest.mark.parametrize("ext", WAYS)
def test_each_file_has_the_figures_that_the_role_sees(company, login_as, ext, tmp_path):
    url = f"/regions/export.{ext}?level=county&metric=value"
    for who, value, count in (("rep", 1234, 1), ("admin", 1734, 2)):
        answer = login_as(company[who]).get(url, buffered=True)
        assert "filename=value-by-county-" in answer.headers["Content-Disposition"]
        (row,) = rows_of(answer, ext, tmp_path)
        assert (row["country"], row["code"], row["unit"]) == ("us", "42043", "USD")
        assert (float(row["value"]), int(row["count"])) == (value, count)


def test_no_cell_of_the_csv_begins_a_formula(company, login_as, tmp_path):
    (row,) = rows_of(login_as(company["admin"]).get("/regions/export.csv?level=county", buffered=True), "csv", tmp_path)
    assert row["name"] == '\'=CMD("Dauphin")'


@pytest.mark.parametrize("level", ["state", "county", "territory", "hex100"])
@pytest.mark.parametrize("ext", WAYS[1:])
def test_every_level_has_its_shapes(company, login_as, level, ext, tmp_path):
    answer = login_as(company["admin"]).get(f"/regions/export.{ext}?level={level}&metric=accounts", buffered=True)
    found = rows_of(answer, ext, tmp_path)
    assert sum(row["count"] for row in found) == 2
    area = sum(row["geometry"].area for row in found)
    assert area == pytest.approx({"state": 16, "county": 1, "territory": 1, "hex100": 0.0106}[level], rel=0.05)


@pytest.mark.parametrize("query", ["level=nonsense", "metric=x", "status=nonsense"])
def test_bad_words_get_a_sentence(company, login_as, query):
    assert login_as(company["admin"]).get(f"/regions/export.csv?{query}").status_code == 422
