"""The figures that a map can show by region: whom each counts, what it adds up, and per what."""

from __future__ import annotations

from dataclasses import dataclass

from gcrm.core.errors import Invalid
from gcrm.geography.levels import LEVELS


@dataclass(frozen=True)
class Metric:
    """One figure of a region, made of sums over its accounts."""

    word: str
    status: str | None = None
    """Only accounts of this status are counted; None counts all."""
    amount: str | None = None
    """The sum of money it shows; None shows the count."""
    is_density: bool = False
    """Divided by the region's area in km²."""

    def value(self, count: int, amount: float, area_km2: float | None) -> float | None:
        """The figure of a region; None where it has no area to divide by."""
        plain = amount if self.amount else count
        if not self.is_density:
            return plain
        return plain / area_km2 if area_km2 else None

    def unit(self, currency: str) -> str:
        """What the figure is counted in, as the API says it."""
        plain = currency if self.amount else "accounts"
        return f"{plain}/km²" if self.is_density else plain


METRICS = {
    metric.word: metric
    for metric in (
        Metric("accounts"),
        Metric("customers", status="customer"),
        Metric("prospects", status="prospect"),
        Metric("prospect_density", status="prospect", is_density=True),
        Metric("value", amount="value"),
        Metric("value_density", amount="value", is_density=True),
        Metric("potential", amount="potential"),
        Metric("white_space", amount="white_space"),
    )
}

STATS_LEVELS = ("state", "county", "municipality", "hex1000", "hex100", "hex10", "territory")


def metric_named(word: str) -> Metric:
    if word not in METRICS:
        raise Invalid(f"“{word}” is no metric. It is one of {', '.join(METRICS)}.")
    return METRICS[word]


def level_named(word: str) -> str:
    if word not in STATS_LEVELS:
        raise Invalid(f"“{word}” is no level. It is one of {', '.join(STATS_LEVELS)}.")
    return word


def is_above(level: str, other: str) -> bool:
    """Whether regions of the one level hold regions of the other."""
    return other not in LEVELS or LEVELS.index(level) < LEVELS.index(other)
