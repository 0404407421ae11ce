"""Single drives of a route problem, and what a further stop would add to a route."""

from __future__ import annotations

import math
from itertools import pairwise

from gcrm.routing.problem import Problem, Visit
from gcrm.routing.solution import Route


def leg(problem: Problem, here: int | None, there: int | None, factor: float = 1.0) -> int | None:
    """Seconds of a drive; 0 from or to a null end, None where there is no way."""
    if here is None or there is None:
        return 0
    assert problem.travel is not None
    seconds = problem.travel.seconds[here][there]
    return None if seconds is None else math.ceil(factor * seconds)


def leg_metres(problem: Problem, here: int | None, there: int | None) -> int | None:
    """Metres of a drive; 0 from or to a null end, None where they are not known."""
    if here is None or there is None:
        return 0
    if problem.travel is None or problem.travel.metres is None:
        return None
    return problem.travel.metres[here][there]


def path(problem: Problem, names: list[str]) -> list[int | None]:
    """The places of a route of the problem's one shift, its ends included; None for a null end."""
    shift = problem.shifts[0]
    places = {visit.id: visit.place for visit in problem.visits}
    begin = shift.from_place if isinstance(shift.from_place, int) else None
    end = shift.to_place if isinstance(shift.to_place, int) else None
    return [begin, *(places[name] for name in names), end]


def added_seconds(problem: Problem, route: Route, visit: Visit) -> int | None:
    """Least extra travel and service that a visit would add to a route, time limits left aside; None without a way."""
    factor = problem.shifts[0].travel_factor
    extra = []
    for here, there in pairwise(path(problem, [stop.visit for stop in route.stops])):
        to, on = leg(problem, here, visit.place, factor), leg(problem, visit.place, there, factor)
        saved = leg(problem, here, there, factor)
        if to is not None and on is not None and saved is not None:
            extra.append(to + on - saved)
    return min(extra) + visit.duration if extra else None
