"""How dates and sentences are written, in the reader's language."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import formats

MONDAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(("language", "short", "long"), [("en", "Mon", "Mon, Nov 23"), ("ko", "월", "11월 23일 (월)")])
def test_days_are_written_with_their_weekday(app, language, short, long):
    with app.test_request_context(headers={"Accept-Language": language}):
        assert formats.weekday(MONDAY) == short
        assert formats.weekday_date(MONDAY) == long


def test_a_sentence_begins_large_and_keeps_its_names():
    assert formats.sentence_case("task: call Anna, tier A") == "Task: call Anna, tier A"
    assert formats.sentence_case("") == ""
