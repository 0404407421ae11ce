from __future__ import annotations

import pytest
from sqlalchemy import select, text

from gcrm.core.errors import Conflict
from gcrm.customers.models import Account
from gcrm.exchange import queries
from gcrm.exchange.services import undoing
from gcrm.people.models import User
from tests.factories import make_account, make_contact, make_region, make_territory, make_user

EVERYTHING = "SELECT to_jsonb(accounts) - ARRAY['version', 'updated_at'] FROM accounts ORDER BY id"


def table(session) -> list:
    return session.scalars(text(EVERYTHING)).all()


def test_undoing_puts_every_account_back_exactly(session, organisation, bring, write):
    county = make_region(session, west=-77.0, south=40.0)
    make_territory(session, make_user(session), (county,))
    rep = make_user(session, email="kim@acme.example")
    usual = {"source": "shops", "postcode": "17101", "annual_value_minor": 5, "tags": ["a"], "extra": {"x": "1"}}
    make_account(session, name="A", external_id="1", at=(-76.5, 40.5), **usual)
    make_account(session, name="B", external_id="2", at=None, **usual)
    make_account(session, name="C", external_id="3", owner=rep, at=(-10, 10), **usual)
    make_account(session, name="Stays", external_id="9", **usual)
    before = table(session)
    batch = bring(
        write("id,name,lat,lon,phone,tier,annual value,tags,owner,x,y2,zip,opening hours,note",
              "1,A2,41.5,-70.5,717 555 1234,B,12.5,b;c,kim@acme.example,2,3,501,24/7,Hello",
              "2,B2,40.5,-76.5,,C,,,,,,,,", "3,C,10,-10,,,,,,,new,,,", "4,D,40.5,-76.5,,,,,,,,,,", "9,Stays,,,,,,,,,,,,")
    )  # fmt: skip
    assert (batch.created, batch.updated, batch.unchanged) == (1, 3, 1)
    assert table(session) != before
    done = undoing.undo(session, batch)
    assert (done.removed, done.restored, done.kept) == (1, 3, 0)
    assert table(session) == before
    session.refresh(batch)
    assert batch.status == "undone"


@pytest.mark.parametrize("file", ["us-groceries.csv", "kr-seoul-cafes.csv"])
def test_undoing_a_real_file_leaves_nothing_of_it(session, organisation, bring, shared, file):
    make_account(session, name="Other")
    before = table(session)
    undoing.undo(session, bring(shared / "accounts" / file))
    assert table(session) == before


def test_what_somebody_changed_since_stays_and_is_listed(session, organisation, bring, write, account):
    make_account(session, name="Old", external_id="1", source="shops", tier="A")
    make_account(session, name="Other", external_id="2", source="shops", tier="A")
    batch = bring(write("id,name,tier", "1,Old,B", "2,Other,B", "3,New,C", "4,Newer,C"))
    for number in "13":
        account(external_id=number).note = "Called them"
        session.flush()
    done = undoing.undo(session, batch)
    assert (done.removed, done.restored, done.kept) == (1, 1, 2)
    assert {row.number: row.kept_because for row in queries.kept_on_undoing(session, batch)} == {
        2: "Somebody changed it since.", 4: "Somebody changed it since.",
    }  # fmt: skip
    assert (account(external_id="1").tier, account(external_id="2").tier, account(external_id="3").tier) == (
        "B",
        "A",
        "C",
    )
    assert session.scalars(select(Account).filter_by(external_id="4")).first() is None


def test_an_account_that_something_hangs_on_stays(session, bring, write, account):
    batch = bring(write("id,name", "1,A", "2,B"))
    make_contact(session, account(external_id="1"))
    done = undoing.undo(session, batch)
    assert (done.removed, done.kept) == (1, 1)
    assert queries.kept_on_undoing(session, batch)[0].kept_because == "It is used elsewhere: contacts."


def test_a_territory_that_gave_out_its_accounts_since_is_no_hindrance(session, bring, write, account):
    county = make_region(session, west=-77.0, south=40.0)
    batch = bring(write("id,name,lat,lon", "1,A,40.5,-76.5"))
    make_territory(session, make_user(session), (county,))
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    assert account(external_id="1").owner_id is not None
    assert undoing.undo(session, batch).removed == 1


def test_naming_an_owner_is_a_change(session, bring, write, account):
    batch = bring(write("id,name", "1,A"))
    found = account(external_id="1")
    found.owner_id, found.owner_named = make_user(session).id, True
    session.flush()
    assert undoing.undo(session, batch).kept == 1


def test_contacts_come_back_too(session, organisation, bring, write):
    shop, other = make_account(session, name="Shop"), make_account(session, name="Other")
    make_contact(session, shop, name="Kim", phone="1234567", external_id="1", source="people")
    before = session.scalars(text("SELECT to_jsonb(contacts) - ARRAY['version', 'updated_at'] FROM contacts")).all()
    batch = bring(
        write("id,account,name,phone", "1,Other,Kim Lee,7654321", "2,Shop,New,", name="people.csv"), "contacts"
    )
    assert (batch.updated, batch.created, other.name) == (1, 1, "Other")
    undoing.undo(session, batch)
    after = session.scalars(text("SELECT to_jsonb(contacts) - ARRAY['version', 'updated_at'] FROM contacts")).all()
    assert after == before


def test_people_are_switched_off_or_put_back(session, organisation, bring, write):
    lee = make_user(session, email="lee@acme.example", name="Lee", phone="1", home=(-76.88, 40.27))
    eve = make_user(session, email="eve@acme.example", name="Eve")
    batch = bring(
        write("email,name,role,home lon,home lat,team", "kim@acme.example,Kim,rep,,,", "lee@acme.example,Lee,manager,-76,40,West",
              "eve@acme.example,Eva,rep,,,"), "people")  # fmt: skip
    session.expire_all()
    eve.phone = "555"
    session.flush()
    done = undoing.undo(session, batch)
    assert (done.removed, done.restored, done.kept) == (1, 1, 1)
    session.expire_all()
    assert (lee.role, lee.team_id, eve.name) == ("rep", None, "Eva")
    assert (
        session.scalar(text("SELECT ST_AsText(home) FROM users WHERE id = :id"), {"id": lee.id})
        == "POINT(-76.88 40.27)"
    )
    assert session.scalars(select(User).filter_by(email="kim@acme.example")).one().active is False


def test_only_a_settled_batch_is_undone_and_only_once(session, bring, write):
    batch = bring(write("id,name", "1,A"))
    undoing.undo(session, batch)
    session.refresh(batch)
    with pytest.raises(Conflict):
        undoing.undo(session, batch)
