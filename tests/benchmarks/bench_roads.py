"""Road graphs: how long they take to build and to answer, beside the limits, and how far a straight line is off.

    python -m tests.benchmarks.bench_roads [extract] [generated] [flat]

`extract` is the real one of shared/data; `generated` a map of a million junctions with streets, arterials, motorways,
one-ways and rivers with few bridges; `flat` a tenth of it with streets of one speed only, which is the hardest for a hierarchy.
Each runs in a process of its own, so that its memory is its own. Seconds are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gcrm.routing.roads import build, calibration, extract, store
from gcrm.routing.roads.extract import Ways
from gcrm.routing.roads.graph import RoadGraph
from gcrm.routing.roads.highways import MODES
from gcrm.routing.roads.network import network_of

EXTRACT = Path(__file__).resolve().parents[3] / "shared" / "data" / "roads" / "harrisburg.osm.pbf"
CASES = ("extract", "generated", "flat")
SIDE = 1_120
"""Lines each way; gaps and joined streets leave a little over a million junctions."""
LATITUDE_STEP, LONGITUDE_STEP = 0.0015, 0.002


def generated(side: int = SIDE, is_flat: bool = False, seed: int = 1) -> Ways:
    """Return the roads of a perturbed grid.

    Every 100th line is a motorway, every 20th an arterial, every 5th a larger street; a twelfth of the small ones is
    missing, an eighth one-way; six rivers wind from west to east and are crossed on arterials and motorways only.
    """
    random = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    lat = 40 + (row + random.uniform(-0.3, 0.3, len(row))) * LATITUDE_STEP
    lon = -77 + (column + random.uniform(-0.3, 0.3, len(row))) * LONGITUDE_STEP
    number = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    is_across = np.arange(len(tail)) >= side * (side - 1)
    line = np.where(is_across, column[tail], row[tail])
    speed = np.select([line % 100 == 50, line % 20 == 10, line % 5 == 2], [100.0, 60.0, 45.0], 30.0)
    is_bridge = speed >= 60
    if is_flat:
        speed[:] = 30.0
    bank = np.array([side * (k + 1) // 7 + 0.03 * side * np.sin(np.arange(side) / side * 12 + k) for k in range(6)])
    is_river = is_across & (row[tail] == bank.astype(int)[:, column[tail]]).any(axis=0) & ~is_bridge
    kept = ~is_river & ((random.random(len(tail)) > 1 / 12) | is_bridge)
    tail, head, speed = tail[kept], head[kept], speed[kept] * random.uniform(0.85, 1.1, kept.sum())
    way = random.random(len(tail))
    kmh = np.column_stack([np.where(way < 1 / 16, 0, speed), np.where(way > 15 / 16, 0, speed)]).astype(np.float32)
    first = np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int64)
    point = np.column_stack([tail, head]).ravel().astype(np.int32)
    return Ways(first, point, lat, lon, dict.fromkeys(MODES, kmh), np.ones(len(tail), np.bool_))


def megabytes() -> float:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def say(what: str, seconds: float, limit: float | None = None) -> None:
    beside = "" if limit is None else f"   limit {limit:g} s   {'ok' if seconds < limit else 'TOO SLOW'}"
    print(f"  {what:<46} {seconds:9.3f} s{beside}")


def measure(name: str) -> None:
    """Build one map, open it as a worker does, and ask it."""
    _compile()
    before = megabytes()
    seconds, ways = timed(
        lambda: (
            extract.read(EXTRACT)
            if name == "extract"
            else generated(SIDE // 3 if name == "flat" else SIDE, name == "flat")
        )
    )
    say("read" if name == "extract" else "generate", seconds)
    seconds, network = timed(lambda: network_of(ways, "car"))
    say("split, connect, join", seconds)
    seconds, graph = timed(lambda: build.graph_of(network))
    say("contract and lay the grid", seconds)
    with tempfile.TemporaryDirectory() as folder:
        seconds, made = timed(lambda: store.save(Path(folder), {"car": graph}, {}))
        say("save", seconds)
        size = sum(file.stat().st_size for file in made.folder.iterdir()) / 1e6
        print(
            f"  {network.nodes:,} junctions, {len(network.tail):,} links, "
            f"{len(graph.hierarchy.away.head) + len(graph.hierarchy.towards.head):,} arcs upward, {size:.0f} MB on disk, "
            f"at most {megabytes() - before:.0f} MB more memory"
        )
        seconds, opened = timed(lambda: made.graph("car"))
        say("open and check", seconds)
        assert opened is not None
        ask(opened, name)


def ask(graph: RoadGraph, name: str) -> None:
    for count, limit in ((15, None), (100, 1.0), (200, 0.5 if name == "extract" else None), (1000, None)):
        places = somewhere(graph, count, seed=count)
        seconds = sorted(timed(lambda places=places: graph.matrix(places, 500))[0] for _ in range(5))[2]  # type: ignore[misc]
        say(f"{count} x {count}, from coordinates", seconds, limit)
    ends = somewhere(graph, 40, seed=4)
    seconds, _ = timed(lambda: [graph.route(a, b, 500) for a, b in zip(ends[:20], ends[20:], strict=True)])
    say("line of one drive", seconds / 20)
    line = calibration.line_of(calibration.sampled(graph, 1))
    assert line is not None
    error = calibration.error_of(line, calibration.sampled(graph, 2))
    pairs = calibration.sampled(graph, 2)
    usual = np.abs(pairs.straight * 1.5 * 3.6 / 40 / pairs.seconds - 1)
    print(
        f"  straight line: calibrated {error['median']:.1%} off in the median, {error['p90']:.1%} at most in nine of ten; "
        f"1.5 and 40 km/h {np.median(usual):.1%}"
    )


def somewhere(graph: RoadGraph, count: int, seed: int) -> list[tuple[float, float]]:
    random = np.random.default_rng(seed)
    spots = random.choice(len(graph.network.lat), count, replace=False)
    off = random.uniform(-0.0003, 0.0003, (2, count))
    lat, lon = graph.network.lat[spots] / 1e7 + off[0], graph.network.lon[spots] / 1e7 + off[1]
    return list(zip(lat.tolist(), lon.tolist(), strict=True))


def _compile() -> None:
    """Compile on a small map, so that no figure counts it."""
    small = build.graph_of(network_of(generated(12), "car"))
    places = somewhere(small, 3, seed=1)
    small.matrix(places, 500)
    small.route(*places[:2], 500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    parser.add_argument("--here", action="store_true", help="measure in this process")
    given = parser.parse_args()
    if given.here:
        measure(given.cases[0])
        return
    for case in given.cases or CASES:
        if case == "extract" and not EXTRACT.exists():
            print(f"extract: {EXTRACT.name} is not here")
            continue
        print(f"{case} ({dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M})", flush=True)
        subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_roads", case, "--here"], check=True)


if __name__ == "__main__":
    main()
