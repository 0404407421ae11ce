"""Where things lie on paper, and what the drawing holds."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from gcrm.core.errors import Invalid
from gcrm.maps import palette, sheet
from gcrm.maps.sheet import Frame, Paper

SVG = "{http://www.w3.org/2000/svg}"
PAPERS = [(size, turn) for size in sheet.SIZES for turn in sheet.TURNS]


def a_sheet(**changes: object) -> dict[str, object]:
    ring = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]
    square = {"type": "Polygon", "coordinates": [ring]}
    disc = {"lon": 0.0, "lat": 0.0, "radius": 4.0, "colour": "#00606e", "hollow": False, "count": "12"}
    return {
        "paper": {"size": "a4", "turn": "landscape"}, "bounds": [-1, -1, 1, 1], "edge": 0.0, "language": "en",
        "colours": palette.MAP_LIGHT, "ground": [square], "lines": [[square]], "areas": [(square, "#c9533d")], "squares": [],
        "discs": [disc], "names": [["Here <&> there", 0.0, 0.5]], "bar": {"metres": 50_000, "mm": 20.0, "words": "50 km"},
        "north": "N", "title": "Accounts", "company": "Acme", "date": "As of Nov 22, 2026", "filters": ["Status: Customer"],
        "notes": ["12 of 13 accounts shown."], "credits": "Boundaries: the state", "empty": "",
        "legends": [{"title": "Status", "unit": "", "shape": "circle", "note": "A disc is several accounts.",
                     "items": [{"label": "Customer", "colour": "#00606e", "hollow": False, "count": "12"}]}],
    } | changes  # fmt: skip


@pytest.mark.parametrize(("size", "turn"), PAPERS)
def test_the_map_fits_on_the_paper(size: str, turn: str) -> None:
    paper = Paper(size, turn)
    assert {paper.width, paper.height} == set(sheet.SIZES[size])
    assert (paper.width > paper.height) == (turn == "landscape")
    assert 0.6 * paper.width < paper.map_width <= paper.width - 2 * sheet.MARGIN
    assert 0.6 * paper.height < paper.map_height <= paper.height - 2 * sheet.MARGIN


@pytest.mark.parametrize(
    "bounds", [(-80, 38, -74, 42), (126.9, 37.4, 127.1, 37.6), (170, -20, 190, -10), (5, 50, 5, 50)]
)
def test_a_frame_holds_what_is_fitted_in_the_shape_of_the_box(bounds: sheet.Bounds) -> None:
    frame = Frame.fitted(bounds, 200, 100)
    west, south, east, north = frame.bounds
    assert west < bounds[0] <= bounds[2] < east
    assert south < bounds[1] <= bounds[3] < north
    wide = sheet.across(east) - sheet.across(west)
    assert wide / (sheet.down(south) - sheet.down(north)) == pytest.approx(2)


def test_the_middle_of_the_frame_is_the_middle_of_the_paper() -> None:
    frame = Frame.fitted((-1, -1, 1, 1), 200, 200)
    assert frame.units(0, 0) == (100 * sheet.UNITS, 100 * sheet.UNITS)
    assert frame.units(1, 0)[0] > 100 * sheet.UNITS
    assert frame.units(0, 1)[1] < 100 * sheet.UNITS  # North is up.


def test_the_scale_bar_is_as_long_as_the_ground_it_names() -> None:
    frame = Frame.fitted((-1, 59, 1, 61), 200, 200, edge=0)
    bar = sheet.scale_bar(frame)
    # At 60 degrees north a degree of longitude is half as long as on the equator.
    degrees = bar.metres / (sheet.EARTH_METRES / 360 * math.cos(math.radians(frame.middle_latitude)))
    drawn = (frame.units(degrees, 60)[0] - frame.units(0, 60)[0]) / sheet.UNITS
    assert drawn == pytest.approx(bar.mm, abs=0.06)
    assert bar.metres in {step * 10**power for step in (1, 2, 5) for power in range(8)}
    assert 15 < bar.mm <= 45


@pytest.mark.parametrize("bounds", [(-80, 38, -74, 42), (170, -20, 190, -10), (-180, -60, 180, 75)])
def test_the_tiles_of_a_frame_hold_every_place_in_it(bounds: sheet.Bounds) -> None:
    frame = Frame.fitted(bounds, 227, 160)
    z, tiles = frame.tiles()
    assert len(tiles) <= 16
    west, south, east, north = frame.bounds
    for i in range(21):
        lon, lat = west + (east - west) * i / 20.001, south + (north - south) * i / 20
        x = math.floor(sheet.across(lon) * 2**z) % 2**z
        assert (x, min(2**z - 1, math.floor(sheet.down(lat) * 2**z))) in tiles


def test_the_area_of_a_disc_is_its_value() -> None:
    assert sheet.radius(25, 100) == pytest.approx(sheet.radius(100, 100) / 2)
    assert sheet.radius(0, 100) == sheet.SMALLEST_DISC
    assert sheet.radius(0, 0) == sheet.SMALLEST_DISC


def test_the_drawing_is_one_svg_that_names_no_address() -> None:
    frame = Frame.fitted((-1, -1, 1, 1), 100, 100, 0)
    text = sheet.drawing(a_sheet(), frame)
    drawn = ElementTree.fromstring(text)  # noqa: S314 - it is our own
    assert (drawn.get("width"), drawn.get("height")) == ("100mm", "100mm")
    words = [each.text for each in drawn.iter(f"{SVG}text")]
    assert set(words) == {"12", "Here <&> there", "50 km", "N"}
    assert text.count("://") == text.count('xmlns="http://www.w3.org/2000/svg"') == 1


def test_a_name_that_would_lie_over_another_is_left_out() -> None:
    frame = Frame.fitted((-1, -1, 1, 1), 100, 100, 0)
    drawn = sheet.drawing(a_sheet(names=[["First", 0.0, 0.5], ["Second", 0.01, 0.5], ["Third", 0.0, -0.5]]), frame)
    assert "First" in drawn
    assert "Third" in drawn
    assert "Second" not in drawn


def test_a_ring_smaller_than_a_dot_is_not_drawn() -> None:
    frame = Frame.fitted((-1, -1, 1, 1), 100, 100, 0)
    tiny = [[0, 0], [1e-7, 0], [1e-7, 1e-7], [0, 0]]
    assert sheet.path(frame, {"type": "Polygon", "coordinates": [tiny]}) == ""
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    assert sheet.path(frame, {"type": "MultiPolygon", "coordinates": [[square], [tiny]]}).count("M") == 1


@pytest.mark.parametrize(
    ("words", "fault"),
    [({"paper": "a9"}, "“a9” is no paper"), ({"turn": "upside"}, "“upside” is no way to turn paper")],
)
def test_an_unknown_paper_is_refused(words: dict[str, str], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        Paper.parse(words)


@pytest.mark.parametrize(
    "text", ["1,2,3", "a,b,c,d", "1,2,nan,4", "0,0,400,1", "10,0,5,1", "0,95,1,96", "0,2,1,1", "x" * 500]
)
def test_bounds_that_lie_on_no_map_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="bounds"):
        sheet.parse_bounds(text)


def test_bounds_are_read_across_the_antimeridian() -> None:
    assert sheet.parse_bounds("170,-20,190,-10") == (170, -20, 190, -10)
    assert sheet.parse_bounds(None) is None
