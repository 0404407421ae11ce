"""Both languages have words for everything, and every template fills."""

import dataclasses
import re
import string

import pytest

from gcrm.customers.models import STATUSES
from gcrm.demo.english import ENGLISH
from gcrm.demo.industries import INDUSTRIES
from gcrm.demo.korean import KOREAN
from gcrm.visits.models import ACTIVITY_KINDS, OUTCOMES

BY_KEY = {industry.key: industry for industry in INDUSTRIES}

LANGUAGES = pytest.mark.parametrize("words", [ENGLISH, KOREAN], ids=["english", "korean"])
BRACES = {
    "contact",
    "product",
    "rival",
    "town",
    "first",
    "second",
    "kind",
    "surname",
    "given",
    "name",
    "chain",
    "number",
}


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)


def _all(words):
    return [text for field in dataclasses.fields(words) for text in _texts(getattr(words, field.name))]


@LANGUAGES
def test_every_trade_has_its_words(words):
    for by_trade in (words.industries, words.kinds, words.products):
        assert set(by_trade) == set(BY_KEY)
    assert {trade for _, trade in words.chains} <= set(BY_KEY)


@LANGUAGES
def test_every_outcome_and_activity_has_its_words(words):
    assert set(words.visit_notes) == set(words.next_steps) == set(OUTCOMES)
    assert set(words.activities) == set(ACTIVITY_KINDS)
    assert set(words.purposes) == set(STATUSES)


@LANGUAGES
def test_stages_are_the_usual_six_and_each_open_one_has_next_steps(words):
    assert [(percent, kind) for _, percent, kind in words.stages] == [
        (10, "open"), (25, "open"), (50, "open"), (75, "open"), (100, "won"), (0, "lost"),
    ]  # fmt: skip
    assert set(words.opportunity_steps) == {name for name, _, kind in words.stages if kind == "open"}


@LANGUAGES
def test_templates_name_only_what_is_filled_in(words):
    for text in _all(words):
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= BRACES


def test_korean_words_are_in_korean_script():
    allowed = re.compile(
        r"\{\w+\}|any|choice|ko|lost|number|open|scale|text|won|yes_no|admin|planner|marketer|service|customer|prospect|former"
    )
    foreign = [text for text in _all(KOREAN) if re.search("[A-Za-z]", allowed.sub("", text)) and text not in BY_KEY]
    assert foreign == []


def test_the_english_stages_are_those_of_a_new_organisation():
    from gcrm.pipeline.services import DEFAULT_STAGES

    assert ENGLISH.stages == DEFAULT_STAGES


def test_seasons_average_one():
    for industry in INDUSTRIES:
        assert len(industry.season) == 12
        assert sum(industry.season) == pytest.approx(12)


def test_opening_hours_are_read_as_osm_syntax():
    from gcrm.customers.values import opening_hours

    for industry in INDUSTRIES:
        for hours in industry.hours:
            assert opening_hours(hours) == hours
