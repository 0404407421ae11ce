"""`gcrm regions`: boundaries from packages and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gcrm.core import console, db, jobs
from gcrm.core.db import Principal
from gcrm.core.errors import Invalid
from gcrm.geography import attribute_file, attribute_services, queries, services, tasks
from gcrm.geography.levels import LEVELS
from gcrm.geography.services import SavedRegions
from gcrm.people.commands import acting, acting_option
from gcrm.people.queries import first_admin, organisation


@click.group()
def regions() -> None:
    """Load regions from packages or files."""


@regions.command("load")
@click.argument("country", type=click.Choice(services.SHIPPED))
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@acting_option
def load(country: str, as_json: bool, acting_email: str | None) -> None:
    """Load a country's states, counties and municipalities from the package that ships them."""
    console.open_database()
    principal = _principal(acting_email)
    with console.progress("Reading boundaries") as advance:
        levels = services.read_shipped(country)
        advance(0, 1, "Saving regions")
        saved, placed = tasks.save_and_place(
            principal, country, lambda session: services.load_regions(session, country, levels), advance
        )
    _report(principal, saved, placed, as_json, {})


@regions.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--level", required=True, type=click.Choice(LEVELS), help="What kind of region the file holds.")
@click.option("--code", required=True, metavar="COL", help="Column of the code, unique in the file.")
@click.option("--name", required=True, metavar="COL", help="Column of the name.")
@click.option("--country", metavar="CC", help="Country of the regions, as us; by default the organisation's.")
@click.option("--parent", metavar="COL", help="Column of the code of the region above; without it, found by place.")
@click.option("--crs", metavar="EPSG:n", help="Coordinate system, where the file does not say it or is wrong.")
@click.option("--layer", metavar="NAME", help="Which layer, where the file has several.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@acting_option
def import_regions(
    file: Path, level: str, code: str, name: str, country: str | None, parent: str | None, crs: str | None,
    layer: str | None, as_json: bool, acting_email: str | None,
) -> None:  # fmt: skip
    """Import regions from GeoJSON, a shapefile (also zipped) or a GeoPackage; those already there are updated by code."""
    from gcrm.geography import reading

    console.open_database()
    principal = _principal(acting_email)
    chosen = (country or _own_country(principal)).lower()
    with console.progress("Reading the file") as advance:
        read = reading.read(file, level, reading.Columns(code, name, parent), crs, layer)
        advance(0, 1, "Saving regions")
        saved, placed = tasks.save_and_place(
            principal, file.name, lambda session: [services.save_regions(session, chosen, level, read.regions)], advance
        )
    _report(principal, saved, placed, as_json, {"mended": read.mended})


@regions.command("attributes")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--level", required=True, type=click.Choice(LEVELS), help="What kind of region the rows are about.")
@click.option("--code", metavar="COL", help="Column of the region's code; without it the one in which codes stand.")
@click.option("--column", "columns", metavar="COL", multiple=True, help="A column of numbers; without it all of them.")
@click.option("--country", metavar="CC", help="Country of the regions, as us; by default the organisation's.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@acting_option
def attributes(
    file: Path, level: str, code: str | None, columns: tuple[str, ...], country: str | None, as_json: bool,
    acting_email: str | None,
) -> None:  # fmt: skip
    """Take in numbers about regions from a CSV, as inhabitants or businesses; rows with a fault are named and left out."""
    console.open_database()
    principal = _principal(acting_email)
    chosen = country or _own_country(principal)
    table = attribute_file.read(file.read_bytes(), file.name)
    with db.transaction(principal) as session:
        load = attribute_services.load_attributes(session, table, chosen, level, code, columns, in_use=True)
        figures = {
            "load": str(load.uuid), "names": load.names, "regions": load.regions, "left_out": load.fault_count,
            "faults": load.faults,
        }  # fmt: skip
    _tell_attributes(figures, as_json)


def _tell_attributes(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        console.print_json(figures)
        return
    click.echo(f"{figures['regions']:,} regions have new numbers: {', '.join(figures['names'])}.")
    for fault in figures["faults"]:
        click.echo(f"Row {fault['row']} is left out. {fault['why']}")
    more = figures["left_out"] - len(figures["faults"])
    if more > 0:
        click.echo(f"{more:,} more rows are left out.")


def _principal(email: str | None) -> Principal:
    """Regions may be loaded before there is an admin: they are facts about the world."""
    with db.transaction(None) as session:
        is_new = email is None and first_admin(session) is None
    return jobs.system_principal() if is_new else acting(email)


def _own_country(principal: Principal) -> str:
    with db.transaction(principal) as session:
        found = organisation(session)
    if found is None:
        raise Invalid("Say which country these regions are of, as --country us.")
    return found.country


def _report(principal: Principal, saved: list[SavedRegions], placed: int, as_json: bool, more: dict[str, int]) -> None:
    with db.transaction(principal) as session:
        places = queries.places(session)
    levels = [
        {"country": s.country, "level": s.level, "created": s.created, "changed": s.changed, "unchanged": s.unchanged,
         "without_parent": s.without_parent}
        for s in saved
    ]  # fmt: skip
    figures: dict[str, Any] = {
        "levels": levels,
        **more,
        "accounts_placed": placed,
        "accounts_outside": places["outside"],
    }
    if as_json:
        console.print_json(figures)
        return
    for level in saved:
        line = f"{level.country} {level.level}: {level.created:,} new, {level.changed:,} changed, {level.unchanged:,} unchanged"
        click.echo(
            line + (f", {level.without_parent:,} without a region above them" if level.without_parent else "") + "."
        )
    if more.get("mended"):
        click.echo(f"{more['mended']:,} invalid shapes were mended.")
    click.echo(f"{placed:,} accounts placed again; {places['outside']:,} of all lie outside every region.")
