"""The selection: one object, one query string, one set of conditions."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from werkzeug.datastructures import MultiDict

from gcrm.core.errors import Invalid
from gcrm.customers import queries, selection  # noqa: F401 - registers the fields
from gcrm.customers.models import Account
from gcrm.customers.selecting import FIELDS, Selection
from tests import factories as make


def parsed(query: str) -> Selection:
    return Selection.parse(MultiDict(pair.split("=", 1) for pair in query.split("&") if pair))


def found(session, **words) -> set[str]:
    return set(session.scalars(Selection.parse(words).narrow(select(Account.name))))


def test_equal_selections_have_equal_query_strings():
    one, two = parsed("tier=B&status=prospect&tier=A&q=acme"), parsed("q=acme&tier=A&tier=B&tier=A&status=prospect")
    assert one == two
    assert one.query_string() == two.query_string() == "q=acme&status=prospect&tier=A&tier=B"
    assert parsed(one.query_string()) == one


def test_foreign_words_and_empty_values_say_nothing():
    assert not parsed("sort=-value&after=x&q= &status=")


def test_one_value_can_be_dropped():
    chosen = parsed("q=acme&tier=A&tier=B")
    assert chosen.without("tier", "A").query_string() == "q=acme&tier=B"
    assert chosen.without("tier").query_string() == "q=acme"


@pytest.mark.parametrize(
    "query",
    [
        "q=a&q=b",
        "status=lead",
        "tier=E",
        "region=48121",
        "value_from=much",
        "place=nowhere",
        "territory=x",
        "owner=x",
        "q=" + "x" * 201,
    ],
)
def test_what_means_nothing_is_refused_with_its_word(query):
    with pytest.raises(Invalid):
        parsed(query).conditions()


@pytest.fixture
def shop(session, company):
    region = make.make_region(session, "42043", west=-77.5, south=40.0)
    territory = make.make_territory(session, company.other, (region,))
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    session.execute(text("SELECT set_config('gcrm.place_again', '', true)"))
    make.make_account(
        session, company.rep, name="Blue Bird 100%", status="prospect", tier="A", city="Hershey", street="9 Oak_Lane", postcode="17033",
        external_id="S-77", source="erp", industry="Food", tags=["key", "fair"], annual_value_minor=1_000_000,
    )  # fmt: skip
    make.make_account(session, None, at=None, name="Lost", status="former", tags=["key"], annual_value_minor=999_999)
    make.make_account(session, None, at=(10.0, 10.0), name="Abroad")
    return territory


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({"q": "bird blue"}, {"Blue Bird 100%"}),
        ({"q": "100%"}, {"Blue Bird 100%"}),
        ({"q": "oak_lane"}, {"Blue Bird 100%"}),
        ({"q": "oakxlane"}, set()),
        ({"q": "s-77"}, {"Blue Bird 100%"}),
        ({"q": "17033"}, {"Blue Bird 100%", "Mine"}),
        ({"status": "former"}, {"Lost"}),
        ({"tier": ["A"]}, {"Blue Bird 100%"}),
        ({"place": "unplaced"}, {"Lost"}),
        ({"place": "outside"}, {"Abroad"}),
        ({"region": "us:42043"}, {"Mine", "Theirs", "Nobodys", "Blue Bird 100%"}),
        ({"region": "us:1"}, set()),
        ({"industry": "Food"}, {"Blue Bird 100%"}),
        ({"tag": ["key"]}, {"Blue Bird 100%", "Lost"}),
        ({"tag": ["key", "fair"]}, {"Blue Bird 100%"}),
        ({"source": "erp"}, {"Blue Bird 100%"}),
        ({"value_from": "10000"}, {"Blue Bird 100%"}),
        ({"owner": "none", "place": "located"}, {"Abroad"}),
    ],
)
def test_each_field_finds_what_plain_words_say(session, shop, words, names):
    assert found(session, **words) == names


def test_owner_team_and_territory_by_their_ids(session, company, shop):
    assert (
        found(session, owner=company.rep.email)
        == found(session, owner=str(company.rep.uuid))
        == {"Mine", "Blue Bird 100%"}
    )
    assert found(session, team=str(company.other.team.uuid)) == {"Theirs", "Nobodys"}
    assert "Nobodys" in found(session, territory=str(shop.uuid))


def test_every_registered_field_has_a_label():
    assert all(str(entry.label) for entry in FIELDS.values())


def test_count_of_the_list_is_the_figure_is_plain_sql(session, company, shop):
    for words in ({}, {"status": "customer"}, {"tag": ["key"]}, {"q": "bird"}, {"place": "located"}):
        chosen = Selection.parse(words)
        plain = session.scalar(chosen.narrow(select(func.count()).select_from(Account)))
        assert queries.figures(session, chosen).count == plain == len(queries.accounts_page(session, chosen).rows)
