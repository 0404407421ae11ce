"""The private PostgreSQL cluster: created, started and stopped by gcrm, on a unix socket only its owner reaches.

A process that uses the cluster holds a shared lock on `cluster.lock` for as long as it lives. Whoever leaves last
stops a server that was started on demand; one started by `gcrm db start` stays until `gcrm db stop`.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gcrm.core.errors import Invalid, Unavailable

SUPERUSER = "gcrm_admin"
OLDEST_POSTGRES = 15
OLDEST_POSTGIS = (3, 3)
LONGEST_SOCKET_PATH = 90
"""A unix socket's path must stay under 108 bytes, file name included."""

CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '32MB'
maintenance_work_mem = '128MB'
max_connections = 100
wal_compression = on
max_wal_size = '2GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
jit = off
log_min_messages = warning
log_line_prefix = '%m [%p] '
timezone = 'UTC'
"""


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's own programs of one major version."""

    folder: Path
    major: int

    def __getattr__(self, name: str) -> str:
        return str(self.folder / name)


def find_programs(major: int | None = None) -> Programs:
    """The newest PostgreSQL with PostGIS on this machine, or the one of the given major version."""
    found = [p for p in map(_programs_in, _candidate_folders()) if p]
    fitting = [p for p in found if p.major >= OLDEST_POSTGRES and (major is None or p.major == major)]
    if fitting:
        with_postgis = [p for p in fitting if _has_postgis(p)]
        if with_postgis:
            return max(with_postgis, key=lambda p: p.major)
        worst = max(fitting, key=lambda p: p.major)
        raise Unavailable(
            f"PostgreSQL {worst.major} is installed without PostGIS 3.3 or newer. "
            f"Install the package postgresql-{worst.major}-postgis-3 and start again."
        )
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_POSTGRES} or newer"
    raise Unavailable(
        f"{wanted} with PostGIS was not found on this machine. On Debian: "
        "apt-get install postgresql postgresql-postgis; or set GCRM_DATABASE_URL to a server of your own."
    )


def _candidate_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    yield from sorted(Path("/usr").glob("pgsql-*/bin"))
    for program in ("postgres", "pg_config"):
        where = shutil.which(program)
        if where:
            yield Path(where).resolve().parent


def _programs_in(folder: Path) -> Programs | None:
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        return None
    said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False).stdout
    digits = said.rpartition(" ")[2].split("(")[0] if "(" not in said else said.split()[2]
    try:
        return Programs(folder, int(digits.split(".")[0]))
    except ValueError:
        return None


def _has_postgis(programs: Programs) -> bool:
    share = (
        subprocess.run([programs.pg_config, "--sharedir"], capture_output=True, text=True, check=False).stdout.strip()
        if Path(programs.pg_config).exists()
        else ""
    )
    places = [Path(share)] if share else []
    places.append(Path(f"/usr/share/postgresql/{programs.major}"))
    return any(_postgis_version(place / "extension" / "postgis.control") >= OLDEST_POSTGIS for place in places)


def _postgis_version(control: Path) -> tuple[int, ...]:
    if not control.exists():
        return ()
    found = re.search(r"default_version = '(\d+)\.(\d+)", control.read_text())
    return tuple(map(int, found.groups())) if found else ()


class Cluster:
    """One data folder with its server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "postgres"
        self.log = folder / "postgres.log"
        self.lock_file = folder / "cluster.lock"
        self.keep_file = folder / "cluster.keep"
        self._lock: int | None = None
        self._process: int | None = None

    # -- where it answers ---------------------------------------------------------------------------------------

    @property
    def socket_folder(self) -> Path:
        inside = self.folder / "run"
        if len(str(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        mark = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"gcrm-{os.geteuid()}-{mark}"

    def url(self, database: str, user: str) -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.socket_folder}"

    @property
    def account(self) -> str | None:
        """The unprivileged user that runs the server when gcrm runs as root."""
        return "postgres" if os.geteuid() == 0 else None

    # -- life -----------------------------------------------------------------------------------------------------

    def use(self) -> None:
        """Make sure that the server runs, and hold it for the life of this process."""
        if self._lock is not None and self._process == os.getpid():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._process = os.getpid()
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        atexit.register(self.leave)
        try:
            with self._starting():
                if not self.is_running():
                    self._create_if_missing()
                    self._start()
        except BaseException:
            os.close(self._lock)
            self._lock = None
            raise

    def leave(self) -> None:
        """Let go; the last one out stops a server that was started on demand."""
        if self._lock is None or self._process != os.getpid():
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            if not self.keep_file.exists():
                with self._starting(), contextlib.suppress(Unavailable):
                    self._stop()
        os.close(self._lock)
        self._lock = None

    def start_and_keep(self) -> None:
        self.use()
        self.keep_file.touch()

    def stop(self) -> None:
        """Stop the server, unless another gcrm process works with it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Invalid(
                "Another gcrm process works with this database: end it first, then stop the database."
            ) from None
        try:
            self.keep_file.unlink(missing_ok=True)
            if self.is_running():
                self._stop()
        finally:
            os.close(lock)

    def is_running(self) -> bool:
        return self.data.exists() and self._pid() is not None and self._answers()

    # -- steps ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        handle = os.open(self.folder / "cluster.start", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _create_if_missing(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise Invalid(
                f"{self.data} holds files but is no PostgreSQL data folder. "
                "Move it away, or set GCRM_DATA to another folder."
            )
        self._own(self.folder, mode=0o711)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._own(self.data, mode=0o700)
        programs = find_programs()
        # --no-sync: the folder is new; the first checkpoint writes it out.
        self._run(
            programs.initdb, "-D", str(self.data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip
        settings = self.data / "postgresql.conf"
        with settings.open("a", encoding="utf-8") as file:
            file.write(CONFIGURATION)

    def _programs(self) -> Programs:
        major = int((self.data / "PG_VERSION").read_text().strip())
        try:
            return find_programs(major)
        except Unavailable:
            newest = find_programs()
            raise Invalid(
                f"The data folder {self.data} was made by PostgreSQL {major}, and this machine has "
                f"PostgreSQL {newest.major}. Nothing was touched. Install postgresql-{major} and "
                f"postgresql-{major}-postgis-3, run “gcrm db backup FILE” with it, move the folder away, and "
                "“gcrm db restore FILE” into a new one."
            ) from None

    def _start(self) -> None:
        programs = self._programs()
        run = self.socket_folder
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own(run, mode=0o700)
        self.log.touch()
        self._own(self.log, mode=0o600)
        self._clear_stale_lock()
        options = f"-c listen_addresses= -k {run}"
        for attempt in range(20):
            answer = self._run(
                programs.pg_ctl, "-D", str(self.data), "-l", str(self.log), "-w", "-t", "120", "-s",
                "-o", options, "start", check=False,
            )  # fmt: skip
            if answer.returncode == 0:
                return
            # After kill -9 of the server its last backends hold the shared memory for a moment.
            if "still in use" not in self._log_tail() or attempt == 19:
                break
            time.sleep(0.5)
        raise Unavailable(
            f"PostgreSQL did not start. Its log {self.log} ends with: {self._log_tail(400).strip() or answer.stderr}"
        )

    def _stop(self) -> None:
        programs = self._programs()
        answer = self._run(programs.pg_ctl, "-D", str(self.data), "-m", "fast", "-w", "-s", "stop", check=False)
        if answer.returncode != 0 and self.is_running():
            raise Unavailable(f"PostgreSQL did not stop: {answer.stderr.strip()}")

    def _pid(self) -> int | None:
        """The running postmaster, or None when the file is absent or stale."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        if b"postgres" not in arguments[0] or str(self.data).encode() not in arguments:
            return None
        return pid

    def _clear_stale_lock(self) -> None:
        """PostgreSQL refuses when the pid in its file belongs to some other program by now."""
        stale = self.data / "postmaster.pid"
        if stale.exists() and self._pid() is None:
            stale.unlink()
            for left in self.socket_folder.glob(".s.PGSQL.*"):
                left.unlink(missing_ok=True)

    def _answers(self) -> bool:
        programs = self._programs()
        answer = self._run(programs.pg_isready, "-q", "-h", str(self.socket_folder), check=False)
        return answer.returncode == 0

    def _own(self, path: Path, mode: int) -> None:
        if self.account:
            person = pwd.getpwnam(self.account)
            os.chown(path, person.pw_uid, person.pw_gid)
        path.chmod(mode)

    def _run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        if self.account:
            command = ("runuser", "-u", self.account, "--", *command)
        answer = subprocess.run(
            command, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
            start_new_session=True,
        )  # fmt: skip
        if check and answer.returncode != 0:
            raise Unavailable(f"{Path(command[-1]).name or command[0]} failed: {answer.stderr.strip()}")
        return answer

    def _log_tail(self, length: int = 2000) -> str:
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-length:]
        return ""

    def kill(self) -> None:
        """End the server at once, as a crash would: for tests of recovery."""
        pid = self._pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
