"""The rest of a day that runs already, as a route problem, and what differs between two plans of one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gcrm.routing.problem import FIXED, Break, Locked, Place, Problem, Shift, Visit

CAUSES = ("done", "missed", "late", "ill", "urgent", "added", "booked", "asked")
"""Why a day is planned anew: a stop was finished, nobody was met there, the rep is late or ill, somebody must be seen
today, an account was taken along, an appointment was made, or the rep just asked."""
MOST_LATE_SECONDS = 90 * 60
"""An appointment is kept with as much delay as this, rather than dropped."""
GRACE_SECONDS = 15 * 60
"""How much later than at its earliest a late appointment may still begin."""
SAME_MINUTES = 3
"""A stop that moves by less stays where it was."""


@dataclass(frozen=True)
class Rest:
    """The rest of a day: from where and when it goes on."""

    here: tuple[float, float] | None
    """(lon, lat); None: at the first stop."""
    start: int
    """Seconds since midnight."""
    had_lunch: bool = False


@dataclass(frozen=True)
class Seen:
    """A stop ahead as it stands on a plan."""

    account_id: int
    name: str
    starts_at: dt.datetime


@dataclass(frozen=True)
class Change:
    """One difference between two plans of a day; `minutes` is how much later, negative when earlier."""

    kind: str
    account_id: int
    name: str
    starts_at: str
    minutes: int = 0

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def rest_of_day(problem: Problem, rest: Rest) -> Problem:
    """Return the day's problem as it goes on from `rest.here` at `rest.start`.

    The problem has one shift; its breaks are those that can still begin, none when lunch is over.
    """
    shift = problem.shifts[0]
    start, places, begin = rest.start, problem.places, None
    if rest.here is not None:
        begin = len(places)
        places = (*places, Place(lon=rest.here[0], lat=rest.here[1]))
    breaks = () if rest.had_lunch else tuple(_later(pause, start) for pause in shift.breaks if pause.window[1] >= start)
    shift = replace(shift, start=start, end=max(start, shift.end), from_place=begin, breaks=breaks)
    return replace(problem, shifts=(shift,), places=places)


def _later(pause: Break, start: int) -> Break:
    return Break(pause.duration, (max(start, pause.window[0]), pause.window[1]))


def keeping(problem: Problem, kept: str | None) -> Problem:
    """Return the problem, its travel filled in, whose shift begins with the visit `kept`, however late it gets.

    The next stop is what the rep is driving to: neither its hours nor the day's end take it away. Appointments that cannot
    be met in time any more may begin late, at most `MOST_LATE_SECONDS`.
    """
    free, place = problem.shifts[0].start, problem.shifts[0].from_place
    assert place is None or isinstance(place, int)
    if kept is not None:
        visit = next(v for v in problem.visits if v.id == kept)
        arrival = free + _seconds(problem, place, visit.place)
        begin = _begin(visit.windows, arrival)
        windows = visit.windows if begin is not None else ()
        begin = arrival if begin is None else begin
        problem = _with_visit(problem, replace(visit, windows=windows))
        problem = _stay_long_enough(problem, visit.place, begin + visit.duration)
        problem = replace(problem, locked=(Locked(problem.shifts[0].id, (kept,)),))
        free, place = begin + visit.duration, visit.place
    for visit in problem.visits:
        if visit.rank == FIXED and visit.id != kept:
            problem = _with_visit(problem, _late(visit, free + _seconds(problem, place, visit.place)))
    return problem


def _late(visit: Visit, arrival: int) -> Visit:
    """Return the appointment with room to begin late, where it can only be met late."""
    begins = visit.windows[0][0]
    if arrival <= visit.windows[-1][1] or arrival - begins > MOST_LATE_SECONDS:
        return visit
    return replace(visit, windows=((begins, arrival + GRACE_SECONDS),))


def _begin(windows: Sequence[tuple[int, int]], arrival: int) -> int | None:
    """Return when a visit begins for who arrives then; None: it is closed for the rest of the day."""
    if not windows:
        return arrival
    return next((max(arrival, first) for first, last in windows if arrival <= last), None)


def _stay_long_enough(problem: Problem, place: int, ready: int) -> Problem:
    shift: Shift = problem.shifts[0]
    home = _seconds(problem, place, shift.to_place) if isinstance(shift.to_place, int) else 0
    lunch = sum(pause.duration for pause in shift.breaks)
    return replace(problem, shifts=(replace(shift, end=max(shift.end, ready + home + lunch)),))


def _seconds(problem: Problem, before: int | None, after: int) -> int:
    if before is None or problem.travel is None:
        return 0
    return problem.travel.seconds[before][after] or 0


def _with_visit(problem: Problem, visit: Visit) -> Problem:
    return replace(problem, visits=tuple(visit if v.id == visit.id else v for v in problem.visits))


def changes(before: Sequence[Seen], after: Sequence[Seen]) -> list[Change]:
    """Return what differs between the stops of two plans: added, dropped, earlier, later; by the time of the stop."""
    was = {seen.account_id: seen for seen in before}
    now = {seen.account_id: seen for seen in after}
    found = [_change(was.get(seen.account_id), seen) for seen in after]
    found += [
        Change("dropped", seen.account_id, seen.name, seen.starts_at.isoformat())
        for seen in before
        if seen.account_id not in now
    ]
    return sorted((change for change in found if change is not None), key=lambda change: change.starts_at)


def _change(was: Seen | None, now: Seen) -> Change | None:
    at = now.starts_at.isoformat()
    if was is None:
        return Change("added", now.account_id, now.name, at)
    minutes = round((now.starts_at - was.starts_at).total_seconds() / 60)
    if abs(minutes) < SAME_MINUTES:
        return None
    return Change("later" if minutes > 0 else "earlier", now.account_id, now.name, at, minutes)
