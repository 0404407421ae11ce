"""What a plan was made from, replayed, and measured against other orders."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time

import pytest
from click.testing import CliRunner

from gcrm.core import clock
from gcrm.routing import cli, price, queries, receipt, services, solver, tasks
from gcrm.routing.problem import FIXED, Place, Problem, Shift, Travel, Visit
from gcrm.routing.solution import Route, Solution, Stop
from gcrm.visits import services as visits
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


def line(positions, visits_, shift=None):
    """Places on a line at the given seconds from home, home last."""
    at = [*positions, 0]
    table = tuple(tuple(abs(a - b) for b in at) for a in at)
    usual = Shift("s", 0, 36_000, from_place=len(positions), to_place=len(positions))
    return Problem(
        (shift or usual,),
        tuple(visits_),
        tuple(Place(40.0, -76.0) for _ in at),
        Travel(table, table),
        cost_per_travel_second=0.01,
    )


def test_the_hash_is_that_of_the_file_and_does_not_depend_on_the_order_of_keys():
    document = {"version": 1, "visits": [{"id": "한", "prize": 30.0}]}
    turned = json.loads(json.dumps(dict(reversed(document.items()))))
    assert (
        receipt.inputs_hash(document)
        == receipt.inputs_hash(turned)
        == hashlib.sha256(receipt.canonical(document)).hexdigest()
    )
    assert receipt.inputs_hash(document) != receipt.inputs_hash(document | {"version": 2})


def test_the_nearest_neighbour_leaves_the_far_side_for_last():
    problem = line([100, -150, 400], [Visit(str(n), n, 60) for n in range(3)])
    # From home to 100, then -150 (250 away) is nearer than 400 (300 away), then 400.
    order = receipt.nearest_neighbour(problem, problem.shifts[0], ["0", "1", "2"])
    assert order == ("0", "1", "2")
    assert receipt.measure(problem, problem.shifts[0], order).travel_seconds == 100 + 250 + 550 + 400
    assert receipt.measure(problem, problem.shifts[0], ("1", "0", "2")).travel_seconds == 150 + 250 + 300 + 400


def test_an_order_that_comes_too_late_says_how_often():
    problem = line([100, 200], [Visit("0", 0, 600, ((0, 150),)), Visit("1", 1, 600, ((0, 250),))])
    shift = problem.shifts[0]
    assert receipt.measure(problem, shift, ("0", "1")).missed == 1
    assert receipt.measure(problem, shift, ("1", "0")).missed == 1
    assert receipt.measure(problem, shift, ("0",)).missed == 0


def test_the_usual_order_is_by_the_hour_of_earlier_visits():
    problem = line([100, 200, 300, 400], [Visit(str(n), n, 60) for n in range(4)])
    hours = {"0": [50_000, 52_000], "1": [40_000], "2": [30_000, 90_000, 31_000]}
    # Medians 51,000, 40,000 and 31,000; the fourth was never seen and goes where it costs least, at one end.
    found = receipt.usual_order(problem, problem.shifts[0], ["0", "1", "2", "3"], hours)
    assert [key for key in found if key != "3"] == ["2", "1", "0"]
    assert receipt.usual_order(problem, problem.shifts[0], ["0", "1", "2", "3"], {"0": [1], "1": [2]}) is None


@pytest.mark.parametrize(
    ("status", "bound", "share"), [("optimal", 50.0, 0.0), ("feasible", 50.0, 0.2), ("feasible", None, None)]
)
def test_the_proof_says_best_or_at_most_how_far(status, bound, share):
    assert receipt.proof(Solution(status, 40.0, 40.0, 0, 0, (), (), bound=bound)).share == share


def solved(problem):
    return solver.solve(problem, steps=3000)


def test_the_price_of_a_left_out_visit_names_what_it_pushes_out():
    # 1,000 s of day: home to 300 and back is 600 and 200 of service, 400 the other way too; both do not fit.
    shift = Shift("s", 0, 1000, from_place=2, to_place=2)
    problem = line([300, -200], [Visit("0", 0, 200, prize=50), Visit("1", 1, 200, prize=40)], shift)
    plan = solved(problem)
    found = price.of_left_out(problem, plan, "1", solved)
    assert found.is_possible
    assert found.pushed_out == ("0",)
    assert found.taken_in == ()
    assert found.travel_seconds == -200
    assert found.end_seconds == -200
    assert found.prize == 50


def test_a_visit_that_no_plan_can_hold_says_why():
    problem = line(
        [300, 9000],
        [Visit("0", 0, 200, prize=50), Visit("1", 1, 200, prize=40)],
        Shift("s", 0, 1000, from_place=2, to_place=2),
    )
    found = price.of_left_out(problem, solved(problem), "1", solved)
    assert not found.is_possible
    assert found.detail


def test_the_price_of_an_appointment_is_what_could_be_done_without_it():
    shift = Shift("s", 0, 1000, from_place=2, to_place=2)
    problem = line(
        [300, -200], [Visit("0", 0, 200, prize=50), Visit("1", 1, 200, ((200, 200),), prize=40, rank=FIXED)], shift
    )
    plan = solved(problem)
    found = price.of_planned(problem, plan, "1", solved)
    assert found.pushed_out == ("0",)
    assert found.travel_seconds == -200
    assert found.prize == 50


# -- with a real plan ----------------------------------------------------------------------------------------------------


@pytest.fixture
def plan(session):
    make.make_organisation(session)
    rep = make.make_user(session, "rep", home=HOME)
    today = clock.today(ZONE)
    day = today + dt.timedelta(days=7 - today.weekday())
    for number in range(30):
        place = (HOME[0] + 0.03 * (number % 7 - 3), HOME[1] + 0.03 * (number // 7 - 2))
        account = make.make_account(
            session, rep, name=f"Shop {number}", at=place, tier="ABCD"[number % 4], cadence_days=7
        )
        if number < 20:
            visits.log_visit(
                session, account=account, user_id=rep.id, outcome="order", zone=ZONE,
                at=clock.at(today - dt.timedelta(days=20), dt.time(8 + number % 9), ZONE),
            )  # fmt: skip
    met = make.make_account(session, rep, name="Met", at=(HOME[0] + 0.2, HOME[1]))
    visits.schedule_visit(session, account=met, user=rep, starts_at=clock.at(day, dt.time(10), ZONE), minutes=30)
    made = services.request_plan(session, rep, day, queue=False)
    tasks.plan_day(session.principal, plan_id=made.id)
    session.expire_all()
    return queries.plan_by_uuid(session, made.uuid, with_problem=True)


def test_the_stored_problem_and_steps_give_the_same_plan(login_as, session, plan, tmp_path):
    client = login_as(plan.rep)
    page = client.get(f"/plans/{plan.uuid}/receipt").text
    problem = client.get(f"/plans/{plan.uuid}/problem.json")
    assert hashlib.sha256(problem.data).hexdigest() in page
    (tmp_path / "problem.json").write_bytes(problem.data)
    kept = Solution("", 0, 0, 0, 0, (), (), steps=plan.solution["steps"], seed=plan.solution["seed"])
    words = receipt.command(kept, "problem.json").split()
    assert " ".join(words) in page
    again = CliRunner().invoke(cli.solve, [str(tmp_path / "problem.json"), *words[4:-1], str(tmp_path / "again.json")])
    assert again.exit_code == 0, again.output
    told = json.loads((tmp_path / "again.json").read_text())
    assert told["routes"] == plan.solution["routes"]
    assert told["steps"] == plan.solution["steps"]
    assert told["objective"] == pytest.approx(plan.solution["objective"])


def test_the_receipt_is_measured_against_the_nearest_neighbour_and_the_usual_order(login_as, session, plan):
    page = login_as(plan.rep).get(f"/plans/{plan.uuid}/receipt").text
    assert "Nearest next" in page
    assert "usual order" in page
    assert str(plan.solution["steps"]) in page


@pytest.mark.parametrize("whose", ["left out", "planned"])
def test_a_price_is_told_within_a_second(login_as, session, plan, whose):
    client = login_as(plan.rep)
    if whose == "planned":
        account = next(stop.account_id for stop in plan.stops if stop.is_fixed)
    else:
        account = next(left.account_id for left in plan.left_out if left.reason in ("no_time", "lower_value"))
    address = f"/plans/{plan.uuid}/price?account={queries.account_uuids(session, [account])[account]}"
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        answer = client.get(address)
        seconds.append(time.perf_counter() - began)
    assert answer.status_code == 200
    assert "Without it" in answer.text or "With it" in answer.text
    assert min(seconds) < 1.0


def test_an_account_that_is_not_on_the_plan_has_no_price(login_as, session, plan):
    stranger = make.make_account(session, plan.rep)
    assert login_as(plan.rep).get(f"/plans/{plan.uuid}/price?account={stranger.uuid}").status_code == 404


def test_measuring_a_plans_own_order_gives_its_own_driving():
    problem = line([100, 200], [Visit("0", 0, 60), Visit("1", 1, 60)])
    route = Route("s", 0, 520, 2, 400, 400, (Stop("0", 100, 100, 160, 0), Stop("1", 260, 260, 320, 0)))
    found = receipt.measure(problem, problem.shifts[0], [stop.visit for stop in route.stops])
    assert (found.travel_seconds, found.travel_metres) == (400, 400)
