"""Reads of the team's day: each rep's published plan and how far it is, the stops on the map, the last check-in."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Integer, and_, cast, func, or_, select, text, true
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.maps.manager_pages import Spot
from gcrm.maps.running import Day
from gcrm.people.models import Team, User
from gcrm.people.queries import the_organisation
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Visit


@dataclass(frozen=True)
class Rep:
    """A rep in sight, and the day that the rep's clock shows."""

    id: int
    zone: str
    today: dt.date


def reps(session: Session, now: dt.datetime, team: uuid.UUID | None = None) -> list[Rep]:
    """The reps in sight, of a team and those below it where one is named."""
    usual = the_organisation(session).timezone
    query = select(User.id, func.coalesce(User.timezone, usual)).where(User.role == "rep", User.active)
    if db.is_scoped(session):
        query = query.where(User.id == func.any(text("(SELECT gcrm_visible_owners())::int[]")))
    if team is not None:
        tree = select(Team.id).where(Team.uuid == team).cte("tree", recursive=True)
        query = query.where(
            User.team_id.in_(select(tree.union(select(Team.id).where(Team.parent_id == tree.c.id)).c.id))
        )
    rows = session.execute(query.order_by(User.name, User.id)).all()
    days = {zone: now.astimezone(ZoneInfo(zone)).date() for zone in {row[1] for row in rows}}
    return [Rep(row[0], row[1], days[row[1]]) for row in rows]


def days(session: Session, found: Sequence[Rep]) -> list[Day]:
    """The published plans of these reps for their today, with how far each is."""
    if not found:
        return []
    over = func.max(func.coalesce(Visit.finished_at, Stop.depart_at)).filter(Stop.status == "done")
    here = Stop.status == "arrived"
    query = (
        select(
            DayPlan.rep_id, User.name, User.uuid, DayPlan.uuid,
            func.count(Stop.id).filter(Stop.status == "done"),
            func.count(Stop.id).filter(Stop.status.in_(("ahead", "arrived"))),
            func.count(Stop.id).filter(Stop.status == "skipped"),
            DayPlan.returns_at,
            func.min(Stop.start_at).filter(Stop.status == "ahead"),
            func.min(Stop.start_at).filter(here), func.min(Visit.arrived_at).filter(here), func.min(Stop.depart_at).filter(here),
            over, DayPlan.late_minutes, DayPlan.late_at,
        )
        .join(User, User.id == DayPlan.rep_id)
        .outerjoin(Stop, Stop.day_plan_id == DayPlan.id)
        .outerjoin(Visit, Visit.id == Stop.visit_id)
        .where(DayPlan.status == "published", _on_their_day(found))
        .group_by(DayPlan.id, User.id)
        .order_by(User.name, User.id)
    )  # fmt: skip
    return [Day(*row) for row in session.execute(query)]


def _on_their_day(found: Sequence[Rep]) -> ColumnElement[bool]:
    """Plans of the reps on their own today: a few time zones, so a few conditions, each along the index of rep and day."""
    by_day: dict[dt.date, list[int]] = {}
    for rep in found:
        by_day.setdefault(rep.today, []).append(rep.id)
    return or_(*(and_(DayPlan.day == day, DayPlan.rep_id == func.any(ids)) for day, ids in by_day.items()))


def stops(session: Session, found: Sequence[Rep]) -> list[Spot]:
    """The stops of these reps' day in their order."""
    if not found:
        return []
    query = (
        select(
            DayPlan.rep_id, Stop.position, func.ST_X(Stop.location), func.ST_Y(Stop.location), Stop.account_name,
            Stop.status, Stop.start_at,
        )
        .join(Stop, Stop.day_plan_id == DayPlan.id)
        .where(DayPlan.status == "published", _on_their_day(found))
        .order_by(DayPlan.rep_id, Stop.position)
    )  # fmt: skip
    return [Spot(*row) for row in session.execute(query)]


def last_check_ins(session: Session, rep_ids: Sequence[int], since: dt.datetime) -> dict[int, Spot]:
    """Where each rep checked in last since an instant, planned or not."""
    person: Any = select(func.unnest(cast(list(rep_ids), ARRAY(Integer))).label("id")).subquery("person")
    made = (
        select(Visit.arrived_point, Visit.arrived_at, Visit.status)
        .where(
            Visit.user_id == person.c.id,
            Visit.arrived_point.is_not(None),
            or_(Visit.finished_at >= since, and_(Visit.finished_at.is_(None), Visit.arrived_at >= since)),
        )
        .order_by(Visit.arrived_at.desc())
        .limit(1)
        .lateral("made")
    )
    query = (
        select(
            person.c.id, func.ST_X(made.c.arrived_point), func.ST_Y(made.c.arrived_point), User.name, made.c.status,
            made.c.arrived_at,
        )
        .select_from(person)
        .join(made, true())
        .join(User, User.id == person.c.id)
    )  # fmt: skip
    return {row[0]: Spot(row[0], 0, *row[1:]) for row in session.execute(query)}
