"""Writing rows with a place as GeoPackage, FlatGeobuf or GeoJSON, a part of them in memory at a time.

Rows go into a GeoPackage first, which alone can be added to. Other formats are streamed from it by GDAL, batch by batch.
"""

from __future__ import annotations

import itertools
import struct
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRIVERS = {"gpkg": "GPKG", "fgb": "FlatGeobuf", "geojson": "GeoJSON"}
CHUNK = 20_000
"""Rows in memory at once."""
WGS84 = "EPSG:4326"
RESERVED = {"fid", "geom", "ogc_fid"}
"""Columns that a GeoPackage has itself."""


@dataclass(frozen=True)
class Column:
    """One column; `kind` is text, number or whole."""

    name: str
    kind: str = "text"


Row = tuple[bytes | None, Sequence[Any]]
"""The geometry as WKB, None where there is no place, and a value for each column, None where there is none."""


def point(lon: float, lat: float) -> bytes:
    """A point as WKB."""
    return struct.pack("<BIdd", 1, 1, lon, lat)


def write(
    path: Path, extension: str, layer: str, geometry_type: str, columns: Sequence[Column], rows: Iterable[Row]
) -> int:
    """Write a layer of rows in WGS 84; returns how many there were."""
    if extension == "gpkg":
        return _package(path, layer, geometry_type, columns, rows)
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "rows.gpkg"
        count = _package(package, layer, geometry_type, columns, rows)
        # A feature without a place cannot stand in a spatial index, and they must not be lost.
        options = {"SPATIAL_INDEX": "NO"} if extension == "fgb" and _lacks_places(package, layer) else {}
        with pyogrio.open_arrow(package, layer=layer, use_pyarrow=False) as (about, stream):
            pyogrio.write_arrow(
                stream, path, layer=layer, driver=DRIVERS[extension], geometry_name=about["geometry_name"] or "geom",
                geometry_type=geometry_type, crs=WGS84, layer_options=options,
            )  # fmt: skip
    return count


def _lacks_places(package: Path, layer: str) -> bool:
    from pyogrio import raw

    sql = f'SELECT 1 AS one FROM "{layer}" WHERE geom IS NULL LIMIT 1'  # noqa: S608 - the layer's name is ours
    return len(raw.read(package, sql=sql, sql_dialect="SQLITE", read_geometry=False)[3][0]) > 0


def _package(path: Path, layer: str, geometry_type: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    from pyogrio import raw

    names = column_names([column.name for column in columns])
    count = 0
    left = iter(rows)
    while (chunk := list(itertools.islice(left, CHUNK))) or count == 0:
        data, masks = _arrays(columns, chunk)
        raw.write(
            path, _geometries(chunk), data, names, field_mask=masks, layer=layer, driver="GPKG", geometry_type=geometry_type,
            crs=WGS84, append=count > 0,
        )  # fmt: skip
        count += len(chunk)
        if not chunk:
            break
    return count


def _geometries(chunk: Sequence[Row]) -> Any:
    import numpy as np

    found = np.empty(len(chunk), dtype=object)
    found[:] = [geometry for geometry, _values in chunk]
    return found


def _arrays(columns: Sequence[Column], chunk: Sequence[Row]) -> tuple[list[Any], list[Any]]:
    """The columns' values, and for those that cannot say it themselves where there is none."""
    import numpy as np

    data: list[Any] = []
    masks: list[Any] = []
    for place, column in enumerate(columns):
        values = [row[1][place] for row in chunk]
        missing = np.array([value is None for value in values], dtype=bool)
        if column.kind == "text":
            found = np.empty(len(values), dtype=object)
            found[:] = values
            data.append(found)
            masks.append(None)
        else:
            kind = np.int64 if column.kind == "whole" else np.float64
            data.append(np.array([0 if value is None else value for value in values], dtype=kind))
            masks.append(missing)
    return data, masks


def column_names(names: Sequence[str]) -> list[str]:
    """Names that a GeoPackage takes: it makes no difference between capitals, and has some of its own."""
    taken = set(RESERVED)
    found = []
    for name in names:
        fitting = next(
            other for other in itertools.chain([name], (f"{name} {i}" for i in itertools.count(2))) if other.casefold() not in taken
        )  # fmt: skip
        taken.add(fitting.casefold())
        found.append(fitting)
    return found
