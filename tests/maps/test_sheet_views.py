"""Maps on paper over HTTP: what they count is what the list counts, for each role."""

from __future__ import annotations

from typing import Any

import pytest

from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import paper, place_queries, sheet_queries, sheet_views
from gcrm.maps.sheet import Frame
from tests import factories as make


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {"rep": make.make_user(session, "rep", north), "other": make.make_user(session, "rep", south),
              "admin": make.make_user(session, "admin")}  # fmt: skip
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    make.make_region(session, "42043", "county", west=-77, south=40, size=1, name="Dauphin County", parent=state)
    make.make_account(session, people["rep"], name="Mine", tier="A", annual_value_minor=123_456)
    make.make_account(session, people["rep"], name="Near", at=(-76.7, 40.3), status="prospect")
    make.make_account(session, people["rep"], name="Far", at=(-79.5, 42.5), status="former")
    make.make_account(session, people["rep"], name="Nowhere", at=None)
    make.make_account(session, people["other"], name="Theirs", at=(-76.5, 40.5), status="prospect")
    return people


@pytest.fixture
def sheets(monkeypatch) -> list[dict[str, Any]]:
    """What was to be drawn, without drawing it."""
    seen: list[dict[str, Any]] = []

    def note(sheet: dict[str, Any], form: str, dots: int) -> bytes:
        seen.append(sheet)
        return b"drawn"

    monkeypatch.setattr(paper, "made_apart", note)
    return seen


def test_the_sheet_counts_what_the_principal_sees(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.pdf")
    login_as(company["admin"]).get("/map/sheet.pdf")
    assert [len(sheet["discs"]) for sheet in sheets] == [3, 4]
    assert sheets[0]["notes"] == ["3 of 4 accounts shown.", "1 have no place yet."]
    assert [(item["label"], item["count"]) for item in sheets[0]["legends"][0]["items"]] == [
        ("Prospect", "1"), ("Customer", "1"), ("Former", "1"),
    ]  # fmt: skip


def test_a_part_of_the_map_says_how_many_lie_elsewhere(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.png?bounds=-77,40,-76.5,40.5")
    assert sheets[0]["notes"][0] == "2 of 4 accounts shown."
    assert "1 lie outside this part of the map." in sheets[0]["notes"]


def test_a_selection_is_said_in_words_and_heeded(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.pdf?status=prospect")
    assert sheets[0]["filters"] == ["Status: Prospect"]
    assert len(sheets[0]["discs"]) == 1
    assert sheets[0]["notes"] == ["1 of 1 accounts shown."]


def test_cells_add_up_to_the_accounts_in_the_frame(company, login_as, sheets, monkeypatch):
    monkeypatch.setattr(sheet_queries.points, "__defaults__", (2,))
    login_as(company["rep"]).get("/map/sheet.pdf")
    login_as(company["rep"]).get("/map/sheet.pdf?size=value")
    login_as(company["rep"]).get("/map/sheet.pdf?layers=heat")
    counts, values, heat = sheets
    assert sum(int(disc["count"] or 1) for disc in counts["discs"]) == 3
    assert max(disc["radius"] for disc in values["discs"]) > 4
    assert len(heat["squares"]) == 3
    for sheet in sheets:
        assert sheet["notes"][0] == "3 of 4 accounts shown."


def test_the_frame_holds_the_same_accounts_by_points_and_by_cells(company, session):
    for view in ((-77, 40, -76, 41), (-80, 39, -76, 43), (170, -20, 190, 60), (-180, -80, 180, 80)):
        frame = Frame.fitted(view, 200, 100, 0)
        west, south, east, north = frame.bounds
        points = sheet_queries.points(session, Selection(), frame)
        cells = sheet_queries.cells(session, Selection(), frame, frame.cell_zoom(8))
        assert sum(cell.n for cell in cells) == len(points)
        assert all(west <= point.lon <= east and south <= point.lat <= north for point in points)
    assert len(points) == 4


def test_a_frame_astride_the_antimeridian_holds_both_sides(company, session):
    make.make_account(session, at=(179.9, -17.0))
    make.make_account(session, at=(-179.9, -17.0))
    frame = Frame.fitted((179.5, -17.5, 180.5, -16.5), 100, 100)
    assert len(sheet_queries.points(session, Selection(), frame)) == 2


def test_the_ground_is_cut_to_the_frame_and_named(company, session):
    frame = Frame.fitted(place_queries.bounds(session, Selection()), 200, 150)
    found = sheet_queries.outlines(session, ["state", "county"], frame)
    assert [each.name for each in found["county"]] == ["Dauphin County"]
    assert (found["county"][0].lon, found["county"][0].lat) == pytest.approx((-76.5, 40.5), abs=0.1)
    assert {each.level for each in geography.loaded(session)} == {"state", "county"}


def test_the_region_sheet_has_the_choropleths_figures(company, login_as, sheets):
    answer = login_as(company["admin"]).get("/regions/sheet.pdf?level=county&metric=accounts&download=1")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="accounts-by-county-')
    (sheet,) = sheets
    assert sheet["title"] == "Accounts by county"
    assert len(sheet["areas"]) == 1
    assert sheet["legends"][0]["items"][0]["label"] == "3"
    assert sheet["notes"] == [
        "3 of 5 accounts shown.", "1 have no place yet.", "1 lie in none of these regions.",
    ]  # fmt: skip


def test_nothing_to_show_is_said_on_the_sheet(session, login_as, sheets):
    make.make_organisation(session)
    admin = login_as(make.make_user(session, "admin"))
    for url in ("/map/sheet.pdf", "/map/sheet.pdf?layers=heat", "/regions/sheet.pdf?level=county"):
        assert admin.get(url).status_code == 200
    assert all(sheet["empty"] for sheet in sheets)


@pytest.mark.parametrize(
    "query",
    [
        "paper=a9",
        "turn=x",
        "dots=1",
        "bounds=1,2",
        "bounds=0,0,400,1",
        "status=nonsense",
        "owner=x",
        "paper=" + "x" * 5000,
    ],
)
def test_bad_words_get_a_sentence(company, login_as, sheets, query):
    answer = login_as(company["rep"]).get(f"/map/sheet.pdf?{query}")
    assert answer.status_code == 422
    assert "." in answer.get_data(as_text=True)


def test_the_page_offers_every_way(company, login_as):
    page = login_as(company["rep"]).get("/map/print?status=prospect&size=value&bounds=-77,40,-76,41&turn=portrait")
    text = page.get_data(as_text=True)
    assert "bounds=-77%2C40%2C-76%2C41" in text
    assert "turn=portrait" in text
    for form in sheet_views.TYPES:
        assert f"/map/sheet.{form}?" in text
    regions = login_as(company["rep"]).get("/regions/print?level=county").get_data(as_text=True)
    assert "/regions/sheet.pdf?" in regions


def test_heat_has_round_limits():
    from gcrm.maps.sheet_layers import heat_limits

    assert heat_limits(1) == [2.0]
    assert heat_limits(30) == [2, 5, 10, 20]
    assert len(heat_limits(100_000)) <= 6
