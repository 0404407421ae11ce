"""A real extract: read, built, asked, and what a straight line learns from it."""

from __future__ import annotations

import time
from random import Random

import numpy as np
import pytest

from gcrm.routing.roads.build import graph_of
from gcrm.routing.roads.calibration import error_of, line_of, sampled
from gcrm.routing.roads.extract import read
from gcrm.routing.roads.network import network_of


@pytest.fixture(scope="module")
def ways(shared):
    file = shared / "roads" / "harrisburg.osm.pbf"
    if not file.exists():
        pytest.skip("the extract is not here")
    return read(file)


@pytest.fixture(scope="module")
def graph(ways):
    return graph_of(network_of(ways, "car"))


def somewhere(graph, count: int) -> list[tuple[float, float]]:
    random = Random(7)
    spots = random.sample(range(len(graph.network.lat)), count)
    return [(graph.network.lat[i] / 1e7, graph.network.lon[i] / 1e7) for i in spots]


def test_most_of_its_roads_hang_together(ways, graph):
    whole = network_of(ways, "car").cost[:, 2].sum() / 1e4
    assert whole == pytest.approx(847, abs=10)  # kilometres
    assert graph.network.nodes == pytest.approx(4067, abs=50)


def test_200_places_are_answered_in_half_a_second(graph):
    places = somewhere(graph, 200)
    graph.matrix(places[:2], 500)
    began = time.process_time()
    found = graph.matrix(places, 500)
    assert time.process_time() - began < 0.5
    assert (found.seconds >= 0).all()


def test_speeds_are_those_of_a_town(graph):
    found = graph.matrix(somewhere(graph, 60), 500)
    far = found.metres > 1000
    kmh = found.metres[far] / found.seconds[far] * 3.6
    assert 40 < np.median(kmh) < 65
    assert kmh.max() < 100


def test_a_line_calibrated_on_it_is_nearer_than_the_usual_one(graph):
    pairs = sampled(graph, seed=3)
    line = line_of(sampled(graph, seed=1))
    usual = np.median(np.abs(pairs.straight * 1.5 * 3.6 / 40 / pairs.seconds - 1))
    assert error_of(line, pairs)["median"] < 0.17
    assert error_of(line, pairs)["median"] < usual - 0.05


def test_people_on_foot_use_more_roads_than_cars_on_bicycles_not_motorways(ways):
    modes = {mode: network_of(ways, mode).cost[:, 2].sum() / 1e4 for mode in ("car", "bicycle", "foot")}
    assert modes["bicycle"] < modes["car"]
    assert modes["foot"] > modes["bicycle"]
