"""What calendars and navigation devices are told of a rep's days, and the secret address of a person's own feed."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import clock, db
from gcrm.core.geo import lon_lat
from gcrm.core.secrets import digest
from gcrm.people.models import User
from gcrm.routing import calendar_queries, calendar_services, queries, reasons
from gcrm.routing.handover import Call, Sheet, night_uid, uid_of
from gcrm.routing.models import CalendarFeed, DayPlan, Stop
from gcrm.visits import queries as visits
from gcrm.visits.models import Visit

DAYS_BACK, DAYS_AHEAD = 30, 90
WRITE_READ_AFTER = dt.timedelta(minutes=5)
UrlOf = Callable[[UUID], str]
"""From an account's public id to its page."""


# -- whose feed --------------------------------------------------------------------------------------------------------


def make(user_id: int) -> str:
    """Give a person a new secret address; the one before is dead from now on. The text is shown once and not kept."""
    secret = secrets.token_urlsafe(32)
    with db.transaction(None) as session:
        calendar_services.set_feed(session, user_id, digest(secret))
    return secret


def end(user_id: int) -> None:
    """Take a person's feed away."""
    with db.transaction(None) as session:
        calendar_services.drop_feed(session, user_id)


def feed_of(user_id: int) -> CalendarFeed | None:
    with db.transaction(None) as session:
        return calendar_queries.feed_of(session, user_id)


def owner(secret: str) -> User | None:
    """Whose feed it is; nobody's, when the person was switched off or plans no routes any more."""
    with db.transaction(None) as session:
        row = calendar_queries.feed_and_owner(session, digest(secret))
        if row is None or not row.User.active or not row.User.may("plan_routes"):
            return None
        now, feed = clock.now(), row.CalendarFeed
        if feed.read_at is None or now - feed.read_at > WRITE_READ_AFTER:
            calendar_services.note_feed_read(session, feed, now)
        user: User = row.User
        return user


# -- what is told ------------------------------------------------------------------------------------------------------


def sheet(session: Session, plan: DayPlan, url_of: UrlOf | None = None) -> Sheet:
    """A plan as a sheet for other programs; a calendar is told of it by `told_sheet`."""
    public = queries.account_uuids(session, [stop.account_id for stop in plan.stops])
    calls = [_call(plan, stop, public.get(stop.account_id), url_of) for stop in plan.stops]
    home = lon_lat(plan.rep.home) if plan.rep.home is not None else None
    zone = queries.zone_of(session, plan.rep)
    return Sheet(
        plan.day, plan.rep.name, zone, home, tuple(calls), plan.morning, plan.evening, plan.leaves_at, plan.returns_at,
        _night(plan, zone),
    )  # fmt: skip


def told_sheet(session: Session, plan: DayPlan, url_of: UrlOf | None = None) -> Sheet:
    """A plan as calendars are told of it, each stop with its sequence."""
    made = sheet(session, plan, url_of)
    told = {call.uid: call for call in tell(session, plan.rep_id, made.events)}
    night = told[made.night.uid] if made.night is not None else None
    return replace(made, calls=tuple(told[call.uid] for call in made.calls), night=night)


def _night(plan: DayPlan, zone: str) -> Call | None:
    """The night after a day, from the last drive's end to the next morning."""
    night, begins = plan.evening, plan.returns_at
    if night is None or begins is None:
        return None
    next_day = plan.day + dt.timedelta(days=1)
    return Call(
        uid=night_uid(plan.rep.uuid, plan.day), number=0, name=_("Night at %(name)s", name=night.name), address=night.address,
        lon=night.lon, lat=night.lat, arrive=begins, start=begins,
        depart=max(begins, clock.at(next_day, plan.rep.work_starts, zone)), travel_seconds=0, travel_metres=0, status="ahead",
        why=night.phone or "", is_tentative=True,
    )  # fmt: skip


def _call(plan: DayPlan, stop: Stop, account: UUID | None, url_of: UrlOf | None) -> Call:
    lon, lat = lon_lat(stop.location)
    appointment = appointment_of(stop)
    return Call(
        uid=uid_of(plan.rep.uuid, plan.day, stop.account_id, appointment), number=stop.position, name=stop.account_name,
        address=stop.address, lon=lon, lat=lat, arrive=stop.arrive_at, start=stop.start_at, depart=stop.depart_at,
        travel_seconds=stop.travel_seconds, travel_metres=stop.travel_metres, status=stop.status,
        why=reasons.sentence(stop.why), url=url_of(account) if url_of and account else None,
        is_tentative=appointment is None and stop.status == "ahead",
    )  # fmt: skip


def appointment_of(stop: Stop) -> UUID | None:
    """The public id of the appointment that a stop keeps, if it is one."""
    return stop.visit.uuid if stop.is_fixed and stop.visit is not None else None


def tell(session: Session, rep_id: int, calls: Sequence[Call]) -> list[Call]:
    """The calls with their sequence: it rises by one whenever a call shows something other than what was told before."""
    kept = calendar_queries.told_before(session, rep_id, [call.uid for call in calls])
    fresh = [call for call in calls if call.uid not in kept or kept[call.uid].fingerprint != call.fingerprint]
    if fresh:
        kept |= calendar_services.tell(session, rep_id, fresh)
    return [replace(call, sequence=kept[call.uid].sequence, changed_at=kept[call.uid].changed_at) for call in calls]


def calls_of(session: Session, rep: User, url_of: UrlOf | None = None) -> list[Call]:
    """What a rep's calendar shows: the stops of published days, and appointments of days without a plan."""
    today = clock.today(queries.zone_of(session, rep))
    since, until = today - dt.timedelta(days=DAYS_BACK), today + dt.timedelta(days=DAYS_AHEAD)
    plans = queries.published_plans(session, rep.id, since, until)
    public = queries.account_uuids(session, [stop.account_id for plan in plans for stop in plan.stops])
    calls = [
        _call(plan, stop, public.get(stop.account_id), url_of)
        for plan in plans
        for stop in plan.stops
        if stop.status != "skipped"
    ]
    known = {call.uid for call in calls}
    zone = queries.zone_of(session, rep)
    calls += [call for call in (_night(plan, zone) for plan in plans) if call is not None]
    calls += [call for call in _appointments(session, rep, since, until, url_of) if call.uid not in known]
    return tell(session, rep.id, sorted(calls, key=lambda call: (call.start, call.uid)))


def _appointments(session: Session, rep: User, since: dt.date, until: dt.date, url_of: UrlOf | None) -> list[Call]:
    zone = queries.zone_of(session, rep)
    begin, end_ = clock.at(since, dt.time(), zone), clock.at(until, dt.time(), zone)
    met = visits.appointments_between(session, rep.id, begin, end_)
    placed = [v for v in met if v.status == "planned" and v.account is not None and v.account.location is not None]
    return [_appointment(visit, rep, zone, url_of) for visit in placed]


def _appointment(visit: Visit, rep: User, zone: str, url_of: UrlOf | None) -> Call:
    assert visit.starts_at is not None
    lon, lat = lon_lat(visit.account.location)
    why: dict[str, Any] = {"appointment": visit.starts_at.astimezone(ZoneInfo(zone)).strftime("%H:%M")}
    return Call(
        uid=uid_of(rep.uuid, visit.starts_at.date(), visit.account_id, visit.uuid), number=0, name=visit.account.name,
        address=queries.address_of(visit.account), lon=lon, lat=lat, arrive=visit.starts_at, start=visit.starts_at,
        depart=visit.starts_at + dt.timedelta(minutes=visit.minutes or 30), travel_seconds=0, travel_metres=0, status="ahead",
        why=reasons.sentence(why), url=url_of(visit.account.uuid) if url_of else None,
    )  # fmt: skip
