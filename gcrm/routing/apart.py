"""Solving in a process of its own: it reports how far it is, can really be stopped, and gives its memory back."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from gcrm.core.errors import GcrmError
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution

LOOK_SECONDS = 1.0
"""How often the caller is asked whether to go on."""
TELL_SECONDS = 0.2
LONGEST_BEYOND_SECONDS = 300.0
"""A solve that has not answered this long after its time is given up."""


class Stopped(GcrmError):
    """Somebody asked for it to stop; nothing was made."""

    title = "Stopped"


def solve(
    problem: Problem, time_limit: float, seed: int, go_on: Callable[[int, float | None], bool], steps: int | None = None
) -> Solution:
    """Solve a problem whose travel is known, asking `go_on(steps, value)` every second; raise `Stopped` when it says no.

    The first second may pass without a plan: value is None then. A fault of the solver is raised here.
    """
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_work, args=(there, problem, time_limit, seed, steps), daemon=True
    )
    process.start()
    there.close()
    try:
        return _listen(here, process.is_alive, time_limit, go_on)
    finally:
        if process.is_alive():
            process.terminate()
        process.join(5)
        if process.is_alive():
            process.kill()
        here.close()


def _listen(
    here: Connection, is_alive: Callable[[], bool], time_limit: float, go_on: Callable[[int, float | None], bool]
) -> Solution:
    walked, value = 0, None
    began = asked = time.monotonic()
    while True:
        if here.poll(LOOK_SECONDS / 4):
            kind, content = _received(here)
            if kind == "done":
                assert isinstance(content, Solution)
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


def _work(there: Connection, problem: Problem, time_limit: float, seed: int, steps: int | None) -> None:
    """What the other process does."""
    from gcrm.routing import solver

    told = 0.0

    def tell(walked: int, value: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TELL_SECONDS:
            told = now
            there.send(("told", (walked, value)))

    try:
        found = solver.solve(problem, time_limit=None if steps else time_limit, steps=steps, seed=seed, tell=tell)
        there.send(("done", found))
    except GcrmError as error:
        there.send(("fault", error.message))
    except Exception as error:
        there.send(("fault", f"{type(error).__name__}: {error}"))
