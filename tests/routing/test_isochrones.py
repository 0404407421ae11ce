"""What is reached within a time: exact against Dijkstra, as an area, and by each source of travel times."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
import shapely

from gcrm.core.errors import Invalid
from gcrm.routing import reach
from gcrm.routing.problem import Place
from gcrm.routing.roads.build import graph_of
from gcrm.routing.roads.compiled import FAR
from gcrm.routing.roads.extract import read
from gcrm.routing.roads.network import network_of
from gcrm.routing.roads.reach import reached_points, times_from
from gcrm.routing.travel import StraightLine
from gcrm.routing.travel_roads import RoadTimes
from tests.routing.roads import DEGREE_METRES, square, town
from tests.routing.test_roads_contraction import at, contracted, dijkstra, scattered

SPEED = 36 / 3.6 * 0.92
"""Metres a second at a limit of 36 km/h."""


@pytest.fixture(scope="module")
def harrisburg(shared):
    file = shared / "roads" / "harrisburg.osm.pbf"
    if not file.exists():
        pytest.skip("the extract is not here")
    return graph_of(network_of(read(file), "car"))


def centre(graph) -> tuple[float, float]:
    """The middle of the town's roads, as lat, lon."""
    return float(np.median(graph.network.lat)) / 1e7, float(np.median(graph.network.lon)) / 1e7


def test_times_to_every_node_are_dijkstras():
    random = Random(3)
    for _ in range(30):
        nodes = random.randint(2, 30)
        arcs = scattered(random, nodes, 3 * nodes)
        hierarchy = contracted(nodes, arcs, core_neighbours=random.choice((2, 32)))
        start = random.randrange(nodes)
        found = times_from(hierarchy, at(hierarchy, [start])[0])[hierarchy.rank].tolist()
        assert [None if time == FAR else time for time in found] == dijkstra(nodes, arcs, start)


def test_times_in_a_real_town_are_dijkstras(harrisburg):
    arcs = [
        arc for arc in zip(*(column.tolist() for column in harrisburg.network.arcs()), strict=True) if arc[2] != FAR
    ]
    for start in Random(1).sample(range(harrisburg.network.nodes), 3):
        found = times_from(harrisburg.hierarchy, at(harrisburg.hierarchy, [start])[0])[harrisburg.hierarchy.rank]
        assert found.tolist() == dijkstra(harrisburg.network.nodes, arcs, start)


def test_the_area_holds_what_the_matrix_reaches_and_little_else(harrisburg):
    middle, seconds = centre(harrisburg), 420.0
    cell = reach.cell_metres("car", seconds)
    shape = reach.by_road(harrisburg, middle[1], middle[0], seconds, 500, cell)
    spots = Random(2).sample(range(len(harrisburg.network.lat)), 400)
    places = [middle, *((harrisburg.network.lat[i] / 1e7, harrisburg.network.lon[i] / 1e7) for i in spots)]
    times = harrisburg.matrix(places, 500).seconds[0, 1:]
    inside = shapely.contains_xy(shape, [p[1] for p in places[1:]], [p[0] for p in places[1:]])
    assert 30 < (times <= seconds).sum() < 370
    assert inside[times <= seconds].mean() > 0.995
    # What lies inside without being reached is beside a road that is: a motorway without an exit, the far side of a river.
    assert (times[inside] <= 1.5 * seconds).mean() > 0.97


def test_a_part_of_a_street_is_reached(tmp_path):
    graph = town(tmp_path, *square())
    # From the corner half of the street out, 500 m at 9.2 m/s, and half of two sides of the block.
    points = reached_points(graph, (0.0, 0.0), 500 / SPEED, 100, 0.0001)
    assert points[:, 1].min() == pytest.approx(-500 / DEGREE_METRES, abs=0.0002)
    assert points[:, 0].max() == pytest.approx(500 / DEGREE_METRES, abs=0.0002)
    assert points[:, 1].max() == pytest.approx(500 / DEGREE_METRES, abs=0.0002)


def test_a_one_way_street_is_reached_one_way(tmp_path):
    graph = town(tmp_path, *square("yes"))
    points = reached_points(graph, (0.0, 0.005), 300 / SPEED, 100, 0.0001)
    assert points[:, 1].min() == pytest.approx(0.005, abs=0.0002)
    assert points[:, 1].max() == pytest.approx(0.005 + 300 / DEGREE_METRES, abs=0.0002)


def test_longer_reaches_farther(harrisburg):
    lat, lon = centre(harrisburg)
    shapes = [reach.by_road(harrisburg, lon, lat, minutes * 60, 500, 60) for minutes in (1, 2, 4)]
    assert all(b.area > a.area for a, b in itertools.pairwise(shapes))
    assert all(shape.is_valid for shape in shapes)
    assert shapely.difference(shapes[0], shapes[1].buffer(0.002)).area < 1e-9


def test_a_place_without_a_road_falls_back_to_a_circle_and_says_so(tmp_path):
    roads = RoadTimes(town(tmp_path, *square()), StraightLine(detour_factor=1.5, kilometres_per_hour=36), 100)
    near = roads.reach(Place(lat=0.0, lon=0.0), 60)
    far = roads.reach(Place(lat=1.0, lon=1.0), 60)
    assert (near.source, near.is_estimate) == ("roads", False)
    assert (far.source, far.is_estimate) == ("estimate", True)
    # 60 s at 10 m/s are 600 m of road, 400 m straight.
    assert far.shape.area * DEGREE_METRES**2 == pytest.approx(math.pi * 400**2, rel=0.01)


def test_a_line_that_a_road_graph_taught_is_turned_round():
    class Line:
        def road(self, straight):
            return straight * 0.2, straight * 1.3

    assert StraightLine(line=Line()).straight_metres(600) == pytest.approx(3000, rel=1e-6)


@pytest.mark.parametrize(("mode", "minutes"), [("boat", 5), ("car", 0), ("car", 91), ("foot", math.nan), ("foot", 121)])
def test_odd_times_are_refused(mode, minutes):
    with pytest.raises(Invalid):
        reach.checked(mode, minutes)


def test_cells_are_fine_for_a_short_way_and_coarse_for_a_long_one():
    assert reach.cell_metres("foot", 300) == 60
    assert reach.cell_metres("car", 5400) == 500
    assert np.isclose(reach.cell_metres("car", 600), 600 * 33 / 160)
