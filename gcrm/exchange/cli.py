"""`gcrm import` and `gcrm export`."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gcrm.core import console, db
from gcrm.core.config import settings
from gcrm.core.db import Principal, PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.customers.selecting import FIELDS, Selection
from gcrm.domains import ORDER
from gcrm.exchange import queries, tasks, writing
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportBatch, ImportRow
from gcrm.exchange.services import batches
from gcrm.exchange.services.staging import Figures
from gcrm.people.commands import acting, acting_option

SHOWN_REJECTS = 10


@click.group()
def import_group() -> None:
    """Import accounts, contacts or people from a CSV or XLSX file."""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    decorators = (
        click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)),
        click.option(
            "--map", "maps", multiple=True, metavar='"HEADER=FIELD"', help="Which of our fields a column fills."
        ),
        click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="One value of a field for all rows."),
        click.option("--key", metavar="COL", help="The column with the id that the file's rows are known by."),
        click.option(
            "--source", metavar="NAME", help="Whose ids these are; by default the file's name without extension."
        ),
        click.option("--encoding", metavar="E", help="The file's encoding, where it is not recognised."),
        click.option("--crs", metavar="EPSG:n", help="The coordinate system of the file's coordinates."),
        click.option("--sheet", metavar="NAME", help="Which sheet of a workbook; by default the first."),
        click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing."),
        click.option("--json", "as_json", is_flag=True, help="Print figures as JSON."),
        acting_option,
    )
    return functools.reduce(lambda made, decorate: decorate(made), reversed(decorators), command)


def _command(kind: str, summary: str) -> None:
    def run(file: Path, dry_run: bool, as_json: bool, acting_email: str | None, **chosen: Any) -> None:
        options = _chosen(**chosen)
        console.open_database()
        _import(kind, file, options, acting(acting_email), dry_run, as_json)

    import_group.command(kind, help=summary)(_options(run))


_command("accounts", "Import accounts; those already there are updated.")
_command("contacts", "Import contacts of accounts that are there.")
_command("people", "Import people of the organisation; new ones have no password yet.")


def _chosen(
    maps: tuple[str, ...], sets: tuple[str, ...], key: str | None, source: str | None, encoding: str | None,
    crs: str | None, sheet: str | None,
) -> Options:  # fmt: skip
    faults = [f"--map “{text}” is not of the form HEADER=FIELD." for text in maps if "=" not in text]
    faults += [f"--set “{text}” is not of the form FIELD=VALUE." for text in sets if "=" not in text]
    if faults:
        raise Invalid(" ".join(faults), lines=faults)
    return Options(
        mapping={text.rpartition("=")[0].strip(): text.rpartition("=")[2].strip() for text in maps},
        values={text.partition("=")[0].strip(): text.partition("=")[2].strip() for text in sets},
        key=key or "", source=source or "", encoding=encoding or "", crs=crs or "", sheet=sheet or "",
    )  # fmt: skip


def _import(kind: str, file: Path, options: Options, principal: Principal, dry_run: bool, as_json: bool) -> None:
    with console.progress(f"Importing {file.name}") as advance:
        if dry_run:
            figures, batch, rows = _try(kind, file, options, principal, advance)
        else:
            with db.transaction(principal) as session:
                batch = batches.open_batch(session, kind=kind, filename=file.name, options=options)
            figures = tasks.run_batch(principal, batch.id, file, advance)
            with db.transaction(principal) as session:
                batch, rows = _result(session, batch.id)
    _report(figures, None if dry_run else batch, batch, rows, as_json)


def _try(
    kind: str, file: Path, options: Options, principal: Principal, advance: console.Advance
) -> tuple[Figures, ImportBatch, list[ImportRow]]:
    """The whole import in a transaction that is rolled back."""
    with db.new_session(principal) as session:
        session.begin()
        made = batches.open_batch(session, kind=kind, filename=file.name, options=options)
        figures = batches.run(session, made, file, advance)
        batch, rows = _result(session, made.id)
        session.expunge_all()
        session.rollback()
    return figures, batch, rows


def _result(session: PrincipalSession, batch_id: int) -> tuple[ImportBatch, list[ImportRow]]:
    batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
    return batch, queries.rejected(session, batch, SHOWN_REJECTS)


def _report(
    figures: Figures, kept: ImportBatch | None, batch: ImportBatch, rows: list[ImportRow], as_json: bool
) -> None:
    url = f"{settings().base_url.rstrip('/')}/api/v1/imports/{kept.uuid}/rows" if kept else None
    if as_json:
        console.print_json(
            {
                "batch": kept and str(kept.uuid), "read": figures.read, "created": figures.created,
                "updated": figures.updated, "unchanged": figures.unchanged, "rejected": figures.rejected, "rows_url": url,
            }
        )  # fmt: skip
        return
    if kept is None:
        click.echo("Nothing was changed; this is what would happen:")
    for name in ("read", "created", "updated", "unchanged", "rejected"):
        click.echo(f"{name:<10}{getattr(figures, name):>12,}")
    if batch.unplaced:
        click.echo(f"Accounts without a place: {batch.unplaced:,}. The list shows them under “Without a place”.")
    if batch.outside:
        click.echo(f"Accounts outside every region that is loaded: {batch.outside:,}.")
    for row in rows:
        click.echo(f"row {row.number}: {row.reason}")
    if figures.rejected > len(rows):
        click.echo(f"... and {figures.rejected - len(rows):,} more.")
    if kept is not None and figures.rejected:
        click.echo(f"All of them are kept at /imports/{kept.uuid}.")
    if kept is not None and batch.kind == "people" and figures.created:
        click.echo("New people have no password yet: invite them under People.")


@click.group()
def export_group() -> None:
    """Export accounts to a CSV, XLSX, GeoJSON, GeoPackage or FlatGeobuf file."""


class _WithSelection(click.Command):
    """A command with an option for each field of a selection, as the domains register them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        known = {parameter.name for parameter in self.params}
        for domain in ORDER:
            if importlib.util.find_spec(f"gcrm.{domain}.selection"):
                importlib.import_module(f"gcrm.{domain}.selection")
        fields = [
            click.Option(
                [f"--{name.replace('_', '-')}", f"field_{name}"], multiple=True, metavar="VALUE",
                help=f"Only accounts that the selection {name}=VALUE holds.",
            )
            for name in FIELDS if f"field_{name}" not in known
        ]  # fmt: skip
        return super().get_params(ctx) + fields


@export_group.command("accounts", cls=_WithSelection)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@acting_option
def export_accounts(file: Path, as_json: bool, acting_email: str | None, **words: tuple[str, ...]) -> None:
    """Export accounts; the file's extension says the format. An import of a CSV or XLSX file changes nothing."""
    extension = writing.format_of(file)
    console.open_database()
    given = {name.removeprefix("field_"): list(values) for name, values in words.items() if values}
    draft = file.with_name(f".{file.name}.part")
    try:
        with db.transaction(acting(acting_email)) as session, draft.open("w+b") as opened:
            count = writing.write(queries.accounts_to_write(session, Selection.parse(given)), extension, opened)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    if as_json:
        console.print_json({"file": str(file), "accounts": count})
    else:
        click.echo(f"{count:,} accounts are in {file}.")
