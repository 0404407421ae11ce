"""Making a database ready: roles, extensions, migrations; and refusing a server that cannot serve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from gcrm.core import db, paths
from gcrm.core.cluster import OLDEST_POSTGIS, SUPERUSER
from gcrm.core.config import settings
from gcrm.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

EXTENSIONS = ("postgis", "pg_trgm")

ROLES = """
DO $$ BEGIN
  IF to_regrole('gcrm_owner') IS NULL THEN CREATE ROLE gcrm_owner LOGIN; END IF;
  IF to_regrole('gcrm_web') IS NULL THEN CREATE ROLE gcrm_web LOGIN NOINHERIT; END IF;
  IF to_regrole('gcrm_all') IS NULL THEN CREATE ROLE gcrm_all NOLOGIN; END IF;
  IF to_regrole('gcrm_scoped') IS NULL THEN CREATE ROLE gcrm_scoped NOLOGIN; END IF;
  GRANT gcrm_all, gcrm_scoped TO gcrm_web;
END $$
"""


@contextmanager
def connected(user: str, database: str | None = None, autocommit: bool = False) -> Iterator[Connection]:
    """One connection outside every pool."""
    engine = create_engine(
        db.url(user, database),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
    )
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        raise Unavailable(f"The database does not answer: {reason}") from error
    finally:
        engine.dispose()


def make_ready(database: str | None = None) -> None:
    """Create what is missing in the private cluster, check a server of one's own, and migrate.

    A process that holds only the login of `gcrm_web` cannot migrate: it is refused until somebody who can has done it.
    """
    if settings().is_private:
        if _is_ready(database):
            return
        create_database(database or settings().database)
    elif not settings().owner_url:
        if not _is_ready(database):
            raise Invalid(
                "The database is not at this version's form. Run “gcrm db migrate” with GCRM_OWNER_URL set to its owner."
            )
        return
    else:
        _refuse_unfit_server()
    migrate(database)


def _is_ready(database: str | None) -> bool:
    """Whether the tables are there in this version's form; a look of a millisecond."""
    try:
        with connected(db.WEB, database) as connection:
            return current(connection) == head()
    except (Unavailable, ProgrammingError):
        return False


def create_database(name: str) -> None:
    with connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text(ROLES))
        there = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not there:
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"CREATE DATABASE {quoted} OWNER gcrm_owner TEMPLATE template0"))
    with connected(SUPERUSER, name, autocommit=True) as connection:
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))


def _refuse_unfit_server() -> None:
    """Each fault of a server of one's own comes with the statement that mends it."""
    faults = []
    with connected(db.OWNER) as connection:
        major = int(connection.scalar(text("SHOW server_version_num"))) // 10_000
        if major < 15:
            faults.append(f"PostgreSQL {major} is too old: version 15 or newer is needed.")
        for extension in EXTENSIONS:
            found = connection.scalar(
                text("SELECT extversion FROM pg_extension WHERE extname = :name"), {"name": extension}
            )
            if found is None:
                faults.append(
                    f"The extension {extension} is missing. As a superuser, in this database: "
                    f"CREATE EXTENSION {extension};"
                )
            elif extension == "postgis" and tuple(map(int, found.split(".")[:2])) < OLDEST_POSTGIS:
                faults.append(f"PostGIS {found} is too old. Run: ALTER EXTENSION postgis UPDATE;")
        for role, options in (("gcrm_web", "LOGIN NOINHERIT"), ("gcrm_all", "NOLOGIN"), ("gcrm_scoped", "NOLOGIN")):
            if connection.scalar(text("SELECT to_regrole(:role)"), {"role": role}) is None:
                faults.append(f"The role {role} is missing. As a superuser: CREATE ROLE {role} {options};")
        member = (
            "SELECT count(*) FROM pg_auth_members WHERE member = to_regrole('gcrm_web')"
            " AND roleid IN (to_regrole('gcrm_all'), to_regrole('gcrm_scoped'))"
        )
        if connection.scalar(text(member)) != 2:
            faults.append("gcrm_web lacks its roles. As a superuser: GRANT gcrm_all, gcrm_scoped TO gcrm_web;")
        may_create = "SELECT current_user, has_schema_privilege(current_user, 'public', 'CREATE')"
        owner, is_allowed = connection.execute(text(may_create)).one()
        if not is_allowed:
            faults.append(
                f"{owner} may not create tables. As a superuser, in this database: "
                f"GRANT CREATE ON SCHEMA public TO {owner};"
            )
    with connected(db.WEB) as connection:
        row = connection.execute(
            text("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        if row[1]:
            faults.append(
                f"{row[0]} steps over row-level security. Log in as gcrm_web, or: "
                f"ALTER ROLE {row[0]} NOSUPERUSER NOBYPASSRLS;"
            )
    if faults:
        raise Invalid("This database server cannot serve gcrm yet. " + " ".join(faults))


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(paths.migrations()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(database: str | None = None, revision: str = "head") -> None:
    """Run the migrations that are missing."""
    from alembic import command

    with connected(db.OWNER, database) as connection:
        command.upgrade(_config(connection), revision)
        connection.commit()


def downgrade(database: str | None = None, revision: str = "base") -> None:
    from alembic import command

    with connected(db.OWNER, database) as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


@lru_cache(maxsize=1)
def head() -> str:
    """The newest revision, read from the files without loading Alembic."""
    texts = [path.read_text() for path in (paths.migrations() / "versions").glob("*.py")]
    revisions = {found for text in texts for found in re.findall(r'^revision = "(.+)"', text, re.MULTILINE)}
    earlier = {found for text in texts for found in re.findall(r'^down_revision = "(.+)"', text, re.MULTILINE)}
    (newest,) = revisions - earlier
    return str(newest)


def current(connection: Connection) -> str | None:
    """The revision that the database is at."""
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def differences(database: str | None = None) -> list[object]:
    """What autogenerate would change: empty when tables and models agree."""
    from alembic import command
    from alembic.util import AutogenerateDiffsDetected

    with connected(db.OWNER, database) as connection:
        try:
            command.check(_config(connection))
        except AutogenerateDiffsDetected as error:
            return [str(error)]
    return []


def size_bytes(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
