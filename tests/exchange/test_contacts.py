from __future__ import annotations

import pytest
from sqlalchemy import select

from gcrm.core.errors import Invalid
from gcrm.customers.models import Contact
from tests.factories import make_account, make_contact


@pytest.fixture
def shop(session, organisation):
    return make_account(session, name="Joe's Diner", external_id="77", source="shops", postcode="17101")


def contacts(session):
    session.expire_all()
    return list(session.scalars(select(Contact).order_by(Contact.id)))


def test_contacts_find_their_account_by_id_or_by_name(session, shop, bring, write, rejects):
    batch = bring(write("account,name,title,email,phone", "77,Kim,Boss,KIM@acme.example,", "joes diner,Lee,,,717 555 1234",
                        "Nowhere,Foo,,,", "77,,,,"), "contacts")  # fmt: skip
    assert (batch.created, batch.rejected) == (2, 2)
    assert rejects(batch) == {4: "There is no account “Nowhere”.", 5: "The contact has no name."}
    kim, lee = contacts(session)
    assert (kim.account_id, kim.job_title, kim.email, kim.is_primary) == (shop.id, "Boss", "kim@acme.example", True)
    assert (lee.account_id, lee.phone, lee.is_primary) == (shop.id, "717 555 1234", False)


def test_an_id_that_several_sources_have_needs_the_source(session, shop, bring, write, rejects):
    other = make_account(session, external_id="77", source="chain")
    batch = bring(write("account id,name", "77,Kim", name="people.csv"), "contacts")
    assert "of the sources chain, shops; say which with account_source" in rejects(batch)[2]
    batch = bring(write("account id,name", "77,Kim", name="people.csv"), "contacts", values={"account_source": "chain"})
    assert batch.created == 1
    assert contacts(session)[0].account_id == other.id


def test_of_several_accounts_with_an_id_that_of_the_files_own_source_is_meant(session, shop, bring, write):
    make_account(session, external_id="77", source="chain")
    bring(write("account id,name", "77,Kim"), "contacts", source="shops")
    assert contacts(session)[0].account_id == shop.id


def test_a_name_that_several_accounts_have_needs_the_postcode(session, shop, bring, write, rejects):
    make_account(session, name="Joe's Diner", postcode="17102")
    batch = bring(write("company,name,zip", "Joe's Diner,Kim,17101", "Joe's Diner,Lee,"), "contacts")
    assert batch.created == 1
    assert contacts(session)[0].account_id == shop.id
    assert rejects(batch) == {
        3: "2 accounts have the name “Joe's Diner”; name the account by its id, or add account_postcode."
    }


def test_a_second_import_says_unchanged_and_a_changed_cell_updates(session, shop, bring, write):
    bring(write("account,name,phone", "77,Kim,717 555 1234", "77,Lee,"), "contacts")
    again = bring(write("account,name,phone", "77,Kim,717 555 1234", "77,Lee,717 555 9999"), "contacts")
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)
    assert [contact.phone for contact in contacts(session)] == ["717 555 1234", "717 555 9999"]


def test_a_contact_with_an_id_moves_with_its_row_to_another_account(session, shop, bring, write):
    other = make_account(session, name="New place")
    bring(write("contact id,account,name", "1,77,Kim"), "contacts")
    bring(write("contact id,account,name", "1,New place,Kim"), "contacts")
    assert [contact.account_id for contact in contacts(session)] == [other.id]


def test_two_contacts_of_one_name_are_told_apart_by_mail_or_not_at_all(session, shop, bring, write, rejects):
    make_contact(session, shop, name="Kim", email="a@x.example")
    make_contact(session, shop, name="Kim", email="b@x.example")
    batch = bring(write("account,name,email,phone", "77,Kim,b@x.example,717 555 1234", "77,Kim,,1"), "contacts")
    assert (batch.updated, list(rejects(batch))) == (1, [3])


def test_a_row_said_twice_is_rejected_once(session, shop, bring, write, rejects):
    batch = bring(write("account,name", "77,Kim", "Joe's Diner,KIM"), "contacts")
    assert rejects(batch) == {3: "The row repeats row 2."}


def test_names_in_two_columns_are_joined(session, shop, bring, write):
    bring(write("account,first name,last name,department", "77,Jo,March,Kitchen", "77,민수,김,"), "contacts")
    assert [contact.name for contact in contacts(session)] == ["Jo March", "김민수"]
    assert contacts(session)[0].extra == {"department": "Kitchen"}


def test_a_file_without_accounts_is_refused(bring, write):
    with pytest.raises(Invalid, match="No column is recognised as the account of the contact"):
        bring(write("name,phone", "Kim,1"), "contacts")
