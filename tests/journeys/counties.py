"""Real counties around Washington as a GeoJSON file, and which of them a point lies in; squares where the package is absent."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

STATES = ("10", "11", "24", "51")
"""Delaware, the District of Columbia, Maryland, Virginia."""
WEST, SOUTH, EAST, NORTH = -79, 38, -75, 40


@dataclass(frozen=True)
class Counties:
    codes: list[str]
    names: list[str]
    shapes: list[Any]

    def write(self, file: Path) -> Path:
        """The counties as GeoJSON with the properties GEOID and NAME."""
        features = [
            {
                "type": "Feature",
                "properties": {"GEOID": code, "NAME": name},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for code, name, shape in zip(self.codes, self.names, self.shapes, strict=True)
        ]
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return file

    def counted(self, points: list[tuple[float, float]]) -> dict[str, int]:
        """How many of the points lie in each county, by code; those without any are left out."""
        tree = shapely.STRtree([shapely.Point(point) for point in points])
        found = {
            code: len(tree.query(shape, predicate="covers"))
            for code, shape in zip(self.codes, self.shapes, strict=True)
        }
        return {code: count for code, count in found.items() if count}

    def name(self, code: str) -> str:
        return self.names[self.codes.index(code)]

    def inside(self, code: str) -> tuple[float, float]:
        """A place well within a county."""
        point = shapely.maximum_inscribed_circle(self.shapes[self.codes.index(code)]).coords[0]
        return float(point[0]), float(point[1])


def counties() -> Counties:
    found = importlib.util.find_spec("_plotly_geo")
    if found is None or not found.submodule_search_locations:
        return _squares()
    import pyogrio.raw

    file = Path(next(iter(found.submodule_search_locations))) / "package_data" / "cb_2016_us_county_500k.shp"
    wanted = ", ".join(f"'{state}'" for state in STATES)
    meta, _, wkb, columns = pyogrio.raw.read(
        file, encoding="UTF-8", columns=["GEOID", "NAME", "STATEFP"], where=f"STATEFP IN ({wanted})"
    )
    table = {name: [str(value) for value in column] for name, column in zip(meta["fields"], columns, strict=True)}
    shapes = shapely.from_wkb(wkb)
    near = shapely.intersects(shapes, shapely.box(WEST, SOUTH, EAST, NORTH))
    return Counties(
        *(
            [value for value, is_near in zip(values, near, strict=True) if is_near]
            for values in (table["GEOID"], table["NAME"], shapes)
        )
    )


def _squares() -> Counties:
    boxes = {
        f"{y:02d}{x + 100:03d}": shapely.box(x, y, x + 1, y + 1) for y in range(SOUTH, NORTH) for x in range(WEST, EAST)
    }
    return Counties(list(boxes), [f"Square {code}" for code in boxes], list(boxes.values()))
