from __future__ import annotations

import pytest
from sqlalchemy import select

from gcrm.people.models import Team, User
from tests.factories import make_user


@pytest.fixture
def people(session):
    def by_email():
        session.expire_all()
        return {user.email: user for user in session.scalars(select(User).where(User.role != "system"))}

    return by_email


def test_new_people_are_added_without_a_password(session, bring, write, people):
    batch = bring(
        write("email,name,role,team", "KIM@acme.example,Kim,sales rep,East", "lee@acme.example,Lee,팀장,East"), "people"
    )
    assert batch.created == 2
    kim = people()["kim@acme.example"]
    assert (kim.name, kim.role, kim.team.name, kim.active) == ("Kim", "rep", "East", True)
    assert people()["lee@acme.example"].role == "manager"
    assert len(session.scalars(select(Team)).all()) == 1


def test_one_role_for_all_is_set(bring, write, people):
    bring(write("email", "kim@acme.example"), "people", values={"role": "rep", "team": "West"})
    assert (people()["kim@acme.example"].role, people()["kim@acme.example"].team.name) == ("rep", "West")


def test_people_who_are_there_are_changed_or_unchanged(session, organisation, bring, write, people):
    make_user(session, email="kim@acme.example", name="Kim", role="rep")
    make_user(session, email="lee@acme.example", name="Lee", role="rep")
    batch = bring(write("email,name,role", "kim@acme.example,Kim,rep", "lee@acme.example,Lee,manager"), "people")
    assert (batch.created, batch.updated, batch.unchanged) == (0, 1, 1)
    assert people()["lee@acme.example"].role == "manager"


def test_homes_are_read_and_met_again(session, bring, write):
    lines = ("email,role,home lon,home lat", "kim@acme.example,rep,-76.88,40.27")
    assert bring(write(*lines), "people").created == 1
    assert bring(write(*lines), "people").unchanged == 1
    assert bring(write(lines[0], "kim@acme.example,rep,-76.9,40.27"), "people").updated == 1


def test_rows_that_cannot_be_people_are_rejected(session, organisation, bring, write, rejects):
    make_user(session, email="gone@acme.example", name="Gone", active=False)
    batch = bring(
        write("email,name,role", "kim@acme.example,Kim,", ",Nobody,rep", "x,X,rep", "lee@acme.example,Lee,emperor",
              "gone@acme.example,Gone,rep", "a@acme.example,A,rep", "b@acme.example,B,rep", "a@acme.example,A,rep"),
        "people",
    )  # fmt: skip
    said = rejects(batch)
    assert "new and has no role" in said[2]
    assert said[3] == "The row has no e-mail address."
    assert "no e-mail address" in said[4]
    assert "“emperor” is not one of" in said[5]
    assert "not active any more" in said[6]
    assert said[9] == "The row repeats row 7."
    assert batch.created == 2


def test_the_last_admin_stays_one(session, organisation, bring, write, rejects):
    make_user(session, email="boss@acme.example", name="Boss", role="admin")
    batch = bring(write("email,role", "boss@acme.example,rep", "kim@acme.example,rep"), "people")
    assert "would lose the role of admin" in rejects(batch)[2]
