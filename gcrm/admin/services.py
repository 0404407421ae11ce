"""Setting up: the organisation and its first admin."""

from __future__ import annotations

from sqlalchemy import text

from gcrm.core import db, jobs
from gcrm.core.secrets import digest, folder, kept
from gcrm.people import queries
from gcrm.people import services as people
from gcrm.pipeline import services as pipeline


def set_up(
    *, organisation: str, country: str, currency: str, timezone: str, name: str, email: str, password: str
) -> None:
    """Found the organisation with its stages and its first admin, in one transaction each for data and sign-in."""
    people.check_password(password)
    with db.transaction(jobs.system_principal()) as session:
        # Two people on the first page at once: the second waits here and is then refused.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('gcrm set up', 0))"))
        people.found_organisation(session, name=organisation, country=country, currency=currency, timezone=timezone)
        admin = people.add_user(session, email=email, role="admin", name=name)
        pipeline.default_stages(session)
        address = admin.email
    with db.transaction(None) as session:
        person = queries.user_by_email(session, address)
        if person is not None:
            people.set_password(session, person, password)
    (folder() / "setup_code").unlink(missing_ok=True)


def setup_code() -> str:
    """The one-time code that the first page asks for; it ends with the set-up."""
    return digest(kept("setup_code"))[:10]


def is_set_up() -> bool:
    with db.transaction(None) as session:
        return queries.organisation(session) is not None
