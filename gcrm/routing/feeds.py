"""What calendars and navigation devices are told of a rep's days, and the secret address of a person's own feed."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session, selectinload

from gcrm.core import clock, db
from gcrm.core.geo import lon_lat
from gcrm.core.secrets import digest
from gcrm.people.models import User
from gcrm.routing import queries, reasons
from gcrm.routing.handover import Call, Sheet, uid_of
from gcrm.routing.models import CalendarEntry, CalendarFeed, DayPlan, Stop
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
    row = insert(CalendarFeed).values(user_id=user_id, token_hash=digest(secret))
    fresh = {"token_hash": row.excluded.token_hash, "created_at": clock.now(), "read_at": None}
    with db.transaction(None) as session:
        session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=fresh))
    return secret


def end(user_id: int) -> None:
    """Take a person's feed away."""
    with db.transaction(None) as session:
        session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == user_id))


def feed_of(user_id: int) -> CalendarFeed | None:
    with db.transaction(None) as session:
        return session.scalar(select(CalendarFeed).where(CalendarFeed.user_id == user_id))


def owner(secret: str) -> User | None:
    """Whose feed it is; nobody's, when the person was switched off or plans no routes any more."""
    with db.transaction(None) as session:
        row = session.execute(
            select(CalendarFeed, User).join(User, User.id == CalendarFeed.user_id).where(CalendarFeed.token_hash == digest(secret))
        ).one_or_none()
        if row is None or not row.User.active or not row.User.may("plan_routes"):
            return None
        now, feed = clock.now(), row.CalendarFeed
        if feed.read_at is None or now - feed.read_at > WRITE_READ_AFTER:
            session.execute(update(CalendarFeed).where(CalendarFeed.id == feed.id).values(read_at=now))
        user: User = row.User
        return user


# -- what is told ------------------------------------------------------------------------------------------------------


def sheet(session: Session, plan: DayPlan, url_of: UrlOf | None = None) -> Sheet:
    """A plan as a sheet for other programs; a calendar is told of it by `told_sheet`."""
    public = queries.account_uuids(session, [stop.account_id for stop in plan.stops])
    calls = [_call(plan, stop, public.get(stop.account_id), url_of) for stop in plan.stops]
    home = lon_lat(plan.rep.home) if plan.rep.home is not None else None
    return Sheet(plan.day, plan.rep.name, queries.zone_of(session, plan.rep), home, tuple(calls))


def told_sheet(session: Session, plan: DayPlan, url_of: UrlOf | None = None) -> Sheet:
    """A plan as calendars are told of it, each stop with its sequence."""
    made = sheet(session, plan, url_of)
    return replace(made, calls=tuple(tell(session, plan.rep_id, made.calls)))


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
    columns = (CalendarEntry.uid, CalendarEntry.sequence, CalendarEntry.changed_at, CalendarEntry.fingerprint)
    ours = select(*columns).where(CalendarEntry.rep_id == rep_id, CalendarEntry.uid.in_([call.uid for call in calls]))
    kept = {row.uid: row for row in session.execute(ours)}
    fresh = [call for call in calls if call.uid not in kept or kept[call.uid].fingerprint != call.fingerprint]
    if fresh:
        kept |= {row.uid: row for row in session.execute(_upsert(rep_id, fresh).returning(*columns))}
    return [replace(call, sequence=kept[call.uid].sequence, changed_at=kept[call.uid].changed_at) for call in calls]


def _upsert(rep_id: int, calls: Sequence[Call]) -> Insert:
    now = clock.now()
    row = insert(CalendarEntry).values(
        [{"rep_id": rep_id, "uid": call.uid, "fingerprint": call.fingerprint, "changed_at": now} for call in calls]
    )
    # Two readers at once tell the same: only the first one raises the sequence.
    moved = CalendarEntry.fingerprint != row.excluded.fingerprint
    return row.on_conflict_do_update(
        index_elements=["rep_id", "uid"],
        set_={
            "sequence": CalendarEntry.sequence + case((moved, 1), else_=0),
            "changed_at": case((moved, row.excluded.changed_at), else_=CalendarEntry.changed_at),
            "fingerprint": row.excluded.fingerprint,
        },
    )


def calls_of(session: Session, rep: User, url_of: UrlOf | None = None) -> list[Call]:
    """What a rep's calendar shows: the stops of published days, and appointments of days without a plan."""
    today = clock.today(queries.zone_of(session, rep))
    since, until = today - dt.timedelta(days=DAYS_BACK), today + dt.timedelta(days=DAYS_AHEAD)
    plans = _published(session, rep.id, since, until)
    public = queries.account_uuids(session, [stop.account_id for plan in plans for stop in plan.stops])
    calls = [
        _call(plan, stop, public.get(stop.account_id), url_of) for plan in plans for stop in plan.stops if stop.status != "skipped"
    ]
    known = {call.uid for call in calls}
    calls += [call for call in _appointments(session, rep, since, until, url_of) if call.uid not in known]
    return tell(session, rep.id, sorted(calls, key=lambda call: (call.start, call.uid)))


def _published(session: Session, rep_id: int, since: dt.date, until: dt.date) -> list[DayPlan]:
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep_id, DayPlan.status == "published", DayPlan.day.between(since, until))
        .options(selectinload(DayPlan.stops).selectinload(Stop.visit), selectinload(DayPlan.rep))
        .order_by(DayPlan.day)
    )
    return list(session.scalars(query))


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
