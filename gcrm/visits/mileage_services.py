"""Writes of what people drove, a day each."""

from __future__ import annotations

import datetime as dt
import math

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.customers import values
from gcrm.visits import mileage_queries
from gcrm.visits.models import MileageDay

LARGEST_ODOMETER_KM = 3_000_000
MOST_KM_A_DAY = 2_000


def close_day(
    session: Session, user_id: int, day: dt.date, *, visits: int, planned_metres: int | None, stops_metres: int,
    odometer_start_km: float | None = None, odometer_end_km: float | None = None, private_km: float | None = None,
    note: str | None = None,
) -> MileageDay:  # fmt: skip
    """Write a day's mileage, or write it again: by the odometer where both ends are told, else by the stops visited."""
    start = _kilometres(odometer_start_km, "odometer_start_km", LARGEST_ODOMETER_KM)
    end = _kilometres(odometer_end_km, "odometer_end_km", LARGEST_ODOMETER_KM)
    private = _kilometres(private_km, "private_km", MOST_KM_A_DAY) or 0.0
    if start is not None and end is not None:
        _must_be_a_day(start, end)
    driven = round((end - start) * 1000) if start is not None and end is not None else stops_metres
    if private * 1000 > driven:
        raise Invalid(
            "%(private)s km were private, but only %(driven)s km were driven.", private=f"{private:g}", driven=f"{driven / 1000:g}",
            field="private_km",
        )  # fmt: skip
    found = mileage_queries.day_of(session, user_id, day) or MileageDay(user_id=user_id, day=day)
    found.odometer_start_km, found.odometer_end_km = start, end
    found.planned_metres, found.driven_metres = planned_metres, driven
    found.is_by_odometer = start is not None and end is not None
    found.private_metres, found.visits = round(private * 1000), visits
    found.note, found.closed_at = values.line(note, "note"), clock.now()
    session.add(found)
    session.flush()
    return found


def _must_be_a_day(start: float, end: float) -> None:
    if end < start:
        raise Invalid("The odometer stands lower at the end than at the start.", field="odometer_end_km")
    if end - start > MOST_KM_A_DAY:
        raise Invalid(
            "%(driven)s km on one day is more than anybody drives. Check the odometer.",
            driven=f"{end - start:g}",
            field="odometer_end_km",
        )


def _kilometres(value: float | None, field: str, most: float) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value) or not 0 <= value <= most:
        raise Invalid("%(km)s km is not what an odometer shows.", km=value, field=field)
    return round(value, 1)
