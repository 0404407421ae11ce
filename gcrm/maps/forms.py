"""What the addresses of maps say: the selection, and of the region map its level, figure and classes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from gcrm.core.errors import Invalid
from gcrm.customers.selecting import FIELDS, Field, Selection
from gcrm.maps import classes
from gcrm.maps.classes import MOST_CLASSES
from gcrm.maps.metrics import METRICS, PER_AREA, Metric, level_named, metric_named
from gcrm.maps.periods import Period, month_named

GIVEN = "given"
METHODS = (*classes.METHODS, GIVEN)
SORTS = ("value", "name", "count", "area", "beside")
ATTRIBUTE = "about."
"""Before the name of an attribute by which the table is sorted."""
BEFORE = "before"
"""Beside a figure the same one of the time before."""
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d{1,3})?", re.ASCII)
USUAL_CLASSES = 5
USUAL_METRIC = "customers"
USUAL_SORT = "-value"
USUAL = {"method": METHODS[0], "classes": str(USUAL_CLASSES), "sort": USUAL_SORT}
"""What an address need not say."""

SHOWN = ("status", "tier", "owner", "territory", "due", "place")
"""Fields that a map's filter shows first."""
HIDDEN = ("q", "region", "area", "near")
"""The search box asks for one, links and tools set the others."""
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
    per: str = ""
    """What a figure is divided by: `km2`, or the name of a region's attribute."""
    month: str = ""
    """The month of a timed figure; without it the months up to today."""
    compare: str = ""
    """What a second map beside shows: another metric, or `before`."""
    limits: tuple[float, ...] = ()
    """Given limits of the classes."""
    significant: bool = False
    """Only what is significant has a colour."""

    @classmethod
    def parse(cls, words: Any) -> RegionsWanted:
        level = words.get("level") or None
        metric = metric_named(words.get("metric") or USUAL_METRIC)
        limits = _limits(words.get("limits"))
        method = words.get("method") or (GIVEN if limits else METHODS[0])
        sort = words.get("sort") or USUAL_SORT
        if level:
            level_named(level)
        if method not in METHODS:
            raise Invalid(f"“{method}” is no way to make classes. It is one of {', '.join(METHODS)}.")
        if sort.removeprefix("-") not in SORTS and not sort.removeprefix("-").startswith(ATTRIBUTE):
            raise Invalid(f"“{sort}” is no order. It is one of {', '.join(SORTS)}.")
        month = words.get("month") or ""
        if month:
            month_named(month)
        return cls(
            Selection.parse(words), level, metric.word, method, _classes(words.get("classes")),
            words.get("parent") or None, sort, words.get("all") == "1", _per(metric, words.get("per") or ""), month,
            _compare(metric, words.get("compare") or ""), limits if method == GIVEN else (),
            words.get("significant") == "1",
        )  # fmt: skip

    @property
    def period(self) -> Period | None:
        return month_named(self.month) if self.month else None

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
            "per": self.per,
            "month": self.month,
            "compare": self.compare,
            "limits": ",".join(f"{limit:.15g}" for limit in self.limits),
            "significant": "1" if self.significant else "",
        }

    def query(self, **changes: str | None) -> str:
        """The address's query with some words changed; a None takes the word away, and usual ones are not said."""
        own = {name: value for name, value in self.words.items() if value != USUAL.get(name)} | changes
        return urlencode([(name, value) for name, value in own.items() if value] + self.selection.pairs())


def _per(metric: Metric, asked: str) -> str:
    """A share is divided by nothing more, and a density's own divisor need not be said."""
    if metric.is_share or (metric.is_density and asked == PER_AREA):
        return ""
    return asked


def _compare(metric: Metric, asked: str) -> str:
    """Only a figure that knows of time has one of the time before; a figure beside itself shows nothing."""
    if asked == BEFORE:
        return asked if metric.is_timed else ""
    if asked and asked not in METRICS:
        raise Invalid(f"“{asked}” cannot stand beside. It is {BEFORE}, or one of {', '.join(METRICS)}.")
    return "" if asked == metric.word else asked


def _limits(text: str | None) -> tuple[float, ...]:
    """Limits as 10,50,100: numbers that rise, fewer than there can be classes."""
    parts = [part for part in re.split(r"[\s,;]+", text or "") if part]
    for part in parts:
        if not NUMBER.fullmatch(part) or not math.isfinite(float(part)):
            raise Invalid(f"“{part[:20]}” is no limit. Write numbers with commas between them, as 10,50,100.")
    if len(parts) >= MOST_CLASSES:
        raise Invalid(f"{len(parts)} limits make {len(parts) + 1} classes; a map has at most {MOST_CLASSES}.")
    limits = tuple(float(part) for part in parts)
    for low, high in pairwise(limits):
        if low >= high:
            raise Invalid(f"Limits rise: {high:.15g} cannot follow {low:.15g}.")
    return limits


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
