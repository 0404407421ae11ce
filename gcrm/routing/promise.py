"""The promise meter: the interval that is promised against the one that the hours allow and the one that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAYS_A_MONTH = 365.25 / 12
WEEKS_A_MONTH = DAYS_A_MONTH / 7
LOOK_BACK_DAYS = 180
USUAL_TRAVEL_MINUTES = 15.0
"""Drive to a stop, where no planned day tells."""


@dataclass(frozen=True)
class Hours:
    """What a rep has: working minutes a month, lunch and days off taken away, and the usual drive to a stop."""

    minutes_a_month: float
    travel_minutes: float = USUAL_TRAVEL_MINUTES
    is_travel_measured: bool = False


@dataclass(frozen=True)
class Tier:
    """The accounts of one rep and tier that were promised a rhythm."""

    tier: str | None
    accounts: int
    visits_a_month: float
    """Wanted: the sum of a month over each account's interval."""
    minutes_a_month: float
    """At the door, without driving."""
    visits_made: int
    """In the last 180 days."""


@dataclass(frozen=True)
class Promise:
    """One tier's intervals in days; `kept` is None where nobody was visited."""

    tier: str | None
    accounts: int
    promised: float
    allowed: float
    kept: float | None
    needed_minutes: float
    """A month, driving included."""


@dataclass(frozen=True)
class Meter:
    """One rep's promises against the hours."""

    hours: Hours
    promises: tuple[Promise, ...]

    @property
    def needed_minutes(self) -> float:
        return sum(promise.needed_minutes for promise in self.promises)

    @property
    def load(self) -> float:
        """Minutes needed a month over those that there are; above 1 the promises cannot be kept."""
        return self.needed_minutes / self.hours.minutes_a_month if self.hours.minutes_a_month > 0 else float("inf")


def month_of(working_minutes_a_week: float, holidays_a_year: float = 0.0, days_a_week: int = 5) -> float:
    """Return the working minutes of a usual month."""
    year = 12 * WEEKS_A_MONTH * working_minutes_a_week
    daily = working_minutes_a_week / days_a_week if days_a_week else 0.0
    return max(0.0, year - holidays_a_year * daily) / 12


def meter(hours: Hours, tiers: Sequence[Tier]) -> Meter:
    """Return what the hours allow, every tier stretched alike when they do not suffice for all.

    The interval of a tier is the harmonic mean of its accounts' intervals: what one account would wait if all had the same
    and as many visits were wanted.
    """
    needed = [tier.minutes_a_month + tier.visits_a_month * hours.travel_minutes for tier in tiers]
    total = sum(needed)
    stretch = max(1.0, total / hours.minutes_a_month) if hours.minutes_a_month > 0 else float("inf")
    return Meter(hours, tuple(_promise(tier, minutes, stretch) for tier, minutes in zip(tiers, needed, strict=True)))


def _promise(tier: Tier, minutes: float, stretch: float) -> Promise:
    promised = tier.accounts * DAYS_A_MONTH / tier.visits_a_month
    kept = tier.accounts * LOOK_BACK_DAYS / tier.visits_made if tier.visits_made else None
    return Promise(tier.tier, tier.accounts, promised, promised * stretch, kept, minutes)
