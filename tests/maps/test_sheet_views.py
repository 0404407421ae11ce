"""Maps on paper over HTTP: what they count is what the list counts, for each role."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.geography.models import Region
from gcrm.maps import layer_queries, palette, paper, place_queries, sheet_layers, sheet_queries, sheet_views
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
        ("Customer", "1"), ("Prospect", "1"), ("Former", "1"),
    ]  # fmt: skip


def test_a_part_of_the_map_says_how_many_lie_elsewhere(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.png?bounds=-77,40,-76.5,40.5")
    assert sheets[0]["notes"][0] == "2 of 4 accounts shown."
    assert "1 lie outside this part of the map." in sheets[0]["notes"]


def test_the_layers_of_the_page_are_on_the_sheet_with_their_keys(company, login_as, sheets, session):
    mine = next(each for each in session.scalars(select(Account)) if each.name == "Mine")
    make.make_opportunity(session, mine)
    make.make_visit(session, mine, company["rep"], status="done", outcome="order", finished_at=clock.now())
    county = session.scalar(select(Region).where(Region.level == "county"))
    make.make_territory(session, company["rep"], (county,), name="Along the river", colour=3)
    login_as(company["admin"]).get("/map/sheet.pdf?layers=coverage,opportunities,visits,territories,regions,plans")
    (sheet,) = sheets
    titles = [legend["title"] for legend in sheet["legends"]]
    assert titles == ["Coverage", "Visits of a period", "Opportunities", "Plans of a day", "Territories", "Regions"]
    assert [disc["shape"] for disc in sheet["discs"] if "shape" in disc] == ["square", "diamond"]
    assert sheet["tinted"][0][1] == palette.categories(4)[3]
    assert sheet["legends"][4]["items"] == [
        {"label": "Along the river", "colour": palette.categories(4)[3], "hollow": False, "count": ""}
    ]
    assert sheet["legends"][1]["items"][0]["count"] == "1"
    assert "1 of 1 visits are shown." in sheet["legends"][1]["note"]
    assert sheet["borders"]
    assert sheet["notes"][0] == "4 of 5 accounts shown."


def test_layers_without_accounts_leave_them_out(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.pdf?layers=none,territories")
    (sheet,) = sheets
    assert (sheet["title"], sheet["discs"], sheet["notes"], sheet["empty"]) == ("Territories", [], [], "")


def test_few_cases_are_hatched(company, login_as, sheets):
    login_as(company["admin"]).get("/regions/sheet.pdf?level=county&metric=white_space_share")
    (sheet,) = sheets
    hatched = [item for item in sheet["legends"][0]["items"] if item.get("is_hatched")]
    assert len(sheet["hatched"]) == int(hatched[0]["count"] if hatched else 0)


def test_a_selection_is_said_in_words_and_heeded(company, login_as, sheets):
    login_as(company["rep"]).get("/map/sheet.pdf?status=prospect")
    assert sheets[0]["filters"] == ["Status: Prospect"]
    assert len(sheets[0]["discs"]) == 1
    assert sheets[0]["notes"] == ["1 of 1 accounts shown."]


def test_cells_add_up_to_the_accounts_in_the_frame(company, login_as, sheets, monkeypatch):
    monkeypatch.setattr(sheet_layers, "MOST_POINTS", 2)
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
        rows = layer_queries.account_rows(session, "status", False, [])
        points = sheet_queries.marks(session, rows, Selection(), frame, 100, 8)
        cells = sheet_queries.marks(session, rows, Selection(), frame, 0, 8)
        assert sum(cell.n for cell in cells.found) == len(points.found)
        assert cells.counts == points.counts
        assert all(west <= point.lon <= east and south <= point.lat <= north for point in points.found)
        squares = sheet_queries.cells(session, Selection(), frame, frame.cell_zoom(4))
        assert sum(square.n for square in squares) == len(points.found)
    assert len(points.found) == 4


def test_a_frame_astride_the_antimeridian_holds_both_sides(company, session):
    make.make_account(session, at=(179.9, -17.0))
    make.make_account(session, at=(-179.9, -17.0))
    frame = Frame.fitted((179.5, -17.5, 180.5, -16.5), 100, 100)
    rows = layer_queries.account_rows(session, "status", False, [])
    assert len(sheet_queries.marks(session, rows, Selection(), frame, 100, 8).found) == 2


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
