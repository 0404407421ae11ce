"""The layers that the map can show: each domain registers its own in its `layers.py`, in the order of the domains."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LayerWords:
    """What a map's address says beside the selection, for the layers that ask for it."""

    since: dt.date
    until: dt.date
    """The last day, itself included."""
    day: dt.date
    zone: str
    """Whose midnights part the days."""


@dataclass(frozen=True)
class LayerKind:
    """One class of a layer's rows: a line of the legend."""

    word: str
    label: str
    narrows: tuple[str, str] | None = None
    """The word and value of a selection that mean just these accounts."""
    href: str | None = None
    """Else the list of just these rows, as long as no selection narrows them."""


@dataclass(frozen=True)
class LayerRows:
    """Rows that stand at accounts, as tiles, legends and tables read them.

    `query` selects from accounts, by these labels: `kind`, a word of `kinds`; `amount` in minor units of `currency`; `id`,
    the public id as text; `name`; `said`, what a table says of the row.
    """

    query: Any
    kinds: Sequence[LayerKind]
    order: Sequence[Any]
    """Columns that put the rows first that matter most."""


@dataclass(frozen=True)
class MapLayer:
    """Something that the map can show."""

    name: str
    """Its word in addresses."""
    label: Any
    icon: str
    order: int
    is_way: bool = False
    """A way to show the accounts, one of which is on, instead of something over them."""
    offered: Callable[[], bool] = lambda: True
    """Whether this person's role has such a thing at all."""
    rows: Callable[[Any, LayerWords], LayerRows] | None = None
    """Asked with the session; None: the layer has no tiles of rows."""
    features: Callable[[Any, LayerWords], dict[str, Any]] | None = None
    """The layer as GeoJSON, small enough to be sent whole; with `groups`, each {label, count, href}, and their `total`."""
    asks: str = ""
    """`period` or `day`, where the layer is about one."""
    scale: str = "kinds"
    """How its kinds are coloured: a word of gcrm.maps.palette.layer_colours."""
    shape: str = "circle"
    """What stands for a row: circle, square or diamond."""
    counted: Any = ""
    """What its rows are called, in the plural."""
    note: Any = ""
    """What the legend says of it beside its colours."""
    page: tuple[str, str] | None = None
    """Endpoint of a row's own page and the name of its argument; None: the account's."""
    drawn: str = "rows"
    """What draws it: rows, heat, plans, territories or outlines."""


_layers: dict[str, MapLayer] = {}


def register(layer: MapLayer) -> MapLayer:
    """Add a layer, or replace the one of that name."""
    _layers[layer.name] = layer
    return layer


def registered() -> list[MapLayer]:
    """All of them, in the order of a panel."""
    return sorted(_layers.values(), key=lambda layer: (layer.order, layer.name))


def named(name: str) -> MapLayer | None:
    return _layers.get(name)
