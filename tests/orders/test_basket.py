"""Quantities and what they come to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gcrm.core.errors import Invalid
from gcrm.orders import basket


@pytest.mark.parametrize(("given", "read"), [(3, "3"), ("2.5", "2.5"), (0.001, "0.001"), ("1000000", "1000000")])
def test_a_quantity_is_read_to_three_decimals(given, read):
    assert basket.shown(basket.quantity(given)) == read


@pytest.mark.parametrize(
    "given", [0, -1, "0", "two", "", None, True, [], "NaN", "Infinity", "1e99", 0.0001, 1_000_001, "1e-9", "9" * 500]
)
def test_what_is_no_quantity_is_refused(given):
    with pytest.raises(Invalid):
        basket.quantity(given)


@pytest.mark.parametrize("given", [-1, 1.5, "10", True, None, 10**18])
def test_what_is_no_price_is_refused(given):
    with pytest.raises(Invalid, match="no price"):
        basket.price(given)


def test_half_a_minor_unit_is_rounded_up():
    assert basket.total(Decimal("0.5"), 5) == 3


def test_an_order_larger_than_any_amount_is_refused():
    with pytest.raises(Invalid, match="larger than any amount"):
        basket.sum_of([basket.LARGEST_MINOR, 1])


def test_an_order_has_an_end():
    with pytest.raises(Invalid, match="at most 200 lines"):
        basket.check([basket.Wish(None, Decimal(1))] * 201)
