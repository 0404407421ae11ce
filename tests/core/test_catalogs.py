"""The catalogs of other languages: whole, and saying what the sources say."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext

from gcrm.core import catalogs
from gcrm.core.errors import Invalid

NAMED = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(params=catalogs.languages())
def catalog(request):
    with (catalogs.FOLDER / f"{request.param}.po").open("rb") as written:
        return read_po(written, locale=request.param)


def _ids(message):
    return message.id if isinstance(message.id, tuple) else (message.id,)


def _strings(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def test_every_message_that_a_rep_reads_is_translated(catalog):
    said = {_ids(message): message for message in catalog}
    missing = [
        _ids(message)
        for message in catalogs.messages()
        if message.id and not all(_strings(said.get(_ids(message), message)))
    ]
    assert not missing, f"{len(missing)} messages are not translated: run python -m gcrm.core.catalogs and fill them in"


def test_a_translation_names_what_the_message_names(catalog):
    for message in catalog:
        if not message.id:
            continue
        # In a language without a plural, the number may go without saying only where the singular leaves it out too.
        allowed = set(NAMED.findall(" ".join(_ids(message))))
        for string in _strings(message):
            assert set(NAMED.findall(string)) == allowed, message.id


def test_no_translation_outlives_its_message(catalog):
    known = {_ids(message) for message in catalogs.messages()}
    assert not [_ids(message) for message in catalog if message.id and _ids(message) not in known]


def test_a_page_is_in_the_language_of_the_browser(client: FlaskClient):
    korean = client.get("/login", headers={"Accept-Language": "ko"}).get_data(as_text=True)
    assert 'lang="ko"' in korean
    assert "로그인" in korean
    assert "Sign in" in client.get("/login", headers={"Accept-Language": "fr"}).get_data(as_text=True)


def test_a_failure_is_said_in_the_language_of_the_person(app):
    error = Invalid("“%(text)s” is no date such as 2026-11-23.", text="morgen")
    assert error.message == "“morgen” is no date such as 2026-11-23."
    with app.test_request_context(), force_locale("ko"):
        assert catalogs.said(error) == "“morgen”은(는) 2026-11-23 같은 날짜가 아닙니다."
        assert gettext("Today") == "오늘"


def test_what_a_person_typed_is_never_taken_for_a_template():
    error = Invalid("“%(faults)d %(x)s” is unknown.", faults={"name": ["No."]})
    assert error.message == "“%(faults)d %(x)s” is unknown."
