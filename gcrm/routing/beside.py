"""The planner beside a web process: it stays, with everything loaded, so that a page can wait for its answer.

The compiled search, OR-Tools and the road graph take 200 MB and two seconds to load, too much for a process that serves
pages. So what is asked within a request is answered by one child of the web process, started by the first question; whoever
asks outside of a request, a job or a command, plans in its own process.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from flask import has_request_context

from gcrm.core.config import Settings
from gcrm.core.errors import GcrmError, Unavailable
from gcrm.routing import travel
from gcrm.routing.problem import Place, Problem, Travel
from gcrm.routing.reach import Reach
from gcrm.routing.solution import Solution
from gcrm.routing.travel import Leg, TravelTimes

PATIENCE_SECONDS = 20.0
"""How much longer than its time an answer may take: loading, and those who asked before."""
NOT_YET = "The planner is not ready yet. Nothing was changed; try again in a minute."


def solve(problem: Problem, time_limit: float) -> Solution:
    """Solve a problem whose travel is known."""
    if has_request_context():
        found = _ask("solve", time_limit, problem, time_limit)
        assert isinstance(found, Solution)
        return found
    return _solve(problem, time_limit)


def wake() -> None:
    """Have the planner load while somebody looks at a plan, so that the first change needs no wait; this does not wait."""
    if not has_request_context() or not _lock.acquire(blocking=False):
        return
    try:
        if not _planners:
            planner = _planner()
            planner.asked += 1
            planner.connection.send((planner.asked, "load", ()))
    except OSError:
        _forget()
    finally:
        _lock.release()


def source_for(settings: Settings) -> TravelTimes:
    """Return the source of travel times that the settings name; a road graph is not opened within a request."""
    name = travel.source_name(settings)
    if name == travel.ESTIMATE or not has_request_context():
        return travel.source_for(settings)
    return _Beside(settings, name)


@dataclass(frozen=True, slots=True)
class _Beside:
    """The travel times of the planner beside."""

    settings: Settings
    source: str

    def travel(self, places: Sequence[Place]) -> Travel:
        found = _ask("travel", self.settings.travel_timeout, self.settings, tuple(places))
        assert isinstance(found, Travel)
        return found

    def geometry(self, places: Sequence[Place]) -> list[Leg]:
        found: list[Leg] = _ask("geometry", self.settings.travel_timeout, self.settings, tuple(places))
        return found

    def reach(self, place: Place, seconds: float) -> Reach:
        found = _ask("reach", self.settings.travel_timeout, self.settings, place, seconds)
        assert isinstance(found, Reach)
        return found


# -- asking ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Planner:
    process: Any
    connection: Connection
    asked: int = 0


_lock = threading.Lock()
_planners: list[_Planner] = []
"""None or one; it belongs to this process, which serves no page before it was forked."""


def _ask(what: str, seconds: float, *content: Any) -> Any:
    """Ask the planner and wait; one question at a time."""
    until = time.monotonic() + seconds + PATIENCE_SECONDS
    if not _lock.acquire(timeout=seconds + PATIENCE_SECONDS):
        raise Unavailable(NOT_YET)
    try:
        planner = _planner()
        planner.asked += 1
        planner.connection.send((planner.asked, what, content))
        while planner.connection.poll(max(0.0, until - time.monotonic())):
            number, is_fault, answer = planner.connection.recv()
            # The answer to a question that somebody gave up waiting for comes first.
            if number == planner.asked:
                if is_fault:
                    raise answer
                return answer
    except (EOFError, OSError):
        _forget()
        raise Unavailable("The planner ended without an answer. Nothing was changed; try again.") from None
    finally:
        _lock.release()
    raise Unavailable(NOT_YET)


def _planner() -> _Planner:
    if _planners and not _planners[0].process.is_alive():
        _forget()
    if not _planners:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there,), daemon=True)
        process.start()
        there.close()
        _planners.append(_Planner(process, here))
    return _planners[0]


def _forget() -> None:
    while _planners:
        planner = _planners.pop()
        planner.connection.close()
        planner.process.terminate()
        planner.process.join(1)


# -- answering ---------------------------------------------------------------------------------------------------------


def _solve(problem: Problem, time_limit: float) -> Solution:
    from gcrm.routing import solver

    return solver.solve(problem, time_limit=time_limit)


def _travel(settings: Settings, places: Sequence[Place]) -> Travel:
    return travel.source_for(settings).travel(places)


def _geometry(settings: Settings, places: Sequence[Place]) -> list[Leg]:
    return travel.source_for(settings).geometry(places)


def _reach(settings: Settings, place: Place, seconds: float) -> Reach:
    return travel.source_for(settings).reach(place, seconds)


def _load() -> None:
    from gcrm.routing import solver

    solver.load()


ANSWERS: dict[str, Callable[..., Any]] = {
    "load": _load, "solve": _solve, "travel": _travel, "geometry": _geometry, "reach": _reach,
}  # fmt: skip


def _work(there: Connection) -> None:
    """Answer until the web process is gone."""
    while True:
        try:
            number, what, content = there.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer, is_fault = ANSWERS[what](*content), False
        except Exception as error:
            # Errors of our own keep their words; others may not survive the way.
            known = isinstance(error, GcrmError)
            answer, is_fault = error if known else GcrmError(f"{type(error).__name__}: {error}"), True
        there.send((number, is_fault, answer))
