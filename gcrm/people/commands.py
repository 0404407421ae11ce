"""The name in which a command acts: `--as EMAIL`, by default the first admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gcrm.core import db
from gcrm.core.db import Principal
from gcrm.core.errors import Invalid
from gcrm.people import queries


def acting_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--as EMAIL`; the command gets it as `acting_email` and turns it with `acting()`."""
    return click.option(
        "--as", "acting_email", metavar="EMAIL", help="Act as this person; by default the first admin."
    )(command)


def acting(email: str | None) -> Principal:
    with db.transaction(None) as session:
        person = queries.user_by_email(session, email) if email else queries.first_admin(session)
        if person is None and email:
            raise Invalid(f"There is nobody with the address {email}.")
        if person is None:
            raise Invalid("There is no admin yet. Run “gcrm setup” first.")
        if not person.active:
            raise Invalid(f"{person.email} cannot sign in any more, so nothing can be done in that name.")
        return person.principal
