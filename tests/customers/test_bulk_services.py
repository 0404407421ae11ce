"""Writes to every account of a selection, and taking them back."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, text

from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.customers import bulk_services as bulk
from gcrm.customers import selection  # noqa: F401 - registers the fields
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from tests import factories as make

NEAR = Selection.parse({"near": "-76.88,40.27,1000"})


@pytest.fixture
def planner(session):
    return make.make_user(session, "planner")


def owners(session) -> dict[str, int | None]:
    return dict(session.execute(select(Account.name, Account.owner_id)).all())


def tags(session, name: str) -> list[str]:
    return session.scalar(select(Account.tags).where(Account.name == name))


def entries(session) -> list[tuple[str, int]]:
    return [tuple(row) for row in session.execute(text("SELECT operation, rows FROM audit_entries WHERE table_name = 'accounts' AND operation = 'update'"))]  # fmt: skip


def test_a_selection_gets_one_owner_and_its_old_ones_back(session, as_user, planner):
    one, two = make.make_user(session, name="One"), make.make_user(session, name="Two")
    make.make_account(session, one, name="A")
    make.make_account(session, two, name="B")
    make.make_account(session, None, name="C")
    make.make_account(session, one, at=(10, 50), name="Far")
    with as_user(planner) as theirs:
        done = bulk.assign(theirs, planner.id, NEAR, two)
        assert (done.selected, done.changed) == (3, 2)
        assert owners(theirs) == {"A": two.id, "B": two.id, "C": two.id, "Far": one.id}
        assert entries(session) == [("update", 2)]
        bulk.undo(theirs, done.change.uuid)
        assert owners(theirs) == {"A": one.id, "B": two.id, "C": None, "Far": one.id}
        assert theirs.scalar(select(Account.owner_named).where(Account.name == "C")) is False
        with pytest.raises(Conflict, match="undone already"):
            bulk.undo(theirs, done.change.uuid)


def test_undoing_leaves_what_was_changed_again(session, as_user, planner):
    one, two, three = (make.make_user(session) for _ in range(3))
    make.make_account(session, one, name="A")
    with as_user(planner) as theirs:
        change = bulk.assign(theirs, planner.id, NEAR, two).change
        bulk.assign(theirs, planner.id, NEAR, three)
        bulk.undo(theirs, change.uuid)
        assert owners(theirs) == {"A": three.id}


def test_tags_come_and_go_where_they_were_not(session, as_user):
    rep = make.make_user(session)
    make.make_account(session, rep, name="A", tags=["fair"])
    make.make_account(session, rep, name="B", tags=["old"])
    make.make_account(session, make.make_user(session), name="Not mine")
    with as_user(rep) as theirs:
        done = bulk.tag(theirs, rep.id, NEAR, "fair")
        assert (done.selected, done.changed) == (2, 1)
        assert (tags(theirs, "A"), tags(theirs, "B")) == (["fair"], ["old", "fair"])
        bulk.undo(theirs, done.change.uuid)
        assert (tags(theirs, "A"), tags(theirs, "B")) == (["fair"], ["old"])
        gone = bulk.untag(theirs, rep.id, NEAR, "fair")
        assert (gone.changed, tags(theirs, "A")) == (1, [])
        bulk.undo(theirs, gone.change.uuid)
        assert tags(theirs, "A") == ["fair"]
    assert tags(session, "Not mine") == []


def test_what_changes_nothing_leaves_nothing_to_undo(session, as_user):
    rep = make.make_user(session)
    make.make_account(session, rep, tags=["fair"])
    with as_user(rep) as theirs:
        done = bulk.tag(theirs, rep.id, NEAR, "fair")
    assert (done.selected, done.changed, done.change) == (1, 0, None)


def test_many_accounts_want_their_number_said(session, as_user, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_UNASKED", 2)
    rep = make.make_user(session)
    for _ in range(3):
        make.make_account(session, rep)
    with as_user(rep) as theirs:
        for said in (None, 2):
            with pytest.raises(bulk.NumberToConfirm, match="changes 3 accounts") as caught:
                bulk.tag(theirs, rep.id, NEAR, "fair", said)
            assert caught.value.count == 3
        assert bulk.tag(theirs, rep.id, NEAR, "fair", 3).changed == 3


def test_too_many_accounts_and_none_are_refused(session, as_user, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_CHANGED", 2)
    rep = make.make_user(session)
    with as_user(rep) as theirs, pytest.raises(Invalid, match="No account"):
        bulk.tag(theirs, rep.id, NEAR, "fair")
    for _ in range(3):
        make.make_account(session, rep)
    with as_user(rep) as theirs, pytest.raises(Invalid, match="More than 2 accounts"):
        bulk.tag(theirs, rep.id, NEAR, "fair", 3)


@pytest.mark.parametrize("word", ["", " ; ", "a;b", "x" * 500])
def test_a_tag_is_one_word_or_phrase(session, as_user, word):
    rep = make.make_user(session)
    make.make_account(session, rep)
    with as_user(rep) as theirs, pytest.raises(Invalid):
        bulk.tag(theirs, rep.id, NEAR, word)


def test_owners_are_active_reps_and_managers(session, as_user, planner):
    make.make_account(session)
    for person in (make.make_user(session, active=False), make.make_user(session, "admin")):
        with as_user(planner) as theirs, pytest.raises(Invalid, match="cannot own accounts"):
            bulk.assign(theirs, planner.id, NEAR, person)


def test_what_others_did_is_not_ones_own_to_undo(session, as_user):
    rep, other = make.make_user(session), make.make_user(session)
    make.make_account(session, rep)
    with as_user(rep) as theirs:
        change = bulk.tag(theirs, rep.id, NEAR, "fair").change
    for public in (change.uuid, uuid.uuid4()):
        with as_user(other) as foreign, pytest.raises(NotFound):
            bulk.undo(foreign, public)
