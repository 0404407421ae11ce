"""CQL2 filters, as text or JSON, read into a small checked tree over the queryables of a collection.

OGC API - Features, part 3 (19-079r2), and Common Query Language (21-065r2). The package `cql2` parses; what comes out is
checked here name by name, so that what reaches the database is known to fit. Its parser calls itself for each bracket, and takes
twice as long with each one that is open when it gives up, so brackets are counted before it sees them.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gcrm.core.errors import Malformed
from gcrm.maps.ogc import crs as ogc_crs
from gcrm.maps.ogc import shapes as ogc_shapes
from gcrm.maps.ogc.collections import Collection, Property
from gcrm.maps.ogc.crs import Crs
from gcrm.maps.ogc.shapes import Shape

LANGUAGES = ("cql2-text", "cql2-json")
DEEPEST_BRACKETS = 12
DEEPEST = 40
LONGEST_FILTER = 8_000
"""Signs of CQL2 text."""
MOST_OPERATORS = 300
MOST_PARTS = 1_000
LONGEST_TEXT = 1_000

COMPARISONS = {"=": "=", "<>": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
SPATIAL = (
    "s_intersects", "s_disjoint", "s_within", "s_contains", "s_crosses", "s_overlaps", "s_touches", "s_equals",
)  # fmt: skip
TEMPORAL = (
    "t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedby", "t_finishes",
    "t_intersects", "t_meets", "t_metby", "t_overlappedby", "t_overlaps", "t_startedby", "t_starts",
)  # fmt: skip
ARRAYS = ("a_contains", "a_containedby", "a_equals", "a_overlaps")
NUMBER_KINDS = ("number", "integer")
TIME_KINDS = ("date", "instant", "interval")
KIND_NAMES = {
    "text": "a text", "uuid": "an id", "number": "a number", "integer": "a whole number", "date": "a day",
    "instant": "an instant", "interval": "an interval", "texts": "a list of texts", "geometry": "a geometry",
    "truth": "true or false",
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_ROW = re.compile(r"(?:\bnot\b\s*){3}|(?:-\s*){3}", re.IGNORECASE)
_EXPONENT = re.compile(r"(?<=\d)[eE]\+(?=\d)")
_ARITHMETIC = re.compile(r"[*/^%+]|\bdiv\b", re.IGNORECASE)
_OPERATORS = re.compile(r"[<>=]+|\b(?:not|like|in|between|is)\b", re.IGNORECASE)

Instants = tuple[dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True)
class Named:
    """A property."""

    about: Property
    is_folded: bool = False
    """Capitals count as small letters."""

    @property
    def kind(self) -> str:
        return self.about.kind


@dataclass(frozen=True)
class Value:
    """A literal: a text, a number, an id, a day, instants, a list of texts or a shape, as `kind` says."""

    value: Any
    kind: str
    is_folded: bool = False


Term = Named | Value


@dataclass(frozen=True)
class Compare:
    """`left op right`, op one of = <> < > <= >=."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Like:
    """A text fits a pattern with % and _; a backslash before a sign takes its meaning."""

    term: Term
    pattern: str
    is_folded: bool = False


@dataclass(frozen=True)
class Between:
    term: Term
    low: Term
    high: Term


@dataclass(frozen=True)
class Among:
    term: Term
    values: tuple[Term, ...]


@dataclass(frozen=True)
class Missing:
    term: Term


@dataclass(frozen=True)
class Relation:
    """A spatial, temporal or list function of two terms."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Any_:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Constant:
    value: bool


Condition = Compare | Like | Between | Among | Missing | Relation | Not | All | Any_ | Constant


def parse(said: str, language: str, collection: Collection, crs: Crs = ogc_crs.CRS84) -> Condition:
    """Read a filter in one of the languages; whatever does not fit is a sentence that names it."""
    refuse_other_language(language)
    return _Reader(collection, crs).condition(_parsed(said, language), 0)


def refuse_other_language(language: str) -> None:
    if language not in LANGUAGES:
        raise Malformed(f"“filter-lang”: “{language[:40]}” is not spoken here. It is one of {', '.join(LANGUAGES)}.")


def _parsed(said: str, language: str) -> Any:
    import cql2

    if not said.strip():
        raise Malformed("“filter” is empty.")
    if language == "cql2-text":
        refuse_deep(said)
    try:
        read = cql2.parse_text(said) if language == "cql2-text" else cql2.parse_json(said)
        return read.to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError, RecursionError) as error:
        raise Malformed(f"“filter” is no {language}{_place(str(error), said)}.") from error


def _place(fault: str, said: str) -> str:
    """Where the parser gave up, in the words that stand there."""
    at = re.search(r"--> (\d+):(\d+)", fault)
    if at is None:
        return " that can be read"
    rest = said.splitlines()[int(at[1]) - 1][int(at[2]) - 1 :].strip()
    return f": it cannot be read from “{rest[:40]}” on" if rest else ": something is missing at its end"


def refuse_deep(said: str) -> None:
    """Refuse what would bring the parser down or keep it for minutes: it calls itself, and tries again what did not fit.

    Brackets that do not match or lie too deep, quotes that stay open, rows of NOT or minus, hundreds of operators, and
    arithmetic, which is not taken anyway.
    """
    if len(said) > LONGEST_FILTER:
        raise Malformed(f"“filter” is {len(said):,} signs long; at most {LONGEST_FILTER:,} are read.")
    bare = _QUOTED.sub("''", said)
    if "'" in bare.replace("''", "") or '"' in bare:
        raise Malformed("“filter” opens a text with a quote and does not close it.")
    _refuse_brackets(bare)
    if _ROW.search(bare):
        raise Malformed("“filter” has more than two NOT or minus signs in a row.")
    arithmetic = _ARITHMETIC.search(_EXPONENT.sub("", bare))
    if arithmetic:
        raise Malformed(f"“filter”: “{arithmetic[0]}” cannot stand where a value is wanted. Arithmetic is not taken.")
    if len(_OPERATORS.findall(bare)) > MOST_OPERATORS:
        raise Malformed(f"“filter” has more than {MOST_OPERATORS} operators.")


def _refuse_brackets(bare: str) -> None:
    open_brackets = 0
    for sign in re.findall(r"[()]", bare):
        open_brackets += 1 if sign == "(" else -1
        if open_brackets > DEEPEST_BRACKETS:
            raise Malformed(f"“filter” has more than {DEEPEST_BRACKETS} brackets within each other.")
        if open_brackets < 0:
            raise Malformed("“filter” closes a bracket that none opened.")
    if open_brackets:
        raise Malformed("“filter” opens a bracket that none closes.")


def equal(each: Property, said: str) -> Condition:
    """The condition that a parameter `name=value` states."""
    if each.kind == "texts":
        return Relation("a_contains", Named(each), Value((said,), "texts"))
    if each.kind in NUMBER_KINDS:
        return _compared("=", Named(each), _literal(_number(each.name, said)))
    if each.kind in TIME_KINDS:
        return _compared("=", Named(each), _moment(said, each.name))
    return _compared("=", Named(each), _literal(said))


def _number(name: str, said: str) -> float:
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Malformed(f"“{name}”: “{said[:40]}” is no number.")
    return number


def instants(said: str, word: str) -> tuple[dt.datetime, dt.datetime]:
    """First and last instant of a day or an instant as RFC 3339 writes them, in UTC."""
    try:
        if _DAY.fullmatch(said):
            return _whole_day(dt.date.fromisoformat(said))
        if _INSTANT.fullmatch(said):
            read = dt.datetime.fromisoformat(said.upper().replace(" ", "T")).astimezone(dt.UTC)
            return read, read
    except (ValueError, OverflowError):
        pass
    raise Malformed(f"“{word}”: “{said[:40]}” is no instant. Write it as 2026-03-01T09:30:00Z, or a day as 2026-03-01.")


def _whole_day(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    return (
        dt.datetime.combine(day, dt.time.min, dt.UTC),
        dt.datetime.combine(day, dt.time.max, dt.UTC),
    )


class _Reader:
    """Walks what the parser found and makes the checked tree of it."""

    def __init__(self, collection: Collection, crs: Crs) -> None:
        self.collection = collection
        self.crs = crs
        self.parts = 0
        self.shapes = ogc_shapes.Reader(crs)

    def condition(self, node: Any, depth: int) -> Condition:
        self._count(depth)
        if isinstance(node, bool):
            return Constant(node)
        if not isinstance(node, dict) or "op" not in node:
            raise Malformed(f"“filter”: {_said(node)} is neither true nor false. Compare it with something.")
        op, args = str(node["op"]), node.get("args")
        if not isinstance(args, list):
            raise Malformed(f"“filter”: {op[:40]} lacks its arguments.")
        return self._operation(op, args, depth)

    def _count(self, depth: int) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise Malformed(f"“filter” has more than {MOST_PARTS:,} parts.")
        if depth > DEEPEST:
            raise Malformed(f"“filter” has more than {DEEPEST} levels within each other.")

    def _operation(self, op: str, args: list[Any], depth: int) -> Condition:
        lower = op.lower()
        if lower in ("and", "or"):
            if not args:
                raise Malformed(f"“filter”: {lower} has nothing to join.")
            parts = tuple(self.condition(part, depth + 1) for part in args)
            return All(parts) if lower == "and" else Any_(parts)
        if lower == "not":
            return Not(self.condition(self._just(args, 1, "not")[0], depth + 1))
        makers: dict[str, Callable[[list[Any], int], Condition]] = {
            "isnull": self._missing, "like": self._like, "between": self._between, "in": self._among,
        }  # fmt: skip
        if lower in makers:
            return makers[lower](args, depth + 1)
        left, right = self._two(op, lower, args, depth + 1)
        if lower in COMPARISONS:
            return _compared(lower, left, right)
        return _related(lower, left, right)

    def _two(self, op: str, lower: str, args: list[Any], depth: int) -> tuple[Term, Term]:
        if lower not in COMPARISONS and lower not in (*SPATIAL, *TEMPORAL, *ARRAYS):
            known = ", ".join(
                ("and", "or", "not", *COMPARISONS, "like", "between", "in", "is null", *SPATIAL, *TEMPORAL, *ARRAYS)
            )
            raise Malformed(f"“filter”: “{op[:40]}” is no operator or function here. There are {known}, and casei.")
        first, second = self._just(args, 2, op)
        return self.term(first, depth), self.term(second, depth)

    @staticmethod
    def _just(args: list[Any], number: int, op: str) -> list[Any]:
        if len(args) != number:
            raise Malformed(f"“filter”: {op[:40]} takes {number} arguments, not {len(args)}.")
        return args

    def _missing(self, args: list[Any], depth: int) -> Condition:
        return Missing(self.term(self._just(args, 1, "is null")[0], depth))

    def _like(self, args: list[Any], depth: int) -> Condition:
        term, pattern = (self.term(arg, depth) for arg in self._just(args, 2, "like"))
        if term.kind != "text":
            raise Malformed(f"“filter”: like takes a text, and {_name(term)} is {KIND_NAMES[term.kind]}.")
        if not (isinstance(pattern, Value) and pattern.kind == "text"):
            raise Malformed("“filter”: like takes a pattern in quotes.")
        if (len(pattern.value) - len(pattern.value.rstrip("\\"))) % 2:
            raise Malformed("“filter”: the pattern of like ends with a backslash that stands before nothing.")
        return Like(term, pattern.value, term.is_folded or pattern.is_folded)

    def _between(self, args: list[Any], depth: int) -> Condition:
        term, low, high = (self.term(arg, depth) for arg in self._just(args, 3, "between"))
        term, low = _fitting("between", term, low)
        term, high = _fitting("between", term, high)
        return Between(term, low, high)

    def _among(self, args: list[Any], depth: int) -> Condition:
        said, listed = self._just(args, 2, "in")
        if not isinstance(listed, list) or not listed:
            raise Malformed("“filter”: in takes a list of values in brackets.")
        term = self.term(said, depth)
        return Among(term, tuple(_fitting("in", term, self.term(each, depth))[1] for each in listed))

    def term(self, node: Any, depth: int) -> Term:
        self._count(depth)
        if isinstance(node, list):
            return _texts(node)
        if not isinstance(node, dict):
            return _literal(node)
        if "property" in node:
            return Named(self._queryable(str(node["property"])))
        if "date" in node or "timestamp" in node or "interval" in node:
            return _time(node)
        if "bbox" in node or "type" in node:
            return Value(self.shapes.shape(node), "geometry")
        return self._folded(node, depth)

    def _queryable(self, name: str) -> Property:
        known = self.collection.queryables
        if name not in known:
            raise Malformed(
                f"“filter”: {self.collection.name} have no property “{name[:80]}”. There are {', '.join(known)}."
            )
        return known[name]

    def _folded(self, node: dict[str, Any], depth: int) -> Term:
        op = str(node.get("op", ""))
        if op.lower() != "casei":
            raise Malformed(f"“filter”: “{op[:40] or 'this'}” cannot stand where a value is wanted. Only casei can.")
        inner = self.term(self._just(node.get("args") or [], 1, "casei")[0], depth + 1)
        if inner.kind != "text":
            raise Malformed(f"“filter”: casei takes a text, and {_name(inner)} is {KIND_NAMES[inner.kind]}.")
        return replace(inner, is_folded=True)


# -- literals ----------------------------------------------------------------------------------------------------------


def _literal(node: Any) -> Value:
    if isinstance(node, bool):
        return Value(node, "truth")
    if isinstance(node, int | float):
        if not math.isfinite(node):
            raise Malformed("“filter” holds a number beyond all bounds.")
        return Value(float(node), "number")
    if isinstance(node, str):
        if len(node) > LONGEST_TEXT or "\x00" in node:
            raise Malformed(f"“filter” holds a text of more than {LONGEST_TEXT:,} signs, or with one that no text has.")
        return Value(node, "text")
    raise Malformed("“filter”: null cannot be compared. Write is null.")


def _texts(node: list[Any]) -> Value:
    if not all(isinstance(each, str) for each in node):
        raise Malformed("“filter”: a list holds texts in quotes only.")
    if len(node) > MOST_PARTS:
        raise Malformed(f"“filter” has a list of more than {MOST_PARTS:,} texts.")
    return Value(tuple(_literal(each).value for each in node), "texts")


def _time(node: dict[str, Any]) -> Value:
    if "interval" in node:
        return _interval(node["interval"])
    word, kind = ("date", "date") if "date" in node else ("timestamp", "instant")
    said = node[word]
    if not isinstance(said, str) or (kind == "date") != bool(_DAY.fullmatch(said)):
        raise Malformed(f"“filter”: {_said(said)} is no {word}.")
    return _moment(said)


def _moment(said: str, word: str = "filter") -> Value:
    """A day or an instant; the value is its first and last instant."""
    return Value(instants(said, word), "date" if _DAY.fullmatch(said) else "instant")


def _interval(ends: Any) -> Value:
    if not (isinstance(ends, list) and len(ends) == 2):
        raise Malformed("“filter”: an interval has a beginning and an end.")
    said = [next(iter(end.values()), None) if isinstance(end, dict) and "property" not in end else end for end in ends]
    if not all(isinstance(end, str) for end in said):
        raise Malformed("“filter”: the ends of an interval are days or instants in quotes, or '..' where it is open.")
    start, end = (None if each == ".." else instants(str(each), "filter") for each in said)
    if start and end and start[0] > end[1]:
        raise Malformed(f"“filter”: the interval ends on {said[1]}, before it begins.")
    return Value((start[0] if start else None, end[1] if end else None), "interval")


# -- what fits what ----------------------------------------------------------------------------------------------------


def _compared(op: str, left: Term, right: Term) -> Condition:
    if isinstance(left, Value) and isinstance(right, Named):
        left, right, op = right, left, TURNED.get(op, op)
    left, right = _fitting(op, left, right)
    for kind in (left.kind, right.kind):
        if kind in ("texts", "geometry", "interval", "truth"):
            raise Malformed(f"“filter”: {op} does not compare {KIND_NAMES[kind]}. Functions with a_, s_ or t_ do.")
    if left.is_folded or right.is_folded:
        left, right = replace(left, is_folded=True), replace(right, is_folded=True)
    return Compare(op, left, right)


def _fitting(op: str, left: Term, right: Term) -> tuple[Term, Term]:
    """Both sides, a text read as what stands on the other side; refuses what cannot be compared."""
    left, right = _as_kind_of(left, right), _as_kind_of(right, left)
    groups: tuple[tuple[str, ...], ...] = (
        ("text",),
        ("uuid",),
        NUMBER_KINDS,
        TIME_KINDS,
        ("texts",),
        ("geometry",),
        ("truth",),
    )
    if not any(left.kind in group and right.kind in group for group in groups):
        raise Malformed(
            f"“filter”: {op} cannot compare {_name(left)}, {KIND_NAMES[left.kind]}, with {_name(right)},"
            f" {KIND_NAMES[right.kind]}."
        )
    return left, right


def _as_kind_of(term: Term, other: Term) -> Term:
    if not (isinstance(term, Value) and term.kind == "text"):
        return term
    if other.kind in TIME_KINDS:
        return _moment(term.value)
    if other.kind == "uuid":
        try:
            return Value(str(uuid.UUID(term.value)), "uuid")
        except ValueError:
            raise Malformed(f"“filter”: “{term.value[:40]}” is no id, as {_name(other)} is.") from None
    return term


def _related(op: str, left: Term, right: Term) -> Condition:
    wanted: Sequence[str] = ("geometry",) if op in SPATIAL else TIME_KINDS if op in TEMPORAL else ("texts",)
    if op in TEMPORAL:
        left, right = _as_time(left), _as_time(right)
    for term in (left, right):
        if term.kind not in wanted:
            raise Malformed(
                f"“filter”: {op} takes {KIND_NAMES[wanted[-1]]}, and {_name(term)} is {KIND_NAMES[term.kind]}."
            )
    return Relation(op, left, right)


def _as_time(term: Term) -> Term:
    return _moment(term.value) if isinstance(term, Value) and term.kind == "text" else term


def _name(term: Term) -> str:
    if isinstance(term, Named):
        return f"“{term.about.name}”"
    return _said(term.value) if term.kind in ("text", "number", "uuid", "truth") else "the literal"


def _said(node: Any) -> str:
    return f"“{str(node)[:40]}”"


def shapes_of(condition: Condition) -> list[Shape]:
    """Every shape that a filter holds, to be looked at before the database measures with them."""
    match condition:
        case All(parts) | Any_(parts):
            return [shape for part in parts for shape in shapes_of(part)]
        case Not(part):
            return shapes_of(part)
        case Relation(_, left, right):
            return [term.value for term in (left, right) if isinstance(term, Value) and term.kind == "geometry"]
    return []
