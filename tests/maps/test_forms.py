"""What addresses of the region map say, and how they are written again."""

from __future__ import annotations

import dataclasses

import pytest
from flask import g
from werkzeug.datastructures import MultiDict

from gcrm.core.errors import Invalid
from gcrm.customers import selection as selection_fields
from gcrm.customers.selecting import FIELDS, Selection
from gcrm.maps.forms import RegionsWanted, filter_fields

assert selection_fields


def test_an_empty_address_is_the_usual_map() -> None:
    wanted = RegionsWanted.parse({})
    assert (wanted.level, wanted.metric, wanted.method, wanted.classes, wanted.sort) == (
        None, "customers", "quantile", 5, "-value",
    )  # fmt: skip
    assert wanted.query() == "metric=customers"


def test_an_address_says_what_it_said() -> None:
    said = "level=county&metric=value&method=equal&classes=7&parent=us%3A42&sort=name&all=1&status=prospect"
    words = MultiDict([("status", "prospect"), ("level", "county"), ("metric", "value"), ("method", "equal"),
                       ("classes", "7"), ("parent", "us:42"), ("sort", "name"), ("all", "1")])  # fmt: skip
    assert RegionsWanted.parse(words).query() == said


def test_words_of_an_address_are_changed_and_taken_away() -> None:
    wanted = RegionsWanted.parse({"level": "county", "parent": "us:42"})
    assert wanted.query(parent=None, level="state") == "level=state&metric=customers"


@pytest.mark.parametrize(
    "words",
    [{"metric": "luck"}, {"level": "street"}, {"method": "guess"}, {"sort": "height"}, {"classes": "1"}, {"classes": "x"},
     {"classes": "10"}],
)  # fmt: skip
def test_nonsense_is_refused_by_name(words: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=next(iter(words.values()))):
        RegionsWanted.parse(words)


def test_the_filter_shows_the_selections_fields(app, system) -> None:
    with app.test_request_context():
        g.principal = system
        shown, more = filter_fields(Selection.parse({"status": ["prospect"], "industry": "Retail"}))
    fields = {field.name: field for field in (*shown, *more)}
    assert fields["status"].kind == "toggles"
    assert fields["status"].values == ("prospect",)
    assert fields["place"].kind == "select"
    assert fields["industry"].kind == "text"
    assert "region" not in fields
    assert [field.name for field in shown][:2] == ["status", "tier"]


def test_a_choice_of_many_people_is_not_a_list_of_boxes(app, system, monkeypatch) -> None:
    many = dataclasses.replace(FIELDS["owner"], choices=lambda: [(str(i), str(i)) for i in range(100)])
    monkeypatch.setitem(FIELDS, "owner", many)
    with app.test_request_context():
        g.principal = system
        shown, _more = filter_fields(Selection())
    assert next(field for field in shown if field.name == "owner").kind == "text"


def test_own_limits_are_read_and_written() -> None:
    wanted = RegionsWanted.parse({"limits": "10; 50,100.5"})
    assert (wanted.method, wanted.limits) == ("given", (10, 50, 100.5))
    assert "method=given&limits=10%2C50%2C100.5" in wanted.query()
    assert RegionsWanted.parse({"limits": "10,50", "method": "equal"}).limits == ()


@pytest.mark.parametrize(
    ("limits", "fault"),
    [("10,x", "“x” is no limit"), ("10,5", "5 cannot follow 10"), ("1,1", "1 cannot follow 1"), ("1e999", "1e999"),
     ("1,2,3,4,5,6,7,8,9", "9 limits make 10 classes"), ("nan", "nan")],
)  # fmt: skip
def test_bad_limits_are_named(limits: str, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        RegionsWanted.parse({"limits": limits})


def test_time_and_what_stands_beside_are_in_the_address() -> None:
    wanted = RegionsWanted.parse({"metric": "revenue", "month": "2026-09", "compare": "before", "significant": "1"})
    assert wanted.query() == "metric=revenue&month=2026-09&compare=before&significant=1"
    assert wanted.period is not None
    assert RegionsWanted.parse({"metric": "value", "compare": "before"}).compare == ""
    assert RegionsWanted.parse({"metric": "value", "compare": "value"}).compare == ""


def test_a_share_is_divided_by_nothing_more() -> None:
    assert RegionsWanted.parse({"metric": "win_rate", "per": "km2"}).per == ""
    assert RegionsWanted.parse({"metric": "value", "per": "km2"}).per == "km2"


@pytest.mark.parametrize("words", [{"month": "2026-13"}, {"compare": "luck"}])
def test_nonsense_about_time_and_comparing_is_refused(words: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=next(iter(words.values()))):
        RegionsWanted.parse(words)
