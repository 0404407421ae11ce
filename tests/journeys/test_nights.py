"""Nights away: a hotel is added, a rule set, a week planned with a night in it, and the night stands on the printed day."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from tests.journeys import browser as browsers
from tests.journeys import far_away, people
from tests.journeys.site import run_module

ZONE = {"timezone_id": "America/New_York"}
LONGEST_SOLVE = 180_000
INN = "Farmers' Inn"


def monday() -> dt.date:
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=14 - today.weekday())


@pytest.fixture(scope="module")
def far_rep(company):
    run_module("tests.journeys.far_away", company.site.environment)


@pytest.fixture
def desk(company, watch, far_rep):
    page = watch(company.site).open(**browsers.DESKTOP, **ZONE)
    people.enter(page, "planner@demo.example")
    return page


def test_a_hotel_makes_a_week_spend_the_night_among_far_customers_and_the_printed_day_says_so(desk):
    desk.goto("/plans")
    desk.get_by_role("link", name="Nights away").click()
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("link", name="Add a hotel").click()
    browsers.wait_for_map(desk)
    assert browsers.serious_faults(desk) == []
    desk.get_by_label("Name").fill(INN)
    desk.locator("#map canvas").click(position={"x": 200, "y": 150})
    expect(desk.locator(".spot-pin")).to_be_visible()
    expect(desk.get_by_label("Latitude")).to_have_value(re.compile(r"^\d+\.\d+$"))
    desk.get_by_label("Latitude").fill(str(far_away.TOWN[1]))
    desk.get_by_label("Longitude").fill(str(far_away.TOWN[0]))
    desk.get_by_label("Address").fill("Barn Road 7")
    desk.get_by_label("For", exact=True).select_option(label=far_away.NAME)
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("row", name=re.compile(INN))).to_contain_text(far_away.NAME)

    desk.get_by_role("link", name=far_away.NAME).click()
    desk.get_by_role("radio", name="Own rule").check()
    for day in ("Mon", "Tue", "Wed", "Thu"):
        desk.get_by_role("checkbox", name=day).check()
    desk.get_by_label("A night saves at least").fill("90")
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("row", name=re.compile(rf"{far_away.NAME} Mon"))).to_contain_text("1:30 h")

    desk.goto(f"/plans/week?from={monday().isoformat()}")
    desk.get_by_role("combobox", name="Rep").select_option(label=far_away.NAME)
    desk.get_by_role("button", name="Show").click()
    desk.get_by_role("button", name="Plan the week").click()
    expect(desk.get_by_role("button", name="Publish all")).to_be_visible(timeout=LONGEST_SOLVE)
    desk.get_by_role("link", name="The week").click()
    night = desk.locator(".night-after").first
    expect(night).to_have_text(re.compile(rf"Night at {INN}, saves \d"))
    expect(desk.locator(".night-before").first).to_have_text(f"From {INN}")
    assert browsers.serious_faults(desk) == []
    assert browsers.sideways_pixels(desk) <= 0
    day = desk.locator(".week-day:has(.night-after)").first
    date = day.get_attribute("data-day")
    desk.goto(f"/plans/team?day={date}")
    expect(desk.get_by_role("row", name=re.compile(far_away.NAME))).to_contain_text(f"Night at {INN}, saves")
    desk.get_by_role("row", name=re.compile(far_away.NAME)).get_by_role("link", name=far_away.NAME, exact=True).click()
    expect(desk.locator("#plan .night-after")).to_contain_text(f"Night at {INN}, saves")
    browsers.wait_for_map(desk)
    expect(desk.locator(f'.route-mark[title="{INN}"]')).to_be_visible()
    desk.get_by_role("link", name="Hand over").click()
    desk.get_by_role("link", name="Print the day").click()
    sheet = desk.get_by_role("article")
    expect(sheet).to_contain_text(f"Night at {INN}")
    expect(sheet).to_contain_text("Barn Road 7")
    assert browsers.serious_faults(desk) == []


def test_a_hotel_that_is_removed_comes_back_by_undo(desk):
    desk.goto("/plans/nights/hotels/new")
    desk.get_by_label("Name").fill("Short Stay")
    desk.get_by_label("Latitude").fill("40.1")
    desk.get_by_label("Longitude").fill("-76.5")
    desk.get_by_role("button", name="Save").click()
    desk.get_by_role("button", name="Remove Short Stay").click()
    expect(desk.get_by_text("Short Stay is removed.")).to_be_visible()
    expect(desk.get_by_role("row", name=re.compile("Short Stay"))).to_have_count(0)
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_role("row", name=re.compile("Short Stay"))).to_be_visible()
