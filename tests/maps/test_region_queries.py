"""Sums by region: equal to the spatial join, for each role, and their parts always add up."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from gcrm.core.errors import Invalid
from gcrm.core.geo import ewkt
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import STATUS_LABELS
from gcrm.maps import region_queries
from gcrm.maps.metrics import METRICS
from tests import factories as make

FAR_OUT = (60.0, -40.0)


@pytest.fixture
def country(session):
    """Two states side by side, each of two counties, the first county of two municipalities."""
    make.make_organisation(session)
    states = [make.make_region(session, f"0{i}", "state", west=2.0 * i, south=0, size=2.0) for i in (1, 2)]
    counties = [
        make.make_region(session, f"0{i}00{k}", "county", west=2.0 * i + k, south=0, size=1.0, parent=states[i - 1])
        for i in (1, 2)
        for k in (0, 1)
    ]
    for k in (0, 1):
        make.make_region(session, f"m{k}", "municipality", west=2.0 + 0.5 * k, south=0, size=0.5, parent=counties[0])
    return {"states": states, "counties": counties}


@pytest.fixture
def people(session):
    north, south = make.make_team(session), make.make_team(session)
    return {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", north),
        "admin": make.make_user(session, "admin"),
    }


def somewhere(draw: random.Random) -> tuple[float, float] | None:
    """Inside the country, on a border of it, far outside, or nowhere."""
    kind = draw.random()
    if kind < 0.1:
        return None
    if kind < 0.2:
        return FAR_OUT
    if kind < 0.4:
        return draw.choice([(3.0, 0.5), (4.0, 0.5), (2.5, 0.25), (2.5, 0.5), (5.0, 1.0)])
    return draw.uniform(2, 6), draw.uniform(0, 1)


def write_at_random(session, people, draw: random.Random) -> None:
    owners = [people["rep"], people["other"], None]
    made = [
        make.make_account(
            session, draw.choice(owners), at=somewhere(draw), status=draw.choice(list(STATUS_LABELS)),
            annual_value_minor=draw.choice([None, draw.randrange(10**8)]),
            potential_minor=draw.choice([None, draw.randrange(10**8)]),
        )
        for _ in range(30)
    ]  # fmt: skip
    for account in draw.sample(made, 12):
        to = somewhere(draw)
        account.location = ewkt(*to) if to else None
    for account in draw.sample(made, 4):
        session.delete(account)
    session.flush()


JOIN = """
SELECT code, count(*) FILTER (WHERE {who}), coalesce(sum({what}), 0)
FROM accounts LEFT JOIN LATERAL (
  SELECT code FROM regions WHERE level = :level AND ST_Covers(boundary, location) ORDER BY code LIMIT 1) AS region ON true
GROUP BY code
"""
WHO = {
    "prospects": "status = 'prospect'",
    "prospect_density": "status = 'prospect'",
    "customers": "status = 'customer'",
}
WHAT = {
    "value": "annual_value_minor", "value_density": "annual_value_minor", "potential": "potential_minor",
    "white_space": "potential_minor - coalesce(annual_value_minor, 0)",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_sums_equal_the_spatial_join_for_each_role(seed, session, country, people, as_user):
    write_at_random(session, people, random.Random(seed))
    for role in ("admin", "manager", "rep"):
        with as_user(people[role]) as acting:
            for metric in METRICS.values():
                for level in ("state", "county", "municipality"):
                    statement = text(JOIN.format(who=WHO.get(metric.word, "true"), what=WHAT.get(metric.word, "0")))
                    expected = {code: (n, amount) for code, n, amount in acting.execute(statement, {"level": level})}
                    stats = region_queries.region_stats(acting, level, metric.word, Selection())
                    assert {f.code: f.count for f in stats.regions} == {c: n for c, (n, _) in expected.items() if c}
                    assert stats.outside == expected.get(None, (0, 0))[0]
                    assert sum(f.count for f in stats.regions) + stats.outside == stats.total
                    for figure in stats.regions:
                        count, amount = expected[figure.code]
                        plain = float(amount) / 100 if metric.amount else count
                        wanted = plain / figure.area_km2 if metric.is_density else plain
                        assert figure.value == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("level", ["hex10", "hex100", "hex1000"])
def test_hexagons_hold_the_accounts_that_lie_in_them(level, session, country, people):
    write_at_random(session, people, random.Random(7))
    stats = region_queries.region_stats(session, level, "accounts", Selection())
    inside = text(
        "SELECT count(*) FROM accounts WHERE ST_Covers(ST_Buffer(gcrm_hexagon_boundary(:code, :area), 1e-7), location)"
    )
    area = float(level.removeprefix("hex"))
    assert stats.regions
    for figure in stats.regions:
        assert session.scalar(inside, {"code": int(figure.code), "area": area}) >= figure.count
        assert figure.area_km2 == area
    assert sum(f.count for f in stats.regions) + stats.outside == stats.total
    assert stats.outside == stats.unplaced


def test_a_hexagon_is_called_by_the_region_it_lies_in(session, country):
    make.make_account(session, at=(3.5, 0.5))
    (figure,) = region_queries.region_stats(session, "hex100", "accounts", Selection()).regions
    assert figure.name == country["counties"][1].name
    assert figure.country == "hex100"


def test_the_whole_and_what_lies_outside_are_said_in_money_too(session, country):
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=12_345)
    make.make_account(session, at=FAR_OUT, annual_value_minor=1_000)
    make.make_account(session, at=None, annual_value_minor=500)
    stats = region_queries.region_stats(session, "county", "value", Selection())
    assert (stats.total, stats.outside, stats.unplaced) == (3, 2, 1)
    assert (stats.total_value, stats.outside_value, stats.regions[0].value) == (138.45, 15.0, 123.45)
    assert stats.unit == "USD"


def test_amounts_in_another_currency_are_left_out_and_counted(session, country):
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=100)
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=900_000, currency="KRW")
    stats = region_queries.region_stats(session, "state", "value", Selection())
    assert stats.regions[0].value == 1.0
    assert stats.regions[0].count == 2
    assert stats.other_currencies == 1


def test_within_a_parent_regions_without_accounts_are_there_with_zero(session, country):
    make.make_account(session, at=(2.2, 0.2), status="prospect")
    make.make_account(session, at=(4.5, 0.5), status="prospect")
    state = country["states"][0]
    stats = region_queries.region_stats(session, "county", "prospects", Selection(), state)
    assert [(f.code, f.count, f.value) for f in stats.regions] == [("01000", 1, 1), ("01001", 0, 0)]
    assert stats.total == 1
    below = region_queries.region_stats(session, "municipality", "prospects", Selection(), state)
    assert [(f.code, f.count) for f in below.regions] == [("m0", 1), ("m1", 0)]
    assert [f.code for f in region_queries.region_stats(session, "county", "prospects", Selection()).regions] == [
        "01000",
        "02000",
    ]


def test_a_parent_has_to_lie_above(session, country):
    with pytest.raises(Invalid, match="county"):
        region_queries.region_stats(session, "state", "accounts", Selection(), country["counties"][0])


@pytest.mark.parametrize(("level", "metric"), [("street", "accounts"), ("county", "happiness")])
def test_unknown_words_are_named(level, metric, session):
    with pytest.raises(Invalid, match="It is one of"):
        region_queries.region_stats(session, level, metric, Selection())


def test_territories_are_summed_by_who_holds_the_account(session, country, people):
    territory = make.make_territory(session, people["rep"], (country["counties"][0],), name="West")
    make.make_account(session, at=(2.2, 0.2))
    make.make_account(session, at=(4.5, 0.5))
    stats = region_queries.region_stats(session, "territory", "accounts", Selection())
    assert [(f.code, f.name, f.count) for f in stats.regions] == [(str(territory.uuid), "West", 1)]
    assert stats.regions[0].area_km2 == pytest.approx(country["counties"][0].area_km2)
    assert stats.outside == 1


def test_a_selection_narrows_the_sums(session, country):
    make.make_account(session, at=(2.2, 0.2), status="prospect")
    make.make_account(session, at=(2.2, 0.2), status="customer")
    stats = region_queries.region_stats(session, "county", "accounts", Selection.parse({"status": "customer"}))
    assert (stats.total, stats.regions[0].count) == (1, 1)
