"""What differs from country to country: ground, money, addresses, telephone numbers, words."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import shapely

from gcrm.demo.ground import Area, Ground, Plane, Shore
from gcrm.demo.places import Place, Town
from gcrm.demo.words import Words


@dataclass(frozen=True)
class Address:
    street: str
    city: str
    region: str
    postcode: str | None
    phone_area: str
    """The area code with which telephone numbers there begin."""
    is_largest_first: bool = False

    def __str__(self) -> str:
        """The address on one line, as people there write it."""
        if self.is_largest_first:
            return f"{self.region} {self.city} {self.street}"
        return f"{self.street}, {self.city}, {self.region} {self.postcode or ''}".strip()


@dataclass(frozen=True)
class Profile:
    """Figures of a country."""

    code: str
    organisation: str
    currency: str
    timezone: str
    holidays_of: str | None
    """The subdivision whose public holidays count."""
    states: tuple[str, ...]
    finest: str
    """The level of the smallest regions that the demo needs."""
    phone_area: str
    """Where the company's own people telephone from."""
    head_office: tuple[float, float]
    """lon, lat; business grows thinner away from it."""
    reach_km: float
    minor_per_dollar: int
    rounding_minor: int
    shores: tuple[Shore, ...]
    served_km: float
    """Counties whose middle lies further from the head office have no territory yet."""
    words: Words

    @property
    def beyond(self) -> set[str]:
        """Counties of other states that shores name."""
        named = {code for shore in self.shores for code in (shore.inside, shore.border_with)}
        return {code for code in named if code[:2] not in self.states}

    def pull(self, lon: float, lat: float) -> float:
        """How strong the company is at a place, 1 at its head office."""
        return 0.08 + 0.92 * math.exp(-self._from_head_office_km(lon, lat) / self.reach_km)

    def is_home(self, county: Area) -> bool:
        """Whether the company has always been there."""
        return bool(shapely.distance(county.boundary, shapely.Point(self.head_office)) < 0.03)

    def serves(self, county: Area) -> bool:
        middle = county.boundary.centroid
        return self._from_head_office_km(middle.x, middle.y) <= self.served_km

    def _from_head_office_km(self, lon: float, lat: float) -> float:
        plane = Plane(self.head_office[1])
        return math.dist(plane.km(lon, lat), plane.km(*self.head_office))

    def money(self, dollars: float) -> int:
        """Minor units, rounded as people round."""
        return max(1, round(dollars * self.minor_per_dollar / self.rounding_minor)) * self.rounding_minor


class Country(ABC):
    """A profile on its ground."""

    profile: Profile

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.water: Any = ground.water(self.profile.shores)

    @property
    @abstractmethod
    def towns(self) -> list[Town]:
        """Towns with their weights, the head office's pull among them."""

    def county_weights(self) -> dict[str, float]:
        """How much business each county would have if all were alike."""
        found = dict.fromkeys(self.ground.counties, 0.0)
        for town in self.towns:
            found[self.ground.county_of(town.piece).code] += town.weight
        return found

    def unserved(self) -> set[str]:
        return {code for code, county in self.ground.counties.items() if not self.profile.serves(county)}

    def home(self) -> set[str]:
        return {code for code, county in self.ground.counties.items() if self.profile.is_home(county)}

    @abstractmethod
    def scatter(self, count: int, presence: dict[str, float], seed: int) -> list[Place]:
        """Places of accounts; `presence` is a factor for each county's towns."""

    @abstractmethod
    def address(self, place: Place, source: random.Random) -> Address:
        """A believable address at a place, with the true names of the areas that hold it."""

    @abstractmethod
    def phone(self, area: str, source: random.Random) -> tuple[str, str]:
        """A number that nobody has, as people write it and as E.164."""

    @abstractmethod
    def mobile(self, area: str, source: random.Random) -> tuple[str, str]:
        """The same, of a mobile telephone."""

    @abstractmethod
    def county_label(self, code: str) -> str:
        """A county's name in territories' names."""

    @abstractmethod
    def city_label(self, counties: Set[str]) -> str:
        """The city that people think of with some counties, for teams and their part of the country."""
