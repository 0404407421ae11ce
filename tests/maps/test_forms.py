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
