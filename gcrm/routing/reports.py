"""A plan as plain figures, for the API and the command line."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gcrm.core.geo import lon_lat
from gcrm.routing import queries
from gcrm.routing.models import DayPlan, Stop
from gcrm.routing.nights import Night


def figures(session: Session, plan: DayPlan) -> dict[str, Any]:
    """One plan with its stops and what was left out."""
    account_ids = [stop.account_id for stop in plan.stops] + [left.account_id for left in plan.left_out]
    public = queries.account_uuids(session, account_ids)
    zone = ZoneInfo(queries.zone_of(session, plan.rep))

    def shown(moment: Any) -> str | None:
        return moment.astimezone(zone).isoformat() if moment else None

    def stop_figures(stop: Stop) -> dict[str, Any]:
        lon, lat = lon_lat(stop.location)
        return {
            "id": str(stop.uuid), "account": str(public[stop.account_id]) if stop.account_id in public else None,
            "name": stop.account_name, "address": stop.address, "lon": lon, "lat": lat, "arrive": shown(stop.arrive_at),
            "start": shown(stop.start_at), "depart": shown(stop.depart_at), "travel_seconds": stop.travel_seconds,
            "travel_metres": stop.travel_metres, "why": stop.why, "is_fixed": stop.is_fixed, "status": stop.status,
        }  # fmt: skip

    return {
        "id": str(plan.uuid), "rep": plan.rep.email, "date": plan.day.isoformat(), "status": plan.status,
        "fault": plan.fault, "candidates": plan.candidates, "travel_source": plan.travel_source,
        "leaves": shown(plan.leaves_at), "returns": shown(plan.returns_at), "travel_seconds": plan.travel_seconds,
        "travel_metres": plan.travel_metres, "night_before": _night(plan.morning), "night_after": _night(plan.evening), "stops": [stop_figures(stop) for stop in plan.stops],
        "left_out": [
            {
                "account": str(public[left.account_id]) if left.account_id in public else None,
                "name": left.account_name, "why": left.why, "reason": left.reason, "detail": left.detail,
                "added_seconds": left.added_seconds,
            }
            for left in plan.left_out
        ],
    }  # fmt: skip


def _night(night: Night | None) -> dict[str, Any] | None:
    if night is None:
        return None
    kept = ("hotel", "name", "address", "phone", "lon", "lat", "saved_seconds")
    return {name: value for name, value in night.as_row().items() if name in kept}


def as_text(plan: dict[str, Any]) -> str:
    """A plan for a terminal."""
    lines = [
        f"{plan['date']}  {plan['rep']}: {len(plan['stops'])} of {plan['candidates']} candidates, "
        f"{round((plan['travel_metres'] or 0) / 1000)} km, {round((plan['travel_seconds'] or 0) / 60)} min driving "
        f"({plan['travel_source']})"
    ]
    lines += [f"  {stop['start'][11:16]}  {stop['name']}  {stop['address'] or ''}".rstrip() for stop in plan["stops"]]
    if plan["night_after"]:
        lines.append(f"  night  {plan['night_after']['name']}  {plan['night_after']['address'] or ''}".rstrip())
    return "\n".join(lines)
