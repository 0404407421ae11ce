"""Regions from a file of somebody's own: GeoJSON, shapefile, GeoPackage or FlatGeobuf, plain or zipped.

Each fault is one sentence that names the file and the place; row numbers count features from 1.
"""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from gcrm.core.errors import Invalid
from gcrm.geography import shapes
from gcrm.geography.shapes import RegionShape

DRIVERS = frozenset({"ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "TopoJSON", "GPKG", "FlatGeobuf"})
"""Formats that hold their data themselves; others, as virtual ones, would have the reader open further files."""

MOST_BYTES = 1_000_000_000
MOST_REGIONS = 100_000
MOST_VERTICES = 30_000_000
LISTED = 5
"""How many faulty rows a sentence lists."""

SHAPE_SUFFIXES = (".shp", ".geojson", ".json", ".gpkg", ".fgb", ".geojsonl", ".topojson")
SIDE_SUFFIXES = (".shx", ".dbf", ".prj", ".cpg")
ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True)
class Columns:
    """Which column of the file holds what."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True)
class ReadRegions:
    """What a file held."""

    regions: list[RegionShape]
    mended: int
    """Shapes that were invalid and have been made valid."""


def read(path: Path, level: str, columns: Columns, crs: str | None = None, layer: str | None = None) -> ReadRegions:
    """Read one level's regions.

    Parameters
    ----------
    path
        The file; a .zip holds one shapefile or one other file.
    crs
        `EPSG:n`, over the file's own word; needed where the file has none.
    layer
        Which of a file's layers, where it has several.
    """
    if crs is not None and not re.fullmatch(r"EPSG:\d{4,6}", crs.upper()):
        raise Invalid(f"“{crs}” is not a coordinate system; write it as EPSG:4326 or EPSG:5179.")
    with _unpacked(path) as source, warnings.catch_warnings():
        # GDAL remarks on small oddities, as a missing file type mark; what matters is refused below.
        warnings.simplefilter("ignore")
        info = _info(path, source, layer)
        _refuse_missing_columns(path, columns, [str(field) for field in info["fields"]])
        table, geometries = _features(path, source, info, columns, crs.upper() if crs else None)
    boundaries, mended = _boundaries(path, geometries)
    codes = _codes(path, table[columns.code])
    names = [text or code for text, code in zip(table[columns.name], codes, strict=True)]
    parents = [text or None for text in table[columns.parent]] if columns.parent else [None] * len(codes)
    drawn = shapes.outlines(boundaries, shapes.OUTLINE_DEGREES[level])
    return ReadRegions(shapes.region_shapes(codes, names, parents, boundaries, drawn), mended)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or what a .zip holds in a folder of its own that is gone afterwards."""
    if not path.is_file():
        raise Invalid(f"There is no file {path}.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Invalid(f"{path.name} has {size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are read.")
    if size == 0:
        raise Invalid(f"{path.name} is empty.")
    with path.open("rb") as file:
        is_zip = file.read(4) == ZIP_MAGIC
    if not is_zip:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gcrm-regions-") as folder:
        yield _extract(path, Path(folder))


def _extract(path: Path, folder: Path) -> Path:
    """Unpack the one file of shapes, under names of our own, and never more than the limit."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            found = [m for m in members if m.filename.lower().endswith(SHAPE_SUFFIXES)]
            if not found:
                raise Invalid(f"{path.name} holds no shapefile, GeoJSON, GeoPackage or FlatGeobuf.")
            if len(found) > 1:
                names = ", ".join(Path(m.filename).name for m in found[:LISTED])
                raise Invalid(f"{path.name} holds several files ({names}). Unpack it and give the one that is meant.")
            main = found[0]
            stem, dot, suffix = main.filename.rpartition(".")
            left = MOST_BYTES
            for member in members:
                side = member.filename[len(stem) :].lower()
                if member is main or (member.filename.startswith(stem + ".") and side in SIDE_SUFFIXES):
                    left -= _copy(
                        archive, member, folder / f"regions.{member.filename.rpartition('.')[2].lower()}", left
                    )
                if left < 0:
                    raise Invalid(
                        f"{path.name} holds more than {MOST_BYTES / 1e6:,.0f} MB once unpacked; so much is not read."
                    )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid(f"{path.name} is a damaged or locked .zip file: {error}.") from None
    return folder / f"regions{dot}{suffix.lower()}"


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int) -> int:
    """Unpack one member and return its size, one byte over the limit at most: what the directory says may be a lie."""
    if member.file_size > limit:
        return limit + 1
    with archive.open(member) as source, target.open("wb") as file:
        left = limit + 1
        while left > 0 and (part := source.read(min(left, 1024 * 1024))):
            file.write(part)
            left -= len(part)
    return limit + 1 - left


def _info(path: Path, source: Path, layer: str | None) -> dict[str, Any]:
    """What the file says of itself; refuses what is no geographic file, or which has several layers."""
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
        if layer is not None and layer not in layers:
            raise Invalid(f"{path.name} has no layer “{layer}”. It has: {', '.join(layers) or 'none'}.")
        if layer is None and len(layers) > 1:
            raise Invalid(f"{path.name} has several layers ({', '.join(layers)}). Say which one with --layer.")
        if not layers:
            raise Invalid(f"{path.name} holds a table but no shapes.")
        info: dict[str, Any] = pyogrio.read_info(source, layer=layer or layers[0], force_feature_count=True)
    except (DataSourceError, DataLayerError) as error:
        raise Invalid(_not_read(path, error)) from None
    if info["driver"] not in DRIVERS:
        raise Invalid(f"{path.name} is a {info['driver']} file; regions come as GeoJSON, shapefile or GeoPackage.")
    if info["features"] > MOST_REGIONS:
        raise Invalid(f"{path.name} has {info['features']:,} regions; at most {MOST_REGIONS:,} are read.")
    if info["features"] == 0:
        raise Invalid(f"{path.name} holds no regions.")
    return info | {"layer": layer or layers[0]}


def _not_read(path: Path, error: Exception) -> str:
    missing = re.search(r"\.shx", str(error))
    if missing:
        return (
            f"{path.name} lacks its .shx file: a shapefile needs .shp, .shx, .dbf and .prj together, best as one .zip."
        )
    return f"{path.name} is not a GeoJSON, shapefile or GeoPackage, or it is damaged."


def _refuse_missing_columns(path: Path, columns: Columns, fields: list[str]) -> None:
    wanted = [name for name in (columns.code, columns.name, columns.parent) if name is not None]
    missing = [name for name in dict.fromkeys(wanted) if name not in fields]
    if missing:
        listed = ", ".join(fields) or "none at all"
        raise Invalid(f"{path.name} has no column “{'”, “'.join(missing)}”. Its columns are: {listed}.")


def _features(
    path: Path, source: Path, info: dict[str, Any], columns: Columns, crs: str | None
) -> tuple[dict[str, list[str]], Any]:
    """Text columns and shapes in degrees, transformed by GDAL where the file is in another system."""
    own = crs or info["crs"]
    if own is None:
        raise Invalid(
            f"{path.name} does not say in which coordinate system it is (a shapefile says it in its .prj file). "
            "Give it with --crs, as --crs EPSG:4326 for degrees."
        )
    names = list(dict.fromkeys(name for name in (columns.code, columns.name, columns.parent) if name is not None))
    with tempfile.TemporaryDirectory(prefix="gcrm-regions-") as folder:
        warped = source
        if own not in ("EPSG:4326", "OGC:CRS84"):
            warped = Path(folder) / "regions.vrt"
            warped.write_text(_warping(source, info["layer"], own), encoding="utf-8")
        try:
            meta, _, wkb, values = pyogrio.raw.read(
                warped, layer=info["layer"] if warped is source else None, columns=names, force_2d=True
            )
        except Exception as error:  # What GDAL meets in a broken file has no common base.
            raise Invalid(_not_transformed(path, own, error)) from None
    read = {name: [_text(value) for value in column] for name, column in zip(meta["fields"], values, strict=True)}
    try:
        return read, shapely.from_wkb(wkb)
    except (shapely.errors.GEOSException, TypeError) as error:
        raise Invalid(f"{path.name} holds shapes that are not polygons: {error}.") from None


def _warping(source: Path, layer: str, crs: str) -> str:
    """A virtual layer over the file that GDAL transforms while reading."""
    return (
        "<OGRVRTDataSource><OGRVRTWarpedLayer>"
        f"<OGRVRTLayer name={_quoted(layer)}><SrcDataSource>{escape(str(source.absolute()))}</SrcDataSource>"
        f"<SrcLayer>{escape(layer)}</SrcLayer><LayerSRS>{escape(crs)}</LayerSRS></OGRVRTLayer>"
        f"<SrcSRS>{escape(crs)}</SrcSRS><TargetSRS>EPSG:4326</TargetSRS>"
        "</OGRVRTWarpedLayer></OGRVRTDataSource>"
    )


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def _not_transformed(path: Path, crs: str, error: Exception) -> str:
    if crs.startswith("EPSG:"):
        return f"{path.name} could not be read as {crs}. Is there such a coordinate system, and is it the file's?"
    return _not_read(path, error)


def _text(value: Any) -> str:
    """A cell as text: 48121.0 of a numeric column is 48121, nothing is empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _boundaries(path: Path, geometries: Any) -> tuple[Any, int]:
    missing = np.flatnonzero(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if len(missing):
        raise Invalid(f"{path.name}: {_rows(missing)} without a shape.")
    kinds = shapely.get_type_id(geometries)
    areal = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if not areal.all():
        first = np.flatnonzero(~areal)
        kind = shapely.GeometryType(int(kinds[first[0]])).name.lower()
        raise Invalid(f"{path.name}: regions are polygons, but {_rows(first)} of another kind ({kind}).")
    if int(shapely.get_num_coordinates(geometries).sum()) > MOST_VERTICES:
        raise Invalid(f"{path.name} has more than {MOST_VERTICES:,} vertices. Simplify it first.")
    bounds = shapely.bounds(geometries)
    outside = np.flatnonzero(
        ~np.isfinite(bounds).all(axis=1) | (bounds[:, 1] < -90.001) | (bounds[:, 3] > 90.001)
        | (bounds[:, 0] < -540) | (bounds[:, 2] > 540)
    )  # fmt: skip
    if len(outside):
        west, south, *_ = bounds[outside[0]]
        raise Invalid(
            f"{path.name}: {_rows(outside)} outside the earth (a corner at {west:.6g}, {south:.6g}). "
            "The numbers are not degrees: give their coordinate system with --crs EPSG:n."
        )
    boundaries, mended = shapes.to_multipolygons(shapes.cut_at_antimeridian(geometries))
    without_area = np.flatnonzero(shapely.is_empty(boundaries) | (shapely.area(boundaries) == 0))
    if len(without_area):
        raise Invalid(f"{path.name}: {_rows(without_area)} without an area.")
    return boundaries, int(mended.sum())


def _codes(path: Path, codes: Sequence[str]) -> list[str]:
    empty = [i for i, code in enumerate(codes) if not code]
    if empty:
        raise Invalid(f"{path.name}: {_rows(empty)} without a code.")
    seen: dict[str, int] = {}
    repeated = []
    for i, code in enumerate(codes):
        if code in seen:
            repeated.append(f"row {i + 1} repeats “{code}” of row {seen[code] + 1}")
        seen.setdefault(code, i)
    if repeated:
        more = f" and {len(repeated) - LISTED} more" if len(repeated) > LISTED else ""
        raise Invalid(f"{path.name}: each region needs a code of its own; {'; '.join(repeated[:LISTED])}{more}.")
    return list(codes)


def _rows(indexes: Sequence[int] | Any) -> str:
    """`row 3 is`, or `rows 3, 7 and 2 more are`."""
    numbers = [str(int(i) + 1) for i in indexes]
    if len(numbers) == 1:
        return f"row {numbers[0]} is"
    more = f" and {len(numbers) - LISTED} more" if len(numbers) > LISTED else ""
    return f"rows {', '.join(numbers[:LISTED])}{more} are"
