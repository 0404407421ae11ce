"""`gcrm serve` and `gcrm worker`: the running parts, one process each, that come and go together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import click

from gcrm.core import console, logs
from gcrm.core.config import settings
from gcrm.core.errors import Unavailable

QUEUES = ("now", "later")
PORTS_TO_TRY = 50
NICENESS_OF_LATER = 10
PR_SET_PDEATHSIG = 1


@click.command()
@click.option("--demo", is_flag=True, help="Make the demo company first when it is missing.")
@click.option(
    "--country", type=click.Choice(["us", "kr"]), default="us", show_default=True, help="Country of a new demo."
)
@click.option("--no-workers", is_flag=True, help="Serve pages only; run “gcrm worker” elsewhere.")
def serve(demo: bool, country: str, no_workers: bool) -> None:
    """Serve the app with its two workers."""
    logs.configure()
    if demo:
        from gcrm.demo.cli import ensure_demo

        ensure_demo(country)
    console.open_database(quiet=demo)
    with _listening() as listener, _workers(() if no_workers else QUEUES):
        _serve(listener)


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    """The wished-for port, or the next free one."""
    wanted = settings().port
    for port in range(wanted, wanted + PORTS_TO_TRY):
        listener = socket.socket(socket.AF_INET6 if ":" in settings().host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings().host, port))
        except OSError:
            listener.close()
            continue
        # Not listening yet: two servers that start at once must not both believe that they have the port.
        with contextlib.closing(listener):
            listener.listen(1024)
            yield listener
        return
    raise Unavailable(f"No free port from {wanted} to {wanted + PORTS_TO_TRY - 1}. Set GCRM_PORT to another.")


@contextlib.contextmanager
def _workers(queues: tuple[str, ...]) -> Iterator[None]:
    running = [
        subprocess.Popen([sys.executable, "-m", "gcrm", "worker", queue, "--quiet"], preexec_fn=_die_with_parent)
        for queue in queues
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _die_with_parent() -> None:
    """A server that was killed takes its workers along (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _serve(listener: socket.socket) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in {
                # A copy, because gunicorn closes what it is given.
                "bind": [f"fd://{os.dup(listener.fileno())}"],
                "workers": settings().web_processes,
                "worker_class": "gthread",
                "threads": settings().threads,
                "timeout": 60,
                "graceful_timeout": 10,
                "keepalive": 5,
                "loglevel": "warning",
                "when_ready": _announce,
                "post_fork": _post_fork,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from gcrm.app import create_app

            return create_app()

    host, port = listener.getsockname()[:2]
    os.environ["GCRM_SERVED_AT"] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    Server().run()


def _post_fork(_server: Any, _worker: Any) -> None:
    from gcrm.core import db

    db.dispose()


def _announce(_server: Any) -> None:
    """Say where to look and how to get in, once the address answers."""
    from gcrm.admin import services

    address = settings().base_url or os.environ["GCRM_SERVED_AT"]
    click.echo(f"gcrm is at {address}")
    if not services.is_set_up():
        click.echo(f"Nobody is set up yet. Open {address}/setup and give the code {services.setup_code()}")
    elif settings().is_demo:
        from gcrm.demo.cli import SIGN_INS

        click.echo(f"Sign in as {', '.join(SIGN_INS)} … each followed by @demo.example, with the demo's password.")
    click.echo("Stop it with Ctrl-C.")


def _warm_planner() -> None:
    """Load the planner's compiled parts before the first plan is asked for."""
    from gcrm.routing.kernel.warm import warm

    with contextlib.suppress(OSError):
        warm()


@click.command()
@click.argument("queue", required=False, type=click.Choice(QUEUES))
@click.option("--quiet", is_flag=True, hidden=True, help="Started by serve, which has said it all.")
def worker(queue: str | None, quiet: bool) -> None:
    """Run one worker for the queue now or later, or for both."""
    from gcrm.core import jobs

    logs.configure()
    if queue == "later":
        os.nice(NICENESS_OF_LATER)
    console.open_database(quiet=quiet)
    if queue != "later":
        threading.Thread(target=_warm_planner, daemon=True).start()
    jobs.run_worker([queue] if queue else QUEUES)
