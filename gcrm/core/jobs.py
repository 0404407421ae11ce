"""Background work: procrastinate's queues `now` and `later`, each job in the name of who queued it.

A domain's `tasks.py` decorates a function with `@task("exchange.run_import", queue="later")`; the function takes the
principal first, then ids. `defer(session, "exchange.run_import", batch_id=7)` queues it within the session's transaction.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from gcrm.core import db
from gcrm.core.db import Principal, PrincipalSession
from gcrm.domains import ORDER

QUEUES = ("now", "later")

app = App(connector=PsycopgConnector())
_functions: dict[str, Callable[..., None]] = {}
_queues: dict[str, str] = {}
_chores: list[tuple[float, Callable[[], None]]] = []


def task(name: str, queue: str = "later", retries: int = 0) -> Callable[..., Any]:
    """Make a function `(principal, **ids)` a job of that name."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(principal_id: int, principal_role: str, **arguments: Any) -> None:
            function(Principal(principal_id, principal_role), **arguments)

        retry = RetryStrategy(max_attempts=retries, wait=2, exponential_wait=3) if retries else False
        app.task(name=name, queue=queue, retry=retry)(run)
        _functions[name] = function
        _queues[name] = queue
        return function

    return decorate


def chore(seconds: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Small work that a worker of `later` does again and again; a job for each time would fill the queue's tables."""

    def decorate(function: Callable[[], None]) -> Callable[[], None]:
        _chores.append((seconds, function))
        return function

    return decorate


def defer(
    session: PrincipalSession,
    name: str,
    *,
    queue: str | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    **ids: Any,
) -> int | None:
    """Queue a job on the session's own connection, so that it comes and goes with the transaction."""
    principal = session.principal
    if principal is None:
        raise RuntimeError("A job is queued in somebody's name.")
    connection: Any = session.connection().connection.driver_connection
    job = app.configure_task(
        name,
        queue=queue or _queues.get(name, "later"),
        lock=lock,
        queueing_lock=queueing_lock,
        connection=connection,
    )
    try:
        with connection.transaction():  # a savepoint, so that a job that is there already does not end the work
            return job.defer(principal_id=principal.id, principal_role=principal.role, **ids)
    except AlreadyEnqueued:
        return None


def run_now(name: str, principal: Principal, **ids: Any) -> None:
    """Run a job's function here: for commands that wait for the result."""
    load_tasks()
    _functions[name](principal, **ids)


def load_tasks() -> None:
    """Import every domain's `tasks.py`, so that workers and events know them."""
    for domain in ORDER:
        if importlib.util.find_spec(f"gcrm.{domain}.tasks"):
            importlib.import_module(f"gcrm.{domain}.tasks")


def system_principal() -> Principal:
    """The user `system`: sees all, cannot sign in."""
    with db.transaction(None) as session:
        found = session.scalar(text("SELECT id FROM users WHERE role = 'system'"))
    return Principal(int(found), "system")


def run_worker(queues: Sequence[str], **options: Any) -> None:
    """Work off the queues, until a signal comes or, with `wait=False`, until they are empty."""
    load_tasks()
    connector = PsycopgConnector(conninfo=_plain_url(), kwargs={"application_name": "gcrm worker"})
    with app.replace_connector(connector) as opened, _doing_chores(queues):
        opened.run_worker(queues=list(queues), name=" and ".join(queues), concurrency=1, **options)


@contextlib.contextmanager
def _doing_chores(queues: Sequence[str]) -> Iterator[None]:
    """Each chore in a thread of its own while the worker runs."""
    over = threading.Event()
    threads = [
        threading.Thread(target=_do, args=(function, seconds, over), name=function.__name__)
        for seconds, function in _chores
        if "later" in queues
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _do(function: Callable[[], None], seconds: float, over: threading.Event) -> None:
    """Again and again until it is over, and at least once; what fails is told and tried again."""
    while True:
        try:
            function()
        except Exception:
            structlog.get_logger().exception("chore_failed", chore=function.__name__)
        if over.wait(seconds):
            return


def _plain_url() -> str:
    return db.url().replace("postgresql+psycopg://", "postgresql://", 1)
