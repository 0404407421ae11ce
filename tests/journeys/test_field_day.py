"""A rep's day on the phone: late, another order, near, the end of the day; and what is known about the rep."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people, walker
from tests.journeys.site import run_module

MIDTOWN = {"longitude": -76.86, "latitude": 40.29, "accuracy": 10}


def test_the_days_buttons_say_what_they_do(company, watch):
    run_module("tests.journeys.walker", company.site.environment)
    watching = watch(company.site)
    phone = watching.open(**browsers.PHONE, geolocation=MIDTOWN, permissions=["geolocation"])
    people.sign_in(phone, walker.EMAIL)
    tell_late(phone)
    change_the_order(phone)
    choose_a_map_app(phone)
    look_around(phone)
    close_the_day(phone)
    see_what_is_known(phone)


def tell_late(phone: Page) -> None:
    """Told by one tap, what it does stands there, and it is taken back."""
    phone.get_by_text("Running late?").click()
    phone.get_by_role("button", name="15 min").click()
    expect(phone.get_by_text(re.compile("15 min late, told at"))).to_be_visible()
    phone.get_by_text(re.compile("15 min late, told at")).click()
    phone.get_by_role("button", name="On time again").click()
    expect(phone.get_by_text("Running late?")).to_be_visible()


def change_the_order(phone: Page) -> None:
    """By keyboard; the toast takes it back."""
    phone.get_by_text("Change the order").click()
    names = phone.locator("#order strong")
    before = names.all_inner_texts()
    down = phone.get_by_role("button", name=f"{before[0]} later")
    down.focus()
    phone.keyboard.press("Enter")
    expect(phone.get_by_text(re.compile("The order is changed"))).to_be_visible()
    expect(phone.locator("#order strong").first).to_have_text(before[1])
    phone.get_by_role("button", name="Undo").click()
    expect(phone.locator("#order strong").first).to_have_text(before[0])


def choose_a_map_app(phone: Page) -> None:
    phone.get_by_role("button", name="Navigate").click()
    expect(phone.get_by_role("link", name="NAVER Map")).to_be_visible()
    phone.keyboard.press("Escape")


def look_around(phone: Page) -> None:
    phone.get_by_role("link", name="Near me").click()
    expect(phone.get_by_role("heading", name="Near me")).to_be_visible()
    phone.get_by_role("link", name="Overdue").click()
    expect(phone).to_have_url(re.compile("due=overdue"))
    phone.get_by_role("button", name="New prospect").click()
    expect(phone.get_by_text("Its place is where you stand now.")).to_be_visible()
    phone.goto(phone.url.split("/field/")[0] + "/field/")


def close_the_day(phone: Page) -> None:
    phone.get_by_role("link", name="End of the day").click()
    phone.get_by_label("Odometer at the start").fill("52100")
    phone.get_by_label("Odometer at the end").fill("52180")
    phone.get_by_role("button", name="Close the day").click()
    expect(phone.get_by_text("Driven by the odometer.")).to_be_visible()
    phone.get_by_role("link", name="The month’s mileage").click()
    expect(phone.get_by_text("80 km").first).to_be_visible()
    phone.goto(phone.url.split("/field/")[0] + "/field/")


def see_what_is_known(phone: Page) -> None:
    phone.get_by_role("button", name="You and this phone").click()
    phone.get_by_role("link", name="What is known about you").click()
    expect(phone.get_by_role("heading", name="Your positions")).to_be_visible()
    expect(phone.get_by_text(re.compile("After 30 days the exact point is gone"))).to_be_visible()
