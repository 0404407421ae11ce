"""Reading a CSV of numbers about regions: which column is the code, which are numbers, and what is wrong with which row."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gcrm.core.errors import Invalid

MOST_ROWS = 200_000
MOST_NAMES = 20
MOST_FAULTS = 200
"""So many faults are kept to be read; all are counted."""
LONGEST_NAME = 40
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "cp949", "cp1252")
"""Tried in this order; the last takes nearly any file."""
NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Table:
    """A file's header and its rows, each with the number that a spreadsheet gives it."""

    filename: str
    headers: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Fault:
    """Why a row was left out."""

    row: int
    why: str


@dataclass
class Numbers:
    """Numbers by name for each region, and the rows that were left out."""

    names: list[str]
    rows: dict[int, dict[str, float]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read(content: bytes, filename: str) -> Table:
    """Read a CSV of any usual encoding and delimiter."""
    if content[:2] == b"PK":
        raise Invalid(f"{filename} is a workbook or an archive. Save the sheet as CSV and take that.")
    text = _text(content, filename)
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise Invalid(f"{filename} is not a CSV file: {error}, in line {reader.line_num}.") from None
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if len(filled) < 2:
        raise Invalid(f"{filename} needs a line of headers and rows below it.")
    if len(filled) > MOST_ROWS:
        raise Invalid(f"{filename} has more than {MOST_ROWS:,} rows. Split it.")
    return Table(filename, filled[0][1], filled[1:])


def _text(content: bytes, filename: str) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid(f"{filename} is not a text file.")


def name_of(header: str) -> str:
    """A header as a word: `Inhabitants 2020` is inhabitants_2020."""
    return re.sub(r"\W+", "_", header.strip().casefold()).strip("_")[:LONGEST_NAME]


def numbers_of(
    table: Table, regions: Mapping[str, int], code: str | None = None, columns: Collection[str] = ()
) -> Numbers:
    """Return the table's numbers for regions by their code.

    Parameters
    ----------
    regions
        Ids by code. Codes that a spreadsheet took the leading zeros from are found too, where all codes are equally long.
    code
        Header of the code's column; without it the column in which most cells name a region.
    columns
        Headers of the numbers' columns; without them all in which most cells are numbers.
    """
    width = _common_length(regions)
    at = _code_column(table, regions, width, code)
    chosen = _number_columns(table, at, columns)
    found = Numbers([name_of(table.headers[i]) for i in chosen])
    first_rows: dict[int, int] = {}
    for number, cells in table.rows:
        fault = _take(found, chosen, first_rows, number, cells, _padded(_cell(cells, at), width), regions)
        if fault:
            found.faults.append(Fault(number, fault))
    if not found.rows:
        raise Invalid(
            f"{table.filename}: no row names a region of this level. Row {found.faults[0].row}: {found.faults[0].why}"
        )
    return found


def _take(
    found: Numbers, chosen: Sequence[int], first_rows: dict[int, int], number: int, cells: Sequence[str], code: str,
    regions: Mapping[str, int],
) -> str | None:  # fmt: skip
    """Take one row's numbers; returns what is wrong with it."""
    region = regions.get(code)
    if region is None:
        return f"“{code}” is no region of this level." if code else "It names no region."
    if region in first_rows:
        return f"“{code}” stands in row {first_rows[region]} already."
    numbers: dict[str, float] = {}
    for name, i in zip(found.names, chosen, strict=True):
        text = _cell(cells, i)
        value = _number(text)
        if text and value is None:
            return f"“{text[:40]}” under {name} is not a number."
        if value is not None:
            numbers[name] = value
    if not numbers:
        return "It has no number."
    first_rows[region] = number
    found.rows[region] = numbers
    return None


def _cell(cells: Sequence[str], i: int) -> str:
    return cells[i] if i < len(cells) else ""


def _number(text: str) -> float | None:
    if not NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", ""))
    return value if math.isfinite(value) else None


def _common_length(codes: Collection[str]) -> int:
    """How long the codes are, where all are of the same length and made of digits; 0 otherwise."""
    lengths = {len(code) if code.isdecimal() else 0 for code in codes}
    return lengths.pop() if len(lengths) == 1 else 0


def _padded(code: str, width: int) -> str:
    return code.zfill(width) if code.isdecimal() else code


def _code_column(table: Table, regions: Mapping[str, int], width: int, code: str | None) -> int:
    if code is not None:
        return _column(table, code)
    hits = [
        sum(_padded(_cell(cells, i), width) in regions for _n, cells in table.rows) for i in range(len(table.headers))
    ]
    best = max(range(len(hits)), key=lambda i: hits[i])
    if not hits[best]:
        raise Invalid(
            f"{table.filename}: in no column do codes of this level stand. Its columns are: {_listed(table)}."
        )
    return best


def _number_columns(table: Table, at: int, columns: Collection[str]) -> list[int]:
    if columns:
        chosen = [_column(table, header) for header in columns]
    else:
        chosen = [i for i in range(len(table.headers)) if i != at and _is_numeric(table, i)]
    names = [name_of(table.headers[i]) for i in chosen]
    if not chosen:
        raise Invalid(f"{table.filename} has no column of numbers beside the code. Its columns are: {_listed(table)}.")
    if len(chosen) > MOST_NAMES:
        raise Invalid(f"{table.filename} has {len(chosen)} columns of numbers; take at most {MOST_NAMES} at once.")
    if len(set(names)) < len(names) or not all(names):
        raise Invalid(f"{table.filename}: each column of numbers needs a name of its own. They are: {_listed(table)}.")
    return chosen


def _is_numeric(table: Table, i: int) -> bool:
    cells = [cell for _n, row in table.rows if (cell := _cell(row, i))]
    return bool(cells) and 2 * sum(_number(cell) is not None for cell in cells) > len(cells)


def _column(table: Table, header: str) -> int:
    lowered = [each.casefold() for each in table.headers]
    if header.strip().casefold() not in lowered:
        raise Invalid(f"{table.filename} has no column “{header}”. Its columns are: {_listed(table)}.")
    return lowered.index(header.strip().casefold())


def _listed(table: Table) -> str:
    return ", ".join(table.headers[:30])
