"""People change plans: a day by dragging and by buttons, a week from day to day, and what counts."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

ZONE = {"timezone_id": "America/New_York"}
LONGEST_SOLVE = 180_000
"""Where the kernel is not compiled yet, the first plan waits for it."""


def monday() -> dt.date:
    """A Monday ahead, the same for all: who stands on a plan of one week is due in no other."""
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=14 - today.weekday())


@pytest.fixture
def desk(company, watch):
    page = watch(company.site).open(**browsers.DESKTOP, **ZONE)
    people.enter(page, "planner@demo.example")
    return page


@pytest.fixture
def phone(company, watch):
    page = watch(company.site).open(**browsers.PHONE, **ZONE)
    people.enter(page, "planner@demo.example")
    return page


def plan_day(page: Page, day: dt.date) -> None:
    page.goto("/plans")
    page.get_by_label("Rep", exact=True).select_option(label="Rep1")
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#plan .day-slot").first).to_be_attached(timeout=LONGEST_SOLVE)


def names(page: Page) -> list[str]:
    return page.locator(".day-slot-name").all_inner_texts()


def drag(page: Page, what: Locator, down: float) -> None:
    """Take hold of something and move it down; the button stays pressed."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box is not None
    x, y = box["x"] + 30, box["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 10, steps=3)
    page.mouse.move(x, y + down, steps=8)


def hold_over(page: Page, what: Locator, there: Locator) -> None:
    """Take hold of something and hold it over another thing."""
    boxes = [each.bounding_box() for each in (what, there)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    page.mouse.move(boxes[0]["x"] + 90, boxes[0]["y"] + 12)
    page.mouse.down()
    page.mouse.move(boxes[0]["x"] + 100, boxes[0]["y"] + 20, steps=4)
    page.mouse.move(boxes[1]["x"] + 60, boxes[1]["y"] + 20, steps=10)


def middle(what: Locator) -> float:
    box = what.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


def test_a_stop_is_dragged_its_cost_is_seen_before_it_is_dropped_and_undo_takes_it_back(desk):
    plan_day(desk, monday())
    before = names(desk)
    assert len(before) >= 4
    browsers.wait_for_map(desk)
    assert browsers.serious_faults(desk) == []
    first, third = desk.locator(".day-slot").nth(0), desk.locator(".day-slot").nth(2)
    drag(desk, first, middle(third) - middle(first) + 20)
    said = desk.locator("#day-said")
    expect(said).to_contain_text("driving")
    expect(said).to_contain_text("back at")
    expect(desk.locator(".day-slot.is-held")).to_have_count(1)
    desk.mouse.up()
    expect(said).to_contain_text(f"Moved {before[0]}")
    expect(desk.locator(".day-slot-name").first).to_have_text(before[1])
    moved = names(desk)
    assert sorted(moved) == sorted(before)
    assert moved.index(before[0]) in (1, 2)
    desk.reload()
    expect(desk.locator(".day-slot-name").first).to_have_text(before[1])
    expect(desk.get_by_text("Changed by hand")).to_be_visible()
    desk.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Undone")
    assert names(desk) == before
    expect(desk.get_by_role("button", name="Undo")).to_be_hidden()
    assert browsers.sideways_pixels(desk) <= 0


def test_a_time_that_cannot_be_is_refused_with_its_rule_and_nothing_changes(desk):
    plan_day(desk, monday())
    before = names(desk)
    desk.locator(".day-slot-open").first.click()
    card = desk.get_by_role("region", name="The stop")
    expect(card).to_contain_text(re.compile("[Dd]ue|[Nn]ever visited"))
    expect(card).to_contain_text("Without it:")
    card.get_by_label("Begins at").fill("23:00")
    card.get_by_role("button", name="Set time").click()
    expect(desk.locator("#day-said")).to_contain_text("Not changed. Too late home")
    assert names(desk) == before
    card.get_by_label("Begins at").fill("15:00")
    card.get_by_role("button", name="Set time").click()
    expect(desk.locator("#day-said")).to_contain_text(f"Gave {before[0]} a time")
    expect(desk.locator(".day-slot.is-kept .day-slot-time")).to_have_text(re.compile("3:00"))
    card.get_by_role("button", name="Any time").click()
    expect(desk.locator(".day-slot.is-kept")).to_have_count(0)
    assert browsers.serious_faults(desk) == []


def test_on_a_phone_stops_move_by_buttons_are_dropped_and_added_again(phone):
    plan_day(phone, monday())
    if not phone.locator(".day-slot-open").first.is_visible():
        phone.locator("#plan > summary").tap()
    before = names(phone)
    phone.locator(".day-slot-open").first.tap()
    card = phone.get_by_role("region", name="The stop")
    expect(card.get_by_role("button", name="Move up")).to_be_disabled()
    card.get_by_role("button", name="Move down").tap()
    expect(phone.locator(".day-slot-name").first).to_have_text(before[1])
    assert browsers.sideways_pixels(phone) <= 0
    assert browsers.serious_faults(phone) == []
    card.get_by_role("button", name="Keep on this day").tap()
    expect(card.get_by_role("button", name="Keep on this day")).to_have_attribute("aria-pressed", "true")
    card.get_by_role("button", name="Drop").tap()
    expect(phone.locator(".day-slot")).to_have_count(len(before) - 1)
    phone.get_by_role("button", name="Add a stop").tap()
    phone.get_by_label("Name or town").fill(before[0][:6])
    phone.get_by_role("dialog").get_by_role("button", name=before[0]).tap()
    expect(phone.locator(".day-slot")).to_have_count(len(before))
    assert sorted(names(phone)) == sorted(before)


def test_a_run_that_is_cancelled_stops_at_once(desk):
    desk.goto(f"/plans/team?day={monday().isoformat()}")
    expect(desk.get_by_role("row", name=re.compile("Rep2"))).to_contain_text("not planned")
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("button", name="Everybody's next 5 days").click()
    desk.get_by_role("button", name="Cancel").click()
    expect(desk.get_by_text("The plans that stood before stand again.")).to_be_visible(timeout=15_000)


def test_other_weights_are_tried_on_a_day_before_they_are_saved(desk):
    desk.goto("/plans/weights")
    assert browsers.serious_faults(desk) == []
    side = desk.get_by_role("complementary", name="What it would change")
    side.get_by_label("Rep").select_option(label="Rep1")
    side.get_by_label("Day").fill(monday().isoformat())
    desk.locator("#tier_a").fill("0")
    desk.locator("#tier_d").fill("300")
    side.get_by_role("button", name="Try it").click()
    expect(side.get_by_role("row", name=re.compile("Visits"))).to_be_visible(timeout=LONGEST_SOLVE)
    expect(side.get_by_role("row", name=re.compile("Driving"))).to_contain_text("min")
    assert browsers.serious_faults(desk) == []
    assert browsers.sideways_pixels(desk) <= 0
    desk.get_by_role("button", name="Usual weights").click()
    expect(desk.locator("#tier_a")).to_have_value("100")


def test_a_week_is_made_in_one_solve_and_a_stop_moves_to_another_day(desk):
    desk.goto(f"/plans/week?from={monday().isoformat()}")
    desk.get_by_role("combobox", name="Rep").select_option(label="Rep1")
    desk.get_by_role("button", name="Show").click()
    desk.get_by_role("button", name="Plan the week").click()
    expect(desk.get_by_text("All days are planned together")).to_be_visible()
    expect(desk.get_by_role("button", name="Publish all")).to_be_visible(timeout=LONGEST_SOLVE)
    assert browsers.serious_faults(desk) == []
    desk.get_by_role("link", name="The week").click()
    days = desk.locator(".week-day")
    expect(days).to_have_count(5)
    assert browsers.serious_faults(desk) == []
    counts = [days.nth(n).locator(".week-stop").count() for n in range(5)]
    fullest, emptiest = counts.index(max(counts)), counts.index(min(counts))
    stop = days.nth(fullest).locator(".week-stop:not(.is-fixed)").first
    name = stop.get_attribute("data-name")
    expect(desk.locator("#week[data-ready]")).to_be_attached()
    hold_over(desk, stop, days.nth(emptiest).locator(".week-stops"))
    expect(days.nth(emptiest).locator("[data-cost]")).to_contain_text("min")
    desk.mouse.up()
    expect(desk.locator("#week-said")).to_contain_text(f"{name} moved")
    expect(days.nth(emptiest).locator(".week-stop")).to_have_count(counts[emptiest] + 1)
    expect(days.nth(fullest).locator(".week-stop")).to_have_count(counts[fullest] - 1)
    expect(days.nth(emptiest)).to_contain_text(str(name))
    desk.get_by_role("button", name="Undo").click()
    expect(days.nth(fullest).locator(".week-stop")).to_have_count(counts[fullest])
    # The same without dragging.
    days.nth(fullest).get_by_role("button", name=f"Move {name} to another day").click()
    desk.get_by_role("dialog").get_by_role("button").nth(1).click()
    expect(desk.locator("#week-said")).to_contain_text(f"{name} moved")
    days.nth(fullest).locator("h2 a").click()
    expect(desk.locator(".day-slot").first).to_be_visible()


@pytest.mark.parametrize("path", ["/plans", "/plans/week", "/plans/team", "/plans/weights"])
def test_the_pages_fit_a_small_phone(phone, path):
    phone.goto(path)
    assert browsers.sideways_pixels(phone) <= 0
    assert browsers.serious_faults(phone) == []
