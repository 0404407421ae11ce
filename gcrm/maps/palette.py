"""Every colour that carries data: ramps, categories, statuses, and what a map draws around them, for light and dark.

The interface's accent is a blue that appears in none of them. Sequential ramps run through warm hues with lightness changing evenly, so
that they read in grey and with any colour vision; in the dark, more is brighter. `tests/maps/test_palette.py` computes contrast and colour-blind distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Lab = tuple[float, float, float]

_SEQUENTIAL_LIGHT = ("#fbeec9", "#f7c66f", "#e98d3f", "#c9533d", "#8f2b50", "#4f1745")
_SEQUENTIAL_DARK = ("#38224a", "#853a68", "#c4524f", "#e38043", "#f5bd6a", "#fff2cf")

# Less on the left, more on the right, the same in the middle: teal and brown differ to any eye, and in lightness from the middle.
_DIVERGING_LIGHT = ("#00505c", "#5fa6ab", "#eceae4", "#d9985a", "#8a3c00")
_DIVERGING_DARK = ("#8ff0ec", "#2f8f93", "#3a3f46", "#b0702c", "#ffc98a")

SPOTS_LIGHT = {"cold": "#00606e", "hot": "#a33a12"}
SPOTS_DARK = {"cold": "#4fd3cf", "hot": "#f5a54e"}

CATEGORIES_LIGHT = ("#c35003", "#2e645e", "#2e1589", "#9c9753", "#c16f9b", "#538be1", "#700036", "#408358")
CATEGORIES_DARK = ("#f55d06", "#40bbab", "#a976ea", "#eeef51", "#eaaaf2", "#b6f1ff", "#ae4587", "#489f5c")

STATUS_LIGHT = {"prospect": "#c05f00", "customer": "#00606e", "former": "#868e98"}
STATUS_DARK = {"prospect": "#f5a54e", "customer": "#4fd3cf", "former": "#7d8692"}

# How an account stands against its cadence, from what burns to what does not; without a cadence it is grey.
COVERAGE_LIGHT = {"overdue": "#8f0f3a", "never": "#7a1f9e", "due": "#c07800", "in_time": "#00665c", "none": "#868e98"}
COVERAGE_DARK = {"overdue": "#ff6f61", "never": "#c55cec", "due": "#ffd24a", "in_time": "#45dccb", "none": "#6b7480"}
REST_LIGHT, REST_DARK = "#868e98", "#7d8692"
"""For what has no kind of its own."""
_STEPS_FROM_LIGHT, _STEPS_FROM_DARK = 0.5, 0.33
"""Marks on land begin where the ramp stands out from it by 3 to 1."""

# What a map draws beneath and around data: water, land, outlines, words, and the discs that stand for many accounts.
MAP_LIGHT = {
    "water": "#dfe5ea", "land": "#fafaf8", "line": "#b9c1ca", "line_strong": "#8b96a3", "ink": "#3f4854", "halo": "#ffffff",
    "mark": "#33505b", "mark_ink": "#ffffff", "paper": "#ffffff", "none": "#e4e6e9", "hover": "#15181d",
}  # fmt: skip
MAP_DARK = {
    "water": "#0c0f13", "land": "#1b2027", "line": "#39424e", "line_strong": "#5a6675", "ink": "#b9c2ce", "halo": "#14181d",
    "mark": "#b7c7ce", "mark_ink": "#101a1f", "paper": "#171b21", "none": "#2a3038", "hover": "#ffffff",
}  # fmt: skip


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> int:
    value = min(1.0, max(0.0, value))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def oklab(colour: str) -> Lab:
    """Return a ``#rrggbb`` colour in OKLab (Ottosson, 2020), where distances look about alike."""
    r, g, b = (_linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lab: Lab) -> str:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_encoded(channel):02x}" for channel in channels)


def ramp(n: int, dark: bool = False) -> list[str]:
    """Return `n` colours from little to much, 1 to 9 of them, evenly spaced along the sequential ramp."""
    if not 1 <= n <= 9:
        raise ValueError("A ramp has 1 to 9 classes.")
    # Few classes keep off the ends, which are faint against the land and heavy on it.
    first, last = (0.5, 0.5) if n == 1 else (0.12 * max(0, 5 - n) / 3, 1 - 0.15 * max(0, 5 - n) / 3)
    return _spaced(n, first, last, dark)


def steps(n: int, dark: bool = False) -> list[str]:
    """Return `n` colours for marks in an order, from first to last, each of which stands out from the land."""
    return _spaced(n, _STEPS_FROM_DARK if dark else _STEPS_FROM_LIGHT, 1.0, dark)


def _spaced(n: int, first: float, last: float, dark: bool) -> list[str]:
    """Return `n` colours evenly spaced between two shares of the sequential ramp."""
    anchors = _SEQUENTIAL_DARK if dark else _SEQUENTIAL_LIGHT
    return [_along(anchors, first + (last - first) * (k / max(1, n - 1))) for k in range(n)]


def _along(colours: tuple[str, ...], share: float) -> str:
    """The colour at a share of the way along anchors, mixed in OKLab."""
    anchors = [oklab(colour) for colour in colours]
    place = share * (len(anchors) - 1)
    i = min(int(place), len(anchors) - 2)
    part = place - i
    a, b = anchors[i], anchors[i + 1]
    return _hex((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]), a[2] + part * (b[2] - a[2])))


def diverging(below: int, mixed: int, above: int, dark: bool = False) -> list[str]:
    """Return colours for classes below zero, about it and above it: the further from zero, the stronger."""
    anchors = _DIVERGING_DARK if dark else _DIVERGING_LIGHT
    most = max(below, above, 1)
    return [
        *(_along(anchors, 0.5 - 0.5 * (below - k) / most) for k in range(below)),
        *(_along(anchors, 0.5) for _ in range(mixed)),
        *(_along(anchors, 0.5 + 0.5 * (k + 1) / most) for k in range(above)),
    ]


def categories(n: int, dark: bool = False) -> list[str]:
    """Return `n` colours for kinds without order. The first eight are distinct to any eye; beyond, they repeat, so name things too."""
    colours = CATEGORIES_DARK if dark else CATEGORIES_LIGHT
    return [colours[i % len(colours)] for i in range(n)]


def scheme() -> dict[str, Any]:
    """Return what map scripts draw with, both sides of it, ready for JSON: `ramps` by their number of classes."""

    def side(dark: bool) -> dict[str, Any]:
        return {
            **(MAP_DARK if dark else MAP_LIGHT),
            "status": STATUS_DARK if dark else STATUS_LIGHT,
            "categories": list(CATEGORIES_DARK if dark else CATEGORIES_LIGHT),
            "ramps": {n: ramp(n, dark) for n in range(1, 10)},
        }

    return {"light": side(False), "dark": side(True)}


def layer_colours(scale: str, words: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the light and the dark colour of each kind of a layer.

    `scale` is ``status`` or ``coverage``, whose words have colours of their own, ``steps`` for kinds in an order, ``falling`` for
    the same from the strongest, or ``kinds`` for those without any. The words ``none``, ``others`` and ``nobody`` are no kinds.
    """
    if scale in _NAMED_COLOURS:
        light, dark = _NAMED_COLOURS[scale]
        return {word: {"light": light.get(word, REST_LIGHT), "dark": dark.get(word, REST_DARK)} for word in words}
    kinds = [word for word in words if word not in _NO_KINDS]
    sides = [_kind_colours(scale, len(kinds), dark) for dark in (False, True)]
    found = {word: {"light": light, "dark": dark} for word, light, dark in zip(kinds, *sides, strict=True)}
    return {word: found.get(word, {"light": REST_LIGHT, "dark": REST_DARK}) for word in words}


_NO_KINDS = ("none", "others", "nobody")
_NAMED_COLOURS = {"status": (STATUS_LIGHT, STATUS_DARK), "coverage": (COVERAGE_LIGHT, COVERAGE_DARK)}


def _kind_colours(scale: str, n: int, dark: bool) -> list[str]:
    if scale == "kinds":
        return categories(n, dark)
    return steps(n, dark)[::-1] if scale == "falling" else steps(n, dark)
