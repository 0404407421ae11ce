"""A day that does not go as planned: replan on the phone, hold both versions side by side, read the receipt, offer a slot."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

MIDTOWN = {"longitude": -76.86, "latitude": 40.29}


def path_of(company, name: str) -> str:
    return next(page.path for page in company.pages if page.name == name)


def test_a_late_day_is_replanned_on_the_phone_and_told_on_the_receipt(company, watch):
    watching = watch(company.site)
    phone = watching.open(**browsers.PHONE, geolocation=MIDTOWN, permissions=["geolocation"])
    people.sign_in(phone, "rep1@demo.example")
    replan(phone)
    take_along(phone)
    desk = watching.open(**browsers.DESKTOP | {"color_scheme": "dark"})
    people.sign_in(desk, "planner@demo.example")
    see_both_versions(desk, path_of(company, "routing-index"))
    read_the_receipt(desk)


def replan(phone: Page) -> None:
    """Next stop first, then one tap; the next stop stays the next one."""
    phone.goto("/field/")
    following = phone.locator(".card-next .card-name").first.inner_text()
    phone.locator("#replan summary").tap()
    expect(phone.get_by_label("Running late")).to_be_checked()
    assert browsers.serious_faults(phone) == []
    phone.locator("#replan button").tap()
    expect(phone.locator(".toast-note")).to_contain_text("Planned anew.")
    expect(phone.locator(".card-next .card-name").first).to_have_text(following)
    told = phone.locator("details.card", has_text="Planned anew at")
    told.locator("summary").tap()
    expect(told.locator(".changes li").first).to_contain_text(re.compile("later|earlier|new|not today"))
    assert browsers.serious_faults(phone) == []
    assert browsers.sideways_pixels(phone) <= 0


def take_along(phone: Page) -> None:
    phone.locator("#handover summary").tap()
    expect(phone.locator("#handover a[href*='google.com/maps/dir']").first).to_be_visible()
    assert browsers.serious_faults(phone) == []
    phone.get_by_role("link", name="Your calendar feed").tap()
    phone.get_by_role("button", name=re.compile("Make .* address")).tap()
    expect(phone.get_by_label("Address")).to_have_value(re.compile(r"/calendar/[\w-]{43}\.ics$"))
    assert browsers.serious_faults(phone) == []


def see_both_versions(desk: Page, plans: str) -> None:
    desk.goto(plans)
    desk.locator("a.cell-published").first.click()
    desk.get_by_role("link", name="Versions").click()
    expect(desk.locator(".version-key")).to_be_visible()
    assert browsers.drawn(desk, "after") > 0
    expect(desk.locator(".map-panels .stops li").first).to_be_visible()
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("link", name="The plan").click()


def read_the_receipt(desk: Page) -> None:
    """Hash, command and orders; then the price of one visit."""
    desk.get_by_role("link", name="Receipt").click()
    expect(desk.get_by_text(re.compile(r"^gcrm route solve problem\.json --steps \d+ --seed 1 "))).to_be_visible()
    expect(desk.locator("code").first).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(desk.locator("#orders")).to_contain_text("Nearest next")
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("link", name="What does it cost?").first.click()
    expect(desk.locator(".price")).to_be_visible()
    assert browsers.serious_faults(desk) == []


def test_a_slot_is_found_and_booked_while_the_customer_is_on_the_phone(company, watch):
    desk = watch(company.site).open(**browsers.DESKTOP)
    people.enter(desk, "rep1@demo.example")
    desk.goto(path_of(company, "customers-show"))
    desk.get_by_role("link", name="Find a time").click()
    slots = desk.locator(".slot")
    expect(slots.nth(2)).to_be_visible()
    expect(slots.first).to_contain_text("driving")
    assert browsers.serious_faults(desk) == []
    slots.first.get_by_role("button", name="Book").click()
    expect(desk.locator(".toast-note")).to_contain_text("Booked:")
    expect(desk.locator("#appointments, [data-panel=appointments]").first).to_be_visible()


def test_the_promises_of_a_team_stand_against_its_hours(company, watch):
    desk = watch(company.site).open(**browsers.DESKTOP)
    people.enter(desk, "planner@demo.example")
    desk.goto("/plans")
    desk.get_by_role("link", name="Promises").click()
    expect(desk.get_by_role("region", name="Promises of Rep1")).to_contain_text("days")
    assert browsers.serious_faults(desk) == []
