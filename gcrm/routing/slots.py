"""Times to offer for one more visit: where it goes into a day, what it adds, and how well it suits the account's rhythm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gcrm.routing.editing import Attempt, Draft, attempt
from gcrm.routing.legs import leg, path
from gcrm.routing.problem import Problem, Travel

ROUND_SECONDS = (900, 300, 60)
"""Times are offered on the quarter of an hour; where none fits, on five minutes, on the minute."""
HARM_MINUTES = 60.0
"""A visit one whole interval late weighs as much as an hour more on the road; one too early half of that."""
EARLY_SHARE = 0.5


@dataclass(frozen=True)
class Offer:
    """A time within a day at which one more visit can begin; seconds of the day."""

    place: int
    """How many stops come before it."""
    start: int
    depart: int
    added_seconds: int
    """More driving than without it."""
    end_seconds: int
    """How much later the day ends."""
    before: str | None
    after: str | None
    """The stops around it; None is the day's begin or end."""
    is_late_home: bool = False
    """Whether the day would end after hours, which is the one rule in the way."""


def offers(problem: Problem, draft: Draft, key: str) -> list[Offer]:
    """Return for each place in the order a round time at which the visit fits without breaking any rule.

    The order of the other stops stays; they may move within their windows. `draft` is the day without the visit.
    """
    base = attempt(problem, draft)
    known = {(fault.rule, fault.key) for fault in base.faults}
    found = []
    for place in range(draft.done, len(draft.order) + 1):
        order = (*draft.order[:place], key, *draft.order[place:])
        made = _rounded(problem, replace(draft, order=order), place, key, known)
        if made is not None:
            found.append(_offer(base, made, place, draft))
    return found


def _rounded(
    problem: Problem, draft: Draft, place: int, key: str, known: set[tuple[str, str | None]]
) -> Attempt | None:
    free = attempt(problem, draft)
    if free.times is None or _broken(free, known):
        return None
    start = free.times.stops[place].start
    for unit in ROUND_SECONDS:
        # The free time may be the earliest, or the latest where that saves waiting; so a little later, then earlier.
        for at in dict.fromkeys((-(-start // unit) * unit, start // unit * unit)):
            made = attempt(problem, replace(draft, pins={**draft.pins, key: at}))
            if made.times is not None and not _broken(made, known):
                return made
    return None


def _broken(made: Attempt, known: set[tuple[str, str | None]]) -> bool:
    return any((fault.rule, fault.key) not in known for fault in made.faults)


def _offer(base: Attempt, made: Attempt, place: int, draft: Draft) -> Offer:
    assert made.times is not None
    times = made.times.stops[place]
    ends = base.times.return_at if base.times is not None else made.times.leave
    return Offer(
        place, times.start, times.depart, made.travel_seconds - base.travel_seconds, made.times.return_at - ends,
        draft.order[place - 1] if place else None, draft.order[place] if place < len(draft.order) else None,
    )  # fmt: skip


def harm(day: dt.date, due_on: dt.date | None, cadence_days: int | None) -> float:
    """Return how badly a day suits an account's rhythm, in intervals: late counts whole, early half.

    0 on the day when it is due, and for an account without a rhythm or never visited.
    """
    if due_on is None or not cadence_days:
        return 0.0
    late = (day - due_on).days / cadence_days
    return late if late >= 0 else -late * EARLY_SHARE


def score(added_seconds: int, harm_intervals: float) -> float:
    """Return what a slot costs in minutes, its harm to the rhythm among them; less is better."""
    return added_seconds / 60 + HARM_MINUTES * harm_intervals


def sub_travel(travel: Travel, places: Sequence[int]) -> Travel:
    """Return the travel between some of the places, in this order."""
    seconds = tuple(tuple(travel.seconds[a][b] for b in places) for a in places)
    if travel.metres is None:
        return Travel(seconds)
    return Travel(seconds, tuple(tuple(travel.metres[a][b] for b in places) for a in places))


def detours(problem: Problem, draft: Draft, keys: Iterable[str]) -> list[tuple[int, str, list[int]]]:
    """Return for each visit its least detour in seconds and its places in the order by their detour, least first.

    Windows and limits are left aside; a visit without a way there and back is left out.
    """
    places = {visit.id: visit.place for visit in problem.visits}
    legs = list(enumerate(pairwise(path(problem, list(draft.order)))))[draft.done :]
    factor = problem.shifts[0].travel_factor
    found = []
    for key in keys:
        ranked = []
        for number, (a, b) in legs:
            ways = (
                leg(problem, a, places[key], factor),
                leg(problem, places[key], b, factor),
                leg(problem, a, b, factor),
            )
            if all(way is not None for way in ways):
                ranked.append(((ways[0] or 0) + (ways[1] or 0) - (ways[2] or 0), number))
        if ranked:
            ranked.sort()
            found.append((ranked[0][0], key, [number for _, number in ranked]))
    return sorted(found)


def first_fit(problem: Problem, draft: Draft, key: str, places: Sequence[int]) -> Offer | None:
    """Return the offer at the first of the places where the visit fits, at whatever minute.

    Where none fits, the first one at which the day only ends too late.
    """
    base = attempt(problem, draft)
    known = {(fault.rule, fault.key) for fault in base.faults}
    late = None
    for place in places:
        order = (*draft.order[:place], key, *draft.order[place:])
        made = attempt(problem, replace(draft, order=order))
        if made.times is None:
            continue
        if not _broken(made, known):
            return _offer(base, made, place, draft)
        if late is None and not _broken(made, known | {("late_home", None)}):
            late = replace(_offer(base, made, place, draft), is_late_home=True)
    return late
