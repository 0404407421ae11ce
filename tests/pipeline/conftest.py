"""A small company with sales under way."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from gcrm.pipeline import queries, services
from tests import factories as make

TODAY = dt.date(2026, 11, 18)


@pytest.fixture
def stages(session):
    return {stage.name: stage for stage in services.default_stages(session)}


@pytest.fixture
def company(session, stages):
    """A rep with an account under a manager, another rep with one, and the roles that see all."""
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    people = {
        "rep": make.make_user(session, "rep", north, name="Ann Rep"),
        "other": make.make_user(session, "rep", south, name="Bob Other"),
        "manager": make.make_user(session, "manager", north),
        **{role: make.make_user(session, role) for role in ("planner", "admin", "marketer", "service")},
    }
    return SimpleNamespace(
        **people,
        stages=stages,
        account=make.make_account(session, people["rep"], name="Mine & Co"),
        hidden=make.make_account(session, people["other"], name="Theirs"),
    )


@pytest.fixture
def everything():
    return queries.Wanted(TODAY)


@pytest.fixture
def deal(session, company):
    """`deal("Name", 1000, "Proposal")` is a sale at the rep's account."""

    def make_deal(name="Deal", amount=100_000, stage="Lead", account=None, owner=None, **fields):
        return make.make_opportunity(
            session, account or company.account, owner or company.rep, name=name, amount_minor=amount,
            stage_id=company.stages[stage].id, **fields,
        )  # fmt: skip

    return make_deal
