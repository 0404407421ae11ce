"""Money as whole minor units with an ISO 4217 currency, and as decimal text in files, forms and the API."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import overload

from babel.core import get_global
from babel.numbers import get_currency_precision

from gcrm.core.errors import Invalid

LARGEST_MINOR = 9_000_000_000_000_000
_PLAIN = re.compile(r"-?\d+(\.\d+)?")


def digits(currency: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for KRW."""
    return get_currency_precision(currency)


def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")


def to_minor(text: str, currency: str) -> int:
    """Whole minor units of a plain decimal text such as `1200.50`."""
    plain = text.strip()
    if not _PLAIN.fullmatch(plain):
        raise Invalid(f"“{text}” is not a plain amount such as 1200.50.")
    try:
        minor = Decimal(plain).scaleb(digits(currency))
    except InvalidOperation:
        raise Invalid(f"“{text}” is not an amount.") from None
    if minor != minor.to_integral_value():
        raise Invalid(f"“{text}” has more decimals than {currency} has.")
    if abs(minor) > LARGEST_MINOR:
        raise Invalid(f"“{text}” is larger than any amount kept here.")
    return int(minor)


@overload
def to_decimal(minor: int, currency: str) -> str: ...
@overload
def to_decimal(minor: None, currency: str) -> None: ...
def to_decimal(minor: int | None, currency: str) -> str | None:
    """The decimal text of minor units, for files and the API."""
    if minor is None:
        return None
    places = digits(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
