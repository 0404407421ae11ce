"""What there is to talk about at a customer's door: each domain that knows something says it in its `layers.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Point:
    """One thing to talk about."""

    icon: str
    text: str
    detail: str | None = None


Speaker = Callable[[Any, Sequence[int]], Mapping[int, list[Point]]]
"""What a domain knows to say of accounts: session, account ids."""

_speakers: list[Speaker] = []


def register(speaker: Speaker) -> None:
    if speaker not in _speakers:
        _speakers.append(speaker)


def points(session: Any, account_ids: Sequence[int]) -> dict[int, list[Point]]:
    """All that is known of each account, in the order of the domains."""
    found: dict[int, list[Point]] = {number: [] for number in account_ids}
    for speaker in _speakers if account_ids else ():
        for number, said in speaker(session, account_ids).items():
            found[number] += said
    return found
