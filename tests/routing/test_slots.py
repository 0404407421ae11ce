"""Slots for one more visit, by hand-checked days, and the slot desk on real ones."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.routing import queries, services, slot_desk, slots, tasks
from gcrm.routing.editing import Draft
from gcrm.routing.problem import FIXED, Break, Place, Problem, Shift, Travel, Visit
from gcrm.visits import services as visits
from tests import factories as make

ZONE = "America/New_York"
HOME = (-76.88, 40.27)
HOUR = 3600


def line(positions, visits_, start=9 * HOUR, end=17 * HOUR, breaks=()):
    """Places on a line, seconds from home, home last."""
    at = [*positions, 0]
    table = tuple(tuple(abs(a - b) for b in at) for a in at)
    shift = Shift("s", start, end, from_place=len(positions), to_place=len(positions), breaks=breaks)
    return Problem((shift,), tuple(visits_), tuple(Place(40.0, -76.0) for _ in at), Travel(table, table))


def test_each_place_in_the_order_is_offered_with_what_it_adds():
    # Home 0, the stop at 600 s, the new visit at 900: after the stop it adds 2 x 300, before it 2 x 300 too.
    problem = line([600, 900], [Visit("0", 0, 1800), Visit("new", 1, 1800)])
    found = slots.offers(problem, Draft(("0",)), "new")
    assert [(offer.place, offer.added_seconds, offer.before, offer.after) for offer in found] == [
        (0, 600, None, "0"),
        (1, 600, "0", None),
    ]
    assert all(offer.start % 900 == 0 for offer in found)


def test_no_offer_breaks_the_hours_of_the_other_stops():
    # The stop begins at ten sharp, 600 s from home; half an hour at 900 s before it needs to begin by 9:25; the
    # quarter before that is 9:15, when one who leaves home at nine just arrives.
    fixed = Visit("0", 0, 1800, ((10 * HOUR, 10 * HOUR),), rank=FIXED)
    problem = line([600, 900], [fixed, Visit("new", 1, 1800)])
    found = {offer.place: offer.start for offer in slots.offers(problem, Draft(("0",)), "new")}
    assert found[0] == 9 * HOUR + 900
    assert found[1] == 10 * HOUR + 2700
    late = line([600, 900], [fixed, Visit("new", 1, 3600)])
    assert [offer.place for offer in slots.offers(late, Draft(("0",)), "new")] == [1]


def test_a_full_day_offers_nothing():
    problem = line([600, 900], [Visit("0", 0, 7 * HOUR), Visit("new", 1, HOUR)])
    assert slots.offers(problem, Draft(("0",)), "new") == []


def test_lunch_is_not_eaten_up():
    # Two hours, one hour and half an hour of lunch need three and a half.
    problem = line(
        [0, 0],
        [Visit("0", 0, 2 * HOUR), Visit("new", 1, HOUR)],
        9 * HOUR,
        12 * HOUR + 900,
        (Break(1800, (11 * HOUR, 12 * HOUR)),),
    )
    assert slots.offers(problem, Draft(("0",)), "new") == []
    longer = line(
        [0, 0],
        [Visit("0", 0, 2 * HOUR), Visit("new", 1, HOUR)],
        9 * HOUR,
        12 * HOUR + 1800,
        (Break(1800, (11 * HOUR, 12 * HOUR)),),
    )
    assert slots.offers(longer, Draft(("0",)), "new") != []


def test_an_hour_before_the_opening_is_not_offered():
    problem = line([600], [Visit("new", 0, 1800, ((13 * HOUR, 14 * HOUR),))])
    assert [offer.start for offer in slots.offers(problem, Draft(()), "new")] == [13 * HOUR]


@pytest.mark.parametrize(("days", "expected"), [(0, 0.0), (15, 0.5), (30, 1.0), (-15, 0.25), (-30, 0.5)])
def test_harm_counts_late_whole_and_early_half(days, expected):
    due = dt.date(2026, 3, 2)
    assert slots.harm(due + dt.timedelta(days=days), due, 30) == expected
    assert slots.harm(due, None, 30) == slots.harm(due, due, None) == 0.0
    assert slots.score(600, expected) == 10 + 60 * expected


def test_detours_rank_accounts_by_the_driving_they_add():
    problem = line([600, 900, 700, -100], [Visit(str(n), n, 60) for n in range(4)])
    found = slots.detours(problem, Draft(("0",)), ["1", "2", "3"])
    assert [(seconds, key) for seconds, key, _ in found] == [(200, "2"), (200, "3"), (600, "1")]
    assert slots.first_fit(problem, Draft(("0",)), "2", found[0][2]).added_seconds == 200


# -- the desk ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rep(session, monkeypatch):
    """A rep on a Monday morning at seven."""
    monkeypatch.setattr(clock, "now", lambda: clock.at(dt.date(2026, 3, 2), dt.time(7), ZONE))
    make.make_organisation(session)
    return make.make_user(session, "rep", home=HOME)


TUESDAY = dt.date(2026, 3, 3)


def plan_of(session, rep, day, count=8, east=0.0):
    for number in range(count):
        place = (HOME[0] + east + 0.01 * (number % 4), HOME[1] + 0.01 * (number // 4))
        make.make_account(session, rep, name=f"{day:%a} {number}", at=place, tier="A", cadence_days=5)
    plan = services.request_plan(session, rep, day, queue=False)
    tasks.plan_day(session.principal, plan_id=plan.id)
    session.expire_all()
    services.publish(session, plan)
    session.flush()
    session.expire_all()
    return queries.plan_by_uuid(session, plan.uuid, with_problem=True)


def test_the_day_that_passes_by_is_offered_before_an_empty_one(session, rep):
    plan_of(session, rep, TUESDAY, count=5, east=0.3)
    caller = make.make_account(session, rep, name="Caller", at=(HOME[0] + 0.3, HOME[1]))
    found = slot_desk.slots_for(session, caller, rep)
    assert len(found) == 3
    assert found[0].day == TUESDAY
    assert found[0].is_planned
    assert found[0].added_seconds < 300 < found[1].added_seconds
    assert not found[1].is_planned
    assert found[0].before or found[0].after
    assert len({slot.day for slot in found}) == 3
    assert all(slot.day.isoweekday() in rep.work_days for slot in found)


def test_a_slot_suits_the_rhythm_of_the_account(session, rep):
    caller = make.make_account(
        session, rep, name="Caller", at=(HOME[0] + 0.1, HOME[1]), cadence_days=7, last_visited_on=dt.date(2026, 3, 4)
    )
    # Every day is empty, so the driving is the same; due on the 11th, so that day does no harm.
    found = slot_desk.slots_for(session, caller, rep)
    assert found[0].day == dt.date(2026, 3, 11)
    assert found[0].harm == 0
    assert found[1].harm > 0


def test_appointments_of_a_day_without_a_plan_are_kept_free(session, rep):
    rep.work_ends = dt.time(11)
    rep.lunch_minutes = 0
    session.flush()
    other = make.make_account(session, rep, name="Other", at=HOME)
    caller = make.make_account(session, rep, name="Caller", at=HOME)
    for number in range(14):
        day = dt.date(2026, 3, 2) + dt.timedelta(days=number)
        if day != TUESDAY:
            visits.schedule_visit(
                session, account=other, user=rep, starts_at=clock.at(day, dt.time(8, 30), ZONE), minutes=150
            )
    assert [slot.day for slot in slot_desk.slots_for(session, caller, rep)] == [TUESDAY]


def test_a_booked_slot_is_an_appointment_on_the_days_plan_at_the_time_that_was_offered(session, rep):
    plan = plan_of(session, rep, TUESDAY)
    caller = make.make_account(session, rep, name="Caller", at=(HOME[0] + 0.02, HOME[1] + 0.005))
    slot = next(slot for slot in slot_desk.slots_for(session, caller, rep, count=14) if slot.day == TUESDAY)
    visit = slot_desk.book(session, caller, rep, slot.starts_at, slot.minutes)
    session.expire_all()
    made = queries.published_plan(session, rep.id, TUESDAY)
    stop = next(stop for stop in made.stops if stop.account_id == caller.id)
    assert (stop.start_at, stop.is_fixed, stop.visit_id) == (slot.starts_at, True, visit.id)
    assert {s.account_id for s in plan.stops} <= {s.account_id for s in made.stops}


def test_booking_on_a_day_without_a_plan_makes_the_appointment_alone(session, rep):
    caller = make.make_account(session, rep, name="Caller", at=HOME)
    slot = slot_desk.slots_for(session, caller, rep)[0]
    visit = slot_desk.book(session, caller, rep, slot.starts_at, slot.minutes)
    assert visit.starts_at == slot.starts_at
    assert visit.status == "planned"


def test_an_account_without_a_rep_asks_for_one(session, rep):
    lone = make.make_account(session, None, name="Lone")
    planner = make.make_user(session, "planner")
    with pytest.raises(Invalid, match="Choose one"):
        slot_desk.rep_for(session, lone, None, planner)
    assert slot_desk.rep_for(session, lone, rep.uuid, planner).id == rep.id


def test_slots_are_answered_within_a_second_and_booked_with_one_post(login_as, session, rep):
    for day in (TUESDAY, TUESDAY + dt.timedelta(days=1), TUESDAY + dt.timedelta(days=2)):
        plan_of(session, rep, day, count=14)
    caller = make.make_account(session, rep, name="Caller", at=(HOME[0] + 0.02, HOME[1] + 0.005))
    client = login_as(rep)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        answer = client.get(f"/api/v1/accounts/{caller.uuid}/slots")
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 1.0
    assert answer.status_code == 200
    assert len(answer.json["items"]) == 3
    best = answer.json["items"][0]
    made = client.post(
        f"/api/v1/accounts/{caller.uuid}/slots", json={"starts_at": best["starts"], "minutes": best["minutes"]}
    )
    assert made.status_code == 201
    assert made.json["starts"] == best["starts"]
    again = client.post(
        f"/api/v1/accounts/{caller.uuid}/slots", json={"starts_at": best["starts"], "minutes": best["minutes"]}
    )
    assert again.status_code == 409


def test_the_accounts_along_the_way_cost_least_and_can_be_taken_along(session, rep):
    plan = plan_of(session, rep, TUESDAY, count=4, east=0.2)
    by = make.make_account(session, rep, name="By the way", at=(HOME[0] + 0.1, HOME[1]))
    make.make_account(session, rep, name="Off the way", at=(HOME[0] + 0.1, HOME[1] + 0.12))
    make.make_account(session, rep, name="Far away", at=(HOME[0] + 3, HOME[1]))
    found = slot_desk.along(session, plan)
    assert [near.account.name for near in found] == ["By the way", "Off the way"]
    assert found[0].added_seconds < 120 < found[1].added_seconds
    slot_desk.take_along(session, plan, by)
    session.expire_all()
    assert "By the way" in [stop.account_name for stop in queries.plan_by_uuid(session, plan.uuid).stops]


def test_a_full_day_names_who_lies_along_the_way_and_when_it_would_end():
    problem = line([600, 300], [Visit("0", 0, 7 * HOUR), Visit("1", 1, HOUR)])
    found = slots.first_fit(problem, Draft(("0",)), "1", [0, 1])
    # Seven hours and one at the doors and 20 minutes of driving are 20 minutes more than eight hours.
    assert found.is_late_home
    assert found.added_seconds == 0
    assert found.end_seconds == HOUR
