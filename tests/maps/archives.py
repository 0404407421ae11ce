"""Small PMTiles archives, written by GDAL."""

from __future__ import annotations

from pathlib import Path


def make_archive(path: Path, bounds: tuple[float, float, float, float]) -> None:
    """An archive whose one layer, `water`, is a lake over the bounds; zoom 0 to 8."""
    import numpy as np
    import shapely
    from pyogrio import raw

    raw.write(
        path, np.array([shapely.to_wkb(shapely.box(*bounds))], dtype=object), [np.array(["Lake"], dtype=object)], ["name"],
        layer="water", driver="PMTiles", geometry_type="Polygon", crs="EPSG:4326",
        dataset_options={"MINZOOM": "0", "MAXZOOM": "8"},
    )  # fmt: skip
