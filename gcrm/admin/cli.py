"""`gcrm setup`: the organisation and its first admin from the command line."""

from __future__ import annotations

import click

from gcrm.core import console


@click.command()
@click.option("--organisation", prompt="Name of the organisation")
@click.option("--country", prompt="Country (two letters)", default="us")
@click.option("--currency", prompt="Currency (ISO code)", default="USD")
@click.option("--timezone", prompt="Time zone", default="America/New_York")
@click.option("--name", prompt="Your name")
@click.option("--email", prompt="Your e-mail address")
@click.password_option()
def setup(organisation: str, country: str, currency: str, timezone: str, name: str, email: str, password: str) -> None:
    """Set up the organisation and its first admin."""
    from gcrm.admin import services

    console.open_database()
    services.set_up(
        organisation=organisation, country=country, currency=currency, timezone=timezone, name=name, email=email,
        password=password,
    )  # fmt: skip
    click.echo(f"{organisation} is set up. Run “gcrm serve” and sign in as {email}.")
