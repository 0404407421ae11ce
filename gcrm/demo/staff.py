"""People, teams and territories: who works where."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from gcrm.core.errors import Invalid
from gcrm.demo import seeds, zones
from gcrm.demo.businesses import person_name
from gcrm.demo.country import Country
from gcrm.demo.places import Place
from gcrm.demo.rows import PersonRow, TeamRow, TerritoryRow

DOMAIN = "demo.example"
TEAM_SIZE = 4
MOST_REPS = 60
COLOURS = 12
HOME_KM = 0.8
"""How far from a customer's street a rep lives."""


def address_of(front: str) -> str:
    return f"{front}@{DOMAIN}"


@dataclass
class Staff:
    """Everybody, with the counties that each rep works."""

    teams: list[TeamRow]
    people: list[PersonRow]
    territories: list[TerritoryRow]
    rep_of_county: dict[str, str]
    """E-mail by county code."""
    manager_of: dict[str, str]
    """A rep's manager."""

    @property
    def reps(self) -> list[PersonRow]:
        return [person for person in self.people if person.role == "rep"]


def team_sizes(reps: int) -> list[int]:
    """How many reps each team has: four, or as near as comes out even."""
    if not 1 <= reps <= MOST_REPS:
        raise Invalid(f"The demo has 1 to {MOST_REPS} reps, not {reps}.")
    teams = math.ceil(reps / TEAM_SIZE)
    return [reps // teams + (number < reps % teams) for number in range(teams)]


def make_staff(country: Country, places: Sequence[Place], reps: int, seed: int) -> Staff:
    """Divide the ground among the reps and let each live on their part of it."""
    return _Builder(country, places, reps, seed).build()


class _Builder:
    def __init__(self, country: Country, places: Sequence[Place], reps: int, seed: int) -> None:
        self._country = country
        self._words = country.profile.words
        self._sizes = team_sizes(reps)
        self._seed = seed
        self._source = seeds.stream(seed, "staff")
        self._places: dict[str, list[Place]] = {}
        for place in places:
            self._places.setdefault(country.ground.county_of(place.piece).code, []).append(place)
        self._accounts = Counter({code: len(found) for code, found in self._places.items()})
        self._names: set[str] = set(self._words.staff.values())
        self._labels: Counter[tuple[str, str]] = Counter()
        self.staff = Staff([], [], [], {}, {})

    def build(self) -> Staff:
        self._sales = TeamRow(seeds.identifier(self._source), self._words.sales, None)
        self.staff.teams.append(self._sales)
        for role, name in self._words.staff.items():
            self._add(role, role, name, None)
        for number, (zone, size) in enumerate(zip(self._regional_zones(), self._sizes, strict=True), 1):
            self._staff_region(number, zone, size)
        return self.staff

    def _regional_zones(self) -> list[set[str]]:
        ground, unserved = self._country.ground, self._country.unserved()
        served = [county for code, county in ground.counties.items() if code not in unserved]
        self._units = zones.units(served, self._accounts, ground.plane)
        self._touching = zones.neighbours(served)
        return zones.divide(self._units, self._touching, self._sizes)

    def _staff_region(self, number: int, zone: set[str], size: int) -> None:
        city = self._fresh("region", self._country.city_label(zone))
        team = TeamRow(seeds.identifier(self._source), self._words.team_pattern.format(name=city), self._sales.uuid)
        self.staff.teams.append(team)
        manager = self._add(f"manager{number}", "manager", None, team)
        above = TerritoryRow(
            seeds.identifier(self._source), self._words.regional_pattern.format(name=city), None, manager.email,
            (number - 1) % COLOURS, [],
        )  # fmt: skip
        self.staff.territories.append(above)
        members = [unit for unit in self._units if unit.code in zone]
        touching = {code: self._touching[code] & zone for code in zone}
        for leaf in zones.divide(members, touching, [1] * size):
            rep = self._hire(leaf, team, manager)
            name = self._fresh("leaf", self._label(leaf))
            self.staff.territories.append(
                TerritoryRow(
                    seeds.identifier(self._source), self._words.territory_pattern.format(name=name), above.uuid, rep.email,
                    (len(self.staff.reps) - 1) % COLOURS, sorted(leaf),
                )
            )  # fmt: skip

    def _hire(self, leaf: set[str], team: TeamRow, manager: PersonRow) -> PersonRow:
        rep = self._add(f"rep{len(self.staff.reps) + 1}", "rep", None, team)
        home = self._home(leaf)
        rep.lon, rep.lat = home.lon, home.lat
        rep.home_address = str(self._country.address(home, self._source))
        if len(self.staff.reps) % 6 == 5:
            rep.work_days = [1, 2, 3, 4]
        self.staff.manager_of[rep.email] = manager.email
        self.staff.rep_of_county.update(dict.fromkeys(leaf, rep.email))
        return rep

    def _add(self, front: str, role: str, name: str | None, team: TeamRow | None) -> PersonRow:
        while name is None or (role in ("rep", "manager") and name in self._names):
            name = person_name(self._words, self._source)
        self._names.add(name)
        phone, _ = self._country.mobile(self._country.profile.phone_area, self._source)
        person = PersonRow(
            seeds.identifier(self._source),
            address_of(front),
            name,
            role,
            team.uuid if team else None,
            phone,
            self._words.locale,
        )
        self.staff.people.append(person)
        return person

    def _largest(self, zone: set[str]) -> list[str]:
        return sorted(zone, key=lambda code: (-self._accounts[code], code))

    def _label(self, leaf: set[str]) -> str:
        """The largest county's name, with the second's where that is not much smaller."""
        first, *others = self._largest(leaf)
        label = self._country.county_label(first)
        if others and self._accounts[others[0]] > 0.4 * self._accounts[first]:
            label = self._words.joined_pattern.format(first=label, second=self._country.county_label(others[0]))
        return label

    def _fresh(self, what: str, label: str) -> str:
        """The label, with a number from its second use on."""
        self._labels[what, label] += 1
        return label if self._labels[what, label] == 1 else f"{label} {self._labels[what, label]}"

    def _home(self, leaf: set[str]) -> Place:
        """Some streets from an account near the middle of the territory's accounts."""
        ground = self._country.ground
        places = [place for code in sorted(leaf) for place in self._places.get(code, [])]
        if not places:
            inner = shapely.point_on_surface(ground.counties[min(leaf)].boundary)
            piece = next(area for area in ground.finder.areas_at([inner.x], [inner.y]) if area)
            return Place(inner.x, inner.y, piece.code, piece.name, is_rural=True)
        middle = (
            sorted(place.lon for place in places)[len(places) // 2],
            sorted(place.lat for place in places)[len(places) // 2],
        )
        middle = ground.plane.km(*middle)
        places.sort(key=lambda place: (math.dist(ground.plane.km(place.lon, place.lat), middle), place.lon))
        return self._aside(self._source.choice(places[: 1 + len(places) // 8]), leaf, self._source)

    def _aside(self, place: Place, leaf: set[str], source: random.Random) -> Place:
        ground = self._country.ground
        for _ in range(20):
            dx, dy = ground.plane.degrees(source.gauss(0, HOME_KM / 2), source.gauss(0, HOME_KM / 2))
            lon, lat = round(place.lon + dx, 6), round(place.lat + dy, 6)
            area = ground.finder.areas_at([lon], [lat])[0]
            dry = not shapely.intersects_xy(self._country.water, lon, lat)
            if area and dry and ground.county_of(area.code).code in leaf:
                return Place(lon, lat, area.code, place.town, place.is_rural)
        return place
