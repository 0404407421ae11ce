"""The trail in the database: one entry a statement, people's columns only, private values kept out."""

from __future__ import annotations

from sqlalchemy import func, select, text, update

from gcrm.core.models import AuditEntry
from gcrm.customers.models import Account
from tests import factories as make


def entries(session, table="accounts", operation=None):
    found = select(AuditEntry).where(AuditEntry.table_name == table).order_by(AuditEntry.id)
    return [e for e in session.scalars(found) if operation in (None, e.operation)]


def test_a_change_says_who_what_and_both_values(session, system):
    account = make.make_account(session, name="Old")
    account.name = "New"
    session.flush()
    (entry,) = entries(session, operation="update")
    assert entry.user_id == system.id
    assert entry.rows == 1
    assert entry.changes == [{"id": account.id, "name": ["Old", "New"]}]


def test_private_columns_say_changed_only(session):
    account = make.make_account(session, note="secret")
    account.note = "another secret"
    session.flush()
    assert entries(session, operation="update")[0].changes == [{"id": account.id, "note": "changed"}]
    assert "secret" not in str([entry.changes for entry in entries(session)])


def test_a_bulk_write_is_one_entry(session):
    for _ in range(150):
        make.make_account(session)
    session.execute(update(Account).values(tier="B"))
    (entry,) = entries(session, operation="update")
    assert entry.rows == 150
    assert len(entry.changes) == 100


def test_columns_that_only_the_machine_writes_raise_neither_version_nor_trail(session):
    account = make.make_account(session)
    session.execute(text("UPDATE accounts SET last_visited_on = '2026-01-01' WHERE id = :id"), {"id": account.id})
    make.make_region(session, west=-77, south=40)
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    session.expire_all()
    assert session.get(Account, account.id).county_id is not None
    assert session.get(Account, account.id).version == 1
    assert entries(session, operation="update") == []


def test_a_rep_does_not_read_the_trail(session, as_user):
    rep = make.make_user(session)
    make.make_account(session, rep)
    with as_user(rep) as acting:
        import pytest
        from sqlalchemy.exc import DBAPIError

        with pytest.raises(DBAPIError), acting.begin_nested():
            acting.scalar(select(func.count()).select_from(AuditEntry))
