"""A rep with an account, another rep with one, and those around them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gcrm.core import clock
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make

ZONE = "America/New_York"


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {
        "rep": make.make_user(session, "rep", north, name="Ann Rep"),
        "other": make.make_user(session, "rep", south, name="Bob Other"),
        "manager": make.make_user(session, "manager", north, name="Mary Manager"),
        **{role: make.make_user(session, role) for role in ("planner", "admin", "marketer", "service")},
    }
    return SimpleNamespace(
        **people,
        account=make.make_account(session, people["rep"], name="Mine & Co", cadence_days=30),
        hidden=make.make_account(session, people["other"], name="Theirs"),
    )


@pytest.fixture
def publish(session):
    """`publish(rep, account, published_at)` puts the account on a plan published to the rep."""

    def make_plan(rep, account, published_at=None):
        published = published_at or clock.now()
        plan = DayPlan(rep_id=rep.id, day=published.date(), status="published", published_at=published)
        session.add(plan)
        session.flush()
        moments = dict.fromkeys(("arrive_at", "start_at", "depart_at"), published)
        stop = Stop(
            day_plan_id=plan.id, position=1, account_id=account.id, account_name=account.name, location=account.location,
            travel_seconds=0, travel_metres=0, why={}, **moments,
        )  # fmt: skip
        session.add(stop)
        session.flush()
        return stop

    return make_plan
