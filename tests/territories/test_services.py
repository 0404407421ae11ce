"""Saving territories: the tree, its regions, and the accounts that follow."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.geography import services as geography
from gcrm.territories import queries, services
from gcrm.territories.models import Territory
from tests import factories as make


@pytest.fixture
def land(session):
    """A state of two counties, a rep for each, and an account in either."""
    make.make_organisation(session)
    state = make.make_region(session, "42", "state", west=-77, south=40, size=2)
    west = make.make_region(session, "42001", west=-77, south=40, parent=state, name="West County")
    east = make.make_region(session, "42003", west=-76, south=40, parent=state, name="East County")
    return {
        "state": state, "west": west, "east": east, "kim": make.make_user(session, name="Kim"),
        "lee": make.make_user(session, name="Lee"), "in_west": make.make_account(session, at=(-76.5, 40.5)),
        "in_east": make.make_account(session, at=(-75.5, 40.5)),
    }  # fmt: skip


def said(session, name="North", parent=None, owner=None, regions=()):
    return services.content(session, name=name, parent=parent, owner=owner, regions=regions)


def create(session, *args, **more):
    return services.create_territory(session, said(session, *args, **more))


def owner_of(session, account):
    session.refresh(account)
    return account.owner_id


def test_saving_gives_every_account_in_it_its_owner(session, land):
    saved = create(session, owner=land["kim"], regions=[land["west"]])
    assert (saved.accounts, saved.owner_named, saved.placing.status) == (1, 0, "done")
    assert owner_of(session, land["in_west"]) == land["kim"].id
    assert owner_of(session, land["in_east"]) is None


def test_named_owners_are_kept_and_counted(session, land):
    named = make.make_account(session, land["lee"], at=(-76.4, 40.4))
    saved = create(session, owner=land["kim"], regions=[land["west"]])
    assert (saved.accounts, saved.owner_named) == (2, 1)
    assert owner_of(session, named) == land["lee"].id


def test_new_and_moved_accounts_follow_the_territory(session, land):
    create(session, owner=land["kim"], regions=[land["west"]])
    assert make.make_account(session, at=(-76.3, 40.3)).owner_id == land["kim"].id
    land["in_east"].location = "SRID=4326;POINT(-76.2 40.2)"
    session.flush()
    assert owner_of(session, land["in_east"]) == land["kim"].id


def test_another_owner_takes_the_accounts_over(session, land):
    territory = create(session, owner=land["kim"], regions=[land["west"]]).territory
    services.save_territory(session, territory, said(session, owner=land["lee"], regions=[land["west"]]))
    assert owner_of(session, land["in_west"]) == land["lee"].id


def test_a_region_left_out_frees_its_accounts(session, land):
    territory = create(session, owner=land["kim"], regions=[land["west"], land["east"]]).territory
    saved = services.save_territory(session, territory, said(session, owner=land["kim"], regions=[land["east"]]))
    assert saved.accounts == 1
    assert owner_of(session, land["in_west"]) is None


def test_the_set_of_regions_counts_as_the_territorys_content(session, land):
    territory = create(session, regions=[land["west"]]).territory
    version = territory.version
    services.save_territory(session, territory, said(session, regions=[land["east"]]))
    assert territory.version == version + 1
    services.save_territory(session, territory, said(session, regions=[land["east"]]))
    assert territory.version == version + 1


def test_the_finest_region_decides_who_owns_an_account(session, land):
    create(session, "State", owner=land["kim"], regions=[land["state"]])
    create(session, "County", owner=land["lee"], regions=[land["west"]])
    assert owner_of(session, land["in_west"]) == land["lee"].id
    assert owner_of(session, land["in_east"]) == land["kim"].id


def test_of_two_claims_the_deeper_territory_wins_and_moving_it_changes_that(session, land):
    top = create(session, "Top").territory
    create(session, "First", owner=land["kim"], regions=[land["west"]])
    second = create(session, "Second", parent=top, owner=land["lee"], regions=[land["west"]]).territory
    assert owner_of(session, land["in_west"]) == land["lee"].id
    services.save_territory(session, second, said(session, "Second", owner=land["lee"], regions=[land["west"]]))
    assert owner_of(session, land["in_west"]) == land["kim"].id


def test_a_territory_cannot_lie_below_itself(session, land):
    top = create(session, "Top").territory
    below = create(session, "Below", parent=top).territory
    with pytest.raises(Invalid, match="“Top” cannot lie below itself"):
        services.save_territory(session, top, said(session, "Top", parent=below))


def test_names_are_unique_and_not_empty(session, land):
    create(session, "North")
    with pytest.raises(Conflict, match="a territory “North” already"):
        create(session, " north ")
    with pytest.raises(Invalid, match="needs a name"):
        create(session, "  ")


def test_only_reps_and_managers_own_territories(session, land):
    with pytest.raises(Invalid, match="cannot own a territory"):
        create(session, owner=make.make_user(session, "service"))
    land["kim"].active = False
    with pytest.raises(Invalid, match="Kim cannot own a territory"):
        create(session, owner=land["kim"])


def test_a_level_that_accounts_are_not_placed_by_is_refused(session, land):
    country = make.make_region(session, "us", "country", west=-80, south=38, size=9, name="United States")
    with pytest.raises(Invalid, match="United States is a country"):
        create(session, regions=[country])


def test_codes_name_regions_of_the_organisations_country(session, land):
    found = services.regions_of_codes(session, "us:42001, 42003", "us")
    assert [r.name for r in found] == ["West County", "East County"]
    with pytest.raises(Invalid, match="no region us:99"):
        services.regions_of_codes(session, "99", "us")


def test_a_deleted_territory_frees_its_accounts_and_lifts_its_children(session, land):
    top = create(session, "Top", owner=land["kim"], regions=[land["west"]]).territory
    below = create(session, "Below", parent=top, owner=land["lee"], regions=[land["east"]]).territory
    services.delete_territory(session, top)
    session.refresh(below)
    assert below.parent_id is None
    assert owner_of(session, land["in_west"]) is None
    assert owner_of(session, land["in_east"]) == land["lee"].id


def test_a_save_can_be_undone(session, land):
    territory = create(session, owner=land["kim"], regions=[land["west"]]).territory
    saved = services.save_territory(
        session, territory, said(session, "Renamed", owner=land["lee"], regions=[land["east"]])
    )
    undone = services.undo_save(session, saved.placing).territory
    assert (undone.name, undone.owner_id) == ("North", land["kim"].id)
    assert [r.code for r in queries.regions_of(session, undone)] == ["42001"]
    assert owner_of(session, land["in_west"]) == land["kim"].id
    assert owner_of(session, land["in_east"]) is None
    with pytest.raises(NotFound, match="nothing to undo"):
        services.undo_save(session, saved.placing)


def test_a_creation_can_be_undone(session, land):
    saved = create(session, owner=land["kim"], regions=[land["west"]])
    services.undo_save(session, saved.placing)
    assert session.scalars(select(Territory.name)).all() == []
    assert owner_of(session, land["in_west"]) is None


def test_a_deletion_can_be_undone(session, land):
    top = create(session, "Top", owner=land["kim"], regions=[land["west"]]).territory
    below = create(session, "Below", parent=top).territory
    public = top.uuid
    again = services.undo_save(session, services.delete_territory(session, top).placing).territory
    session.refresh(below)
    assert (again.uuid, again.name, below.parent_id) == (public, "Top", again.id)
    assert owner_of(session, land["in_west"]) == land["kim"].id


def test_what_somebody_changed_since_is_not_undone(session, land):
    saved = create(session, owner=land["kim"], regions=[land["west"]])
    services.save_territory(
        session, saved.territory, said(session, "Renamed", owner=land["kim"], regions=[land["west"]])
    )
    with pytest.raises(Conflict, match="changed again since"):
        services.undo_save(session, saved.placing)


def test_many_accounts_are_assigned_by_a_job(session, land, monkeypatch):
    monkeypatch.setattr(services, "AT_ONCE", 0)
    saved = create(session, owner=land["kim"], regions=[land["west"]])
    assert saved.placing.status != "done"
    assert (saved.placing.total, saved.placing.done, saved.accounts) == (1, 0, None)
    assert owner_of(session, land["in_west"]) is None
    while geography.place_chunk(session, saved.placing):
        pass
    assert owner_of(session, land["in_west"]) == land["kim"].id


def test_colours_are_used_evenly(session, land):
    colours = [create(session, f"T{n}").territory.colour for n in range(services.COLOURS + 1)]
    assert colours == [*range(services.COLOURS), 0]


def test_siblings_have_colours_of_their_own(session, land):
    first, second = (create(session, name).territory for name in ("First", "Second"))
    below = [
        create(session, f"T{n}", parent=parent).territory.colour
        for n, parent in enumerate((first, second, first, second))
    ]
    assert below[0] != below[2]
    assert below[1] != below[3]
