from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.exchange.spreadsheet import guarded, without_guard


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "\n=1",
    ],
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert guarded(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["+1 (907) 357-9155", "-76.8867", "+82 2-555-1234", "AutoZone 5000", "한빛상사", "", "a=b", "'quoted'"]
)
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert guarded(text) == text


@given(st.text(alphabet="'=+-@\t\rab1 ", max_size=8))
def test_every_text_reads_back_as_it_was(text):
    assert without_guard(guarded(text)) == text
