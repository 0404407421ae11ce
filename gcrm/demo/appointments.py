"""Fixed appointments on the next working days."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours

from gcrm.demo import seeds
from gcrm.demo.businesses import Business
from gcrm.demo.company import Company
from gcrm.demo.drives import driving_minutes
from gcrm.demo.rows import PersonRow, VisitRow

DAYS_AHEAD = 6
HOURS = (9.5, 10.5, 13.5, 14.5, 15.5)
TIERS = ("A", "B", "C")


def make_appointments(company: Company) -> list[VisitRow]:
    """One or two for each rep on each of the next working days, with good accounts that are open then."""
    found = [visit for rep in company.staff.reps for visit in _of(rep, company)]
    found.sort(key=lambda visit: (visit.starts_at, visit.uuid))
    return found


def _of(rep: PersonRow, company: Company) -> list[VisitRow]:
    source = seeds.stream(company.seed, "appointments", rep.email)
    x, y = company.country.ground.plane.km(rep.lon, rep.lat)
    home = (float(x), float(y))
    own = [
        b for b in company.owned_by(rep.email) if b.row.lon is not None and b.row.tier in TIERS and b.row.cadence_days
    ]
    own.sort(key=lambda b: (math.dist(home, (b.x_km, b.y_km)), b.row.external_id))
    near = own[: max(12, len(own) // 2)]
    source.shuffle(near)
    found = []
    for day in company.calendar.next_working_days(DAYS_AHEAD):
        if day.isoweekday() not in rep.work_days:
            continue
        before: tuple[Business, float] | None = None
        for hour in sorted(source.sample(HOURS, k=source.choice((1, 1, 2)))):
            fitting = next((b for b in near if _fits(b, company, day, hour * 60, home, before)), None)
            if fitting is not None:
                near.remove(fitting)
                found.append(_appointment(company, rep, fitting, day, hour * 60, source.randint(1, 6)))
                before = (fitting, hour * 60)
    return found


def _fits(
    business: Business, company: Company, day: dt.date, minutes: float, home: tuple[float, float],
    before: tuple[Business, float] | None,
) -> bool:  # fmt: skip
    """Whether the business is open then and the rep can be there, from home or from the appointment before."""
    there = (business.x_km, business.y_km)
    if 8.5 * 60 + driving_minutes(home, there) > minutes:
        return False
    if before is not None:
        other, began = before
        free = began + other.row.visit_minutes + driving_minutes((other.x_km, other.y_km), there)
        if free + 35 > minutes:
            return False
    local = dt.datetime.combine(day, dt.time(), ZoneInfo(company.calendar.timezone)) + dt.timedelta(minutes=minutes)
    return bool(OpeningHours(business.row.opening_hours).is_open(local.replace(tzinfo=None)))


def _appointment(
    company: Company, rep: PersonRow, business: Business, day: dt.date, minutes: float, days_ago: int
) -> VisitRow:
    source = seeds.stream(company.seed, "appointment", rep.email, day, minutes)
    written = company.calendar.today - dt.timedelta(days=days_ago)
    while not company.calendar.is_working(written):
        written -= dt.timedelta(days=1)
    written_at = company.calendar.some_moment(written, source)
    return VisitRow(
        uuid=seeds.identifier(source), account=business.row.uuid, contact=source.choice(business.contacts).uuid,
        person=rep.email, status="planned", starts_at=company.calendar.at(day, minutes),
        minutes=business.row.visit_minutes, purpose=source.choice(company.country.profile.words.purposes[business.row.status]),
        arrived_at=None, arrived_lon=None, arrived_lat=None, accuracy_metres=None, distance_metres=None,
        no_position_reason=None, finished_at=None, outcome=None, note=None, next_step=None, next_step_on=None,
        created_at=written_at, updated_at=written_at,
    )  # fmt: skip
