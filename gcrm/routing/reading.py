"""Reading JSON values with every fault noted by its JSON path, so that a person can mend all at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from gcrm.core.errors import Invalid

# About 31 years in seconds; far enough for any plan, and sums of thousands stay exact in 64 bits.
MOST_SECONDS = 10**9
# Beyond this a double no longer tells neighbouring whole numbers apart.
MOST_NUMBER = 10**15

MISSING: Any = object()

T = TypeVar("T")


class Malformed(Invalid):
    """A document that does not keep to its format; `faults` has one sentence for each fault."""

    title = "Malformed document"

    def __init__(self, what: str, faults: list[str]) -> None:
        super().__init__(f"{what} is malformed: " + "; ".join(faults), faults=faults)
        self.faults = faults


class Reader:
    """Notes faults while values are read; what is read after a fault is a harmless stand-in."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, path: str, sentence: str) -> None:
        """Note that the value at `path` is wrong."""
        self.faults.append(f"{path}: {sentence}")

    def fields(self, value: Any, path: str, required: Collection[str], known: Collection[str]) -> dict[str, Any]:
        """Return the object at `path`; name its unknown and its missing keys."""
        if not isinstance(value, dict):
            self.fault(path, f"must be an object, not {describe(value)}")
            return dict.fromkeys(required, MISSING)
        for key in value:
            if key not in known and key not in required:
                self.fault(f"{path}.{key}", "is not a key of this format")
        for key in required:
            if key not in value:
                self.fault(f"{path}.{key}", "is missing")
        return {**dict.fromkeys(required, MISSING), **value}

    def items(self, value: Any, path: str) -> list[Any]:
        """Return the list at `path`; null and a missing one are empty."""
        if value is None or value is MISSING:
            return []
        if not isinstance(value, list):
            self.fault(path, f"must be a list, not {describe(value)}")
            return []
        return value

    def each(self, value: Any, path: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        """Read every item of the list at `path` with `read(item, path)`."""
        return tuple(read(item, f"{path}[{i}]") for i, item in enumerate(self.items(value, path)))

    def whole(self, value: Any, path: str, low: int = 0, high: int = MOST_SECONDS) -> int:
        """Return the whole number at `path`; 900.0 counts as whole, true does not count as 1."""
        if value is MISSING:
            return low
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(path, f"must be a whole number, not {describe(value)}")
            return low
        if not low <= value <= high:
            self.fault(path, f"must be from {low} to {high}")
            return low
        return value

    def whole_or_none(self, value: Any, path: str, low: int = 0, high: int = MOST_SECONDS) -> int | None:
        """Return the whole number at `path`, or None for null."""
        return None if value is None else self.whole(value, path, low, high)

    def number(self, value: Any, path: str, low: float = 0.0, high: float = MOST_NUMBER) -> float:
        """Return the finite number at `path`."""
        stand_in = min(max(0.0, low), high)
        if value is MISSING:
            return stand_in
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(path, f"must be a number, not {describe(value)}")
            return stand_in
        if isinstance(value, float) and not math.isfinite(value):
            self.fault(path, f"must be a finite number, not {value}")
            return stand_in
        if not low <= value <= high:
            self.fault(path, f"must be from {low:g} to {high:g}")
            return stand_in
        return float(value)

    def number_or_none(self, value: Any, path: str, low: float = 0.0, high: float = MOST_NUMBER) -> float | None:
        """Return the finite number at `path`, or None for null."""
        return None if value is None else self.number(value, path, low, high)

    def text(self, value: Any, path: str, empty: bool = False) -> str:
        """Return the text at `path`, which can be written as UTF-8."""
        if value is MISSING:
            return ""
        if not isinstance(value, str):
            self.fault(path, f"must be a text, not {describe(value)}")
            return ""
        if not value and not empty:
            self.fault(path, "must not be empty")
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fault(path, "holds half of a character (a lone surrogate)")
            return ""
        return str(value)

    def text_or_none(self, value: Any, path: str) -> str | None:
        """Return the text at `path`, or None for null."""
        return None if value is None else self.text(value, path)

    def interval(self, value: Any, path: str) -> tuple[int, int]:
        """Return the pair of times at `path`, the second not before the first."""
        if value is MISSING:
            return (0, 0)
        if not isinstance(value, list) or len(value) != 2:
            self.fault(path, f"must be a pair [earliest, latest], not {describe(value)}")
            return (0, 0)
        known = len(self.faults)
        earliest = self.whole(value[0], f"{path}[0]", low=-MOST_SECONDS)
        latest = self.whole(value[1], f"{path}[1]", low=-MOST_SECONDS)
        if len(self.faults) == known and latest < earliest:
            self.fault(path, f"ends ({latest}) before it starts ({earliest})")
        return (earliest, latest)

    def unique(self, ids: list[Any], path: str, key: str = "id") -> None:
        """Note every id that an earlier item has already."""
        first: dict[str, int] = {}
        for i, name in enumerate(ids):
            if not isinstance(name, str) or not name:
                continue
            if name in first:
                self.fault(f"{path}[{i}].{key}", f"{name!r} is already the {key} of {path}[{first[name]}]")
            else:
                first[name] = i


def describe(value: Any) -> str:
    """Name a JSON value for a sentence."""
    if value is None or value is MISSING:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a whole number of more than 30 digits"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
