"""Uploaded files in the files folder, under names of our own making."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import BinaryIO

from gcrm.core.config import settings
from gcrm.core.errors import Invalid, NotFound


def folder() -> Path:
    place = settings().data_folder / "files"
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep(stream: BinaryIO, suffix: str = "") -> str:
    """Store a stream and return the name under which it is kept."""
    limit = settings().upload_megabytes * 1024 * 1024
    name = uuid.uuid4().hex + "".join(c for c in suffix.lower() if c.isalnum() or c == ".")[:12]
    target = folder() / name
    with target.open("wb") as file:
        shutil.copyfileobj(_limited(stream, limit), file, 1024 * 1024)
        size = file.tell()
    if size > limit:
        target.unlink()
        raise Invalid(f"The file is larger than {settings().upload_megabytes} MB. Split it and try again.")
    return name


class _limited:
    """Reads one byte more than the limit at most, so that the caller sees that it was passed."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self.stream, self.left = stream, limit + 1

    def read(self, size: int = -1) -> bytes:
        part = self.stream.read(min(size, self.left) if size >= 0 else self.left)
        self.left -= len(part)
        return part


def path(name: str) -> Path:
    found = folder() / Path(name).name
    if not found.is_file():
        raise NotFound("The file is not kept any more.")
    return found


def drop(name: str) -> None:
    (folder() / Path(name).name).unlink(missing_ok=True)
