"""Reading a problem document: each value by its kind, then what the parts say of each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gcrm.routing.problem import (
    FIXED,
    MUST,
    OPTIONAL,
    Break,
    End,
    EndOf,
    Group,
    Locked,
    MalformedProblem,
    Place,
    Problem,
    Rep,
    Shift,
    Travel,
    Visit,
)
from gcrm.routing.reading import MISSING, MOST_SECONDS, Reader, describe

VERSION = 1
KEYS = {
    "starts_at", "places", "travel", "reps", "groups", "locked",
    "cost_per_travel_second", "cost_per_waiting_second", "cost_per_shift",
}  # fmt: skip
SHIFT_KEYS = {
    "rep", "day", "from", "to", "breaks", "travel_factor",
    "max_work_seconds", "max_travel_seconds", "max_visits", "capacity",
}  # fmt: skip
VISIT_KEYS = {"windows", "prize", "rank", "required", "shifts", "load", "group"}
GROUP_KEYS = {"at_most", "min_gap_seconds", "taken", "day_patterns"}
REP_KEYS = {"max_work_seconds", "max_visits", "max_prize"}


def read(document: Any) -> Problem:
    """Read a problem document.

    Raises
    ------
    MalformedProblem
        With every fault found, each as ``$.path: sentence``.
    """
    reader = _ProblemReader()
    problem = reader.problem(document)
    if reader.faults:
        raise MalformedProblem(reader.faults)
    return problem


class _ProblemReader(Reader):
    """Reads the parts in an order in which each can be checked against those before it."""

    def problem(self, document: Any) -> Problem:
        given = self.fields(document, "$", ("version", "shifts", "visits"), KEYS)
        if not isinstance(document, dict):
            return Problem((), (), ())
        version = given["version"]
        if version is not MISSING and (isinstance(version, bool) or version != VERSION):
            self.fault("$.version", f"must be {VERSION}, not {describe(version)}")
        self.instant(given.get("starts_at"), "$.starts_at")
        places, travel = self.geography(given)
        self.places = len(places)
        shifts = self.each(given["shifts"], "$.shifts", self.shift)
        self.unique([shift.id for shift in shifts], "$.shifts")
        self.shift_ids = {shift.id for shift in shifts}
        self.chains(shifts)
        groups = self.each(given.get("groups"), "$.groups", self.group)
        self.unique([group.id for group in groups], "$.groups")
        self.group_ids = {group.id for group in groups}
        visits = self.each(given["visits"], "$.visits", self.visit)
        self.unique([visit.id for visit in visits], "$.visits")
        self.visit_ids = {visit.id for visit in visits}
        reps = self.each(given.get("reps"), "$.reps", self.rep)
        self.unique([rep.id for rep in reps], "$.reps")
        locked = self.each(given.get("locked"), "$.locked", self.lock)
        self.locks(locked)
        for key in ("shifts", "visits"):
            if given[key] is None:
                self.fault(f"$.{key}", "must be a list, not null")
        costs = {
            key: self.number(_or(given.get(key), 0.0), f"$.{key}")
            for key in ("cost_per_travel_second", "cost_per_waiting_second", "cost_per_shift")
        }
        return Problem(shifts, visits, places, travel, reps, groups, locked, starts_at=given.get("starts_at"), **costs)

    def instant(self, value: Any, path: str) -> None:
        text = self.text_or_none(value, path)
        if not text:
            return
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fault(path, f"must be a moment like 2026-11-23T00:00:00+09:00, not {describe(text)}")
            return
        if moment.tzinfo is None:
            self.fault(path, "needs its offset from UTC, like +09:00")

    # Places and travel

    def geography(self, given: dict[str, Any]) -> tuple[tuple[Place, ...], Travel | None]:
        if given.get("places") is None and given.get("travel") is None:
            self.fault("$", "needs places or travel")
            return (), None
        places = self.each(given.get("places"), "$.places", self.place)
        if given.get("travel") is None:
            for i, place in enumerate(places):
                if place.lat is None:
                    self.fault(f"$.places[{i}]", "needs lat and lon, because travel is left out")
            return places, None
        table = self.fields(given["travel"], "$.travel", ("seconds",), {"metres"})
        known = len(places) if given.get("places") is not None else None
        size = known if known is not None else len(self.items(table["seconds"], "$.travel.seconds"))
        if known is None:
            places = (Place(),) * size
        seconds = self.matrix(table["seconds"], "$.travel.seconds", size)
        metres = table.get("metres")
        if metres is not None:
            metres = self.matrix(metres, "$.travel.metres", size)
            self.same_ways(seconds, metres)
        return places, Travel(seconds, metres)

    def place(self, value: Any, path: str) -> Place:
        given = self.fields(value, path, (), {"lat", "lon"})
        lat = self.number_or_none(given.get("lat"), f"{path}.lat", -90, 90)
        lon = self.number_or_none(given.get("lon"), f"{path}.lon", -180, 180)
        if (lat is None) != (lon is None):
            self.fault(path, "has only one of lat and lon")
        return Place(lat, lon)

    def matrix(self, value: Any, path: str, size: int) -> tuple[tuple[int | None, ...], ...]:
        if value is MISSING:
            return ()
        rows = self.items(value, path)
        if isinstance(value, list) and len(rows) != size:
            self.fault(path, f"has {len(rows)} rows for {size} places")
        if value is None:
            self.fault(path, "must be a list, not null")
        return tuple(self.row(row, f"{path}[{i}]", size, i) for i, row in enumerate(rows))

    def row(self, value: Any, path: str, size: int, own: int) -> tuple[int | None, ...]:
        if not isinstance(value, list):
            self.fault(path, f"must be a list, not {describe(value)}")
            return ()
        if len(value) != size:
            self.fault(path, f"has {len(value)} columns for {size} places")
        # Whole rows of plain numbers are the rule, and a matrix may have a million.
        if not (value and set(map(type, value)) == {int} and min(value) >= 0 and max(value) <= MOST_SECONDS):
            value = [self.whole_or_none(cell, f"{path}[{j}]") for j, cell in enumerate(value)]
        if own < len(value) and value[own] != 0:
            self.fault(f"{path}[{own}]", "must be 0: from a place to itself")
        return tuple(value)

    def same_ways(self, seconds: Any, metres: Any) -> None:
        for i, (times, lengths) in enumerate(zip(seconds, metres, strict=False)):
            if None not in lengths:
                continue
            for j, (time, length) in enumerate(zip(times, lengths, strict=False)):
                if length is None and time is not None:
                    self.fault(f"$.travel.metres[{i}][{j}]", "is null, but travel.seconds has a time for this way")

    def place_index(self, value: Any, path: str) -> int:
        index = self.whole(value, path)
        if value is not MISSING and index >= self.places:
            self.fault(path, f"is place {index}, but there are only {self.places}")
        return index

    # Shifts

    def shift(self, value: Any, path: str) -> Shift:
        given = self.fields(value, path, ("id", "start", "end"), SHIFT_KEYS)
        start = self.whole(given["start"], f"{path}.start", low=-MOST_SECONDS)
        end = self.whole(given["end"], f"{path}.end", low=-MOST_SECONDS)
        if _good(given["start"]) and _good(given["end"]) and end < start:
            self.fault(path, f"ends ({end}) before it starts ({start})")
        return Shift(
            id=self.text(given["id"], f"{path}.id"),
            start=start,
            end=end,
            rep=self.text_or_none(given.get("rep"), f"{path}.rep"),
            day=self.whole(_or(given.get("day"), 0), f"{path}.day", low=-MOST_SECONDS),
            from_place=self.beginning(given.get("from"), f"{path}.from"),
            to_place=self.ending(given.get("to"), f"{path}.to"),
            breaks=self.each(given.get("breaks"), f"{path}.breaks", self.pause),
            travel_factor=self.number(_or(given.get("travel_factor"), 1.0), f"{path}.travel_factor", 0, 1000),
            max_work_seconds=self.whole_or_none(given.get("max_work_seconds"), f"{path}.max_work_seconds"),
            max_travel_seconds=self.whole_or_none(given.get("max_travel_seconds"), f"{path}.max_travel_seconds"),
            max_visits=self.whole_or_none(given.get("max_visits"), f"{path}.max_visits"),
            capacity=self.number_or_none(given.get("capacity"), f"{path}.capacity"),
        )

    def pause(self, value: Any, path: str) -> Break:
        given = self.fields(value, path, ("duration", "window"), ())
        return Break(
            self.whole(given["duration"], f"{path}.duration"), self.interval(given["window"], f"{path}.window")
        )

    def beginning(self, value: Any, path: str) -> int | EndOf | None:
        if value is None:
            return None
        if isinstance(value, dict):
            given = self.fields(value, path, ("end_of",), ())
            return EndOf(self.text(given["end_of"], f"{path}.end_of"))
        return self.place_index(value, path)

    def ending(self, value: Any, path: str) -> int | tuple[End, ...] | None:
        if value is None:
            return None
        if isinstance(value, list):
            if not value:
                self.fault(path, "must name at least one place, or be null")
            return self.each(value, path, self.end)
        return self.place_index(value, path)

    def end(self, value: Any, path: str) -> End:
        given = self.fields(value, path, ("place",), {"cost"})
        return End(
            self.place_index(given["place"], f"{path}.place"), self.number(_or(given.get("cost"), 0.0), f"{path}.cost")
        )

    def chains(self, shifts: tuple[Shift, ...]) -> None:
        """Note every `end_of` that names no shift or comes round to itself."""
        before = {shift.id: shift.from_place.shift for shift in shifts if isinstance(shift.from_place, EndOf)}
        for i, shift in enumerate(shifts):
            if shift.id not in before:
                continue
            path = f"$.shifts[{i}].from.end_of"
            if before[shift.id] not in self.shift_ids:
                if before[shift.id]:
                    self.fault(path, f"names no shift: {before[shift.id]!r}")
                continue
            seen, current = {shift.id}, before[shift.id]
            while current in before and current not in seen:
                seen.add(current)
                current = before[current]
            if current == shift.id:
                self.fault(path, "comes round to this shift itself")

    # Visits, groups, reps

    def visit(self, value: Any, path: str) -> Visit:
        given = self.fields(value, path, ("id", "place", "duration"), VISIT_KEYS)
        group = self.text_or_none(given.get("group"), f"{path}.group")
        if group and group not in self.group_ids:
            self.fault(f"{path}.group", f"names no group: {group!r}")
        return Visit(
            id=self.text(given["id"], f"{path}.id"),
            place=self.place_index(given["place"], f"{path}.place"),
            duration=self.whole(given["duration"], f"{path}.duration"),
            windows=self.each(given.get("windows"), f"{path}.windows", self.interval),
            prize=self.number(_or(given.get("prize"), 0.0), f"{path}.prize"),
            rank=self.rank(given, path),
            shifts=self.allowed(given.get("shifts"), f"{path}.shifts"),
            load=self.number(_or(given.get("load"), 0.0), f"{path}.load"),
            group=group,
        )

    def rank(self, given: dict[str, Any], path: str) -> int:
        required = given.get("required")
        if required is not None and not isinstance(required, bool):
            self.fault(f"{path}.required", f"must be true or false, not {describe(required)}")
        must = required is True
        if given.get("rank") is None:
            return MUST if must else OPTIONAL
        rank = self.whole(given["rank"], f"{path}.rank", FIXED, OPTIONAL)
        if must and rank == OPTIONAL:
            self.fault(f"{path}.rank", "is 2 (optional), but required is true")
        return rank

    def allowed(self, value: Any, path: str) -> tuple[str, ...] | None:
        if value is None:
            return None
        names = self.each(value, path, self.text)
        for i, name in enumerate(names):
            if name and name not in self.shift_ids:
                self.fault(f"{path}[{i}]", f"names no shift: {name!r}")
        return names

    def group(self, value: Any, path: str) -> Group:
        given = self.fields(value, path, ("id",), GROUP_KEYS)
        patterns = given.get("day_patterns")
        return Group(
            id=self.text(given["id"], f"{path}.id"),
            at_most=self.whole_or_none(given.get("at_most"), f"{path}.at_most"),
            min_gap_seconds=self.whole_or_none(given.get("min_gap_seconds"), f"{path}.min_gap_seconds"),
            taken=self.each(given.get("taken"), f"{path}.taken", self.moment),
            day_patterns=None if patterns is None else self.each(patterns, f"{path}.day_patterns", self.pattern),
        )

    def moment(self, value: Any, path: str) -> int:
        return self.whole(value, path, low=-MOST_SECONDS)

    def pattern(self, value: Any, path: str) -> tuple[int, ...]:
        if value is None:
            self.fault(path, "must be a list of days, not null")
        days = self.each(value, path, self.moment)
        if len(set(days)) < len(days):
            self.fault(path, "names a day twice, but a group has at most one visit a day")
        return days

    def rep(self, value: Any, path: str) -> Rep:
        given = self.fields(value, path, ("id",), REP_KEYS)
        return Rep(
            id=self.text(given["id"], f"{path}.id"),
            max_work_seconds=self.whole_or_none(given.get("max_work_seconds"), f"{path}.max_work_seconds"),
            max_visits=self.whole_or_none(given.get("max_visits"), f"{path}.max_visits"),
            max_prize=self.number_or_none(given.get("max_prize"), f"{path}.max_prize"),
        )

    # Locked stops

    def lock(self, value: Any, path: str) -> Locked:
        given = self.fields(value, path, ("shift", "stops"), ())
        shift = self.text(given["shift"], f"{path}.shift")
        if shift and shift not in self.shift_ids:
            self.fault(f"{path}.shift", f"names no shift: {shift!r}")
        stops = self.each(given["stops"], f"{path}.stops", self.text)
        for i, stop in enumerate(stops):
            if stop and stop not in self.visit_ids:
                self.fault(f"{path}.stops[{i}]", f"names no visit: {stop!r}")
        return Locked(shift, stops)

    def locks(self, locked: tuple[Locked, ...]) -> None:
        self.unique([lock.shift for lock in locked], "$.locked", "shift")
        first: dict[str, str] = {}
        for i, lock in enumerate(locked):
            for k, stop in enumerate(lock.stops):
                path = f"$.locked[{i}].stops[{k}]"
                if stop in first:
                    self.fault(path, f"{stop!r} is locked already at {first[stop]}")
                elif stop:
                    first[stop] = path


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _good(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST_SECONDS <= value <= MOST_SECONDS
