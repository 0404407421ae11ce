"""Tiny problems on a straight road: place i lies at kilometre i, and a kilometre takes 100 s."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from gcrm.routing import problem as problems
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "routing"


def road(places: int) -> dict[str, Any]:
    """Return the travel of a road with a place at each kilometre."""
    return {
        "seconds": [[100 * abs(i - j) for j in range(places)] for i in range(places)],
        "metres": [[1000 * abs(i - j) for j in range(places)] for i in range(places)],
    }


def shift(name: str = "s", **more: Any) -> dict[str, Any]:
    """Return a shift from second 0 to 10,000 that starts and ends at place 0."""
    return {"id": name, "rep": "r", "from": 0, "to": 0, "start": 0, "end": 10_000} | more


def visit(name: str, place: int, **more: Any) -> dict[str, Any]:
    """Return a visit of 300 s, worth 10."""
    return {"id": name, "place": place, "duration": 300, "prize": 10} | more


def document(*visits: dict[str, Any], shifts: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """Return a problem document on a road of six places where a second of travel costs 0.001."""
    return {
        "version": 1,
        "travel": road(6),
        "shifts": [shift()] if shifts is None else shifts,
        "visits": list(visits),
        "cost_per_travel_second": 0.001,
    } | more


def problem(*visits: dict[str, Any], **more: Any) -> Problem:
    """Return the parsed problem of `document`."""
    return problems.parse(document(*visits, **more))


def stops(solution: Solution) -> dict[str, list[str]]:
    """Return the visits of each route."""
    return {route.shift: [stop.visit for stop in route.stops] for route in solution.routes}


def reasons(solution: Solution) -> dict[str, str]:
    """Return why each unserved visit stays out."""
    return {one.visit: one.reason for one in solution.unserved}


def random_problem(seed: int, visits: int, shifts: int = 1) -> Problem:
    """Return a small random problem that uses many rules of the format at once."""
    return problems.parse(random_document(seed, visits, shifts))


def random_document(seed: int, visits: int, shifts: int = 1) -> dict[str, Any]:
    """Return the document of a random problem."""
    random = Random(seed)
    size = visits + 2
    points = [(random.randint(0, 40), random.randint(0, 40)) for _ in range(size)]
    seconds = [
        [0 if i == j else 20 * (abs(a - c) + abs(b - d)) + random.randint(1, 60) for j, (c, d) in enumerate(points)]
        for i, (a, b) in enumerate(points)
    ]
    if random.random() < 0.3:
        seconds[random.randrange(1, size)][0] = None  # type: ignore[call-overload]
    made = []
    for v in range(visits):
        one: dict[str, Any] = {
            "id": f"v{v}",
            "place": v + 2 if random.random() < 0.9 else 2,
            "duration": random.randint(0, 900),
            "prize": random.randint(1, 30),
            "load": random.choice([0, 1, 2]),
        }
        if random.random() < 0.5:
            at = random.randint(0, 6000)
            one["windows"] = [[at, at + random.randint(0, 1500)]]
            if random.random() < 0.4:
                one["windows"].append([at + 2500, at + 3500])
        if random.random() < 0.15:
            one["rank"] = random.choice([0, 1])
        if random.random() < 0.3:
            one["group"] = "g"
        if shifts > 1 and random.random() < 0.2:
            one["shifts"] = [f"s{random.randrange(shifts)}"]
        made.append(one)
    days = []
    for s in range(shifts):
        start = random.randint(0, 500)
        one = {"id": f"s{s}", "rep": "r", "day": s, "from": 0, "to": 0, "start": start, "end": start + 5000}
        if random.random() < 0.5:
            one["breaks"] = [{"duration": 600, "window": [1500, 3500]}]
        one["to"] = random.choice([0, 0, 0, None, 1, [{"place": 0, "cost": 3}, {"place": 1, "cost": 0}]])
        one["from"] = random.choice([0, 0, 0, None, {"end_of": f"s{s - 1}"}] if s else [0, 0, None])
        if random.random() < 0.2:
            one["travel_factor"] = 1.25
        if random.random() < 0.3:
            one["max_work_seconds"] = 3500
        if random.random() < 0.2:
            one["max_travel_seconds"] = 2000
        if random.random() < 0.2:
            one["max_visits"] = 2
        if random.random() < 0.3:
            one["capacity"] = 3
        days.append(one)
    more: dict[str, Any] = {"groups": [{"id": "g", "at_most": random.choice([None, 1, 2])}]}
    if random.random() < 0.3:
        more["reps"] = [
            {"id": "r", "max_visits": random.choice([None, 3]), "max_work_seconds": random.choice([None, 6000])}
        ]
    return {
        "version": 1,
        "travel": {"seconds": seconds},
        "shifts": days,
        "visits": made,
        "cost_per_travel_second": random.choice([0, 0.001, 0.01]),
        "cost_per_waiting_second": random.choice([0, 0, 0.002]),
        "cost_per_shift": random.choice([0, 0, 2]),
    } | more
