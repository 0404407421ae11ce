"""From an OSM extract to a build on disk: read, connect, contract, calibrate, save."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gcrm.routing.roads import calibration, extract, main_lines, main_roads, store
from gcrm.routing.roads.contraction import contract
from gcrm.routing.roads.extract import Advance, UnreadableExtract
from gcrm.routing.roads.graph import RoadGraph
from gcrm.routing.roads.grid import grid_of
from gcrm.routing.roads.highways import MODES
from gcrm.routing.roads.network import SCALE, Network, network_of

SEED, SEED_OF_CHECK = 1, 2


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def graph_of(network: Network) -> RoadGraph:
    """Speed a network up."""
    return RoadGraph(network, contract(network.nodes, *network.arcs()), grid_of(network))


def build(file: Path, folder: Path, made_at: dt.datetime, advance: Advance = silent) -> dict[str, Any]:
    """Build the graphs of all modes that the extract has roads for; return figures about them.

    Raises `UnreadableExtract` for a file that is broken, empty or has no roads; what was built before then stays.
    """
    began = time.perf_counter()
    ways = extract.read(file, advance)
    graphs: dict[str, RoadGraph] = {}
    about: dict[str, Any] = {}
    for number, mode in enumerate(MODES):
        advance(number, len(MODES), f"Building roads by {mode}")
        network = network_of(ways, mode)
        if len(network.tail):
            graphs[mode] = graph_of(network)
            about[mode] = _said(graphs[mode])
    if not graphs:
        raise UnreadableExtract(f"{file}: none of its roads connect to each other.")
    advance(len(MODES), len(MODES), "Saving")
    whole = {"extract": file.name, "fingerprint": _fingerprint(file), "made_at": made_at.isoformat(), "modes": about}
    made = store.save(folder, graphs, whole, {main_roads.FILE: main_roads.packed(main_lines.of(ways))})
    for mode in graphs:
        try_out(made, mode)
    return {
        "build": made.name, "extract": file.name, "ways": len(ways.first) - 1, "modes": about,
        "bytes": sum(size for size, _ in made.about["files"].values()), "seconds": round(time.perf_counter() - began, 2),
    }  # fmt: skip


def try_out(made: store.Build, mode: str) -> None:
    """Ask a build as a planner does, so that what it needs is compiled and kept before the first plan waits for it."""
    graph = made.graph(mode)
    if graph is None:
        return
    network = graph.network
    ends = [(network.lat[at] / SCALE, network.lon[at] / SCALE) for at in (0, len(network.lat) // 2)]
    graph.matrix(ends, 1_000.0)
    graph.route(ends[0], ends[1], 1_000.0)


def _said(graph: RoadGraph) -> dict[str, Any]:
    network = graph.network
    line = calibration.line_of(calibration.sampled(graph, SEED))
    check = calibration.sampled(graph, SEED_OF_CHECK)
    return {
        "junctions": network.nodes, "links": len(network.tail), "kilometres": round(float(network.cost[:, 2].sum(dtype=float)) / 1e4),
        "bounds": [
            int(network.lon.min()) / 1e7, int(network.lat.min()) / 1e7, int(network.lon.max()) / 1e7, int(network.lat.max()) / 1e7,
        ],
        "line": None if line is None else asdict(line),
        "line_error": None if line is None or not len(check.straight) else calibration.error_of(line, check),
    }  # fmt: skip


def _fingerprint(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
