"""The arithmetic of the map's tools, run by node: lengths and areas on the ellipsoid, and what an address carries."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest

from gcrm.customers import shapes

TOOLS = Path(__file__).parents[2] / "static" / "js" / "maps" / "tools"


@pytest.fixture(scope="module")
def run():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")

    def running(expression: str):
        code = (
            f"import * as g from {json.dumps((TOOLS / 'geodesy.js').as_uri())};"
            f"import * as s from {json.dumps((TOOLS / 'shapes.js').as_uri())};"
            f"console.log(JSON.stringify({expression}));"
        )
        said = subprocess.run(
            [node, "--input-type=module", "-e", code], check=True, capture_output=True, text=True
        ).stdout
        return json.loads(said)

    return running


def test_lengths_are_geodesics(run):
    # A degree on the equator is a / 180 π = 111,319.491 m, from it to 1° north 110,574.389 m.
    assert run("[g.length([[0, 0], [1, 0]]), g.length([[0, 0], [0, 1]])]") == pytest.approx([111319.491, 110574.389], abs=0.001)  # fmt: skip
    assert run("[g.length([[5, 5]]), g.length([[5, 5], [5, 5]])]") == [0, 0]
    assert math.isfinite(run("g.length([[0, 0], [179.9, 0.1]])"))


def test_areas_are_those_of_the_ellipsoid(run):
    # The cell of a degree at the equator is 12,308.8 km².
    assert run("g.area([[0, 0], [1, 0], [1, 1], [0, 1]])") / 1e6 == pytest.approx(12308.8, abs=0.1)
    assert run("g.area([[0, 0], [0, 1], [1, 1], [1, 0]])") / 1e6 == pytest.approx(12308.8, abs=0.1)


def test_rings_are_written_as_the_server_reads_them(run):
    ring = [[-76.9, 40.25], [-76.86, 40.25], [-76.86, 40.29], [179.5, -12.34567]]
    assert run(f"s.encoded({json.dumps(ring)})") == shapes.encoded([tuple(point) for point in ring])


def test_a_long_line_is_thinned_to_two_hundred_corners(run):
    ring = "Array.from({ length: 5000 }, (_, i) => [300 + 250 * Math.cos(i / 796), 300 + 250 * Math.sin(i / 796)])"
    assert 3 < run(f"s.simplified({ring}).length") <= 200


def test_crossing_rings_are_kept_on_the_server(run):
    assert run("s.fitsAddress([[0, 0], [1, 0], [1, 1], [0, 1]])") is True
    assert run("s.fitsAddress([[0, 0], [1, 1], [1, 0], [0, 1]])") is False


def test_rings_begin_on_the_map_and_have_no_edge_round_the_world(run):
    found = run("s.unwound([[350, 0], [371, 0], [371, 5]])")
    assert [point[0] for point in found] == [-10, 11, 11]
    wide = run("s.unwound([[-170, 0], [170, 0], [170, 50], [-170, 50]])")
    assert all(abs(a[0] - b[0]) <= 90 for a, b in zip(wide, [*wide[1:], wide[0]], strict=True))
