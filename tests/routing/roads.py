"""Small maps drawn by hand, as an OSM file and as roads."""

from __future__ import annotations

from pathlib import Path

from gcrm.routing.roads.build import graph_of
from gcrm.routing.roads.extract import read
from gcrm.routing.roads.graph import RoadGraph
from gcrm.routing.roads.network import Network, network_of

DEGREE_METRES = 111_195.08
"""Of latitude, and of longitude on the equator, on the mean sphere."""
Street = tuple[list[int], dict[str, str]]


def osm(file: Path, nodes: dict[int, tuple[float, float]], streets: list[Street]) -> Path:
    """Write an OSM file: nodes as (lat, lon), streets as the numbers of their nodes and their tags."""
    lines = ["<?xml version='1.0'?>", '<osm version="0.6">']
    lines += [f'<node id="{i}" version="1" lat="{lat}" lon="{lon}"/>' for i, (lat, lon) in sorted(nodes.items())]
    for number, (refs, tags) in enumerate(streets, start=1):
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inner += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        lines.append(f'<way id="{number}" version="1">{inner}</way>')
    file.write_text("\n".join([*lines, "</osm>"]))
    return file


def network(folder: Path, nodes: dict[int, tuple[float, float]], streets: list[Street], mode: str = "car") -> Network:
    return network_of(read(osm(folder / "town.osm", nodes, streets)), mode)


def town(folder: Path, nodes: dict[int, tuple[float, float]], streets: list[Street], mode: str = "car") -> RoadGraph:
    return graph_of(network(folder, nodes, streets, mode))


def square(oneway: str | None = None) -> tuple[dict[int, tuple[float, float]], list[Street]]:
    """Four streets round a block of 0.01 degrees at the equator, and a street out from the south-western corner.

        4 - 3
        |   |
    5 - 1 - 2
    """
    nodes = {1: (0.0, 0.0), 2: (0.0, 0.01), 3: (0.01, 0.01), 4: (0.01, 0.0), 5: (0.0, -0.01)}
    tags = {"highway": "residential", "maxspeed": "36"} | ({"oneway": oneway} if oneway else {})
    return nodes, [([1, 2, 3, 4, 1], tags), ([5, 1], {"highway": "residential", "maxspeed": "36"})]
