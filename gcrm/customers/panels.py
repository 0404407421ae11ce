"""What higher domains show on an account's page: panels, and things to do from there.

A domain registers in its `layers.py` or `views.py`, with functions that take the account and answer ready HTML or plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PLACES = ("main", "side")


@dataclass(frozen=True)
class Panel:
    """A titled part of the page; it renders itself, with its own heading, and nothing when it has nothing to say."""

    name: str
    order: int
    render: Callable[[Any], str]
    place: str = "main"


@dataclass(frozen=True)
class Action:
    """A button of the page's head."""

    name: str
    order: int
    make: Callable[[Any], dict[str, Any] | None]
    """Answers {label, url, icon, kind}, or None where there is nothing to do."""


@dataclass(frozen=True)
class Kind:
    """How a line of the timeline is shown."""

    label: Any
    icon: str
    say: Callable[[Any], str]
    """What the line reads, from its touch."""
    href: Callable[[Any], str | None]
    """Where the thing itself is shown."""


_panels: dict[str, Panel] = {}
_actions: dict[str, Action] = {}
_kinds: dict[str, Kind] = {}


def register(name: str, order: int, render: Callable[[Any], str], place: str = "main") -> None:
    """Add a panel, or replace the one of that name."""
    if place not in PLACES:
        raise ValueError(f"A panel stands in one of {', '.join(PLACES)}, not in “{place}”.")
    _panels[name] = Panel(name, order, render, place)


def register_action(name: str, order: int, make: Callable[[Any], dict[str, Any] | None]) -> None:
    _actions[name] = Action(name, order, make)


def register_kind(
    kind: str,
    label: Any,
    icon: str,
    say: Callable[[Any], str] = lambda touch: str(touch.summary),
    href: Callable[[Any], str | None] = lambda _touch: None,
) -> None:
    """Say how touches of a kind are shown; a domain that writes them may replace what stands here for them."""
    _kinds[kind] = Kind(label, icon, say, href)


def kinds(kind: str) -> Kind:
    return _kinds.get(kind) or Kind(
        kind.replace("_", " ").capitalize(), "point", lambda touch: str(touch.summary), lambda _touch: None
    )


def rendered(account: Any, place: str) -> list[tuple[str, str]]:
    """Name and HTML of the panels of a place, in their order, without empty ones."""
    ordered = sorted(
        (panel for panel in _panels.values() if panel.place == place), key=lambda panel: (panel.order, panel.name)
    )
    shown = [(panel.name, panel.render(account)) for panel in ordered]
    return [(name, html) for name, html in shown if html.strip()]


def actions(account: Any) -> list[dict[str, Any]]:
    made = (
        action.make(account) for action in sorted(_actions.values(), key=lambda action: (action.order, action.name))
    )
    return [action for action in made if action]
