"""The trades that the company sells to, alike in every country: how many, how much, when open, and their seasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Industry:
    """What is true of a trade in any language; `season` has a factor for each month, January first."""

    key: str
    weight: float
    """How many of a hundred accounts in a town; `rural` out in the country."""
    rural: float
    annual_value: int
    """Median of a customer's year in dollars; the country's own factor makes other money of it."""
    visit_minutes: int
    hours: tuple[str, ...]
    season: tuple[float, ...]


def _season(*months: float) -> tuple[float, ...]:
    """Factors that average one over the year."""
    mean = sum(months) / len(months)
    return tuple(month / mean for month in months)


LEVEL = _season(*[1.0] * 12)
SUMMER = _season(0.6, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.6, 1.2, 1.0, 0.7, 0.8)
SPRING = _season(0.3, 0.7, 1.8, 2.2, 1.9, 1.2, 0.8, 0.7, 1.0, 0.8, 0.3, 0.3)
YEAR_END = _season(0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 1.0, 1.2, 1.6, 1.8)
TERM = _season(1.0, 1.3, 1.0, 0.9, 0.9, 0.6, 1.0, 2.0, 1.5, 0.9, 0.7, 0.4)
WINTER = _season(1.7, 1.6, 1.1, 0.8, 0.7, 0.6, 0.6, 0.7, 0.9, 1.1, 1.5, 1.7)

INDUSTRIES = (
    Industry("restaurant", 19, 14, 5200, 20, ("Mo-Su 11:00-22:00", "Tu-Su 11:30-22:00", "Mo-Sa 11:00-21:00"), SUMMER),
    Industry("cafe", 12, 6, 3100, 15, ("Mo-Su 07:00-19:00", "Mo-Sa 07:30-18:00", "Tu-Su 08:00-18:00"), SUMMER),
    Industry("grocery", 11, 12, 9800, 25, ("Mo-Su 08:00-22:00", "Mo-Sa 08:00-21:00; Su 09:00-19:00"), YEAR_END),
    Industry("auto", 10, 14, 4600, 20, ("Mo-Fr 08:00-18:00; Sa 08:00-13:00", "Mo-Sa 08:30-18:30"), WINTER),
    Industry("hardware", 7, 11, 6900, 30, ("Mo-Sa 08:00-18:00", "Mo-Fr 08:00-19:00; Sa 08:00-17:00"), SPRING),
    Industry("pharmacy", 8, 7, 7400, 20, ("Mo-Fr 09:00-19:00; Sa 09:00-14:00", "Mo-Sa 09:00-20:00"), WINTER),
    Industry("clinic", 9, 6, 8200, 30, ("Mo-Fr 09:00-12:30,14:00-18:00", "Mo-Fr 08:30-17:30"), LEVEL),
    Industry("school", 4, 5, 15800, 40, ("Mo-Fr 08:00-16:00", "Mo-Fr 08:30-16:30"), TERM),
    Industry("hotel", 4, 4, 13500, 35, ("24/7", "Mo-Su 06:00-23:00"), SUMMER),
    Industry("beauty", 8, 5, 1900, 15, ("Tu-Sa 10:00-19:00", "Mo-Sa 10:00-20:00"), YEAR_END),
    Industry("garden", 3, 9, 5400, 25, ("Mo-Sa 08:30-17:30", "Mo-Su 09:00-18:00"), SPRING),
    Industry("factory", 5, 7, 24500, 45, ("Mo-Fr 08:00-17:00", "Mo-Fr 07:30-16:30"), LEVEL),
)
