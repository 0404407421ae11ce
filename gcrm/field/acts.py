"""What a rep can do on the phone: the kinds of acts, their fields, and what each may hold."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gcrm.core.errors import Conflict, GcrmError, Invalid, Malformed

SCHEMA = 1
"""Raised whenever a phone of before would say something that is not understood any more."""
STATES = ("kept", "applied", "merged", "refused", "conflict")
MOST_ACTS = 200
MOST_BYTES = 4 * 1024 * 1024
"""Of a batch."""
MOST_BYTES_OF_ACT = 256 * 1024
CONTENT_DAYS = 30
"""What an act said is kept so long after it was done."""
TROUBLE_DAYS = 180
"""And so long after it was refused or in conflict: somebody may still put it right."""
CLOCK_TOLERANCE = dt.timedelta(minutes=2)
"""A clock that is off by less is right."""
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LONGEST_LINE = 300
LONGEST_NOTE = 20_000
LONGEST_NUMBER = 2**62
MOST_DEEP = 8


class Waits(Conflict):
    """The act is about what is not here yet; `need` is its public id."""

    def __init__(self, template: str, need: UUID | None = None) -> None:
        super().__init__(template)
        self.need = need


@dataclass(frozen=True)
class Place:
    """Where the phone believed to be."""

    lon: float
    lat: float
    accuracy: float | None
    taken_at: dt.datetime | None


@dataclass(frozen=True)
class Act:
    """One act as it was sent, checked; `wrong` says why it cannot be used."""

    id: UUID
    kind: str
    said_at: dt.datetime
    at: dt.datetime
    seq: int
    place: Place | None
    no_place: str | None
    amends: UUID | None
    tab: UUID | None
    body: dict[str, Any]
    """As it came: what JSON can hold."""
    fingerprint: str
    wrong: Invalid | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of an act; `why` is a word of `labels.SENTENCES`, or a sentence whose names are filled from `words`."""

    state: str = "applied"
    why: str | None = None
    result: Mapping[str, Any] | None = None
    current: Mapping[str, Any] | None = None
    words: Mapping[str, Any] | None = None
    fault: str | None = None


def words_of(error: GcrmError) -> dict[str, Any]:
    """What fills the names in an error's sentence."""
    return {name: value for name, value in error.details.items() if isinstance(value, str | int | float)}


@dataclass(frozen=True)
class Batch:
    """What came in one request."""

    phone: UUID
    schema: int
    sent_at: dt.datetime | None
    acts: Sequence[Any]


# -- values --------------------------------------------------------------------------------------------------------------

Read = Callable[[Any], Any]


def ident(value: Any) -> UUID:
    if not isinstance(value, str) or len(value) != 36:
        raise _Fault("“%(field)s” is no UUID.")
    try:
        return UUID(value)
    except ValueError:
        raise _Fault("“%(field)s” is no UUID.") from None


def words(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise _Fault("“%(field)s” is not a text.")
        if len(value) > longest:
            raise _Fault("“%(field)s” is longer than %(most)s characters.", most=longest)
        return value

    return read


line, note = words(LONGEST_LINE), words(LONGEST_NOTE)


def day(value: Any) -> dt.date:
    if not isinstance(value, str) or len(value) != 10:
        raise _Fault("“%(field)s” is no day such as 2026-11-23.")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise _Fault("“%(field)s” is no day such as 2026-11-23.") from None


def instant(value: Any) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(value if isinstance(value, str) and len(value) <= 40 else "")
        if found.tzinfo is None:
            raise _Fault("“%(field)s” is no time with its offset such as 2026-11-23T09:30:00Z.")
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise _Fault("“%(field)s” is no time with its offset such as 2026-11-23T09:30:00Z.") from None


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("“%(field)s” is neither true nor false.")
    return value


def number(low: float, high: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _Fault("“%(field)s” is not a number.")
        if not low <= value <= high:
            raise _Fault("“%(field)s” does not lie between %(low)s and %(high)s.", low=f"{low:g}", high=f"{high:g}")
        return float(value)

    return read


def whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _Fault("“%(field)s” is not a whole number.")
        if not low <= value <= high:
            raise _Fault("“%(field)s” does not lie between %(low)s and %(high)s.", low=low, high=high)
        return value

    return read


def listed(read: Read, most: int) -> Callable[[Any], list[Any]]:
    def read_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _Fault("“%(field)s” is not a list.")
        if len(value) > most:
            raise _Fault("“%(field)s” has more than %(most)s entries.", most=most)
        return [_within(read, entry, f".{place}") for place, entry in enumerate(value)]

    return read_all


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Fault("“%(field)s” is not a mapping.")
    return value


def fields(**known: Field) -> Callable[[Any], dict[str, Any]]:
    """A mapping of these fields and no others."""
    return lambda value: read_fields(known, mapping(value))


@dataclass(frozen=True)
class Field:
    read: Read
    is_needed: bool = True


class _Fault(Exception):
    """What is wrong with a value, and where below it."""

    def __init__(self, template: str, path: str = "", **values: Any) -> None:
        super().__init__(template)
        self.template, self.path, self.values = template, path, values


def _within(read: Read, value: Any, path: str) -> Any:
    try:
        return read(value)
    except _Fault as fault:
        raise _Fault(fault.template, path + fault.path, **fault.values) from None


def read_fields(known: Mapping[str, Field], given: Mapping[str, Any], is_all: bool = True) -> dict[str, Any]:
    """The values of a mapping; what is null was not given. Fields that are not `known` are refused if these are all."""
    found = {}
    for name, field in known.items():
        value = given.get(name)
        if value is None and field.is_needed:
            raise _Fault("“%(field)s” is missing.", f".{name}")
        if value is not None:
            found[name] = _within(field.read, value, f".{name}")
    for name, value in given.items():
        if is_all and name not in known and value is not None:
            raise _Fault("“%(field)s” is not known here.", f".{name[:40]}")
    return found


def must(read: Read) -> Field:
    return Field(read)


def may(read: Read) -> Field:
    return Field(read, is_needed=False)


# -- kinds ---------------------------------------------------------------------------------------------------------------

_TOUCH = {"activity": must(ident), "account": must(ident), "subject": must(line), "note": may(note)}
_TASK = {"task": must(ident), "account": may(ident)}
_KM = number(0, 2_000_000)
_PHOTO = {"photo": must(ident), "visit": must(ident), "taken_at": may(instant), "keeps_place": may(flag)}

KINDS: dict[str, dict[str, Field]] = {
    "arrived": {"visit": must(ident), "account": may(ident), "stop": may(ident), "far_reason": may(line)},
    "finished": {
        "visit": must(ident), "account": may(ident), "stop": may(ident), "outcome": must(line), "note": may(note),
        "next_step": may(line), "next_step_on": may(day), "next_visit_on": may(day), "contact": may(ident),
        "visit_type": may(ident), "answers": may(mapping), "products": may(listed(ident, 200)), "competitor": may(line),
        "satisfaction": may(whole(1, 5)),
    },
    "skipped": {"stop": must(ident), "reason": may(line)},
    "unskipped": {"stop": must(ident)},
    "reordered": {"day": must(day), "stops": must(listed(ident, 200))},
    "added": {"day": must(day), "account": must(ident), "stop": must(ident)},
    "late": {"day": must(day), "minutes": must(whole(0, 1440))},
    "called": _TOUCH,
    "noted": _TOUCH,
    "task_added": {"task": must(ident), "account": must(ident), "title": must(line), "due_on": may(day)},
    "task_done": _TASK,
    "task_reopened": _TASK,
    "ordered": {
        "order": must(ident), "account": must(ident), "visit": may(ident), "price_day": must(day), "currency": must(line),
        "lines": must(listed(fields(product=must(ident), quantity=must(number(0, 1e9)), price_minor=must(whole(0, 10**12)), name=may(line)), 500)),
        "note": may(note),
    },
    "prospect_added": {
        "account": must(ident), "name": must(line), "lon": may(number(-180, 180)), "lat": may(number(-90, 90)),
        "street": may(line), "city": may(line), "postcode": may(line), "phone": may(line), "contact": may(line),
        "note": may(note), "insist": may(flag),
    },
    "photo_added": _PHOTO,
    "signed": _PHOTO | {"name": may(line)},
    "day_closed": {
        "day": must(day), "odometer_start_km": may(_KM), "odometer_end_km": may(_KM), "private_km": may(_KM), "note": may(note),
    },
    "plan_accepted": {"day": must(day), "plan": must(ident)},
}  # fmt: skip
"""The fields of each kind's body."""


def read_body(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an act's body; raise `Invalid` with the field that is wrong as `fault`."""
    if kind not in KINDS:
        raise Invalid("“%(kind)s” is nothing that this server knows.", fault="kind", kind=kind[:40])
    try:
        return read_fields(KINDS[kind], body)
    except _Fault as fault:
        raise _named(fault, "body") from None


def _named(fault: _Fault, path: str) -> Invalid:
    whole_path = (path + fault.path).lstrip(".")
    return Invalid(fault.template, fault=whole_path, field=whole_path, **fault.values)


# -- a batch -------------------------------------------------------------------------------------------------------------


def read_batch(raw: bytes) -> Batch:
    """The batch in a request's body; raise `Malformed` or `Invalid` where it is none."""
    try:
        document = json.loads(raw, parse_int=_whole)
    except (ValueError, RecursionError):
        raise Malformed("This is no JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("acts"), list):
        raise Invalid("A batch is a mapping with a list of acts.", fault="acts")
    if len(document["acts"]) > MOST_ACTS:
        raise Invalid("A batch holds at most %(most)s acts.", fault="acts", most=MOST_ACTS)
    try:
        schema = whole(0, 10**6)(document.get("schema"))
        phone = ident(document.get("phone"))
    except _Fault:
        raise Invalid("A batch names its phone and its schema.", fault="phone") from None
    try:
        sent_at = instant(document.get("sent_at"))
    except _Fault:
        # Without it the clock cannot be corrected; nothing else depends on it.
        sent_at = None
    return Batch(phone, schema, sent_at, document["acts"])


def _whole(text: str) -> int | float:
    """A whole number; one that is longer than any of ours counts as a broken one."""
    return int(text) if len(text) <= 19 else float(text)


def read_act(given: Any, offset: dt.timedelta, now: dt.datetime) -> Act:
    """An act as it will be kept; raise `Invalid` only where it has no id by which it could be kept.

    Anything else that is wrong stands in the act's `why` and `fault`. `offset` is by how much the phone's clock is behind.
    """
    if not isinstance(given, dict):
        raise Invalid("An act is a mapping.", fault="acts")
    try:
        own = ident(given.get("id"))
    except _Fault as fault:
        raise _named(fault, "id") from None
    clean = {str(_cleaned(name)): _cleaned(value) for name, value in given.items()}
    said = json.dumps(clean, sort_keys=True)
    found, wrong = _read_envelope(clean)
    known: dict[str, Any] = {"kind": str(clean.get("kind"))[:40], "seq": 0, "at": now, "body": {}} | found
    if wrong is None and len(said) > MOST_BYTES_OF_ACT:
        wrong = Invalid("The act is larger than %(most)s kB.", fault="body", most=MOST_BYTES_OF_ACT // 1024)
    if wrong is None:
        wrong = _fault_of_body(known["kind"], known["body"])
    return Act(
        id=own, kind=known["kind"], said_at=known["at"], at=min(known["at"] + offset, now), seq=known["seq"],
        place=known.get("place"), no_place=known.get("no_place"), amends=known.get("amends"), tab=known.get("tab"),
        # What is too large is on the phone; here it would only be a burden.
        body=known["body"] if len(said) <= MOST_BYTES_OF_ACT else {},
        fingerprint=hashlib.sha256(said.encode()).hexdigest(), wrong=wrong,
    )  # fmt: skip


def _read_envelope(clean: Mapping[str, Any]) -> tuple[dict[str, Any], Invalid | None]:
    """What of an act's own fields can be read, and the first fault among them."""
    known: dict[str, Any] = {}
    wrong = None
    for name, field in _OF_ACT.items():
        try:
            known |= read_fields({name: field}, clean, is_all=False)
        except _Fault as fault:
            wrong = wrong or _named(fault, "")
    return known, wrong


def _fault_of_body(kind: str, body: Mapping[str, Any]) -> Invalid | None:
    try:
        read_body(kind, body)
    except Invalid as fault:
        return fault
    return None


def clock_offset(sent_at: dt.datetime | None, now: dt.datetime) -> dt.timedelta:
    """By how much the phone's clock is behind ours; one that is right within two minutes is left alone."""
    behind = now - sent_at if sent_at is not None else dt.timedelta()
    return behind if abs(behind) > CLOCK_TOLERANCE else dt.timedelta()


def _moment(value: Any) -> dt.datetime:
    found = instant(value)
    if not EARLIEST <= found <= EARLIEST + dt.timedelta(days=200 * 365):
        raise _Fault("“%(field)s” is no time of our days.")
    return found


def _place(value: Any) -> Place:
    found = read_fields(_OF_PLACE, mapping(value))
    return Place(found["lon"], found["lat"], found.get("accuracy"), found.get("taken_at"))


_OF_PLACE = {
    "lon": must(number(-180, 180)), "lat": must(number(-90, 90)), "accuracy": may(number(0, 1e7)),
    "taken_at": may(_moment),
}  # fmt: skip
_OF_ACT = {
    "kind": must(line), "at": must(_moment), "seq": must(whole(1, LONGEST_NUMBER)), "place": may(_place),
    "no_place": may(line), "amends": may(ident), "tab": may(ident), "body": must(mapping),
}  # fmt: skip


def _cleaned(value: Any, depth: int = 0) -> Any:
    """What no database takes is taken out: broken numbers become their names, half signs and zeros go."""
    if depth > MOST_DEEP:
        return None
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_cleaned(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {str(_cleaned(name)): _cleaned(each, depth + 1) for name, each in value.items()}
    return value
