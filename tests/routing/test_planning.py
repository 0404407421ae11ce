"""A rep's day from the database to a checked plan."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.routing import check, queries, services, tasks
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.visits import services as visits
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def day():
    """The next Monday, so that the shift lies wholly ahead."""
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


def near(number: int) -> tuple[float, float]:
    return HOME[0] + 0.01 * (number % 7 - 3), HOME[1] + 0.01 * (number // 7 - 2)


def candidates(session, rep, day):
    given = queries.day_input(session, rep, day)
    return {c.name: c for c in given.candidates}


def planned(session, rep, day, **options):
    plan = services.request_plan(session, rep, day, **options)
    tasks.plan_day(session.principal, plan_id=plan.id)
    session.expire_all()
    return queries.plan_by_uuid(session, plan.uuid, with_problem=True)


def test_what_is_due_becomes_a_candidate_and_what_is_not_does_not(session, rep, day):
    make.make_account(session, rep, name="due", tier="A", cadence_days=30, last_visited_on=day - dt.timedelta(days=42))
    make.make_account(
        session, rep, name="early", tier="A", cadence_days=30, last_visited_on=day - dt.timedelta(days=10)
    )
    make.make_account(session, rep, name="never", tier="B", cadence_days=30)
    make.make_account(session, rep, name="no cadence")
    make.make_account(session, rep, name="former", status="former", cadence_days=1)
    make.make_account(session, make.make_user(session), name="somebody else's", cadence_days=1)
    found = candidates(session, rep, day)
    assert set(found) == {"due", "never"}
    assert found["due"].why == {"tier": "A", "days_overdue": 12}
    assert found["due"].prize == pytest.approx(100 * (1 + 12 / 30))
    assert found["never"].why == {"tier": "B", "never": True}


def test_an_appointment_of_the_day_is_fixed_and_a_task_that_needs_a_visit_is_a_must(session, rep, day):
    first, second = make.make_account(session, rep, name="first"), make.make_account(session, rep, name="second")
    at = clock.at(day, dt.time(10), ZONE)
    visits.schedule_visit(session, account=first, user=rep, starts_at=at, minutes=45)
    make.make_task(session, second, rep, title="Bring the sample", due_on=day, needs_visit=True)
    found = candidates(session, rep, day)
    assert found["first"].starts_at == at
    assert found["first"].minutes == 45
    assert found["first"].why["appointment"] == "10:00"
    assert found["second"].is_must
    assert found["second"].why["task"] == "Bring the sample"


def test_an_account_without_a_place_is_left_out_and_listed(session, rep, day):
    make.make_account(session, rep, name="somewhere", at=None, cadence_days=7)
    plan = planned(session, rep, day)
    assert [(left.account_name, left.reason) for left in plan.left_out] == [("somewhere", "unplaced")]


def test_a_plan_is_checked_saved_and_accounts_for_every_candidate(session, rep, day):
    for number in range(40):
        make.make_account(
            session, rep, at=near(number), tier="ABCD"[number % 4], cadence_days=30, opening_hours="Mo-Fr 08:00-17:00",
            last_visited_on=day - dt.timedelta(days=25 + number),
        )  # fmt: skip
    plan = planned(session, rep, day)
    assert plan.status == "ready"
    assert plan.travel_source == "estimate"
    assert check.check(problems.parse(plan.problem), solutions.parse(plan.solution)) == []
    assert len(plan.stops) + len(plan.left_out) == plan.candidates == 40
    assert len(plan.stops) >= 8
    starts = [stop.start_at for stop in plan.stops]
    assert starts == sorted(starts)
    assert all(stop.why["tier"] for stop in plan.stops)
    assert plan.leaves_at >= clock.at(day, rep.work_starts, ZONE)
    assert plan.returns_at <= clock.at(day, rep.work_ends, ZONE)


def test_publishing_replaces_the_days_older_plan(session, rep, day):
    make.make_account(session, rep, cadence_days=7)
    first = planned(session, rep, day)
    services.publish(session, first)
    second = planned(session, rep, day)
    services.publish(session, second)
    session.expire_all()
    assert queries.published_plan(session, rep.id, day).id == second.id
    assert queries.plan_by_uuid(session, first.uuid).status == "replaced"


def test_a_plan_that_is_not_ready_cannot_be_published(session, rep, day):
    with pytest.raises(Conflict):
        services.publish(session, services.request_plan(session, rep, day))


def test_an_account_on_tomorrows_plan_is_no_candidate_for_the_day_after(session, rep, day):
    make.make_account(session, rep, name="once", cadence_days=7)
    services.publish(session, planned(session, rep, day))
    assert candidates(session, rep, day + dt.timedelta(days=1)) == {}


@pytest.mark.parametrize("shift", [-1, 500])
def test_a_day_that_is_past_or_far_ahead_is_refused(session, rep, shift):
    with pytest.raises(Invalid, match="Choose a day"):
        services.request_plan(session, rep, clock.today(ZONE) + dt.timedelta(days=shift))


def test_only_reps_are_planned(session, day):
    make.make_organisation(session)
    with pytest.raises(Invalid, match="is no rep"):
        services.request_plan(session, make.make_user(session, "manager"), day)


def test_a_manager_sees_and_plans_the_own_teams_reps_only(session, as_user, day):
    make.make_organisation(session)
    team = make.make_team(session)
    manager, mine = make.make_user(session, "manager", team), make.make_user(session, "rep", team, home=HOME)
    other = make.make_user(session, "rep", home=HOME)
    theirs = planned(session, other, day)
    with as_user(manager) as acting:
        assert queries.plans(acting, day, day) == []
        services.request_plan(acting, mine, day)
        assert len(queries.plans(acting, day, day)) == 1
    assert theirs.status == "ready"
