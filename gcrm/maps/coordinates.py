"""Coordinates as people type or paste them into a search box."""

from __future__ import annotations

import re

_NUMBER = r"([NSEWnsew]?)\s*([+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSEWnsew]?)"
_PAIR = re.compile(rf"\s*{_NUMBER}\s*[,;\s]\s*{_NUMBER}\s*")


def coordinates(text: str) -> tuple[float, float] | None:
    """Longitude and latitude of a text such as “47.1, 9.5”; None for any other.

    Latitude comes first, as map services and phones write it, unless letters or the numbers themselves say otherwise.
    """
    found = _PAIR.fullmatch(text)
    if found is None or ("." not in text and not re.search("[NSEWnsew]", text)):
        return None
    first, second = _one(found.group(1, 2, 3)), _one(found.group(4, 5, 6))
    if first is None or second is None:
        return None
    (a, a_is), (b, b_is) = first, second
    if a_is == "lon" or b_is == "lat" or (a_is is b_is is None and abs(a) > 90):
        a, b, a_is, b_is = b, a, b_is, a_is
    if a_is == "lon" or b_is == "lat" or abs(a) > 90 or abs(b) > 180:
        return None
    return b, a


def _one(parts: tuple[str, ...]) -> tuple[float, str | None] | None:
    """The number, and whether a letter says what it is; None where letters contradict themselves."""
    letters = (parts[0] + parts[2]).upper()
    if len(letters) > 1:
        return None
    value = float(parts[1])
    if letters in ("S", "W"):
        value = -value
    return value, {"N": "lat", "S": "lat", "E": "lon", "W": "lon"}.get(letters)
