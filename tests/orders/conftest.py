"""A rep with an account, another rep with one, a planner, and two products with prices."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from gcrm.orders import services
from tests import factories as make

JANUARY = dt.date(2026, 1, 1)


@pytest.fixture
def shop(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    rep, other = make.make_user(session, "rep", north), make.make_user(session, "rep", south)
    cups = services.save_product(session, code="C-1", name="Paper cups", unit="carton")
    lids = services.save_product(session, code="L-1", name="Lids")
    services.set_price(session, cups, 1050, "USD", JANUARY)
    services.set_price(session, lids, 333, "USD", JANUARY)
    return SimpleNamespace(
        rep=rep, other=other, manager=make.make_user(session, "manager", north),
        planner=make.make_user(session, "planner"), marketer=make.make_user(session, "marketer"),
        account=make.make_account(session, rep, name="Mine & Co"), hidden=make.make_account(session, other, name="Theirs"),
        cups=cups, lids=lids,
    )  # fmt: skip
