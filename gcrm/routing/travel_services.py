"""Writes about travel times: what plans say of them, their drives drawn along roads, factors learned from check-ins."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gcrm.core import jobs
from gcrm.core.config import Settings
from gcrm.core.db import PrincipalSession
from gcrm.routing import travel, travel_queries
from gcrm.routing.models import DayPlan, TravelFactor
from gcrm.routing.problem import Place, Problem
from gcrm.routing.travel_factors import Factor, Hour, Trip, learned
from gcrm.routing.travel_queries import CheckIn, Point

LEARNED_FROM = dt.timedelta(days=180)


def note_source(plan: DayPlan, problem: Problem, names: Mapping[int, str], factor: Factor) -> None:
    """Say on the plan what made its times; `names` are those of the problem's places."""
    made = problem.travel
    if made is None or not made.source:
        return
    plan.travel_source = made.source
    notes: dict[str, Any] = {}
    if not made.source.startswith(travel.ESTIMATE):
        notes["estimated"] = sorted({names[place] for place in made.estimated if place in names})
    if factor.trips:
        notes |= {"factor": factor.factor, "trips": factor.trips}
    plan.travel_notes = {key: value for key, value in notes.items() if value} or None


def draw_later(session: Session, plan: DayPlan) -> None:
    """Have the plan's drives drawn along roads, where its times come from roads."""
    is_drawable = plan.travel_source is not None and not plan.travel_source.startswith(travel.ESTIMATE)
    if is_drawable and isinstance(session, PrincipalSession) and session.principal is not None:
        jobs.defer(session, "routing.draw_plan", plan_id=plan.id)


def undrawn(session: Session, plan_id: int) -> list[tuple[Point, Point]]:
    """The drives of a plan that nobody drew yet."""
    plan = travel_queries.plan_to_draw(session, plan_id)
    if plan is None:
        return []
    points = travel_queries.points_of(plan)
    pairs = zip(points[:-1], points[1:], travel_queries.drives_of(plan), strict=True) if len(points) > 1 else ()
    return [(a, b) for a, b, drawn in pairs if drawn is None]


def lines(settings: Settings, drives: Sequence[tuple[Point, Point]]) -> dict[tuple[Point, Point], str]:
    """The lines of drives along roads as encoded polylines, where there are any; no transaction is open meanwhile."""
    source = travel.source_for(settings)
    found = {}
    for start, end in drives:
        ends = [Place(lat=start[1], lon=start[0]), Place(lat=end[1], lon=end[0])]
        (line,) = travel.encoded(source.geometry(ends))
        if line is not None:
            found[start, end] = line
    return found


def draw(session: Session, plan_id: int, found: Mapping[tuple[Point, Point], str]) -> None:
    """Keep lines on the drives that still are those of the plan."""
    plan = travel_queries.plan_to_draw(session, plan_id)
    if plan is None:
        return
    points = travel_queries.points_of(plan)
    pairs = list(itertools.pairwise(points))
    to_stops = pairs if plan.begin is not None else [None, *pairs]
    for stop, pair in zip(plan.stops, to_stops, strict=False):
        stop.drawn = _drawn(pair, found) or stop.drawn
    if plan.end is not None and pairs:
        plan.drawn_return = _drawn(pairs[-1], found) or plan.drawn_return
    session.flush()


def _drawn(pair: tuple[Point, Point] | None, found: Mapping[tuple[Point, Point], str]) -> dict[str, Any] | None:
    if pair is None or pair not in found:
        return None
    return {"from": list(pair[0]), "to": list(pair[1]), "line": found[pair]}


def trips_of(day: Sequence[CheckIn], source: travel.TravelTimes) -> list[Trip]:
    """The drives between one day's check-ins, with what the source expects of them."""
    expected = source.travel([Place(lat=visit.at[1], lon=visit.at[0]) for visit in day]).seconds
    found = []
    for number, (before, after) in enumerate(itertools.pairwise(day)):
        seconds = expected[number][number + 1]
        if seconds is not None:
            taken = (after.arrived - before.left).total_seconds()
            found.append(Trip(before.left, taken, float(seconds)))
    return found


def keep_factors(session: Session, source: str, found: Mapping[Hour, Factor], now: dt.datetime) -> None:
    """Replace what was learned against a source."""
    session.execute(delete(TravelFactor).where(TravelFactor.source == source))
    session.add_all(
        TravelFactor(source=source, weekday=day, hour=hour, factor=one.factor, trips=one.trips, learned_at=now)
        for (day, hour), one in found.items()
    )
    session.flush()


def learn(days: Sequence[Sequence[CheckIn]], source: travel.TravelTimes) -> dict[Hour, Factor]:
    """Learn the factors of the hours from days of check-ins; no transaction is open meanwhile."""
    return learned(trip for day in days for trip in trips_of(day, source))
