"""What the pages on which people change plans are filled with: a day as slots of time, and sentences for what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_time
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import formats
from gcrm.core.geo import lon_lat
from gcrm.routing import edit_queries, edits, nights_labels, nights_queries, queries, reasons
from gcrm.routing.editing import Attempt, Fault
from gcrm.routing.edits import Trial
from gcrm.routing.models import DayPlan, LeftOut, PlanEdit, Stop

HOUR = 3600
MADE = ("ready", "published", "replaced")


@dataclass(frozen=True)
class Slot:
    """One stop of a day in seconds of the day."""

    key: str
    travel: int
    arrive: int
    start: int
    depart: int


@dataclass(frozen=True)
class Timeline:
    """A day in seconds, as it stands or as it would be."""

    begins: int
    ends: int
    """The hours of the rep's day."""
    leave: int
    back: int
    slots: tuple[Slot, ...]
    breaks: tuple[tuple[int, int], ...]
    travel_seconds: int
    travel_metres: int | None

    @property
    def first(self) -> int:
        """The hour with which a picture of the day begins."""
        return min(self.begins, self.leave) // HOUR * HOUR

    @property
    def last(self) -> int:
        return -(-max(self.ends, self.back) // HOUR) * HOUR


def timeline(session: Session, plan: DayPlan) -> Timeline | None:
    """The day as it is saved; None while nothing is."""
    if plan.status not in MADE or plan.starts_at is None:
        return None

    def second(moment: dt.datetime | None, otherwise: int) -> int:
        return otherwise if moment is None else edits.second(plan, moment)

    begins, ends = _hours(session, plan)
    slots = tuple(
        Slot(
            key_of(stop),
            stop.travel_seconds,
            second(stop.arrive_at, 0),
            second(stop.start_at, 0),
            second(stop.depart_at, 0),
        )
        for stop in plan.stops
    )
    breaks: tuple[tuple[int, int], ...] = ()
    for route in (plan.solution or {}).get("routes", ()):
        breaks = tuple((taken["start"], taken["end"]) for taken in route["breaks"])
    leave = second(plan.leaves_at, begins) if slots else begins
    back = second(plan.returns_at, begins) if slots else begins
    return Timeline(begins, ends, leave, back, slots, breaks, plan.travel_seconds or 0, plan.travel_metres)


def _hours(session: Session, plan: DayPlan) -> tuple[int, int]:
    work = queries.work_day(session, plan.rep, plan.day)
    return work.second(work.starts), work.second(work.ends)


def attempted(session: Session, plan: DayPlan, tried: Attempt) -> Timeline:
    """The day as it would be."""
    begins, ends = _hours(session, plan)
    times = tried.times
    slots = () if times is None else tuple(
        Slot(key, travel, t.arrive, t.start, t.depart)
        for key, travel, t in zip(tried.order, tried.travel, times.stops, strict=False)
    )  # fmt: skip
    leave, back = (begins, begins) if times is None else (times.leave, times.return_at)
    breaks = () if times is None else times.breaks
    return Timeline(begins, ends, leave, back, slots, breaks, tried.travel_seconds, sum(tried.metres))


def key_of(stop: Stop) -> str:
    """A stop's name on the page: its visit in the problem, or its own number where no problem was kept."""
    return stop.visit_key or str(stop.uuid)


# -- for the page ----------------------------------------------------------------------------------------------------


def state(session: Session, plan: DayPlan, tried: Attempt | None = None) -> dict[str, Any]:
    """A day as the page's script draws it."""
    line = attempted(session, plan, tried) if tried is not None else timeline(session, plan)
    if line is None:
        return {}
    shown = shower(session, plan)
    about = _about(session, plan)
    edit = edit_queries.latest_edit(session, plan)
    moved = tried is not None
    return {
        "first": line.first, "last": line.last, "begins": line.begins, "ends": line.ends,
        "leave": line.leave, "back": line.back, "leave_text": shown(line.leave), "back_text": shown(line.back),
        "travel_text": formats.duration(line.travel_seconds), "distance_text": formats.kilometres(line.travel_metres),
        "visits": len(line.slots),
        "stops": [
            about.get(slot.key, {"name": ""}) | {
                "key": slot.key, "number": number, "arrive": slot.arrive, "start": slot.start, "depart": slot.depart,
                "travel": slot.travel, "start_text": shown(slot.start), "depart_text": shown(slot.depart),
                "travel_text": formats.duration(slot.travel), "wait_text": formats.duration(slot.start - slot.arrive),
            }
            for number, slot in enumerate(line.slots, start=1)
        ],
        "breaks": [{"start": begin, "end": end, "text": shown(begin)} for begin, end in line.breaks],
        "ticks": [{"at": at, "text": shown(at)} for at in range(line.first, line.last + 1, HOUR)],
        "back_said": _back(plan, shown(line.back)) if line.slots else "",
        "end_text": _("to %(name)s", name=plan.evening.name) if plan.evening else None,
        "morning": _("From %(name)s", name=plan.morning.name) if plan.morning else "",
        "night": night(session, plan),
        "undo": None if edit is None or moved else said(edit, _name_of(plan, edit)),
    }  # fmt: skip


def _back(plan: DayPlan, time: str) -> str:
    if plan.evening is not None:
        return _("at the hotel at %(time)s", time=time)
    return _("back at %(time)s", time=time)


def night(session: Session, plan: DayPlan) -> str:
    """Where the rep sleeps after the day and what it saves; "" at home."""
    if plan.evening is None:
        return ""
    return nights_labels.slept(plan.evening, nights_queries.saved_together(session, plan))


def torn(session: Session, plan: DayPlan) -> list[str]:
    """Where the days beside a plan say something else of the night between."""
    return [nights_labels.torn(plan.day, day, said, own) for day, said, own in nights_queries.torn(session, plan)]


def shower(session: Session, plan: DayPlan) -> Callable[[int], str]:
    """Shows a second of the day on the clocks of the plan's zone."""
    zone = ZoneInfo(queries.zone_of(session, plan.rep))

    def shown(second: int) -> str:
        assert plan.starts_at is not None
        moment = (plan.starts_at + dt.timedelta(seconds=second)).astimezone(zone)
        return format_time(moment, "short", rebase=False)

    return shown


def _about(session: Session, plan: DayPlan) -> dict[str, dict[str, Any]]:
    rows: Sequence[Stop | LeftOut] = [*plan.left_out, *plan.stops]
    public = queries.account_uuids(session, [row.account_id for row in rows])
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        key = key_of(row) if isinstance(row, Stop) else row.visit_key
        if key is None:
            continue
        account = public.get(row.account_id)
        one: dict[str, Any] = {
            "name": row.account_name, "why": formats.sentence_case(reasons.sentence(row.why)),
            "url": url_for("customers.show", account_id=account) if account else None,
        }  # fmt: skip
        if isinstance(row, Stop):
            lon, lat = lon_lat(row.location)
            one |= {
                "address": row.address, "fixed": row.is_fixed, "locked": row.is_locked, "pinned": row.pinned_at is not None,
                "status": row.status, "done": row.status != "ahead", "lon": lon, "lat": lat,
            }  # fmt: skip
        found[key] = one
    return found


def answer(session: Session, plan: DayPlan, trial: Trial, name: str | None = None) -> dict[str, Any]:
    """What a change costs and breaks, and the day as it would be."""
    day = state(session, plan, trial.after)
    for stop in day["stops"]:
        if not stop["name"]:
            stop["name"] = name or ""
    names = {stop["key"]: stop["name"] for stop in day["stops"]}
    shown = shower(session, plan)
    return {
        "state": day, "cost": cost(trial, shown),
        "faults": [{"key": fault.key, "text": fault_sentence(fault, names.get(fault.key or "", ""), shown)} for fault in trial.faults],
    }  # fmt: skip


def cost(trial: Trial, shown: Callable[[int], str]) -> dict[str, Any]:
    times = trial.after.times
    return {
        "travel_seconds": trial.travel_seconds, "end_seconds": trial.end_seconds,
        "driving": more_or_less(trial.travel_seconds), "end": more_or_less(trial.end_seconds),
        "text": _("%(driving)s driving", driving=more_or_less(trial.travel_seconds)),
        "back": _("back at %(time)s (%(more)s)", time=shown(times.return_at), more=more_or_less(trial.end_seconds)) if times else "",
    }  # fmt: skip


def more_or_less(seconds: int) -> str:
    """Minutes with their sign: “+12 min”, “−3 min”, “±0 min”."""
    minutes = round(seconds / 60)
    if minutes == 0:
        return _("±0 min")
    shown = formats.duration(abs(minutes) * 60)
    return str(_("+%(text)s", text=shown) if minutes > 0 else _("−%(text)s", text=shown))


def fault_sentence(fault: Fault, name: str, shown: Callable[[int], str]) -> str:
    """Which rule a day breaks, in the reader's language."""
    at = shown(fault.at) if fault.at is not None else ""
    due = shown(fault.due) if fault.due is not None else ""
    if fault.rule == "closed" and not at:
        return _("%(name)s is closed on this day.", name=name)
    if fault.rule == "closed" and not due:
        return _("%(name)s is closed at %(at)s.", name=name, at=at)
    late = formats.duration(fault.at - fault.due) if fault.at is not None and fault.due is not None else ""
    sentences = {
        "closed": _("%(name)s is closed then: the visit would begin at %(at)s, and must by %(due)s.", name=name, at=at, due=due),
        "appointment": _("The appointment with %(name)s would be missed: it is at %(due)s, you would come at %(at)s.", name=name, at=at, due=due),
        "late_home": _("Too late home: back at %(at)s, %(late)s after the day's end.", at=at, late=late),
        "lunch": _("Lunch would begin at %(at)s; it must by %(due)s.", at=at, due=due),
        "no_way": _("There is no way to %(name)s.", name=name),
        "no_time": _("The day has no time for this."),
    }  # fmt: skip
    return str(sentences[fault.rule])


def said(edit: PlanEdit, name: str) -> str:
    """What somebody changed."""
    sentences = {
        "moved": _("Moved %(name)s", name=name), "timed": _("Gave %(name)s a time", name=name),
        "untimed": _("Took the time from %(name)s", name=name), "locked": _("Locked %(name)s", name=name),
        "unlocked": _("Unlocked %(name)s", name=name), "dropped": _("Dropped %(name)s", name=name),
        "added": _("Added %(name)s", name=name), "given": _("Moved %(name)s to another day", name=name),
        "taken": _("Took %(name)s from another day", name=name),
    }  # fmt: skip
    return str(sentences.get(edit.kind, edit.kind))


def _name_of(plan: DayPlan, edit: PlanEdit) -> str:
    rows: Sequence[Stop | LeftOut] = [*plan.stops, *plan.left_out]
    return next((row.account_name for row in rows if row.account_id == edit.account_id), _("a stop"))


def history(session: Session, plan: DayPlan) -> list[dict[str, Any]]:
    """What people changed, for the page."""
    return [
        {
            "text": said(edit, _name_of(plan, edit)), "who": edit.made_by.name if edit.made_by else "", "at": edit.at,
            "driving": more_or_less(edit.said.get("travel_seconds", 0)), "undone": edit.undone_at is not None,
            "was_published": edit.was_published,
        }
        for edit in edit_queries.edits_of(session, plan)
    ]  # fmt: skip


# -- the team's bars -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """A stretch of a day in a picture: `kind` is drive, visit, wait or lunch; `x` and `width` in thousandths."""

    kind: str
    x: float
    width: float
    title: str = ""


def bars(line: Timeline, first: int, last: int, names: dict[str, str], shown: Callable[[int], str]) -> list[Bar]:
    """A day as one row of stretches between two hours that all rows share."""
    span = max(1, last - first)

    def bar(kind: str, begin: int, end: int, title: str = "") -> Bar:
        return Bar(kind, round((begin - first) * 1000 / span, 2), round(max(0, end - begin) * 1000 / span, 2), title)

    found = [bar("drive", line.leave, line.back)] if line.slots else []
    for slot in line.slots:
        if slot.start - slot.arrive >= 60:
            found.append(bar("wait", slot.arrive, slot.start))
        found.append(bar("visit", slot.start, slot.depart, f"{shown(slot.start)} {names.get(slot.key, '')}"))
    return [*found, *(bar("lunch", begin, end) for begin, end in line.breaks)]
