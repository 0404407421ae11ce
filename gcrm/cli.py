"""The `gcrm` command: names each command and where it lives, and loads only the one that is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from gcrm.core.errors import GcrmError

COMMANDS = {
    "serve": "gcrm.serving:serve",
    "worker": "gcrm.serving:worker",
    "setup": "gcrm.admin.cli:setup",
    "db": "gcrm.core.cli:db_group",
    "demo": "gcrm.demo.cli:demo",
    "user": "gcrm.people.cli:user",
    "token": "gcrm.people.cli:token",
    "regions": "gcrm.geography.cli:regions",
    "import": "gcrm.exchange.cli:import_group",
    "export": "gcrm.exchange.cli:export_group",
    "roads": "gcrm.routing.roads_cli:roads",
    "plan": "gcrm.routing.plan_cli:plan",
    "route": "gcrm.routing.cli:route",
}

SUMMARIES = {
    "serve": "Serve the app with its two workers.",
    "worker": "Run one worker, now or later.",
    "setup": "Set up the organisation and its first admin.",
    "db": "Start, stop, migrate, back up and restore the database.",
    "demo": "Make the demo company.",
    "user": "Add people.",
    "token": "Make API tokens.",
    "regions": "Load regions from packages or files.",
    "import": "Import accounts, contacts or people from a file.",
    "export": "Export accounts to a file.",
    "roads": "Build the road graph from an OSM extract.",
    "plan": "Plan a rep's days.",
    "route": "Solve and check route problems in files.",
}

BAD_INPUT = 2


class Commands(click.Group):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gcrm")
def gcrm() -> None:
    """A geographic customer relationship manager for field sales."""


def main(arguments: list[str] | None = None) -> Any:
    """Run a command; a failure is one sentence and exit status 2 for bad input, 1 otherwise."""
    try:
        return gcrm.main(args=arguments, prog_name="gcrm")
    except GcrmError as error:
        for line in error.details.get("lines", [error.message]):
            click.echo(line, err=True)
        sys.exit(BAD_INPUT if error.status < 500 else 1)
