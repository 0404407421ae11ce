"""Loading a whole country on the page: a minute of work, so not among the everyday tests."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys import browser as browsers
from tests.journeys import people

A_FEW_MINUTES = 300_000


@pytest.mark.soak
def test_the_counties_of_the_united_states_are_loaded_on_the_page(empty_site, watch):
    pytest.importorskip("_plotly_geo", reason="the package plotly-geo is not installed")
    page = watch(empty_site).open(**browsers.DESKTOP)
    people.found_organisation(page, empty_site.setup_code, "ada@herons.example")
    page.get_by_role("link", name="Load regions").click()
    page.get_by_role("button", name="Load United States").click()
    result = page.get_by_role("link", name="Show the regions")
    expect(result).to_be_visible(timeout=A_FEW_MINUTES)
    result.click()
    expect(page.get_by_role("row", name="US Counties 3,233")).to_be_visible()
    page.goto("/start")
    expect(page.locator(".step-done")).to_contain_text("3,290")
