"""What maps say: figures in words, the ground, the way down."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.customers.selecting import Selection
from gcrm.geography.queries import LoadedLevel
from gcrm.maps import layers, palette
from gcrm.maps.metrics import METRICS
from gcrm.maps.region_queries import RegionFigure, RegionStats

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def loaded(*pairs: tuple[str, str]) -> list[LoadedLevel]:
    return [LoadedLevel(country, level, 1, NOW) for country, level in pairs]


def stats_of(metric: str, figures: list[RegionFigure], level: str = "county") -> RegionStats:
    count = sum(figure.count for figure in figures)
    per = METRICS[metric].per("")
    unit = METRICS[metric].unit("USD")
    return RegionStats(level, metric, unit, "USD", NOW, count + 2, 2, 1, 0, None, None, figures, per)


@pytest.fixture
def request_context(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.00123456, "0.00123"), (0.5, "0.5"), (12.345, "12.3"), (123.456, "123"), (1234.5, "1,234"), (2e6, "2,000,000")],
)  # fmt: skip
def test_numbers_are_written_to_three_digits(value, expected, request_context) -> None:
    assert layers.significant(value) == expected


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [(0, "USD", "$0"), (5.25, "USD", "$5.25"), (82.4, "USD", "$82"), (1_250_000, "USD", "$1.2M"), (999, "KRW", "₩999")],
)
def test_money_is_short_and_carries_its_sign(value, currency, expected, request_context) -> None:
    assert layers.writing(METRICS["value"], currency)(value) == expected


def test_a_click_leads_to_the_next_level_that_the_country_has() -> None:
    there = loaded(("us", "state"), ("us", "county"), ("kr", "state"), ("kr", "county"), ("kr", "municipality"))
    assert layers.below(there, "state") == {"us": "county", "kr": "county"}
    assert layers.below(there, "county") == {"kr": "municipality"}
    assert layers.below(there, "hex10") == {}


def test_the_ground_draws_only_what_is_loaded(request_context) -> None:
    ground = layers.ground(loaded(("us", "state"), ("us", "county")), (-77.0, 40.0, -76.0, 41.0))
    assert ground["levels"] == [{"level": "state", "from": 0}, {"level": "county", "from": 6}]
    west, south, east, north = ground["bounds"]
    assert west < -77 < -76 < east
    assert south < 40 < 41 < north
    assert "levels" not in layers.ground([], None)


def test_levels_are_offered_when_there_is_something_of_them(request_context) -> None:
    offered = [level for level, _label in layers.level_choices(loaded(("us", "state")), has_territories=True)]
    assert offered == ["country", "state", "hex1000", "hex100", "hex10", "territory"]


def test_a_choropleth_says_its_classes_and_where_its_regions_lead(request_context) -> None:
    figures = [RegionFigure("us", f"4200{i}", f"County {i}", 100.0, i, float(i)) for i in range(1, 7)]
    stats = stats_of("customers", figures)
    classes = layers.classes_of(stats, 3, "quantile")
    drawn = layers.choropleth(stats, classes, Selection({"status": ("customer",)}), {"us": "municipality"}, None)
    assert drawn["labels"] == ["1 – 2", "3 – 4", "5 – 6"]
    assert drawn["limits"] == [3, 5]
    assert drawn["list_url"].endswith("status=customer&region=")
    assert drawn["regions"][0] == {
        "country": "us", "code": "42001", "name": "County 1", "count": 1, "value": 1.0, "area_km2": 100.0, "class": 0,
    }  # fmt: skip


def test_a_region_of_the_selection_gives_way_to_the_one_clicked(request_context) -> None:
    assert layers.region_url("maps.accounts", "county", Selection({"region": ("us:42",)})) == "/map?region="
    assert layers.region_url("maps.accounts", "territory", Selection({"q": ("x",)})) == "/map?q=x&territory="


def test_a_drawing_has_the_colours_of_its_legend(request_context) -> None:
    from gcrm.maps.shape_queries import Shapes

    shape = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    figures = [RegionFigure("us", code, code, 10.0, n, n / 10) for code, n in (("a", 1), ("b", 50))]
    stats = stats_of("prospect_density", figures)
    shapes = Shapes({"us:a": shape, "us:b": shape}, [], (0, 0, 1, 1))
    drawing = layers.drawing(stats, layers.classes_of(stats, 2, "quantile"), shapes)
    assert [item["colour"] for item in drawing["legend"]["items"]] == palette.ramp(2)
    assert [feature["colour"] for feature in drawing["features"]] == palette.ramp(2)
    assert drawing["features"][1]["rows"] == [["Prospect density", "5"], ["Prospects", "50"], ["Area", "10 km²"]]
    assert drawing["notes"] == ["2 of 53 lie in no region shown."]
