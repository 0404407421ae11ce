"""Bringing accounts into a day: into its plan, or as visits that its plan will find."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from gcrm.core.errors import Invalid
from gcrm.routing import candidate_services as candidates
from gcrm.routing import edit_queries
from gcrm.visits.models import Task
from tests import factories as make
from tests.company import make_half


@pytest.fixture
def half(session):
    make.make_organisation(session)
    return make_half(session, "")


def test_accounts_come_into_a_plan_where_they_cost_least(session, as_user, half):
    far = make.make_account(session, half.rep, at=None, name="Nowhere")
    with as_user(half.rep) as own:
        ids = [half.parent.id, half.account.id, far.id]
        done = candidates.bring_into_day(own, half.rep, half.ready.day, ids, "Visit")
        assert (done.added, done.there, done.left) == ([half.parent.name], [half.account.name], ["Nowhere"])
        assert done.plan is not None
        stops = edit_queries.plan_by_id(own, done.plan.id).stops
        assert {stop.account_id for stop in stops} == {half.account.id, half.parent.id}


def test_a_day_without_a_plan_gets_visits_to_plan(session, as_user, half):
    day = half.ready.day + dt.timedelta(days=30)
    with as_user(half.rep) as own:
        done = candidates.bring_into_day(own, half.rep, day, [half.parent.id], "Visit")
        assert (done.plan, done.added) == (None, [half.parent.name])
        task = own.scalar(select(Task).where(Task.due_on == day))
        assert (task.title, task.needs_visit, task.account_id) == ("Visit", True, half.parent.id)


def test_a_day_holds_so_many(session, half):
    with pytest.raises(Invalid, match="At most 40"):
        candidates.bring_into_day(session, half.rep, half.ready.day, list(range(41)), "Visit")
