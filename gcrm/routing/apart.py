"""Solving in a process of its own: it reports how far it is, can really be stopped, and gives its memory back."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from gcrm.core.errors import GcrmError
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution

GoOn = Callable[[int, float | None], bool]
"""Is told steps and value, and says whether to go on."""
LOOK_SECONDS = 1.0
"""How often the caller is asked whether to go on."""
TELL_SECONDS = 0.2
BALANCING_SECONDS = 10.0
"""About as long as it takes to decide who makes which visit; its limit is one of work."""
RECOMBINING_SECONDS = 5.0
"""About as long as it takes to choose among the routes of some plans; its limit is one of work too."""
LONGEST_BEYOND_SECONDS = 300.0
"""A solve that has not answered this long after its time is given up."""


class Stopped(GcrmError):
    """Somebody asked for it to stop; nothing was made."""

    title = "Stopped"


def solve(problem: Problem, time_limit: float, seed: int, go_on: GoOn, steps: int | None = None) -> Solution:
    """Solve a problem whose travel is known, asking `go_on(steps, value)` every second; raise `Stopped` when it says no.

    The first second may pass without a plan: value is None then. A fault of the solver is raised here.
    """
    with planner(go_on) as one:
        return one.solve(problem, time_limit, seed, steps)


class Planner:
    """A process that answers one question after the other, with everything loaded."""

    def __init__(self, process: Any, connection: Connection, go_on: GoOn) -> None:
        self._process, self._connection, self._go_on = process, connection, go_on

    def solve(self, problem: Problem, time_limit: float, seed: int, steps: int | None = None) -> Solution:
        """Solve a problem as `solve` does."""
        found = self._ask("solve", time_limit, problem, time_limit, seed, steps)
        assert isinstance(found, Solution)
        return found

    def balanced(self, problem: Problem, level: float) -> Problem:
        """Decide which rep makes which visit so that their work lies within a level, and narrow the problem to that."""
        found = self._ask("balance", BALANCING_SECONDS, problem, level)
        assert isinstance(found, Problem)
        return found

    def recombined(self, problem: Problem, solutions: Sequence[Solution]) -> Solution | None:
        """Make one more plan of the best routes of several, where that is another one."""
        found = self._ask("recombine", RECOMBINING_SECONDS, problem, solutions)
        assert found is None or isinstance(found, Solution)
        return found

    def _ask(self, what: str, time_limit: float, *given: Any) -> Any:
        self._connection.send((what, given))
        return _listen(self._connection, self._process.is_alive, time_limit, self._go_on)


@contextlib.contextmanager
def planner(go_on: GoOn) -> Iterator[Planner]:
    """Start a planner, and end it with the block, whatever it is doing."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        yield Planner(process, here, go_on)
    finally:
        if process.is_alive():
            process.terminate()
        process.join(5)
        if process.is_alive():
            process.kill()
        here.close()


def _listen(here: Connection, is_alive: Callable[[], bool], time_limit: float, go_on: GoOn) -> Any:
    walked, value = 0, None
    began = asked = time.monotonic()
    while True:
        if here.poll(LOOK_SECONDS / 4):
            kind, content = _received(here)
            if kind == "done":
                return content
            if kind == "fault":
                raise content if isinstance(content, GcrmError) else GcrmError(str(content))
            walked, value = content
        elif not is_alive():
            raise GcrmError("The solver ended without an answer.")
        now = time.monotonic()
        if now - began > time_limit + LONGEST_BEYOND_SECONDS:
            raise GcrmError("The solver did not come to an end.")
        if now - asked >= LOOK_SECONDS:
            asked = now
            if not go_on(walked, value):
                raise Stopped("It was stopped before it was finished.")


def _received(here: Connection) -> tuple[str, Any]:
    try:
        kind, content = here.recv()
    except EOFError:
        return "fault", "The solver ended without an answer."
    return str(kind), content


def _work(there: Connection) -> None:
    """What the other process does."""
    told = 0.0

    def tell(walked: int, value: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TELL_SECONDS:
            told = now
            there.send(("told", (walked, value)))

    while True:
        try:
            what, given = there.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            there.send(("done", WORK[what](tell, *given)))
        except GcrmError as error:
            there.send(("fault", error.message))
        except Exception as error:
            there.send(("fault", f"{type(error).__name__}: {error}"))


def _solve(
    tell: Callable[[int, float], None], problem: Problem, time_limit: float, seed: int, steps: int | None
) -> Solution:
    from gcrm.routing import solver

    return solver.solve(problem, time_limit=None if steps else time_limit, steps=steps, seed=seed, tell=tell)


def _balance(_tell: Callable[[int, float], None], problem: Problem, level: float) -> Problem:
    from gcrm.routing.assign import days

    return days.restricted(problem, days.assign(problem, CLOSER * level))


def _recombine(_tell: Callable[[int, float], None], problem: Problem, solutions: Sequence[Solution]) -> Solution | None:
    from gcrm.routing.assign import pool

    return pool.recombined(problem, solutions)


CLOSER = 0.7
"""Estimates err, so work is balanced by them to less than the level."""
WORK: dict[str, Callable[..., Any]] = {"solve": _solve, "balance": _balance, "recombine": _recombine}
