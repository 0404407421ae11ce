"""A running gcrm for tests in a browser: `gcrm serve` in processes of its own, on a free loopback port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_START = 90
LONGEST_STOP = 30
FIRST_PORT = 21000
PORTS = 20000


@dataclass
class Site:
    """One server with its workers; `said` holds what it printed."""

    environment: dict[str, str]
    arguments: tuple[str, ...] = ()
    address: str = ""
    said: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _ready: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Site:
        port = FIRST_PORT + os.getpid() % PORTS  # the next free one is taken, and printed
        usual = {"GCRM_PORT": str(port), "GCRM_LOG_LEVEL": "warning", "GCRM_POOL_SIZE": "4", "GCRM_THREADS": "4"}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "gcrm", "serve", *self.arguments], env=clean_environment(usual | self.environment), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._ready.wait(LONGEST_START) or not self.address:
            self.stop()
            raise AssertionError("the server did not start:\n" + "\n".join(self.said))
        return self

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.said.append(line.rstrip())
                found = re.match(r"gcrm is at (\S+)", line)
                if found:
                    self.address = found[1]
                if line.startswith("Stop it with"):
                    self._ready.set()
        self._ready.set()

    @property
    def setup_code(self) -> str:
        """The one-time code that the server printed."""
        (code,) = [line.rpartition(" ")[2] for line in self.said if "/setup and give the code" in line]
        return code

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, way: signal.Signals = signal.SIGTERM) -> int | None:
        """Its exit status; None where it never ran."""
        if self._process is None or self._process.poll() is not None:
            return self._process and self._process.returncode
        self._process.send_signal(way)
        try:
            self._process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._process.wait()


def clean_environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment with these settings of gcrm and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GCRM_")} | settings


def run_module(name: str, settings: dict[str, str], *arguments: str) -> str:
    """What a module prints that runs in a process of its own with these settings."""
    command = [sys.executable, "-m", name, *arguments]
    answer = subprocess.run(command, env=clean_environment(settings), capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def on_cluster(database: str, files: Path) -> dict[str, str]:
    """Settings of a site on a database of the test cluster, with files and secrets of its own."""
    from gcrm.core import db

    address = db.cluster().url(database, db.WEB).replace("postgresql+psycopg://", "postgresql://", 1)
    return {"GCRM_DATA": str(files), "GCRM_DATABASE_URL": address, "GCRM_DATABASE": database}
