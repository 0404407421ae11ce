"""The selection: which accounts are meant, as one object, one query string and one set of SQL conditions.

Domains register their fields (`selection.py`) in the order of the domains. The list, the map, a choropleth, an export
and a plan's candidates all take a selection and so show the same count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select

from gcrm.core.errors import Invalid

Compile = Callable[[tuple[str, ...]], ColumnElement[bool]]
LONGEST_VALUE = 200
MOST_VALUES = 100


@dataclass(frozen=True)
class Field:
    """One word of a selection's query string."""

    name: str
    label: Any
    compile: Compile
    """Turns the values into a condition on accounts; raises Invalid when a value means nothing."""
    choices: Callable[[], list[tuple[str, str]]] | None = None
    """Values to choose from with their labels, for forms; None for free text."""
    is_multiple: bool = False
    show: Callable[[str], str] | None = None
    """How a value reads, where it is not one of the choices."""
    is_long: bool = False
    """There may be thousands of choices: pages ask for them when somebody opens the list."""
    longest: int = LONGEST_VALUE
    """Characters of one value."""


FIELDS: dict[str, Field] = {}


def register(entry: Field) -> Field:
    FIELDS[entry.name] = entry
    return entry


@dataclass(frozen=True)
class Selection:
    """Values by field, in the order of the fields; equal selections have equal query strings."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, words: Any) -> Selection:
        """Read the fields' words from a query string's MultiDict or a plain mapping; other words are not ours."""
        found: dict[str, tuple[str, ...]] = {}
        for name, entry in FIELDS.items():
            given = words.getlist(name) if hasattr(words, "getlist") else _as_list(words.get(name))
            cleaned = tuple(dict.fromkeys(v.strip() for v in given if v and v.strip()))
            if not cleaned:
                continue
            if not entry.is_multiple and len(cleaned) > 1:
                raise Invalid(f"“{name}” is given {len(cleaned)} times; it takes one value.")
            if len(cleaned) > MOST_VALUES or any(len(v) > entry.longest or "\x00" in v for v in cleaned):
                raise Invalid(f"“{name}” is too long, or holds signs that no text has.")
            found[name] = tuple(sorted(cleaned)) if entry.is_multiple else cleaned
        return cls(found)

    def conditions(self) -> list[ColumnElement[bool]]:
        return [FIELDS[name].compile(values) for name, values in self.values.items()]

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """The query, for the selected accounts only; it must already name the accounts table."""
        return query.where(*self.conditions())

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.values.items() for value in values]

    def query_string(self) -> str:
        return urlencode(self.pairs())

    def without(self, name: str, value: str | None = None) -> Selection:
        """The same selection with one field, or one of its values, taken away."""
        left = tuple(v for v in self.values.get(name, ()) if value is not None and v != value)
        others = {key: values for key, values in self.values.items() if key != name}
        if left:
            others[name] = left
        return Selection({key: others[key] for key in FIELDS if key in others})

    def with_value(self, name: str, *values: str) -> Selection:
        merged = {**self.values, name: values}
        return Selection({key: merged[key] for key in FIELDS if key in merged})

    def get(self, name: str) -> str | None:
        return next(iter(self.values.get(name, ())), None)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def chips(self) -> list[dict[str, str]]:
        """What the selection says, word by word, each with the query string that drops it."""
        said = []
        for name, values in self.values.items():
            entry = FIELDS[name]
            labels = dict(entry.choices()) if entry.choices else {}
            for value in values:
                text = labels.get(value) or (entry.show(value) if entry.show else value)
                said.append(
                    {"label": str(entry.label), "value": text, "rest": self.without(name, value).query_string()}
                )
        return said

    def __bool__(self) -> bool:
        return bool(self.values)


def _as_list(value: Any) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
