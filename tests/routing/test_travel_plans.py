"""Plans along roads: what made the times is said, drives are drawn, and check-ins teach the hours."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import polyline
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gcrm.core import clock
from gcrm.core.config import settings
from gcrm.core.geo import ewkt
from gcrm.routing import problem as problems
from gcrm.routing import queries, services, tasks, travel_labels, travel_queries, travel_services
from gcrm.routing.roads.build import build
from gcrm.routing.travel_factors import Factor
from tests import factories as make
from tests.routing.roads import osm

ZONE = "America/New_York"
HOME = (-76.88, 40.27)
STEP = 0.01


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Streets every 0.01 degrees round the rep's home."""
    folder = tmp_path_factory.mktemp("roads")
    nodes = {100 * i + j: (HOME[1] + STEP * (i - 4), HOME[0] + STEP * (j - 4)) for i in range(9) for j in range(9)}
    streets = [([100 * i + j for j in range(9)], {"highway": "residential"}) for i in range(9)]
    streets += [([100 * i + j for i in range(9)], {"highway": "residential"}) for j in range(9)]
    build(osm(folder / "town.osm", nodes, streets), folder / "roads", dt.datetime.now(dt.UTC))
    return folder


@pytest.fixture
def roads(built, monkeypatch):
    """The town's roads are those that were built."""
    kept = replace(settings(), data=str(built))
    for module in (services, queries, tasks):
        monkeypatch.setattr(module, "settings", lambda: kept)
    return kept


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


@pytest.fixture
def day():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


def accounts(session, rep, count=6):
    for number in range(count):
        at = (HOME[0] + STEP * (number % 3 - 1) + 0.004, HOME[1] + STEP * (number // 3 - 1))
        make.make_account(session, rep, name=f"account {number}", at=at, cadence_days=7, tier="A")


def planned(session, rep, day):
    plan = services.request_plan(session, rep, day)
    tasks.plan_day(session.principal, plan_id=plan.id)
    session.expire_all()
    return queries.plan_by_uuid(session, plan.uuid, with_problem=True)


def jobs_of(session, name):
    return session.scalars(
        text("SELECT args->>'plan_id' FROM procrastinate_jobs WHERE task_name = :n"), {"n": name}
    ).all()


def test_a_plan_along_roads_says_so(session, rep, day, roads, app):
    accounts(session, rep)
    plan = planned(session, rep, day)
    assert (plan.status, plan.travel_source, plan.travel_notes) == ("ready", "roads", None)
    with app.test_request_context():
        assert travel_labels.travel_said(plan) == "Drives follow roads."


def test_an_account_in_a_lake_is_named_on_the_plan(session, rep, day, roads, app):
    accounts(session, rep)
    make.make_account(session, rep, name="Lake Inn", at=(HOME[0], HOME[1] + 0.08), cadence_days=7, tier="A")
    plan = planned(session, rep, day)
    assert plan.travel_source == "roads + estimate for 1 place"
    assert plan.travel_notes == {"estimated": ["Lake Inn"]}
    with app.test_request_context():
        assert travel_labels.travel_said(plan) == "Drives follow roads. No road lies near Lake Inn: estimated."


def test_without_roads_the_plan_says_estimate(session, rep, day, app):
    accounts(session, rep)
    plan = planned(session, rep, day)
    assert (plan.travel_source, plan.travel_notes) == ("estimate", None)
    assert jobs_of(session, "routing.draw_plan") == []
    with app.test_request_context():
        assert travel_labels.travel_said(plan) == "Drives are estimated from straight lines."


def test_an_engine_that_did_not_answer_is_named(app):
    from gcrm.routing.models import DayPlan

    plan = DayPlan(travel_source="roads (OSRM did not answer)", travel_notes={"factor": 1.12, "trips": 340})
    with app.test_request_context():
        assert travel_labels.travel_said(plan) == (
            "OSRM did not answer. Drives follow roads. At these hours they take 12% longer, by 340 drives between check-ins."
        )


def test_the_map_follows_the_roads_once_they_are_drawn(session, rep, day, roads):
    accounts(session, rep)
    plan = planned(session, rep, day)
    before = queries.route_geojson(plan)["features"][-1]["geometry"]["coordinates"]
    assert len(before) == len(plan.stops) + 2
    assert jobs_of(session, "routing.draw_plan") == [str(plan.id)]
    tasks.draw_plan(session.principal, plan_id=plan.id)
    session.expire_all()
    plan = queries.plan_by_uuid(session, plan.uuid)
    after = queries.route_geojson(plan)["features"][-1]["geometry"]["coordinates"]
    assert len(after) > len(before)
    assert after[0] == after[-1] == list(HOME)
    # Streets run along and across only, so each piece keeps its latitude or its longitude.
    assert all(min(abs(a[0] - b[0]), abs(a[1] - b[1])) < 2e-5 for a, b in itertools.pairwise(after))


def test_a_stop_that_moved_in_the_order_is_straight_until_it_is_drawn_again(session, rep, day, roads):
    accounts(session, rep)
    plan = planned(session, rep, day)
    tasks.draw_plan(session.principal, plan_id=plan.id)
    session.expire_all()
    plan = queries.plan_by_uuid(session, plan.uuid)
    assert travel_services.undrawn(session, plan.id) == []
    plan.stops[0].position, plan.stops[1].position = plan.stops[1].position, plan.stops[0].position
    session.flush()
    session.expire_all()
    # Three drives have other ends now: to the first, between the two, and from the second on.
    assert len(travel_services.undrawn(session, plan.id)) == 3
    tasks.draw_plan(session.principal, plan_id=plan.id)
    session.expire_all()
    assert travel_services.undrawn(session, plan.id) == []


def test_lines_are_kept_as_encoded_polylines(session, rep, day, roads):
    accounts(session, rep, count=1)
    plan = planned(session, rep, day)
    tasks.draw_plan(session.principal, plan_id=plan.id)
    session.expire_all()
    (stop,) = queries.plan_by_uuid(session, plan.uuid).stops
    assert polyline.decode(stop.drawn["line"])[0] == pytest.approx((HOME[1], HOME[0]), abs=1e-5)
    assert stop.drawn["from"] == list(HOME)


# -- hours -----------------------------------------------------------------------------------------------------------


def check_ins(session, rep, weeks: int, late: float):
    """Ten visits each Monday from 08:00, whose drives take `late` times what the source expects of them."""
    places = [(HOME[0] + 0.04 * (n % 2), HOME[1]) for n in range(10)]
    found = [make.make_account(session, rep, at=at) for at in places]
    source = services.travel_source()
    expected = source.travel([problems.Place(lat=lat, lon=lon) for lon, lat in places]).seconds
    monday = clock.today(ZONE) - dt.timedelta(days=clock.today(ZONE).weekday() + 7)
    for week in range(weeks):
        at = clock.at(monday - dt.timedelta(weeks=week), dt.time(8), ZONE)
        for number, account in enumerate(found):
            left = at + dt.timedelta(minutes=5)
            make.make_visit(
                session, account, rep, status="done", arrived_at=at, finished_at=left, arrived_point=ewkt(*places[number]),
                distance_metres=20,
            )  # fmt: skip
            if number + 1 < len(found):
                at = left + dt.timedelta(seconds=late * expected[number][number + 1])


def test_check_ins_teach_the_hours_and_the_plan_says_on_how_many_drives(session, rep, day, roads, app):
    check_ins(session, rep, weeks=24, late=1.5)
    tasks.learn_travel(0)
    session.expire_all()
    factors = travel_queries.factors(session, "roads")
    assert set(factors) <= {(1, 8), (1, 9), (1, 10), (1, 11)}
    assert sum(one.trips for one in factors.values()) == 24 * 9
    assert all(1.2 < one.factor < 1.5 for one in factors.values())
    accounts(session, rep, count=2)
    plan = planned(session, rep, day)
    assert plan.travel_notes["trips"] == 216
    assert 1 < plan.travel_notes["factor"] < 1.5
    assert plan.problem["shifts"][0]["travel_factor"] == plan.travel_notes["factor"]
    with app.test_request_context():
        assert travel_labels.travel_said(plan).endswith("longer, by 216 drives between check-ins.")


def test_few_check_ins_teach_nothing(session, rep, day, roads):
    check_ins(session, rep, weeks=3, late=1.5)
    tasks.learn_travel(0)
    assert travel_queries.factors(session, "roads") == {}
    assert queries.work_day(session, rep, day).travel_factor == 1.0


def test_what_was_learned_against_another_source_does_not_count(session, rep, day, roads):
    hours = {(1, hour): Factor(1.4, 50) for hour in range(24)}
    travel_services.keep_factors(session, "estimate", hours, clock.now())
    assert queries.work_day(session, rep, day).travel_factor == 1.0
    travel_services.keep_factors(session, "roads", hours, clock.now())
    assert queries.work_day(session, rep, day).travel_factor == 1.4


def test_reps_read_the_factors_and_only_the_system_writes_them(session, rep, as_user, roads):
    travel_services.keep_factors(session, "roads", {(1, 8): Factor(1.4, 50)}, clock.now())
    with as_user(rep) as seen:
        assert travel_queries.factors(seen, "roads") == {(1, 8): Factor(1.4, 50)}
        with pytest.raises(ProgrammingError, match="permission denied"), seen.begin_nested():
            seen.execute(text("UPDATE travel_factors SET factor = 9"))
