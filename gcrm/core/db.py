"""The one way to the database: engines, sessions that carry their principal, and transactions.

Every transaction begins by setting role and principal (design: "One gate"); without a person it runs as the bare
login, which has no rights on customer tables.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.schema import MetaData

from gcrm.core.cluster import SUPERUSER, Cluster
from gcrm.core.config import settings
from gcrm.core.errors import Unavailable

WEB = "gcrm_web"
OWNER = "gcrm_owner"
SEES_ALL = frozenset({"planner", "admin", "marketer", "service", "system"})

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=CONVENTION)


@dataclass(frozen=True)
class Principal:
    """The person in whose name a transaction reads and writes."""

    id: int
    role: str

    @property
    def database_role(self) -> str:
        return "gcrm_all" if self.role in SEES_ALL else "gcrm_scoped"


def is_scoped(session: Session) -> bool:
    """Whether the principal sees a part of the customers only."""
    principal = getattr(session, "principal", None)
    return isinstance(principal, Principal) and principal.database_role == "gcrm_scoped"


@lru_cache(maxsize=1)
def cluster() -> Cluster:
    return Cluster(settings().data_folder.absolute())


def url(user: str = WEB, database: str | None = None) -> str:
    """Where the given login finds the database; the private cluster is started when needed."""
    if settings().is_private:
        cluster().use()
        return cluster().url(database or settings().database, user)
    chosen = settings().owner_url if user in (OWNER, SUPERUSER) else settings().database_url
    return _with_driver(chosen or settings().database_url, database)


def _with_driver(given: str, database: str | None) -> str:
    address = make_url(given)
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    if database:
        address = address.set(database=database)
    return address.render_as_string(hide_password=False)


@lru_cache(maxsize=1)
def engine() -> Engine:
    """This process's pool of connections as `gcrm_web`."""
    return make_engine(url())


def make_engine(address: str) -> Engine:
    made = create_engine(
        address,
        pool_size=settings().pool_size,
        max_overflow=5,
        connect_args={"prepare_threshold": 5, "application_name": "gcrm", **KEEP_ALIVE},
    )
    event.listen(made, "checkout", _refuse_broken)
    return made


KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A server on another machine that fell silent is noticed within a minute."""


def _refuse_broken(connection: psycopg.Connection[Any], _record: Any, _fairy: Any) -> None:
    """Take another connection from the pool where this one's server is gone, without asking it.

    Nobody speaks on a connection that rests, so words that wait there are its end: the server was restarted. Looking costs a
    few microseconds, asking costs two round trips. Where it is only a notice, the server is asked after all.
    """
    try:
        resting = select.poll()
        resting.register(connection.fileno(), select.POLLIN)
        if resting.poll(0):
            connection.execute("SELECT 1")
            connection.rollback()
    except psycopg.Error as error:
        raise InvalidatePoolError() from error


class PrincipalSession(Session):
    """A session whose every transaction sets role and principal first."""

    @property
    def principal(self) -> Principal | None:
        return self.info.get("principal")

    @principal.setter
    def principal(self, principal: Principal | None) -> None:
        if self.in_transaction():
            raise RuntimeError("The principal is set before the transaction begins.")
        self.info["principal"] = principal


_SET_PRINCIPAL = (
    "SELECT set_config('role', %(role)s, true), set_config('gcrm.principal', %(principal)s, true),"
    " set_config('gcrm.principal_role', %(principal_role)s, true), set_config('gcrm.written', '', true)"
)


@event.listens_for(PrincipalSession, "after_begin")
def _enter(session: PrincipalSession, _transaction: Any, connection: Connection) -> None:
    enter(connection, session.principal)


def enter(connection: Connection, principal: Principal | None) -> None:
    """Set role and principal for the running transaction."""
    connection.exec_driver_sql(
        _SET_PRINCIPAL,
        {
            "role": principal.database_role if principal else "none",
            "principal": str(principal.id) if principal else "",
            "principal_role": principal.role if principal else "",
        },
    )


_makers: list[sessionmaker[PrincipalSession]] = []


def session_maker() -> sessionmaker[PrincipalSession]:
    """Tests replace the maker by one that is bound to their connection."""
    if not _makers:
        _makers.append(sessionmaker(engine(), class_=PrincipalSession, expire_on_commit=False))
    return _makers[0]


def bind(maker: sessionmaker[PrincipalSession] | None) -> None:
    """Use another session maker from now on; None goes back to the settings'."""
    _makers.clear()
    if maker is not None:
        _makers.append(maker)


def new_session(principal: Principal | None = None) -> PrincipalSession:
    session = session_maker()()
    session.principal = principal
    return session


@contextlib.contextmanager
def transaction(principal: Principal | None) -> Iterator[PrincipalSession]:
    """One transaction in somebody's name; commits at the end, rolls back on an error."""
    with new_session(principal) as session, session.begin():
        yield session


def row_for_login(statement: str, words: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of one statement as the bare login, for what every request asks before it knows its person.

    Outside any transaction, which saves beginning, naming nobody and committing: role and principal of a transaction end
    with it, so a connection that rests in the pool is the bare login's. Straight from the driver, since SQLAlchemy's result
    takes longer than the answer.
    """
    bind = session_maker().kw["bind"]
    if not isinstance(bind, Engine):  # A test's own connection, within its transaction.
        with transaction(None) as session:
            row = session.connection().exec_driver_sql(statement, words).first()
            return tuple(row) if row else None
    lent = bind.raw_connection()
    connection: Any = lent.dbapi_connection
    try:
        connection.autocommit = True
        try:
            found: tuple[Any, ...] | None = connection.execute(statement, words).fetchone()
        finally:
            connection.autocommit = False
        return found
    except psycopg.OperationalError as error:
        lent.invalidate(error)
        raise Unavailable("The database does not answer just now. Try again in a moment.") from error
    finally:
        lent.close()


def write_all(session: Session, statement: Executable, words: Mapping[str, Any] | None = None) -> int:
    """Run a write that takes a limited number of rows again and again, until it finds none; how many it wrote."""
    written = 0
    while True:
        done = session.execute(statement, words or {})
        assert isinstance(done, CursorResult)
        if not done.rowcount:
            return written
        written += done.rowcount


def dispose() -> None:
    """Forget connections that a fork copied, or that a restore made stale."""
    if engine.cache_info().currsize:
        engine().dispose(close=False)
