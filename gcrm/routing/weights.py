"""What counts when visits are chosen: the weights that a manager sets, and the prize that they make of facts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from gcrm.core.errors import Invalid

TIERS = ("a", "b", "c", "d", "none")


@dataclass(frozen=True)
class Weights:
    """Points; a visit is worth their sum, and an hour on the road costs some."""

    tier_a: float = 100.0
    tier_b: float = 60.0
    tier_c: float = 30.0
    tier_d: float = 12.0
    tier_none: float = 20.0
    """What a visit is worth on the day when it is due, by the account's tier."""
    overdue: float = 1.0
    """Share of the tier's points that each whole interval overdue adds."""
    overdue_most: float = 3.0
    """A visit is never worth more than this many times the tier's points for being late."""
    deals: float = 40.0
    """The most points that open deals can add; deals of the usual size add half of them."""
    usual_deal: float = 10_000.0
    """Amount times chance of a usual deal, in whole units of the organisation's currency."""
    promised: float = 15.0
    """Points for keeping a stop on the day of the last published plan."""
    driving_hour: float = 36.0
    """Points that an hour of driving costs."""

    def tier(self, letter: str | None) -> float:
        """Points of a tier."""
        found: float = getattr(self, f"tier_{letter.lower()}" if letter and letter.lower() in TIERS else "tier_none")
        return found


LARGEST = {
    "overdue": 10.0, "overdue_most": 20.0, "deals": 1000.0, "usual_deal": 1e12, "promised": 1000.0, "driving_hour": 1000.0,
}  # fmt: skip
LEAST = {"overdue_most": 1.0, "usual_deal": 1.0}
MOST_POINTS = 1000.0


@dataclass(frozen=True)
class Facts:
    """What is known of an account on a day."""

    tier: str | None
    factor: float = 1.0
    """Share of the tier's points before the due day, rising to 1 on it; 1 from then on."""
    intervals_overdue: float = 0.0
    deal: float = 0.0
    """Amount times chance of all open deals, in whole units of the organisation's currency."""
    is_promised: bool = False


def usual(zero_decimals: bool = False) -> Weights:
    """The weights nobody has changed; a usual deal has more digits in a currency without cents."""
    return Weights(usual_deal=10_000_000.0) if zero_decimals else Weights()


def prize(weights: Weights, facts: Facts) -> float:
    """What a visit is worth to the planner, in points."""
    lateness = min(weights.overdue_most, facts.factor + weights.overdue * facts.intervals_overdue)
    points = weights.tier(facts.tier) * lateness + deal_points(weights, facts.deal)
    return round(points + (weights.promised if facts.is_promised else 0.0), 3)


def deal_points(weights: Weights, amount: float) -> float:
    """Points for open deals: half the most at the usual size, and never more than the most, however large they are."""
    return weights.deals * amount / (amount + weights.usual_deal) if amount > 0 else 0.0


def read(given: Mapping[str, Any], base: Weights) -> Weights:
    """Weights from a form or a document, what is not given as in `base`; raise `Invalid` with every fault by its name."""
    names = [f.name for f in fields(Weights)]
    faults = {name: "There is no such weight." for name in given if name not in names}
    values = asdict(base)
    for name in names:
        if name in given:
            found = _number(given[name])
            least, most = LEAST.get(name, 0.0), LARGEST.get(name, MOST_POINTS)
            if found is None or not least <= found <= most:
                faults[name] = f"This is a number from {least:g} to {most:g}."
            else:
                values[name] = found
    if faults:
        raise Invalid("; ".join(f"{name}: {fault}" for name, fault in faults.items()), faults=faults)
    return Weights(**values)


def dump(weights: Weights) -> dict[str, float]:
    return asdict(weights)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
