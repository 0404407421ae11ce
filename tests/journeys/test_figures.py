"""The map of regions by hand: two maps, a slider, own limits, numbers from a file."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys import browser as browsers
from tests.journeys import people

CENTRES = """
() => ["map", "map-beside"].map((id) => {
  const { lng, lat } = document.getElementById(id).map.getCenter();
  return [lng.toFixed(4), lat.toFixed(4), document.getElementById(id).map.getZoom().toFixed(3)];
})
"""


def test_two_maps_move_together(company, watch):
    page = watch(company.site).open()
    people.enter(page, "manager1@demo.example")
    page.goto("/regions?level=county&metric=customers")
    browsers.wait_for_map(page)
    page.get_by_label("Beside it").select_option("value")
    expect(page).to_have_url(re.compile("compare=value"))
    expect(page.locator("#legend-beside")).to_contain_text("Annual value")
    expect(page.locator("#legend")).to_contain_text("Customers")
    browsers.wait_for_map(page)
    page.evaluate("() => document.getElementById('map-beside').map.jumpTo({ center: [-77, 40], zoom: 7 })")
    one, other = page.evaluate(CENTRES)
    assert one == other == ["-77.0000", "40.0000", "7.000"]
    assert browsers.serious_faults(page) == []
    page.reload()
    expect(page.locator("#map-beside canvas")).to_be_visible()
    page.get_by_label("Beside it").select_option("")
    expect(page.locator("#map-beside")).to_have_count(0)


def test_the_maps_stand_one_above_the_other_on_a_phone(company, watch):
    page = watch(company.site).open(**browsers.PHONE)
    people.enter(page, "manager1@demo.example")
    page.goto("/regions?level=county&metric=customers&compare=value")
    expect(page.locator("#map-beside canvas")).to_be_visible()
    first, second = page.locator("#map").bounding_box(), page.locator("#map-beside").bounding_box()
    assert first["y"] + first["height"] <= second["y"] + 1
    assert abs(first["width"] - second["width"]) <= 2
    assert browsers.sideways_pixels(page) == 0


def test_months_go_by_with_the_arrow_keys(company, watch):
    page = watch(company.site).open()
    people.enter(page, "manager1@demo.example")
    page.goto("/regions?level=county&metric=revenue")
    slider = page.get_by_role("slider", name="Month")
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"month=\d{4}-\d{2}"))
    expect(page.locator(".months-said")).to_have_text(slider.get_attribute("aria-valuetext"))
    expect(page.locator("#part")).to_contain_text(re.compile(r"\w+ 1, \d{4} to"))
    slider.press("End")
    expect(page).not_to_have_url(re.compile("month="))
    page.get_by_label("Figure", exact=True).select_option("customers")
    expect(slider).to_be_hidden()


def test_own_limits_make_the_legend(company, watch):
    page = watch(company.site).open()
    people.enter(page, "manager1@demo.example")
    page.goto("/regions?level=county&metric=accounts")
    page.get_by_text("Filter and classes").click()
    page.get_by_label("Classes").select_option("given")
    page.get_by_label("Limits").fill("2,5")
    page.get_by_label("Limits").press("Enter")
    expect(page.locator("#legend li").nth(0)).to_have_text("< 2")
    expect(page.locator("#legend li").nth(2)).to_have_text("≥ 5")
    expect(page).to_have_url(re.compile("limits=2%2C5"))


def test_numbers_from_a_file_become_a_divisor(company, watch, tmp_path):
    page = watch(company.site).open()
    people.enter(page, "planner@demo.example")
    page.goto("/regions?level=county&metric=accounts")
    key = page.locator("#regions tbody tr").first.get_attribute("data-key")
    file = tmp_path / "inhabitants.csv"
    file.write_text(f"code,inhabitants\n{key.partition(':')[2]},2000\nnowhere,1\n")
    page.goto("/regions/attributes")
    page.get_by_label("What the rows are about").select_option("us:county")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("table").last).to_contain_text("“nowhere” is no region of this level.")
    assert browsers.serious_faults(page) == []
    page.get_by_role("button", name="Use these numbers").click()
    page.goto("/regions?level=county&metric=accounts&per=inhabitants")
    expect(page.locator("#legend")).to_contain_text("per 1,000 inhabitants")
    page.goto("/regions/attributes")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
