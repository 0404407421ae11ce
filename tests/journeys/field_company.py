"""Reps with a day of stops each, for tests of the phone: `python -m tests.journeys.field_company [REPS]` makes them in an empty database."""

from __future__ import annotations

import datetime as dt
import sys

from sqlalchemy import update
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.people import services as people
from gcrm.people.models import User
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make
from tests.journeys.company import HOME, PASSWORD, ZONE

REPS = 24
STOPS = 12


def make_reps(session: Session, reps: int) -> None:
    make.make_organisation(session, name="Herons Ltd", timezone=ZONE)
    team = make.make_team(session, "Field sales")
    make.make_user(session, "admin", None, email="admin@demo.example", name="Ada", home=HOME)
    for number in range(1, reps + 1):
        rep = make.make_user(session, "rep", team, email=f"rep{number}@demo.example", name=f"Rep {number}", home=HOME)
        for ahead in (0, 1):
            _day(session, rep, clock.today(ZONE) + dt.timedelta(days=ahead), STOPS if ahead == 0 else 3)


def _day(session: Session, rep: User, day: dt.date, stops: int) -> None:
    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=day, status="published", published_at=now, solved_at=now, candidates=stops, travel_source="estimate",
        travel_seconds=3000, travel_metres=21000, starts_at=now, leaves_at=now, returns_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for position in range(1, stops + 1):
        name = f"{rep.name} {'stop' if day == clock.today(ZONE) else 'later'} {position}"
        place = (HOME[0] + position / 300, HOME[1])
        account = make.make_account(
            session, rep, at=place, name=name, phone="+1 717 555 0100", status="customer", tier="A", cadence_days=14
        )
        begins = now + dt.timedelta(minutes=40 * position)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=name, address=f"{position} Market Street",
                location=ewkt(*place), arrive_at=begins, start_at=begins, depart_at=begins + dt.timedelta(minutes=30), travel_seconds=600,
                travel_metres=4500, why={"tier": "A", "days_overdue": 12},
            )
        )  # fmt: skip
    session.flush()


def main() -> None:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        make_reps(session, int(sys.argv[1]) if len(sys.argv) > 1 else REPS)
    with db.transaction(None) as session:
        session.execute(update(User).where(User.role != "system").values(password=people.hash_password(PASSWORD)))


if __name__ == "__main__":
    main()
