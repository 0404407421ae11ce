"""Money is exact."""

from __future__ import annotations

import pytest

from gcrm.core import money
from gcrm.core.errors import Invalid


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("1200.50", "USD", 120050), ("3", "USD", 300), ("1200", "KRW", 1200)]
)
def test_decimal_text_and_minor_units_are_the_same(text, currency, minor):
    assert money.to_minor(text, currency) == minor
    assert money.to_minor(money.to_decimal(minor, currency), currency) == minor


@pytest.mark.parametrize("text", ["1.234,5", "1,200", "twelve", "1e5", "", "NaN", "1200.505", "99999999999999999999"])
def test_other_text_is_refused(text):
    with pytest.raises(Invalid):
        money.to_minor(text, "USD")


def test_won_has_no_cents():
    with pytest.raises(Invalid, match="more decimals than KRW"):
        money.to_minor("10.5", "KRW")
