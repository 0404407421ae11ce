"""API tokens: a prefix to find the row, a hash to compare, nothing else kept."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from typing import Any

from gcrm.core import clock, db
from gcrm.core.db import PrincipalSession
from gcrm.core.secrets import digest
from gcrm.people import queries
from gcrm.people.models import ApiToken, User

BASIC_PREFIX = "/ogc"
"""Where HTTP Basic will do: nothing is written there, so a browser that keeps the password does no harm."""
WRITE_LAST_USED_AFTER = dt.timedelta(minutes=5)


def make(session: PrincipalSession, user: User, name: str, days: int | None = None) -> str:
    """A new token for a person; the text is shown once and not kept."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    token = f"gcrm_{prefix}_{secret}"
    expires = clock.now() + dt.timedelta(days=days) if days else None
    session.add(ApiToken(user_id=user.id, name=name, prefix=prefix, token_hash=digest(token), expires_at=expires))
    session.flush()
    return token


def bearer(request: Any) -> str | None:
    """The token that a request carries; map programs, many of which know HTTP Basic alone, send it as the password."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic" and request.path.startswith(BASIC_PREFIX):
        password = request.authorization.password if request.authorization else None
        return password if password and password.isprintable() else None
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def person_of(token: str) -> User | None:
    """Whose token this is, asked as the bare login."""
    parts = token.split("_", 2)
    prefix = parts[1] if len(parts) == 3 and parts[0] == "gcrm" else ""
    found = queries.token_found(prefix)
    if found is None or not hmac.compare_digest(found.token_hash, digest(token)):
        return None
    now = clock.now()
    if not found.owner.active or (found.expires_at and found.expires_at < now):
        return None
    if found.last_used_at is None or now - found.last_used_at > WRITE_LAST_USED_AFTER:
        with db.transaction(None) as session:
            session.get_one(ApiToken, found.id).last_used_at = now
    return found.owner
