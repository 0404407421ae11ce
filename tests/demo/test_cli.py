"""`gcrm demo` on a database of the test's own, with real commits."""

import json

import pytest
from click.testing import CliRunner

from gcrm.core import config, db, jobs
from gcrm.core.errors import Conflict, Invalid
from gcrm.demo import cli, presence
from tests.conftest import clone_database, drop_database


@pytest.fixture
def with_regions(own_database, us_regions):
    """A database in which only the demo's regions are."""
    with db.transaction(jobs.system_principal()) as session:
        us_regions(session)
    return own_database


def _run(*options):
    return CliRunner().invoke(cli.demo, ["--accounts", "60", "--reps", "4", "--seed", "5", *options])


def test_the_demo_is_made_once(with_regions, monkeypatch):
    monkeypatch.setenv("GCRM_DEMO_PASSWORD", "demo-password-1")
    config.settings.cache_clear()
    made = _run("--json")
    assert made.exit_code == 0, made.exception
    figures = json.loads(made.stdout)
    assert figures["made"] is True
    assert (figures["accounts"], figures["users"], figures["database"]) == (60, 9, with_regions)
    assert figures["visits"] > 0
    assert figures["plans_queued"] >= 3
    assert "password" not in figures
    assert presence.who_is_there() == "demo"
    again = _run("--json")
    assert json.loads(again.stdout) == {"database": with_regions, "made": False}
    assert "nothing was changed" in _run().stdout
    assert _run("--if-empty").output == ""
    with db.transaction(jobs.system_principal()) as session:
        from gcrm.demo.queries import count_accounts

        assert count_accounts(session)["accounts"] == 60


def test_a_password_of_its_own_is_shown_once_and_opens(with_regions):
    made = _run()
    assert made.exit_code == 0, made.exception
    password = made.stdout.rsplit(": ", 1)[1].strip()
    from argon2 import PasswordHasher
    from sqlalchemy import text

    with db.transaction(None) as bare:
        kept = bare.scalar(text("SELECT password FROM users WHERE email = 'rep4@demo.example'"))
    assert PasswordHasher().verify(kept, password)


def test_somebodys_own_organisation_is_left_alone(own_database):
    from gcrm.people.services import found_organisation

    with db.transaction(jobs.system_principal()) as session:
        found_organisation(session, name="Acme", country="us", currency="USD", timezone="America/New_York")
    refused = _run()
    assert isinstance(refused.exception, Conflict)
    assert "holds an organisation already" in refused.exception.message
    assert _run("--if-empty").exit_code == 0
    assert presence.who_is_there() == "organisation"


def test_only_the_demos_own_database_is_dropped(with_regions):
    refused = _run("--reset")
    assert isinstance(refused.exception, Invalid)
    assert "Only the demo's own database" in refused.exception.message


@pytest.fixture
def demo_database(template, monkeypatch):
    """The database that the command uses when none is named."""
    monkeypatch.delenv("GCRM_DATABASE")
    clone_database(config.DEMO_DATABASE)
    _forget()
    cli._choose_database()
    yield config.settings().database
    db.engine().dispose()
    drop_database(config.DEMO_DATABASE)
    monkeypatch.undo()
    _forget()


def _forget():
    config.settings.cache_clear()
    db.engine.cache_clear()
    db.bind(None)


def test_without_a_name_the_demo_has_a_database_of_its_own(demo_database):
    assert demo_database == "gcrm_demo"
    assert config.settings().is_demo


def test_the_demos_database_is_dropped_unless_somebody_works_in_it(demo_database):
    from gcrm.core import schema
    from gcrm.demo import services

    with schema.connected(db.OWNER), pytest.raises(Conflict, match="Stop “gcrm serve” first"):
        services.reset()
    services.reset()
    assert presence.who_is_there() is None


@pytest.mark.parametrize("options", [("--accounts", "3"), ("--reps", "0")])
def test_impossible_wishes_are_refused_and_nothing_is_written(own_database, options):
    refused = _run(*options)
    assert isinstance(refused.exception, Invalid)
    assert presence.who_is_there() is None
