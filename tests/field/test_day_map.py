"""The day as a picture."""

from __future__ import annotations

import re

import pytest

from gcrm.field import day_map
from gcrm.field.day_map import Ground, Numbered

STOPS = [Numbered("a", 1, (127.0, 37.5)), Numbered("b", 2, (127.1, 37.55)), Numbered("c", 3, (127.05, 37.4))]
WAY = [stop.point for stop in STOPS]


NOTHING = Ground()


def picture(ground=NOTHING, stops=STOPS, way=WAY):
    view = day_map.view_of(way)
    assert view is not None
    return day_map.draw(view, "The day", stops, way, [way[0]], ground)


def test_every_stop_lies_within_the_picture_north_up():
    view = day_map.view_of(WAY)
    spots = [view.pixel(stop.point) for stop in STOPS]
    assert all(day_map.MARGIN - 1 <= x <= day_map.WIDTH - day_map.MARGIN + 1 for x, _ in spots)
    assert all(day_map.MARGIN - 1 <= y <= view.height - day_map.MARGIN + 1 for _, y in spots)
    assert spots[1][1] < spots[0][1] < spots[2][1]


def test_the_box_in_degrees_holds_the_points():
    west, south, east, north = day_map.view_of(WAY).box
    assert west < 127.0 < 127.1 < east
    assert south < 37.4 < 37.55 < north


def test_larger_roads_lie_over_smaller_ones_and_those_out_of_view_are_left_out():
    seen, elsewhere = [(127.0, 37.5), (127.1, 37.5)], [(129.0, 37.5), (129.1, 37.5)]
    drawn = [
        re.findall(r"day-map-road (\w+)", picture(Ground(roads=roads)))
        for roads in ([[seen], [seen], [seen]], [[seen], [elsewhere]])
    ]
    assert drawn == [["secondary", "primary", "motorway"], ["motorway"]]


def test_one_stop_alone_has_a_view_too():
    assert 'data-stop="a"' in picture(stops=STOPS[:1], way=WAY[:1])
    assert day_map.view_of([]) is None


def test_names_from_data_are_escaped():
    drawn = picture(Ground(towns=[('<b>&"', (127.07, 37.47))]))
    assert "<b>" not in drawn
    assert "&lt;b&gt;&amp;&quot;" in drawn


def test_towns_leave_each_other_and_the_stops_their_room():
    towns = [
        ("On a stop", STOPS[0].point),
        ("Free", (127.03, 37.47)),
        ("Too close", (127.031, 37.4701)),
        ("Outside", (120.0, 30.0)),
    ]
    assert re.findall(r">([A-Za-z ]+)</text>", picture(Ground(towns=towns))) == ["Free"]


def test_colours_are_the_style_sheets():
    assert not re.search(r"style=|fill=|stroke=|#[0-9a-f]{3}", picture())


def test_a_line_loses_the_bends_that_nobody_sees():
    line = [(0.0, 0.0), (10.0, 0.1), (20.0, 0.0), (20.0, 10.0)]
    assert day_map.simplified(line, 0.5) == [(0.0, 0.0), (20.0, 0.0), (20.0, 10.0)]


@pytest.mark.parametrize("bends", [10, 1_500])
def test_the_picture_stays_light_however_fine_the_borders_are(bends):
    border = [(127.0 + n / bends / 10, 37.45 + (n % 7) / 300) for n in range(bends)]
    assert len(picture(Ground(borders=[border])).encode()) <= day_map.MOST_BYTES
