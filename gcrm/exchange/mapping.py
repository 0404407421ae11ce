"""Which column of a file fills which field: what somebody chose, then what the headers and their values say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gcrm.core.errors import Invalid
from gcrm.customers import values as kept
from gcrm.exchange import headers as known
from gcrm.exchange import values
from gcrm.exchange.reading import Row, Table
from gcrm.exchange.spreadsheet import without_guard
from gcrm.exchange.words import key
from gcrm.exchange.writing import EXTRA

SAMPLED_ROWS = 200
KEEP_APART = ""
"""Chosen for a column that fills no field: it is kept with the row."""

OWN_COLUMNS = ("gcrm_row", "gcrm_reason")
"""Before the columns of rejected rows that are downloaded; they fill nothing when the mended rows come back."""

Parse = Callable[[str], Any]

PARSERS: dict[str, Parse] = {
    "status": values.status, "tier": values.tier, "country": values.country, "currency": values.currency,
    "annual_value": values.amount, "potential": values.amount, "cadence_days": values.cadence_days,
    "visit_minutes": values.visit_minutes, "lon": values.number, "lat": values.number, "email": values.email,
    "phone": values.phone, "website": values.website, "tags": kept.tags, "opening_hours": values.opening_hours,
    "note": values.note, "owner": values.email, "role": values.role, "timezone": values.time_zone,
    "is_primary": values.yes_or_no, "home_lon": values.number, "home_lat": values.number,
}  # fmt: skip
"""How the text of a field is read; any other field is a line of text."""

LINES: dict[str, Parse] = {
    "external_id": values.line(200, "id"), "account_external_id": values.line(200, "id"),
    "source": values.line(100, "source"), "account_source": values.line(100, "source"),
    "postcode": values.line(20, "postcode"), "account_postcode": values.line(20, "postcode"),
    "industry": values.line(100, "industry"),
}  # fmt: skip
_line = values.line()

_CHECKED = frozenset(PARSERS) - {"lon", "lat", "home_lon", "home_lat", "note", "tags", "website", "phone"}
"""Fields for which a header alone is not enough: the values below it must read as such, too."""


def parser(name: str) -> Parse:
    return PARSERS.get(name) or LINES.get(name) or _line


@dataclass(frozen=True)
class Options:
    """What somebody chose for an import."""

    mapping: dict[str, str] = field(default_factory=dict)
    """Their header to our field, or to '' to keep it apart."""
    values: dict[str, str] = field(default_factory=dict)
    """One value of a field for all rows."""
    source: str = ""
    key: str = ""
    encoding: str = ""
    crs: str = ""
    sheet: str = ""

    @classmethod
    def read(cls, given: dict[str, Any]) -> Options:
        """From JSON; what is no option is named."""
        faults = [f"“{name}” is no option of an import." for name in given if name not in cls.__dataclass_fields__]
        for name in ("mapping", "values"):
            part = given.get(name, {})
            if not isinstance(part, dict) or not all(isinstance(v, str) for v in part.values()):
                faults.append(f"“{name}” must be an object of texts.")
        for name in ("source", "key", "encoding", "crs", "sheet"):
            if not isinstance(given.get(name, ""), str):
                faults.append(f"“{name}” must be a text.")
        values.refuse(faults)
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if getattr(self, name)}


@dataclass(frozen=True)
class Mapping:
    """Where each field of a row comes from."""

    kind: str
    headers: list[str]
    columns: dict[str, int]
    """Field to the place of its column."""
    constants: dict[str, Any]
    """Field to the one value of all rows."""
    extra: list[int]
    """Columns that fill no field."""
    guessed_country: str | None = None

    def has(self, *fields: str) -> bool:
        """Whether the file says anything about one of the fields."""
        return any(name in self.columns or name in self.constants for name in fields)

    def extra_name(self, place: int) -> str:
        """The name under which a column that fills no field is kept."""
        header = self.headers[place]
        return without_guard(header).removeprefix(EXTRA) if "gcrm_id" in self.columns else header

    def field_of(self, header: str) -> str:
        place = self.headers.index(header)
        return next((name for name, column in self.columns.items() if column == place), KEEP_APART)


def resolve(kind: str, table: Table, options: Options, is_strict: bool = True) -> Mapping:
    """Lay the columns out; raises Invalid with every fault of the options, unless those are to be passed over."""
    rows = [row for row in table.first(SAMPLED_ROWS) if row.fault is None]
    headers = table.headers
    chosen, faults = _chosen(kind, headers, options)
    constants, more = _constants(kind, options, chosen)
    faults += more
    mapping = {h: f for h, f in chosen.items() if f}
    taken = set(mapping.values()) | set(constants)
    free = [header for header in headers if header not in chosen]
    for header, name in _recognised(kind, free, headers).items():
        if name not in taken and _reads(name, headers.index(header), rows):
            mapping[header] = name
    columns = {name: headers.index(header) for header, name in mapping.items()}
    faults += _missing(kind, headers, {*columns, *constants})
    if is_strict:
        values.refuse(faults)
    extra = [
        place
        for place, header in enumerate(headers)
        if mapping.get(header, "brand") == "brand" and header not in OWN_COLUMNS
    ]
    texts = [dict(zip(headers, row.cells, strict=False)) for row in rows]
    return Mapping(kind, headers, columns, constants, extra, known.guess_country(headers, mapping, texts))


def _recognised(kind: str, free: list[str], headers: list[str]) -> dict[str, str]:
    """The fields by their headers; in a file that gcrm wrote only their very names, so that it reads back as it was."""
    if "gcrm_id" in headers:
        return {header: header for header in free if header in known.FIELDS[kind]}
    return known.recognise(kind, free)


def _chosen(kind: str, headers: list[str], options: Options) -> tuple[dict[str, str], list[str]]:
    faults: list[str] = []
    chosen: dict[str, str] = {}
    wishes = dict(options.mapping)
    if options.key:
        wishes[options.key] = "external_id"
    by_key = {key(header): header for header in reversed(headers)}
    by_field: dict[str, str] = {}
    for wish, name in wishes.items():
        header = wish if wish in headers else by_key.get(key(wish)) if key(wish) else None
        if header is None:
            faults.append(f"The file has no column “{wish}”; it has: {', '.join(headers)}.")
        elif name and name not in known.FIELDS[kind]:
            faults.append(f"“{name}” is no field of {kind}; the fields are: {', '.join(known.FIELDS[kind])}.")
        elif name and name in by_field:
            faults.append(f"Both “{by_field[name]}” and “{header}” are to fill {name}; one column can.")
        else:
            chosen[header] = name
            if name:
                by_field[name] = header
    return chosen, faults


def _constants(kind: str, options: Options, chosen: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    faults: list[str] = []
    found: dict[str, Any] = {}
    for name, text in options.values.items():
        if name not in known.FIELDS[kind] or name in known.NOT_SET:
            faults.append(f"“{name}” cannot be set for all {kind}.")
        elif name in chosen.values():
            faults.append(f"{name} is set to one value and mapped to a column at once; do one of them.")
        elif text.strip():
            try:
                found[name] = parser(name)(text.strip())
            except Invalid as error:
                faults.append(f"{name}: {error.message}")
    return found, faults


def _reads(name: str, place: int, rows: list[Row]) -> bool:
    """Whether at least half of a column's values are what its header promises."""
    if name not in _CHECKED:
        return True
    texts = [text for row in rows if (text := row.cells[place].strip()) and not values.is_no_value(text)]
    return not texts or sum(_parses(name, text) for text in texts) * 2 >= len(texts)


def _parses(name: str, text: str) -> bool:
    try:
        PARSERS[name](text)
    except Invalid:
        return False
    return True


def _missing(kind: str, headers: list[str], there: set[str]) -> list[str]:
    columns = f"The columns are: {', '.join(headers)}."
    faults = []
    if kind == "accounts" and not there & {"name", "brand", "external_id", "gcrm_id"}:
        faults.append(f"No column is recognised as the name, or as an id to find accounts by. {columns}")
    if kind == "contacts":
        if not there & {"name", "last_name", "first_name"}:
            faults.append(f"No column is recognised as the contact's name. {columns}")
        if not there & {"account", "account_external_id", "account_name"}:
            faults.append(f"No column is recognised as the account of the contact, by its id or name. {columns}")
    if kind == "people" and "email" not in there:
        faults.append(f"No column is recognised as the e-mail address. {columns}")
    return faults


def srid(crs: str) -> int | None:
    """The number of an EPSG code such as `EPSG:5179`; None for longitude and latitude."""
    text = crs.strip().upper().removeprefix("EPSG:").strip()
    if not text or text == "4326":
        return None
    if not text.isdecimal() or len(text) > 6:
        raise Invalid(f"“{crs}” is no coordinate system; name it by its EPSG code, as EPSG:5179.")
    return int(text)
