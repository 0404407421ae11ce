"""States and counties of the United States, from the Census Bureau's shapefiles that the package plotly_geo ships."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from gcrm.core.errors import Unavailable
from gcrm.geography import shapes
from gcrm.geography.shapes import RegionShape

NAME = "United States"
LEVELS = ("country", "state", "county")

KINDS = {
    "03": "City and Borough", "04": "Borough", "05": "Census Area", "06": "County", "07": "District", "10": "Island",
    "12": "Municipality", "13": "Municipio", "15": "Parish", "25": "city",
}  # fmt: skip
"""The Census Bureau's legal and statistical area descriptions, without which St. Louis County is St. Louis."""

SPELLED_OUT = frozenset({"02020", "11001"})
"""Anchorage and the District of Columbia are called by their bare names."""


def load(municipalities_of: Collection[str] | None = None) -> dict[str, list[RegionShape]]:
    """Every level of the country, coarse to fine; there are no municipalities to choose from."""
    del municipalities_of
    counties, county_shapes = _read("county")
    states, state_shapes = _read("state")
    codes, parents = counties["GEOID"], counties["STATEFP"]
    drawn = shapes.outlines(county_shapes, shapes.OUTLINE_DEGREES["county"])
    # A state is drawn as its counties together, so that at low zoom its border lies on theirs.
    drawn_states = shapes.united(drawn, parents, states["GEOID"])
    names = [_county_name(*row) for row in zip(codes, counties["NAME"], counties["LSAD"], strict=True)]
    whole = shapes.united(state_shapes, ["us"] * len(state_shapes), ["us"])
    drawn_whole = shapes.united(drawn_states, ["us"] * len(drawn_states), ["us"])
    return {
        "country": shapes.region_shapes(["us"], [NAME], [None], whole, drawn_whole),
        "state": shapes.region_shapes(
            states["GEOID"], states["NAME"], ["us"] * len(state_shapes), state_shapes, drawn_states
        ),
        "county": shapes.region_shapes(codes, names, parents, county_shapes, drawn),
    }


def _county_name(code: str, name: str, kind: str) -> str:
    return name if code in SPELLED_OUT or kind not in KINDS else f"{name} {KINDS[kind]}"


def _folder() -> Path:
    found = importlib.util.find_spec("_plotly_geo")
    if found is None or not found.submodule_search_locations:
        raise Unavailable("The package plotly-geo with the boundaries is not installed: pip install gcrm[regions].")
    return Path(next(iter(found.submodule_search_locations))) / "package_data"


def _read(level: str) -> tuple[dict[str, list[str]], Any]:
    """Columns and shapes by code. The files say neither their projection, NAD83 degrees, nor that they are UTF-8."""
    import pyogrio.raw
    import shapely

    meta, _, wkb, columns = pyogrio.raw.read(_folder() / f"cb_2016_us_{level}_500k.shp", encoding="UTF-8")
    table = {name: [str(value) for value in column] for name, column in zip(meta["fields"], columns, strict=True)}
    order = np.argsort(table["GEOID"])
    boundaries, _ = shapes.to_multipolygons(shapely.from_wkb(wkb)[order])
    return {name: [values[i] for i in order] for name, values in table.items()}, shapes.cut_at_antimeridian(boundaries)
