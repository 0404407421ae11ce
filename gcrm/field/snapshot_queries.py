"""Reads for the day that a phone stores, all at once for all of its stops."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core import clock
from gcrm.core.config import settings
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.field import queries
from gcrm.field.form_queries import VisitForm, price_lists, questions, visit_form
from gcrm.field.queries import Briefing, Mark
from gcrm.orders import queries as orders
from gcrm.orders.models import Order
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import queries as plans
from gcrm.routing.models import DayPlan, Stop
from gcrm.routing.roads import folder as folders
from gcrm.routing.roads import main_roads as built_roads
from gcrm.routing.travel import roads_folder
from gcrm.visits.models import Task
from gcrm.visits.queries import WITH_FORM

MOST_DAYS = 3
"""Days with a plan, today among them where it has one."""
DAYS_SEARCHED = 14
MOST_ACCOUNTS = 300
MOST_TASKS = 100

Part = Callable[[Session, User, Collection[dt.date]], Any]
PARTS: dict[str, Part] = {"products": price_lists, "questions": questions}
"""What other domains put into the stored day: values that JSON can hold, by their name in it."""


@dataclass(frozen=True)
class Stored:
    """What a rep's phone keeps."""

    rep: User
    zone: str
    today: dt.date
    week: list[Mark]
    plans: list[DayPlan]
    briefings: Mapping[int, Briefing]
    near: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    currency: str
    form: VisitForm
    ordered: Mapping[UUID, list[Order]]
    """What was ordered at the visits of the stops, by the visit's public id."""
    parts: Mapping[str, Any]


def stored(session: Session, rep: User) -> Stored:
    """Today and the next days that have a plan, with all that their pages say."""
    zone = plans.zone_of(session, rep)
    today = clock.today(zone)
    currency = people.the_organisation(session).currency
    days = _plans(session, rep, today)
    briefings = queries.briefings(session, list({stop.account_id for plan in days for stop in plan.stops}))
    known = [briefing.account for briefing in briefings.values() if briefing.account is not None]
    return Stored(
        rep, zone, today, queries.week(session, rep, today), days, briefings, _near(session, rep, days, known, today),
        _tasks(session, rep), currency, visit_form(session, currency, today),
        orders.orders_at_visits(session, [stop.visit.uuid for plan in days for stop in plan.stops if stop.visit is not None]),
        {name: part(session, rep, [plan.day for plan in days]) for name, part in PARTS.items()},
    )  # fmt: skip


def _plans(session: Session, rep: User, today: dt.date) -> list[DayPlan]:
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep.id, DayPlan.status == "published")
        .where(DayPlan.day.between(today, today + dt.timedelta(days=DAYS_SEARCHED)))
        .options(selectinload(DayPlan.stops).selectinload(Stop.visit).options(*WITH_FORM), selectinload(DayPlan.rep))
        .options(undefer(DayPlan.problem))  # For the latest begin of each stop.
        .order_by(DayPlan.day)
        .limit(MOST_DAYS)
    )
    return list(session.scalars(query))


def _near(
    session: Session, rep: User, days: Sequence[DayPlan], known: Sequence[Account], today: dt.date
) -> list[dict[str, Any]]:
    """The rep's accounts nearest to the routes, those on them first."""
    points = [lon_lat(stop.location) for plan in days for stop in plan.stops]
    if not points and rep.home is not None:
        points = [lon_lat(rep.home)]
    query = select(Account).where(
        Account.owner_id == rep.id, Account.status != "former", Account.id.not_in([one.id for one in known])
    )
    if points:
        spots = ", ".join(f"{lon!r} {lat!r}" for lon, lat in points)
        there = func.ST_GeomFromText(f"MULTIPOINT({spots})", 4326)
        query = query.where(Account.location.is_not(None)).order_by(func.ST_Distance(Account.location, there))
    rows = session.scalars(query.order_by(Account.id).limit(max(0, MOST_ACCOUNTS - len(known))))
    radius = people.the_organisation(session).check_in_metres
    return [_account(one, today, radius) for one in (*known, *rows)]


def _account(one: Account, today: dt.date, radius: int) -> dict[str, Any]:
    due = plans.due_of(one, today)
    lon, lat = lon_lat(one.location) if one.location is not None else (None, None)
    return {
        "id": str(one.uuid), "name": one.name, "status": one.status, "tier": one.tier, "lon": lon, "lat": lat,
        "street": one.street, "postcode": one.postcode, "city": one.city, "phone": one.phone_e164 or one.phone,
        "visited": one.last_visited_on.isoformat() if one.last_visited_on else None,
        "overdue": due.days_overdue if due is not None and due.due_on is not None else None, "is_due": due is not None,
        "minutes": one.visit_minutes, "radius_metres": one.check_in_metres or radius,
    }  # fmt: skip


def _tasks(session: Session, rep: User) -> list[dict[str, Any]]:
    """The own open tasks, what is due first."""
    query = (
        select(Task.uuid, Task.title, Task.due_on, Account.uuid.label("account"), Account.name.label("account_name"))
        .outerjoin(Account, Account.id == Task.account_id)
        .where(Task.user_id == rep.id, Task.done_at.is_(None))
        .order_by(Task.due_on.nulls_last(), Task.id)
        .limit(MOST_TASKS)
    )
    return [
        {
            "id": str(row.uuid), "title": row.title, "due_on": row.due_on.isoformat() if row.due_on else None,
            "account": str(row.account) if row.account else None, "account_name": row.account_name,
        }
        for row in session.execute(query)
    ]  # fmt: skip


def account_uuids(briefings: Mapping[int, Briefing]) -> dict[int, UUID]:
    """Public ids of those accounts that are still in sight."""
    return {number: briefing.account.uuid for number, briefing in briefings.items() if briefing.account is not None}


# -- the map -------------------------------------------------------------------------------------------------------------

_BORDERS = text("""
    SELECT ST_AsGeoJSON(ST_Simplify(ST_ClipByBox2D(ST_Boundary(coalesce(outline, boundary)), box), :pixel), 4)
    FROM regions, ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS box
    WHERE level = ANY (:levels) AND coalesce(outline, boundary) && box AND outline && box
""")
MUNICIPALITIES_BELOW_DEGREES = 0.5
"""A narrower view shows the borders of towns too."""


def borders(session: Session, box: tuple[float, float, float, float], pixels: int) -> list[list[tuple[float, float]]]:
    """The lines of borders in a box of degrees, as fine as that many pixels across can show."""
    west, south, east, north = box
    is_close = east - west < MUNICIPALITIES_BELOW_DEGREES
    rows = session.scalars(
        _BORDERS,
        {
            "west": west, "south": south, "east": east, "north": north, "pixel": (east - west) / pixels,
            "levels": ["county", "municipality"] if is_close else ["state", "county"],
        },
    )  # fmt: skip
    return [line for row in rows if row for line in _lines(json.loads(row))]


def _lines(shape: Mapping[str, Any]) -> Iterable[list[tuple[float, float]]]:
    if shape["type"] == "GeometryCollection":
        return [line for part in shape["geometries"] for line in _lines(part)]
    if shape["type"] == "LineString":
        return [shape["coordinates"]]
    return shape["coordinates"] if shape["type"] == "MultiLineString" else []


SHOWN_BELOW_DEGREES = (math.inf, 2.0, 0.4)
"""How narrow a view shows main roads of each level."""


def main_roads(box: tuple[float, float, float, float]) -> list[list[list[tuple[float, float]]]]:
    """The main roads in a box of degrees by level, motorways first, where a road graph was built."""
    roads = built_roads.current(roads_folder(settings()))
    shown = [level for level, widest in enumerate(SHOWN_BELOW_DEGREES) if box[2] - box[0] < widest]
    return [roads.within(box, level) for level in shown] if roads is not None else []


def towns(near: Iterable[Mapping[str, Any]]) -> list[tuple[str, tuple[float, float]]]:
    """Towns where the accounts are, each in their middle, the one with most first."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in near:
        if one["city"] and one["lon"] is not None:
            found[one["city"]].append((one["lon"], one["lat"]))
    ranked = sorted(found.items(), key=lambda town: (-len(town[1]), town[0]))
    return [(name, (_mean(x for x, _ in points), _mean(y for _, y in points))) for name, points in ranked]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


# -- the version ---------------------------------------------------------------------------------------------------------

_VERSION = text("""
    WITH days AS (
      SELECT id, concat_ws(',', id, published_at, solved_at, leaves_at, returns_at, travel_seconds, late_minutes, late_at, accepted_at,
        md5(changes::text)) AS said
      FROM day_plans WHERE rep_id = :rep AND status = 'published' AND day BETWEEN :first AND :last ORDER BY day LIMIT :most
    ), standing AS MATERIALIZED (
      SELECT stops.id, stops.account_id, stops.visit_id, md5(stops::text) AS said FROM stops JOIN days ON days.id = day_plan_id
    ), there AS (SELECT DISTINCT account_id FROM standing),
    made AS MATERIALIZED (SELECT id, uuid, version FROM visits WHERE id IN (SELECT visit_id FROM standing))
    SELECT md5(concat_ws('|',
      (SELECT string_agg(said, ';' ORDER BY id) FROM days),
      (SELECT string_agg(said, ';' ORDER BY id) FROM standing),
      (SELECT string_agg(concat_ws(',', day, (SELECT count(*) FROM stops WHERE day_plan_id = day_plans.id)), ';' ORDER BY day)
         FROM day_plans WHERE rep_id = :rep AND status = 'published' AND day BETWEEN :first AND :strip),
      (SELECT check_in_metres FROM organisation),
      (SELECT string_agg(concat_ws(',', id, name), ';' ORDER BY position, id) FROM visit_types WHERE is_active),
      (SELECT concat_ws(',', sum(id), sum(version)) FROM made),
      (SELECT concat_ws(',', count(*), sum(id), count(file)) FROM visit_photos WHERE visit_id IN (SELECT id FROM made)),
      (SELECT concat_ws(',', count(*), sum(id), sum(version)) FROM orders WHERE visit_uuid IN (SELECT uuid FROM made)),
      (SELECT concat_ws(',', sum(id), sum(version), sum(last_visited_on - date '2000-01-01'))
         FROM accounts WHERE owner_id = :rep),
      (SELECT concat_ws(',', sum(id), sum(version), sum(last_visited_on - date '2000-01-01'))
         FROM accounts WHERE id IN (SELECT account_id FROM there)),
      (SELECT concat_ws(',', sum(id), sum(version)) FROM contacts WHERE account_id IN (SELECT account_id FROM there)),
      (SELECT concat_ws(',', count(*), sum(id)) FROM touches WHERE account_id IN (SELECT account_id FROM there)),
      (SELECT concat_ws(',', sum(id), sum(version)) FROM opportunities WHERE account_id IN (SELECT account_id FROM there)),
      (SELECT concat_ws(',', sum(id), sum(version))
         FROM tasks WHERE account_id IN (SELECT account_id FROM there) AND done_at IS NULL),
      (SELECT concat_ws(',', sum(id), sum(version)) FROM tasks WHERE user_id = :rep AND done_at IS NULL),
      (SELECT concat_ws(',', id, closed_at) FROM mileage_days WHERE user_id = :rep AND day = :first)
    ))
""")


def version_of(session: Session, rep: User) -> str:
    """Changes whenever the stored day does; read without rendering it.

    Rows that people edit tell by their ids and versions; a row's own hash stands for what changes without one.
    """
    today = clock.today(plans.zone_of(session, rep))
    last, strip = (today + dt.timedelta(days=days) for days in (DAYS_SEARCHED, queries.DAYS_SHOWN - 1))
    words = {"rep": rep.id, "first": today, "last": last, "strip": strip, "most": MOST_DAYS}
    found = session.scalar(_VERSION, words)
    parts = {name: part(session, rep, [today]) for name, part in PARTS.items()}
    build = folders.current(roads_folder(settings()))
    said = json.dumps(
        [found, today.isoformat(), rep.name, rep.locale, rep.timezone, rep.map_app, parts, build and build.name],
        default=str,
    )
    return str(session.scalar(select(func.md5(said))))
