"""What the addresses of maps say: the selection, and of the region map its level, figure and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gcrm.core.errors import Invalid
from gcrm.customers.selecting import FIELDS, Field, Selection
from gcrm.maps.classes import MOST_CLASSES
from gcrm.maps.metrics import level_named, metric_named

METHODS = ("quantile", "equal")
SORTS = ("value", "name", "count", "area")
USUAL_CLASSES = 5
USUAL_METRIC = "customers"
USUAL_SORT = "-value"
USUAL = {"method": METHODS[0], "classes": str(USUAL_CLASSES), "sort": USUAL_SORT}
"""What an address need not say."""

SHOWN = ("status", "tier", "owner", "territory", "due", "place")
"""Fields that a map's filter shows first."""
HIDDEN = ("q", "region")
"""The search box asks for one, the region map's links set the other."""
MOST_BOXES = 40


@dataclass(frozen=True)
class RegionsWanted:
    """What the region map is asked for; every word of it stands in the address."""

    selection: Selection
    level: str | None
    metric: str
    method: str
    classes: int
    parent: str | None
    sort: str
    all: bool

    @classmethod
    def parse(cls, words: Any) -> RegionsWanted:
        level = words.get("level") or None
        metric = words.get("metric") or USUAL_METRIC
        method = words.get("method") or METHODS[0]
        sort = words.get("sort") or USUAL_SORT
        metric_named(metric)
        if level:
            level_named(level)
        if method not in METHODS:
            raise Invalid(f"“{method}” is no way to make classes. It is one of {', '.join(METHODS)}.")
        if sort.removeprefix("-") not in SORTS:
            raise Invalid(f"“{sort}” is no order. It is one of {', '.join(SORTS)}.")
        return cls(
            Selection.parse(words), level, metric, method, _classes(words.get("classes")), words.get("parent") or None,
            sort, words.get("all") == "1",
        )  # fmt: skip

    @property
    def words(self) -> dict[str, str]:
        """What the form's own fields say, beside the selection's."""
        return {
            "level": self.level or "",
            "metric": self.metric,
            "method": self.method,
            "classes": str(self.classes),
            "parent": self.parent or "",
            "sort": self.sort,
            "all": "1" if self.all else "",
        }

    def query(self, **changes: str | None) -> str:
        """The address's query with some words changed; a None takes the word away, and usual ones are not said."""
        own = {name: value for name, value in self.words.items() if value != USUAL.get(name)} | changes
        return urlencode([(name, value) for name, value in own.items() if value] + self.selection.pairs())


def _classes(text: str | None) -> int:
    if not text:
        return USUAL_CLASSES
    if not text.isdecimal() or not 2 <= int(text) <= MOST_CLASSES:
        raise Invalid(f"A map has 2 to {MOST_CLASSES} classes, not “{text[:20]}”.")
    return int(text)


@dataclass(frozen=True)
class FilterField:
    """A field of the selection as a form shows it."""

    name: str
    label: str
    kind: str
    """`toggles` and `boxes` take several values, `select` one, `text` any words."""
    choices: Sequence[tuple[str, str]]
    values: tuple[str, ...]


def filter_fields(selection: Selection) -> tuple[list[FilterField], list[FilterField]]:
    """The fields that the filter shows, and those under “more”."""
    shown = [_filter_field(FIELDS[name], selection) for name in SHOWN if name in FIELDS]
    others = [name for name in FIELDS if name not in SHOWN and name not in HIDDEN]
    return [field for field in shown if field.kind == "text" or field.choices], [
        _filter_field(FIELDS[name], selection) for name in others
    ]


def _filter_field(field: Field, selection: Selection) -> FilterField:
    choices = field.choices() if field.choices else []
    values = selection.all(field.name)
    kind = "text"
    if field.choices and not field.is_multiple:
        kind = "select"
    elif field.choices and len(choices) <= 5:
        kind = "toggles"
    elif field.choices and len(choices) <= MOST_BOXES:
        kind = "boxes"
    return FilterField(field.name, str(field.label), kind, choices, values)
