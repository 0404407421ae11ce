"""A rep with a phone and a published day of two stops."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make
from tests.field.phone import Phone

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


def make_day(session, rep, names=("Alpha", "Beta"), day=None, status="published"):
    """A plan with a stop for an account of each name; its times do not matter to acts."""
    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=day or clock.today(ZONE), status=status, published_at=now, solved_at=now, candidates=2,
        travel_source="estimate", travel_seconds=1200, travel_metres=9000, leaves_at=now, returns_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for position, name in enumerate(names, start=1):
        account = make.make_account(session, rep, name=name, cadence_days=30, tier="A")
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=account.name,
                location=ewkt(*HOME), arrive_at=now, start_at=now, depart_at=now, travel_seconds=600, travel_metres=4500,
                why={"tier": "A", "days_overdue": 12},
            )
        )  # fmt: skip
    session.flush()
    session.refresh(plan)
    return plan


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def day(session, rep):
    return make_day(session, rep)


@pytest.fixture
def phone(login_as, rep):
    return Phone(login_as(rep), rep)


@pytest.fixture
def stops(session, day):
    """The stops as they stand now, by position."""

    def found():
        session.expire_all()
        return list(session.scalars(select(Stop).order_by(Stop.position)))

    return found


@pytest.fixture
def accounts(session, day):
    """Alpha and Beta."""
    from gcrm.customers.models import Account

    return list(session.scalars(select(Account).order_by(Account.name)))
