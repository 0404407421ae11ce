"""Checked CQL2 filters as conditions of SQL; what a property is in a table, its column says.

NOT is taken down to the single comparisons, so that a missing value makes none of them true, as CQL2 has it (21-065r2, 6.4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any, Protocol

from geoalchemy2 import Geometry
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Text,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gcrm.core.errors import Malformed
from gcrm.geography.tiles import Box
from gcrm.maps.ogc import filters as filters
from gcrm.maps.ogc.crs import WGS84
from gcrm.maps.ogc.filters import Condition, Named, Term, Value
from gcrm.maps.ogc.shapes import Shape

Expression = Any
"""An SQL expression: SQLAlchemy's types for it differ by what it holds."""
Make = Callable[[Expression], ColumnElement[bool]]
PIECES = 64
"""An edge in another system bends on the globe: it is cut in so many before it is turned."""

SPATIAL = {
    "s_intersects": "ST_Intersects", "s_disjoint": "ST_Disjoint", "s_within": "ST_Within", "s_contains": "ST_Contains",
    "s_crosses": "ST_Crosses", "s_overlaps": "ST_Overlaps", "s_touches": "ST_Touches", "s_equals": "ST_Equals",
}  # fmt: skip
OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """First and last instant of something."""

    start: Expression
    end: Expression


TEMPORAL: dict[str, Callable[[Span, Span], ColumnElement[bool]]] = {
    "t_after": lambda a, b: a.start > b.end,
    "t_before": lambda a, b: a.end < b.start,
    "t_contains": lambda a, b: and_(a.start < b.start, a.end > b.end),
    "t_disjoint": lambda a, b: or_(a.end < b.start, a.start > b.end),
    "t_during": lambda a, b: and_(a.start > b.start, a.end < b.end),
    "t_equals": lambda a, b: and_(a.start == b.start, a.end == b.end),
    "t_finishedby": lambda a, b: and_(a.start < b.start, a.end == b.end),
    "t_finishes": lambda a, b: and_(a.start > b.start, a.end == b.end),
    "t_intersects": lambda a, b: and_(a.start <= b.end, a.end >= b.start),
    "t_meets": lambda a, b: a.end == b.start,
    "t_metby": lambda a, b: a.start == b.end,
    "t_overlappedby": lambda a, b: and_(a.start > b.start, a.start < b.end, a.end > b.end),
    "t_overlaps": lambda a, b: and_(a.start < b.start, a.end > b.start, a.end < b.end),
    "t_startedby": lambda a, b: and_(a.start == b.start, a.end > b.end),
    "t_starts": lambda a, b: and_(a.start == b.start, a.end < b.end),
}
"""Allen's relations, as 21-065r2, 7.8 defines them; '<', '>' and '=' of a day and an instant follow from three of them."""
OF_UNLIKE_TIMES: dict[str, Callable[[Span, Span], ColumnElement[bool]]] = {
    "<": TEMPORAL["t_before"], ">": TEMPORAL["t_after"], "=": TEMPORAL["t_intersects"],
    "<>": TEMPORAL["t_disjoint"], "<=": lambda a, b: a.start <= b.end, ">=": lambda a, b: a.end >= b.start,
}  # fmt: skip


class Column(Protocol):
    """Where a property's values are."""

    def value(self) -> Expression:
        """The value itself, of the row at hand."""

    def where(self, make: Make) -> ColumnElement[bool]:
        """The rows for whose value the condition holds; never those without a value."""

    def missing(self) -> ColumnElement[bool]:
        """The rows without a value."""


class Place(Column, Protocol):
    """Where a collection's geometry is."""

    def within(self, make: Make, boxes: Sequence[Box]) -> ColumnElement[bool]:
        """As `where`, for a condition that nothing outside the boxes can fulfil."""


@dataclass(frozen=True)
class Measured:
    """A filter's shape in degrees, as the database made it."""

    ewkb: str
    boxes: tuple[Box, ...]

    @property
    def expression(self) -> Expression:
        return cast(literal(self.ewkb, Text), Geometry(srid=WGS84, spatial_index=False))


_MEASURE = text(
    "WITH given AS (SELECT ST_SetSRID(ST_GeomFromGeoJSON(:geojson), :srid) AS shape),"
    " turned AS (SELECT ST_IsValidReason(shape) AS fault,"
    "   CASE WHEN :srid = 4326 THEN shape ELSE ST_Transform(CASE WHEN :step > 0 THEN ST_Segmentize(shape, :step) ELSE shape END, 4326) END"
    "   AS shape FROM given)"
    " SELECT fault, CAST(shape AS text), ST_XMin(shape), ST_YMin(shape), ST_XMax(shape), ST_YMax(shape) FROM turned"
)


def measured(session: Session, shape: Shape, word: str = "filter") -> Measured:
    """The shape in degrees with its bounds; refuses what crosses itself, or lies outside what its system covers."""
    west, south, east, north = shape.reach
    step = 0.0 if shape.crs.is_geographic else max(east - west, north - south) / PIECES
    # A shape in degrees of another datum stays as it was drawn, edge by edge.
    values = {"geojson": shape.geojson, "srid": shape.crs.srid, "step": step}
    try:
        with session.begin_nested():
            fault, ewkb, *bounds = session.execute(_MEASURE, values).one()
    except DBAPIError as error:
        raise Malformed(f"“{word}” holds a shape that lies outside what {shape.crs.uri} covers.") from error
    if fault != "Valid Geometry":
        raise Malformed(f"“{word}” holds a shape that is not valid: {fault}.")
    if not all(limit <= bound <= -limit for bound, limit in zip(bounds, (-181, -91, -181, -91), strict=True)):
        raise Malformed(f"“{word}” holds a shape that lies outside what {shape.crs.uri} covers.")
    return Measured(ewkb, ((bounds[0], bounds[1], bounds[2], bounds[3]),))


class Compiler:
    """Makes conditions of a collection's columns."""

    def __init__(self, columns: Mapping[str, Column], place: Place, shapes: Mapping[Shape, Measured]) -> None:
        self.columns = columns
        self.place = place
        self.shapes = shapes

    def condition(self, node: Condition, negated: bool = False) -> ColumnElement[bool]:
        match node:
            case filters.Constant(value):
                return true() if value != negated else false()
            case filters.Not(part):
                return self.condition(part, not negated)
            case filters.All(parts) | filters.Any_(parts):
                made = [self.condition(part, negated) for part in parts]
                return and_(*made) if isinstance(node, filters.All) != negated else or_(*made)
            case filters.Missing(Named(found)):
                missing = self._column(found.name).missing()
                return not_(missing) if negated else missing
            case filters.Missing(_):
                return false() if not negated else true()
        return self._leaf(node, negated)

    def _column(self, name: str) -> Column:
        return self.columns.get(name, self.place)

    def _leaf(self, node: Any, negated: bool) -> ColumnElement[bool]:
        """One comparison: over one property where its value is, over several with the values brought together."""
        names = list(dict.fromkeys(term.about.name for term in _terms(node) if isinstance(term, Named)))

        def made(values: Mapping[str, Expression]) -> ColumnElement[bool]:
            whole = self._built(node, values)
            return not_(whole) if negated else whole

        if len(names) != 1:
            return made({name: self._column(name).value() for name in names})
        boxes = self._boxes(node, negated)
        if boxes is not None:
            return self.place.within(lambda value: made({names[0]: value}), boxes)
        return self._column(names[0]).where(lambda value: made({names[0]: value}))

    def _boxes(self, node: Any, negated: bool) -> list[Box] | None:
        """Where the features of a spatial comparison must lie."""
        if not isinstance(node, filters.Relation) or node.op not in SPATIAL or (node.op == "s_disjoint") != negated:
            return None
        shapes = [term.value for term in _terms(node) if isinstance(term, Value)]
        return [box for shape in shapes for box in self.shapes[shape].boxes] or None

    def _built(self, node: Any, values: Mapping[str, Expression]) -> ColumnElement[bool]:
        match node:
            case filters.Compare(op, left, right):
                return _compared(op, left, right, values)
            case filters.Between(term, low, high):
                return and_(_compared(">=", term, low, values), _compared("<=", term, high, values))
            case filters.Among(term, listed):
                return reduce(or_, (_compared("=", term, each, values) for each in listed))
            case filters.Like(term, pattern, is_folded):
                return _like(_expression(term, values), pattern, is_folded)
            case filters.Relation(op, left, right) if op in SPATIAL:
                return _meets(op, self._shape(left, values), self._shape(right, values))
            case filters.Relation(op, left, right) if op in TEMPORAL:
                return TEMPORAL[op](_span(left, values), _span(right, values))
        return _listed(node.op, _expression(node.left, values), _expression(node.right, values))

    def _shape(self, term: Term, values: Mapping[str, Expression]) -> Expression:
        return values[term.about.name] if isinstance(term, Named) else self.shapes[term.value].expression


def _terms(node: Any) -> list[Term]:
    match node:
        case filters.Between(term, low, high):
            return [term, low, high]
        case filters.Among(term, listed):
            return [term, *listed]
        case filters.Like(term):
            return [term]
    return [node.left, node.right]


def _compared(op: str, left: Term, right: Term, values: Mapping[str, Expression]) -> ColumnElement[bool]:
    if left.kind in filters.TIME_KINDS and left.kind != right.kind:
        return OF_UNLIKE_TIMES[op](_span(left, values), _span(right, values))
    one, other = _expression(left, values), _expression(right, values)
    if left.is_folded or right.is_folded:
        one, other = func.lower(one), func.lower(other)
    return OPERATORS[op](one, other)


def _meets(op: str, left: Expression, right: Expression) -> ColumnElement[bool]:
    relation: Any = getattr(func, SPATIAL[op])
    met: ColumnElement[bool] = relation(left, right)
    return met


def _like(value: Expression, pattern: str, is_folded: bool) -> ColumnElement[bool]:
    fits: ColumnElement[bool] = func.lower(value).like(func.lower(pattern)) if is_folded else value.like(pattern)
    return fits


def _expression(term: Term, values: Mapping[str, Expression]) -> Expression:
    if isinstance(term, Named):
        return values[term.about.name]
    match term.kind:
        case "number":
            return cast(Decimal(repr(term.value)), Numeric)
        case "date":
            return literal(term.value[0].date())
        case "instant":
            return literal(term.value[0], DateTime(timezone=True))
        case "uuid":
            return cast(term.value, UUID(as_uuid=True))
        case "texts":
            return cast(list(term.value), ARRAY(Text))
    return literal(term.value)


def _span(term: Term, values: Mapping[str, Expression]) -> Span:
    if isinstance(term, Value):
        start, end = term.value
        return Span(_instant(start, "-infinity"), _instant(end, "infinity"))
    value = values[term.about.name]
    if term.kind == "instant":
        return Span(value, value)
    start = func.timezone("UTC", cast(value, DateTime))
    return Span(start, start + literal(dt.timedelta(days=1, microseconds=-1)))


def _instant(at: dt.datetime | None, open_end: str) -> Expression:
    moment = DateTime(timezone=True)
    return literal(at, moment) if at is not None else cast(literal(open_end, Text), moment)


def _listed(op: str, left: Expression, right: Expression) -> ColumnElement[bool]:
    one: Any = type_coerce(left, ARRAY(Text))
    made: dict[str, ColumnElement[bool]] = {
        "a_overlaps": one.overlap(right), "a_contains": one.contains(right), "a_containedby": one.contained_by(right),
        "a_equals": and_(one.contains(right), one.contained_by(right)),
    }  # fmt: skip
    return made[op]


# -- where values are --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """A column of the collection's own table, or an expression of such."""

    expression: Expression

    def value(self) -> Expression:
        return self.expression

    def where(self, make: Make) -> ColumnElement[bool]:
        return make(self.expression)

    def missing(self) -> ColumnElement[bool]:
        return self.expression.is_(None)  # type: ignore[no-any-return]  # the column is of any type


@dataclass(frozen=True)
class Looked:
    """A value in another table, found by a column here; rows of that table which the principal does not see have none."""

    here: Expression
    key: Expression
    found: Expression
    is_large: bool = False
    """The table has as many rows as this one. The keys of a smaller one are looked up first, so that an index finds these."""

    def value(self) -> Expression:
        return select(self.found).where(self.key == self.here).scalar_subquery()

    def where(self, make: Make) -> ColumnElement[bool]:
        return self.among(make(self.found))

    def among(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        keys = select(self.key).where(condition)
        if self.is_large:
            return self.here.in_(keys)  # type: ignore[no-any-return]  # the column is of any type
        return self.here == any_(func.array(keys.scalar_subquery(), type_=ARRAY(Integer)))  # type: ignore[no-any-return]  # the column is of any type

    def missing(self) -> ColumnElement[bool]:
        return or_(self.here.is_(None), self.here.not_in(select(self.key).where(self.found.is_not(None))))

    def known(self, session: Session) -> Looked:
        """The same with keys that are looked up at once, where the other table is small."""
        return self if self.is_large else _Known(self.here, self.key, self.found, session=session)


MOST_KEYS = 500


@dataclass(frozen=True)
class _Known(Looked):
    """Keys as numbers tell the planner how many rows there are: of an array to come it expects ten keys, whatever they are."""

    session: Session = field(kw_only=True)

    def among(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        keys = self.session.scalars(select(self.key).where(condition).limit(MOST_KEYS + 1)).all()
        if len(keys) > MOST_KEYS:
            return super().among(condition)
        return self.here.in_(keys) if keys else false()
