from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from gcrm.core.errors import NotFound
from gcrm.territories import queries
from tests import factories as make
from tests.geography.decoding import decode

TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def land(session):
    make.make_organisation(session)
    state = make.make_region(session, "42", "state", west=-77, south=40, size=2, name="Penn")
    west = make.make_region(session, "42001", west=-77, south=40, parent=state, name="West County")
    east = make.make_region(session, "42003", west=-76, south=40, parent=state, name="East County")
    kim = make.make_user(session, name="Kim")
    make.make_account(session, at=(-76.5, 40.5), annual_value_minor=100, cadence_days=30, last_visited_on=TODAY)
    make.make_account(session, at=(-76.4, 40.5), annual_value_minor=50, status="prospect", cadence_days=30)
    make.make_account(session, at=(-75.5, 40.5), annual_value_minor=7, currency="KRW")
    return {"state": state, "west": west, "east": east, "kim": kim}


def test_figures_add_up_over_the_tree(session, land):
    top = make.make_territory(session, name="Top")
    make.make_territory(session, land["kim"], (land["west"],), top, name="West")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    tree = queries.tree(session, "USD", TODAY)
    (root,) = tree.roots
    total = root.total
    assert (root.own.accounts, total.accounts, total.customers, total.prospects) == (0, 2, 1, 1)
    assert (total.value_minor, total.visited, total.overdue) == (150, 1, 1)
    assert (tree.unassigned.accounts, tree.unassigned.in_other_currency, tree.total.accounts) == (1, 1, 3)
    assert root.all_regions == 1


def test_a_rep_sees_the_figures_of_the_own_accounts_only(session, land, as_user):
    make.make_territory(session, land["kim"], (land["west"],), name="West")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    other = make.make_user(session)
    with as_user(land["kim"]) as acting:
        assert queries.tree(acting, "USD", TODAY).total.accounts == 2
    with as_user(other) as acting:
        assert queries.tree(acting, "USD", TODAY).total.accounts == 0
        assert queries.unassigned(acting, "county") == []


def test_the_same_region_in_two_territories_is_an_overlap(session, land):
    first = make.make_territory(session, regions=(land["west"],), name="First")
    make.make_territory(session, regions=(land["west"],), name="Second")
    (overlap,), count = queries.overlaps(session)
    assert (overlap.region, overlap.winner, overlap.loser, count) == ("West County", "First", "Second", 1)
    assert overlap.winner_uuid == first.uuid


def test_a_county_in_anothers_state_is_an_overlap_that_the_county_wins(session, land):
    make.make_territory(session, regions=(land["state"],), name="State")
    make.make_territory(session, regions=(land["west"],), name="County")
    (overlap,), _ = queries.overlaps(session)
    assert (overlap.winner, overlap.loser) == ("County", "State")


def test_a_child_within_its_parent_is_no_overlap(session, land):
    top = make.make_territory(session, regions=(land["state"],), name="Top")
    make.make_territory(session, regions=(land["west"],), parent=top, name="Child")
    assert queries.overlaps(session) == ([], 0)


def test_overlaps_beyond_the_list_are_counted(session, land):
    for name in ("A", "B", "C"):
        make.make_territory(session, regions=(land["west"],), name=name)
    listed, count = queries.overlaps(session, most=2)
    assert (len(listed), count) == (2, 3)


def test_accounts_in_no_territory_are_counted_by_region(session, land):
    make.make_account(session, at=(10, 10))
    found = [(row.region, row.code, row.accounts) for row in queries.unassigned(session, "county")]
    assert found == [("West County", "us:42001", 2), ("East County", "us:42003", 1), (None, None, 1)]


def test_a_preview_says_what_a_save_would_bring_and_take(session, land):
    west = make.make_territory(session, land["kim"], (land["west"],), name="West")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    seen = queries.preview(session, west, [land["east"].id], None, "USD")
    assert (seen.accounts, seen.value_minor) == (1, 0)
    assert [(c.other, c.accounts) for c in seen.gained] == [(None, 1)]
    assert [(c.other, c.accounts, c.value_minor) for c in seen.lost] == [(None, 2, 150)]


def test_a_preview_of_a_new_territory_knows_who_keeps_what(session, land):
    make.make_territory(session, land["kim"], (land["west"],), name="West")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    seen = queries.preview(session, None, [land["west"].id, land["east"].id], None, "USD")
    assert (seen.accounts, seen.contested) == (1, 2)
    top = make.make_territory(session, name="Top")
    deeper = queries.preview(session, None, [land["west"].id], top, "USD")
    assert (deeper.accounts, deeper.contested) == (2, 0)
    assert [(c.other, c.accounts) for c in deeper.gained] == [("West", 2)]


def test_a_preview_equals_what_the_save_then_does(session, land):
    from gcrm.territories import services

    west = make.make_territory(session, land["kim"], (land["west"],), name="West")
    session.execute(text("UPDATE accounts SET territory_id = territory_id"))
    chosen = [land["state"]]
    seen = queries.preview(session, west, [r.id for r in chosen], None, "USD")
    saved = services.save_territory(
        session, west, services.content(session, name="West", parent=None, owner=land["kim"], regions=chosen)
    )
    assert (seen.accounts, seen.owner_named) == (saved.accounts, saved.owner_named) == (3, 0)


def test_regions_below_are_those_of_the_subtree(session, land):
    top = make.make_territory(session, regions=(land["east"],))
    make.make_territory(session, regions=(land["west"],), parent=top)
    assert set(queries.region_ids_below(session, [top.id])) == {land["east"].id, land["west"].id}


def test_an_unknown_territory_is_not_found(session):
    import uuid

    with pytest.raises(NotFound):
        queries.territory(session, uuid.uuid4())


PLACE = (6, 18, 24)  # -78.75 to -73.125, 36.6 to 40.98 degrees


def test_a_tile_dissolves_a_territorys_regions(session, land):
    made = make.make_territory(session, land["kim"], (land["west"], land["east"]), name="Both", colour=3)
    (found,) = decode(queries.territory_tile(session, *PLACE), *PLACE)
    assert (found["uuid"], found["name"], found["owner"], found["colour"]) == (str(made.uuid), "Both", "Kim", 3)
    assert found["shape"].bounds[0] == pytest.approx(-77, abs=0.01)
    assert found["shape"].bounds[2] == pytest.approx(-75, abs=0.01)
    assert len(getattr(found["shape"], "geoms", [1])) == 1


def test_a_depth_shows_what_lies_above_with_all_below(session, land):
    top = make.make_territory(session, name="Top")
    make.make_territory(session, regions=(land["west"],), parent=top, name="West")
    make.make_territory(session, regions=(land["east"],), name="East")
    names = {
        depth: {f["name"] for f in decode(queries.territory_tile(session, *PLACE, depth), *PLACE)} for depth in (0, 1)
    }
    assert names == {0: {"Top", "East"}, 1: {"West", "East"}}
