"""A small company with something on every page: `python -m tests.journeys.company` makes it in an empty database, and prints its pages.

Made-up squares stand for counties; the names carry Hangul, quotes and a long word, because pages must bear them.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.customers.models import Account
from gcrm.people import services as people
from gcrm.people.models import User
from gcrm.routing.models import DayPlan, LeftOut, Stop
from gcrm.visits import services as visits
from tests import factories as make
from tests.journeys import pages

PASSWORD = "six blue herons wade"
ZONE = "America/New_York"
HOME = (-76.88, 40.27)
NAMES = (
    "한빛 카페",
    "O’Brien & Söhne",
    "Keystone Hardware",
    "The Very Long Name of a Distribution Centre in Mechanicsburg",
)
ACCOUNTS = 24


def make_company(session: Session) -> dict[str, User]:
    """People, regions, territories, accounts with a past and a future, a published plan for today."""
    make.make_organisation(session, name="Herons Ltd", timezone=ZONE)
    staff = _staff(session)
    _regions(session, staff["rep1"])
    accounts = [_account(session, number, staff) for number in range(ACCOUNTS)]
    for number, account in enumerate(accounts):
        _past(session, number, account, staff["rep1"])
    _plan(session, staff["rep1"], accounts[:4], accounts[4])
    return staff


def _staff(session: Session) -> dict[str, User]:
    top = make.make_team(session, "Field sales")
    north = make.make_team(session, "North", parent=top)
    roles = {
        "admin": None,
        "planner": None,
        "marketer": None,
        "service": None,
        "manager1": top,
        "rep1": north,
        "rep2": north,
    }
    staff = {}
    for name, team in roles.items():
        role = name.rstrip("12")
        staff[name] = make.make_user(session, role, team, email=f"{name}@demo.example", name=name.title(), home=HOME)
    return staff


def _regions(session: Session, owner: User) -> None:
    state = make.make_region(session, "42", "state", -78, 39, size=3, name="Pennsylvania")
    counties = [
        make.make_region(session, f"4200{n}", "county", -78 + n % 3, 39 + n // 3, parent=state, name=f"County {n}")
        for n in range(9)
    ]
    make.make_territory(session, owner, tuple(counties[:5]), name="Susquehanna")


def _account(session: Session, number: int, staff: dict[str, User]) -> Account:
    fields = {
        "name": NAMES[number] if number < len(NAMES) else f"Customer {number}", "status": ("customer", "prospect", "former")[number % 3],
        "tier": "ABCD"[number % 4], "annual_value_minor": 1_250_000 * (number + 1), "cadence_days": 14 + number, "street": f"{number + 1} Market Street",
        "city": "Harrisburg", "postcode": "17101", "phone": "(717) 555-0100", "industry": "Retail",
    }  # fmt: skip
    at = (HOME[0] + (number % 6) / 40, HOME[1] + (number // 6) / 40) if number % 12 != 11 else None
    return make.make_account(session, staff["rep2"] if number % 5 == 4 else staff["rep1"], at=at, **fields)


def _past(session: Session, number: int, account: Account, rep: User) -> None:
    make.make_contact(
        session,
        account,
        name="김서연" if number == 0 else f"Contact {number}",
        job_title="Buyer",
        phone="+1 717 555 0101",
        is_primary=True,
    )
    if number % 3 == 0:
        make.make_opportunity(
            session,
            account,
            rep,
            name=f"Shelf space {number}",
            expected_close=clock.today(ZONE) + dt.timedelta(days=number),
        )
        visits.log_visit(
            session, account=account, user_id=rep.id, outcome="interested", zone=ZONE, note="Wants a second shelf.",
            at=clock.now() - dt.timedelta(days=20 + number), next_step="Send an offer", next_step_on=clock.today(ZONE),
        )  # fmt: skip
        visits.log_activity(session, account_id=account.id, user_id=rep.id, kind="call", subject="Asked about delivery")


def _plan(session: Session, rep: User, accounts: list[Account], left: Account) -> None:
    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=clock.today(ZONE), status="published", published_at=now, solved_at=now, candidates=len(accounts) + 1,
        travel_source="estimate", travel_seconds=3000, travel_metres=21000, starts_at=now, leaves_at=now, returns_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for position, account in enumerate(accounts, start=1):
        begins = now + dt.timedelta(minutes=45 * position)
        place = ewkt(HOME[0] + position / 30, HOME[1] + position % 2 / 30)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=account.name, address=f"{account.street}, {account.city}",
                location=place, arrive_at=begins, start_at=begins, depart_at=begins + dt.timedelta(minutes=30), travel_seconds=600,
                travel_metres=4500, why={"tier": account.tier, "days_overdue": 12},
            )
        )  # fmt: skip
    session.add(
        LeftOut(day_plan_id=plan.id, account_id=left.id, account_name=left.name, why={"tier": "B"}, reason="no_time", detail="", added_seconds=900)
    )  # fmt: skip
    session.flush()


def main() -> None:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        make_company(session)
    with db.transaction(None) as session:
        session.execute(update(User).where(User.role != "system").values(password=people.hash_password(PASSWORD)))
    pages.main()


if __name__ == "__main__":
    main()
