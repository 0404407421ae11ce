"""Places of acts fade like those of check-ins, and the rep sees them until then."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, text, update

from gcrm.core import clock, held_places, jobs
from gcrm.core.geo import metres_between
from gcrm.field.models import FieldAct
from gcrm.visits.proof import CELL_REACH_METRES, EXACT_DAYS

HERE = (-76.8812345, 40.2712345)


def sent(phone, day):
    place = {"lon": HERE[0], "lat": HERE[1], "accuracy": 9.0, "taken_at": phone.now.isoformat()}
    acts = [
        phone.act("arrived", visit="11111111-1111-4111-8111-111111111111", stop=day.stops[0].uuid, place=place),
        phone.act(
            "prospect_added", account="22222222-2222-4222-8222-222222222222", name="Fresh", lon=HERE[0], lat=HERE[1]
        ),
    ]
    assert phone.states(*acts)[0] == "applied"


def test_an_old_acts_place_fades_and_a_prospects_too(session, phone, day):
    sent(phone, day)
    session.execute(update(FieldAct).values(received_at=clock.now() - dt.timedelta(days=EXACT_DAYS + 1)))
    jobs.load_tasks()
    assert held_places.fade(session, clock.now() - dt.timedelta(days=EXACT_DAYS))["acts"] == 2
    arrived = session.scalar(select(FieldAct).where(FieldAct.kind == "arrived"))
    assert 0 < metres_between(HERE, (arrived.lon, arrived.lat)) <= CELL_REACH_METRES
    assert (arrived.accuracy_metres, arrived.faded_at is not None) == (CELL_REACH_METRES, True)
    exact = text(
        "SELECT count(*) FROM field_acts AS t WHERE strpos(t::text, '76.8812345') > 0 OR strpos(t::text, '40.2712345') > 0"
    )
    assert session.scalar(exact) == 0


def test_the_rep_sees_where_acts_were_told(phone, day):
    sent(phone, day)
    page = phone.client.get("/field/about-me").get_data(as_text=True)
    assert "Checked in" in page
    assert page.count("40.27123") >= 2
