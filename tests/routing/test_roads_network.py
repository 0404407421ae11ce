"""From ways to links: split, connected, joined, snapped, and asked for times."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

from gcrm.routing.roads import extract
from gcrm.routing.roads.compiled import FAR
from gcrm.routing.roads.extract import UnreadableExtract
from tests.routing.roads import DEGREE_METRES, network, osm, square, town
from tests.routing.test_roads_contraction import dijkstra

SIDE = 0.01 * DEGREE_METRES
"""Metres of a street of the square."""
SPEED = 36 / 3.6 * 0.92
"""Metres a second at a limit of 36 km/h."""
STREET = {"highway": "residential"}


# -- reading ---------------------------------------------------------------------------------------------------------


def refused(file) -> str:
    with pytest.raises(UnreadableExtract) as caught:
        extract.read(file)
    return caught.value.message


def test_files_that_are_no_extract_are_refused_with_one_sentence(tmp_path):
    broken, empty, text = tmp_path / "a.osm.pbf", tmp_path / "b.osm.pbf", tmp_path / "c.txt"
    broken.write_bytes(b"\0\0\0\x0dnothing of the kind")
    empty.touch()
    text.write_text("hello")
    assert "cannot be read as an OSM extract" in refused(broken)
    assert "is empty" in refused(empty)
    assert "cannot be read" in refused(text)
    assert "no such file" in refused(tmp_path / "none.osm.pbf")
    for file in (broken, empty, text):
        assert refused(file).startswith(str(file))


def test_a_file_cut_short_is_refused(tmp_path, shared):
    whole = shared / "roads" / "harrisburg.osm.pbf"
    if not whole.exists():
        pytest.skip("the extract is not here")
    part = tmp_path / "part.osm.pbf"
    part.write_bytes(whole.read_bytes()[:300_000])
    assert "cannot be read as an OSM extract" in refused(part)


def test_an_extract_without_roads_is_refused(tmp_path):
    file = osm(tmp_path / "lake.osm", {1: (0, 0), 2: (0, 1), 3: (1, 1)}, [([1, 2, 3, 1], {"natural": "water"})])
    assert "no roads in it" in refused(file)


def test_roads_that_lose_their_nodes_at_the_border_end_there(tmp_path):
    nodes, streets = square()
    made = network(tmp_path, nodes, [*streets, ([3, 99, 98], STREET), ([97, 96], STREET)])
    whole = network(tmp_path, nodes, streets)
    assert made.cost[:, 2].sum() == whole.cost[:, 2].sum()


# -- links -----------------------------------------------------------------------------------------------------------


def test_nodes_that_decide_nothing_are_joined_and_stay_in_the_drawing(tmp_path):
    made = network(tmp_path, *square())
    assert (made.nodes, len(made.tail)) == (2, 2)  # the corner with the street out, and its end
    ring = int(np.argmax(np.diff(made.shape)))
    assert made.shape[ring + 1] - made.shape[ring] == 5
    assert made.cost[ring, 2] == pytest.approx(40 * SIDE, abs=2)
    assert made.cost[ring, 0] == made.cost[ring, 1] == pytest.approx(4000 * SIDE / SPEED, rel=1e-4)


def test_a_ring_by_itself_stays(tmp_path):
    nodes, streets = square()
    made = network(tmp_path, nodes, streets[:1])
    assert len(made.tail) == 1
    assert made.tail[0] == made.head[0]


def test_streets_are_not_joined_where_the_speed_changes(tmp_path):
    nodes = {1: (0.0, 0.0), 2: (0.0, 0.01), 3: (0.0, 0.02), 4: (0.0, 0.03)}
    streets = [([1, 2, 3], STREET), ([3, 4], {**STREET, "maxspeed": "100"})]
    assert len(network(tmp_path, nodes, streets).tail) == 2


def test_streets_drawn_against_each_other_are_joined(tmp_path):
    nodes = {1: (0.0, 0.0), 2: (0.0, 0.01), 3: (0.0, 0.02)}
    made = network(tmp_path, nodes, [([1, 2], STREET), ([3, 2], STREET)])
    assert len(made.tail) == 1
    assert sorted(made.lon.tolist()) in (made.lon.tolist(), made.lon.tolist()[::-1])


def test_what_cannot_be_left_again_is_no_part_of_the_graph(tmp_path):
    nodes, streets = square()
    more = {**nodes, 6: (0.02, 0.01), 7: (0.5, 0.5), 8: (0.5, 0.51)}
    into, island = ([3, 6], {**STREET, "oneway": "yes"}), ([7, 8], STREET)
    made = network(tmp_path, more, [*streets, into, island])
    assert made.cost[:, 2].sum() == pytest.approx(50 * SIDE, abs=4)


def test_no_road_for_a_mode_is_an_empty_network(tmp_path):
    nodes, streets = square()
    assert len(network(tmp_path, nodes, [(refs, {"highway": "footway"}) for refs, _ in streets]).tail) == 0


# -- places ----------------------------------------------------------------------------------------------------------


def test_times_run_between_points_along_streets(tmp_path):
    graph = town(tmp_path, *square())
    # From the middle of the south side to the middle of the west side, over the corner: two halves.
    found = graph.matrix([(0.0, 0.005), (0.005, 0.0)], 100)
    assert found.metres[0, 1] == pytest.approx(SIDE, abs=1)
    assert found.seconds[0, 1] == found.seconds[1, 0] == round(SIDE / SPEED)


def test_a_oneway_is_driven_round(tmp_path):
    graph = town(tmp_path, *square("yes"))
    # Counter-clockwise only: from the south side on to the west side it is 3 sides, back again 1.
    found = graph.matrix([(0.0, 0.005), (0.005, 0.0)], 100)
    assert found.metres.tolist() == [
        [0, pytest.approx(3 * SIDE, abs=1)],
        [pytest.approx(SIDE, abs=1), 0],
    ]


def test_a_oneway_against_its_drawing_is_driven_round_the_other_way(tmp_path):
    found = town(tmp_path, *square("-1")).matrix([(0.0, 0.005), (0.005, 0.0)], 100)
    assert found.metres[0, 1] == pytest.approx(SIDE, abs=1)
    assert found.metres[1, 0] == pytest.approx(3 * SIDE, abs=1)


def test_two_places_on_one_oneway_go_all_the_way_round_to_turn_back(tmp_path):
    found = town(tmp_path, *square("yes")).matrix([(0.0, 0.002), (0.0, 0.008)], 100)
    assert found.metres[0, 1] == pytest.approx(0.6 * SIDE, abs=1)
    assert found.metres[1, 0] == pytest.approx(3.4 * SIDE, abs=1)


def test_a_place_beyond_the_limit_has_no_road(tmp_path):
    graph = town(tmp_path, *square())
    found = graph.matrix([(0.0, 0.005), (0.005, 0.02)], 500)
    assert found.is_near.tolist() == [True, False]
    assert found.seconds[0, 1] == found.seconds[1, 0] == -1
    assert graph.matrix([(0.0, 0.005), (0.005, 0.02)], 1200).is_near.tolist() == [True, True]


def test_a_customer_beside_a_motorway_is_reached_from_the_street(tmp_path):
    nodes, streets = square()
    nodes |= {6: (0.003, -0.01), 7: (0.003, 0.01)}
    highway = {"highway": "motorway", "oneway": "no"}
    graph = town(tmp_path, nodes, [*streets, ([5, 6], STREET), ([6, 7], highway), ([7, 2], STREET)])
    at = graph.snapped([(0.0029, -0.005)], 1000)
    assert at.metres[0] == pytest.approx(0.0029 * DEGREE_METRES, abs=1)


def nearest_by_hand(graph, lat: float, lon: float) -> float:
    """Metres to the nearest piece of road, each looked at."""
    drawn = graph.network
    best = float("inf")
    for link in range(len(drawn.tail)):
        for at in range(drawn.shape[link], drawn.shape[link + 1] - 1):
            ends = [
                ((drawn.lon[k] / 1e7 - lon) * np.cos(np.radians(lat)), drawn.lat[k] / 1e7 - lat) for k in (at, at + 1)
            ]
            a, step = np.array(ends[0]), np.array(ends[1]) - np.array(ends[0])
            share = min(1.0, max(0.0, float(-(a @ step) / (step @ step))))
            best = min(best, float(np.hypot(*(a + share * step))) * DEGREE_METRES)
    return best


def random_town(seed: int):
    """Crossings on a loose grid, streets bent, some of them one-ways."""
    random = Random(seed)
    nodes, streets, bends = {}, [], 1000
    for i in range(6):
        for j in range(6):
            nodes[10 * i + j] = (
                40 + 0.004 * i + random.uniform(-1e-3, 1e-3),
                -77 + 0.005 * j + random.uniform(-1e-3, 1e-3),
            )
    for i in range(6):
        for j in range(6):
            for other in ((i + 1, j), (i, j + 1)):
                if max(other) > 5 or random.random() < 0.1:
                    continue
                a, b, bends = 10 * i + j, 10 * other[0] + other[1], bends + 1
                middle = [(nodes[a][k] + nodes[b][k]) / 2 + random.uniform(-5e-4, 5e-4) for k in (0, 1)]
                nodes[bends] = (middle[0], middle[1])
                tags = {**STREET, "maxspeed": random.choice(["30", "50", "80"])}
                streets.append(([a, bends, b], tags | ({"oneway": "yes"} if random.random() < 0.25 else {})))
    return nodes, streets


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_road_is_the_nearest_of_all(tmp_path, seed):
    graph = town(tmp_path, *random_town(seed))
    random = Random(seed)
    points = [(random.uniform(39.99, 40.03), random.uniform(-77.01, -76.965)) for _ in range(30)]
    found = graph.snapped(points, 5000)
    expected = [nearest_by_hand(graph, *point) for point in points]
    assert found.metres.tolist() == pytest.approx(expected, rel=1e-3, abs=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_times_between_places_beside_roads_are_dijkstras(tmp_path, seed):
    """Each place becomes a node of its own in the textbook's graph, with the parts of its link as arcs."""
    graph = town(tmp_path, *random_town(seed))
    drawn = graph.network
    random = Random(seed)
    points = [(random.uniform(40, 40.02), random.uniform(-77, -76.975)) for _ in range(14)]
    at = graph.snapped(points, 5000)
    arcs = [arc for arc in zip(*(column.tolist() for column in drawn.arcs()), strict=True) if arc[2] != FAR]
    for link in set(at.link.tolist()):
        here = [(0.0, int(drawn.tail[link])), (1.0, int(drawn.head[link]))]
        here += [(float(at.share[p]), drawn.nodes + p) for p in range(len(points)) if at.link[p] == link]
        along, against, _ = drawn.cost[link].tolist()
        for share_a, a in here:
            for share_b, b in here:
                cost = along if share_b >= share_a else against
                if a != b and cost != FAR:
                    arcs.append((a, b, round(abs(share_b - share_a) * cost), 0))
    expected = [dijkstra(drawn.nodes + len(points), arcs, drawn.nodes + p)[drawn.nodes :] for p in range(len(points))]
    found = graph.matrix(points, 5000).seconds
    assert np.abs(found - np.array(expected, float) / 1000).max() <= 0.51


# -- lines -----------------------------------------------------------------------------------------------------------


def length(line: list[tuple[float, float]]) -> float:
    """Metres of a line at 40 degrees north or on the equator, by small straight pieces."""
    pairs = itertools.pairwise(line)
    return sum(
        np.hypot(b[0] - a[0], (b[1] - a[1]) * np.cos(np.radians((a[0] + b[0]) / 2))) * DEGREE_METRES for a, b in pairs
    )


@pytest.mark.parametrize("seed", range(4))
def test_lines_are_as_long_as_the_matrix_says(tmp_path, seed):
    graph = town(tmp_path, *random_town(seed))
    random = Random(seed)
    points = [(random.uniform(40, 40.02), random.uniform(-77, -76.975)) for _ in range(10)]
    metres = graph.matrix(points, 5000).metres
    for i, start in enumerate(points):
        for j, end in enumerate(points):
            line = graph.route(start, end, 5000)
            assert line is not None
            assert length(line) == pytest.approx(metres[i, j], abs=3)


def test_a_line_follows_the_street(tmp_path):
    graph = town(tmp_path, *square())
    line = graph.route((0.0, 0.005), (0.005, 0.0), 100)
    assert [(round(lat, 6), round(lon, 6)) for lat, lon in line] == [(0.0, 0.005), (0.0, 0.0), (0.005, 0.0)]


def test_no_line_to_where_no_road_is(tmp_path):
    assert town(tmp_path, *square()).route((0.0, 0.005), (0.5, 0.5), 500) is None
