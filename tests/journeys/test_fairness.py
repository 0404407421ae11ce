"""A manager asks for fair shares on the team's form, and sees on the run's page what each level costs."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from gcrm.core import schema
from gcrm.core.cluster import SUPERUSER
from tests.journeys import browser as browsers
from tests.journeys import people

ZONE = {"timezone_id": "America/New_York"}
LONGEST_RUN = 300_000
"""Several solves, and where the kernel is not compiled yet, the first waits for it."""


def wednesday() -> dt.date:
    """A day three weeks ahead, which no other journey plans."""
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=23 - today.weekday())


@pytest.fixture
def desk(company, watch):
    page = watch(company.site).open(**browsers.DESKTOP, **ZONE)
    people.enter(page, "manager1@demo.example")
    yield page
    # Who stands on these plans is due on no other day, and the other journeys want them.
    with schema.connected(SUPERUSER, company.site.environment["GCRM_DATABASE"], autocommit=True) as connection:
        connection.execute(text("DELETE FROM day_plans WHERE day = :day"), {"day": wednesday()})


def ask(page: Page, visits_by: str, shares: str) -> None:
    page.goto(f"/plans/team?day={wednesday().isoformat()}")
    assert browsers.serious_faults(page) == []
    page.get_by_label("Visits may be made by").select_option(label=visits_by)
    page.get_by_label("Shares of the hours").select_option(label=shares)
    page.get_by_role("button", name="Plan everybody's day").click()
    expect(page.get_by_role("heading", name="Fair shares")).to_be_visible(timeout=LONGEST_RUN)


def test_a_manager_asks_for_shares_within_ten_percent_and_sees_the_price_of_each_level(desk):
    ask(desk, "Any rep of the team", "Within 10%")
    section = desk.get_by_role("region", name="Fair shares")
    expect(section).to_contain_text(
        re.compile(r"Shares within 10%: (the same|[\d.]+% (less|more)) value, .+ driving\.")
    )
    expect(section).to_contain_text("Who visits a colleague's account sees it until the day is over.")
    prices = section.get_by_role("table", name="What closer shares cost")
    assert [text.splitlines()[0].strip() for text in prices.locator("tbody th").all_inner_texts()] == [
        "As they fall", "Within 20%", "Within 10%", "Within 5%",
    ]  # fmt: skip
    chosen = prices.locator("tr.is-chosen")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Within 10%")
    apart = float(re.sub("[^0-9.]", "", chosen.locator("td").nth(0).inner_text()))
    assert apart <= 10
    expect(section.get_by_role("img", name=re.compile("Value of the visits"))).to_be_visible()
    expect(section.locator("circle.is-chosen")).to_have_count(1)
    shares = section.get_by_role("table", name="Each rep's share")
    expect(shares.locator("tbody tr")).to_have_count(2)
    expect(shares).to_contain_text(re.compile(r"[\d.]+ of [\d.]+ h"))
    assert browsers.serious_faults(desk) == []
    assert browsers.sideways_pixels(desk) <= 0
    desk.set_viewport_size({"width": 360, "height": 800})
    assert browsers.sideways_pixels(desk) <= 0
    assert browsers.serious_faults(desk) == []


def test_with_own_accounts_whoever_has_less_to_do_is_named(desk):
    ask(desk, "Each account's own rep", "As they fall, with prices")
    section = desk.get_by_role("region", name="Fair shares")
    expect(section).to_contain_text("there is simply less to do")
    expect(section).to_contain_text(re.compile(r"hours lie [\d.]+% apart"))
    assert browsers.serious_faults(desk) == []
