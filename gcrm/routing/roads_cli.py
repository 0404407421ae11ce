"""`gcrm roads`: the road graph that travel times come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gcrm.core import clock, console
from gcrm.core.config import settings
from gcrm.routing.travel import roads_folder


@click.group()
def roads() -> None:
    """Build the road graph from an OSM extract."""


@roads.command()
@click.argument("extract", type=click.Path(path_type=Path), metavar="EXTRACT.osm.pbf")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def build(extract: Path, as_json: bool) -> None:
    """Build the road graph of an OSM extract; plans are made with its travel times from then on, and maps show its main roads.

    Roads for cars, bicycles and people on foot, one-ways and limits included. It replaces an older build once it is
    whole; a file that is broken or has no roads is refused, and the older build stays.
    """
    from gcrm.routing.roads.build import build as built

    with console.progress("Building roads") as advance:
        figures = built(extract, roads_folder(settings()), clock.now(), advance)
    if as_json:
        console.print_json(figures)
        return
    for line in _said(figures):
        click.echo(line)


def _said(figures: dict[str, Any]) -> list[str]:
    lines = [
        f"{figures['extract']}: {figures['ways']:,} roads in {figures['seconds']:g} s, "
        f"{figures['bytes'] / 1e6:.1f} MB on disk."
    ]
    for mode, said in figures["modes"].items():
        error = said["line_error"]
        off = f"; a straight line would be {error['median']:.0%} off" if error else ""
        lines.append(f"  {mode}: {said['junctions']:,} junctions, {said['kilometres']:,} km{off}")
    return lines
