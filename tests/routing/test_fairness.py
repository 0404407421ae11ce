"""Fair shares: how they are measured, what closer ones cost, and how a colleague comes to another's account."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from dataclasses import replace
from random import Random

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.customers import queries as customers
from gcrm.customers import services as accounts
from gcrm.customers.models import Account, AccountShare
from gcrm.routing import apart, check, fair_pages, fair_shares, queries, run_queries, services, solver, tasks
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.assign import days as assigning
from gcrm.routing.assign import fairness, pool
from gcrm.routing.fair_shares import Wanted
from gcrm.routing.models import DayPlan, PlanRun, Stop
from gcrm.routing.problem import Problem, Rep
from gcrm.routing.solution import Solution
from gcrm.visits import services as visits
from tests import factories as make
from tests.routing.instances import road, shift, visit

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


# -- measures --------------------------------------------------------------------------------------------------------


def test_the_spread_is_the_distance_of_the_extremes_over_the_mean():
    # Loads 0.5, 0.75 and 1.0 of equal hours: (1.0 - 0.5) / 0.75.
    assert fairness.spread([(100, 50), (100, 75), (100, 100)]) == pytest.approx(2 / 3)


def test_who_has_half_the_hours_is_even_with_half_the_work():
    assert fairness.spread([(100, 60), (50, 30)]) == 0.0
    assert fairness.gini([(100, 60), (50, 30)]) == 0.0


def test_gini_is_known_for_two_of_whom_one_does_everything():
    # Half the mean difference |1 - 0| over all four ordered pairs is 1/4, over the mean of 1/2.
    assert fairness.gini([(100, 100), (100, 0)]) == pytest.approx(0.5)


def test_nobody_at_work_is_even_and_who_has_no_hours_does_not_count():
    assert fairness.spread([(100, 0), (100, 0)]) == 0.0
    assert fairness.spread([]) == 0.0
    assert fairness.spread([(100, 50), (100, 50), (0, 0)]) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_measures_do_not_change_with_the_unit_or_the_order(seed):
    random = Random(seed)
    amounts = [(random.randint(1, 50), random.uniform(0, 10)) for _ in range(6)]
    doubled = [(3 * weight, 7 * amount) for weight, amount in reversed(amounts)]
    assert fairness.spread(doubled) == pytest.approx(fairness.spread(amounts))
    assert fairness.gini(doubled) == pytest.approx(fairness.gini(amounts))
    assert 0 <= fairness.gini(amounts) < 1


def two_reps(*visits, **more) -> Problem:
    shifts = [shift("a", rep="ann"), shift("b", rep="bob", **{"from": 5, "to": 5})]
    return problems.parse(
        {"version": 1, "travel": road(6), "shifts": shifts, "visits": list(visits), "cost_per_travel_second": 0.001}
        | more
    )


def test_hours_are_those_of_the_shifts_or_what_a_bound_allows():
    assert fairness.available(two_reps()) == {"ann": 10_000, "bob": 10_000}
    bounded = two_reps(reps=[{"id": "bob", "max_work_seconds": 4000}])
    assert fairness.available(bounded) == {"ann": 10_000, "bob": 4000}


def test_a_cap_never_loosens_a_bound_that_is_there():
    problem = two_reps(reps=[{"id": "bob", "max_work_seconds": 2000, "max_visits": 3}])
    capped = fairness.capped(problem, {"ann": 10_000, "bob": 10_000}, 0.5)
    assert capped.reps == (Rep("ann", max_work_seconds=5000), Rep("bob", max_work_seconds=2000, max_visits=3))


# -- the price -------------------------------------------------------------------------------------------------------


def solved(problem: Problem) -> tuple[Problem, Solution]:
    solution = solver.solve(problem, steps=30_000, seed=1)
    check.must_hold(problem, solution)
    return problem, solution


def lopsided(seed: int, shared: bool, count: int = 24) -> Problem:
    """Two reps at the ends of a line; three quarters of the visits lie with the first."""
    random = Random(seed)
    places = [(0.0, 0.0), (20.0, 0.0)]
    made = []
    for v in range(count):
        first = v % 4 != 0
        places.append((random.gauss(0 if first else 20, 3), random.gauss(0, 3)))
        own = ["a0", "a1"] if first else ["b0", "b1"]
        made.append(
            {"id": f"v{v}", "place": v + 2, "duration": 1800, "prize": random.choice([30, 50, 70]),
             "shifts": ["a0", "a1", "b0", "b1"] if shared else own}
        )  # fmt: skip
    seconds = [[0 if p is q else round(60 * (3 + 2 * math.dist(p, q))) for q in places] for p in places]
    shifts = [
        {"id": f"{rep[0]}{day}", "rep": rep, "day": day, "from": home, "to": home, "start": 86_400 * day, "end": 86_400 * day + 28_800}
        for rep, home in (("ann", 0), ("bob", 1)) for day in range(2)
    ]  # fmt: skip
    return problems.parse(
        {"version": 1, "travel": {"seconds": seconds}, "shifts": shifts, "visits": made, "cost_per_travel_second": 0.01}
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_spread_really_falls_and_each_price_is_that_of_its_own_plan(seed):
    problem = lopsided(seed, shared=True)
    free, *levels = fairness.price(problem, solved)
    assert free.level is None
    assert free.shares.spread > 0.2  # otherwise the instance shows nothing
    assert [one.level for one in levels] == [0.2, 0.1, 0.05]
    for one in (free, *levels):
        assert check.check(one.problem, one.solution) == []
        # The shares again, from the routes alone.
        work = {"ann": 0, "bob": 0}
        for route in one.solution.routes:
            work["ann" if route.shift[0] == "a" else "bob"] += route.return_at - route.leave
        assert {share.rep: share.work_seconds for share in one.shares.reps} == work
        assert one.shares.spread == pytest.approx(abs(work["ann"] - work["bob"]) / (sum(work.values()) / 2))
    for one in levels:
        assert one.is_reached
        assert one.shares.spread <= one.level
    values = [one.solution.objective for one in (free, *levels)]
    assert values == sorted(values, reverse=True)  # closer shares are never cheaper


def test_what_is_even_already_costs_nothing_and_is_solved_once():
    asked = []

    def count(problem):
        asked.append(problem)
        return solved(problem)

    problem = two_reps(visit("v1", 1), visit("v2", 4))
    free, *levels = fairness.price(problem, count)
    assert free.shares.spread == 0
    assert len(asked) == 1
    assert all(one.is_reached and one.solution is free.solution for one in levels)


def test_with_own_accounts_closer_shares_only_take_away_and_whoever_has_less_to_do_is_named():
    problem = lopsided(1, shared=False)
    free, *levels = fairness.price(problem, solved)
    assert fairness.with_less_to_do(problem, free) == ["bob"]
    near = levels[-1]
    assert near.is_reached
    assert near.solution.prize < free.solution.prize
    bob = [{share.rep: share.work_seconds for share in one.shares.reps}["bob"] for one in (free, near)]
    assert bob[1] <= bob[0] + 1  # nobody gave bob anything


def test_a_must_visit_is_not_given_up_for_evenness():
    # Ann alone may make three long must-visits; bob has one short visit: no cap below ann's hours keeps them.
    must = [visit(f"m{n}", 1, duration=2500, rank=1, shifts=["a"]) for n in range(3)]
    problem = two_reps(*must, visit("v", 4, duration=600, shifts=["b"]))
    free, *levels = fairness.price(problem, solved)
    assert not any(one.is_reached for one in levels)
    for one in (free, *levels):
        served = {stop.visit for route in one.solution.routes for stop in route.stops}
        assert {"m0", "m1", "m2"} <= served


def test_who_makes_which_visit_is_asked_where_a_cap_alone_does_not_do_it():
    problem = lopsided(1, shared=True)
    given = []

    def lazy(one: Problem) -> tuple[Problem, Solution]:
        """A solver that leaves everything to ann unless it is told otherwise."""
        rep_of = {each.id: each.rep for each in one.shifts}
        narrow = replace(
            one, visits=tuple(
                v if not v.shifts or {rep_of[s] for s in v.shifts} == {"bob"}
                else replace(v, shifts=tuple(s for s in v.shifts if rep_of[s] == "ann"))
                for v in one.visits
            ),
        )  # fmt: skip
        return one, solver.solve(narrow, steps=20_000, seed=1)

    def suggest(one: Problem, level: float) -> Problem:
        given.append(level)
        return assigning.restricted(one, assigning.assign(one, balance=level, steps=1.0))

    levels = fairness.price(problem, lazy, (0.2,), suggest)
    assert given == [0.2]
    assert levels[1].is_reached
    assert levels[1].shares.spread <= 0.2


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.1])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(Invalid, match="between 0 and 1"):
        fairness.price(two_reps(), solved, (level,))


# -- in plans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"visits_by": "all"}, {"shares": "33"}, {"shares": "0.1"}])
def test_words_that_are_no_choice_are_refused(given):
    with pytest.raises(Invalid, match="from the lists"):
        fair_shares.read(given)


def test_choices_come_back_from_the_options_of_a_run():
    for wanted in (Wanted(), Wanted("team"), Wanted("team", "10"), Wanted("own", "any")):
        assert fair_shares.read(wanted.as_options()) == wanted
    assert Wanted().as_options() == {}
    assert (Wanted("own", "10").level, Wanted("own", "any").level) == (0.1, None)


@pytest.fixture
def team(session):
    make.make_organisation(session)
    return make.make_team(session)


@pytest.fixture
def manager(session, team):
    return make.make_user(session, "manager", team)


@pytest.fixture
def ann(session, team):
    return make.make_user(session, "rep", team, home=HOME, email="ann@x.example")


@pytest.fixture
def bob(session, team):
    return make.make_user(session, "rep", team, home=(HOME[0] + 0.05, HOME[1]), email="bob@x.example")


@pytest.fixture
def monday():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


@pytest.fixture
def quick(monkeypatch):
    """The search in this process with a fixed number of steps."""

    def in_place(problem, time_limit, seed, go_on, steps=None):
        assert go_on(0, None)
        return solver.solve(problem, steps=8000, seed=seed)

    class InPlace:
        def __init__(self, go_on):
            self.go_on = go_on

        def solve(self, problem, time_limit, seed, steps=None):
            return in_place(problem, time_limit, seed, self.go_on)

        def balanced(self, problem, level):
            return assigning.restricted(problem, assigning.assign(problem, level, steps=0.5))

        def recombined(self, problem, solutions):
            return pool.recombined(problem, solutions, steps=0.2)

    monkeypatch.setattr(apart, "solve", in_place)
    monkeypatch.setattr(apart, "planner", lambda go_on: contextlib.nullcontext(InPlace(go_on)))


def stock(session, owner, count: int, monday: dt.date) -> list[Account]:
    return [
        make.make_account(
            session, owner, at=(HOME[0] + 0.01 * (number % 6), HOME[1] + 0.01 * (number // 6)), tier="ABCD"[number % 4],
            cadence_days=30, visit_minutes=45, last_visited_on=monday - dt.timedelta(days=40 + number),
        )
        for number in range(count)
    ]  # fmt: skip


def made(session, reps, monday, wanted: Wanted, days: int = 1) -> PlanRun:
    run = services.request_plans(session, reps, monday, days, wanted=wanted)
    tasks.plan_run(session.principal, run_id=run.id)
    session.expire_all()
    done = run_queries.run_by_uuid(session, run.uuid)
    assert (done.status, done.fault) == ("done", None)
    return done


def stops_of(run: PlanRun) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for plan in run.plans:
        found.setdefault(plan.rep.email, set()).update(stop.account_id for stop in plan.stops)
    return found


def test_own_accounts_stay_with_their_rep_and_shared_ones_go_to_the_colleague(session, ann, bob, monday, quick):
    own = {account.id for account in stock(session, ann, 16, monday)}
    alone = made(session, [ann, bob], monday, Wanted())
    assert stops_of(alone)[bob.email] == set()
    together = made(session, [ann, bob], monday, Wanted("team"))
    stops = stops_of(together)
    assert stops[ann.email] | stops[bob.email] <= own
    assert not stops[ann.email] & stops[bob.email]
    assert len(stops[ann.email] | stops[bob.email]) > len(stops_of(alone)[ann.email])
    for plan in together.plans:
        whole = queries.plan_by_uuid(session, plan.uuid, with_problem=True)
        assert check.check(problems.parse(whole.problem), solutions.parse(whole.solution)) == []
    # What is left out is told on its own rep's day.
    assert {len(plan.left_out) > 0 for plan in together.plans if plan.rep_id == bob.id} == {False}


def test_appointments_tasks_and_what_is_kept_stay_with_their_rep(session, ann, bob, monday, quick):
    agreed, asked, kept = (
        make.make_account(session, ann, name=name, cadence_days=9) for name in ("agreed", "asked", "kept")
    )
    at = clock.at(monday, dt.time(10), ZONE)
    visits.schedule_visit(session, account=agreed, user=ann, starts_at=at, minutes=45)
    make.make_task(session, asked, ann, title="Bring it", due_on=monday, needs_visit=True)
    first = made(session, [ann, bob], monday, Wanted())
    stop = next(s for plan in first.plans for s in plan.stops if s.account_id == kept.id)
    stop.is_locked = True
    session.flush()
    # Bob lives nearer to none, but has all day; ann's day is nearly over.
    ann.work_ends = dt.time(14)
    run = made(session, [ann, bob], monday, Wanted("team"))
    assert stops_of(run)[ann.email] >= {agreed.id, asked.id, kept.id}
    assert stops_of(run)[bob.email] == set()


def test_where_it_comes_to_the_same_the_own_rep_goes(session, ann, bob, monday, quick):
    bob.home = ann.home
    session.flush()
    # Two places on opposite sides of the one home: whoever goes where, the driving is the same.
    west = make.make_account(session, bob, at=(HOME[0] - 0.1, HOME[1]), tier="A", cadence_days=30)
    east = make.make_account(session, ann, at=(HOME[0] + 0.1, HOME[1]), tier="A", cadence_days=30)
    run = made(session, [ann, bob], monday, Wanted("team", "20"))
    assert stops_of(run) == {ann.email: {east.id}, bob.email: {west.id}}
    assert run.figures["candidates"] == 2


def test_a_visit_by_a_colleague_is_one_visit_in_the_plan_and_left_out_once(session, ann, bob, monday, quick):
    stock(session, ann, 30, monday)
    run = made(session, [ann, bob], monday, Wanted("team"))
    made_stops = [stop.account_id for plan in run.plans for stop in plan.stops]
    left = [one.account_id for plan in run.plans for one in plan.left_out]
    assert len(made_stops) == len(set(made_stops))
    assert not set(made_stops) & set(left)
    assert len(left) == len(set(left))
    assert run.figures["candidates"] == 30


def test_who_is_in_no_team_with_another_shares_nothing_and_is_told(session, monday):
    make.make_organisation(session)
    reps = [make.make_user(session, "rep", make.make_team(session), home=HOME) for _ in range(2)]
    with pytest.raises(Invalid, match="None of these reps is in a team with another"):
        services.request_plans(session, reps, monday, 1, wanted=Wanted("team"))


def test_another_team_does_not_get_the_accounts(session, ann, bob, monday, quick):
    stranger = make.make_user(session, "rep", make.make_team(session), home=HOME)
    stock(session, ann, 30, monday)
    run = made(session, [ann, bob, stranger], monday, Wanted("team"))
    assert stops_of(run)[stranger.email] == set()
    assert stops_of(run)[bob.email]


def test_the_colleague_sees_a_lent_account_until_its_day_is_over(session, as_user, ann, bob, manager, monday, quick):
    own = stock(session, ann, 16, monday)
    with as_user(bob) as acting:
        assert acting.query(Account.id).count() == 0
    with as_user(manager) as acting:
        run = made(acting, [acting.merge(ann), acting.merge(bob)], monday, Wanted("team"))
    lent = stops_of(run)[bob.email]
    assert lent
    with as_user(bob) as acting:
        assert {row.id for row in acting.query(Account.id)} == lent
        assert {row.account_id for row in acting.query(Stop.account_id)} == lent
    with as_user(ann) as acting:
        assert acting.query(Account.id).count() == len(own)
    session.query(AccountShare).update({"until": clock.today(ZONE) - dt.timedelta(days=3)})
    with as_user(bob) as acting:
        assert acting.query(Account.id).count() == 0
        assert acting.query(Stop.id).count() == 0
    for account in own:
        assert customers.shared_with(session, account) == []


def test_what_a_later_plan_does_not_visit_goes_back_and_what_was_shared_for_good_stays(
    session, ann, bob, monday, quick
):
    own = stock(session, ann, 16, monday)
    run = made(session, [ann, bob], monday, Wanted("team"))
    for_good = next(account for account in own if account.id in stops_of(run)[bob.email])
    accounts.share_account(session, for_good, bob)
    made(session, [ann, bob], monday, Wanted())
    assert [(row.account_id, row.until) for row in session.query(AccountShare)] == [(for_good.id, None)]


def test_what_a_colleague_visits_on_a_day_ahead_is_not_planned_again_for_its_owner(session, ann, bob, monday, quick):
    stock(session, ann, 16, monday)
    run = made(session, [ann, bob], monday, Wanted("team"))
    lent = stops_of(run)[bob.email]
    tuesday = queries.day_input(session, ann, monday + dt.timedelta(days=1))
    assert lent
    assert not lent & {candidate.account_id for candidate in tuesday.candidates}
    # The colleague's day planned again by itself keeps them; both planned together may share them out anew.
    again = queries.day_input(session, bob, monday)
    assert {candidate.account_id for candidate in again.candidates} == lent
    together = made(session, [ann, bob], monday, Wanted("team"))
    assert lent <= stops_of(together)[bob.email] | stops_of(together)[ann.email] | {
        left.account_id for plan in together.plans for left in plan.left_out
    }


def test_a_run_keeps_the_plan_of_the_chosen_level_and_the_prices_of_all(session, ann, bob, monday, quick):
    stock(session, ann, 9, monday)
    run = made(session, [ann, bob], monday, Wanted("team", "10"))
    assert run.options == {"visits_by": "team", "shares": "10"}
    shares = run.figures["shares"]
    assert [row["level"] for row in shares["levels"]] == [None, 0.2, 0.1, 0.05]
    free, chosen = shares["levels"][0], shares["levels"][2]
    assert free["spread"] > 0.2
    assert chosen["is_reached"]
    assert chosen["spread"] <= 0.1
    assert run.figures["spread"] == chosen["spread"]
    # The saved days are those of the chosen level.
    work = {
        plan.rep.email: (plan.returns_at - plan.leaves_at).total_seconds() if plan.leaves_at else 0
        for plan in run.plans
    }
    assert work == {rep: row["work_seconds"] for rep, row in chosen["reps"].items()}
    assert run.figures["prize"] == chosen["prize"]
    assert chosen["less_prize"] == pytest.approx(1 - chosen["prize"] / free["prize"], abs=1e-4)
    assert chosen["more_travel_seconds"] == chosen["travel_seconds"] - free["travel_seconds"]
    assert run.seconds == services.search_seconds(2) * fair_shares.LONGER


def test_without_a_wish_nothing_is_priced_and_one_rep_has_no_shares(session, ann, bob, monday, quick):
    stock(session, ann, 4, monday)
    assert made(session, [ann, bob], monday, Wanted()).figures["shares"] is None
    assert services.request_plans(session, [ann], monday, 2, wanted=Wanted("own", "5")).options == {}


def test_the_form_asks_and_the_page_tells_the_price(session, ann, bob, manager, monday, quick, login_as):
    stock(session, ann, 9, monday)
    client = login_as(manager)
    page = client.get(f"/plans/team?day={monday.isoformat()}").text
    assert "Visits may be made by" in page
    asked = {"rep": "", "day": monday.isoformat(), "days": "1", "visits_by": "team", "shares": "10"}
    where = client.post("/plans", data=asked).headers["Location"]
    run = session.query(PlanRun).one()
    assert run.options == {"visits_by": "team", "shares": "10"}
    tasks.plan_run(session.principal, run_id=run.id)
    session.expire_all()
    told = client.get(where).text
    assert "Fair shares" in told
    assert "Within 10%" in told
    wrong = client.post("/plans", data=asked | {"shares": "11"})
    assert wrong.status_code == 422
    assert session.query(DayPlan).count() == 2


def test_several_questions_are_answered_by_one_process_apart():
    problem = lopsided(1, shared=True)
    told = []

    def go_on(steps, value):
        told.append(steps)
        return True

    with apart.planner(go_on) as planner:
        narrow = planner.balanced(problem, 0.2)
        first, second = (planner.solve(one, 1.0, 1, steps=3000) for one in (problem, narrow))
    assert first.routes == solver.solve(problem, steps=3000, seed=1).routes
    assert second.routes == solver.solve(narrow, steps=3000, seed=1).routes
    assert narrow.visits != problem.visits


def test_shares_are_asked_for_over_the_api_too(session, ann, bob, monday, login_as):
    client = login_as(make.make_user(session, "planner"))
    asked = {"reps": [ann.email, bob.email], "date": monday.isoformat(), "days": 1, "visits_by": "team", "shares": "5"}
    assert client.post("/api/v1/day-plans/runs", json=asked).status_code == 202
    assert session.query(PlanRun).one().options == {"visits_by": "team", "shares": "5"}
    assert client.post("/api/v1/day-plans/runs", json=asked | {"shares": "7"}).status_code == 422


# -- words -----------------------------------------------------------------------------------------------------------


def row(level, less=0.0, more=0, spread=0.04, is_reached=True, prize=100.0):
    return {
        "level": level,
        "less_prize": less,
        "more_travel_seconds": more,
        "spread": spread,
        "is_reached": is_reached,
        "prize": prize,
    }


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (row(0.1, 0.018, 22 * 60), "Shares within 10%: 1.8% less value, 22 min more driving."),
        (row(0.1, -0.004, -60), "Shares within 10%: 0.4% more value, 1 min less driving."),
        (row(0.05, 0.0001, 0), "Shares within 5%: the same value, the same driving."),
        (
            row(0.05, 0.3, 0, 0.086, False),
            "No plan was found whose shares lie within 5%; this one is nearest, with 8.6%.",
        ),
        (row(None, spread=1.253), "As the shares fall, hours lie 125.3% apart. Closer shares cost what stands below."),
    ],
)
def test_the_price_of_a_level_is_one_sentence(app, chosen, sentence):
    with app.test_request_context():
        assert fair_pages.headline({"level": chosen["level"], "levels": [row(0.2), chosen]}) == sentence


def test_the_chart_has_a_point_for_each_plan_and_none_lies_outside(app):
    levels = [
        row(None, spread=0.9, prize=5640.0),
        row(0.2, spread=0.19, prize=5610.0),
        row(0.1, spread=0.04, prize=5500.0),
        row(0.05, spread=0.04, prize=5500.0),
    ]
    with app.test_request_context():
        chart = fair_pages.chart({"level": 0.05, "levels": levels})
        even = fair_pages.chart({"level": None, "levels": [row(None), row(0.2)]})
    assert even is None  # one plan keeps every level: nothing to draw
    assert [(mark.text, mark.is_chosen) for mark in chart.marks] == [
        ("10%, 5%", True),
        ("20%", False),
        ("as they fall", False),
    ]
    for mark in chart.marks:
        assert fair_pages.LEFT_EDGE <= mark.x <= fair_pages.RIGHT_EDGE
        assert fair_pages.TOP <= mark.y <= fair_pages.BOTTOM
    # Worth more lies higher, further apart lies to the right.
    assert [mark.x for mark in chart.marks] == sorted(mark.x for mark in chart.marks)
    assert [mark.y for mark in chart.marks] == sorted((mark.y for mark in chart.marks), reverse=True)
    assert [text for _x, text in chart.across] == ["0%", "50%", "100%"]
