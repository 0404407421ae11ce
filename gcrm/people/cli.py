"""`gcrm user` and `gcrm token`: people and their tokens from the command line."""

from __future__ import annotations

import sys

import click

from gcrm.core import console, db
from gcrm.core.errors import Invalid
from gcrm.people import queries, services, tokens
from gcrm.people.commands import acting, acting_option
from gcrm.people.roles import ROLES


@click.group()
def user() -> None:
    """Add people."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--team", help="Name of the team; made when there is none of that name.")
@click.option("--name", help="The person's name.")
@click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input; without it a link is printed."
)
@acting_option
def add_user(
    email: str, role: str, team: str | None, name: str | None, password_stdin: bool, acting_email: str | None
) -> None:
    """Add a person with a role."""
    console.open_database()
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    if password is not None:
        services.check_password(password)
    with db.transaction(acting(acting_email)) as session:
        where = services.find_or_add_team(session, team) if team else None
        person = services.add_user(session, email=email, role=role, name=name, team=where)
        address = person.email
        link = None if password else services.invite(session, person)
    if password:
        _set_password(address, password)
    click.echo(f"Added {address} as {role}.")
    if link:
        click.echo(f"They choose a password at /join/{link} (good for {services.INVITATION_DAYS} days).")


def _set_password(email: str, password: str) -> None:
    with db.transaction(None) as session:
        person = queries.user_by_email(session, email)
        if person:
            services.set_password(session, person, password)


@click.group()
def token() -> None:
    """Make API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; without it, it does not.")
def create_token(email: str, name: str, days: int | None) -> None:
    """Make a bearer token for a person and print it once."""
    console.open_database()
    with db.transaction(None) as session:
        person = queries.user_by_email(session, email)
        if person is None:
            raise Invalid(f"There is nobody with the address {email}.")
        click.echo(tokens.make(session, person, name, days))
