"""What commands have in common: whose name they act in, figures as JSON, progress on a terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from gcrm.core.config import settings

Advance = Callable[[int, int, str], None]
"""done, total, what is being done"""


def open_database(quiet: bool = False) -> None:
    """Make the database ready, and say which one when it is the demo's."""
    from gcrm.core import schema

    if settings().is_demo and not quiet:
        click.echo("Working on the demo's database.", err=True)
    schema.make_ready()


def print_json(figures: dict[str, Any]) -> None:
    click.echo(json.dumps(figures, ensure_ascii=False, default=str))


@contextlib.contextmanager
def progress(title: str) -> Iterator[Advance]:
    """A bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(title, total=None)

        def advance(done: int, total: int, what: str) -> None:
            bar.update(row, completed=done, total=total, description=what or title)

        yield advance
