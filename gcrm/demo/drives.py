"""One rep's day on the road: in which order to the customers, and when."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from gcrm.demo.businesses import Business

DETOUR, KMH = 1.5, 40.0
DAY_STARTS, DAY_ENDS = 8.5 * 60, 17.5 * 60
OWN_TIME = 75
"""Minutes that a rep drives before and after the working day when it takes them far."""
LUNCH_FROM, LUNCH_MINUTES = 12 * 60, 30


@dataclass(frozen=True)
class Call:
    """One stop of a day: who, and when by the minutes of the day."""

    business: Business
    arrive: float
    minutes: int


def driving_minutes(one: tuple[float, float], other: tuple[float, float]) -> float:
    return 3 + math.dist(one, other) * DETOUR / KMH * 60


def drive(home: tuple[float, float], chosen: Sequence[Business], source: random.Random) -> list[Call]:
    """The chosen in a sensible order, with times, as many as the day holds; a long way begins and ends in own time."""
    tour = short_tour(home, chosen)
    if not tour:
        return []
    way = driving_minutes(home, (tour[0].x_km, tour[0].y_km))
    at, now, lunch = home, DAY_STARTS + source.uniform(0, 25) - min(OWN_TIME, max(0.0, way - 20)), False
    calls = []
    for business in tour:
        there = (business.x_km, business.y_km)
        arrive = now + driving_minutes(at, there)
        if not lunch and arrive >= LUNCH_FROM:
            arrive, lunch = arrive + LUNCH_MINUTES, True
        minutes = max(5, round(business.row.visit_minutes * source.triangular(0.6, 1.6, 1.0)))
        if arrive + minutes > DAY_ENDS or arrive + minutes + driving_minutes(there, home) > DAY_ENDS + OWN_TIME:
            break
        calls.append(Call(business, arrive, minutes))
        at, now = there, arrive + minutes + source.uniform(1, 6)
    return calls


def short_tour(home: tuple[float, float], chosen: Sequence[Business]) -> list[Business]:
    """A round from home by nearest neighbour, then crossings undone (2-opt)."""
    left, tour, at = list(chosen), [], home
    while left:
        nearest = min(left, key=lambda b: (math.dist(at, (b.x_km, b.y_km)), b.row.external_id))
        left.remove(nearest)
        tour.append(nearest)
        at = (nearest.x_km, nearest.y_km)
    points = [home, *((b.x_km, b.y_km) for b in tour), home]
    better = True
    while better:
        better = False
        for i in range(1, len(tour)):
            for j in range(i + 1, len(tour) + 1):
                before = math.dist(points[i - 1], points[i]) + math.dist(points[j], points[j + 1])
                after = math.dist(points[i - 1], points[j]) + math.dist(points[i], points[j + 1])
                if after < before - 1e-9:
                    points[i : j + 1] = points[i : j + 1][::-1]
                    tour[i - 1 : j] = tour[i - 1 : j][::-1]
                    better = True
    return tour
