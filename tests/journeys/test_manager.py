"""A manager reads four map pages: each opens with its map, and its numbers lead to as many rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

FIGURES = {
    "/my-region": ("Accounts", "Customers"),
    "/whitespace": ("Prospects",),
    "/coverage": ("Overdue accounts", "Never visited"),
}


@pytest.mark.parametrize("path", FIGURES)
def test_numbers_of_a_page_lead_to_as_many_rows(company, watch, path):
    desk = watch(company.site).open(**browsers.DESKTOP)
    people.enter(desk, "manager1@demo.example")
    for label in FIGURES[path]:
        desk.goto(path)
        number = figure(desk, label)
        desk.locator(".figure", has_text=label).first.click()
        expect(desk.locator("table.accounts tbody tr, table.data tbody tr")).to_have_count(number)


def figure(page: Page, label: str) -> int:
    found = page.locator(".figure", has=page.get_by_text(label, exact=True)).locator(".figure-value")
    return int(re.sub(r"\D", "", found.inner_text()))


def test_a_manager_goes_from_page_to_page_and_into_the_regions(company, watch):
    desk = watch(company.site).open(**browsers.DESKTOP | {"color_scheme": "dark"})
    people.sign_in(desk, "manager1@demo.example")
    desk.get_by_role("link", name="My region").click()
    assert browsers.drawn(desk, "choropleth") > 0
    desk.get_by_role("link", name="Counties").click()
    expect(desk.locator("#ranked thead")).to_contain_text("County")
    desk.get_by_role("link", name="Reps").click()
    expect(desk.locator("#ranked")).to_contain_text("Rep1")
    desk.get_by_role("link", name="Visits, 30 days").click()
    expect(desk).to_have_url(re.compile("sort=-change"))
    desk.get_by_role("link", name="White space").click()
    desk.get_by_role("button", name=re.compile("on the map")).first.click()
    desk.get_by_role("link", name=re.compile("to a plan")).first.click()
    expect(desk).to_have_url(re.compile("/slots"))


def test_the_day_of_the_team_is_read_on_a_phone(company, watch):
    phone = watch(company.site).open(**browsers.PHONE)
    people.enter(phone, "manager1@demo.example")
    phone.goto("/team-today")
    browsers.wait_for_map(phone)
    # The figures stand open without a tap, and the reps on the map above them.
    expect(phone.get_by_text("Visits made")).to_be_visible()
    expect(phone.get_by_role("link", name="Rep1", exact=True)).to_be_visible()
    expect(phone.locator(".rep-mark")).to_have_count(1)
    assert browsers.serious_faults(phone) == []
    assert browsers.sideways_pixels(phone) <= 0
    with phone.expect_response(lambda answer: "/team-today/part" in answer.url):
        phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(phone.locator(".rep-mark")).to_have_count(1)
