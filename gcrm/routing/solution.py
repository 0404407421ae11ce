"""A plan for a route problem: routes with their timetables, and why the rest is not served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gcrm.routing.reading import MISSING, MOST_NUMBER, Malformed, Reader, describe

OPTIMAL, FEASIBLE, INFEASIBLE = "optimal", "feasible", "infeasible"
REASONS = ("not_allowed", "unreachable", "closed", "too_far", "group_limit", "no_time", "lower_value")


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit on a route, with its times."""

    visit: str
    arrive: int
    start: int
    depart: int
    waiting_seconds: int


@dataclass(frozen=True, slots=True)
class TakenBreak:
    """A break as it is taken."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Route:
    """What one used shift does; `return_at` is `return` in JSON."""

    shift: str
    leave: int
    return_at: int
    end_place: int | None
    travel_seconds: int
    travel_metres: int | None
    stops: tuple[Stop, ...]
    breaks: tuple[TakenBreak, ...] = ()


@dataclass(frozen=True, slots=True)
class Unserved:
    """A visit on no route, the first reason that holds, and what it would add to the plan."""

    visit: str
    reason: str
    detail: str = ""
    added_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """A whole plan and its figures; `travel_metres` is None where the problem has no metres."""

    status: str
    objective: float
    prize: float
    travel_seconds: int
    travel_metres: int | None
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    bound: float | None = None
    solve_seconds: float = 0.0
    steps: int = 0
    seed: int = 0
    engine: str = ""


class MalformedSolution(Malformed):
    """The solution document does not keep to `route-problem.md`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The solution", faults)


def parse(document: Any) -> Solution:
    """Read a solution document; raise `MalformedSolution` with every fault by its JSON path.

    Only its form is judged here. Wrong figures are the checker's.
    """
    reader = _SolutionReader()
    solution = reader.solution(document)
    if reader.faults:
        raise MalformedSolution(reader.faults)
    return solution


def dump(solution: Solution) -> dict[str, Any]:
    """Write the solution as a document that `parse` reads back to an equal solution."""
    document: dict[str, Any] = {"version": 1}
    for key in (
        "status", "objective", "bound", "prize", "travel_seconds", "travel_metres",
        "solve_seconds", "steps", "seed", "engine",
    ):  # fmt: skip
        document[key] = getattr(solution, key)
    document["routes"] = [_route(route) for route in solution.routes]
    document["unserved"] = [_plain(visit) for visit in solution.unserved]
    return document


def _route(route: Route) -> dict[str, Any]:
    return {
        "shift": route.shift,
        "leave": route.leave,
        "return": route.return_at,
        "end_place": route.end_place,
        "travel_seconds": route.travel_seconds,
        "travel_metres": route.travel_metres,
        "stops": [_plain(stop) for stop in route.stops],
        "breaks": [_plain(taken) for taken in route.breaks],
    }


def _plain(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__slots__}


class _SolutionReader(Reader):
    def solution(self, document: Any) -> Solution:
        given = self.fields(
            document,
            "$",
            ("version", "status", "objective", "prize", "travel_seconds", "routes", "unserved"),
            {"bound", "travel_metres", "solve_seconds", "steps", "seed", "engine"},
        )
        version = given["version"]
        if version is not MISSING and (isinstance(version, bool) or version != 1):
            self.fault("$.version", f"must be 1, not {describe(version)}")
        return Solution(
            status=self.text(given["status"], "$.status"),
            objective=self.number(given["objective"], "$.objective", -MOST_NUMBER),
            prize=self.number(given["prize"], "$.prize", -MOST_NUMBER),
            travel_seconds=self.time(given["travel_seconds"], "$.travel_seconds"),
            travel_metres=self.time_or_none(given.get("travel_metres"), "$.travel_metres"),
            routes=self.each(given["routes"], "$.routes", self.route),
            unserved=self.each(given["unserved"], "$.unserved", self.unserved),
            bound=self.number_or_none(given.get("bound"), "$.bound", -MOST_NUMBER),
            solve_seconds=self.number(given.get("solve_seconds") or 0, "$.solve_seconds"),
            steps=self.whole(given.get("steps") or 0, "$.steps", high=2**63),
            seed=self.whole(given.get("seed") or 0, "$.seed", low=-(2**63), high=2**63),
            engine=self.text(given.get("engine") or "", "$.engine", empty=True),
        )

    def route(self, value: Any, path: str) -> Route:
        given = self.fields(
            value, path, ("shift", "leave", "return", "travel_seconds", "stops"),
            {"end_place", "travel_metres", "breaks"},
        )  # fmt: skip
        return Route(
            shift=self.text(given["shift"], f"{path}.shift"),
            leave=self.time(given["leave"], f"{path}.leave"),
            return_at=self.time(given["return"], f"{path}.return"),
            end_place=self.time_or_none(given.get("end_place"), f"{path}.end_place"),
            travel_seconds=self.time(given["travel_seconds"], f"{path}.travel_seconds"),
            travel_metres=self.time_or_none(given.get("travel_metres"), f"{path}.travel_metres"),
            stops=self.each(given["stops"], f"{path}.stops", self.stop),
            breaks=self.each(given.get("breaks"), f"{path}.breaks", self.taken),
        )

    def stop(self, value: Any, path: str) -> Stop:
        keys = ("arrive", "start", "depart", "waiting_seconds")
        given = self.fields(value, path, ("visit", *keys), ())
        return Stop(self.text(given["visit"], f"{path}.visit"), *(self.time(given[k], f"{path}.{k}") for k in keys))

    def taken(self, value: Any, path: str) -> TakenBreak:
        given = self.fields(value, path, ("start", "end"), ())
        return TakenBreak(self.time(given["start"], f"{path}.start"), self.time(given["end"], f"{path}.end"))

    def unserved(self, value: Any, path: str) -> Unserved:
        given = self.fields(value, path, ("visit", "reason"), {"detail", "added_seconds"})
        return Unserved(
            visit=self.text(given["visit"], f"{path}.visit"),
            reason=self.text(given["reason"], f"{path}.reason", empty=True),
            detail=self.text(given.get("detail") or "", f"{path}.detail", empty=True),
            added_seconds=self.time_or_none(given.get("added_seconds"), f"{path}.added_seconds"),
        )

    def time(self, value: Any, path: str) -> int:
        return self.whole(value, path, low=-(2**62), high=2**62)

    def time_or_none(self, value: Any, path: str) -> int | None:
        return None if value is None else self.time(value, path)
