"""The gate in the database itself: who sees and writes which rows."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gcrm.customers.models import Account, Contact
from tests import factories as make


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session, parent=top)
    people = {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", north),
        "director": make.make_user(session, "manager", top),
        "planner": make.make_user(session, "planner"),
    }
    people["mine"] = make.make_account(session, people["rep"], name="Mine")
    people["theirs"] = make.make_account(session, people["other"], name="Theirs")
    people["nobodys"] = make.make_account(session, name="Nobodys")
    return people


def names(session) -> set[str]:
    return set(session.scalars(select(Account.name)))


def test_a_rep_sees_the_own_accounts_only(company, as_user):
    with as_user(company["rep"]) as session:
        assert names(session) == {"Mine"}


def test_a_manager_sees_the_subtree(company, as_user):
    with as_user(company["manager"]) as session:
        assert names(session) == {"Mine"}
    with as_user(company["director"]) as session:
        assert names(session) == {"Mine", "Theirs"}


def test_a_planner_sees_all(company, as_user):
    with as_user(company["planner"]) as session:
        assert names(session) == {"Mine", "Theirs", "Nobodys"}


def test_a_write_that_moves_an_account_out_of_sight_succeeds_and_is_answered(company, as_user):
    with as_user(company["rep"]) as session:
        account = session.scalar(select(Account))
        account.owner_id, account.owner_named = company["other"].id, True
        session.flush()
        assert account.version == 2
        assert session.scalar(select(Account.owner_id).where(Account.id == account.id)) == company["other"].id
    with as_user(company["rep"]) as session:
        assert names(session) == set()


def test_a_new_account_in_somebody_elses_territory_goes_to_its_owner(company, as_user, session):
    region = make.make_region(session, west=10, south=10)
    make.make_territory(session, company["other"], (region,))
    with as_user(company["rep"]) as acting:
        made = make.make_account(acting, at=(10.5, 10.5), name="New", entered_by_id=company["rep"].id)
        assert made.owner_id == company["other"].id
    with as_user(company["rep"]) as acting:
        assert "New" not in names(acting)


def test_a_child_row_of_a_hidden_account_is_refused(company, as_user):
    def spy():
        with as_user(company["rep"]) as session:
            session.add(Contact(account_id=company["theirs"].id, name="Spy"))
            session.flush()

    with pytest.raises(DBAPIError, match="row-level security"):
        spy()


def test_without_a_principal_there_is_nothing(connection, company):
    from gcrm.core import db

    db.enter(connection, None)
    with pytest.raises(DBAPIError, match="permission denied"), connection.begin_nested():
        connection.execute(text("SELECT count(*) FROM accounts"))
