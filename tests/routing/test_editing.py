"""Changing a day by hand: what it costs, which rules it breaks, what is kept of it, and undo."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.routing import check, edit_queries, editing, edits, queries, services, solver
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.edits import BrokenRule, Wanted
from gcrm.routing.models import PlanEdit
from gcrm.routing.problem import Break, Place, Problem, Shift, Travel, Visit
from gcrm.routing.travel import StraightLine
from gcrm.visits import services as visits
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)
HOUR = 3600
MINUTE = 60


def line_problem(*visits_: Visit, lunch: bool = False, end: int = 17 * HOUR) -> Problem:
    """Home at 0 and places 1, 2, 3 ... along a road, ten minutes apart."""
    size = 1 + len(visits_)
    seconds = tuple(tuple(abs(a - b) * 600 for b in range(size)) for a in range(size))
    breaks = (Break(30 * MINUTE, (12 * HOUR, 13 * HOUR)),) if lunch else ()
    shift = Shift("s", 9 * HOUR, end, "rep", 0, 0, 0, breaks)
    places = tuple(Place(40.0, -76.0 + n / 100) for n in range(size))
    return Problem((shift,), visits_, places, Travel(seconds, seconds), cost_per_travel_second=0.01)


def visit(number: int, *windows: tuple[int, int], minutes: int = 30, rank: int = 2) -> Visit:
    return Visit(f"v{number}", number, minutes * MINUTE, windows, 50.0, rank)


def draft(*numbers: int, **fields) -> editing.Draft:
    return editing.Draft(tuple(f"v{n}" for n in numbers), **fields)


THREE = line_problem(visit(1), visit(2), visit(3))


def test_an_order_costs_what_its_drives_take():
    straight, zigzag = editing.attempt(THREE, draft(1, 2, 3)), editing.attempt(THREE, draft(2, 1, 3))
    assert straight.travel == (600, 600, 600, 1800)
    assert zigzag.travel_seconds - straight.travel_seconds == 1200
    assert straight.times.return_at == 9 * HOUR + 3600 + 90 * MINUTE
    assert straight.value == pytest.approx(150 - 36)
    assert straight.faults == ()


def test_a_kept_order_passes_the_checker():
    problem = line_problem(visit(1), visit(2, (14 * HOUR, 15 * HOUR)), lunch=True)
    made = editing.attempt(problem, draft(1, 2))
    from gcrm.routing import cutting

    like = solver.solve(problem, steps=1)
    assert check.check(problem, cutting.rebuilt(problem, (editing.route_of(made),), {}, like)) == []


def test_coming_after_closing_time_is_said_with_when_and_until_when():
    problem = line_problem(visit(1, minutes=120), visit(2, (9 * HOUR, 10 * HOUR)))
    (fault,) = editing.attempt(problem, draft(1, 2)).faults
    assert fault == editing.Fault("closed", "v2", 9 * HOUR + 600 + 120 * MINUTE + 600, 10 * HOUR)
    assert editing.attempt(problem, draft(2, 1)).faults == ()


def test_a_missed_appointment_is_another_fault_than_a_closed_door():
    problem = line_problem(visit(1, minutes=120), visit(2, (10 * HOUR, 10 * HOUR), rank=0))
    (fault,) = editing.attempt(problem, draft(1, 2)).faults
    assert (fault.rule, fault.key, fault.due) == ("appointment", "v2", 10 * HOUR)


def test_a_place_that_is_closed_all_day_is_said_without_a_time():
    problem = line_problem(visit(1), visit(2, (172_800, 172_800)))
    made = editing.attempt(problem, draft(1, 2))
    assert made.faults == (editing.Fault("closed", "v2"),)
    assert made.times is not None


def test_coming_home_late_is_said_with_how_late():
    problem = line_problem(visit(1, minutes=300), visit(2, minutes=300))
    (fault,) = editing.attempt(problem, draft(1, 2)).faults
    assert (fault.rule, fault.at, fault.due) == ("late_home", 9 * HOUR + 600 + 600 + 1200 + 600 * MINUTE, 17 * HOUR)


def test_lunch_that_finds_no_place_in_its_hours_is_said():
    problem = line_problem(visit(1, (9 * HOUR, 9 * HOUR + 600), minutes=360), lunch=True)
    assert [fault.rule for fault in editing.attempt(problem, draft(1)).faults] == ["lunch"]


def test_no_way_to_a_place_is_said():
    seconds = ((0, None), (None, 0))
    problem = Problem(THREE.shifts, (visit(1),), THREE.places[:2], Travel(seconds))
    assert {(fault.rule, fault.key) for fault in editing.attempt(problem, draft(1)).faults} == {("no_way", "v1")}


def test_a_time_that_somebody_said_is_kept_and_waited_for():
    made = editing.attempt(THREE, draft(1, 2, 3, pins={"v2": 13 * HOUR}))
    assert [times.start for times in made.times.stops][1] == 13 * HOUR
    assert made.times.stops[2].start == 13 * HOUR + 30 * MINUTE + 600
    outside = line_problem(visit(1, (9 * HOUR, 10 * HOUR)))
    assert editing.attempt(outside, draft(1, pins={"v1": 11 * HOUR})).faults == (
        editing.Fault("closed", "v1", 11 * HOUR),
    )


def test_a_stop_dragged_to_a_time_finds_its_place_in_the_order():
    current = editing.attempt(THREE, draft(1, 2, 3))  # v1 9:10-9:40, v2 9:50-10:20, v3 10:30-11:00
    places = [
        editing.place_at(draft(1, 2, 3), current, "v3", at) for at in (9 * HOUR, 9 * HOUR + 30 * MINUTE, 11 * HOUR)
    ]
    assert places == [0, 1, 2]


def test_a_further_visit_goes_where_it_costs_least_and_breaks_nothing():
    assert editing.best_place(THREE, draft(1, 3), "v2") == 1
    early = line_problem(visit(1), visit(2), visit(3, (9 * HOUR, 9 * HOUR + 1800)))
    assert editing.best_place(early, draft(1, 2), "v3") == 0


@pytest.mark.parametrize(
    ("change", "order"),
    [
        (editing.Change("moved", "v3", to=0), ("v3", "v1", "v2")),
        (editing.Change("dropped", "v2"), ("v1", "v3")),
        (editing.Change("added", "v4", to=1), ("v1", "v4", "v2", "v3")),
        (editing.Change("locked", "v2"), ("v1", "v2", "v3")),
    ],
)
def test_a_change_changes_the_order_and_nothing_else(change, order):
    assert editing.changed(draft(1, 2, 3), change).order == order


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (editing.Change("moved", "v9", to=0), Conflict),
        (editing.Change("added", "v1", to=0), Conflict),
        (editing.Change("moved", "v2", to=7), Invalid),
        (editing.Change("timed", "v2"), Invalid),
        (editing.Change("eaten", "v2"), Invalid),
        (editing.Change("moved", "v1", to=2), Conflict),
        (editing.Change("moved", "v3", to=0), Invalid),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change, kind):
    with pytest.raises(kind):
        editing.changed(draft(1, 2, 3, done=1), change)


def test_a_new_place_is_joined_with_its_drives():
    near = line_problem(visit(1))
    wider = editing.joined(near, Visit("x", 0, 60), Place(40.0, -76.1), StraightLine())
    assert wider.travel.seconds[0][1] == 600
    assert wider.travel.seconds[0][2] == StraightLine().travel((near.places[0], Place(40.0, -76.1))).seconds[0][1]
    assert wider.visits[-1].place == 2
    assert problems.parse(problems.dump(wider)) == wider


# -- in the database -------------------------------------------------------------------------------------------------


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def day():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


def planned(session, rep, day, count: int = 8, **fields):
    """A plan of some accounts along a street, with the last of them left out by their distance."""
    for number in range(count):
        make.make_account(
            session, rep, at=(HOME[0] + 0.02 * (number + 1), HOME[1]), name=f"Shop {day.day}-{number}", tier="A", cadence_days=30,
            last_visited_on=day - dt.timedelta(days=40), **fields,
        )  # fmt: skip
    plan = services.request_plan(session, rep, day, queue=False)
    given, problem = services.begin(session, plan)
    full = services.with_travel(problem)
    services.save_plan(session, plan, given, full, solver.solve(full, steps=300, seed=1))
    session.expire_all()
    return edit_queries.plan_by_id(session, plan.id)


def holds(plan) -> bool:
    return check.check(problems.parse(plan.problem), solutions.parse(plan.solution)) == []


def keys(plan) -> list[str]:
    return [stop.visit_key for stop in plan.stops]


def test_moving_a_stop_is_checked_kept_and_recorded_with_its_cost(session, rep, day):
    plan = planned(session, rep, day)
    order, driving = keys(plan), plan.travel_seconds
    edit, trial = edits.change(session, plan, Wanted("moved", order[0], to=3))
    plan = edit_queries.plan_by_id(session, plan.id)
    assert keys(plan) == [*order[1:4], order[0], *order[4:]]
    assert [stop.position for stop in plan.stops] == list(range(1, len(order) + 1))
    assert plan.travel_seconds - driving == trial.travel_seconds == edit.said["travel_seconds"] > 0
    assert holds(plan)
    assert plan.solution["engine"].endswith("changed by hand")
    assert [stop.start_at for stop in plan.stops] == sorted(stop.start_at for stop in plan.stops)
    assert not edit.was_published


def test_trying_writes_nothing_and_answers_within_300_milliseconds(session, rep, day):
    plan = planned(session, rep, day, 30)
    before = keys(plan)
    edits.tried(session, plan, Wanted("moved", before[0], to=2))
    began = time.perf_counter()
    trial = edits.tried(session, edit_queries.plan_by_id(session, plan.id), Wanted("moved", before[0], to=4))
    assert time.perf_counter() - began < 0.3
    assert trial.travel_seconds > 0
    assert keys(edit_queries.plan_by_id(session, plan.id)) == before
    assert session.query(PlanEdit).count() == 0


def test_dropping_a_stop_puts_it_among_those_left_out_and_undo_puts_it_back(session, rep, day):
    plan = planned(session, rep, day)
    order, gone = keys(plan), plan.stops[2]
    edits.change(session, plan, Wanted("dropped", gone.visit_key))
    plan = edit_queries.plan_by_id(session, plan.id)
    assert gone.visit_key not in keys(plan)
    assert holds(plan)
    assert [(left.account_id, left.reason) for left in plan.left_out if left.reason == "dropped"] == [
        (gone.account_id, "dropped")
    ]
    edits.undo(session, plan)
    plan = edit_queries.plan_by_id(session, plan.id)
    assert keys(plan) == order
    assert holds(plan)
    assert [left for left in plan.left_out if left.reason == "dropped"] == []
    assert [stop.account_name for stop in plan.stops][2] == gone.account_name
    with pytest.raises(Conflict, match="nothing to undo"):
        edits.undo(session, plan)


def test_an_own_account_that_nobody_thought_of_can_be_added(session, rep, day):
    plan = planned(session, rep, day, 4)
    other = make.make_account(session, rep, at=(HOME[0] + 0.03, HOME[1]), name="Nobody thought of it")
    assert [account.name for account, _ in edits.addable(session, plan, "thought")] == [other.name]
    _, trial = edits.change(session, plan, Wanted("added", account=other.uuid))
    plan = edit_queries.plan_by_id(session, plan.id)
    added = next(stop for stop in plan.stops if stop.account_id == other.id)
    assert holds(plan)
    assert added.travel_seconds > 0
    assert 0 <= trial.travel_seconds <= 2
    edits.undo(session, plan)
    plan = edit_queries.plan_by_id(session, plan.id)
    assert other.id not in [stop.account_id for stop in plan.stops]
    assert holds(plan)


def test_a_change_that_breaks_a_rule_is_refused_and_says_which(session, rep, day):
    plan = planned(session, rep, day, opening_hours="Mo-Fr 08:00-12:30")
    before = keys(plan)
    with pytest.raises(BrokenRule) as caught:
        edits.change(session, plan, Wanted("timed", before[0], at=16 * HOUR))
    assert {fault.rule for fault in caught.value.trial.faults} >= {"closed"}
    assert keys(edit_queries.plan_by_id(session, plan.id)) == before


def test_a_pinned_and_a_locked_stop_stay_when_the_day_is_planned_again(session, rep, day):
    plan = planned(session, rep, day)
    first, second = plan.stops[0], plan.stops[1]
    edits.change(session, plan, Wanted("timed", first.visit_key, at=15 * HOUR))
    edits.change(session, plan, Wanted("locked", second.visit_key))
    given = {c.account_id: c for c in queries.day_input(session, rep, day).candidates}
    at = clock.at(day, dt.time(15), ZONE)
    assert given[first.account_id].starts_at == at == given[first.account_id].pinned_at
    assert given[second.account_id].is_must
    assert given[second.account_id].is_locked


def test_an_appointment_cannot_be_dropped_from_its_day(session, rep, day):
    account = make.make_account(session, rep, at=(HOME[0] + 0.05, HOME[1]), name="Agreed")
    visits.schedule_visit(session, account=account, user=rep, starts_at=clock.at(day, dt.time(10), ZONE), minutes=30)
    plan = planned(session, rep, day, 3)
    fixed = next(stop for stop in plan.stops if stop.is_fixed)
    with pytest.raises(Invalid, match="Agreed is agreed for this day"):
        edits.change(session, plan, Wanted("dropped", fixed.visit_key))


def test_a_stop_that_is_over_stays_where_it_is(session, rep, day):
    plan = planned(session, rep, day)
    plan.stops[0].status = "done"
    session.flush()
    order = keys(plan)
    with pytest.raises(Conflict, match="over or begun"):
        edits.change(session, plan, Wanted("moved", order[0], to=2))
    edits.change(session, plan, Wanted("moved", order[3], to=1))
    assert keys(edit_queries.plan_by_id(session, plan.id))[0] == order[0]


def test_a_change_of_a_published_plan_says_that_it_was_published(session, rep, day):
    plan = planned(session, rep, day)
    services.publish(session, plan)
    edit, _ = edits.change(session, plan, Wanted("moved", keys(plan)[0], to=1))
    assert edit.was_published
    assert edit_queries.plan_by_id(session, plan.id).status == "published"


def test_a_stop_moves_to_another_day_and_undo_takes_it_back_on_both(session, rep, day):
    monday = planned(session, rep, day, 4)
    tuesday = planned(session, rep, day + dt.timedelta(days=1), 4)
    moved = monday.stops[1]
    name, account_id = moved.account_name, moved.account_id
    gone, come = edits.hand_over(session, monday, moved.visit_key, tuesday)
    monday, tuesday = edit_queries.plan_by_id(session, monday.id), edit_queries.plan_by_id(session, tuesday.id)
    assert gone.travel_seconds <= 0 <= come.travel_seconds
    assert account_id not in [stop.account_id for stop in monday.stops]
    assert name in [stop.account_name for stop in tuesday.stops]
    assert holds(monday)
    assert holds(tuesday)
    edits.undo(session, tuesday)
    monday, tuesday = edit_queries.plan_by_id(session, monday.id), edit_queries.plan_by_id(session, tuesday.id)
    assert name in [stop.account_name for stop in monday.stops]
    assert account_id not in [stop.account_id for stop in tuesday.stops]
    assert holds(monday)
    assert holds(tuesday)


def test_a_stop_that_does_not_fit_on_the_other_day_stays_on_its_own(session, rep, day):
    monday = planned(session, rep, day, 3, opening_hours="Mo 08:00-18:00")
    tuesday = planned(session, rep, day + dt.timedelta(days=1), 3)
    before = keys(monday)
    with pytest.raises(BrokenRule):
        edits.hand_over(session, monday, before[0], tuesday)
    assert keys(edit_queries.plan_by_id(session, monday.id)) == before


def test_a_manager_of_another_team_cannot_touch_the_plan(session, as_user, rep, day):
    plan = planned(session, rep, day, 3)
    stranger = make.make_user(session, "manager", make.make_team(session))
    from gcrm.core.errors import NotFound

    with as_user(stranger) as acting, pytest.raises(NotFound):
        edit_queries.plan_by_id(acting, plan.id)
