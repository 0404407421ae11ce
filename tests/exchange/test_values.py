from __future__ import annotations

import csv

import pytest

from gcrm.core.errors import Invalid
from gcrm.customers.values import phone_e164
from gcrm.exchange import values


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [("2139", "us", "02139"), ("501", "us", "00501"), ("99654.0", "us", "99654"), ("021391234", "us", "02139-1234"),
     ("21391234", "us", "02139-1234"), ("02139-1234", "us", "02139-1234"), ("7318.0", "kr", "07318"), ("150050", "kr", "150050"),
     ("K1A 0B1", "ca", "K1A 0B1"), ("1234", "nl", "1234"), ("1067", "de", "01067"), ("０７３１８", "kr", "07318")],
)  # fmt: skip
def test_leading_zeros_of_postcodes_come_back(text, country, kept):
    assert values.postcode(text, country) == kept


@pytest.mark.parametrize("text", ["1,200", "1.234,5", "$12", "12 €", "1e5", "abc", "--1", "1.2.3", "９９,0"])
def test_only_plain_amounts_are_taken(text):
    with pytest.raises(Invalid, match="not a plain amount"):
        values.amount(text)


def test_an_amount_below_zero_is_named_as_such():
    with pytest.raises(Invalid, match="below zero"):
        values.amount("-12.50")


@pytest.mark.parametrize(
    ("text", "kept"), [("1200.50", "1200.50"), ("+5", "5"), (".5", ".5"), ("１２", "12"), ("7.", "7.")]
)
def test_plain_amounts_stay(text, kept):
    assert values.amount(text) == kept


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [(61.2, -149.4, "look swapped"), (37.5, 126.9, "look swapped"), (40.0, -77.0, "look swapped"),
     (10.0, 95.0, "Latitude 95 is out of range"), (200.0, 10.0, "Longitude 200 is out of range"),
     (198000.0, 451000.0, "EPSG")],
)  # fmt: skip
def test_impossible_places_are_explained(x, y, sentence):
    with pytest.raises(Invalid, match=sentence):
        values.place(x, y, "kr" if x == 37.5 else "us")


def test_possible_places_stay_and_zero_zero_is_none():
    assert values.place(-149.4, 61.2, "us") == (-149.4, 61.2)
    assert values.place(144.8, 13.5, "us") == (144.8, 13.5)
    assert values.place(2.35, 48.85, "fr") == (2.35, 48.85)
    assert values.place(0, 0, "us") is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Lead", "prospect"),
        ("잠재 고객", "prospect"),
        ("ACTIVE", "customer"),
        ("거래중", "customer"),
        ("폐업", "former"),
        ("Ex-Customer", "former"),
    ],
)
def test_status_words_in_english_and_korean(text, word):
    assert values.status(text) == word


def test_an_unknown_status_names_the_known_ones():
    with pytest.raises(Invalid, match="“foo” is not one of prospect, customer, former"):
        values.status("foo")


@pytest.mark.parametrize(("text", "letter"), [("a", "A"), ("Tier B", "B"), ("C등급", "C")])
def test_tiers(text, letter):
    assert values.tier(text) == letter


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KR", "kr"),
        ("대한민국", "kr"),
        ("Korea, Republic of", "kr"),
        ("USA", "us"),
        ("United States", "us"),
        ("독일", "de"),
        ("Germany", "de"),
    ],
)
def test_countries_by_code_and_name(text, code):
    assert values.country(text) == code


def test_an_unknown_country_is_refused():
    with pytest.raises(Invalid, match="not a country"):
        values.country("Atlantis")


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [("907-357-9155", "us", "+19073579155"), ("1 (907) 357 9155", "us", "+19073579155"), ("010-1234-5678", "kr", "+821012345678"),
     ("02-555-1234", "kr", "+8225551234"), ("+82 2 555 1234", "us", "+8225551234"), ("12345", "us", None)],
)  # fmt: skip
def test_phone_numbers_as_the_world_dials_them(text, country, number):
    assert values.e164(text, country) == number


def test_the_short_way_to_a_phone_number_comes_to_the_same_as_the_library(shared):
    for file in ("us-auto-parts-stores.csv", "us-home-improvement.csv"):
        with (shared / "accounts" / file).open(encoding="utf-8-sig", newline="") as opened:
            numbers = [row["phone"] for row in csv.DictReader(opened)][::10]
        assert [values.e164(number, "us") for number in numbers] == [phone_e164(number, "us") for number in numbers]


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "[[Local Page URL]]", "ftp://x.example"])
def test_only_web_addresses_are_websites(text):
    with pytest.raises(Invalid):
        values.website(text)


def test_a_website_gets_its_scheme_and_else_stays_as_it_is():
    assert values.website("acme.example") == "https://acme.example"
    assert values.website("https://www.acme.example/a/b.html?c=d#e") == "https://www.acme.example/a/b.html?c=d#e"


def test_opening_hours_are_checked_by_the_library():
    assert values.opening_hours("Mo-Fr 09:00-17:00") == "Mo-Fr 09:00-17:00"
    with pytest.raises(Invalid):
        values.opening_hours("9 to 5")
