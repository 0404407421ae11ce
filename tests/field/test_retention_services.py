"""What acts said is not kept for good; that they were done is."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select, text, update

from gcrm.core import clock
from gcrm.field import retention_services, tasks
from gcrm.field.acts import CONTENT_DAYS, TROUBLE_DAYS
from gcrm.field.models import FieldAct
from gcrm.visits.models import Activity
from tests.field.phone import ident

SECRET = "Kim is about to leave"


def age(session, act, days):
    moment = clock.now() - dt.timedelta(days=days)
    session.execute(
        update(FieldAct).where(FieldAct.id == uuid.UUID(act["id"])).values(received_at=moment, applied_at=moment)
    )


def kept(session, act):
    return session.scalar(select(FieldAct).where(FieldAct.id == uuid.UUID(act["id"])))


@pytest.fixture
def acts_of_each_state(phone, stops, accounts):
    """Applied, merged, refused and in conflict, each with the secret in it."""
    stop, alpha = stops()[0].uuid, accounts[0].uuid
    log = {"visit": ident(), "account": alpha, "stop": stop, "outcome": "order", "note": SECRET}
    found = {
        "applied": phone.act("finished", **log),
        "merged": phone.act("finished", **log),
        "conflict": phone.act("finished", **log | {"outcome": "interested"}),
        "refused": phone.act("finished", **log | {"satisfaction": 9}),
    }
    assert phone.states(*found.values()) == list(found)
    return found


@pytest.mark.parametrize(
    ("days", "emptied"),
    [
        (CONTENT_DAYS - 1, set()),
        (CONTENT_DAYS + 1, {"applied", "merged"}),
        (TROUBLE_DAYS - 1, {"applied", "merged"}),
        (TROUBLE_DAYS + 1, {"applied", "merged", "conflict", "refused"}),
    ],
)
def test_what_was_done_is_emptied_first_and_what_was_not_later(session, acts_of_each_state, days, emptied):
    for act in acts_of_each_state.values():
        age(session, act, days)
    assert retention_services.empty_acts(session, clock.now()) == len(emptied)
    rows = {state: kept(session, act) for state, act in acts_of_each_state.items()}
    assert {state for state, row in rows.items() if not row.body} == emptied
    assert {state: row.state for state, row in rows.items()} == {state: state for state in rows}
    assert all((row.result, row.current, row.words) == (None, None, None) for row in rows.values() if not row.body)
    left = session.scalar(
        text("SELECT count(*) FROM field_acts AS t WHERE strpos(t::text, :said) > 0"), {"said": SECRET}
    )
    assert left == 4 - len(emptied)
    assert retention_services.empty_acts(session, clock.now()) == 0


def test_an_emptied_act_that_comes_again_is_known_and_not_done_twice(phone, session, accounts):
    act = phone.act("noted", activity=ident(), account=accounts[0].uuid, subject=SECRET)
    (first,) = phone.send(act)
    age(session, act, CONTENT_DAYS + 1)
    tasks.empty_acts(0)
    session.expire_all()
    assert kept(session, act).body == {}
    assert phone.send(act) == [first]
    assert session.scalar(select(func.count()).select_from(Activity)) == 1


def test_a_sentence_that_named_somebody_goes_with_its_words(phone, session, accounts):
    line = {"product": ident(), "quantity": 1, "price_minor": 5, "name": SECRET}
    body = {
        "order": ident(),
        "account": accounts[0].uuid,
        "price_day": "2026-01-05",
        "currency": "USD",
        "lines": [line],
    }
    act = phone.act("ordered", **body)
    assert SECRET in phone.send(act)[0]["why"]
    age(session, act, TROUBLE_DAYS + 1)
    retention_services.empty_acts(session, clock.now())
    (answer,) = phone.ask(act["id"])
    assert (answer["state"], answer["why"]) == ("refused", "What this said is not kept any more.")


def test_what_still_waits_is_never_emptied(phone, session):
    phone.seq = 5  # Acts 1 to 5 never came.
    act = phone.act("task_done", task=ident())
    assert phone.states(act) == ["kept"]
    session.execute(update(FieldAct).values(received_at=clock.now() - dt.timedelta(days=400)))
    assert retention_services.empty_acts(session, clock.now()) == 0


def test_the_page_says_how_long_what_was_sent_is_kept(phone):
    page = phone.client.get("/field/about-me").get_data(as_text=True)
    assert f"kept for {CONTENT_DAYS} days" in page
    assert f"for {TROUBLE_DAYS} days where it was refused" in page
