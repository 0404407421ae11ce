"""Who and what there is, in both countries."""

from collections import Counter

import pytest
import shapely

from gcrm.core.errors import Invalid
from gcrm.customers import values
from gcrm.demo.businesses import CADENCE_DAYS
from gcrm.demo.company import make_company
from gcrm.demo.staff import team_sizes


def test_there_are_three_teams_of_four_in_a_tree(story):
    staff = story.company.staff
    top, *teams = staff.teams
    assert top.parent is None
    assert [team.parent for team in teams] == [top.uuid] * 3
    assert Counter(rep.team for rep in staff.reps) == {team.uuid: 4 for team in teams}
    emails = {person.email.partition("@")[0] for person in staff.people}
    assert emails == {
        "admin", "planner", "marketer", "service", *(f"manager{i}" for i in (1, 2, 3)), *(f"rep{i}" for i in range(1, 13)),
    }  # fmt: skip


def test_each_rep_owns_a_territory_under_the_managers_one_and_lives_in_it(story):
    staff, ground = story.company.staff, story.company.country.ground
    above = {territory.uuid: territory for territory in staff.territories if territory.parent is None}
    leaves = [territory for territory in staff.territories if territory.parent]
    assert len(above) == 3
    assert sorted(leaf.owner for leaf in leaves) == sorted(rep.email for rep in staff.reps)
    homes = {rep.email: shapely.Point(rep.lon, rep.lat) for rep in staff.reps}
    for leaf in leaves:
        assert above[leaf.parent].owner == staff.manager_of[leaf.owner]
        assert any(ground.counties[code].boundary.covers(homes[leaf.owner]) for code in leaf.counties)


def test_no_county_is_in_two_territories_and_far_ones_are_in_none(story):
    country = story.company.country
    listed = [code for territory in story.company.staff.territories for code in territory.counties]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(country.ground.counties) - country.unserved()


def test_territories_have_names_of_their_own(story):
    names = [territory.name for territory in story.company.staff.territories]
    assert len(names) == len(set(names))


def test_every_located_account_lies_in_the_area_of_its_address_and_of_its_territory(story):
    company = story.company
    ground = company.country.ground
    located = [b for b in company.businesses if b.row.lon is not None]
    areas = ground.finder.areas_at([b.row.lon for b in located], [b.row.lat for b in located])
    for business, area in zip(located, areas, strict=True):
        assert ground.county_of(area.code).code == business.county
        if not business.row.owner_named:
            assert business.row.owner == company.staff.rep_of_county.get(business.county)


def test_accounts_are_customers_prospects_and_former_in_the_usual_mix(story):
    assert Counter(b.row.status for b in story.company.businesses) == {"customer": 180, "prospect": 105, "former": 15}


def test_a_fifth_of_the_customers_brings_most_of_the_value(full_story):
    values_ = sorted(
        (b.row.annual_value_minor for b in full_story.company.businesses if b.row.annual_value_minor), reverse=True
    )
    assert 0.55 < sum(values_[: len(values_) // 5]) / sum(values_) < 0.85


def test_better_tiers_are_worth_more(story):
    rows = [b.row for b in story.company.businesses if b.row.status == "customer"]
    lowest = {t: min(r.annual_value_minor for r in rows if r.tier == t) for t in "ABC"}
    highest = {t: max(r.annual_value_minor for r in rows if r.tier == t) for t in "BCD"}
    assert lowest["A"] >= highest["B"] >= lowest["B"] >= highest["C"] >= lowest["C"] >= highest["D"]


def test_a_cadence_is_that_of_the_tier_and_prospects_worth_it_have_one(story):
    rows = [b.row for b in story.company.businesses if b.row.cadence_days]
    assert all(row.cadence_days == CADENCE_DAYS[row.tier] for row in rows)
    assert {row.status for row in rows} == {"customer", "prospect"}


def test_chains_have_a_head_office_and_branches(story):
    rows = {b.row.uuid: b.row for b in story.company.businesses}
    branches = [row for row in rows.values() if row.parent]
    assert branches
    assert all(rows[branch.parent].parent is None for branch in branches)


def test_some_accounts_have_no_place_and_some_a_named_owner(full_story):
    rows = [b.row for b in full_story.company.businesses]
    unplaced = [row for row in rows if row.lon is None]
    assert 2 <= len(unplaced) <= 25
    assert all(row.street and row.city and row.location_source is None for row in unplaced)
    assert 5 <= sum(row.owner_named for row in rows) <= 60


def test_every_account_has_one_to_three_people_and_one_first(story):
    for business in story.company.businesses:
        assert 1 <= len(business.contacts) <= 3
        assert business.contacts[0].is_primary
        assert sum(contact.is_primary for contact in business.contacts) == 1


def test_what_is_written_is_what_the_forms_would_write(story):
    for business in story.company.businesses[:100]:
        row = business.row
        assert values.phone_e164(row.phone, row.country) == row.phone_e164
        assert values.opening_hours(row.opening_hours) == row.opening_hours
        assert values.tags(row.tags) == row.tags
        assert values.name(row.name) == row.name
        if row.email:
            assert values.email(row.email) == row.email
            assert values.website(row.website) == row.website


def test_korean_data_is_in_korean_script(kr_story):
    rows = [b.row for b in kr_story.company.businesses]
    for text in [t for row in rows for t in (row.name, row.street, row.city, row.region, row.industry, *row.tags)]:
        assert not any("a" <= letter.lower() <= "z" for letter in text)
    assert all(not person.name.isascii() for person in kr_story.company.staff.people)


@pytest.mark.parametrize(("reps", "sizes"), [(1, [1]), (4, [4]), (5, [3, 2]), (12, [4, 4, 4]), (13, [4, 3, 3, 3])])
def test_teams_have_four_reps_or_as_near_as_comes_out_even(reps, sizes):
    assert team_sizes(reps) == sizes


@pytest.mark.parametrize("reps", [0, 61])
def test_too_few_or_many_reps_are_refused(reps):
    with pytest.raises(Invalid, match="1 to 60 reps"):
        team_sizes(reps)


@pytest.mark.parametrize("accounts", [0, 300_000])
def test_too_few_or_many_accounts_are_refused(us, us_story, accounts):
    with pytest.raises(Invalid, match="accounts"):
        make_company(us, us_story.company.calendar, accounts, 12, 1)
