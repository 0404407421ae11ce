"""The tools of the map with finger, mouse and keyboard."""

from __future__ import annotations

import json
import math
import re

from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

MIDDLE = (-76.82, 40.3)
HERE = {"longitude": -76.88, "latitude": 40.27}


def on_map(page: Page) -> Page:
    """The map of a rep round the company's town."""
    people.enter(page, "rep1@demo.example")
    page.goto("/map")
    browsers.wait_for_map(page)
    page.evaluate("(center) => document.getElementById('map').map.jumpTo({ center, zoom: 10 })", list(MIDDLE))
    browsers.wait_for_map(page)
    return page


def choose(page: Page, tool: str) -> None:
    page.locator("#tools > summary").click()
    page.locator(f"[data-tool={tool}]").click()


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def ring(page: Page, radius: float) -> list[tuple[float, float]]:
    """A ring of screen points round the middle of the map."""
    x, y = middle(page)
    turns = [2 * math.pi * number / 40 for number in range(40)]
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]


def count(page: Page) -> int:
    sheet = page.locator("#tool-sheet [data-count]")
    expect(sheet).to_be_visible()
    return int(sheet.get_attribute("data-count") or "-1")


def listed(page: Page) -> int:
    """How many accounts the list of the sheet's link has."""
    address = page.locator("#tool-sheet").get_by_role("link", name="List").get_attribute("href")
    assert address is not None
    answer = page.request.get(address.replace("/accounts?", "/api/v1/accounts?limit=100&"))
    return len(json.loads(answer.text())["features"])


def test_a_finger_draws_round_accounts_and_the_sheet_counts_as_the_list_does(company, watch):
    page = on_map(watch(company.site).open(**browsers.PHONE))
    before = page.evaluate("document.getElementById('map').map.getCenter().toArray()")
    choose(page, "lasso")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, points: list[tuple[float, float]]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    first, *others = ring(page, 120)
    send("touchStart", [first])
    for point in others:
        send("touchMove", [point])
    send("touchEnd", [])
    found = count(page)
    assert 0 < found < 20
    assert listed(page) == found
    expect(page).to_have_url(re.compile(r"[?&]area="))
    assert page.evaluate("document.getElementById('map').map.getCenter().toArray()") == before
    assert browsers.sideways_pixels(page) == 0
    assert browsers.serious_faults(page) == []
    page.locator("#tool-sheet [data-sheet=drop]").click()
    expect(page.locator("#tool-sheet")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("area="))


def test_a_box_is_drawn_with_the_mouse_and_stays_in_the_address(company, watch):
    page = on_map(watch(company.site).open(**browsers.DESKTOP))
    choose(page, "box")
    x, y = middle(page)
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()
    found = count(page)
    assert found > 0
    page.reload()
    browsers.wait_for_map(page)
    assert count(page) == found
    assert browsers.drawn(page, "tool-area") > 0


def test_corners_are_set_by_the_keyboard_and_escape_cancels(company, watch):
    page = on_map(watch(company.site).open(**browsers.DESKTOP))
    choose(page, "box")
    expect(page.locator(".pen")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".pen")).to_have_count(0)
    expect(page.locator("#tool-sheet")).to_be_hidden()
    choose(page, "box")
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    assert count(page) >= 0
    expect(page).to_have_url(re.compile(r"[?&]area="))


def test_near_me_rings_and_lists_the_nearest(company, watch):
    page = on_map(watch(company.site).open(**browsers.DESKTOP, geolocation=HERE, permissions=["geolocation"]))
    choose(page, "near")
    few = count(page)
    page.locator("#tool-sheet").get_by_role("button", name="5 km", exact=True).click()
    expect(page).to_have_url(re.compile(r"near=-76.88%2C40.27%2C5000"))
    expect(page.locator("#tool-sheet [aria-pressed=true]")).to_have_text("5 km")
    assert few < count(page) == listed(page)
    expect(page.locator("#tool-sheet .sheet-list li").first).to_contain_text("m")


def test_points_are_measured(company, watch):
    page = on_map(watch(company.site).open(**browsers.DESKTOP))
    choose(page, "measure")
    x, y = middle(page)
    page.mouse.click(x, y)
    page.mouse.click(x + 100, y)
    said = page.locator(".pen-bar p")
    # A pixel at zoom 10 is 76.4 m at the equator for tiles of 512 pixels, at 40.3° 58.3 m.
    expect(said).to_have_text(re.compile(r"5\.8\d+ km"))
    page.mouse.click(x + 100, y + 100)
    expect(said).to_have_text(re.compile("km²"))
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".pen")).to_have_count(0)
