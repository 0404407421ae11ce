"""The managers' four pages: for whom, with which numbers, and what an address may say."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.routing.models import DayPlan, Stop
from tests import factories as make

PAGES = ("/my-region", "/whitespace", "/coverage", "/team-today")


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session, "North"), make.make_team(session, "South")
    people = {
        "rep": make.make_user(session, "rep", north, name="Ann Rep"), "other": make.make_user(session, "rep", south, name="Bob Other"),
        "manager": make.make_user(session, "manager", north), "planner": make.make_user(session, "planner"),
    }  # fmt: skip
    state = make.make_region(session, "42", "state", west=-80, south=39, size=4, name="Pennsylvania")
    county = make.make_region(session, "42043", "county", west=-77, south=40, name="Dauphin County", parent=state)
    today = clock.today("America/New_York")
    make.make_account(
        session,
        people["rep"],
        name="In time",
        annual_value_minor=300_000,
        potential_minor=900_000,
        cadence_days=30,
        last_visited_on=today,
    )
    late = today - dt.timedelta(days=99)
    make.make_account(
        session,
        people["rep"],
        name="Overdue",
        tier="A",
        annual_value_minor=200_000,
        cadence_days=30,
        last_visited_on=late,
    )
    make.make_account(session, people["rep"], name="Prospect", status="prospect", potential_minor=5_000_000)
    make.make_account(session, people["other"], name="Theirs", annual_value_minor=7_000_000, cadence_days=30)
    return people | {"county": county, "north": north, "today": today}


def figures(answer) -> dict[str, str]:
    """What stands large on a page, by its label."""
    found = re.findall(r'figure-label">([^<]+)</span>\s*<span class="figure-value">([^<]+)', answer.text)
    return {label: value.strip() for label, value in found}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_those_who_lead(company, login_as, page):
    assert login_as(company["manager"]).get(page).status_code == 200
    assert login_as(company["planner"]).get(page).status_code == 200
    assert login_as(company["rep"]).get(page).status_code == 404


def test_my_region_tells_five_figures_of_the_own_team(company, login_as):
    found = figures(login_as(company["manager"]).get("/my-region"))
    assert found == {
        "Annual value": "$5K",
        "Accounts": "3",
        "Customers": "2",
        "Visited in time": "50%",
        "Pipeline": "$0",
    }
    assert figures(login_as(company["planner"]).get("/my-region"))["Annual value"] == "$75K"


def test_a_planner_looks_at_one_team(company, login_as):
    page = login_as(company["planner"]).get(f"/my-region?team={company['north'].uuid}")
    assert figures(page)["Annual value"] == "$5K"
    assert "Team" in page.text


def test_white_space_tells_what_is_not_sold_and_the_prospects_worth_most(company, login_as):
    page = login_as(company["manager"]).get("/whitespace")
    assert figures(page) == {
        "Potential not yet sold": "$56K", "Potential": "$59K", "Sold of it": "$3K", "Share sold": "5%", "Prospects": "1",
    }  # fmt: skip
    assert re.findall(r'<th scope="row"><a href="/accounts/[^"]+">([^<]+)', page.text) == ["Prospect"]
    assert "/slots" in page.text


def test_coverage_tells_who_is_overdue_and_what_that_is_worth(company, login_as):
    page = login_as(company["manager"]).get("/coverage")
    assert figures(page) == {
        "Visited in time": "50%", "Overdue accounts": "1", "Their annual value": "$2K", "Longest unvisited": "99", "Never visited": "0",
    }  # fmt: skip
    settings = json.loads(re.search(r'id="map-settings">(.+?)</script>', page.text, re.S)[1])
    assert settings["accounts"]["tiles"] == "/tiles/coverage/{z}/{x}/{y}.mvt?due=overdue"
    assert [(region["code"], region["value"]) for region in settings["choropleth"]["regions"]] == [("42043", 0.5)]


def test_numbers_link_to_the_rows_behind_them(company, login_as):
    client = login_as(company["manager"])
    page = client.get("/coverage").text
    url = re.search(r'href="(/accounts\?[^"]*due=overdue[^"]*)"', page)[1].replace("&amp;", "&")
    listed = client.get(url).text
    assert "Overdue" in listed
    assert "In time</a>" not in listed


def test_the_team_today_tells_how_far_each_is(session, company, login_as):
    rep, now = company["rep"], clock.now()
    plan = DayPlan(rep_id=rep.id, day=company["today"], status="published", returns_at=now + dt.timedelta(hours=3))
    session.add(plan)
    session.flush()
    for number, (status, minutes) in enumerate(
        (("done", -90), ("skipped", -60), ("ahead", -30), ("ahead", 60)), start=1
    ):
        at = now + dt.timedelta(minutes=minutes)
        account = make.make_account(session, rep, name=f"Shop {number}")
        session.add(
            Stop(
                day_plan_id=plan.id, position=number, account_id=account.id, account_name=account.name, location=ewkt(-76.8, 40.2), arrive_at=at,
                start_at=at, depart_at=at, travel_seconds=0, travel_metres=0, why={}, status=status,
            )
        )  # fmt: skip
    session.flush()
    client = login_as(company["manager"])
    page = client.get("/team-today")
    found = figures(page)
    assert {label: found[label] for label in ("Visits made", "Still ahead", "Missed", "Running late")} == {
        "Visits made": "1", "Still ahead": "2", "Missed": "1", "Running late": "1",
    }  # fmt: skip
    assert "30 min late" in page.text
    part = client.get("/team-today/part")
    assert figures(part) == found
    points = json.loads(re.search(r'id="points">(.+?)</script>', part.text, re.S)[1])
    assert [rep["initials"] for rep in points["reps"]] == ["AR"]
    assert len(points["stops"]) == 4


def test_a_page_without_anything_says_what_to_do(session, login_as):
    make.make_organisation(session)
    client = login_as(make.make_user(session, "planner"))
    for page, words in zip(
        PAGES, ("No accounts yet", "No accounts yet", "No visits are promised yet", "Nobody to lead yet"), strict=True
    ):
        assert words in client.get(page).text


@pytest.mark.parametrize("words", ["by=street", "sort=height", "team=x", "due=soon", "territory=5", "region=5"])
def test_a_word_that_means_nothing_is_refused_with_a_sentence(company, login_as, words):
    answer = login_as(company["planner"]).get(f"/my-region?{words}")
    assert answer.status_code == 422
    assert "“" in answer.text


@pytest.mark.parametrize("by", ["territory", "county", "state", "owner"])
@pytest.mark.parametrize("page", PAGES[:3])
def test_every_way_to_rank_answers(company, login_as, page, by):
    make_it = login_as(company["manager"]).get(f"{page}?by={by}")
    assert make_it.status_code == 200
    assert 'id="ranked"' in make_it.text
