"""From the cells of a row to the values of its fields, with every fault of the row said at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.exchange import spreadsheet, values
from gcrm.exchange.mapping import PARSERS, Mapping, parser
from gcrm.exchange.reading import Row

KEPT_APART = frozenset({"phone", "website"})
"""A value that is none of these does not stop the row: it is kept with the columns that fill no field."""
CELL_END = "\x1f"
"""The unit separator: what ASCII has for this, and nobody types."""


@dataclass(frozen=True)
class Context:
    """What rows are read against."""

    country: str
    """Where nothing else says it; decides how postcodes and phone numbers are read."""
    owners: dict[str, int] = field(default_factory=dict)
    """People by e-mail address."""
    is_projected: bool = False
    """Whether coordinates are in another system, to be transformed by the database."""


Finish = Callable[[dict[str, Any], Context, list[str]], str | None]
"""Completes a row's values in place and adds what is wrong; returns a remark for a row that is taken nevertheless."""


class Reader:
    """Reads rows into tuples: number, cells in one text, reason of a rejection, remark, then the columns' values."""

    def __init__(self, mapping: Mapping, context: Context, columns: tuple[str, ...], finish: Finish) -> None:
        self.mapping, self.context, self.columns, self.finish = mapping, context, columns, finish
        self.parsers = [
            (place, name, parser(name), name in PARSERS, mapping.headers[place])
            for name, place in mapping.columns.items()
        ]
        self.extra = [(place, encode_basestring(mapping.extra_name(place))) for place in mapping.extra]
        self.kept_apart = KEPT_APART if "extra" in columns else frozenset()
        self.nothing = (None,) * len(columns)

    def read(self, row: Row) -> tuple[Any, ...]:
        cells = row.cells
        raw = joined(cells)
        if row.fault:
            return (row.number, raw, row.fault, None, *self.nothing)
        found: dict[str, Any] = self.mapping.constants.copy()
        faults: list[str] = []
        remarks: list[str] = []
        extra: list[str] = []
        for place, name, parse, is_typed, header in self.parsers:
            text = cells[place].strip()
            if text:
                if text[0] == "'":
                    text = spreadsheet.without_guard(text)
                if is_typed and values.is_no_value(text):
                    continue
                try:
                    found[name] = parse(text)
                except Invalid as error:
                    if name in self.kept_apart:
                        extra.append(f"{encode_basestring(header)}:{encode_basestring(text)}")
                        remarks.append(f"{header}: {error.message} It is kept beside the fields.")
                    else:
                        faults.append(f"{header}: {error.message}")
        if remark := self.finish(found, self.context, faults):
            remarks.append(remark)
        if faults:
            return (row.number, raw, " ".join(faults), None, *self.nothing)
        for place, encoded in self.extra:
            if text := cells[place].strip():
                text = spreadsheet.without_guard(text) if text[0] == "'" else text
                extra.append(f"{encoded}:{encode_basestring(text)}")
        if extra:
            found["extra"] = "{" + ",".join(extra) + "}"
        return (row.number, raw, None, " ".join(remarks) or None, *map(found.get, self.columns))


def joined(cells: list[str]) -> str:
    """Cells as one text, which the database splits again for the rows that it keeps."""
    raw = CELL_END.join(cells)
    if raw.count(CELL_END) >= len(cells):
        raw = CELL_END.join(cell.replace(CELL_END, " ") for cell in cells)
    return raw
