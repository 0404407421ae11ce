"""`gcrm demo`: a made-up company to try everything with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from gcrm.core import config, console
from gcrm.core.config import DEMO_DATABASE, settings
from gcrm.core.errors import Conflict
from gcrm.demo import presence

if TYPE_CHECKING:
    from gcrm.demo.services import Made, Wish

SIGN_INS = ("admin", "planner", "marketer", "service", "manager1", "rep1")


@click.command()
@click.option("--country", type=click.Choice(("us", "kr")), default="us", show_default=True)
@click.option("--accounts", type=int, default=5000, show_default=True, metavar="N")
@click.option("--reps", type=int, default=12, show_default=True, metavar="N")
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="The same seed, the same company.")
@click.option("--if-empty", is_flag=True, help="Say nothing and do nothing when there is something already.")
@click.option("--reset", is_flag=True, help="Drop the demo's database and make it anew.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def demo(country: str, accounts: int, reps: int, seed: int, if_empty: bool, reset: bool, as_json: bool) -> None:
    """Make the demo company in a database of its own."""
    _choose_database()
    if reset:
        _reset()
    there = presence.who_is_there()
    if there and if_empty:
        return
    console.open_database()
    if there == "organisation":
        raise Conflict(
            f"The database {settings().database} holds an organisation already, so no demo is made in it. "
            f"Set GCRM_DATABASE to another name, or to none for {DEMO_DATABASE}."
        )
    if there == "demo":
        _say_unchanged(as_json)
        return

    from gcrm.demo.services import Wish

    wish = Wish(country, accounts, reps, seed)
    _report(_make(wish), wish, as_json)


def ensure_demo(country: str) -> None:
    """From now on work on the demo's database, and have the demo in it.

    It is made in a process of its own, so that the 300 MB that making it takes are given back.
    """
    _choose_database()
    if presence.who_is_there() is None:
        made = subprocess.run([sys.executable, "-m", "gcrm", "demo", "--country", country], check=False)
        if made.returncode:
            sys.exit(made.returncode)


def _choose_database() -> None:
    """The demo goes into its own database unless another is named."""
    chosen = settings()
    if chosen.is_private and not chosen.env.get("GCRM_DATABASE"):
        os.environ["GCRM_DATABASE"] = DEMO_DATABASE
        config.settings.cache_clear()


def _reset() -> None:
    from gcrm.demo import services

    click.echo(f"Dropping the database {settings().database}; the demo is made anew.", err=True)
    services.reset()


def _make(wish: Wish) -> Made:
    from gcrm.demo import services

    with console.progress("Making the demo") as advance:
        return services.make_demo(wish, _counting(advance, services.STEPS))


def _counting(advance: console.Advance, total: int) -> Callable[[str], None]:
    """Each thing said is a step of the bar."""
    said = 0

    def say(what: str) -> None:
        nonlocal said
        advance(said, max(total, said + 1), what)
        said += 1

    return say


def _say_unchanged(as_json: bool) -> None:
    if as_json:
        console.print_json({"database": settings().database, "made": False})
    else:
        click.echo("The demo is there already; nothing was changed. “gcrm demo --reset” makes it anew.")


def _report(made: Made, wish: Wish, as_json: bool) -> None:
    from gcrm.demo.staff import address_of

    if as_json:
        console.print_json(
            {
                "database": settings().database, "made": True, "organisation": made.organisation,
                "country": wish.country, "seed": wish.seed, "today": made.today, **made.counts,
                "seconds": made.seconds, **({"password": made.password} if made.password else {}),
            }
        )  # fmt: skip
        return
    counts = made.counts
    click.echo(
        f"{made.organisation}: {counts['accounts']:,} accounts, {counts['contacts']:,} contacts, {counts['visits']:,} visits, "
        f"{counts['activities']:,} activities, {counts['opportunities']:,} opportunities; {made.seconds['total']:.0f} s."
    )
    click.echo(f"Sign in as {', '.join(address_of(front) for front in SIGN_INS)} … rep{wish.reps}.")
    if made.password:
        click.echo(f"Password of them all, shown this once: {made.password}")
    else:
        click.echo("The password of them all is GCRM_DEMO_PASSWORD.")
