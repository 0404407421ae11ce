"""Static files with a hash of their content in the query, sent compressed to whoever takes it so."""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.security import safe_join

from gcrm.core import paths

A_YEAR = 31_536_000
COMPRESSED = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""What becomes much smaller, by its suffix; pictures are compressed already."""
LEAST_COMPRESSED = 512
ENCODINGS = ("br", "gzip") if find_spec("brotli") else ("gzip",)
"""The better first."""
BROTLI_QUALITY = 9
"""A tenth of a second for the largest of our files; the two qualities above take twenty times that for a tenth less."""


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


_IMPORT = re.compile(r"""^(?:import|export)\b[^;(]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
"""What a module of ours imports before it runs, from its own lines; `import()` within functions is not among them."""


@lru_cache(maxsize=1024)
def _imports(file: Path, modified: int) -> tuple[str, ...]:
    return tuple(_IMPORT.findall(file.read_text()))


def needed_by(*names: str) -> list[str]:
    """The addresses of these modules and of all that they import, so that a page asks for them at once and not in turns."""
    root, found, left = paths.static(), [], [f"js/{name}.js" for name in names]
    while left:
        name = left.pop(0)
        file = root / name
        if name in found or not file.is_file():
            continue
        found.append(name)
        below = _imports(file, file.stat().st_mtime_ns)
        left += [posixpath.normpath(posixpath.join(posixpath.dirname(name), each)) for each in below]
    return [static_url(name) for name in found]


def compressed(body: bytes, encoding: str, brotli_quality: int = 4, gzip_level: int = 5) -> bytes:
    """As usual what is made anew for each answer: as far as takes little longer than sending it."""
    if encoding == "gzip":
        return gzip.compress(body, compresslevel=gzip_level, mtime=0)
    import brotli  # type: ignore[import-untyped]  # it has no types

    return bytes(brotli.compress(body, quality=brotli_quality))


@lru_cache(maxsize=512)
def _compressed(file: Path, modified: int, encoding: str) -> bytes:
    """A file's content compressed, made once for each content; always the same bytes."""
    return compressed(file.read_bytes(), encoding, BROTLI_QUALITY, gzip_level=9)


def _compressed_answer(filename: str) -> Response | None:
    """The file compressed, where the browser takes that and it is worth it."""
    path = safe_join(str(paths.static()), filename)
    file = Path(path) if path else None
    encoding = request.accept_encodings.best_match(ENCODINGS)
    if file is None or file.suffix not in COMPRESSED or not encoding:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    if found.st_size < LEAST_COMPRESSED:
        return None
    body = _compressed(file, found.st_mtime_ns, encoding)
    response = Response(body, mimetype=COMPRESSED[file.suffix])
    response.headers["Content-Encoding"] = encoding
    response.set_etag(f"{_mark(file, found.st_mtime_ns)}-{encoding}")
    response.make_conditional(request)
    return response


def register(app: Flask) -> None:
    """One route for all files below the static folder; the vendor folder's names carry their hash."""

    def static_file(filename: str) -> Response:
        response = _compressed_answer(filename) or send_from_directory(paths.static(), filename, conditional=True)
        if Path(filename).suffix in COMPRESSED:
            response.headers["Vary"] = "Accept-Encoding"
        is_marked = "v" in request.args or filename.startswith("vendor/")
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if is_marked else "no-cache"
        return response

    app.add_url_rule("/static/<path:filename>", "static", static_file)
