"""Several days of one or more reps in one solve: the problem, the days cut out of it, progress and cancel."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.routing import (
    apart,
    check,
    cutting,
    queries,
    run_queries,
    run_services,
    services,
    solver,
    tasks,
    travel,
    week,
)
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, WorkDay
from gcrm.routing.models import PlanRun
from gcrm.visits import services as visits
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)
MONDAY = dt.date(2026, 11, 23)


def workday(day: dt.date, rep: str = "rep@x", **fields) -> WorkDay:
    usual = {
        "starts": dt.time(9),
        "ends": dt.time(17),
        "lunch_from": dt.time(12),
        "lunch_until": dt.time(13),
        "lunch_minutes": 30,
    }
    return WorkDay(rep=rep, day=day, zone=ZONE, home=HOME, **(usual | fields))


def candidate(number: int, **fields) -> Candidate:
    usual = {"minutes": 30, "prize": 50.0, "lon": HOME[0] + 0.01 * number, "lat": HOME[1]}
    return Candidate(account_id=number, name=f"Account {number}", **(usual | fields))


def wish(number: int, days, rep: str = "rep@x", **fields) -> week.Wish:
    own = {name: fields.pop(name) for name in ("group", "prizes", "key") if name in fields}
    return week.Wish(own.pop("key", f"a{number}"), candidate(number, **fields), rep, tuple(days), **own)


def week_of(days: int, first: dt.date = MONDAY) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range(days)]


def solved(span: week.Span, steps: int = 400):
    built = week.build(span)
    full = travel.filled(built.problem)
    solution = solver.solve(full, steps=steps, seed=1)
    check.must_hold(full, solution)
    return built, full, solution, cutting.days(span, built, full, solution)


def test_a_span_is_one_problem_with_a_shift_for_each_rep_and_day():
    on = week_of(3)
    works = (*map(workday, on), workday(on[1], "other@x"))
    problem = week.build(week.Span(works, (wish(1, on), wish(2, [on[1]], "other@x")))).problem
    assert [(shift.rep, shift.day) for shift in problem.shifts] == [
        ("rep@x", 0),
        ("rep@x", 1),
        ("rep@x", 2),
        ("other@x", 1),
    ]
    assert [shift.start - 86_400 * shift.day for shift in problem.shifts] == [9 * 3600] * 4
    first, second = problem.visits
    assert first.shifts == tuple(f"rep@x-{day}" for day in on)
    assert second.shifts == (f"other@x-{on[1]}",)


def test_the_day_after_a_change_of_the_clocks_keeps_its_hours():
    saturday = dt.date(2026, 10, 31)  # in New York the clocks go back in the night to Sunday, November 1
    span = week.Span((workday(saturday), workday(dt.date(2026, 11, 2))), (wish(1, [dt.date(2026, 11, 2)]),))
    later = week.build(span).problem.shifts[1]
    assert later.start == 2 * 86_400 + 3600 + 9 * 3600


def test_opening_hours_of_each_day_become_windows_of_the_span():
    on = week_of(2)
    span = week.Span(tuple(map(workday, on)), (wish(1, on, opening_hours="Mo 10:00-11:00; Tu 14:00-15:00"),))
    (visit,) = week.build(span).problem.visits
    assert visit.windows == ((36_000, 37_800), (86_400 + 50_400, 86_400 + 52_200))


def test_a_cadence_longer_than_the_span_wants_one_visit_and_needs_no_group():
    assert week.groups_of("a1", 28, 5, 30, 7) == (1, None)


def test_a_short_cadence_wants_several_visits_that_stand_apart():
    count, group = week.groups_of("a1", 2, 5, 1, 1)
    assert count == 3
    assert group.at_most == 3
    assert group.min_gap_seconds == 43_200
    assert group.taken == (-43_200,)
    on = week_of(5)
    wishes = [wish(1, on, key=key, group="a1") for key in ("a1", "a1.2", "a1.3")]
    *_, days = solved(week.Span(tuple(map(workday, on)), tuple(wishes), (group,)))
    made = [day.work.day for day in days if day.solution.routes]
    assert len(made) == 3
    assert len(set(made)) == 3


def test_a_fixed_appointment_comes_before_a_must_and_a_must_before_what_is_only_due():
    on = [MONDAY]
    at = clock.at(MONDAY, dt.time(9, 30), ZONE)
    short = workday(MONDAY, ends=dt.time(10, 45), lunch_minutes=0)
    wishes = (wish(1, on, starts_at=at, prize=0.0), wish(2, on, is_must=True, prize=0.0), wish(3, on, prize=500.0))
    *_, (day,) = solved(week.Span((short,), wishes))
    assert {stop.visit for stop in day.solution.routes[0].stops} == {"a1", "a2"}


def test_a_promised_day_is_kept_where_the_bonus_outweighs_the_detour():
    on = week_of(2)
    far = {"lon": HOME[0] + 0.3, "lat": HOME[1], "prize": 100.0}
    free = (wish(1, [on[0]], **far), wish(2, on, **(far | {"lon": HOME[0] + 0.31})))
    *_, days = solved(week.Span(tuple(map(workday, on)), free))
    assert [len(day.solution.routes) for day in days] == [1, 0]
    kept = (free[0], week.Wish("a2", free[1].candidate, "rep@x", tuple(on), prizes={on[1]: 500.0}))
    *_, days = solved(week.Span(tuple(map(workday, on)), kept))
    assert [[stop.visit for stop in day.solution.routes[0].stops] for day in days] == [["a1"], ["a2"]]


def test_each_day_cut_out_of_a_week_holds_by_itself_and_accounts_for_what_it_leaves_out():
    on = week_of(3)
    wishes = [
        wish(number, on, minutes=90, opening_hours="Mo-We 08:00-16:00" if number % 2 else None)
        for number in range(1, 25)
    ]
    _built, _full, solution, days = solved(week.Span(tuple(map(workday, on)), tuple(wishes)))
    assert [check.check(day.problem, day.solution) for day in days] == [[], [], []]
    made = [stop.visit for day in days for route in day.solution.routes for stop in route.stops]
    assert sorted(made) == sorted(stop.visit for route in solution.routes for stop in route.stops)
    assert all(len(made) + len(day.solution.unserved) == 24 for day in days)
    assert sum(day.solution.travel_seconds for day in days) == solution.travel_seconds
    assert all(route.leave < 86_400 for day in days for route in day.solution.routes)


# -- from the database -----------------------------------------------------------------------------------------------


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def monday():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


@pytest.fixture
def quick(monkeypatch):
    """The search in this process with a fixed number of steps; how it goes in another is tested below."""

    def in_place(problem, time_limit, seed, go_on, steps=None):
        assert go_on(0, None)
        return solver.solve(problem, steps=300, seed=seed)

    monkeypatch.setattr(apart, "solve", in_place)


def stock(session, rep, count: int, monday: dt.date) -> None:
    for number in range(count):
        at = (HOME[0] + 0.01 * (number % 7 - 3), HOME[1] + 0.01 * (number // 7 - 2))
        make.make_account(
            session, rep, at=at, tier="ABCD"[number % 4], cadence_days=30, visit_minutes=45,
            last_visited_on=monday - dt.timedelta(days=28 + number),
        )  # fmt: skip


def made(session, reps, first, days) -> PlanRun:
    run = services.request_plans(session, reps, first, days)
    tasks.plan_run(session.principal, run_id=run.id)
    session.expire_all()
    return run_queries.run_by_uuid(session, run.uuid)


def test_a_week_is_planned_in_one_run_without_days_off_and_nobody_is_visited_twice(session, rep, monday, quick):
    stock(session, rep, 40, monday)
    run = made(session, [rep], monday, 7)
    assert run.status == "done"
    assert run.fault is None
    assert [plan.day for plan in run.plans] == week_of(5, monday)
    visited = [stop.account_id for plan in run.plans for stop in plan.stops]
    assert len(visited) == len(set(visited)) >= 30
    assert run.figures["visits"] == len(visited)
    assert run.figures["reps"][rep.email]["visits"] == len(visited)
    assert run.steps
    assert run.value == run.figures["objective"]
    plan = queries.plan_by_uuid(session, run.plans[0].uuid, with_problem=True)
    assert check.check(problems.parse(plan.problem), solutions.parse(plan.solution)) == []
    starts = [stop.start_at.astimezone(dt.UTC) for stop in plan.stops]
    assert starts == sorted(starts)
    assert clock.at(monday, rep.work_starts, ZONE) <= starts[0]
    assert {left.visit_key for left in plan.left_out} <= {one["visit"] for one in plan.solution["unserved"]}


def test_a_team_is_planned_in_one_run_from_each_ones_own_home(session, rep, monday, quick):
    other = make.make_user(session, "rep", home=(-77.5, 40.5))
    stock(session, rep, 10, monday)
    make.make_account(session, other, name="Theirs", at=(-77.5, 40.5), tier="A", cadence_days=7)
    run = made(session, [rep, other], monday, 2)
    stops = {plan.rep_id: set() for plan in run.plans}
    for plan in run.plans:
        stops[plan.rep_id] |= {stop.account_name for stop in plan.stops}
    assert stops[other.id] == {"Theirs"}
    assert len(stops[rep.id]) == 10
    assert run.figures["shifts"] == 4


def test_an_appointment_stands_on_its_day_and_a_task_is_done_by_its_day(session, rep, monday, quick):
    agreed, asked = make.make_account(session, rep, name="agreed"), make.make_account(session, rep, name="asked")
    at = clock.at(monday + dt.timedelta(days=2), dt.time(10), ZONE)
    visits.schedule_visit(session, account=agreed, user=rep, starts_at=at, minutes=45)
    make.make_task(session, asked, rep, title="Bring it", due_on=monday + dt.timedelta(days=1), needs_visit=True)
    run = made(session, [rep], monday, 5)
    days = {stop.account_name: (plan.day - monday).days for plan in run.plans for stop in plan.stops}
    assert days["agreed"] == 2
    assert days["asked"] <= 1
    (stop,) = run.plans[2].stops
    assert stop.start_at == at
    assert stop.is_fixed
    assert stop.visit_id is not None


def test_a_short_cadence_is_visited_several_times_in_a_week(session, rep, monday, quick):
    make.make_account(
        session, rep, name="often", tier="A", cadence_days=2, last_visited_on=monday - dt.timedelta(days=3)
    )
    run = made(session, [rep], monday, 5)
    assert sum(len(plan.stops) for plan in run.plans) == 3
    assert all(len(plan.stops) <= 1 for plan in run.plans)


def test_planning_again_replaces_the_plans_that_nobody_published(session, rep, monday, quick):
    stock(session, rep, 6, monday)
    first = made(session, [rep], monday, 2)
    again = made(session, [rep], monday, 2)
    assert {plan.status for plan in run_queries.run_by_uuid(session, first.uuid).plans} == {"replaced"}
    assert sum(len(plan.stops) for plan in again.plans) == 6


def test_what_somebody_locked_or_gave_a_time_stays_when_the_week_is_planned_again(session, rep, monday, quick):
    stock(session, rep, 8, monday)
    run = made(session, [rep], monday, 2)
    stop = next(stop for plan in run.plans for stop in plan.stops)
    day = stop.day_plan.day
    stop.is_locked, stop.pinned_at = True, clock.at(day, dt.time(15), ZONE)
    session.flush()
    again = made(session, [rep], monday, 2)
    kept = next(s for plan in again.plans for s in plan.stops if s.account_id == stop.account_id)
    assert kept.day_plan.day == day
    assert kept.start_at == clock.at(day, dt.time(15), ZONE)
    assert kept.is_locked
    assert kept.pinned_at == kept.start_at
    assert not kept.is_fixed


def test_a_run_that_is_cancelled_while_it_waits_makes_nothing_and_leaves_older_plans(session, rep, monday, quick):
    stock(session, rep, 4, monday)
    older = made(session, [rep], monday, 1)
    run = services.request_plans(session, [rep], monday, 1)
    run_services.cancel(session, run)
    tasks.plan_run(session.principal, run_id=run.id)
    session.expire_all()
    assert run_queries.run_by_uuid(session, run.uuid).status == "cancelled"
    assert [plan.run_id for plan in queries.plans(session, monday, monday)] == [older.id]


def test_a_run_that_fails_says_so_on_each_of_its_plans(session, rep, monday, monkeypatch):
    monkeypatch.setattr(apart, "solve", lambda *given: 1 / 0)
    run = made(session, [rep], monday, 2)
    assert run.status == "failed"
    assert {(plan.status, plan.fault) for plan in run.plans} == {("failed", tasks.FAULT)}


@pytest.mark.parametrize(("days", "sentence"), [(0, "Between 1 and"), (32, "Between 1 and")])
def test_a_span_of_no_day_or_too_many_is_refused(session, rep, monday, days, sentence):
    with pytest.raises(Invalid, match=sentence):
        services.request_plans(session, [rep], monday, days)


def test_somebody_who_works_on_no_day_of_the_span_is_planned_for_what_was_asked(session, rep, monday):
    saturday = monday + dt.timedelta(days=5)
    run = services.request_plans(session, [rep], saturday, 2)
    assert [plan.day for plan in run_queries.run_by_uuid(session, run.uuid).plans] == [
        saturday,
        saturday + dt.timedelta(days=1),
    ]


def test_a_manager_sees_runs_of_the_own_team_only(session, as_user, monday):
    make.make_organisation(session)
    team = make.make_team(session)
    manager, mine = make.make_user(session, "manager", team), make.make_user(session, "rep", team, home=HOME)
    other = make.make_user(session, "rep", home=HOME)
    theirs = services.request_plans(session, [mine, other], monday, 1)
    with as_user(manager) as acting:
        own = services.request_plans(acting, [mine], monday, 1)
        seen = acting.query(PlanRun.id).all()
    assert [row.id for row in seen] == [own.id]
    assert theirs.id != own.id


# -- in a process of its own -----------------------------------------------------------------------------------------


def large() -> problems.Problem:
    on = week_of(5)
    wishes = tuple(wish(number, on, lat=HOME[1] + 0.003 * (number % 37)) for number in range(1, 200))
    return travel.filled(week.build(week.Span(tuple(map(workday, on)), wishes)).problem)


def test_a_solve_apart_gives_what_the_solver_gives_here():
    on = week_of(1)
    problem = travel.filled(week.build(week.Span((workday(on[0]),), (wish(1, on), wish(2, on)))).problem)
    found = apart.solve(problem, 1.0, 1, lambda steps, value: True, steps=200)
    assert found.routes == solver.solve(problem, steps=200, seed=1).routes


def test_a_solve_that_is_asked_to_stop_ends_long_before_its_time():
    asked = []

    def go_on(steps, value):
        asked.append((steps, value))
        return False

    began = clock.now()
    with pytest.raises(apart.Stopped):
        apart.solve(large(), 60.0, 1, go_on)
    assert (clock.now() - began).total_seconds() < 15
    assert len(asked) == 1


# -- over HTTP and from the command line ----------------------------------------------------------------------------


def test_several_days_over_the_api_are_one_run_with_a_plan_for_each_working_day(session, rep, monday, login_as):
    client = login_as(rep)
    answer = client.post("/api/v1/day-plans", json={"rep": rep.email, "date": monday.isoformat(), "days": 7})
    assert answer.status_code == 202
    assert [item["date"] for item in answer.json["items"]] == [day.isoformat() for day in week_of(5, monday)]
    assert session.query(PlanRun).count() == 1


def test_a_team_over_the_api_can_be_asked_for_watched_and_stopped(session, rep, monday, login_as):
    other = make.make_user(session, "rep", home=HOME)
    client = login_as(make.make_user(session, "planner"))
    asked = client.post(
        "/api/v1/day-plans/runs", json={"reps": [rep.email, other.email], "date": monday.isoformat(), "days": 2}
    )
    assert asked.status_code == 202
    assert len(asked.json["plans"]) == 4
    address = asked.headers["Location"]
    assert client.get(address).json["status"] == "queued"
    assert client.delete(address).json["status"] == "cancelled"
    unknown = client.post("/api/v1/day-plans/runs", json={"reps": ["nobody@x.example"], "date": monday.isoformat()})
    assert unknown.status_code == 404


def test_the_page_asks_for_one_run_of_everybody(session, rep, monday, login_as):
    make.make_user(session, "rep", home=HOME)
    client = login_as(make.make_user(session, "planner"))
    answer = client.post("/plans", data={"rep": "", "day": monday.isoformat(), "days": "5"})
    run = session.query(PlanRun).one()
    assert answer.headers["Location"] == f"/plans/runs/{run.uuid}"
    assert len(run.plans) == 10
    progress = client.get(f"/plans/runs/{run.uuid}/progress").json
    assert progress["state"] == "waiting"
    assert client.post(f"/plans/runs/{run.uuid}/cancel").status_code == 302
    session.expire_all()
    assert session.query(PlanRun).one().status == "cancelled"
