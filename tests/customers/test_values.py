"""What a field may hold, and the one form in which it is kept."""

from __future__ import annotations

import pytest

from gcrm.core.errors import Invalid
from gcrm.customers import values
from gcrm.customers.values import Faulty, Setting

US = Setting("us", "USD")


def columns(**given):
    return values.account_columns(given, US)


def faults(**given):
    with pytest.raises(Faulty) as caught:
        values.account_columns(given, US)
    return caught.value.faults


def test_white_space_is_folded_and_control_signs_fall_away():
    assert columns(name="  Blue\x00 \u00a0 bird\n Cafe\x07 ") == {"name": "Blue bird Cafe"}


def test_a_note_keeps_its_lines():
    assert columns(note="one\r\ntwo\x00\n") == {"note": "one\ntwo"}


def test_only_fields_that_are_given_are_answered():
    assert set(columns(city="York")) == {"city"}


def test_leading_zeros_of_a_postcode_stay():
    assert columns(postcode="01234") == {"postcode": "01234"}


@pytest.mark.parametrize(
    ("country", "shown", "dialled"),
    [("us", "(717) 234-5678", "+17172345678"), ("kr", "02-2123-4567", "+82221234567"), ("us", "555-0100", None)],
)
def test_a_phone_number_is_kept_as_written_and_as_dialled(country, shown, dialled):
    found = values.account_columns({"phone": shown, "country": country}, US)
    assert (found["phone"], found["phone_e164"]) == (shown, dialled)


@pytest.mark.parametrize("text", ["call me", "12", "+1 (555) abc"])
def test_what_is_no_phone_number_is_refused(text):
    assert "phone number" in faults(phone=text)["phone"][0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("acme.example", "https://acme.example"),
        ("acme.example:8080/a", "https://acme.example:8080/a"),
        ("http://acme.example/x?y=1", "http://acme.example/x?y=1"),
        ("한국.kr", "https://한국.kr"),
    ],
)
def test_a_website_gets_its_scheme(text, kept):
    assert columns(website=text)["website"] == kept


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", "ftp://a.b", "https://me:pw@a.b", "acme", "a b.example", "//a.b"],
)
def test_a_website_that_leads_nowhere_safe_is_refused(text):
    assert "web address" in faults(website=text)["website"][0]


def test_opening_hours_are_checked_by_the_library():
    assert columns(opening_hours="Mo-Fr 09:00-17:00; PH off")["opening_hours"] == "Mo-Fr 09:00-17:00; PH off"
    assert "Mo-Fr 09:00-17:00" in faults(opening_hours="weekdays")["opening_hours"][0]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1200.50", "USD", 120050), ("1200", "KRW", 1200), (7, "USD", 700), ("", "USD", None)],
)
def test_amounts_become_minor_units_of_their_currency(text, currency, minor):
    assert values.account_columns({"annual_value": text, "currency": currency}, US)["annual_value_minor"] == minor


@pytest.mark.parametrize("text", ["1,200", "1.005", "-1", "NaN", "1e5", "99999999999999999", True])
def test_what_is_no_amount_is_refused(text):
    assert faults(annual_value=text)


def test_words_are_known_whatever_their_case():
    assert columns(status="Customer", tier="b", currency="krw", country="KR") == {
        "status": "customer", "tier": "B", "currency": "KRW", "country": "kr",
    }  # fmt: skip


def test_every_fault_is_named_at_its_field():
    found = faults(
        name=" ",
        status="lead",
        tier="E",
        country="zz",
        currency="ABC",
        email="x@",
        cadence_days="0",
        visit_minutes="1.5",
    )
    assert set(found) == {"name", "status", "tier", "country", "currency", "email", "cadence_days", "visit_minutes"}
    assert found["tier"] == ["“E” is no tier. It is one of A, B, C, D."]


def test_tags_come_from_a_list_or_from_semicolons():
    assert columns(tags="key; fair ;key;")["tags"] == columns(tags=["key", " fair"])["tags"] == ["key", "fair"]
    assert faults(tags=["a;b"])


@pytest.mark.parametrize(("lon", "lat"), [("200", "10"), ("10", "x"), (1, None), (float("nan"), 1.0), (True, 1)])
def test_a_place_on_no_map_is_refused(lon, lat):
    with pytest.raises(Invalid):
        values.coordinates(lon, lat)


def test_swapped_coordinates_are_told():
    with pytest.raises(Invalid, match="swapped"):
        values.coordinates(40.27, -176.88)


def test_a_place_has_its_clock():
    assert values.timezone_at(126.98, 37.57) == "Asia/Seoul"


def test_long_texts_are_refused_not_cut():
    assert "300" in faults(name="x" * 301)["name"][0]
