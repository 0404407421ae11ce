"""Whether somebody is in the database already; loads nothing heavy, as `make demo` asks it at every start."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gcrm.core import db, schema
from gcrm.core.config import settings
from gcrm.core.errors import Unavailable

DEMO_ADMIN = "admin@demo.example"

_WHO = text("SELECT (SELECT 1 FROM organisation), (SELECT 1 FROM users WHERE email = :email)")


def who_is_there() -> str | None:
    """`demo`, `organisation` for somebody's own, or None for a database that is empty or not made yet."""
    try:
        with schema.connected(db.WEB, settings().database if settings().is_private else None) as connection:
            organisation, admin = connection.execute(_WHO, {"email": DEMO_ADMIN}).one()
    except (Unavailable, ProgrammingError):
        # No such database, or no such table: making it ready says what else may be wrong.
        return None
    return "demo" if admin else "organisation" if organisation else None
