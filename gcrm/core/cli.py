"""`gcrm db`: the private cluster, migrations, backup and restore."""

from __future__ import annotations

from pathlib import Path

import click

from gcrm.core import backup, console, db, schema
from gcrm.core.config import settings
from gcrm.core.errors import Invalid


@click.group("db")
def db_group() -> None:
    """Start, stop, migrate, back up and restore the database."""


def _private() -> None:
    if not settings().is_private:
        raise Invalid("GCRM_DATABASE_URL names a server of your own: start and stop it by its own means.")


@db_group.command()
def start() -> None:
    """Start the private cluster and leave it running."""
    _private()
    db.cluster().start_and_keep()
    click.echo(f"PostgreSQL is running; its data is in {db.cluster().data}.")


@db_group.command()
def stop() -> None:
    """Stop the private cluster."""
    _private()
    db.cluster().stop()
    click.echo("PostgreSQL is stopped.")


@db_group.command()
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def status(as_json: bool) -> None:
    """Say whether the database runs and which revision it has."""
    if settings().is_private and not db.cluster().is_running():
        figures = {"running": False, "data": str(db.cluster().data)}
    else:
        with schema.connected(db.OWNER) as connection:
            figures = {
                "running": True,
                "database": connection.engine.url.database,
                "revision": schema.current(connection),
                "head": schema.head(),
                "size_megabytes": round(schema.size_bytes(connection) / 1e6, 1),
            }
    if as_json:
        console.print_json(figures)
        return
    for name, value in figures.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")


@db_group.command()
def migrate() -> None:
    """Bring the tables to this version's form."""
    console.open_database()
    click.echo(f"The database is at {schema.head()}.")


@db_group.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Write everything - database, files, secrets - to one archive."""
    console.open_database()
    figures = backup.write(file)
    click.echo(f"Wrote {file}: {figures['megabytes']} MB, {figures['files']} files beside the database.")


@db_group.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Overwrite a database that holds an organisation.")
def restore_command(file: Path, replace: bool) -> None:
    """Put everything from an archive in place."""
    backup.read(file, replace=replace)
    click.echo(f"Restored everything from {file}.")
