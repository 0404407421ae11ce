"""Where people's positions are kept: each domain that keeps some says in its `tasks.py` what they are and how they fade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Held:
    """One position of a person that is kept."""

    what: Any
    """What they did there, for people to read."""
    name: str | None
    """At whose door."""
    at: dt.datetime
    lon: float
    lat: float
    accuracy_metres: float | None
    distance_metres: float | None
    faded_at: dt.datetime | None
    """Since when only the square of a kilometre is known."""


@dataclass(frozen=True)
class Source:
    """A table that keeps positions; both functions obey the session's principal."""

    held: Callable[[Any, int], list[Held]]
    """What is kept of a person: session, user id."""
    fade: Callable[[Any, dt.datetime], int]
    """Let the positions fade that are older than an instant: session, instant; answers how many did."""


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    _sources[name] = source


def held(session: Any, user_id: int) -> list[Held]:
    """All that is kept of a person, the latest first."""
    found = [one for source in _sources.values() for one in source.held(session, user_id)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def fade(session: Any, before: dt.datetime) -> dict[str, int]:
    """Let every exact position older than an instant fade; how many did, by source."""
    return {name: source.fade(session, before) for name, source in _sources.items()}
