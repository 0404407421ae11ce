"""Static files with a hash of their content in the query, served by WhiteNoise from memory-mapped files."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

from gcrm.core import paths

A_YEAR = 31_536_000


@lru_cache(maxsize=1024)
def _mark(file: Path, modified: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]


def static_url(name: str) -> str:
    """The address of one of our own files; it changes with the content, so that it may be kept for ever."""
    file = paths.static() / name
    try:
        return f"/static/{name}?v={_mark(file, file.stat().st_mtime_ns)}"
    except OSError:
        return f"/static/{name}"


def modules() -> dict[str, str]:
    """Every module of ours by its plain address, with the one that may be kept: for the page's import map."""
    root = paths.static()
    found = sorted(str(file.relative_to(root)) for file in (root / "js").rglob("*.js"))
    return {f"/static/{name}": static_url(name) for name in found}


def register(app: Flask) -> None:
    """One route for all files below the static folder; the vendor folder's names carry their hash."""

    def static_file(filename: str) -> Response:
        response = send_from_directory(paths.static(), filename, conditional=True)
        is_marked = "v" in request.args or filename.startswith("vendor/")
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if is_marked else "no-cache"
        return response

    app.add_url_rule("/static/<path:filename>", "static", static_file)
