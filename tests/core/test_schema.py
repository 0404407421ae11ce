"""A server of one's own is refused with the statement to run, and served once it was run."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from gcrm.core import config, db, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.errors import Invalid, Unavailable
from tests.conftest import _forget, drop_database


@pytest.fixture
def own_server(template, monkeypatch):
    """The test cluster in the role of somebody's own server, with an empty database."""
    name = f"other_{uuid.uuid4().hex[:10]}"
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    address = {user: db.cluster().url(name, user) for user in (db.WEB, db.OWNER, SUPERUSER)}

    def use(**settings: str) -> None:
        for variable, value in settings.items():
            monkeypatch.setenv(variable, value)
        _forget()

    def as_superuser(statement: str) -> None:
        monkeypatch.delenv("GCRM_DATABASE_URL", raising=False)
        monkeypatch.delenv("GCRM_OWNER_URL", raising=False)
        _forget()
        with schema.connected(SUPERUSER, name, autocommit=True) as connection:
            connection.execute(text(statement))

    yield name, address, use, as_superuser
    monkeypatch.undo()
    _forget()
    drop_database(name)


def test_each_lack_comes_with_its_statement(own_server):
    name, address, use, as_superuser = own_server
    both = {"GCRM_DATABASE_URL": address[db.WEB], "GCRM_OWNER_URL": address[db.OWNER]}
    use(**both)
    with pytest.raises(Invalid) as refused:
        schema.make_ready()
    said = refused.value.message
    assert "CREATE EXTENSION postgis;" in said
    assert "CREATE EXTENSION pg_trgm;" in said
    assert "GRANT CREATE ON SCHEMA public TO gcrm_owner;" in said
    as_superuser("CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm; GRANT CREATE ON SCHEMA public TO gcrm_owner")
    use(**both)
    schema.make_ready()
    with db.transaction(None) as session:
        assert session.scalar(text("SELECT current_database()")) == name


def test_a_login_that_steps_over_the_gate_is_refused(own_server):
    _name, address, use, _as_superuser = own_server
    use(GCRM_DATABASE_URL=address[SUPERUSER], GCRM_OWNER_URL=address[db.OWNER])
    with pytest.raises(Invalid, match="steps over row-level security"):
        schema.make_ready()


def test_a_web_machine_without_the_owner_waits_for_the_migration(own_server):
    _name, address, use, _as_superuser = own_server
    use(GCRM_DATABASE_URL=address[db.WEB])
    with pytest.raises(Invalid, match="gcrm db migrate"):
        schema.make_ready()


def test_a_server_that_does_not_answer_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setenv("GCRM_DATABASE_URL", "postgresql://gcrm_web@127.0.0.1:1/none")
    monkeypatch.setenv("GCRM_OWNER_URL", "postgresql://gcrm_owner@127.0.0.1:1/none")
    _forget()
    try:
        with pytest.raises(Unavailable, match="The database does not answer"):
            schema.make_ready()
    finally:
        monkeypatch.undo()
        _forget()
        config.settings()
