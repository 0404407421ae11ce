"""The set and the trigger come to the same, for every column that a place decides."""

from __future__ import annotations

import random

from sqlalchemy import text

from tests.factories import make_region, make_territory, make_user

COLUMNS = (
    "state_id, county_id, municipality_id, placed, grid_key, hex10, hex100, hex1000, territory_id, owner_id, owner_named,"
    " entered_by_id IS NULL"
)


def test_bulk_places_equal_those_of_the_trigger(session, bring, write):
    state = make_region(session, level="state", west=-80.0, south=40.0, size=2.0)
    lone = make_region(session, level="state", west=-70.0, south=40.0, size=1.0)
    counties = [
        make_region(session, west=-80.0 + x, south=40.0 + y, parent=state) for x in (0.0, 1.0) for y in (0.0, 1.0)
    ]
    town = make_region(session, level="municipality", west=-79.6, south=40.4, size=0.2, parent=counties[0])
    orphan = make_region(session, level="municipality", west=-65.0, south=40.0, size=0.5)
    make_territory(session, make_user(session), (counties[0], lone))
    make_territory(session, make_user(session), (town,))
    make_territory(session, None, (counties[1], orphan))
    # Its boundary of 200 vertices is cut up to look for what lies near it.
    round_one = make_region(session, level="county", west=-75.0, south=44.0, size=0.5)
    session.execute(
        text("UPDATE regions SET boundary = ST_Multi(ST_Buffer(ST_Centroid(boundary), 0.3, 50)) WHERE id = :id"), {"id": round_one.id}
    )  # fmt: skip
    # On borders, at corners, inside, within 2 km outside, far outside, and at random.
    points = [(-79.0, 40.5), (-79.0, 41.0), (-79.5, 40.5), (-80.01, 40.5), (-80.1, 40.5), (-69.5, 40.5), (-64.8, 40.2),
              (-64.49, 40.2), (-78.0, 40.0), (-79.4, 40.4), (179.99, -60.0)]  # fmt: skip
    random.seed(7)
    points += [(round(random.uniform(-81, -64), 5), round(random.uniform(39.5, 42.5), 5)) for _ in range(400)]
    points += [(round(random.uniform(-75.1, -74.4), 5), round(random.uniform(43.9, 44.6), 5)) for _ in range(150)]
    batch = bring(
        write("id,name,lat,lon,country", *(f"{i},N{i},{lat},{lon},fr" for i, (lon, lat) in enumerate(points)))
    )
    assert batch.created == len(points)
    bulk = session.execute(text(f"SELECT id, {COLUMNS} FROM accounts ORDER BY id")).all()
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    assert session.execute(text(f"SELECT id, {COLUMNS} FROM accounts ORDER BY id")).all() == bulk
    placed = [row.placed for row in bulk]
    assert min(placed.count(word) for word in ("inside", "near", "outside")) >= 2
    assert {row.territory_id for row in bulk} >= {None}
    assert len({row.territory_id for row in bulk}) == 4


def test_moved_accounts_are_placed_anew(session, bring, write, account):
    county = make_region(session, west=-77.0, south=40.0)
    other = make_region(session, west=-76.0, south=40.0)
    bring(write("id,name,lat,lon", "1,A,40.5,-76.5", "2,B,40.5,-76.5"))
    batch = bring(write("id,name,lat,lon", "1,A,40.5,-75.5", "2,B,40.5,-76.5"))
    assert (batch.updated, batch.unchanged) == (1, 1)
    assert (account(external_id="1").county_id, account(external_id="2").county_id) == (other.id, county.id)
