"""Saving regions, and accounts that follow."""

from __future__ import annotations

import pytest
import shapely
from shapely import MultiPolygon, box
from sqlalchemy import select

from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.geography import services
from gcrm.geography.models import Placing, Region
from gcrm.geography.shapes import RegionShape
from tests import factories as make


def shape(code, west=0.0, south=50.0, east=1.0, north=51.0, parent=None, name=None):
    wkb = shapely.to_wkb(MultiPolygon([box(west, south, east, north)]))
    return RegionShape(code, name or f"Region {code}", parent, wkb, wkb)


def save(session, *shapes, level="county", country="de"):
    return services.save_regions(session, country, level, shapes)


def place_all(session, kind="regions", region_ids=(), territory_ids=(), at_most=2):
    """Every chunk of a placing; returns it."""
    placing = services.open_placing(session, kind, "test", region_ids, territory_ids)
    services.begin_placing(session, placing)
    while services.place_chunk(session, placing, at_most):
        pass
    return placing


def county_of(session, account):
    session.expire_all()
    return session.scalar(
        select(Region.code).join(Account, Account.county_id == Region.id).where(Account.id == account.id)
    )


def test_new_regions_have_their_area(session):
    saved = save(session, shape("1"), shape("2", west=1, east=2))
    assert (saved.created, saved.changed, saved.unchanged) == (2, 0, 0)
    area = session.scalar(select(Region.area_km2).where(Region.country == "de", Region.code == "1"))
    # One degree between the parallels 50 and 51 of WGS 84 (Snyder 1987, equation 3-12).
    assert area == pytest.approx(7892.0, rel=1e-4)


def test_the_same_again_is_unchanged(session):
    save(session, shape("1"))
    saved = save(session, shape("1"))
    assert (saved.created, saved.changed, saved.unchanged, saved.region_ids) == (0, 0, 1, ())


def test_a_moved_border_is_a_change_and_a_new_name_needs_no_placing(session):
    save(session, shape("1"), shape("2", west=1, east=2))
    saved = save(session, shape("1", name="Renamed"), shape("2", west=1, east=3), shape("3", west=3, east=4))
    assert (saved.created, saved.changed, saved.unchanged) == (1, 2, 0)
    touched = set(session.scalars(select(Region.code).where(Region.id.in_(saved.region_ids))))
    assert touched == {"2", "3"}
    assert session.scalar(select(Region.name).where(Region.country == "de", Region.code == "1")) == "Renamed"


def test_regions_that_a_file_leaves_out_stay(session):
    save(session, shape("1"), shape("2", west=1, east=2))
    save(session, shape("2", west=1, east=2))
    assert session.scalars(select(Region.code).where(Region.country == "de").order_by(Region.code)).all() == ["1", "2"]


def test_parents_come_by_code_and_else_by_place(session):
    save(session, shape("A", east=2), level="state")
    saved = save(session, shape("1", parent="A"), shape("2", west=1, east=2), shape("3", west=5, east=6))
    above = dict(session.execute(
        select(Region.code, Region.parent_id).where(Region.country == "de", Region.level == "county")).all())  # fmt: skip
    state = session.scalar(select(Region.id).where(Region.country == "de", Region.code == "A"))
    assert above == {"1": state, "2": state, "3": None}
    assert saved.without_parent == 1


def test_a_level_above_that_comes_later_takes_its_children(session):
    save(session, shape("1"))
    saved = save(session, shape("A", east=2), level="state")
    child = session.scalar(select(Region).where(Region.country == "de", Region.code == "1"))
    assert child.parent_id == session.scalar(select(Region.id).where(Region.country == "de", Region.code == "A"))
    assert child.id in saved.region_ids


def test_unknown_levels_and_countries_are_refused(session):
    with pytest.raises(Invalid, match="“planet” is no level"):
        save(session, shape("1"), level="planet")
    with pytest.raises(Invalid, match="“germany” is no country"):
        save(session, shape("1"), country="germany")


def test_an_account_is_placed_when_it_is_written_and_when_it_moves(session):
    save(session, shape("1"), shape("2", west=1, east=2))
    account = make.make_account(session, at=(0.5, 50.5))
    assert county_of(session, account) == "1"
    account.location = "SRID=4326;POINT(1.5 50.5)"
    session.flush()
    assert county_of(session, account) == "2"


def test_a_border_point_belongs_to_the_lowest_code(session):
    save(session, shape("9"), shape("2", west=1, east=2))
    assert county_of(session, make.make_account(session, at=(1.0, 50.5))) == "2"


def test_a_point_within_2_km_is_near_and_beyond_is_outside(session):
    save(session, shape("1"))
    near, outside = (make.make_account(session, at=(lon, 50.5)) for lon in (1.027, 1.030))  # 1.91 and 2.13 km east
    assert (near.placed, outside.placed) == ("near", "outside")
    assert county_of(session, near) == "1"
    assert county_of(session, outside) is None


def test_a_point_in_a_gap_between_counties_belongs_to_the_nearest_of_its_state(session):
    save(session, shape("A", east=4), level="state")
    save(session, shape("1", east=1.999), shape("2", west=2.001, east=3))
    left, right, wide = (make.make_account(session, at=(lon, 50.5)) for lon in (1.9995, 2.0005, 3.5))
    assert [county_of(session, account) for account in (left, right, wide)] == ["1", "2", None]
    assert left.placed == "inside"


def test_accounts_follow_when_regions_come_change_and_grow(session):
    inside, beyond = make.make_account(session, at=(0.5, 50.5)), make.make_account(session, at=(1.5, 50.5))
    assert inside.placed == "outside"
    saved = save(session, shape("1"))
    place_all(session, region_ids=saved.region_ids)
    assert (county_of(session, inside), county_of(session, beyond)) == ("1", None)
    saved = save(session, shape("1", west=1, east=2))
    placing = place_all(session, region_ids=saved.region_ids)
    assert (county_of(session, inside), county_of(session, beyond)) == (None, "1")
    assert (placing.done, placing.total, placing.status) == (2, 2, "done")


def test_only_accounts_that_a_change_concerns_are_placed_again(session):
    save(session, shape("1"), shape("2", west=10, east=11))
    for lon in (0.2, 0.4, 0.6, 10.5):
        make.make_account(session, at=(lon, 50.5))
    saved = save(session, shape("1", north=50.9))
    assert place_all(session, region_ids=saved.region_ids).done == 3


def test_placing_leaves_versions_alone(session):
    save(session, shape("1"))
    account = make.make_account(session, at=(0.5, 50.5))
    place_all(session, region_ids=save(session, shape("1", north=50.9)).region_ids)
    session.refresh(account)
    assert account.version == 1


def test_work_that_failed_is_taken_over_by_the_next(session):
    account = make.make_account(session, at=(0.5, 50.5))
    lost = services.open_placing(session, "regions", "us", save(session, shape("1")).region_ids)
    services.fail_placing(session, lost.id, "the power went")
    place_all(session)
    assert county_of(session, account) == "1"
    session.refresh(lost)
    assert lost.status == "done"


def test_work_goes_on_where_it_stopped(session):
    for lon in (0.1, 0.2, 0.3):
        make.make_account(session, at=(lon, 50.5))
    placing = services.open_placing(session, "regions", "us", save(session, shape("1")).region_ids)
    services.begin_placing(session, placing)
    assert services.place_chunk(session, placing, 2)
    services.begin_placing(session, placing)
    assert not services.place_chunk(session, placing, 2)
    assert (placing.done, placing.total) == (3, 3)


def test_a_load_under_way_is_not_queued_twice(session):
    first, second = services.queue_load(session, "kr"), services.queue_load(session, "kr")
    assert first.id == second.id
    with pytest.raises(Invalid, match="No package ships the regions of “de”"):
        services.queue_load(session, "de")
    assert session.scalars(select(Placing.what)).all() == ["kr"]
