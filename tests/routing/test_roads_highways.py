"""What tags let whom do."""

from __future__ import annotations

import pytest

from gcrm.routing.roads.highways import can_stop, limit_kmh, speeds


def ways(mode: str, **tags: str) -> tuple[bool, bool]:
    """Whether the mode goes along the way, and against it."""
    said = speeds(mode, {key.replace("__", ":"): value for key, value in tags.items()})
    return said.forward > 0, said.backward > 0


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, (True, True)),
        ({"highway": "residential", "oneway": "yes"}, (True, False)),
        ({"highway": "residential", "oneway": "-1"}, (False, True)),
        ({"highway": "residential", "junction": "roundabout"}, (True, False)),
        ({"highway": "residential", "junction": "circular"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "motorway_link"}, (True, True)),
        ({"highway": "residential", "access": "no"}, (False, False)),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, (True, True)),
        ({"highway": "residential", "motor_vehicle": "private"}, (False, False)),
        ({"highway": "service", "access": "destination"}, (True, True)),
        ({"highway": "track"}, (False, False)),
        ({"highway": "track", "motor_vehicle": "yes"}, (True, True)),
        ({"highway": "footway"}, (False, False)),
        ({"highway": "cycleway"}, (False, False)),
        ({"highway": "construction"}, (False, False)),
        ({"highway": "service", "area": "yes"}, (False, False)),
    ],
)
def test_cars_go_where_they_may(tags, expected):
    assert ways("car", **tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential", "oneway": "yes"}, (True, False)),
        ({"highway": "residential", "oneway": "yes", "oneway__bicycle": "no"}, (True, True)),
        ({"highway": "residential", "oneway": "yes", "cycleway": "opposite_lane"}, (True, True)),
        ({"highway": "residential", "oneway": "yes", "cycleway__left": "opposite"}, (True, True)),
        ({"highway": "cycleway"}, (True, True)),
        ({"highway": "footway"}, (False, False)),
        ({"highway": "footway", "bicycle": "designated"}, (True, True)),
        ({"highway": "steps", "bicycle": "yes"}, (False, False)),
        ({"highway": "motorway"}, (False, False)),
        ({"highway": "trunk", "motorroad": "yes"}, (False, False)),
        ({"highway": "residential", "vehicle": "no"}, (False, False)),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, (True, True)),
    ],
)
def test_bicycles_go_where_they_may(tags, expected):
    assert ways("bicycle", **tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential", "oneway": "yes"}, (True, True)),
        ({"highway": "footway", "oneway__foot": "yes"}, (True, False)),
        ({"highway": "steps"}, (True, True)),
        ({"highway": "motorway"}, (False, False)),
        ({"highway": "primary", "foot": "use_sidepath"}, (False, False)),
        ({"highway": "residential", "vehicle": "no"}, (True, True)),
    ],
)
def test_people_walk_where_they_may(tags, expected):
    assert ways("foot", **tags) == expected


@pytest.mark.parametrize(
    ("said", "kmh"),
    [
        ("50", 50), ("55 mph", 88.5), ("55mph", 88.5), ("30 km/h", 30), ("10 knots", 18.5), ("none", 130), ("walk", 7),
        ("DE:urban", 50), ("FR:zone30", 30), ("RO:rural", 90), ("50;30", 50), ("", None), (None, None), ("signals", None),
        ("0", None), ("fast", None),
    ],
)  # fmt: skip
def test_limits_are_read_with_their_units(said, kmh):
    assert limit_kmh(said) == (None if kmh is None else pytest.approx(kmh, abs=0.1))


def test_cars_keep_a_little_below_the_limit():
    # 0.92 x 55 miles of 1.609344 km.
    assert speeds("car", {"highway": "residential", "maxspeed": "55 mph"}).forward == pytest.approx(81.43, abs=0.01)


def test_a_limit_can_hold_in_one_direction_only():
    said = speeds("car", {"highway": "primary", "maxspeed": "100", "maxspeed:backward": "50"})
    assert said == (pytest.approx(92), pytest.approx(46))


def test_limits_are_for_cars():
    assert speeds("bicycle", {"highway": "residential", "maxspeed": "100"}).forward < 20
    assert speeds("foot", {"highway": "residential", "maxspeed": "100"}).forward == 5


def test_nobody_stops_on_a_motorway_or_in_a_tunnel():
    assert not can_stop({"highway": "motorway"})
    assert not can_stop({"highway": "motorway_link"})
    assert not can_stop({"highway": "primary", "tunnel": "yes"})
    assert can_stop({"highway": "residential"})
