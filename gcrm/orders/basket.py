"""What is put into an order: quantities and what they come to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from uuid import UUID

from gcrm.core.errors import Invalid
from gcrm.core.money import LARGEST_MINOR

MOST_LINES = 200
LARGEST_QUANTITY = Decimal(1_000_000)
_SMALLEST = Decimal("0.001")


@dataclass(frozen=True)
class Wish:
    """A line that is wanted."""

    product: UUID
    quantity: Decimal
    price_minor: int | None = None
    """As it was shown to the customer; None: what the price list says."""
    name: str | None = None
    """What the product was called where it was chosen, for when nobody here knows it."""

    @property
    def called(self) -> str:
        return self.name or str(self.product)


def quantity(value: object) -> Decimal:
    """How many, as a number or its text; up to three decimals."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError
        found = Decimal(str(value).strip())
        exact = found.quantize(_SMALLEST) if found.is_finite() and abs(found) <= LARGEST_QUANTITY else None
    except (InvalidOperation, ValueError):
        raise Invalid("“%(given)s” is no quantity such as 3 or 2.5.", given=str(value)[:40], field="lines") from None
    if exact is None or exact <= 0 or exact != found:
        raise Invalid(
            "A quantity lies between 0.001 and %(most)s with three decimals, not %(given)s.",
            most=f"{LARGEST_QUANTITY:,}", given=str(value)[:40], field="lines",
        )  # fmt: skip
    return exact


def price(value: object) -> int:
    """A price in minor units, as a phone sends what it showed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_MINOR:
        raise Invalid("“%(given)s” is no price in whole minor units.", given=str(value)[:40], field="lines")
    return value


def total(many: Decimal, price_minor: int) -> int:
    """What a line comes to, half a minor unit rounded up."""
    return int((many * price_minor).quantize(Decimal(1), ROUND_HALF_UP))


def check(wishes: list[Wish]) -> None:
    """Refuse what is no order."""
    if not wishes:
        raise Invalid("An order needs at least one product.", field="lines")
    if len(wishes) > MOST_LINES:
        raise Invalid("An order has at most %(most)s lines.", most=MOST_LINES, field="lines")


def sum_of(totals: list[int]) -> int:
    """The order's total; refused where no amount kept here is that large."""
    found = sum(totals)
    if found > LARGEST_MINOR:
        raise Invalid("The order is larger than any amount kept here.")
    return found


def shown(many: Decimal) -> str:
    """A quantity without zeros that say nothing."""
    return f"{many.normalize():f}"
