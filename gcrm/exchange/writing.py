"""Writing accounts as CSV, XLSX, GeoJSON, GeoPackage or FlatGeobuf, so that spreadsheets run nothing and reading back changes nothing."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from gcrm.core.errors import Invalid
from gcrm.exchange import geofiles
from gcrm.exchange.spreadsheet import guarded

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/flatgeobuf",
}
EXTRA = "extra: "
"""Before the name of a column that fills no field, where it would else be taken for a field."""
WHOLE_NUMBERS = frozenset({"cadence_days", "visit_minutes"})
NUMBERS = frozenset({"lon", "lat", "annual_value", "potential", "cadence_days", "visit_minutes"})
STREAMED = ("csv", "geojson")
"""What needs no look back while it is written."""
PART_BYTES = 64 * 1024
MOST_EXCEL_ROWS = 1_048_575
MOST_EXCEL_CHARACTERS = 32_767


@dataclass(frozen=True)
class Accounts:
    """What is to be written: the fields' names, further columns, and for each account its values and further cells."""

    fields: tuple[str, ...]
    extra: list[str]
    rows: Iterable[tuple[dict[str, str], dict[str, Any]]]

    @property
    def headers(self) -> list[str]:
        known = {*self.fields}
        return [
            *self.fields,
            *(f"{EXTRA}{name}" if name in known or name.startswith(EXTRA) else name for name in self.extra),
        ]

    def cells(self) -> Iterable[list[str]]:
        for values, extra in self.rows:
            yield [values[name] for name in self.fields] + [_text(extra.get(name)) for name in self.extra]


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def format_of(path: Path) -> str:
    """The format by a file's extension."""
    extension = path.suffix.lower().removeprefix(".")
    if extension not in FORMATS:
        known = ", ".join(f".{word}" for word in FORMATS)
        raise Invalid(f"“{path.name}” ends in none of {known}, so its format is not known.")
    return extension


def write(accounts: Accounts, extension: str, file: BinaryIO) -> int:
    """Write all accounts; returns how many there were."""
    if extension in ("gpkg", "fgb"):
        return _write_layer(accounts, extension, file)
    return {"csv": _write_csv, "xlsx": _write_xlsx, "geojson": _write_geojson}[extension](accounts, file)


def streamed(accounts: Accounts, extension: str) -> Iterator[bytes]:
    """The same file as `write` makes, as parts that can be sent before the last row is read: CSV and GeoJSON."""
    lines = {"csv": _csv_lines, "geojson": _geojson_lines}[extension](accounts)
    part = bytearray()
    for line in lines:
        part += line
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part)


def _csv_lines(accounts: Accounts) -> Iterator[bytes]:
    return cell_lines(accounts.headers, accounts.cells())


def cell_lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """CSV that Excel opens as UTF-8; every cell is quoted, so that none is cut at another country's delimiter."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    yield codecs.BOM_UTF8
    for cells in itertools.chain([headers], rows):
        writer.writerow([guarded(cell) for cell in cells])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def write_cells(headers: Sequence[str], rows: Iterable[Sequence[str]], file: BinaryIO) -> int:
    """A CSV file; returns how many rows it has."""
    count = -2  # The mark at its beginning and its headers are no rows.
    for line in cell_lines(headers, rows):
        file.write(line)
        count += 1
    return count


def _write_csv(accounts: Accounts, file: BinaryIO) -> int:
    return write_cells(accounts.headers, accounts.cells(), file)


def _write_xlsx(accounts: Accounts, file: BinaryIO) -> int:
    """Text stays text, whatever it looks like; numbers are numbers where Excel keeps all their digits."""
    import xlsxwriter

    # Workbooks are zipped together from their parts, which need a place that can be read again.
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("accounts")
        bold = book.add_format({"bold": True})
        for place, header in enumerate(accounts.headers):
            sheet.write_string(0, place, guarded(header), bold)
        sheet.freeze_panes(1, 0)
        count = 0
        for count, cells in enumerate(accounts.cells(), 1):
            if count > MOST_EXCEL_ROWS:
                raise Invalid(
                    f"A workbook holds {MOST_EXCEL_ROWS:,} rows at most. Select fewer accounts, or export CSV."
                )
            for place, cell in enumerate(cells):
                if not cell:
                    continue
                if (
                    place < len(accounts.fields)
                    and accounts.fields[place] in NUMBERS
                    and float(f"{float(cell):.16G}") == float(cell)
                ):
                    sheet.write_number(count, place, float(cell))
                else:
                    sheet.write_string(count, place, _shortened(guarded(cell)))
    return count


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_EXCEL_CHARACTERS else text[: MOST_EXCEL_CHARACTERS - 1] + "…"


def _geojson_lines(accounts: Accounts) -> Iterator[bytes]:
    """A FeatureCollection (RFC 7946), one account a line; one without a place has no geometry."""
    yield b'{"type":"FeatureCollection","features":['
    for place, (values, extra) in enumerate(accounts.rows):
        feature = json.dumps(_feature(values, extra), ensure_ascii=False, separators=(",", ":"))
        yield (b",\n" if place else b"\n") + feature.encode()
    yield b"\n]}\n"


def _write_geojson(accounts: Accounts, file: BinaryIO) -> int:
    count = -2  # Its beginning and its end are no accounts.
    for line in _geojson_lines(accounts):
        file.write(line)
        count += 1
    return count


def _write_layer(accounts: Accounts, extension: str, file: BinaryIO) -> int:
    """A layer of points for geographic information systems; GDAL wants a path, and finds its own beside it."""
    fields = [name for name in accounts.fields if name not in ("lon", "lat")]
    columns = [geofiles.Column(name, _kind(name)) for name in fields]
    columns += [geofiles.Column(header) for header in accounts.headers[len(accounts.fields) :]]
    rows = (
        (
            geofiles.point(float(values["lon"]), float(values["lat"])) if values["lon"] else None,
            [_typed(name, values[name]) for name in fields]
            + [_text(extra.get(name)) or None for name in accounts.extra],
        )
        for values, extra in accounts.rows
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"accounts.{extension}"
        count = geofiles.write(path, extension, "accounts", "Point", columns, rows)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file, 1024 * 1024)
    return count


def _kind(name: str) -> str:
    return "whole" if name in WHOLE_NUMBERS else "number" if name in NUMBERS else "text"


def _typed(name: str, text: str) -> str | int | float | None:
    if not text:
        return None
    return int(text) if name in WHOLE_NUMBERS else float(text) if name in NUMBERS else text


def _feature(values: dict[str, str], extra: dict[str, Any]) -> dict[str, Any]:
    point = [float(values["lon"]), float(values["lat"])] if values["lon"] else None
    properties: dict[str, Any] = {
        name: text for name, text in values.items() if text and name not in ("lon", "lat", "gcrm_id", "tags")
    }
    properties |= {name: int(values[name]) for name in sorted(WHOLE_NUMBERS) if values[name]}
    properties["tags"] = values["tags"].split(";") if values["tags"] else []
    properties["extra"] = extra
    return {
        "type": "Feature",
        "id": values["gcrm_id"],
        "geometry": {"type": "Point", "coordinates": point} if point else None,
        "properties": properties,
    }
