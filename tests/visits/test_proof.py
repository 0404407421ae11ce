"""What a check-in proves, and that a rep is asked, never refused."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.visits import labels, proof, services
from gcrm.visits.proof import Position
from tests import factories as make

HERE = (-76.88, 40.27)
NORTH = (-76.88, 40.272)  # 222.4 m north: two thousandths of a degree of latitude
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("distance", "accuracy", "outside"),
    [
        (150.0, 0.0, False),
        (150.1, 0.0, True),
        (200.0, 50.0, False),
        (200.1, 50.0, True),
        (200.0, None, True),
        (None, 5.0, False),
    ],
)
def test_outside_is_what_the_accuracy_cannot_excuse(distance, accuracy, outside):
    assert proof.is_outside(distance, accuracy, 150) is outside


def test_a_position_older_than_two_minutes_is_not_taken():
    assert proof.doubt(Position(HERE, 5, NOON - dt.timedelta(seconds=120)), NOON, HERE) is None
    assert proof.doubt(Position(HERE, 5, NOON - dt.timedelta(seconds=300)), NOON, HERE) == "old 5"


def test_a_position_on_the_other_side_of_the_world_is_not_believed():
    assert proof.doubt(Position((103.12, -40.27), 5), NOON, HERE) == "far 20015"  # half round the earth


def test_it_fades_thirty_days_later():
    assert proof.fades_on(dt.date(2026, 11, 23)) == dt.date(2026, 12, 23)


@pytest.fixture
def check_in(session, company):
    def made(**given):
        given = {"account": company.account, "account_id": company.account.id} | given
        return services.check_in(session, user_id=company.rep.id, **given)

    return made


def test_distance_accuracy_time_and_radius_are_kept(check_in):
    taken = clock.now() - dt.timedelta(seconds=30)
    visit = check_in(position=NORTH, accuracy_metres=12.0, taken_at=taken)
    assert visit.distance_metres == pytest.approx(222.4, abs=0.2)
    assert (visit.accuracy_metres, visit.position_at, visit.radius_metres) == (12.0, taken, 150)
    assert visit.is_far
    assert visit.status == "arrived"


def test_an_accounts_own_radius_counts_before_the_organisations(check_in, company, session):
    company.account.check_in_metres = 300
    session.flush()
    assert not check_in(position=NORTH, accuracy_metres=1.0).is_far


def test_the_organisations_radius_can_be_changed(check_in, session):
    from gcrm.visits import pin_services

    pin_services.set_radius(session, "220")
    visit = check_in(position=NORTH, accuracy_metres=2.0)
    assert visit.radius_metres == 220
    assert visit.is_far  # 222.4 - 2 = 220.4
    for wrong in ("", "5", "9999", "many"):
        with pytest.raises(Invalid):
            pin_services.set_radius(session, wrong)


def test_the_accounts_own_radius_is_edited_on_its_page(login_as, company, session):
    client = login_as(company.planner)
    page = client.get(f"/accounts/{company.account.uuid}/edit")
    assert "Check-in within" in page.get_data(as_text=True)
    given = {
        "name": company.account.name,
        "status": "customer",
        "currency": "USD",
        "version": str(company.account.version),
    }
    assert (
        client.post(f"/accounts/{company.account.uuid}/edit", data=given | {"check_in_metres": "5"}).status_code == 422
    )
    assert (
        client.post(f"/accounts/{company.account.uuid}/edit", data=given | {"check_in_metres": "400"}).status_code
        == 302
    )
    session.refresh(company.account)
    assert company.account.check_in_metres == 400


def test_a_reason_may_come_with_it_or_after_it(check_in, session):
    assert check_in(position=NORTH, far_reason="Back entrance").far_reason == "Back entrance"
    visit = check_in(position=NORTH)
    with pytest.raises(Invalid):
        services.explain_distance(session, visit, "  ")
    services.explain_distance(session, visit, "The pin is wrong")
    assert visit.far_reason == "The pin is wrong"


def test_an_old_position_is_noted_and_the_visit_begins(check_in, app):
    visit = check_in(position=HERE, accuracy_metres=5.0, taken_at=clock.now() - dt.timedelta(minutes=4))
    assert (visit.status, visit.arrived_point, visit.distance_metres) == ("arrived", None, None)
    with app.test_request_context():
        assert labels.no_position(visit.no_position_reason) == "The position was 4 minutes old, so it was not taken."


def test_an_unbelievable_position_is_noted_and_the_visit_begins(check_in, app):
    visit = check_in(position=(103.12, -40.27))
    assert (visit.status, visit.arrived_point) == ("arrived", None)
    with app.test_request_context():
        said = labels.no_position(visit.no_position_reason)
    assert said == "The phone put you 20,015 km away, so the position was not taken."


@pytest.mark.parametrize("reason", ["not permitted", "no signal", "took too long", "unknown", "something new"])
def test_every_reason_without_a_position_reads_as_a_sentence(app, reason):
    with app.test_request_context():
        assert labels.no_position(reason)


def test_a_position_that_is_no_number_is_refused_with_a_sentence(check_in):
    for wrong in ((float("nan"), 40.0), (float("inf"), 40.0), (200.0, 95.0)):
        with pytest.raises(Invalid, match=r"position|on no map"):
            check_in(position=wrong)


def test_check_out_gives_the_duration(session, company):
    visit = make.make_visit(
        session, company.account, company.rep, status="done", arrived_at=NOON, finished_at=NOON + dt.timedelta(minutes=25), outcome="order",
    )  # fmt: skip
    assert visit.seconds == 1500
    assert make.make_visit(session, company.account, company.rep, status="arrived", arrived_at=NOON).seconds is None
