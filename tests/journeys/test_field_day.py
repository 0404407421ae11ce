"""A rep's day on the phone: late, another order, near, the end of the day; and what is known about the rep."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import field as phones
from tests.journeys import people, walker
from tests.journeys.site import run_module

MIDTOWN = {"longitude": -76.86, "latitude": 40.29, "accuracy": 10}


@pytest.fixture(scope="module")
def walked(company):
    run_module("tests.journeys.walker", company.site.environment)
    return company


def test_the_days_buttons_say_what_they_do(walked, watch):
    company = walked
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
    phone.locator("#late").evaluate("(card) => { card.open = true; }")
    phone.get_by_role("button", name="On time again").click()
    expect(phone.get_by_text("Running late?")).to_be_visible()


def change_the_order(phone: Page) -> None:
    """By keyboard, there and back."""
    phone.get_by_text("Change the order").click()
    names = phone.locator("#order strong")
    before = names.all_inner_texts()
    down = phone.get_by_role("button", name=f"{before[0]} later")
    down.focus()
    phone.keyboard.press("Enter")
    expect(phone.locator("#order strong").first).to_have_text(before[1])
    phone.get_by_role("button", name=f"{before[0]} earlier").focus()
    phone.keyboard.press("Enter")
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


def test_a_day_is_led_to_its_end_without_a_connection(walked, chromium):
    """Late, another order, the best order, a check-in from afar, whom else to see, a prospect, the end: all applied once there is a connection."""
    with phones.phone(chromium, walked.site.address, geolocation=MIDTOWN) as context:
        page = phones.opened(context, walker.EMAIL)
        context.set_offline(True)
        page.goto("/field/")
        late_and_in_another_order(page)
        explain_a_far_check_in(page)
        find_a_new_one_nearby(page)
        end_the_day(page)
        page.goto("/field/about-me")
        expect(page.get_by_role("heading", name="Your positions")).to_be_visible()
        context.set_offline(False)
        phones.until(lambda: phones.all_sent(page), "all acts are answered")
        said = [(act["kind"], act["state"], act["why"]) for act in phones.acts_on(page)]
        assert {state for _, state, _ in said} <= {"applied", "merged"}, said
        assert [kind for kind, _, _ in said] == [
            "late", "reordered", "reordered", "arrived", "arrived", "finished", "prospect_added", "added", "day_closed",
        ]  # fmt: skip


def late_and_in_another_order(page: Page) -> None:
    page.get_by_text("Running late?").tap()
    page.get_by_role("button", name="30 min").tap()
    expect(page.get_by_text(re.compile("30 min late, told at"))).to_be_visible()
    expect(page.locator("#late").get_by_text("instead of").first).to_be_visible()
    page.get_by_text("Change the order").tap()
    names = page.locator("#order strong")
    before = names.all_inner_texts()
    page.get_by_role("button", name=f"{before[0]} later").focus()
    page.keyboard.press("Enter")
    expect(names.first).to_have_text(before[1])
    expect(page.locator(".card-name")).to_have_text(before[1])
    expect(page.get_by_text("reckoned on this phone, by straight lines", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Best order from here").tap()
    expect(page.get_by_text(re.compile("min of driving less"))).to_be_visible()
    expect(names.first).to_have_text(before[0])


def explain_a_far_check_in(page: Page) -> None:
    phones.check_in(page)
    expect(page.get_by_text(re.compile("km from the address"))).to_be_visible()
    page.get_by_role("button", name="The pin is wrong").tap()
    expect(page.get_by_text(re.compile("Why from there: The pin is wrong"))).to_be_visible()
    phones.log(page)


def find_a_new_one_nearby(page: Page) -> None:
    """A prospect from here, whose page opens before the server knows it, and who is then added to the day."""
    page.goto(f"/field/near/new?lon={MIDTOWN['longitude']}&lat={MIDTOWN['latitude']}")
    expect(page.get_by_text("Its place is where you stand now.")).to_be_visible()
    page.get_by_label("Name").fill("Riverside Kiosk")
    page.get_by_role("button", name="Save the prospect").tap()
    expect(page).to_have_url(re.compile("/field/accounts/"))
    expect(page.get_by_role("heading", name="Riverside Kiosk")).to_be_visible()
    page.goto("/field/near")
    page.get_by_role("button", name="Add to today Riverside Kiosk").tap()
    expect(page).to_have_url(re.compile("/field/$"))
    expect(page.locator("#main").get_by_role("link", name=re.compile("Riverside Kiosk"))).to_be_visible()


def end_the_day(page: Page) -> None:
    page.get_by_role("link", name="End of the day").tap()
    expect(page.locator("[data-done]")).to_have_text("1")
    page.get_by_label("Odometer at the start").fill("52100")
    page.get_by_label("Odometer at the end").fill("52,180.5".replace(",", ""))
    page.get_by_role("button", name="Close the day").tap()
    expect(page.get_by_text("The day was closed on this phone")).to_be_visible()
    expect(page.get_by_label("Odometer at the end")).to_have_value("52180.5")
