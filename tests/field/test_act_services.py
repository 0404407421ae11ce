"""Acts that need what others make, in whatever order they come, and stops put into a day that the solver planned."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.customers.models import Account
from gcrm.orders.models import Order
from gcrm.people import queries as people
from gcrm.routing import check, queries, services, tasks
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.models import Stop
from gcrm.visits.models import MileageDay, VisitPhoto
from tests import factories as make
from tests.field.conftest import HOME
from tests.field.phone import Phone, ident
from tests.field.walked import make_walked_day

ZONE = "America/New_York"


@pytest.fixture
def cups(session, rep):
    return make.make_product(session, name="Paper cups")


@pytest.fixture
def order(phone, session, cups):
    """An act that orders four cups at ten and a half dollars."""

    def act(**body):
        line = {"product": str(cups.uuid), "quantity": 4, "price_minor": 1050}
        said = {"order": ident(), "price_day": people.today(session), "currency": "USD", "lines": [line]}
        return phone.act("ordered", **(said | body))

    return act


def what_hangs_on(phone, order, visit, account):
    return [
        order(visit=visit, account=account),
        phone.act("photo_added", photo=ident(), visit=visit),
        phone.act("signed", photo=ident(), visit=visit, name="Ann Lee"),
    ]


def states(phone, acts):
    return [answer["state"] for answer in phone.ask(*(act["id"] for act in acts))]


@pytest.mark.parametrize("kind", ["arrived", "finished"])
def test_what_hangs_on_a_visit_waits_for_it(phone, session, order, accounts, kind):
    visit, alpha = ident(), accounts[0].uuid
    first = phone.act(kind, visit=visit, account=alpha, **({"outcome": "order"} if kind == "finished" else {}))
    later = what_hangs_on(phone, order, visit, alpha)
    assert phone.states(*later) == ["kept"] * 3
    assert phone.states(first) == ["applied"]
    assert states(phone, later) == ["applied"] * 3
    assert str(session.scalar(select(Order.visit_uuid))) == visit
    assert sorted(session.scalars(select(VisitPhoto.kind))) == ["photo", "signature"]


def test_what_hangs_on_a_visit_that_another_phone_began_goes_to_that_visit(phone, session, order, accounts, stops):
    stop, alpha = stops()[0].uuid, accounts[0].uuid
    other = Phone(phone.client, phone.person)
    begun = other.act("arrived", visit=ident(), account=alpha, stop=stop)
    other.send(begun)
    visit = ident()
    batch = [phone.act("arrived", visit=visit, account=alpha, stop=stop), *what_hangs_on(phone, order, visit, alpha)]
    assert phone.states(*batch) == ["merged", "applied", "applied", "applied"]
    assert str(session.scalar(select(Order.visit_uuid))) == begun["body"]["visit"]


def test_what_hangs_on_a_refused_arrival_waits_for_its_correction(phone, session, order, accounts):
    visit, alpha = ident(), accounts[0].uuid
    wrong = phone.act("arrived", visit=visit, account=alpha, far_reason="x" * 301)
    later = what_hangs_on(phone, order, visit, alpha)
    assert phone.states(wrong, *later) == ["refused", "kept", "kept", "kept"]
    assert phone.states(phone.act("arrived", visit=visit, account=alpha, amends=wrong["id"])) == ["applied"]
    assert states(phone, later) == ["applied"] * 3


def test_an_order_whose_visit_never_came_is_taken_when_it_is_sent_again(phone, session, order, accounts):
    act = order(visit=ident(), account=accounts[0].uuid)
    (answer,) = phone.send(act)
    assert answer["state"] == "refused"
    assert "Send it again" in answer["why"]
    assert phone.states(phone.act("ordered", amends=act["id"], **act["body"])) == ["applied"]
    assert session.scalars(select(Order.visit_uuid)).all() == [None]


def test_an_order_at_the_visit_to_another_account_is_refused(phone, session, order, accounts):
    visit, (alpha, beta) = ident(), accounts
    batch = [phone.act("arrived", visit=visit, account=alpha.uuid), order(visit=visit, account=beta.uuid)]
    _, answer = phone.send(*batch)
    assert (answer["state"], answer["fault"]) == ("refused", "body.account")
    assert session.scalars(select(Order)).all() == []


@pytest.mark.parametrize("is_lent", [False, True])
def test_a_prospect_is_visited_and_orders_in_the_batch_that_makes_it(phone, session, rep, day, order, is_lent):
    if is_lent:
        other = make.make_user(session, "rep")
        make.make_territory(session, other, (make.make_region(session, west=-77, south=40),))
    account, visit = ident(), ident()
    batch = [
        phone.act("prospect_added", account=account, name="Corner Shop", lon=HOME[0], lat=HOME[1], city="Harrisburg"),
        phone.act("arrived", visit=visit, account=account),
        *what_hangs_on(phone, order, visit, account),
        phone.act("finished", visit=visit, account=account, outcome="order"),
    ]
    assert phone.states(*batch) == ["applied"] * 6
    made = session.scalar(select(Account).where(Account.name == "Corner Shop"))
    assert [(each.account_id, each.total_minor) for each in session.scalars(select(Order))] == [(made.id, 4200)]


def test_an_order_waits_for_a_prospect_that_comes_behind_it(phone, session, day, order):
    account = ident()
    prospect = phone.act("prospect_added", account=account, name="Corner Shop", lon=HOME[0], lat=HOME[1])
    wanted = order(account=account)
    assert phone.states(wanted) == ["kept"]
    assert phone.states(prospect) == ["applied"]
    assert states(phone, [wanted]) == ["applied"]


# -- what was told twice of a day -----------------------------------------------------------------------------------------


def test_of_two_phones_that_tell_of_a_day_what_was_told_later_counts(phone, session, day):
    other, before = Phone(phone.client, phone.person), phone.now - dt.timedelta(minutes=30)
    later = [
        phone.act("late", day=day.day, minutes=30),
        phone.act("day_closed", day=day.day, odometer_start_km=100, odometer_end_km=160),
    ]
    earlier = [
        other.act("late", at=before, day=day.day, minutes=5),
        other.act("day_closed", at=before, day=day.day, odometer_start_km=100, odometer_end_km=120),
    ]
    assert phone.states(*later) == ["applied"] * 2
    assert other.states(*earlier) == ["merged"] * 2
    session.expire_all()
    assert day.late_minutes == 30
    assert session.scalar(select(MileageDay.driven_metres)) == 60_000
    assert phone.states(phone.act("late", day=day.day, minutes=0)) == ["applied"]
    session.expire_all()
    assert day.late_minutes is None


def test_of_two_orders_of_a_day_what_was_chosen_later_counts(phone, session, rep):
    plan = make_walked_day(session, rep)
    stops = [stop.uuid for stop in plan.stops]
    backwards, swapped = stops[::-1], [stops[1], stops[0], *stops[2:]]
    other, before = Phone(phone.client, phone.person), phone.now - dt.timedelta(minutes=30)
    assert phone.states(phone.act("reordered", day=plan.day, stops=[str(each) for each in swapped])) == ["applied"]
    earlier = other.act("reordered", at=before, day=plan.day, stops=[str(each) for each in backwards])
    assert other.states(earlier) == ["merged"]
    session.expire_all()
    assert [stop.account_name for stop in session.scalars(select(Stop).order_by(Stop.position))] == ["B", "A", "C", "D"]


# -- a stop put into a day that the solver planned -----------------------------------------------------------------------


@pytest.fixture
def morning(session, monkeypatch):
    """A Monday at seven."""
    monkeypatch.setattr(clock, "now", lambda: clock.at(dt.date(2026, 3, 2), dt.time(7), ZONE))


@pytest.fixture
def planned(session, morning, rep):
    """Today as the solver plans it: eight stops round the rep's home."""
    for number in range(8):
        place = (HOME[0] + 0.02 * (number % 4 - 1), HOME[1] + 0.02 * (number // 4 + 1))
        make.make_account(session, rep, name=f"Shop {number}", at=place, tier="A", cadence_days=5)
    plan = services.request_plan(session, rep, clock.today(ZONE), queue=False)
    tasks.plan_day(session.principal, plan_id=plan.id)
    session.expire_all()
    services.publish(session, plan)
    session.flush()
    session.expire_all()
    return queries.plan_by_uuid(session, plan.uuid, with_problem=True)


def add(phone, plan, account, **more):
    return phone.act("added", day=plan.day, account=account.uuid, **({"stop": ident()} | more))


def test_an_account_is_put_into_the_solvers_day_where_it_costs_least(phone, session, rep, planned):
    before = [stop.account_name for stop in planned.stops]
    beside = planned.stops[3]
    lon, lat = session.execute(
        select(Account.location.ST_X(), Account.location.ST_Y()).where(Account.id == beside.account_id)
    ).one()
    account = make.make_account(session, rep, name="Next door", at=(lon + 0.0005, lat), cadence_days=None)
    act = add(phone, planned, account)
    assert [answer["state"] for answer in phone.send(act)] == ["applied"]
    session.expire_all()
    plan = queries.published_plan(session, rep.id, planned.day)
    plan = queries.plan_by_uuid(session, plan.uuid, with_problem=True)
    names = [stop.account_name for stop in plan.stops]
    assert [name for name in names if name != "Next door"] == before
    assert abs(names.index("Next door") - names.index(beside.account_name)) == 1
    assert str(plan.stops[names.index("Next door")].uuid) == act["body"]["stop"]
    assert check.check(problems.parse(plan.problem), solutions.parse(plan.solution)) == []
    assert phone.states(phone.act("arrived", visit=ident(), stop=act["body"]["stop"])) == ["applied"]


def test_what_is_asked_for_again_has_the_rest_of_the_solvers_day_planned_round_it(phone, session, rep, planned):
    account = make.make_account(session, rep, name="Next door", at=(HOME[0] + 0.001, HOME[1] + 0.02), cadence_days=None)
    act = add(phone, planned, account, amends=ident())
    assert phone.states(act) == ["applied"]
    session.expire_all()
    plan = queries.published_plan(session, rep.id, planned.day)
    assert plan.replaces_id == planned.id
    assert act["body"]["stop"] in {str(stop.uuid) for stop in plan.stops}


def test_an_account_without_room_in_the_solvers_day_is_refused_with_the_reason(phone, session, rep, planned):
    closed = make.make_account(session, rep, name="Closed", at=HOME, opening_hours="Su 10:00-12:00", cadence_days=None)
    (answer,) = phone.send(add(phone, planned, closed))
    assert answer["state"] == "refused"
    assert answer["why"]
    assert session.scalar(select(Stop).where(Stop.account_id == closed.id)) is None


def test_a_stop_added_on_the_phone_is_visited_in_the_same_batch(phone, session, rep, planned):
    account = make.make_account(session, rep, name="Next door", at=(HOME[0] + 0.001, HOME[1] + 0.02), cadence_days=None)
    act = add(phone, planned, account)
    stop, visit = act["body"]["stop"], ident()
    batch = [
        act,
        phone.act("arrived", visit=visit, stop=stop),
        phone.act("finished", visit=visit, stop=stop, outcome="order"),
    ]
    assert phone.states(*batch) == ["applied"] * 3
    session.expire_all()
    assert session.scalar(select(Stop.status).where(Stop.account_id == account.id)) == "done"
