"""The layers of the map in a browser: each draws, a link opens the same view again, key and table say the list's numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

NEAR = "#at=12.4/40.31/-76.82"
DRAWN = {
    "visits": "over-visits-points", "opportunities": "over-opportunities-points", "plans": "over-plans-stops",
    "territories": "territories", "coverage": "points", "heat": "over-heat", "prospects": "points",
}  # fmt: skip
"""For each layer of the panel the layer of the map that its features stand in."""
SINCE = "from=2020-01-01"


@pytest.fixture
def page(company, watch) -> Page:
    opened = watch(company.site).open(**browsers.DESKTOP)
    people.enter(opened, "planner@demo.example")
    return opened


def switch_on(page: Page, name: str) -> None:
    """Two taps: the panel, and the layer."""
    panel = page.locator("#layers-panel")
    if panel.get_attribute("open") is None:
        panel.locator("summary").first.click()
    with page.expect_response(re.compile("/map/layers")):
        page.locator(f"#layers [name=layers][value={name}]").check()


COMES = """
(id) => new Promise((resolve) => {
  const look = () => document.getElementById("map")?.map?.getLayer(id) ? resolve() : requestAnimationFrame(look);
  look();
})
"""


def drawn(page: Page, layer: str) -> int:
    """How many features of a layer are drawn, once what draws it has come."""
    page.evaluate(COMES, layer)
    return browsers.drawn(page, layer)


def ids_on(page: Page) -> list[str]:
    """The layers of the map that are visible and not of its ground."""
    return page.evaluate(
        "() => document.getElementById('map').map.getStyle().layers.filter(({ id, layout }) => layout?.visibility !== 'none'"
        " && !/^(water|land|labels|line-|tool-)/.test(id)).map(({ id }) => id)"
    )


def test_each_layer_is_switched_on_and_draws(page):
    page.goto(f"/map?{SINCE}{NEAR}")
    assert drawn(page, "points") > 0
    for name, layer in DRAWN.items():
        switch_on(page, name)
        expect(page.locator(f"#legends [data-layer={name}]")).to_be_visible()
        # A glow is a picture: no feature of it can be asked for.
        assert drawn(page, layer) > 0 or name == "heat", name
        assert layer in ids_on(page), name
    assert browsers.serious_faults(page) == []


def test_regions_stand_out_from_far(page):
    page.goto("/map?layers=none,regions#at=7/40.3/-76.8")
    assert drawn(page, "outlined-state") > 0
    assert drawn(page, "outlined-county") > 0


def test_a_link_opens_the_same_view(page, company):
    page.goto(f"/map?status=customer{NEAR}")
    browsers.wait_for_map(page)
    for name in ("coverage", "opportunities", "territories"):
        switch_on(page, name)
    page.locator("#layers-size").select_option("value")
    expect(page).to_have_url(re.compile("size=value"))
    for layer in ("over-opportunities-points", "territories-line"):
        drawn(page, layer)
    link, shown = page.url, ids_on(page)
    assert "status=customer&layers=coverage%2Copportunities%2Cterritories&size=value" in link
    again = page.context.new_page()
    again.goto(link)
    for layer in ("over-opportunities-points", "territories-line"):
        drawn(again, layer)
    for name in ("coverage", "opportunities", "territories"):
        expect(again.locator(f"#layers [name=layers][value={name}]")).to_be_checked()
    assert ids_on(again) == shown
    assert again.url == link


def test_a_layer_that_is_switched_off_is_gone(page):
    page.goto(f"/map?layers=accounts,opportunities{NEAR}")
    assert drawn(page, "over-opportunities-points") > 0
    page.locator("#layers [name=layers][value=opportunities]").uncheck()
    expect(page.locator("#legends [data-layer=opportunities]")).to_have_count(0)
    browsers.wait_for_map(page)
    assert not [layer for layer in ids_on(page) if layer.startswith("over-")]
    page.locator("#layers [name=layers][value=none]").check(force=True)
    expect(page).to_have_url(re.compile("layers=none"))
    browsers.wait_for_map(page)
    assert ids_on(page) == []


def test_key_and_table_say_the_numbers_of_the_list(page):
    page.goto("/map?layers=coverage")
    browsers.wait_for_map(page)
    never = page.locator("#legends [data-layer=coverage] li", has_text="Never visited")
    number = never.locator(".count")
    expect(number).to_be_visible()
    counted = int(number.inner_text())
    page.locator("#table-panel > summary").click()
    row = page.locator("#tables tr", has_text="Never visited")
    expect(row.locator("td.number").first).to_have_text(str(counted))
    row.get_by_role("link").click()
    expect(page.locator("main tbody tr")).to_have_count(min(counted, 50))


def test_an_opportunity_is_opened_from_the_map(page):
    page.goto(f"/map?layers=none,opportunities{NEAR}")
    assert drawn(page, "over-opportunities-points") > 0
    lon, lat = page.evaluate(
        "() => document.getElementById('map').map.queryRenderedFeatures({ layers: ['over-opportunities-points'] })"
        ".map(({ geometry }) => geometry.coordinates).sort((a, b) => a[0] - b[0]).at(-1)"
    )
    browsers.click_on_map(page, lon, lat)
    page.locator(".maplibregl-popup .map-choice").first.click()
    expect(page).to_have_url(re.compile(r"/pipeline/[0-9a-f-]{36}$"))


def test_without_webgl_layers_are_tables(company, watch, chromium_without_webgl):
    page = watch(company.site, chromium_without_webgl).open()
    people.enter(page, "planner@demo.example")
    page.goto("/map?layers=coverage,opportunities")
    instead = page.locator("#map-fallback")
    expect(instead.locator("table[data-layer=opportunities]")).to_contain_text("Lead")
    expect(instead.locator("table[data-layer=coverage]")).to_contain_text("Together")
    page.locator("#layers [name=layers][value=opportunities]").uncheck()
    expect(page).to_have_url(re.compile("layers=coverage(&|$)"))
    expect(instead.locator("table[data-layer=opportunities]")).to_have_count(0)


def test_on_a_phone_a_layer_is_two_taps_away(company, watch):
    page = watch(company.site).open(**browsers.PHONE)
    people.enter(page, "rep1@demo.example")
    page.goto("/map")
    browsers.wait_for_map(page)
    page.locator("#layers-panel > summary").tap()
    page.locator("label", has_text="Coverage").last.tap()
    expect(page).to_have_url(re.compile("layers=coverage"))
    assert browsers.sideways_pixels(page) <= 0
    assert browsers.serious_faults(page) == []
