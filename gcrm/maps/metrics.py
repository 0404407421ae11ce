"""The figures that a map can show by region: whom each counts, what it adds up, and per what."""

from __future__ import annotations

from dataclasses import dataclass

from gcrm.core.errors import Invalid
from gcrm.geography.levels import LEVELS

RELIABLE_FROM = 5
"""A share of fewer cases than these says little: one case more or less moves it by a fifth and more."""
PER_AREA = "km2"
PER_HEADS = 1_000
"""A figure per inhabitants is one per so many of them."""


@dataclass(frozen=True)
class Metric:
    """One figure of a region, made of sums over its accounts or over their opportunities."""

    word: str
    of: str = "accounts"
    """What is counted: `accounts` or `opportunities`."""
    status: str | None = None
    """Only accounts of this status are counted; None counts all."""
    amount: str | None = None
    """The sum it shows; None shows the count."""
    base: str | None = None
    """The sum that it is a share of, or that it is compared with."""
    is_money: bool = False
    """The sums are of money, in the organisation's currency."""
    is_density: bool = False
    """Divided by the region's area in km², unless something else is named."""
    is_change: bool = False
    """By how much the amount is above the base, against the base."""
    months: int = 0
    """A timed figure is about so many months up to today, unless a month is asked for; 0 is not timed."""

    @property
    def is_timed(self) -> bool:
        return self.months > 0

    @property
    def is_share(self) -> bool:
        """Whether it is a quotient of two sums, in percent, which nothing else divides."""
        return self.base is not None

    @property
    def shows_money(self) -> bool:
        return self.is_money and not self.is_share

    def value(self, count: int, amount: float, base: float, divisor: float | None = 1.0) -> float | None:
        """The figure of a region; None where there is nothing to divide by."""
        if self.is_share:
            return (amount - base if self.is_change else amount) / base * 100 if base > 0 else None
        plain = amount if self.amount else count
        return plain / divisor if divisor else None

    def per(self, asked: str) -> str:
        """What the figure is divided by: what is asked, else its own; nothing for a share."""
        if self.is_share:
            return ""
        return asked or (PER_AREA if self.is_density else "")

    def unit(self, currency: str, per: str = "") -> str:
        """What the figure is counted in, as the API says it."""
        if self.is_share:
            return "%"
        plain = currency if self.shows_money else self.of
        divisor = self.per(per)
        if not divisor:
            return plain
        return f"{plain}/km²" if divisor == PER_AREA else f"{plain}/{PER_HEADS:,} {divisor}"


METRICS = {
    metric.word: metric
    for metric in (
        Metric("accounts"),
        Metric("customers", status="customer"),
        Metric("prospects", status="prospect"),
        Metric("prospect_density", status="prospect", is_density=True),
        Metric("value", amount="value", is_money=True),
        Metric("value_density", amount="value", is_money=True, is_density=True),
        Metric("potential", amount="potential", is_money=True),
        Metric("white_space", amount="white_space", is_money=True),
        Metric("white_space_share", amount="white_space", base="potential", is_money=True),
        Metric("in_time", amount="in_time", base="with_cadence", months=6),
        Metric("overdue_value", amount="overdue_value", is_money=True),
        Metric("pipeline", of="opportunities", amount="open", is_money=True),
        Metric("revenue", of="opportunities", amount="won", is_money=True, months=12),
        Metric(
            "revenue_change", of="opportunities", amount="won", base="won_before", is_money=True, is_change=True,
            months=6,
        ),
        Metric("win_rate", of="opportunities", amount="won_number", base="settled_number", months=12),
    )
}  # fmt: skip

STATS_LEVELS = ("country", "state", "county", "municipality", "postcode", "hex1000", "hex100", "hex10", "territory")


def metric_named(word: str) -> Metric:
    if word not in METRICS:
        raise Invalid(f"“{word}” is no metric. It is one of {', '.join(METRICS)}.")
    return METRICS[word]


def level_named(word: str) -> str:
    if word not in STATS_LEVELS:
        raise Invalid(f"“{word}” is no level. It is one of {', '.join(STATS_LEVELS)}.")
    return word


def is_above(level: str, other: str) -> bool:
    """Whether regions of the one level hold regions of the other; postcodes lie in no tree, they cross borders."""
    if "postcode" in (level, other):
        return False
    return other not in LEVELS or LEVELS.index(level) < LEVELS.index(other)
