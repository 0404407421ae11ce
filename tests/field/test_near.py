"""Near me: by added driving, narrowed, added to today, and a prospect from here."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gcrm.customers.models import Account
from gcrm.routing.models import Stop
from tests import factories as make
from tests.field.walked import HOME, make_walked_day


@pytest.fixture
def day(session, rep):
    return make_walked_day(session, rep)


@pytest.fixture
def around(session, rep, day):
    """One on the way, one two kilometres beside it, one far away, one somebody else's."""
    return {
        "way": make.make_account(session, rep, at=(HOME[0], HOME[1] + 0.027), name="On the way", tier="A", status="prospect", cadence_days=30),
        "beside": make.make_account(session, rep, at=(HOME[0] + 0.024, HOME[1] + 0.027), name="Beside it", tier="C"),
        "far": make.make_account(session, rep, at=(HOME[0] + 3, HOME[1]), name="Far away", tier="A"),
        "other": make.make_account(session, make.make_user(session), at=(HOME[0], HOME[1] + 0.026), name="Not mine"),
    }  # fmt: skip


def test_those_on_the_way_come_first_the_far_ones_not_at_all(login_as, rep, around):
    page = login_as(rep).get("/field/near").get_data(as_text=True)
    assert page.index("On the way") < page.index("Beside it")
    assert "Far away" not in page
    assert "Not mine" not in page
    assert "no detour" in page
    assert "The times are an estimate." in page


def test_tier_status_and_overdue_narrow_it(login_as, rep, around):
    client = login_as(rep)
    assert "Beside it" not in client.get("/field/near?tier=A").get_data(as_text=True)
    assert "On the way" not in client.get("/field/near?tier=C").get_data(as_text=True)
    overdue = client.get("/field/near?due=overdue").get_data(as_text=True)
    assert "On the way" in overdue
    assert "Beside it" not in overdue
    assert "Beside it" not in client.get("/field/near?status=prospect").get_data(as_text=True)
    assert client.get("/field/near?tier=Z").status_code == 422
    assert "Nobody near" in client.get("/field/near?tier=D").get_data(as_text=True)


def test_without_a_route_the_position_counts(login_as, session, rep):
    make.make_account(session, rep, at=(HOME[0], HOME[1] + 0.009), name="A kilometre north")
    client = login_as(rep)
    assert "Where are you?" in client.get("/field/near").get_data(as_text=True)
    page = client.get(f"/field/near?lon={HOME[0]}&lat={HOME[1]}").get_data(as_text=True)
    assert "A kilometre north" in page
    assert "1 km" in page
    assert client.get("/field/near?lon=NaN&lat=1").status_code == 422


def test_add_to_today_puts_it_where_it_costs_least(login_as, session, rep, around):
    assert login_as(rep).post(f"/field/near/{around['way'].uuid}/add").status_code == 302
    session.expire_all()
    names = [stop.account_name for stop in session.scalars(select(Stop).order_by(Stop.position))]
    assert names == ["A", "On the way", "B", "C", "D"]


def test_what_does_not_fit_is_explained_and_can_be_planned_in(login_as, session, rep, day):
    closed = make.make_account(
        session, rep, at=(HOME[0], HOME[1] + 0.027), name="Early bird", opening_hours="Mo-Su 00:00-00:10"
    )
    answer = login_as(rep).post(f"/field/near/{closed.uuid}/add")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "It does not fit into today as it stands" in page
    assert "Plan it in" in page
    assert session.scalar(select(Stop).where(Stop.account_id == closed.id)) is None


def test_without_a_plan_nothing_is_added(login_as, session, rep):
    account = make.make_account(session, rep)
    assert login_as(rep).post(f"/field/near/{account.uuid}/add").status_code == 422


def test_a_prospect_gets_its_place_from_the_position(login_as, session, rep):
    given = {"name": "Fresh Fruit", "lon": str(HOME[0]), "lat": str(HOME[1]), "street": "Main Street 1"}
    client = login_as(rep)
    page = client.get("/field/near/new", query_string={"lon": HOME[0], "lat": HOME[1]}).get_data(as_text=True)
    assert "Its place is where you stand now." in page
    assert client.post("/field/near/new", data=given).status_code == 302
    made = session.scalar(select(Account).where(Account.name == "Fresh Fruit"))
    assert (made.status, made.location_source, made.entered_by_id) == ("prospect", "phone", rep.id)


def test_who_is_there_already_is_said_first(login_as, session, rep):
    make.make_account(session, rep, name="Fresh Fruit", street="Main Street 1", postcode="17101")
    given = {"name": "fresh fruit", "street": "Main Street 1", "postcode": "17101", "phone": "717 555 0101"}
    answer = login_as(rep).post("/field/near/new", data=given)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "This may be there already" in page
    assert 'value="717 555 0101"' in page


def test_faults_stand_at_their_fields(login_as, rep):
    answer = login_as(rep).post("/field/near/new", data={"name": "", "phone": "x"})
    assert answer.status_code == 422
    assert "The name is missing." in answer.get_data(as_text=True)
