"""The selection's words `area` and `near`, the ranges of keys below them, and areas that are kept."""

from __future__ import annotations

import math
import time
import uuid
from random import Random

import pytest
from sqlalchemy import func, select, text

from gcrm.core.errors import Forbidden, Invalid, NotFound
from gcrm.customers import area_queries, area_services, queries, selection, shapes  # noqa: F401 - registers the fields
from gcrm.customers.covers import MOST_RANGES, cover
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from tests import factories as make

HARRISBURG = (-76.88, 40.27)
BOX = [(-77.0, 40.0), (-76.0, 40.0), (-76.0, 41.0), (-77.0, 41.0)]


def chosen(session, **words) -> set[str]:
    return set(session.scalars(Selection.parse(words).narrow(select(Account.name))))


def star(corners: int = 200) -> list[tuple[float, float]]:
    """A star round Harrisburg, about a degree across."""
    turns = [2 * math.pi * number / corners for number in range(corners)]
    return [(-76.88 + 0.5 * math.cos(a) * (1 + 0.4 * math.sin(5 * a)), 40.27 + 0.4 * math.sin(a) * (1 + 0.4 * math.sin(5 * a))) for a in turns]  # fmt: skip


def scatter(session, count: int = 300) -> None:
    random = Random(5)
    owner = make.make_user(session)
    for number in range(count):
        at = (-76.88 + random.uniform(-1, 1), 40.27 + random.uniform(-1, 1))
        make.make_account(session, owner, at, name=f"A{number}")


# -- ranges of keys --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [BOX, star(), [(10, 60), (10.001, 60), (10, 60.001)], [(-60, -80), (60, -80), (0, 89)]])  # fmt: skip
def test_a_shape_is_covered_by_few_ranges(shape):
    found = cover(shapes.drawn(shapes.encoded(shape)))
    assert 1 <= len(found.inside) + len(found.edge) <= MOST_RANGES
    assert all(first < behind for first, behind in found.all)
    assert all(a[1] < b[0] for a, b in zip(found.all, found.all[1:], strict=False))


def test_keys_inside_are_inside_and_keys_outside_are_outside(session):
    shape = shapes.drawn(shapes.encoded(star()))
    found = cover(shape)
    random = Random(1)
    points = [(-76.88 + random.uniform(-1, 1), 40.27 + random.uniform(-1, 1)) for _ in range(2000)]
    rows = session.execute(
        text(
            "SELECT gcrm_grid_key(p), ST_Covers(ST_GeomFromWKB(:shape, 4326), p)"
            " FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) AS t(lon, lat),"
            " LATERAL (SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS p) AS place"
        ),
        {"shape": shape.wkb, "lon": [p[0] for p in points], "lat": [p[1] for p in points]},
    ).all()
    assert any(covers for _key, covers in rows)
    for key, covers in rows:
        in_all = any(first <= key < behind for first, behind in found.all)
        in_inside = any(first <= key < behind for first, behind in found.inside)
        assert in_all or not covers
        assert covers or not in_inside


# -- near ------------------------------------------------------------------------------------------------------------


def test_near_counts_metres_on_the_spheroid(session):
    # A degree of longitude on the equator is 111,319.5 m on WGS 84, 111,195 m on the mean sphere.
    make.make_account(session, at=(1.0, 0.0), name="East")
    assert chosen(session, near="0,0,111319") == set()
    assert chosen(session, near="0,0,111320") == {"East"}


def test_near_finds_what_a_plain_distance_finds(session):
    scatter(session)
    point = func.ST_GeogFromText("POINT(-76.88 40.27)")
    for metres in (500, 12_000, 60_000, 110_000):
        plain = select(Account.name).where(func.ST_DWithin(func.Geography(Account.location), point, metres))
        assert chosen(session, near=f"-76.88,40.27,{metres}") == set(session.scalars(plain)), metres


def test_near_reaches_across_the_antimeridian_and_round_a_pole(session):
    make.make_account(session, at=(-179.99, 52.0), name="Atka")
    make.make_account(session, at=(10.0, 89.9), name="Pole")
    assert chosen(session, near="179.99,52,5000") == {"Atka"}
    assert chosen(session, near="-170,89.9,50000") == {"Pole"}


@pytest.mark.parametrize(
    ("near", "says"),
    [
        ("nan,1,5", "not a number"), ("1,2", "lon,lat,metres"), ("1,2,3,4", "lon,lat,metres"), ("x,y,z", "lon,lat,metres"),
        ("181,0,5", "on no map"), ("0,91,5", "on no map"), ("0,0,0", "between 1 and"), ("0,0,-5", "between 1 and"),
        ("0,0,500001", "between 1 and"), ("0,0,inf", "not a number"), ("1e400,0,1", "not a number"),
    ],
)  # fmt: skip
def test_odd_distances_are_refused_with_a_sentence(near, says):
    with pytest.raises(Invalid, match=says):
        Selection.parse({"near": near}).conditions()


# -- area ------------------------------------------------------------------------------------------------------------


def test_an_area_selects_what_it_covers_its_border_too(session):
    make.make_account(session, at=(-76.5, 40.5), name="In")
    make.make_account(session, at=(-77.0, 40.5), name="Border")
    make.make_account(session, at=(-77.001, 40.5), name="Out")
    make.make_account(session, at=None, name="Nowhere")
    assert chosen(session, area=shapes.encoded(BOX)) == {"In", "Border"}


def test_an_area_finds_what_a_plain_test_finds(session):
    scatter(session)
    shape = shapes.drawn(shapes.encoded(star()))
    plain = select(Account.name).where(func.ST_Covers(func.ST_GeomFromWKB(shape.wkb, 4326), Account.location))
    expected = set(session.scalars(plain))
    assert 20 < len(expected) < 280
    assert chosen(session, area=shapes.encoded(star())) == expected


def test_several_areas_are_united(session):
    make.make_account(session, at=(-76.5, 40.5), name="One")
    make.make_account(session, at=(-90.5, 40.5), name="Two")
    other = [(lon - 14, lat) for lon, lat in BOX]
    assert chosen(session, area=(shapes.encoded(BOX), shapes.encoded(other))) == {"One", "Two"}


def test_an_area_goes_on_beyond_the_antimeridian(session):
    make.make_account(session, at=(179.5, 52.0), name="West of it")
    make.make_account(session, at=(-179.5, 52.0), name="East of it")
    make.make_account(session, at=(0.0, 52.0), name="Elsewhere")
    ring = [(179.0, 51.0), (181.0, 51.0), (181.0, 53.0), (179.0, 53.0)]
    assert chosen(session, area=shapes.encoded(ring)) == {"West of it", "East of it"}


def many() -> str:
    return shapes.encoded([(math.cos(n / 50_000 * math.pi), math.sin(n / 50_000 * math.pi)) for n in range(100_000)])


@pytest.mark.parametrize(
    ("area", "says"),
    [
        (shapes.encoded([(0, 0), (1, 1), (1, 0), (0, 1)]), "cross near longitude 0.5000, latitude 0.5000"),
        (shapes.encoded([(0, 0), (1, 1)]), "at least three corners; this one has 2"),
        (shapes.encoded([(0, 0), (1, 1), (0, 0), (1, 1)]), "at least three corners; this one has 2"),
        (shapes.encoded([(0, 0), (1, 1), (2, 2)]), "cross"),
        (shapes.encoded([(0, 95), (1, 1), (2, 2)]), "on no map"),
        (shapes.encoded([(179, 1), (-179, 1), (-179, 2)]), "antimeridian"),
        (shapes.encoded([(n / 1000, (n % 2) / 100) for n in range(201)]), "at most 200 corners"),
        ("_p~iF~ps|", "cut short"), ("NaN", "corners"), ("~" * 2000, "cut short"), ("żółw", "signs"),
        ("00000000-0000-0000-0000-00000000000x", "names no area"),
    ],
)  # fmt: skip
def test_odd_areas_are_refused_with_a_sentence_quickly(area, says):
    began = time.monotonic()
    with pytest.raises(Invalid, match=says):
        Selection.parse({"area": area}).conditions()
    assert time.monotonic() - began < 0.5


def test_a_hundred_thousand_corners_are_refused_quickly(login_as, session):
    text_of = many()
    began = time.monotonic()
    with pytest.raises(Invalid, match="too long"):
        Selection.parse({"area": text_of})
    assert time.monotonic() - began < 0.1
    make.make_organisation(session)
    client = login_as(make.make_user(session, "admin"))
    for address in ("/accounts", "/tiles/accounts/3/2/3.mvt", "/map"):
        answer = client.get(address, query_string={"area": text_of})
        assert answer.status_code == (400 if address.startswith("/tiles/") else 422)


def test_an_unknown_area_is_not_found(session):
    with pytest.raises(NotFound):
        chosen(session, area=str(uuid.uuid4()))


def test_chips_say_what_is_meant(app, session):
    with app.test_request_context():
        chips = Selection.parse({"area": shapes.encoded(BOX), "near": "-76.88,40.27,5000"}).chips()
    assert [(chip["label"], chip["value"]) for chip in chips] == [
        ("Inside", "a drawn area"),
        ("Distance", "within 5 km"),
    ]


# -- kept areas ------------------------------------------------------------------------------------------------------


def polygon(ring) -> dict:
    return {"type": "Polygon", "coordinates": [[list(point) for point in [*ring, ring[0]]]]}


def test_a_kept_area_selects_as_the_drawn_one_does(session):
    make.make_account(session, at=(-76.5, 40.5), name="In")
    make.make_account(session, at=(-78, 40.5), name="Out")
    area, is_repaired = area_services.keep_area(session, session.principal.id, polygon(BOX), "My box")
    assert not is_repaired
    assert area.area_km2 == pytest.approx(9413, rel=0.01)  # 111 km by 84.8 km, a degree of longitude at 40.5°
    assert chosen(session, area=str(area.uuid)) == {"In"}


def test_crossing_edges_are_repaired_and_said(session):
    make.make_account(session, at=(0.25, 0.5), name="Left")
    make.make_account(session, at=(0.75, 0.5), name="Right")
    area, is_repaired = area_services.keep_area(
        session, session.principal.id, polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    )
    assert is_repaired
    assert chosen(session, area=str(area.uuid)) == {"Left", "Right"}


def test_a_loop_drawn_twice_round_keeps_what_it_encloses(session):
    make.make_account(session, at=(0.5, 0.5), name="Middle")
    twice = [(0, 0), (1, 0), (1, 1), (0, 1), (0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
    area, is_repaired = area_services.keep_area(session, session.principal.id, polygon(twice))
    assert is_repaired
    assert chosen(session, area=str(area.uuid)) == {"Middle"}


def test_holes_are_kept(session):
    make.make_account(session, at=(-76.5, 40.5), name="Hole")
    make.make_account(session, at=(-76.9, 40.1), name="Ring")
    shape = polygon(BOX)
    hole = polygon([(-76.7, 40.3), (-76.3, 40.3), (-76.3, 40.7), (-76.7, 40.7)])["coordinates"][0]
    shape["coordinates"].append(hole)
    area, _is_repaired = area_services.keep_area(session, session.principal.id, shape)
    assert chosen(session, area=str(area.uuid)) == {"Ring"}


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        (None, "Polygon or MultiPolygon"), ({"type": "Point", "coordinates": [0, 0]}, "Polygon or MultiPolygon"),
        ({"type": "Polygon", "coordinates": 5}, "no rings"), ({"type": "Polygon", "coordinates": [[["a", 1]]]}, "no rings"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1]]]}, "no rings"), ({"type": "Polygon", "coordinates": []}, "nothing"),
        (polygon([(0, 0), (float("nan"), 1), (1, 0)]), "not a number"), (polygon([(0, 0), (1, 1)]), "at least three"),
        (polygon([(n / 1e5, 0) for n in range(100_000)]), "at most 20,000 corners"), (polygon([(0, 0), (0, 95), (1, 0)]), "on no map"),
        (polygon([(0, 0), (1, 1), (2, 2)]), "encloses nothing"),
    ],
)  # fmt: skip
def test_odd_shapes_are_not_kept(session, geometry, says):
    with pytest.raises(Invalid, match=says):
        area_services.keep_area(session, 1, geometry)


def test_areas_are_ones_own_until_they_are_shared(session, as_user):
    team = make.make_team(session)
    mine, mate, stranger = make.make_user(session, team=team), make.make_user(session, team=team), make.make_user(session, team=make.make_team(session))  # fmt: skip
    boss, planner = make.make_user(session, "manager", team), make.make_user(session, "planner")
    with as_user(mine) as own:
        area, _ = area_services.keep_area(own, mine.id, polygon(BOX), "North side")
        area_services.keep_area(own, mine.id, polygon(BOX))

    def listed(user) -> list[str]:
        with as_user(user) as theirs:
            return [each.name for each in area_queries.areas(theirs)]

    assert [listed(user) for user in (mine, mate, stranger, boss, planner)] == [["North side"], [], [], [], []]
    with as_user(mine) as own:
        area_services.change_area(own, area_queries.area_by_uuid(own, area.uuid), "North side", True)
    assert [listed(user) for user in (mine, mate, stranger, boss, planner)] == [["North side"], ["North side"], [], ["North side"], ["North side"]]  # fmt: skip
    with as_user(mate) as theirs:
        seen = area_queries.area_by_uuid(theirs, area.uuid)
        with pytest.raises(Forbidden):
            area_services.change_area(theirs, seen, "Mine now", False)


def test_a_deleted_area_still_answers_in_an_address(session, as_user):
    rep = make.make_user(session)
    make.make_account(session, rep, at=(-76.5, 40.5), name="In")
    with as_user(rep) as own:
        area, _ = area_services.keep_area(own, rep.id, polygon(BOX), "North side")
        area_services.delete_area(own, area)
        assert area_queries.areas(own) == []
        assert chosen(own, area=str(area.uuid)) == {"In"}
