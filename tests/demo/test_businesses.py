from collections import Counter

import pytest

from gcrm.demo import businesses, seeds
from gcrm.demo.businesses import Names, Strength
from gcrm.demo.english import ENGLISH
from gcrm.demo.industries import INDUSTRIES

BY_KEY = {industry.key: industry for industry in INDUSTRIES}


def test_statuses_are_in_the_companys_shares_and_follow_its_strength():
    counties = ["strong"] * 500 + ["weak"] * 500
    known = {"strong": Strength(1, 1.0, 1), "weak": Strength(1, -1.0, 1)}
    found = businesses.statuses(counties, known, seed=1)
    assert Counter(found) == {"customer": 600, "prospect": 350, "former": 50}
    assert found[:500].count("customer") > 1.5 * found[500:].count("customer")


def test_a_great_city_gets_no_more_than_a_reps_share():
    weights = {"city": 1000.0, **{f"c{number}": 10.0 for number in range(40)}}
    found = businesses.strengths(weights, set(), set(), reps=4, seed=1)
    loads = {code: found[code].presence * weights[code] for code in weights}
    assert loads["city"] <= 1.02 * businesses.FAIR_SHARE / 4 * sum(loads.values())


def test_unserved_counties_have_hardly_a_customer():
    found = businesses.strengths({"near": 1.0, "far": 1.0}, {"near"}, {"far"}, reps=1, seed=1)
    assert found["far"].success < -5
    assert found["near"].success > 0


def test_a_name_is_given_once():
    names = Names(ENGLISH)
    source = seeds.stream(1, "names")
    found = [names.business(BY_KEY["beauty"], "York", source) for _ in range(800)]
    assert len(set(found)) == 800


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Wilson's Plastics", "wilsons-plastics.example"),
        ("Café Noir", "cafe-noir.example"),
        ("한마음식당", "store-c7.example"),
    ],
)
def test_domains_are_the_name_where_it_is_latin(name, expected):
    assert businesses.domain(name, "C7") == expected


def test_potential_is_mostly_above_the_value():
    source = seeds.stream(1, "worth")
    worth = [businesses.worth(BY_KEY["cafe"], Strength(1, 0, 1), source) for _ in range(500)]
    assert sum(potential >= value for value, potential in worth) / 500 == pytest.approx(0.95, abs=0.03)
