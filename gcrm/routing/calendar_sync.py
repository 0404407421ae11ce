"""A person's own calendar kept in step with the days planned: what they move there re-times the stop here, once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gcrm.core import clock, db, secrets
from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, GcrmError, Invalid
from gcrm.people.models import User
from gcrm.routing import caldav, calendar_queries, calendar_services, edit_queries, edits, feeds, live_services, queries
from gcrm.routing.caldav import Collection, Item, Stale
from gcrm.routing.handover import UID_HOST, Call, icalendar, uid_of
from gcrm.routing.models import CalendarEntry, CalendarLink, Stop
from gcrm.visits.models import Visit

SAME_SECONDS = 60
"""Calendars round to the minute."""


@dataclass(frozen=True)
class Synced:
    """What one round did."""

    moved: int = 0
    refused: int = 0
    """Moves that broke a rule of the day; our time stands in the calendar again."""
    written: int = 0
    taken_away: int = 0


@dataclass(frozen=True)
class _Move:
    """An event of ours that stands at another time in the person's calendar."""

    uid: UUID
    etag: str
    start: dt.datetime


# -- the link ----------------------------------------------------------------------------------------------------------


def link_of(user_id: int) -> CalendarLink | None:
    with db.transaction(None) as session:
        return calendar_queries.link_of(session, user_id)


def linked() -> list[User]:
    """Everybody who joined a calendar and may still plan."""
    with db.transaction(None) as session:
        return [user for user in calendar_queries.people_with_links(session) if user.may("plan_routes")]


def join(user: User, url: str, username: str, password: str) -> None:
    """Join a calendar after a look at it; another one that was joined before is left as it is."""
    caldav.must_be_allowed(url, settings().caldav_hosts)
    with Collection(url, username, password) as collection:
        collection.check()
    with db.transaction(None) as session:
        calendar_services.set_link(session, user.id, url, username, secrets.seal(password))
    with db.transaction(user.principal) as session:
        calendar_services.forget_entries(session, user.id)


def part(user: User) -> None:
    """End the joining; the events stay where they are."""
    with db.transaction(None) as session:
        calendar_services.drop_link(session, user.id)
    with db.transaction(user.principal) as session:
        calendar_services.forget_entries(session, user.id)


# -- one round ---------------------------------------------------------------------------------------------------------


def sync(user: User) -> Synced:
    """One round: read what changed there, re-time stops, then write what changed here. No transaction is open on the road.

    An event that we wrote comes back with the ETag that we know and is passed over, so no change goes in circles.
    """
    link = link_of(user.id)
    if link is None:
        raise Conflict("No calendar is joined.")
    try:
        caldav.must_be_allowed(link.url, settings().caldav_hosts)
        with Collection(link.url, link.username, secrets.unseal(link.sealed_password)) as collection:
            changes = collection.changes(link.sync_token)
            moved, refused = _pull(user, changes)
            written, taken_away = _push(user, collection)
    except GcrmError as error:
        _note(user.id, fault=error.message, synced_at=clock.now())
        raise
    _note(user.id, fault=None, synced_at=clock.now(), sync_token=changes.token)
    return Synced(moved, refused, written, taken_away)


def _note(user_id: int, **values: object) -> None:
    with db.transaction(None) as session:
        calendar_services.note_on_link(session, user_id, **values)


def _pull(user: User, changes: caldav.Changes) -> tuple[int, int]:
    moved = refused = 0
    seen = {found.uid: found for item in changes.items if (found := _event(item)) is not None}
    with db.transaction(user.principal) as session:
        known = {uid: entry.etag for uid, entry in calendar_queries.entries_of(session, user.id).items()}
        lost = {uid for uid in (_uid(href) for href in changes.gone) if uid in known}
        if changes.is_whole:
            lost |= {uid for uid, etag in known.items() if etag is not None and uid not in seen}
        calendar_services.set_entries(session, user.id, lost, etag=None, told_sequence=None)
    for uid, event in seen.items():
        if uid not in known or event.etag == known[uid]:
            continue
        try:
            with db.transaction(user.principal) as session:
                moved += _take(session, user, event)
                calendar_services.set_entries(session, user.id, {uid}, etag=event.etag)
        except GcrmError:
            # The day has no room for it: our time goes back into the calendar.
            refused += 1
            with db.transaction(user.principal) as session:
                calendar_services.set_entries(session, user.id, {uid}, etag=event.etag, told_sequence=None)
    return moved, refused


def _event(item: Item) -> _Move | None:
    """The event of ours in an item; None for what somebody else put there, and for what cannot be read."""
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(item.text).walk("VEVENT")
    except ValueError:
        return None
    for event in events:
        name, host = str(event.get("uid", "")).partition("@")[::2]
        start = event.decoded("dtstart", None)
        if host == UID_HOST and isinstance(start, dt.datetime) and start.tzinfo is not None and (uid := _uid(name)):
            return _Move(uid, item.etag, start)
    return None


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text.rpartition("/")[2].removesuffix(".ics"))
    except ValueError:
        return None


# -- a move ------------------------------------------------------------------------------------------------------------


def _take(session: PrincipalSession, user: User, event: _Move) -> int:
    """Re-time the stop or appointment that an event stands for; 0 where it stands at that time already."""
    stop = _stop_of(session, user, event.uid)
    visit = calendar_queries.own_visit(session, user.id, event.uid)
    if stop is None and visit is None:
        raise Conflict("The stop is gone.")
    stands = visit.starts_at if visit is not None else stop.start_at if stop is not None else None
    if stands is not None and abs((stands - event.start).total_seconds()) < SAME_SECONDS:
        return 0
    if event.start < clock.now():
        raise Invalid("A visit cannot be moved into the past.")
    if visit is not None:
        _move_appointment(session, user, visit, event.start)
    elif stop is not None:
        _move_stop(session, stop, event.start)
    return 1


def _stop_of(session: Session, user: User, uid: UUID) -> Stop | None:
    """The stop ahead on a published day that calendars know by the name."""
    today = clock.today(queries.zone_of(session, user))
    for stop in calendar_queries.stops_ahead(session, user.id, today):
        if uid == uid_of(user.uuid, stop.day_plan.day, stop.account_id, feeds.appointment_of(stop)):
            return stop
    return None


def _move_stop(session: PrincipalSession, stop: Stop, start: dt.datetime) -> None:
    """Give a stop the time; it stays on its day."""
    plan = edit_queries.plan_by_id(session, stop.day_plan_id)
    if start.astimezone(ZoneInfo(queries.zone_of(session, plan.rep))).date() != plan.day:
        raise Invalid("A stop stays on its day; only an appointment moves to another one.")
    edits.change(session, plan, edits.Wanted("timed", stop.visit_key, at=edits.second(plan, start)))


def _move_appointment(session: PrincipalSession, user: User, visit: Visit, start: dt.datetime) -> None:
    """Move an appointment, and plan the days that it leaves and comes to anew, where they are worked by."""
    if visit.status != "planned" or visit.starts_at is None:
        raise Conflict("The appointment was kept or called off already.")
    zone = ZoneInfo(queries.zone_of(session, user))
    days = {visit.starts_at.astimezone(zone).date(), start.astimezone(zone).date()}
    visit.starts_at = start
    session.flush()
    for day in sorted(days):
        plan = queries.published_plan(session, user.id, day)
        if plan is None or day < clock.today(zone.key):
            continue
        made = live_services.replan_day(session, plan, live_services.Wanted("booked"))
        stands = any(stop.visit_id == visit.id and stop.start_at == start for stop in made.stops)
        if day == start.astimezone(zone).date() and not stands:
            raise Conflict("The day has no room for the appointment at that time.")


# -- what goes there ---------------------------------------------------------------------------------------------------


def _push(user: User, collection: Collection) -> tuple[int, int]:
    now = clock.now()
    with db.transaction(user.principal) as session:
        zone = queries.zone_of(session, session.get_one(User, user.id))
        calls = [call for call in feeds.calls_of(session, session.get_one(User, user.id)) if call.depart > now]
        told = calendar_queries.entries_of(session, user.id)
    written = sum(_write(user, collection, call, told[call.uid], zone) for call in calls)
    standing = {call.uid for call in calls}
    gone = [
        e for e in told.values() if e.etag is not None and e.uid not in standing and e.told_until and e.told_until > now
    ]
    return written, sum(_take_away(user, collection, entry) for entry in gone)


def _write(user: User, collection: Collection, call: Call, entry: CalendarEntry, zone: str) -> bool:
    """Write one event where it is not there as it is here; one that the person changed meanwhile waits for the next round."""
    if entry.etag is not None and entry.told_sequence == call.sequence:
        return False
    try:
        etag = collection.put(f"{call.uid}.ics", icalendar([call], user.name, zone, is_feed=False), entry.etag)
    except Stale:
        return False
    with db.transaction(user.principal) as session:
        calendar_services.set_entries(
            session, user.id, {call.uid}, etag=etag, told_sequence=call.sequence, told_until=call.depart
        )
    return True


def _take_away(user: User, collection: Collection, entry: CalendarEntry) -> bool:
    try:
        collection.delete(f"{entry.uid}.ics", str(entry.etag))
    except Stale:
        return False
    with db.transaction(user.principal) as session:
        calendar_services.set_entries(session, user.id, {entry.uid}, etag=None, told_sequence=None, told_until=None)
    return True
