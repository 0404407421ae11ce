"""The main roads of a build: joined, packed, and found again by what a map shows."""

from __future__ import annotations

import datetime as dt

import pytest

from gcrm.field import day_map
from gcrm.routing.roads import folder, main_lines, main_roads
from gcrm.routing.roads.build import build
from gcrm.routing.roads.extract import read
from gcrm.routing.roads.highways import LEVEL_OF, LEVELS
from tests.routing.roads import osm, square

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
NODES = {number: (0.01 * number, 0.1 * number) for number in range(8)}
STREETS = [
    # A motorway in three ways with their own limits, the last drawn against the others.
    ([0, 1], {"highway": "motorway", "maxspeed": "130"}),
    ([1, 2], {"highway": "motorway", "maxspeed": "80"}),
    ([3, 2], {"highway": "motorway", "oneway": "no"}),
    ([2, 4], {"highway": "primary"}),
    ([4, 5], {"highway": "secondary"}),
    ([5, 6], {"highway": "residential"}),
    ([6, 7], {"highway": "motorway_link"}),
]


def built(path, nodes=NODES, streets=STREETS):
    build(osm(path / "town.osm", nodes, streets), path / "roads", NOW)
    return main_roads.current(path / "roads")


def found(roads, box=EVERYWHERE):
    """The lines of each level by the numbers of their nodes."""
    at = {(round(lon, 6), round(lat, 6)): number for number, (lat, lon) in NODES.items()}
    return [
        [[at[round(lon, 6), round(lat, 6)] for lon, lat in line] for line in roads.within(box, level)]
        for level in range(LEVELS)
    ]


def test_ways_of_one_level_are_joined_whatever_their_limits_are(tmp_path):
    motorways, primaries, secondaries = found(built(tmp_path))
    assert motorways in ([[0, 1, 2, 3]], [[3, 2, 1, 0]])
    assert sorted(primaries[0]) == [2, 4]
    assert sorted(secondaries[0]) == [4, 5]
    assert len(primaries) == len(secondaries) == 1


def test_every_level_has_its_roads():
    assert set(LEVEL_OF.values()) == set(range(LEVELS)) == set(range(len(day_map.LEVELS)))


def test_a_box_finds_the_lines_that_touch_it(tmp_path):
    roads = built(tmp_path)
    # Nodes lie on a rising line, the first of the primary road at a longitude of 0.2.
    assert [len(lines) for lines in found(roads, (0.25, 0.0, 0.35, 0.1))] == [1, 1, 0]
    assert [len(lines) for lines in found(roads, (0.45, 0.0, 0.6, 0.1))] == [0, 0, 1]
    assert found(roads, (10.0, 10.0, 11.0, 11.0)) == [[], [], []]


def test_a_crossing_of_main_roads_parts_their_lines(tmp_path):
    nodes = {1: (0.0, 0.0), 2: (0.0, 0.1), 3: (0.0, 0.2), 4: (0.1, 0.1)}
    primary = {"highway": "primary"}
    lines = main_lines.of(read(osm(tmp_path / "town.osm", nodes, [([1, 2, 3], primary), ([2, 4], primary)])))
    assert sorted(map(len, lines[1])) == [2, 2, 2]


def test_a_town_without_main_roads_has_none(tmp_path):
    assert found(built(tmp_path, *square())) == [[], [], []]


def test_nothing_built_is_no_roads(tmp_path):
    assert main_roads.current(tmp_path / "roads") is None


def test_another_build_is_read_at_once(tmp_path):
    built(tmp_path)
    assert found(built(tmp_path, *square())) == [[], [], []]


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "never there"])
def test_a_map_goes_without_a_damaged_file(tmp_path, damage):
    build(osm(tmp_path / "town.osm", NODES, STREETS), tmp_path / "roads", NOW)
    file = folder.current(tmp_path / "roads") / main_roads.FILE
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "never there":  # a build of before main roads were kept
        about = file.parent / folder.ABOUT
        about.write_text(about.read_text().replace(f'"{main_roads.FILE}"', '"nothing"'))
    else:
        file.write_bytes(whole[:-4] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))
    assert main_roads.current(tmp_path / "roads") is None
