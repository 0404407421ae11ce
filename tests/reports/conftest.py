"""Two teams with territories, accounts and visits whose figures are known."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from gcrm.core import clock
from tests import factories as make

DAY = dt.timedelta(days=1)


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session, "All")
    north, south = make.make_team(session, "North", top), make.make_team(session, "South", top)
    people = {
        "rep": make.make_user(session, "rep", north, name="Ann Rep"),
        "other": make.make_user(session, "rep", south, name="Bob Other"),
        "manager": make.make_user(session, "manager", north, name="Mary Manager"),
        "director": make.make_user(session, "manager", top, name="Dora Director"),
        **{role: make.make_user(session, role) for role in ("planner", "admin", "marketer", "service")},
    }
    regions = {
        name: make.make_region(session, west=west, south=10, name=name)
        for name, west in (("a", 10), ("b", 20), ("c", 30))
    }
    whole = make.make_territory(session, name="Whole")
    territories = {
        "whole": whole,
        "a": make.make_territory(session, people["rep"], (regions["a"],), whole, name="North territory"),
        "b": make.make_territory(session, people["other"], (regions["b"],), whole, name="South territory"),
        "empty": make.make_territory(session, people["other"], (regions["c"],), name="Nothing there"),
    }
    return SimpleNamespace(**people, territories=territories)


@pytest.fixture
def account(session, company):
    """`account("a", 1000)` lies in that territory, with a value in minor units; None lies in none."""

    def make_one(where, value=None, **fields):
        west = {"a": 10, "b": 20, None: 80}[where]
        return make.make_account(
            session, fields.pop("owner", None), at=(west + 0.5, 10.5), annual_value_minor=value, **fields
        )

    return make_one


@pytest.fixture
def visited(session, company):
    """`visited(account, user, days_ago)` was made."""

    def make_one(account, user, days_ago, **fields):
        usual = {"status": "done", "outcome": "order", "finished_at": clock.now() - days_ago * DAY}
        return make.make_visit(session, account, user, **(usual | fields))

    return make_one
