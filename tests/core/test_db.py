"""Connections of the pool: whose they are between transactions, and what becomes of those whose server is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from gcrm.core import db, jobs, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.errors import Unavailable

WHO = "SELECT current_user AS who, coalesce(current_setting('gcrm.principal', true), '') AS principal, pg_backend_pid() AS pid"


def who(session: db.PrincipalSession) -> tuple[str, str]:
    row = session.execute(text(WHO)).one()
    return row.who, row.principal


def end_connections(database: str) -> None:
    """What a restart does to the connections that rest in a pool."""
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        ended = text("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = :name")
        assert connection.scalar(ended, {"name": database})


def test_one_after_the_other_uses_the_same_connection(own_database):
    assert {asked_in_a_transaction(), db.row_for_login(WHO, {})[2], asked_in_a_transaction()} == {
        asked_in_a_transaction()
    }


def test_what_is_asked_before_the_person_is_known_is_asked_as_nobody(own_database):
    system = jobs.system_principal()
    with db.transaction(system) as session:
        assert who(session) == ("gcrm_all", str(system.id))
    with pytest.raises(ZeroDivisionError), db.transaction(system):
        raise ZeroDivisionError
    assert db.row_for_login(WHO, {})[:2] == ("gcrm_web", "")


def test_nobody_gets_the_role_of_who_used_the_connection_before(own_database):
    system, rep = jobs.system_principal(), db.Principal(4711, "rep")
    for principal, expected in ((system, "gcrm_all"), (rep, "gcrm_scoped"), (None, "gcrm_web"), (rep, "gcrm_scoped")):
        with db.transaction(principal) as session:
            assert who(session) == (expected, str(principal.id) if principal else "")
        assert db.row_for_login(WHO, {})[0] == "gcrm_web"


def test_many_at_once_never_act_as_each_other(own_database):
    def act(number: int) -> bool:
        principal = [db.Principal(number, "rep"), db.Principal(number, "admin"), None][number % 3]
        with db.transaction(principal) as session:
            session.execute(text("SELECT pg_sleep(0.002)"))
            is_right = who(session) == expected(principal)
        return is_right and db.row_for_login(WHO, {})[:2] == expected(None)

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(act, range(1, 100)))


def expected(principal: db.Principal | None) -> tuple[str, str]:
    return (principal.database_role, str(principal.id)) if principal else ("gcrm_web", "")


def test_a_transaction_after_a_plain_statement_can_still_be_undone(own_database):
    db.row_for_login(WHO, {})
    with db.new_session(jobs.system_principal()) as session:
        session.execute(text("INSERT INTO teams (name) VALUES ('gone')"))
    with db.transaction(None) as session:
        assert session.scalar(text("SELECT count(*) FROM teams")) == 0


@pytest.mark.parametrize("ask", [lambda: db.row_for_login(WHO, {})[2], lambda: asked_in_a_transaction()])
def test_a_connection_that_the_server_ended_is_replaced_unseen(own_database, ask):
    before = ask()
    end_connections(own_database)
    assert ask() != before


def asked_in_a_transaction() -> int:
    with db.transaction(jobs.system_principal()) as session:
        return session.execute(text(WHO)).one().pid


def test_a_fault_in_what_is_asked_leaves_no_connection_behind(own_database):
    with pytest.raises(psycopg.errors.DivisionByZero):
        db.row_for_login("SELECT 1 / 0", {})
    assert db.engine().pool.checkedout() == 0
    with pytest.raises(Unavailable):
        db.row_for_login("SELECT pg_terminate_backend(pg_backend_pid())", {})
    assert db.row_for_login(WHO, {})[0] == "gcrm_web"


def test_a_connection_on_which_a_mere_notice_waits_is_kept(own_database):
    with db.transaction(None) as session:
        session.execute(text("LISTEN word"))
    before = db.row_for_login(WHO, {})[2]
    with schema.connected(SUPERUSER, own_database, autocommit=True) as connection:
        connection.execute(text("NOTIFY word"))
    assert db.row_for_login(WHO, {})[2] == before
