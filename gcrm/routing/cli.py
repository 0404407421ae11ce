"""The commands `gcrm route solve` and `gcrm route check`; they need no database and no app."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.reading import Malformed

FAILED, MALFORMED = 1, 2
FILE = click.Path(path_type=Path)


@click.group()
def route() -> None:
    """Plan routes from a problem file, and check plans."""


@route.command()
@click.argument("problem", type=FILE)
@click.option("--time-limit", type=click.FloatRange(0), metavar="S", help="Seconds for the answer; 2 without a limit.")
@click.option("--steps", type=click.IntRange(0), metavar="N", help="Limit of work; gives the same answer every time.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, metavar="S", help="Of every random choice; 1.")
@click.option("-o", "--output", type=FILE, metavar="F", help="Write the solution to this file.")
def solve(problem: Path, time_limit: float | None, steps: int | None, seed: int, output: Path | None) -> None:
    """Solve PROBLEM and write the solution.

    A problem whose required visits cannot all be served is answered too, with exit status 0: the best routes, and for
    each visit left out the reason. A malformed problem exits with 2 and names every fault.
    """
    if time_limit is not None and not math.isfinite(time_limit):
        raise click.BadParameter("must be a finite number of seconds", param_hint="--time-limit")
    given = _parsed(problem, problems.parse)
    from gcrm.routing.solver import solve as solved

    found = solved(given, time_limit=time_limit, steps=steps, seed=seed, tell=_progress())
    text = json.dumps(solutions.dump(found), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if output is None:
        sys.stdout.buffer.write(text.encode())
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(f"{output}: cannot be written: {error.strerror or error}", err=True)
        sys.exit(FAILED)


@route.command()
@click.argument("problem", type=FILE)
@click.argument("solution", type=FILE)
def check(problem: Path, solution: Path) -> None:
    """Check SOLUTION against PROBLEM: exit status 0 right, 1 wrong, 2 malformed."""
    given = _parsed(problem, problems.parse)
    claimed = _parsed(solution, solutions.parse)
    from gcrm.routing.check import check as checked

    faults = checked(given, claimed)
    for fault in faults:
        click.echo(fault)
    if faults:
        click.echo(f"{solution}: wrong, {len(faults)} fault{'s' * (len(faults) > 1)}.", err=True)
        sys.exit(FAILED)
    click.echo(
        f"{solution}: right. {claimed.status}, objective {claimed.objective:g}, prize {claimed.prize:g}, "
        f"{len(claimed.routes)} routes, {len(claimed.unserved)} unserved."
    )


def _parsed(file: Path, parse: Callable[[Any], Any]) -> Any:
    """Read and parse a file; name every fault and exit with 2 where it is malformed."""
    document = _document(file)
    try:
        return parse(document)
    except Malformed as error:
        for fault in error.faults:
            click.echo(fault.encode(errors="backslashreplace").decode(), err=True)
        count = len(error.faults)
        _refuse(f"{file}: malformed, {count} fault{'s' * (count > 1)}.")


def _document(file: Path) -> Any:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        _refuse(f"{file}: cannot be read: {error.strerror or error}.")
    except UnicodeDecodeError as error:
        _refuse(f"{file}: is not UTF-8: byte {error.start} does not belong to a character.")
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        _refuse(f"{file}: is not JSON that can be read: nested too deeply.")
    except ValueError as error:
        _refuse(f"{file}: is not JSON: {error}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return made


def _refuse(sentence: str) -> NoReturn:
    click.echo(sentence.encode(errors="backslashreplace").decode(), err=True)
    sys.exit(MALFORMED)


def _progress() -> Callable[[int, float], None] | None:
    """Return a listener that shows the search's best value on a terminal."""
    if not sys.stderr.isatty():
        return None
    began = time.perf_counter()

    def told(steps: int, value: float) -> None:
        click.echo(f"\r{time.perf_counter() - began:6.1f} s  step {steps:>8}  best {value:.6g}   ", err=True, nl=False)

    return told
