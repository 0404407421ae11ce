"""Reading CSV and XLSX row by row: each row with its number, its cells, and what is wrong with it.

A row that cannot be read is a row with a fault, never the end of the file; only a file that is no table is refused.
Rows are numbered as a spreadsheet numbers them: the header is usually 1, and line breaks inside cells do not count.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import TextIO

from gcrm.exchange import encodings, workbook
from gcrm.exchange.encodings import Encoding, UnreadableFile

DELIMITERS = (",", ";", "\t", "|")
MOST_ROW_CHARACTERS = 1_000_000
"""A longer row is rejected as a whole; no address or note is that long."""
KEPT_CHARACTERS = 10_000
"""So much of a row that is too long is kept with the reason."""
MOST_COLUMNS = 2_000
SNIFFED_CHARACTERS = 10_000

_UNDECODED = re.compile("[\udc80-\udcff]")
_MARKS = re.compile('"+')
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?")


@dataclass(frozen=True)
class Row:
    """One row of a file."""

    number: int
    cells: list[str]
    fault: str | None = None


@dataclass
class Table:
    """A file that has a header; `rows()` reads it from the beginning, as often as asked."""

    path: Path
    encoding: Encoding
    delimiter: str
    headers: list[str]
    header_number: int
    is_workbook: bool = False
    sheets: list[str] = field(default_factory=list)
    sheet: str | None = None
    converted: workbook.Converted | None = field(default=None, repr=False)
    """Keeps the text that a workbook was turned into for as long as the table is used."""

    def rows(self) -> Iterator[Row]:
        """Every row below the header; blank lines are none."""
        width = len(self.headers)
        for row in _records(self.path, self.encoding, self.delimiter):
            if row.number > self.header_number and not self._is_blank(row):
                yield _checked(row, width)

    def first(self, most: int) -> list[Row]:
        return list(islice(self.rows(), most))

    def _is_blank(self, row: Row) -> bool:
        """A line without any cell; in a workbook also a row whose cells are all empty."""
        return row.fault is None and (not row.cells or (self.is_workbook and not any(row.cells)))


def open_table(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Recognise a file by its content, never by its name, and read its header."""
    if path.stat().st_size == 0:
        raise UnreadableFile("The file is empty.")
    if workbook.is_zip(path):
        converted = workbook.convert(path, sheet)
        table = _table(converted.path, Encoding("utf-8"), ",", is_workbook=True)
        table.sheets, table.sheet, table.converted = converted.sheets, converted.sheet, converted
        return table
    found = encodings.chosen(encoding) if encoding else encodings.detect(path)
    return _table(path, found, delimiter)


def _table(path: Path, encoding: Encoding, delimiter: str | None, is_workbook: bool = False) -> Table:
    chosen = delimiter or _sniff_delimiter(path, encoding)
    header = next(
        (row for row in _records(path, encoding, chosen) if row.fault or any(map(str.strip, row.cells))), None
    )
    if header is None:
        raise UnreadableFile("The file is empty.")
    if header.fault:
        raise UnreadableFile(f"The header cannot be read: {header.fault}")
    table = Table(path, encoding, chosen, _unique_headers(header.cells), header.number, is_workbook)
    if not table.first(1):
        raise UnreadableFile("The file has a header but no rows below it.")
    return table


def _unique_headers(cells: list[str]) -> list[str]:
    """Headers without spaces round them; a nameless one gets its place, a repeated one a number."""
    if len(cells) > MOST_COLUMNS:
        raise UnreadableFile(f"The header has {len(cells):,} columns; at most {MOST_COLUMNS:,} can be read.")
    headers: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = readable(" ".join(cell.split())) or f"Column {place}"
        again, free = 2, name
        while free in headers:
            free, again = f"{name} ({again})", again + 1
        headers.append(free)
    return headers


def _sniff_delimiter(path: Path, encoding: Encoding) -> str:
    """The sign that cuts the header into most cells, and the first rows into as many."""
    with _opened(path, encoding) as file:
        lines = [line for line in islice(iter(lambda: file.readline(SNIFFED_CHARACTERS), ""), 40) if line.strip()]
    if lines and (said := _SEPARATOR_LINE.fullmatch(lines[0])):
        return said[1]

    def weight(delimiter: str) -> tuple[int, int]:
        widths: list[int] = []
        with suppress(csv.Error):
            for row in csv.reader(lines, delimiter=delimiter):
                widths.append(len(row))
        return (widths[0] if widths and widths[0] > 1 else 0, sum(width == widths[0] for width in widths))

    return max(DELIMITERS, key=weight)


def _opened(path: Path, encoding: Encoding) -> TextIO:
    """Bytes that the encoding does not have come through as lone surrogates, so that their row can be named."""
    errors = "surrogateescape" if not encoding.name.startswith("utf-16") else "replace"
    return path.open(encoding=encoding.name, errors=errors, newline="")


class _RowTooLong(Exception):
    pass


class _Lines:
    """Lines of a file for the CSV reader; knows which ones the record in hand has taken."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.path, self.encoding = path, encoding
        self.file = _opened(path, encoding)
        self.line = 0
        """Number of the line handed out last."""
        self.taken: list[str] = []
        self.length = 0
        self.waiting: list[str] = []
        """Lines given back, the next one last."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        self.line += 1
        self.taken.append(line)
        self.length += len(line)
        if self.length > MOST_ROW_CHARACTERS:
            raise _RowTooLong
        return line

    def _read(self) -> str:
        return self.waiting.pop() if self.waiting else self.file.readline(MOST_ROW_CHARACTERS + 1)

    def begin_record(self) -> None:
        self.taken, self.length = [], 0

    def give_back(self) -> None:
        """Hand out again all but the first line of the record."""
        self.line -= len(self.taken) - 1
        self.waiting.extend(reversed(self.taken[1:]))
        self.taken = self.taken[:1]

    def skip_record(self) -> int | None:
        """Read on to where the record in hand ends; its length, or None when a quotation mark in it is never closed.

        In the latter case the lines after its first are handed out again, from the file: they may be most of it.
        """
        begins = self.line - len(self.taken) + 1
        last = self.taken[-1]
        if sum(line.count('"') for line in self.taken) % 2 == 1:
            rest = self._behind_closing_mark()
            if rest is None:
                self._reopen_behind(begins)
                return None
            first, *others = (rest + self.file.readline()).splitlines(keepends=True)
            self.waiting = others[::-1]
            self.length += len(first)
            last = first
        while last and not last.endswith(("\n", "\r")):
            last = self._read()
            self.length += len(last)
        return self.length

    def _behind_closing_mark(self) -> str | None:
        """What was read behind the quotation mark that closes the open one, without keeping what stands before."""
        while part := "".join(reversed(self.waiting)) or self.file.read(MOST_ROW_CHARACTERS):
            self.waiting = []
            while part.endswith('"') and (sign := self.file.read(1)):
                part += sign
            for marks in _MARKS.finditer(part):
                if len(marks[0]) % 2:
                    self.length += marks.end()
                    self.line += part.count("\n", 0, marks.end())
                    return part[marks.end() :]
            self.length += len(part)
            self.line += part.count("\n")
        return None

    def _reopen_behind(self, line: int) -> None:
        self.file.close()
        self.file, self.waiting, self.line = _opened(self.path, self.encoding), [], line
        for _passed in range(line):
            while (part := self.file.readline(MOST_ROW_CHARACTERS)) and not part.endswith(("\n", "\r")):
                pass

    def close(self) -> None:
        self.file.close()


def _records(path: Path, encoding: Encoding, delimiter: str) -> Iterator[Row]:
    """Cut a file into records; one that does not read becomes a row with a fault, and reading goes on behind it."""
    csv.field_size_limit(2 * MOST_ROW_CHARACTERS)
    with closing(_Lines(path, encoding)) as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for number in count(1):
            lines.begin_record()
            begins = lines.line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                lines.give_back()
                yield _spoilt(number, begins, lines.taken[0], _quotes_fault(str(error)), delimiter)
            except _RowTooLong:
                yield _too_long(number, begins, lines, delimiter)
            else:
                text = "".join(lines.taken)
                if number == 1 and _SEPARATOR_LINE.fullmatch(text):
                    continue
                if text.isascii() and "\0" not in text:
                    yield Row(number, cells)
                else:
                    yield _with_signs_checked(number, begins, cells, text, encoding)


def _too_long(number: int, line: int, lines: _Lines, delimiter: str) -> Row:
    start = lines.taken[0][:KEPT_CHARACTERS]
    length = lines.skip_record()
    if length is None:
        return _spoilt(number, line, start, _quotes_fault("unexpected end of data"), delimiter)
    fault = f"The row has {length:,} characters; at most {MOST_ROW_CHARACTERS:,} are read. Its beginning is kept."
    return _spoilt(number, line, start + " …", fault, delimiter)


def _quotes_fault(error: str) -> str:
    if "unexpected end of data" in error:
        return "A quotation mark is opened and never closed."
    return "The quotation marks do not match; a mark inside a quoted value is written twice."


def _spoilt(number: int, line: int, text: str, fault: str, delimiter: str) -> Row:
    place = "" if line == number else f" (line {line})"
    return Row(number, readable(text.rstrip("\r\n")).split(delimiter), f"{fault}{place}")


def _with_signs_checked(number: int, line: int, cells: list[str], text: str, encoding: Encoding) -> Row:
    if found := _UNDECODED.search(text):
        name = "UTF-8" if encoding.name.startswith("utf-8") else encoding.name
        return Row(
            number,
            [readable(cell) for cell in cells],
            f"Line {line} is not {name}: it holds the byte 0x{ord(found[0]) - 0xDC00:02X}."
            " Save the file as UTF-8, or say which encoding it is in.",
        )
    if "\0" in text:
        return Row(number, [readable(cell) for cell in cells], f"Line {line} holds a NUL byte, which no text has.")
    if encoding.name.startswith("utf-16") and "�" in text:
        return Row(number, cells, f"Line {line} is not {encoding.name}.")
    return Row(number, cells)


def readable(text: str) -> str:
    """Text that any database and page can hold: stray bytes as \\xE9, a NUL byte as its picture."""
    if "\0" in text:
        text = text.replace("\0", "␀")
    if _UNDECODED.search(text):
        text = _UNDECODED.sub(lambda sign: f"\\x{ord(sign[0]) - 0xDC00:02X}", text)
    return text


def _checked(row: Row, width: int) -> Row:
    """A row as wide as the header, or the reason why it is not."""
    found = len(row.cells)
    if row.fault or found == width:
        if row.fault is None and not any(map(str.strip, row.cells)):
            return Row(row.number, row.cells, "The row is empty.")
        return row
    if found < width:
        return Row(row.number, row.cells, f"The row has {found} cells where the header has {width}.")
    if not any(cell.strip() for cell in row.cells[width:]):
        return _checked(Row(row.number, row.cells[:width]), width)
    return Row(
        row.number,
        row.cells,
        f"The row has {found} cells where the header has {width}. Is a value with a delimiter not in quotation marks?",
    )
