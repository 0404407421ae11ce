"""Figures of groups of accounts added up along the tree of territories and by person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True)
class Tally:
    """What a group of accounts comes to; amounts in minor units of the organisation's currency."""

    accounts: int = 0
    value_minor: int = 0
    potential_minor: int = 0
    overdue: int = 0
    """Past the day that their cadence sets, or never visited."""
    overdue_value_minor: int = 0
    in_other_currency: int = 0
    """Accounts whose amounts are in another currency, so left out of the sums."""
    visits: int = 0
    """Made in the last 30 days."""
    visits_before: int = 0
    """Made in the 30 days before."""
    visits_week: int = 0
    """Made since Monday."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))

    @property
    def change(self) -> float | None:
        """Visits of the last 30 days against the 30 before, as a share; None where there were none before."""
        return self.visits / self.visits_before - 1 if self.visits_before else None


NOTHING = Tally()


@dataclass(frozen=True)
class Part(Generic[Key]):
    """A tally that belongs to a territory and a person, either of which may be missing."""

    territory: Key | None
    person: Key | None
    tally: Tally


@dataclass(frozen=True)
class Node(Generic[Key]):
    """A territory with everything below it; the largest value first."""

    key: Key
    tally: Tally
    own: Tally
    """Of accounts that lie in the territory itself, not in one below."""
    children: tuple[Node[Key], ...]


def by(parts: Iterable[Part[Key]], what: Callable[[Part[Key]], Key | None]) -> dict[Key | None, Tally]:
    """The parts added up by their territory or their person."""
    sums: dict[Key | None, Tally] = defaultdict(Tally)
    for part in parts:
        sums[what(part)] += part.tally
    return dict(sums)


def total(parts: Iterable[Part[Key]]) -> Tally:
    return sum((part.tally for part in parts), NOTHING)


def tree(
    own: Mapping[Key | None, Tally], parents: Mapping[Key, Key | None], top: Key | None = None
) -> tuple[Node[Key], ...]:
    """The territories below `top`, each with its subtree's tally; a part's tally counts once, in its own territory."""
    children: dict[Key | None, list[Key]] = defaultdict(list)
    for key, parent in parents.items():
        children[parent].append(key)

    def node(key: Key) -> Node[Key]:
        below = ranked(node(child) for child in children[key])
        alone = own.get(key, NOTHING)
        return Node(key, sum((child.tally for child in below), alone), alone, below)

    return ranked(node(key) for key in children[top])


def ranked(nodes: Iterable[Node[Key]]) -> tuple[Node[Key], ...]:
    return tuple(sorted(nodes, key=lambda node: (-node.tally.value_minor, -node.tally.accounts)))


def subtree(parents: Mapping[Key, Key | None], top: Key) -> list[Key]:
    """The territory and every one below it."""
    found = [top]
    for key in found:
        found.extend(child for child, parent in parents.items() if parent == key)
    return found
