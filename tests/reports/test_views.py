"""The manager's page as each role sees it."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest

from gcrm.core import clock
from gcrm.routing.models import DayPlan
from tests import factories as make


@pytest.fixture
def busy(company, account, visited, session):
    """Figures that can be checked by hand: 4 accounts of 1,500 dollars in ours, 1 of 900 in theirs."""
    ours = [account("a", 100_000, cadence_days=30, name="Ours first"), account("a", 50_000, name="Ours second")]
    theirs = account("b", 90_000, name="Secret account")
    for days in (1, 2, 3, 40, 41):
        visited(ours[0], company.rep, days, note="Our note")
    visited(theirs, company.other, 1, note="Secret note")
    make.make_opportunity(session, ours[0], company.rep, amount_minor=400_000)
    make.make_opportunity(session, theirs, company.other, amount_minor=10_000_000, name="Secret sale")
    return company


def page_of(client, url="/team") -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.text)


def figures(page: str) -> dict[str, str]:
    found = re.findall(r'figure-label">([^<]+)</span> <span class="figure-value">([^<]+)<', page)
    return dict(found)


def test_a_manager_reads_five_figures_of_the_own_people(busy, login_as):
    page = page_of(login_as(busy.manager))
    # 400,000 minor units in the first stage, which wins one in ten.
    assert figures(page) == {
        "Accounts": "2", "Annual value": "$1.5K", "Visits in 30 days": "3", "Overdue accounts": "1", "Weighted pipeline": "$400",
    }  # fmt: skip
    assert "+50% on the 30 days before" in page
    assert "$1K a year at stake" in page
    assert "Our note" in page
    assert "Secret" not in page
    assert "Bob Other" not in page


def test_a_planner_reads_the_whole(busy, login_as):
    page = page_of(login_as(busy.planner))
    assert figures(page)["Accounts"] == "3"
    assert figures(page)["Annual value"] == "$2.4K"
    assert "Secret account" in page


def test_territories_are_ranked_by_value_and_hang_in_their_tree(busy, login_as):
    page = page_of(login_as(busy.director))
    table = page[page.index("Territories by value") : page.index('id="reps"')]
    assert table.index("Whole") < table.index("North territory") < table.index("South territory")
    assert "Nothing there" not in table
    assert "$2.4K" in table[: table.index("North territory")]


def test_a_territory_opens_and_leads_back(busy, login_as):
    client = login_as(busy.director)
    whole, north = busy.territories["whole"], busy.territories["a"]
    page = page_of(client, f"/team?territory={whole.uuid}")
    assert "<h1>Whole</h1>" in page
    assert "North territory" in page
    page = page_of(client, f"/team?territory={north.uuid}")
    assert figures(page) == {
        "Accounts": "2", "Annual value": "$1.5K", "Visits in 30 days": "3", "Overdue accounts": "1", "Weighted pipeline": "$400",
    }  # fmt: skip
    assert f'href="/team?territory={whole.uuid}"' in page
    assert f"territory={north.uuid}" in page
    assert "Secret" not in page


def test_figures_lead_to_the_rows_behind_them_and_agree_with_them(busy, login_as):
    client = login_as(busy.director)
    api = client.get(f"/api/v1/accounts?territory={busy.territories['a'].uuid}&due=overdue").get_json()
    assert api["total"] == 1
    page = page_of(client, f"/team?territory={busy.territories['a'].uuid}")
    assert f"/accounts?due=overdue&amp;territory={busy.territories['a'].uuid}" in page


def test_accounts_in_another_currency_are_said_to_be_left_out(busy, login_as, account):
    account("a", 99_000_000, currency="KRW")
    page = page_of(login_as(busy.manager))
    assert figures(page)["Annual value"] == "$1.5K"
    assert "1 account in another currency left out" in page


def test_a_reps_day_shows_how_far_it_is(busy, login_as, session):
    today = clock.today("America/New_York")
    session.add(DayPlan(rep_id=busy.rep.id, day=today, status="published", published_at=clock.now()))
    session.flush()
    assert "0 of 0" in page_of(login_as(busy.manager))


def test_reps_are_sorted_as_asked(busy, login_as):
    client = login_as(busy.director)
    by_name = page_of(client, "/team?sort=name")
    reps = by_name[by_name.index('id="reps"') : by_name.index('id="visits"')]
    assert reps.index("Ann Rep") < reps.index("Bob Other")
    by_value = page_of(client, "/team?sort=value")
    reps = by_value[by_value.index('id="reps"') : by_value.index('id="visits"')]
    assert reps.index("Bob Other") < reps.index("Ann Rep")
    assert client.get("/team?sort=colour").status_code == 422


def test_an_unknown_territory_is_not_found(busy, login_as):
    client = login_as(busy.manager)
    assert client.get(f"/team?territory={uuid.uuid4()}").status_code == 404
    assert client.get("/team?territory=north").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("rep", 403), ("marketer", 403), ("service", 403), ("manager", 200), ("planner", 200), ("admin", 200)],
)
def test_the_page_is_for_those_who_lead(busy, login_as, role, status):
    assert login_as(getattr(busy, role)).get("/team").status_code == status


def test_an_empty_team_says_what_to_do(company, login_as):
    assert "Nothing to lead yet" in page_of(login_as(company.manager))


def test_what_people_type_is_never_markup(company, login_as, account, visited, session):
    evil = "<script>alert(1)</script>"
    where = account("a", 5, name=f"{evil}name", city=f"{evil}city")
    company.territories["a"].name = f"{evil}territory"
    company.rep.name = f"{evil}rep"
    visited(where, company.rep, 1, note=f"{evil}note")
    session.flush()
    assert "<script>alert" not in page_of(login_as(company.director))


def test_the_page_asks_as_much_for_many_as_for_one(busy, login_as, account, visited, session, count_queries):
    client = login_as(busy.director)
    client.get("/team")
    count_queries.clear()
    client.get("/team")
    few = len(count_queries)
    for number in range(6):
        make.make_territory(session, busy.rep, parent=busy.territories["whole"], name=f"More {number}")
        visited(account("a", number), busy.rep, 5)
    session.expire_all()
    count_queries.clear()
    client.get("/team")
    assert len(count_queries) == few <= 12


def test_a_week_begins_on_monday_by_the_organisations_clock(company, account, visited, session):
    from gcrm.reports import queries, tally

    monday = clock.at(dt.date(2026, 11, 16), dt.time(), "America/New_York")
    where = account("a")
    for minutes in (-1, 1):
        visited(where, company.rep, 0, finished_at=monday + dt.timedelta(minutes=minutes))
    whole = tally.total(queries.visit_parts(session, monday + dt.timedelta(days=3), monday))
    assert (whole.visits, whole.visits_week) == (2, 1)
