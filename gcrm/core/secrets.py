"""The key that signs cookies and links, made once and kept in the data folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from gcrm.core.config import settings


def folder() -> Path:
    place = settings().data_folder / "secrets"
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    return place


def kept(name: str) -> str:
    """The secret of that name; two processes that make it at once agree on one."""
    place = folder() / name
    try:
        handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return place.read_text().strip()
    with os.fdopen(handle, "w") as file:
        made = secrets.token_hex(32)
        file.write(made)
    return made


def secret_key() -> str:
    return settings().secret_key or kept("secret_key")


def password_salt() -> str:
    return hashlib.sha256(b"password salt " + secret_key().encode()).hexdigest()


def digest(token: str) -> str:
    """What is kept of a random token: it cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
