"""Compiling by numba, with a cache that notices every change.

numba looks only at the file of the function it compiles: an edit in a function that is called from there goes unseen
(numba's notes on caching). So each cache folder is keyed by all sources that were compiled into it, numba's version and the
processor, and numba is told of a folder only after a file could be written there; otherwise everything is compiled in memory.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

KEPT_FOLDERS = 12


def compiler(*sources: Path) -> Callable[[Function], Function]:
    """Return the decorator that compiles functions of the files in these folders."""
    folder = cache_folder(list(sources))
    import numba

    options: Any = numba.config

    def compiled(function: Function) -> Function:
        # numba reads the folder when a function is decorated, and keeps it with the function.
        before = options.CACHE_DIR
        options.CACHE_DIR = str(folder or "")
        try:
            made: Any = numba.njit(cache=folder is not None, nogil=True, error_model="numpy")(function)
        finally:
            options.CACHE_DIR = before
        return cast(Function, made)

    return compiled


def cache_folder(sources: list[Path]) -> Path | None:
    """Return a folder that can be written to and belongs to exactly these sources; None where there is no such place."""
    place = cache_place()
    folder = place / key(sources)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    _forget_old(place)
    return folder


def cache_place() -> Path:
    """Return where compiled code is kept: the same for every database, as the sources are in its key."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gcrm" / "compiled"


def key(sources: list[Path]) -> str:
    """Return the name of what compiling these sources gives on this machine."""
    found = hashlib.sha256()
    for source in sources:
        for file in sorted(source.glob("*.py")):
            found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    found.update(f"{version('numba')} {version('numpy')} {sys.version} {_processor()}".encode())
    return found.hexdigest()[:20]


def _processor() -> str:
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
    return platform.processor() or platform.machine()


def _forget_old(place: Path) -> None:
    """Keep the folders used last; others were compiled from sources that are gone."""
    with contextlib.suppress(OSError):
        folders = sorted((each for each in place.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
        for folder in folders[:-KEPT_FOLDERS]:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time fill the cache; without a folder to write to, everybody compiles for themselves."""
    try:
        handle = os.open(cache_place() / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
