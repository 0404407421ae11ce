"""Account tiles, decoded: every account once at every zoom, for each role, whatever was written."""

from __future__ import annotations

import random
import uuid

import pytest
from sqlalchemy import func, select

from gcrm.core.errors import NotFound
from gcrm.core.geo import ewkt
from gcrm.customers import selection as selection_fields
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps import place_queries, tile_queries
from tests import factories as make
from tests.maps import mvt

PLACES = (
    (-76.88, 40.27), (-76.87, 40.26), (-75.16, 39.95), (127.0, 37.5), (-157.86, 21.31), (179.99, -16.5), (-179.99, 51.9),
    (0.0, 0.0), (0.0, 51.5), (-90.0, 0.0), (180.0, 10.0), (-180.0, 10.0), (10.0, 90.0), (10.0, -90.0), (10.0, 86.0),
)  # fmt: skip
"""Towns, and where tiles of every zoom meet: the equator, Greenwich, the antimeridian, the poles."""


def around(tile: tuple[int, int, int]) -> set[tuple[int, int, int]]:
    """A tile and its neighbours, where a point on the border would be counted a second time."""
    z, x, y = tile
    size = 2**z
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return {(z, (x + a) % size, y + b) for a, b in steps if 0 <= y + b < size}


def features_of(session, tiles, selection: Selection | None = None) -> list[mvt.Feature]:
    found = []
    for z, x, y in sorted(tiles):
        layers = mvt.decode(tile_queries.account_tile(session, z, x, y, selection or Selection()))
        assert set(layers) <= {"accounts"}
        found += layers["accounts"].features if layers else []
    return found


def total(features: list[mvt.Feature], word: str = "n") -> int:
    return sum(feature.properties[word] for feature in features)


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session, parent=top)
    return {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", north),
        "admin": make.make_user(session, "admin"),
    }


def scatter(draw: random.Random) -> tuple[float, float]:
    lon, lat = draw.choice(PLACES)
    if draw.random() < 0.5:
        return lon, lat
    return max(-180.0, min(180.0, lon + draw.gauss(0, 0.01))), max(-90.0, min(90.0, lat + draw.gauss(0, 0.01)))


def write_at_random(session, company, draw: random.Random) -> None:
    owners = [company["rep"], company["other"], company["manager"], None]
    made = [
        make.make_account(
            session, draw.choice(owners), at=scatter(draw) if draw.random() < 0.9 else None,
            annual_value_minor=draw.choice([None, 0, draw.randrange(10**9)]), status=draw.choice(["prospect", "customer"]),
        )
        for _ in range(30)
    ]  # fmt: skip
    for account in draw.sample(made, 10):
        account.location = ewkt(*scatter(draw)) if draw.random() < 0.8 else None
    for account in draw.sample(made, 5):
        session.delete(account)
    for account in draw.sample([a for a in made if a not in session.deleted], 5):
        account.owner_id, account.owner_named = getattr(draw.choice(owners), "id", None), True
    session.flush()


@pytest.mark.parametrize("seed", range(5))
def test_tiles_of_every_zoom_hold_each_visible_account_once(seed, session, company, as_user):
    write_at_random(session, company, random.Random(seed))
    for role in ("admin", "manager", "rep"):
        with as_user(company[role]) as acting:
            rows = acting.execute(
                select(func.ST_X(Account.location), func.ST_Y(Account.location), Account.annual_value_minor)
                .where(Account.location.is_not(None))
            ).all()  # fmt: skip
            for z in (seed, seed + 5, seed + 10):
                features = features_of(acting, {mvt.tile_of(lon, lat, z) for lon, lat, _ in rows})
                assert total(features) == len(rows), (role, z)
                assert total(features, "value") == sum(value or 0 for *_, value in rows), (role, z)


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("z", [0, 1, 5, 12, 14])
def test_a_point_on_a_border_lies_in_one_tile_and_where_it_is(at, z, session):
    make.make_account(session, at=at)
    tiles = around(mvt.tile_of(*at, z))
    holding = {tile: found[0] for tile in tiles if (found := features_of(session, {tile}))}
    assert len(holding) == 1
    ((tile, feature),) = holding.items()
    assert all(0 <= unit < 4096 for unit in feature.point)
    lon, lat = mvt.lon_lat(feature.point, *tile)
    unit_degrees = 360 / 4096 / 2**z
    assert abs(lon - at[0]) <= unit_degrees
    assert abs(lat - max(-85.0511287, min(85.0511287, at[1]))) <= unit_degrees


def test_near_points_say_who_they_are(session):
    account = make.make_account(session, name="Ärzte am Markt", tier="A", status="prospect", annual_value_minor=1250)
    (feature,) = features_of(session, {mvt.tile_of(-76.88, 40.27, 12)})
    expected = {
        "n": 1,
        "value": 1250,
        "id": str(account.uuid),
        "name": "Ärzte am Markt",
        "status": "prospect",
        "tier": "A",
    }
    assert feature.properties == expected
    assert uuid.UUID(feature.properties["id"]) == account.uuid


def test_far_cells_say_how_many_of_which_status_and_stand_in_their_middle(session):
    for lon, status in ((-76.88, "customer"), (-76.89, "customer"), (-76.90, "prospect"), (-76.91, "former")):
        make.make_account(session, at=(lon, 40.27), status=status, annual_value_minor=100)
    (feature,) = features_of(session, {(4, 4, 6)})
    assert feature.properties == {"n": 4, "value": 400, "prospects": 1, "customers": 2}
    lon, lat = mvt.lon_lat(feature.point, 4, 4, 6)
    assert lon == pytest.approx(-76.895, abs=360 / 4096 / 16)
    assert lat == pytest.approx(40.27, abs=360 / 4096 / 16)


def test_amounts_in_another_currency_are_not_added(session, company):
    make.make_account(session, annual_value_minor=500, currency="USD")
    make.make_account(session, annual_value_minor=500_000, currency="KRW")
    (feature,) = features_of(session, {(0, 0, 0)})
    assert (feature.properties["n"], feature.properties["value"]) == (2, 500)


def test_a_crowded_tile_shows_cells_and_loses_nobody(session, monkeypatch):
    monkeypatch.setattr(tile_queries, "MOST_POINTS", 3)
    for i in range(5):
        make.make_account(session, at=(-76.88 + i * 0.0001, 40.27))
    features = features_of(session, {mvt.tile_of(-76.88, 40.27, 12)})
    assert total(features) == 5
    assert all("id" not in feature.properties for feature in features)


def test_a_selection_narrows_the_tile(session):
    make.make_account(session, status="customer")
    make.make_account(session, status="prospect")
    assert selection_fields
    only = Selection.parse({"status": "prospect"})
    (feature,) = features_of(session, {mvt.tile_of(-76.88, 40.27, 14)}, only)
    assert feature.properties["status"] == "prospect"
    assert total(features_of(session, {(0, 0, 0)}, only)) == 1


def test_the_same_rows_give_the_same_bytes(session):
    draw = random.Random(1)
    for _ in range(20):
        make.make_account(session, at=scatter(draw))
    assert len({tile_queries.account_tile(session, 0, 0, 0, Selection()) for _ in range(3)}) == 1


@pytest.mark.parametrize("tile", [(23, 0, 0), (1, 2, 0), (1, 0, 2), (0, -1, 0)])
def test_there_is_no_tile_outside_the_square(tile, session):
    with pytest.raises(NotFound):
        tile_queries.account_tile(session, *tile, Selection())


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(-76.0, 40.0), (-75.0, 41.0)], (-76.0, 40.0, -75.0, 41.0)),
        ([(179.0, 0.0), (-179.0, 1.0)], (179.0, 0.0, 181.0, 1.0)),
        ([(10.0, 5.0)], (10.0, 5.0, 10.0, 5.0)),
        ([], None),
    ],
)
def test_bounds_take_the_shorter_way_round(places, expected, session):
    make.make_account(session, at=None)
    for place in places:
        make.make_account(session, at=place)
    assert place_queries.bounds(session, Selection()) == expected


def test_bounds_are_those_of_what_one_may_see(session, company, as_user):
    make.make_account(session, company["rep"], at=(-76.0, 40.0))
    make.make_account(session, company["other"], at=(-100.0, 30.0))
    with as_user(company["rep"]) as acting:
        assert place_queries.bounds(acting, Selection()) == (-76.0, 40.0, -76.0, 40.0)


def test_bounds_stay_in_the_west_however_they_are_rounded(session):
    for i in range(40):
        make.make_account(session, at=(-76.94 + i * 0.0059, 40.2 + i * 0.001))
        west, _south, east, _north = place_queries.bounds(session, Selection())
        assert -180 <= west <= east <= 180
