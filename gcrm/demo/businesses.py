"""Names, trades, worth and people of the businesses that the company sells to."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from gcrm.demo import seeds
from gcrm.demo.country import Country
from gcrm.demo.industries import INDUSTRIES, Industry
from gcrm.demo.places import Place
from gcrm.demo.rows import AccountRow, ContactRow
from gcrm.demo.words import Words

SHARES = {"customer": 0.60, "former": 0.05}
"""The rest are prospects."""
TIER_SHARES = {
    "customer": (("A", 0.04), ("B", 0.12), ("C", 0.34)),
    "prospect": (("A", 0.015), ("B", 0.06), ("C", 0.32)),
    "former": (("B", 0.05), ("C", 0.35)),
}
"""The most valuable first; the rest are D."""
CADENCE_DAYS = {"A": 14, "B": 30, "C": 60, "D": 120}
GOOD_PROSPECT_TIERS = ("A", "B")
FAIR_SHARE = 1.1


@dataclass(slots=True, eq=False)
class Business:
    """An account with what the rest of the story needs to know of it."""

    row: AccountRow
    industry: Industry
    place: Place
    county: str
    x_km: float
    y_km: float
    contacts: list[ContactRow] = field(default_factory=list)
    neglected: bool = False
    """Nobody goes there any more as often as they should."""


@dataclass(frozen=True)
class Strength:
    """How a county differs from the others."""

    presence: float
    """How many accounts for its size."""
    success: float
    """Standard deviations by which more or fewer of them are customers."""
    wealth: float
    """How much they spend."""


def strengths(
    weights: Mapping[str, float], home: Set[str], unserved: Set[str], reps: int, seed: int
) -> dict[str, Strength]:
    """Some counties the company knows well, some it has hardly entered: the pattern on the map.

    From a county that would be more than a rep's share the company takes no more than one rep can work.
    """
    presence, success, wealth = {}, {}, {}
    for code in sorted(weights):
        source = seeds.stream(seed, "strength", code)
        mood = source.random()
        presence[code] = source.lognormvariate(0, 0.3) * (0.25 if mood < 0.10 else 1.8 if mood > 0.85 else 1.0)
        success[code] = source.gauss(0, 1)
        wealth[code] = source.lognormvariate(0, 0.22)
        if code in home:
            presence[code], success[code] = max(1.2, presence[code]), abs(success[code]) + 0.4
        if code in unserved:
            presence[code], success[code] = 0.3, -6.0
    for _ in range(8):
        whole = sum(presence[code] * weights[code] for code in presence)
        for code in presence:
            if presence[code] * weights[code] > whole * FAIR_SHARE / reps:
                presence[code] = whole * FAIR_SHARE / reps / weights[code]
    return {code: Strength(presence[code], success[code], wealth[code]) for code in presence}


def statuses(counties: Sequence[str], known: dict[str, Strength], seed: int) -> list[str]:
    """Prospect, customer or former for each account, in the company's shares, more customers in strong counties."""
    draw = seeds.arrays(seed, "statuses")
    count = len(counties)
    score = draw.normal(size=count) + 0.75 * np.array([known[code].success for code in counties])
    order = np.argsort(-score, kind="stable")
    found = np.full(count, "prospect", dtype=object)
    customers = round(count * SHARES["customer"])
    found[order[:customers]] = "customer"
    found[draw.choice(order[customers:], size=round(count * SHARES["former"]), replace=False)] = "former"
    return [str(status) for status in found]


def trade(place: Place, is_rural: bool, source: random.Random) -> Industry:
    return seeds.weighted(source, [(i, i.rural if is_rural else i.weight) for i in INDUSTRIES])


def worth(industry: Industry, strength: Strength, source: random.Random) -> tuple[float, float]:
    """A year's sales and what could be sold, in dollars: few are worth much, many little."""
    value = industry.annual_value * strength.wealth * source.lognormvariate(-0.2, 1.05)
    room = 1.05 + source.expovariate(1.5) if source.random() < 0.95 else source.uniform(0.7, 0.95)
    return value, value * room


def tiers(businesses: Sequence[Business]) -> None:
    """Give each its tier by rank within its status."""
    for status, shares in TIER_SHARES.items():
        members = [b for b in businesses if b.row.status == status]
        members.sort(key=lambda b: (-(b.row.annual_value_minor or 0), -b.row.potential_minor, b.row.external_id))
        start = 0
        for tier, share in shares:
            end = start + max(1, round(len(members) * share))
            for business in members[start:end]:
                business.row.tier = tier
            start = end
        for business in members[start:]:
            business.row.tier = "D"


def cadence(row: AccountRow) -> int | None:
    """How often to go there: customers, and prospects worth the way."""
    if row.status == "customer" or (row.status == "prospect" and row.tier in GOOD_PROSPECT_TIERS):
        return CADENCE_DAYS[row.tier]
    return None


class Names:
    """Business names, each given once."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._taken: set[str] = set()

    def business(self, industry: Industry, town: str, source: random.Random) -> str:
        for _ in range(4):
            name = seeds.weighted(source, self._words.business_patterns).format(
                first=source.choice(self._words.firsts), kind=source.choice(self._words.kinds[industry.key]),
                surname=seeds.weighted(source, self._words.surnames), town=town,
            )  # fmt: skip
            if self.take(name):
                return name
        return self.unlike(self._words.namesake_pattern.format(name=name, town=town))

    def unlike(self, name: str) -> str:
        """The name, with a number when another has it."""
        found, number = name, 2
        while not self.take(found):
            found, number = f"{name} {number}", number + 1
        return found

    def take(self, name: str) -> bool:
        if name in self._taken:
            return False
        self._taken.add(name)
        return True


def person_name(words: Words, source: random.Random) -> str:
    return words.person_pattern.format(
        given=source.choice(words.given_names), surname=seeds.weighted(source, words.surnames)
    )


def domain(name: str, external_id: str) -> str:
    """The business's invented internet domain: its name where that is Latin, otherwise its number."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"{slug if len(slug) > 3 and not slug.isdigit() else 'store-' + external_id.lower()}.example"


def contacts(business: Business, country: Country, seed: int) -> list[ContactRow]:
    """One to three people of the business."""
    words, row = country.profile.words, business.row
    source = seeds.stream(seed, "contacts", row.external_id)
    area = re.sub(r"[^0-9].*", "", row.phone.lstrip("("))
    titles = words.job_titles_of(business.industry.key)
    count = source.choices((1, 2, 3), (50, 34, 16))[0]
    found = []
    for number, title in enumerate(source.sample(titles, k=min(count, len(titles)))):
        name = person_name(words, source)
        front = re.sub(r"[^a-z]+", ".", name.lower()).strip(".") if name.isascii() else f"contact{number + 1}"
        phone, _ = country.mobile(area, source)
        found.append(
            ContactRow(
                seeds.identifier(source), row.uuid, name, title, phone, f"{front}@{domain(row.name, row.external_id)}",
                number == 0, row.created_at, row.created_at,
            )
        )  # fmt: skip
    return found
