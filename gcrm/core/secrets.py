"""The key that signs cookies and links, made once and kept in the data folder."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from gcrm.core.config import settings
from gcrm.core.errors import Invalid


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


def seal(text: str) -> str:
    """Make a text unreadable to whoever has the database alone; for passwords to other servers."""
    return str(_sealer().encrypt(text.encode()).decode())


def unseal(sealed: str) -> str:
    """The text that was sealed; fails when the secret key is another one by now."""
    from cryptography.fernet import InvalidToken

    try:
        return str(_sealer().decrypt(sealed.encode()).decode())
    except InvalidToken:
        raise Invalid("This password was sealed with another secret key. Type it again.") from None


def _sealer() -> Any:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal " + secret_key().encode()).digest()))


def digest(token: str) -> str:
    """What is kept of a random token: it cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
