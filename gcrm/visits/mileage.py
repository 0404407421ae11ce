"""A month's mileage as a table, for people and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | float | None


@dataclass(frozen=True)
class Table:
    """Rows under their headers; the last row sums up."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def csv_of(table: Table) -> bytes:
    """Return the table as CSV in UTF-8 with its mark; no text is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.headers)
    writer.writerows([[_guarded(cell) for cell in row] for row in table.rows])
    return ("\ufeff" + out.getvalue()).encode()


def xlsx_of(table: Table) -> bytes:
    """Return the table as a workbook of one sheet; numbers are numbers."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(table.title[:31]), book.add_format({"bold": True})
        for place, header in enumerate(table.headers):
            sheet.write_string(0, place, header, bold)
        for number, row in enumerate(table.rows, start=1):
            for place, cell in enumerate(row):
                _write(sheet, number, place, cell)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.headers) - 1, 14)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def _guarded(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else cell
