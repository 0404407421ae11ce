"""The map of regions as data: for spreadsheets and for geographic information systems."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, request, send_file
from werkzeug.wrappers import Response

from gcrm.core import clock, web
from gcrm.exchange import geofiles, writing
from gcrm.maps import region_views, take_queries
from gcrm.maps.forms import RegionsWanted
from gcrm.maps.region_queries import RegionFigure, RegionStats

bp = Blueprint("take", __name__)

COLUMNS = (
    geofiles.Column("country"), geofiles.Column("code"), geofiles.Column("name"), geofiles.Column("area_km2", "number"),
    geofiles.Column("count", "whole"), geofiles.Column("value", "number"), geofiles.Column("metric"), geofiles.Column("unit"),
    geofiles.Column("as_of"),
)  # fmt: skip


@bp.get("/regions/export.<any(csv, geojson, gpkg, fgb):ext>")
def export_regions(ext: str) -> Response:
    """The regions that have a figure, with it and their shapes; CSV has no shapes."""
    _loaded, _title, stats, _classes = region_views.to_draw(RegionsWanted.parse(request.args))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    if ext == "csv":
        rows = ([_written(value) for value in _values(stats, region)] for region in stats.regions)
        writing.write_cells([column.name for column in COLUMNS], rows, file)
    else:
        _write_layer(stats, ext, file)
    file.seek(0)
    name = f"{stats.metric}-by-{stats.level}-{clock.now():%Y-%m-%d}.{ext}"
    answer = send_file(file, mimetype=writing.FORMATS[ext], as_attachment=True, download_name=name)
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer


def _values(stats: RegionStats, region: RegionFigure) -> list[Any]:
    said = [stats.metric, stats.unit, stats.as_of.date().isoformat()]
    return [region.country, region.code, region.name, region.area_km2, region.count, region.value, *said]


def _written(value: Any) -> str:
    return "" if value is None else str(value)


def _write_layer(stats: RegionStats, ext: str, file: Any) -> None:
    shaped = take_queries.regions_with_shapes(web.session(), stats)
    rows = ((shape, _values(stats, region)) for region, shape in shaped)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"regions.{ext}"
        geofiles.write(path, ext, "regions", "MultiPolygon", COLUMNS, rows)
        file.write(path.read_bytes())
