"""A company of two reps, their manager and a planner, with accounts that each of them sees or does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import factories as make


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session, "North"), make.make_team(session, "South")
    rep = make.make_user(session, "rep", north, name="Ana")
    other = make.make_user(session, "rep", south, name="Ben")
    return SimpleNamespace(
        rep=rep,
        other=other,
        manager=make.make_user(session, "manager", north, name="Mia"),
        planner=make.make_user(session, "planner", name="Pat"),
        service=make.make_user(session, "service", name="Sam"),
        mine=make.make_account(session, rep, name="Mine", street="1 Main St", city="Hershey", postcode="17033"),
        theirs=make.make_account(session, other, name="Theirs", street="2 High St", city="York", postcode="17401"),
        nobodys=make.make_account(session, name="Nobodys"),
    )
