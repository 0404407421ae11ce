"""Writes of accounts and contacts: what is kept, what is refused, and who has it then."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text

from gcrm.core.errors import Conflict, Forbidden
from gcrm.core.geo import lon_lat
from gcrm.customers import queries, services
from gcrm.customers.models import Account, AccountShare, Contact, Touch
from gcrm.customers.services import AlreadyThere
from gcrm.customers.values import Faulty
from tests import factories as make

KEY = {"name": "Corner Store", "street": "5 Elm St", "postcode": "17011"}


def create(session, who, insist=False, **given):
    return services.create_account(session, {"name": "New"} | given, entered_by=who, insist=insist)


def test_a_new_account_has_its_place_its_clock_and_its_currency(session, company):
    made = create(
        session, company.planner, lon="126.98", lat=37.57, phone="02-2123-4567", country="kr", annual_value="12.50"
    )
    assert (lon_lat(made.location), made.timezone, made.currency) == ((126.98, 37.57), "Asia/Seoul", "USD")
    assert (made.location_source, made.location_precision, made.phone_e164) == ("api", "point", "+82221234567")
    assert (made.annual_value_minor, made.placed, made.version) == (1250, "outside", 1)


def test_every_fault_is_told_at_once_and_nothing_is_written(session, company):
    with pytest.raises(Faulty) as caught:
        create(
            session,
            company.planner,
            name="",
            tier="Z",
            lon="999",
            lat="1",
            owner="nobody@acme.example",
            parent=str(company.mine.uuid)[:-1],
        )
    assert set(caught.value.faults) == {"name", "tier", "lon", "owner", "parent"}
    assert session.scalar(select(Account).where(Account.name == "New")) is None


def test_an_account_outside_every_territory_is_the_reps_who_entered_it(as_user, company):
    with as_user(company.rep) as session:
        made = create(session, company.rep)
        assert made.owner_id == company.rep.id
        assert not queries.out_of_sight(session, made)


def test_an_account_in_somebody_elses_territory_is_theirs_and_the_writer_is_told(as_user, session, company):
    region = make.make_region(session, west=10, south=10)
    make.make_territory(session, company.other, (region,))
    with as_user(company.rep) as acting:
        made = create(acting, company.rep, lon=10.5, lat=10.5)
        assert queries.out_of_sight(acting, made)
        assert queries.owner_name(acting, made) == "Ben"
        assert queries.account_row(acting, made).owner_email == company.other.email


def test_the_same_account_in_sight_is_a_conflict_that_one_may_insist_on(as_user, session, company):
    there = make.make_account(session, company.rep, **KEY)
    with as_user(company.rep) as acting:
        with pytest.raises(AlreadyThere) as caught:
            create(acting, company.rep, name="CORNER-STORE", street="5 elm st.", postcode="17011")
        assert [a.id for a in caught.value.accounts] == [there.id]
        assert caught.value.may_insist
        assert create(acting, company.rep, insist=True, **KEY).id != there.id


def test_the_same_account_out_of_sight_says_with_whom_and_nothing_else(as_user, session, company):
    make.make_account(session, company.other, city="Camp Hill", note="secret", phone="717 555 0100", **KEY)
    with as_user(company.rep) as acting:
        for insist in (False, True):
            with pytest.raises(AlreadyThere) as caught:
                create(acting, company.rep, insist=insist, **KEY)
            assert caught.value.message == "“Corner Store” in Camp Hill is already with Ben."
            assert caught.value.accounts == []
            assert not caught.value.may_insist


def test_a_hidden_account_that_only_may_be_the_same_can_be_insisted_on(as_user, session, company):
    make.make_account(session, company.other, name="Corner Store")
    with as_user(company.rep) as acting:
        with pytest.raises(AlreadyThere, match="already with Ben"):
            create(acting, company.rep, **KEY)
        assert create(acting, company.rep, insist=True, **KEY).owner_id == company.rep.id


def test_another_address_is_another_account(as_user, session, company):
    make.make_account(session, company.other, **KEY)
    make.make_account(session, company.rep, **KEY)
    with as_user(company.rep) as acting:
        assert create(acting, company.rep, **(KEY | {"postcode": "17099"}))
        assert create(acting, company.rep, **(KEY | {"street": "6 Elm St"}))


def test_an_external_id_is_unique_within_its_source(as_user, session, company):
    make.make_account(session, company.other, name="Hidden", city="York", source="erp", external_id="7")
    make.make_account(session, company.rep, name="Seen", source="erp", external_id="8")
    with as_user(company.rep) as acting:
        with pytest.raises(AlreadyThere, match=r"taken\. “Hidden” in York is already with Ben"):
            create(acting, company.rep, source="erp", external_id="7")
        with pytest.raises(AlreadyThere, match="“Seen” has the id 8 of erp already"):
            create(acting, company.rep, source="erp", external_id="8")
        assert create(acting, company.rep, source="other", external_id="8").external_id == "8"
        assert create(acting, company.rep, external_id="8").source == "api"
        mine = acting.get(Account, company.mine.id)
        with pytest.raises(AlreadyThere):
            services.update_account(acting, mine, {"source": "erp", "external_id": "7", "name": "Changed"})
        assert mine.name == "Mine"


def test_only_what_is_given_changes_and_empty_clears(session, company):
    account = services.update_account(session, company.mine, {"city": "", "tier": "b", "tags": "x;y"})
    assert (account.city, account.tier, account.tags, account.street, account.name) == (
        None,
        "B",
        ["x", "y"],
        "1 Main St",
        "Mine",
    )


def test_a_change_that_changes_nothing_leaves_the_version(session, company):
    before = company.mine.version
    point = lon_lat(company.mine.location)
    services.update_account(
        session, company.mine, {"name": "Mine", "lon": point[0], "lat": point[1], "owner": company.rep.email}
    )
    assert company.mine.version == before
    services.update_account(session, company.mine, {"name": "Mine!"})
    assert company.mine.version == before + 1


def test_a_changed_currency_restates_the_amount(session, company):
    company.mine.annual_value_minor = 120000
    services.update_account(session, company.mine, {"currency": "KRW", "annual_value": "1200"})
    assert company.mine.annual_value_minor == 1200
    services.update_account(session, company.mine, {"currency": "USD"})
    assert company.mine.annual_value_minor == 120000
    company.mine.annual_value_minor = 120050
    with pytest.raises(Faulty, match="more decimals than KRW"):
        services.update_account(session, company.mine, {"currency": "KRW"})


def test_a_changed_country_reads_the_phone_anew(session, company):
    services.update_account(session, company.mine, {"phone": "02-2123-4567"})
    assert company.mine.phone_e164 is None
    services.update_account(session, company.mine, {"country": "kr"})
    assert company.mine.phone_e164 == "+82221234567"


def test_moving_writes_source_precision_and_region(session, company):
    region = make.make_region(session, west=126, south=37)
    place = {"lon": "126.5", "lat": "37.5", "location_precision": "street"}
    services.update_account(session, company.mine, place, location_source="phone")
    assert (company.mine.location_source, company.mine.location_precision, company.mine.county_id) == (
        "phone",
        "street",
        region.id,
    )
    services.update_account(session, company.mine, {"lon": None, "lat": None})
    assert (company.mine.location, company.mine.grid_key, company.mine.timezone) == (None, None, None)
    with pytest.raises(Faulty) as refused:
        services.update_account(session, company.mine, {"lon": "1", "lat": "1", "location_source": "guess"})
    assert "no source of a place" in refused.value.details["faults"]["lon"][0]


def test_a_named_owner_stays_and_a_released_one_is_the_territorys(session, company):
    region = make.make_region(session, west=-77.5, south=40)
    make.make_territory(session, company.other, (region,))
    account = company.nobodys
    services.name_owner(session, account, company.rep)
    session.execute(text("UPDATE accounts SET location = location"))
    session.refresh(account)
    assert account.owner_id == company.rep.id
    services.release_owner(session, account)
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    session.refresh(account)
    assert account.owner_id == company.other.id


def test_giving_an_account_away_takes_it_out_of_sight(as_user, company):
    with as_user(company.rep) as session:
        account = session.get(Account, company.mine.id)
        services.name_owner(session, account, session.merge(company.other))
        assert queries.out_of_sight(session, account)
    with as_user(company.rep) as session:
        assert session.scalar(select(Account)) is None


def test_a_shared_account_is_seen_until_it_is_not(as_user, company):
    with as_user(company.other) as session:
        services.share_account(session, session.get(Account, company.theirs.id), company.rep)
        services.share_account(session, session.get(Account, company.theirs.id), company.rep)
    with as_user(company.rep) as session:
        theirs = queries.account_by_uuid(session, company.theirs.uuid)
        assert [u.name for u in queries.shared_with(session, theirs)] == ["Ana"]
        services.unshare_account(session, theirs, company.rep)
        assert queries.out_of_sight(session, theirs)
    with as_user(company.rep) as session:
        assert set(session.scalars(select(Account.name))) == {"Mine"}
        assert session.scalar(select(AccountShare)) is None


def test_parents_form_no_circle_through_hidden_accounts_either(as_user, session, company):
    low = make.make_account(session, company.rep, name="Low", parent_id=company.theirs.id)
    company.theirs.parent_id = company.mine.id
    session.flush()
    with as_user(company.rep) as acting:
        mine, below = acting.get(Account, company.mine.id), acting.get(Account, low.id)
        for parent in (below, mine):
            with pytest.raises(Faulty) as refused:
                services.update_account(acting, mine, {"parent": str(parent.uuid)})
            assert "belongs to “Mine” itself" in refused.value.details["faults"]["parent"][0]
        with pytest.raises(Faulty):
            services.update_account(acting, below, {"parent": str(company.theirs.uuid)})
        services.update_account(acting, below, {"parent": str(mine.uuid)})
        assert [a.name for a in queries.children_of(acting, mine)] == ["Low"]


def test_an_account_on_which_nothing_hangs_is_deleted_with_its_people(app, session, company):
    make.make_contact(session, company.mine)
    key = company.mine.id
    assert services.delete_account(session, company.mine)
    assert session.get(Account, key) is None
    assert session.scalar(select(Contact).where(Contact.account_id == key)) is None


def test_an_account_with_a_history_becomes_a_former_one(app, session, company):
    make.make_touch(session, company.mine, company.rep)
    assert not services.delete_account(session, company.mine)
    assert company.mine.status == "former"


def test_reps_do_not_delete_accounts(as_user, company):
    with as_user(company.rep) as session, pytest.raises(Forbidden):
        services.delete_account(session, session.get(Account, company.mine.id))


def test_one_contact_is_the_primary_one(session, company):
    first = services.create_contact(session, company.mine, {"name": "Ada"})
    second = services.create_contact(session, company.mine, {"name": "Bo", "is_primary": True})
    session.refresh(first)
    assert (first.is_primary, second.is_primary) == (False, True)
    services.update_contact(session, first, {"is_primary": True, "email": "ADA@mine.example"})
    session.refresh(second)
    assert (first.is_primary, second.is_primary, first.email) == (True, False, "ada@mine.example")


def test_a_rep_edits_and_takes_out_the_contacts_of_own_accounts_only(as_user, session, company):
    theirs = make.make_contact(session, company.theirs)
    with as_user(company.rep) as acting:
        mine = services.create_contact(acting, acting.get(Account, company.mine.id), {"name": "Ada"})
        services.delete_contact(acting, mine)
        acting.execute(text("DELETE FROM contacts"))
    assert session.scalars(select(Contact.id)).all() == [theirs.id]


def test_a_contacts_key_is_unique(session, company):
    services.create_contact(session, company.mine, {"name": "Ada", "external_id": "1", "source": "erp"})
    with pytest.raises(Conflict, match="has the id 1 of erp already"):
        services.create_contact(session, company.theirs, {"name": "Bo", "external_id": "1", "source": "erp"})


def test_a_touch_stands_on_the_timeline_until_its_thing_is_undone(as_user, company):
    with as_user(company.rep) as session:
        touch = services.write_touch(
            session, account_id=company.mine.id, user_id=company.rep.id, at=dt.datetime.now(dt.UTC), kind="call",
            summary="Asked", subject=company.mine.uuid,
        )  # fmt: skip
        assert queries.timeline(session, company.mine).rows == [touch]
        services.drop_touches(session, company.mine.uuid)
        assert session.scalar(select(Touch)) is None


def test_a_visit_raises_the_last_day_and_never_lowers_it(as_user, company):
    with as_user(company.rep) as session:
        account = session.get(Account, company.mine.id)
        for day in (3, 9, 5):
            services.note_visit(session, account.id, dt.date(2026, 3, day))
        assert account.last_visited_on == dt.date(2026, 3, 9)
        assert account.version == company.mine.version
        services.note_visit(session, company.theirs.id, dt.date(2026, 3, 9))
    with as_user(company.other) as session:
        assert session.get(Account, company.theirs.id).last_visited_on is None
