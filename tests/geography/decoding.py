"""Reading vector tiles back, with GDAL's own decoder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any


def decode(tile: bytes, z: int, x: int, y: int) -> list[dict[str, Any]]:
    """Features of the tile's one layer: properties, `id`, and `shape` in degrees."""
    import pyogrio.raw
    import shapely

    if not tile:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{z}" / f"{x}" / f"{y}.mvt"
        path.parent.mkdir(parents=True)
        path.write_bytes(tile)
        meta, _, wkb, columns = pyogrio.raw.read(
            f"MVT:{path}", X=x, Y=y, Z=z, CLIP="NO", METADATA_FILE="", TILE_EXTENSION="mvt"
        )
    shapes = shapely.transform(shapely.from_wkb(wkb), to_degrees)
    names = list(meta["fields"])
    return [
        {"shape": shape} | {name: column[i] for name, column in zip(names, columns, strict=True)}
        for i, shape in enumerate(shapes)
    ]


def to_degrees(xy: Any) -> Any:
    """Web Mercator metres to longitude and latitude."""
    import numpy as np

    radius = 6378137.0
    return np.column_stack(
        [np.degrees(xy[:, 0] / radius), np.degrees(2 * np.arctan(np.exp(xy[:, 1] / radius)) - np.pi / 2)]
    )
