"""How accounts stand together: what they are worth, what could be sold to them, and whether they were visited in time."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Standing:
    """Sums over some accounts; amounts in minor units of the organisation's currency, other currencies in none of them."""

    accounts: int = 0
    customers: int = 0
    prospects: int = 0
    value_minor: int = 0
    potential_minor: int = 0
    sold_minor: int = 0
    """The annual value of the accounts whose potential is known."""
    prospects_minor: int = 0
    """The potential of the prospects."""
    promised: int = 0
    """How many are to be visited again and again."""
    in_time: int = 0
    overdue: int = 0
    never: int = 0
    """Of the overdue ones, how many were never visited."""
    overdue_minor: int = 0
    """The annual value of the overdue ones."""
    other_currencies: int = 0
    """How many amounts are left out."""

    @property
    def white_minor(self) -> int:
        """Potential not yet sold."""
        return self.potential_minor - self.sold_minor

    @property
    def sold_share(self) -> float | None:
        """Of the potential that is known, what is sold; None where none is known."""
        return self.sold_minor / self.potential_minor if self.potential_minor else None

    @property
    def in_time_share(self) -> float | None:
        """Of those that are visited in a cadence, the share whose day has not passed."""
        return self.in_time / self.promised if self.promised else None

    def __add__(self, other: Standing) -> Standing:
        return Standing(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Standing)))


@dataclass(frozen=True)
class Visits:
    """Visits made in the last 30 days and in the 30 before."""

    now: int = 0
    before: int = 0

    @property
    def change(self) -> int:
        return self.now - self.before
