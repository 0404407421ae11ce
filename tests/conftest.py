"""A private cluster for the run, one migrated template, a clone for each worker, and sessions that undo themselves."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import sessionmaker

TEMPLATE = "gcrm_test_template"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the run, before anything of gcrm reads its own."""
    root = Path(os.environ.get("GCRM_TEST_DATA") or _test_folder())
    for name in [name for name in os.environ if name.startswith("GCRM_") and name != "GCRM_TEST_DATA"]:
        del os.environ[name]
    # The process's number in the name lets runs go side by side, and tells what a killed run left behind.
    os.environ.update(
        GCRM_DATA=str(root), GCRM_DATABASE=f"gcrm_test_{os.getpid()}", GCRM_LOG_LEVEL="error", GCRM_POOL_SIZE="5"
    )


def _test_folder() -> Path:
    from gcrm.core import paths

    usual = paths.default_data_folder()
    return usual.with_name(usual.name + "-test")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real files to try; tests that need them skip where they are absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real files of shared/data are not here")
    return SHARED / "data"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The migrated, empty database that every test database is a copy of; made anew when a migration changed."""
    import fcntl

    from gcrm.core import db, paths, schema

    db.cluster().use()
    mark = str(sorted((p.name, p.stat().st_mtime_ns) for p in (paths.migrations() / "versions").glob("*.py")))
    folder = db.cluster().folder
    with (folder / "template.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep()
        known = folder / "template.mark"
        if not known.exists() or known.read_text() != mark or not _exists(TEMPLATE):
            drop_database(TEMPLATE)
            schema.create_database(TEMPLATE)
            schema.migrate(TEMPLATE)
            known.write_text(mark)
    return TEMPLATE


def _sweep() -> None:
    """Drop the databases of runs whose process is gone."""
    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    with schema.connected(SUPERUSER, "postgres") as connection:
        names = connection.scalars(text("SELECT datname FROM pg_database WHERE datname ~ '^gcrm_test_[0-9]+'")).all()
    for name in names:
        if not Path(f"/proc/{name.split('_')[2]}").exists():
            drop_database(name)


def _exists(name: str) -> bool:
    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    with schema.connected(SUPERUSER, "postgres") as connection:
        return bool(connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}))


def drop_database(name: str) -> None:
    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def clone_database(name: str, template: str = TEMPLATE) -> None:
    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    drop_database(name)
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text("SELECT pg_advisory_lock(4711)"))  # Two copies of one template at once are refused.
        connection.execute(text(f'CREATE DATABASE "{name}" OWNER gcrm_owner TEMPLATE "{template}"'))
        connection.execute(text("SELECT pg_advisory_unlock(4711)"))


@pytest.fixture(scope="session")
def database(template: str) -> Iterator[str]:
    """This worker's database, for tests that undo themselves."""
    name = os.environ["GCRM_DATABASE"]
    clone_database(name, template)
    yield name
    from gcrm.core import db

    db.engine().dispose()
    drop_database(name)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """One connection as gcrm_web whose outer transaction is rolled back; everything in the test joins it."""
    from gcrm.core import db

    with db.engine().connect() as opened, opened.begin() as outer:
        maker = sessionmaker(
            opened, class_=db.PrincipalSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        _keep_principals_apart(maker, opened)
        db.bind(maker)
        yield opened
        db.bind(None)
        outer.rollback()


def _keep_principals_apart(maker, connection: Connection) -> None:
    """Sessions share one connection here, so when one ends, role and principal go back to the one still open."""
    from gcrm.core import db

    running: list[db.PrincipalSession] = []

    def began(session, transaction, _connection):
        if transaction.parent is None:
            running.append(session)

    def ended(session, transaction):
        if transaction.parent is None and session in running:
            running.remove(session)
            if running:
                db.enter(connection, running[-1].principal)

    event.listen(maker, "after_begin", began)
    event.listen(maker, "after_transaction_end", ended)


@pytest.fixture
def system(connection: Connection):
    """The user `system` as principal."""
    from gcrm.core import jobs

    return jobs.system_principal()


@pytest.fixture
def session(connection: Connection, system):
    """A session that sees all; what it writes is gone after the test."""
    from gcrm.core import db

    opened = db.new_session(system)
    yield opened
    opened.close()


@pytest.fixture
def as_user(connection: Connection, session) -> Callable:
    """`with as_user(user) as session:` acts as that person within the same outer transaction.

    The first session must not be used inside the block.
    """
    from gcrm.core import db

    @contextlib.contextmanager
    def acting(user):
        session.flush()
        opened = db.new_session(user.principal)
        opened.connection()
        try:
            yield opened
            opened.commit()
        finally:
            opened.close()

    return acting


@pytest.fixture
def count_queries(connection: Connection):
    """A list that fills with the statements run while it is watched."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if "set_config('role'" not in statement and "SAVEPOINT" not in statement:
            seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def app_of_run(database: str):
    from gcrm.app import create_app

    return create_app(TESTING=True, WTF_CSRF_ENABLED=False, SECURITY_HASHING_SCHEMES=["plaintext"])


@pytest.fixture
def app(app_of_run, connection: Connection):
    """The app on the test's own connection."""
    return app_of_run


@pytest.fixture
def client(app):
    """Nobody signed in."""
    return app.test_client()


@pytest.fixture
def login_as(app, session):
    """`login_as(user)` gives a client in that person's name."""

    def enter(user):
        session.flush()
        client = app.test_client()
        from sqlalchemy import select

        from gcrm.core import db
        from gcrm.people.models import User

        with db.transaction(None) as bare:
            mark = bare.scalar(select(User.fs_uniquifier).where(User.id == user.id))
        with client.session_transaction() as cookie:
            cookie.update(_user_id=mark, _fresh=True, fs_cc="set", fs_paa=4e9, identity=mark)
        return client

    return enter


@pytest.fixture
def own_database(template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of the test's own with real commits: for no principal, refusals that leave a trace, jobs, journeys."""
    from gcrm.core import config, db

    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    clone_database(name, template)
    monkeypatch.setenv("GCRM_DATABASE", name)
    _forget()
    yield name
    with contextlib.suppress(Exception):
        db.engine().dispose()
    monkeypatch.undo()
    _forget()
    config.settings()
    drop_database(name)


def _forget() -> None:
    from gcrm.core import config, db

    if db.engine.cache_info().currsize:
        db.engine().dispose()
    config.settings.cache_clear()
    db.engine.cache_clear()
    db.bind(None)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder that an unprivileged server may use, gone after the test."""
    folder = Path(f"/tmp/gcrm-test-{uuid.uuid4().hex[:8]}")  # noqa: S108 - short enough for a socket's path
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
