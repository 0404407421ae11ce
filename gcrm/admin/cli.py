"""`gcrm serve`, `gcrm worker` and `gcrm setup`."""

from __future__ import annotations

import click

from gcrm.core import console
from gcrm.core.config import settings
from gcrm.core.jobs import QUEUES


@click.command()
@click.option("--demo", is_flag=True, help="Serve the demo's database, made first when it is missing.")
@click.option("--country", type=click.Choice(["us", "kr"]), default="us", show_default=True, help="Country of a new demo.")
@click.option("--no-workers", is_flag=True, help="Serve pages only; run “gcrm worker” elsewhere.")
def serve(demo: bool, country: str, no_workers: bool) -> None:
    """Serve the app with its two workers."""
    from gcrm.admin import serving

    serving.run(demo=demo, country=country, with_workers=not no_workers)


@click.command()
@click.argument("queue", required=False, type=click.Choice(QUEUES))
def worker(queue: str | None) -> None:
    """Run one worker for the queue now or later, or for both."""
    from gcrm.admin import serving

    console.open_database()
    serving.run_worker([queue] if queue else list(QUEUES))


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
