"""Dividing counties into territories: compact, each in one piece where the ground allows, about equal in accounts.

A heuristic: lines cut the counties in two, and each part again, then counties on a border change sides as long as that
makes the zones more equal without tearing one or stretching it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gcrm.core.errors import Invalid
from gcrm.demo.ground import Area, Plane

DIRECTIONS = 16
MOVES = 400
SHAPE = 0.12
"""What a detour in distance counts against an inequality in weight."""


@dataclass(frozen=True)
class Unit:
    """What is dealt out: a county with its accounts."""

    code: str
    x_km: float
    y_km: float
    weight: float


def units(counties: Sequence[Area], weights: Mapping[str, float], plane: Plane) -> list[Unit]:
    """Counties by the middle of their area; an empty one still weighs a little."""
    found = []
    for county in sorted(counties, key=lambda area: area.code):
        x, y = plane.km(county.boundary.centroid.x, county.boundary.centroid.y)
        found.append(Unit(county.code, float(x), float(y), weights.get(county.code, 0.0) + 0.5))
    return found


def neighbours(counties: Sequence[Area]) -> dict[str, set[str]]:
    """Which counties touch; islands and slivers are joined to the nearest."""
    ordered = sorted(counties, key=lambda area: area.code)
    boundaries = [area.boundary for area in ordered]
    tree = shapely.STRtree(boundaries)
    found: dict[str, set[str]] = {area.code: set() for area in ordered}
    for one, other in zip(*tree.query(boundaries, predicate="dwithin", distance=0.002).tolist(), strict=True):
        if one != other:
            found[ordered[one].code].add(ordered[other].code)
    for index, area in enumerate(ordered):
        if not found[area.code] and len(ordered) > 1:
            nearest = min(
                (other for other in range(len(ordered)) if other != index),
                key=lambda other: (boundaries[index].distance(boundaries[other]), ordered[other].code),
            )
            found[area.code].add(ordered[nearest].code)
            found[ordered[nearest].code].add(area.code)
    return found


def divide(members: Sequence[Unit], touching: Mapping[str, set[str]], shares: Sequence[int]) -> list[set[str]]:
    """Deal the units out to zones whose weights stand to each other as the shares.

    A share is a number of people, and a zone has at least as many units, so that it can be divided among them in turn.
    Raises `Invalid` when there are more people than units.
    """
    if sum(shares) > len(members):
        raise Invalid(f"{len(members)} counties cannot be divided among {sum(shares)} people.")
    zones = list(_halved(list(members), touching, list(shares)))
    return _Balance(zones, members, touching, shares).settled()


def _halved(members: list[Unit], touching: Mapping[str, set[str]], shares: list[int]) -> Iterator[set[str]]:
    """Cut the units in two along the best line, again and again, until each part is one zone's."""
    if len(shares) == 1:
        yield {unit.code for unit in members}
        return
    left, right = shares[: len(shares) // 2], shares[len(shares) // 2 :]
    cuts = [
        (cost, turn, at, ordered)
        for turn, ordered in enumerate(_orders(members))
        for cost, at in [_best_cut(ordered, touching, left, right)]
    ]
    _, _, at, ordered = min(cuts, key=lambda cut: cut[:3])
    yield from _halved(ordered[:at], touching, left)
    yield from _halved(ordered[at:], touching, right)


def _orders(members: list[Unit]) -> Iterator[list[Unit]]:
    """The units as lines in several directions sweep over them."""
    for turn in range(DIRECTIONS):
        x, y = math.cos(2 * math.pi * turn / DIRECTIONS), math.sin(2 * math.pi * turn / DIRECTIONS)
        yield sorted(members, key=lambda unit: (unit.x_km * x + unit.y_km * y, unit.code))


def _best_cut(
    ordered: list[Unit], touching: Mapping[str, set[str]], left: list[int], right: list[int]
) -> tuple[float, int]:
    """Where to cut so that the parts' weights stand as their shares: cost and position."""
    whole = sum(unit.weight for unit in ordered)
    wanted = whole * sum(left) / sum((*left, *right))
    sums = np.cumsum([unit.weight for unit in ordered])
    possible = range(sum(left), len(ordered) - sum(right) + 1)
    at = min(possible, key=lambda position: (abs(float(sums[position - 1]) - wanted), position))
    unequal = (float(sums[at - 1]) - wanted) / min(wanted, whole - wanted)
    torn = sum(_parts({unit.code for unit in part}, touching) - 1 for part in (ordered[:at], ordered[at:]))
    spread = (_spread(ordered[:at]) + _spread(ordered[at:])) / (2 * _spread(ordered) + 1e-9)
    return unequal**2 + SHAPE * spread + 0.2 * torn, at


class _Balance:
    """Counties move over borders while that lowers the cost of the zones."""

    def __init__(
        self, zones: list[set[str]], members: Sequence[Unit], touching: Mapping[str, set[str]], shares: Sequence[int]
    ) -> None:
        self._zones = zones
        self._shares = shares
        self._touching = touching
        self._units = {unit.code: unit for unit in members}
        whole = sum(unit.weight for unit in members)
        self._wanted = [whole * share / sum(shares) for share in shares]
        self._usual_spread = _spread(members) / len(zones) + 1e-9
        self._costs = [self._cost(index, zone) for index, zone in enumerate(zones)]

    def settled(self) -> list[set[str]]:
        for _ in range(MOVES):
            moves = sorted(self._moves(), key=lambda move: (-move[0], move[1:]))
            if not moves:
                break
            _, code, giver, taker = moves[0]
            self._zones[giver].discard(code)
            self._zones[taker].add(code)
            for index in (giver, taker):
                self._costs[index] = self._cost(index, self._zones[index])
        return self._zones

    def _moves(self) -> Iterator[tuple[float, str, int, int]]:
        """What is gained when a county on a border goes over, for each that may."""
        for giver, zone in enumerate(self._zones):
            for code in zone:
                takers = [
                    taker for taker, other in enumerate(self._zones) if taker != giver and self._touching[code] & other
                ]
                if takers and len(zone) > self._shares[giver] and _holds_without(zone, code, self._touching):
                    without = self._costs[giver] - self._cost(giver, zone - {code})
                    for taker in takers:
                        gain = without + self._costs[taker] - self._cost(taker, self._zones[taker] | {code})
                        if gain > 1e-9:
                            yield gain, code, giver, taker

    def _cost(self, index: int, zone: set[str]) -> float:
        """Inequality and spread of one zone, both without units."""
        members = [self._units[code] for code in sorted(zone)]
        unequal = sum(unit.weight for unit in members) / self._wanted[index] - 1
        return unequal**2 + SHAPE * _spread(members) / self._usual_spread


def _spread(members: Sequence[Unit]) -> float:
    """Mean square distance from the middle, in km²."""
    at = np.array([(unit.x_km, unit.y_km, unit.weight) for unit in members])
    middle = np.average(at[:, :2], axis=0, weights=at[:, 2])
    # Empty corners count too, or a territory would grow tails.
    return float(np.average(((at[:, :2] - middle) ** 2).sum(axis=1), weights=at[:, 2] + at[:, 2].mean()))


def _holds_without(zone: set[str], code: str, touching: Mapping[str, set[str]]) -> bool:
    """Whether the zone is torn no further when the county leaves."""
    return _parts(zone - {code}, touching) <= _parts(zone, touching)


def _parts(zone: set[str], touching: Mapping[str, set[str]]) -> int:
    """In how many pieces a zone lies."""
    left, parts = set(zone), 0
    while left:
        parts += 1
        frontier = [left.pop()]
        while frontier:
            reached = touching[frontier.pop()] & left
            left -= reached
            frontier += reached
    return parts
