from __future__ import annotations

import csv

import pytest

from gcrm.exchange.headers import FIELDS, KINDS, guess_country, recognise


def fields(kind: str, *headers: str) -> dict[str, str]:
    return {field: header for header, field in recognise(kind, headers).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_field_names_mean_themselves(kind):
    assert recognise(kind, FIELDS[kind]) == {name: name for name in FIELDS[kind]}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("us-auto-parts-stores.csv", {"external_id": "store_id", "brand": "brand", "region": "state", "postcode": "zip",
                                      "website": "url", "lon": "longitude", "lat": "latitude", "phone": "phone"}),
        ("us-groceries.csv", {"external_id": "storeNo", "name": "name", "region": "state"}),
        ("us-home-improvement.csv", {"external_id": "store_id", "name": "store_name", "street": "street"}),
        ("kr-seoul-cafes.csv", {"external_id": "상가업소번호", "name": "상호명", "branch": "지점명", "postcode": "신우편번호",
                                "street": "도로명주소", "city": "시군구명", "region": "시도명", "lon": "경도", "lat": "위도"}),
    ],
)  # fmt: skip
def test_the_layouts_of_the_real_files_are_recognised(shared, file, expected):
    with (shared / "accounts" / file).open(encoding="utf-8-sig", newline="") as opened:
        found = fields("accounts", *next(csv.reader(opened)))
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("header", "field"),
    [("Postal Code", "postcode"), ("ZIP_CODE", "postcode"), ("E-Mail", "email"), ("Lng", "lon"), ("Customer Name", "name"),
     ("우편번호", "postcode"), ("전화번호", "phone"), ("도로명전체주소", "street"), ("사업장명", "name"), ("Account ID", "external_id"),
     ("좌표정보(X)", "lon"), ("Annual Revenue", "annual_value"), ("ＮＡＭＥ", "name")],
)  # fmt: skip
def test_spelling_does_not_matter(header, field):
    assert recognise("accounts", [header]) == {header: field}


def test_of_two_columns_for_a_field_the_better_word_wins():
    assert fields("accounts", "state_name", "state")["region"] == "state"
    assert fields("accounts", "구우편번호", "신우편번호")["postcode"] == "신우편번호"


def test_a_running_number_is_no_id():
    assert recognise("accounts", ["번호", "No.", "name"]) == {"name": "name"}


def test_contacts_and_people_have_words_of_their_own():
    assert fields("contacts", "Company", "Full Name", "Title", "Mobile") == {
        "account_name": "Company", "name": "Full Name", "job_title": "Title", "phone": "Mobile",
    }  # fmt: skip
    assert fields("people", "이메일", "성명", "직무", "팀") == {
        "email": "이메일",
        "name": "성명",
        "role": "직무",
        "team": "팀",
    }


def test_the_country_is_guessed_from_the_layout():
    korean = recognise("accounts", ["상호명", "우편번호"])
    assert guess_country(["상호명", "우편번호"], korean, []) == "kr"
    headers = ["name", "state", "zip"]
    assert guess_country(headers, recognise("accounts", headers), [{"state": "PA"}, {"state": "TX"}]) == "us"
    assert guess_country(headers, recognise("accounts", headers), [{"state": "Bayern"}]) is None
