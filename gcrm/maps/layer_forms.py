"""What the map's address says beside the selection: the layers that are on, their colour and size, their days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gcrm.core.errors import Invalid
from gcrm.core.map_layers import LayerWords, MapLayer, registered
from gcrm.customers.selecting import Selection

NO_ACCOUNTS = "none"
"""The way of showing accounts that shows none."""
USUAL_WAY = "accounts"
PROSPECTS = "prospects"
COLOURS = ("status", "tier", "coverage", "owner")
SIZES = ("count", "value", "potential")
PERIOD_DAYS = 30
LONGEST_PERIOD_DAYS = 3660


@dataclass(frozen=True)
class MapWanted:
    """The map as its address asks for it."""

    selection: Selection
    way: str
    over: tuple[str, ...]
    colour: str
    size: str
    days: LayerWords
    today: dt.date

    @classmethod
    def parse(cls, words: Any, today: dt.date, zone: str) -> MapWanted:
        """Read the address; `today` is the date in the organisation's zone."""
        way, over = _layers(words)
        until = _day(words, "to", today)
        since = _day(words, "from", until - dt.timedelta(days=PERIOD_DAYS - 1))
        if since > until:
            raise Invalid(f"The period begins on {since}, after its end on {until}.")
        if (until - since).days > LONGEST_PERIOD_DAYS:
            raise Invalid(f"A period has at most {LONGEST_PERIOD_DAYS} days, not {(until - since).days + 1}.")
        days = LayerWords(since, until, _day(words, "day", today), zone)
        colour = _one_of(words, "colour", COLOURS, "colour")
        return cls(Selection.parse(words), way, over, colour, _one_of(words, "size", SIZES, "size"), days, today)

    @property
    def shown(self) -> Selection:
        """The accounts meant: the way that shows prospects shows nothing else, whatever statuses the filter has."""
        return self.selection.with_value("status", "prospect") if self.way == PROSPECTS else self.selection

    def is_on(self, name: str) -> bool:
        return name == self.way or name in self.over

    @property
    def layers(self) -> list[MapLayer]:
        """The layers that are on, in the panel's order."""
        return [layer for layer in registered() if self.is_on(layer.name)]

    def words(self) -> list[tuple[str, str]]:
        """What the address says beside the selection; usual values are not said."""
        found = []
        if self.over or self.way != USUAL_WAY:
            found.append(("layers", ",".join([self.way, *self.over])))
        if self.colour != COLOURS[0]:
            found.append(("colour", self.colour))
        if self.size != SIZES[0]:
            found.append(("size", self.size))
        asked = {layer.asks for layer in self.layers}
        if "period" in asked:
            found += [("from", self.days.since.isoformat()), ("to", self.days.until.isoformat())]
        if "day" in asked:
            found.append(("day", self.days.day.isoformat()))
        return found

    def query(self) -> str:
        return urlencode([*self.selection.pairs(), *self.words()])


def _given(words: Any, name: str) -> list[str]:
    given = words.getlist(name) if hasattr(words, "getlist") else [words[name]] if words.get(name) else []
    return [part.strip() for value in given for part in value.split(",") if part.strip()]


def _layers(words: Any) -> tuple[str, tuple[str, ...]]:
    """The way that accounts are shown, and what lies over them."""
    asked = list(dict.fromkeys(_given(words, "layers")))
    known = {layer.name: layer for layer in registered()}
    for name in asked:
        if name != NO_ACCOUNTS and (name not in known or not known[name].offered()):
            raise Invalid(f"“{name[:40]}” is no layer. A layer is one of {', '.join(_offered(known.values()))}.")
    ways = [name for name in asked if name == NO_ACCOUNTS or known[name].is_way]
    if len(ways) > 1:
        raise Invalid(f"Accounts are shown in one way at a time, not as {' and '.join(ways)}.")
    over = sorted((name for name in asked if name not in ways), key=list(known).index)
    return (ways or [NO_ACCOUNTS if over else USUAL_WAY])[0], tuple(over)


def _offered(layers: Any) -> Sequence[str]:
    return [*(layer.name for layer in layers if layer.offered()), NO_ACCOUNTS]


def _one_of(words: Any, name: str, known: tuple[str, ...], what: str) -> str:
    value = words.get(name) or known[0]
    if value not in known:
        raise Invalid(f"“{value[:40]}” is no {what} of the map. It is one of {', '.join(known)}.")
    return str(value)


def _day(words: Any, name: str, usual: dt.date) -> dt.date:
    value = words.get(name)
    if not value:
        return usual
    try:
        found = dt.date.fromisoformat(value)
    except ValueError:
        raise Invalid(f"“{value[:40]}” in “{name}” is no day. Write it as 2026-11-30.") from None
    if not 1970 <= found.year <= 2100:
        raise Invalid(f"“{value}” in “{name}” is too far away.")
    return found
