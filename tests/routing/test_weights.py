"""What counts: the prize that weights make of facts, whose weights hold for whom, and a trial of others."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.routing import queries, run_queries, services, tasks, weighing_services, weights
from gcrm.routing.models import DayPlan
from gcrm.routing.weights import Facts, Weights
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)


def prize(facts: Facts, **changes) -> float:
    return weights.prize(Weights(**changes), facts)


def test_a_visit_is_worth_its_tier_on_the_day_when_it_is_due():
    assert [prize(Facts(tier)) for tier in ("A", "B", "C", "D", None)] == [100, 60, 30, 12, 20]


def test_each_interval_overdue_adds_its_share_up_to_a_limit():
    assert prize(Facts("A", 1.0, 0.4)) == 140
    assert prize(Facts("A", 1.0, 0.4), overdue=2.0) == 180
    assert prize(Facts("A", 1.0, 50.0)) == 300
    assert prize(Facts("A", 1.0, 50.0), overdue_most=5.0) == 500
    assert prize(Facts("A", 0.5)) == 50


def test_deals_add_half_their_most_at_the_usual_size_and_never_more_than_the_most():
    assert prize(Facts("A", deal=10_000)) == 120
    assert 139 < prize(Facts("A", deal=10_000_000)) < 140
    assert prize(Facts("A", deal=5_000), usual_deal=5_000.0, deals=10.0) == 105


def test_a_promise_adds_its_points():
    assert prize(Facts("B", is_promised=True)) == 75
    assert prize(Facts("B", is_promised=True), promised=0.0) == 60


def test_weights_are_read_from_text_and_every_fault_is_named():
    assert weights.read({"tier_a": "90.5", "overdue": 2}, Weights()) == Weights(tier_a=90.5, overdue=2.0)
    with pytest.raises(Invalid) as refused:
        weights.read({"tier_a": "-1", "deals": "nan", "usual_deal": "0", "overdue": True, "luck": "7"}, Weights())
    assert set(refused.value.details["faults"]) == {"tier_a", "deals", "usual_deal", "overdue", "luck"}


def test_weights_survive_being_written_and_read():
    chosen = Weights(tier_a=1.5, promised=0.0)
    assert weights.read(weights.dump(chosen), Weights()) == chosen


# -- in the database -------------------------------------------------------------------------------------------------


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north = make.make_team(session, parent=top)
    return {
        "manager": make.make_user(session, "manager", top), "rep": make.make_user(session, "rep", north, home=HOME),
        "other": make.make_user(session, "rep", make.make_team(session), home=HOME), "planner": make.make_user(session, "planner"),
    }  # fmt: skip


@pytest.fixture
def monday():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


def test_a_managers_weights_hold_for_the_teams_below_and_the_organisations_for_everybody_else(
    company, session, as_user
):
    weighing_services.set_weights(session, company["planner"], Weights(tier_a=80.0))
    with as_user(company["manager"]) as acting:
        weighing_services.set_weights(acting, company["manager"], Weights(tier_a=70.0))
    session.expire_all()
    assert queries.weights_of(session, company["rep"]).tier_a == 70.0
    assert queries.weights_of(session, company["other"]).tier_a == 80.0
    with as_user(company["rep"]) as acting:
        assert queries.weights_of(acting, company["rep"]).tier_a == 70.0


def test_a_rep_cannot_write_weights_even_past_the_pages(company, as_user):
    from sqlalchemy.exc import DBAPIError

    with as_user(company["rep"]) as acting:
        company["rep"].role = "manager"
        with pytest.raises(DBAPIError), acting.begin_nested():
            weighing_services.set_weights(acting, company["rep"], Weights(tier_a=1.0))
        company["rep"].role = "rep"


def test_a_usual_deal_has_more_digits_where_money_has_no_cents(session):
    make.make_organisation(session, currency="KRW", country="kr", timezone="Asia/Seoul")
    assert queries.usual_weights(session).usual_deal == 10_000_000


def test_open_deals_raise_the_prize_and_are_told(company, session, monday):
    account = make.make_account(
        session, company["rep"], tier="A", cadence_days=30, last_visited_on=monday - dt.timedelta(days=30)
    )
    stage = make.make_stage(session)
    deal = make.make_opportunity(session, account, company["rep"], amount_minor=1_000_000, stage_id=stage.id)
    make.make_opportunity(
        session, account, company["rep"], amount_minor=1_000_000, stage_id=make.make_stage(session, "lost").id
    )
    (candidate,) = queries.day_input(session, company["rep"], monday).candidates
    amount = 10_000 * stage.probability / 100
    assert candidate.why["deals"] == round(amount)
    assert candidate.prize == pytest.approx(100 + 40 * amount / (amount + 10_000), abs=0.001)
    deal.currency = "EUR"
    session.flush()
    assert queries.day_input(session, company["rep"], monday).candidates[0].prize == 100


def test_a_stop_of_the_published_plan_is_worth_more_on_its_day_only(company, session, monday):
    make.make_account(
        session, company["rep"], at=HOME, tier="A", cadence_days=30, last_visited_on=monday - dt.timedelta(days=30)
    )
    plan = services.request_plan(session, company["rep"], monday, queue=False)
    tasks.plan_day(session.principal, plan_id=plan.id, publish=True)
    session.expire_all()
    (candidate,) = queries.day_input(session, company["rep"], monday).candidates
    assert candidate.why["promised"]
    assert candidate.prize == 115


def test_a_trial_shows_the_day_before_and_after_and_keeps_no_plan(company, session, monday):
    for number in range(12):
        make.make_account(
            session, company["rep"], at=(HOME[0] + 0.02 * number, HOME[1]), tier="AD"[number % 2], cadence_days=30, visit_minutes=90,
            name=f"{'AD'[number % 2]} {number}", last_visited_on=monday - dt.timedelta(days=30),
        )  # fmt: skip
    run = weighing_services.request_trial(
        session, company["rep"], monday, Weights(tier_a=0.0, tier_d=100.0), queue=False
    )
    tasks.try_weights(session.principal, run_id=run.id)
    session.expire_all()
    found = run_queries.run_by_uuid(session, run.uuid, "trial")
    assert found.status == "done"
    figures = found.figures
    assert figures["before"]["tiers"]["A"] > figures["after"]["tiers"]["A"]
    assert figures["before"]["tiers"]["D"] < figures["after"]["tiers"]["D"]
    assert all(name.startswith("D") for name in figures["came"])
    assert all(name.startswith("A") for name in figures["went"])
    assert len(figures["went"]) >= 3
    assert session.query(DayPlan).count() == 0


def test_the_page_saves_weights_and_says_which_number_does_not_fit(company, session, login_as):
    client = login_as(company["manager"])
    assert client.get("/plans/weights").status_code == 200
    refused = client.post("/plans/weights", data={"tier_a": "-3"})
    assert refused.status_code == 422
    assert "from 0 to 1000" in refused.get_data(as_text=True)
    assert client.post("/plans/weights", data={"tier_a": "55"}).status_code == 302
    session.expire_all()
    assert queries.weights_of(session, company["rep"]).tier_a == 55.0
    assert login_as(company["rep"]).get("/plans/weights").status_code == 404
